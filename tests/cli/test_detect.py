from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path

import pytest

from commanding import Ended, call, leaks, plug_in, run

TEXT = "患者氏名：山田太郎\n電話：090-1234-5678\n山田様に橋本病を説明。"


def found(ended: Ended) -> list[dict[str, object]]:
    return [json.loads(line) for line in ended.out.splitlines()]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "山田.jsonl"
    path.write_text(
        json.dumps({"id": "a", "text": TEXT})
        + "\n"
        + json.dumps({"id": "b", "text": "異常なし"})
        + "\n"
    )
    return path


def test_each_document_has_a_row_of_spans_that_fit_it(source: Path) -> None:
    ended = call("detect", source)
    assert ended.code == 0
    first, second = found(ended)
    assert second == {"id": "b", "spans": []}
    surfaces = set()
    for span in first["spans"]:
        assert span.keys() == {"start", "end", "category", "score", "sources"}
        surfaces.add((span["category"], TEXT[span["start"] : span["end"]]))
    assert surfaces == {
        ("NAME", "山田太郎"),
        ("PHONE", "090-1234-5678"),
        ("NAME", "山田"),
    }
    assert "山田" not in ended.out


def test_surfaces_are_shown_only_when_asked_for(source: Path) -> None:
    first, _ = found(call("detect", source, "--with-text"))
    assert [span["surface"] for span in first["spans"]] == ["山田太郎", "090-1234-5678", "山田"]


def test_a_phi_list_has_each_value_once(source: Path) -> None:
    first, second = found(call("detect", source, "--format", "phi-list"))
    assert first == {
        "id": "a",
        "phi_list": [
            {"type": "NAME", "value": "山田太郎"},
            {"type": "PHONE", "value": "090-1234-5678"},
            {"type": "NAME", "value": "山田"},
        ],
    }
    assert second == {"id": "b", "phi_list": []}


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.marks: list[str] = []
        self.foreign: list[str] = []
        self._marked = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._marked = tag == "mark"
        for name, value in attrs:
            if name in ("src", "href") and value and not value.startswith(("#", "data:")):
                self.foreign.append(value)

    def handle_data(self, data: str) -> None:
        if self._marked:
            self.marks.append(data)
        self._marked = False


def test_the_page_marks_the_identifiers_and_loads_nothing(source: Path) -> None:
    ended = call("detect", source, "--format", "html")
    assert ended.code == 0
    page = _Page()
    page.feed(ended.out)
    assert "山田太郎" in page.marks
    assert "090-1234-5678" in page.marks
    assert page.foreign == []


def test_a_document_that_cannot_be_read_has_no_row_and_the_code_says_so(
    source: Path, tmp_path: Path
) -> None:
    (tmp_path / "b.jsonl").write_text(
        '{"id":"1","text":"山田\\u0000太郎"}\n{broken\n{"id":"3","text":"異常なし"}\n'
    )
    ended = call("detect", tmp_path / "b.jsonl", source)
    assert ended.code == 3
    assert [row["id"] for row in found(ended)] == ["3", "a", "b"]
    assert "b.jsonl: row 1: " in ended.err
    assert "b.jsonl: row 2: " in ended.err
    assert "2 documents" in ended.err


def test_a_source_that_breaks_off_does_not_end_the_others(source: Path, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.txt").symlink_to(tmp_path / "nowhere")
    (folder / "b.txt").write_text("異常なし")
    ended = call("detect", folder, source)
    assert ended.code == 3
    assert [row["id"] for row in found(ended)] == ["b", "a", "b"]
    assert "a.txt: no file that can be read; not read" in ended.err


def test_known_values_are_searched(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("who,text\nキム ミンジュ,ｷﾑ ﾐﾝｼﾞｭの件\n", encoding="utf-8")
    (row,) = found(call("detect", path, "--known", "who=NAME", "--with-text"))
    assert [span["surface"] for span in row["spans"]] == ["ｷﾑ ﾐﾝｼﾞｭ"]


@pytest.mark.parametrize(
    "options", [("--known", "nowhere=NAME"), ("--format", "xml"), ("--detectors", "x")]
)
def test_wrong_usage_ends_with_two(options: tuple[str, ...], source: Path) -> None:
    assert call("detect", source, *options).code == 2


def test_a_failing_detector_gives_no_row_and_no_text(source: Path, tmp_path: Path) -> None:
    environment = plug_in(
        tmp_path / "plugins",
        "failing",
        """
        class Detector:
            name = "failing"

            def detect(self, document):
                raise ValueError(document.text)
        """,
    )
    ended = run(
        "detect",
        source,
        "--detectors",
        "rules,failing",
        environment=environment | {"SEKISHO_DEBUG": "1"},
    )
    assert (ended.code, ended.out) == (3, "")
    assert "detector 'failing' failed (ValueError)" in ended.err
    assert not leaks(["太郎", "090-1234-5678", "橋本"], ended.err)


def test_a_reader_who_goes_away_is_no_error(source: Path) -> None:
    ended = run("-c", f"sekisho detect {source} | head -c 1", before=("sh",))
    assert ended.err == "" or "Traceback" not in ended.err
