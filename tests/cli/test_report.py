from __future__ import annotations

import html
import re
from pathlib import Path

import pytest

from commanding import call, rows
from extracting import extract, scripted, task_file


@pytest.fixture
def finished(home: Path, tmp_path: Path, examples: Path) -> Path:
    """A finished run of the examples."""
    out = tmp_path / "out"
    assert call("deid", examples, "--out", out).code == 0
    return out


def surfaces(finished: Path, examples: Path) -> set[str]:
    """What was found in the example texts, but for words that any page may hold."""
    found = set()
    for row in rows(finished / "spans.jsonl"):
        path = examples / "reports" / f"{row['id']}.txt"
        if path.exists():
            text = path.read_text(encoding="utf-8")
            found |= {
                text[span["start"] : span["end"]]
                for span in row["spans"]
                if span["category"] in ("NAME", "STAFF", "ID", "PHONE", "ADDRESS", "INSURANCE")
            }
    return {surface for surface in found if len(surface) > 2}


def shown(page: Path) -> str:
    return html.unescape(page.read_text(encoding="utf-8"))


def test_the_page_of_a_run_holds_no_identifier(finished: Path, examples: Path) -> None:
    secrets = surfaces(finished, examples)
    assert len(secrets) > 15
    page = shown(finished / "report.html")
    assert [surface for surface in secrets if surface in page] == []


def test_a_page_with_originals_holds_them_all(
    finished: Path, tmp_path: Path, examples: Path
) -> None:
    page = tmp_path / "page.html"
    ended = call("report", finished, "--show-originals", "--out", page)
    assert ended.code == 0
    assert "holds identifiers" in ended.err
    text = shown(page)
    missing = [surface for surface in surfaces(finished, examples) if surface not in text]
    assert missing == []
    assert "[氏名1]" in text


def test_a_page_opens_without_a_network(finished: Path) -> None:
    page = (finished / "report.html").read_text(encoding="utf-8")
    assert re.findall("(?:src|href)=[\"'](?!#|data:)", page) == []
    assert "<script src" not in page
    assert "@import" not in page


def test_a_page_with_originals_does_not_lie_in_the_folder_that_leaves(
    finished: Path, tmp_path: Path
) -> None:
    before = (finished / "report.html").read_bytes()
    assert call("report", finished, "--show-originals").code == 2
    inside = finished / "report.html"
    assert call("report", finished, "--show-originals", "--out", inside).code == 2
    assert inside.read_bytes() == before


def test_originals_need_the_key(finished: Path, home: Path, tmp_path: Path) -> None:
    (home / "vault.key").unlink()
    page = tmp_path / "page.html"
    assert call("report", finished, "--show-originals", "--out", page).code == 2
    assert not page.exists()


def test_only_so_many_texts_are_shown(finished: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    options = ("--show-originals", "--out", page, "--most", "1")
    assert call("report", finished, *options).code == 0
    assert "小野寺" not in shown(page)


def test_held_documents_stand_on_the_page_with_their_reasons(home: Path, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"id":"7","text":"a\\u0000b"}\n{broken\n', encoding="utf-8")
    out = tmp_path / "out"
    assert call("deid", tmp_path / "a.jsonl", "--out", out).code == 3
    text = shown(out / "report.html")
    assert "not_text" in text or "NUL characters" in text
    assert "no valid JSON" in text


def test_the_page_can_be_written_again_in_one_language(finished: Path, tmp_path: Path) -> None:
    page = tmp_path / "en.html"
    assert call("report", finished, "--out", page, "--language", "en").code == 0
    assert "Released" in shown(page) or "released" in shown(page)


def test_a_folder_without_a_run_is_wrong_usage(tmp_path: Path) -> None:
    ended = call("report", tmp_path)
    assert (ended.code, len(ended.errors)) == (2, 1)


def test_the_page_of_an_extraction_is_written_by_the_run_itself(home: Path, tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text('{"text":"右肺に12 mmの結節。"}\n', encoding="utf-8")
    out = tmp_path / "out"
    ended = extract(
        *(task_file(tmp_path), tmp_path / "in.jsonl"),
        *("--out", out, "--model", scripted(tmp_path)),
    )
    assert ended.code == 0
    before = (out / "report.html").read_bytes()
    for options in ((), ("--show-originals", "--out", tmp_path / "page.html")):
        ended = call("report", out, *options)
        assert (ended.code, len(ended.errors)) == (2, 1)
        assert "written by the run itself" in ended.errors[0]
    assert (out / "report.html").read_bytes() == before
    assert not (tmp_path / "page.html").exists()


def test_other_runs_have_no_such_page(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"kind": "dragon"}')
    ended = call("report", tmp_path)
    assert (ended.code, len(ended.errors)) == (2, 1)
    assert "no run of 'sekisho deid'" in ended.errors[0]
