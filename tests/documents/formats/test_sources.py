from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sekisho import plugins
from sekisho.documents.formats import expand, open_source
from sekisho.documents.formats.jsonl import JsonlReader
from sekisho.documents.formats.table import TableReader
from sekisho.documents.formats.text import TextReader
from sekisho.documents.records import ReadOptions
from sekisho.errors import InputError, UsageError

OPTIONS = ReadOptions()
PACKAGE = "sekisho.documents.formats"


@pytest.fixture(autouse=True)
def _another_package_with_a_format(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    site = tmp_path_factory.mktemp("site")
    info = site / "memo_format-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: memo-format\nVersion: 1.0\n")
    entries = f"[sekisho.formats]\nmemo = {PACKAGE}.text:TextReader\n"
    (info / "entry_points.txt").write_text(entries)
    monkeypatch.setattr(sys, "path", [*sys.path, str(site)])
    plugins._group.cache_clear()
    yield
    plugins._group.cache_clear()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in" / "b" / ".git").mkdir(parents=True)
    for name, data in {
        "b/2.txt": "い",
        "b/1.TXT": "あ",
        "a.csv": "id,text\n1,う\n",
        "c.jsonl": '{"text": "え"}\n',
        "d.memo": "お",
        "scan.dcm": "x",
        ".hidden.txt": "x",
        "b/.git/config.txt": "x",
        "README": "x",
    }.items():
        (tmp_path / "in" / name).write_text(data, encoding="utf-8")
    return tmp_path / "in"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.txt", TextReader),
        ("a.text", TextReader),
        ("a.csv", TableReader),
        ("A.CSV", TableReader),
        ("a.tsv", TableReader),
        ("a.tab", TableReader),
        ("a.jsonl", JsonlReader),
        ("a.ndjson", JsonlReader),
        ("a.memo", TextReader),
    ],
)
def test_the_suffix_names_the_format(tmp_path: Path, name: str, kind: type) -> None:
    (tmp_path / name).write_bytes(b"")
    reader = open_source(str(tmp_path / name), OPTIONS)
    assert type(reader) is kind
    assert reader.suffix == name[1:]


def test_a_tab_separated_file_of_one_row_is_split_at_tabs(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("text, long\tno, x\n")
    options = ReadOptions(text_columns=("text, long",))
    assert open_source(str(tmp_path / "a.tsv"), options).columns == ("text, long", "no, x")


def test_a_folder_gives_its_files_in_order_and_reports_the_others(folder: Path) -> None:
    found = expand([str(folder)], OPTIONS)
    assert [source.name for source in found.sources] == [
        "a.csv",
        "b/1.TXT",
        "b/2.txt",
        "c.jsonl",
        "d.memo",
    ]
    texts = [record.values["text"] for source in found.sources for record in source.reader]
    assert texts == list("うあいえお")
    assert [(Path(s.path).name, s.reason, s.failed) for s in found.skipped] == [
        (".hidden.txt", "hidden", False),
        ("README", "no known format", False),
        (".git", "hidden", False),
        ("scan.dcm", "no known format", False),
    ]


def test_unreadable_files_of_a_folder_are_reported_and_the_rest_goes_on(folder: Path) -> None:
    (folder / "bad.csv").write_bytes(bytes(range(256)))
    (folder / "gone.txt").symlink_to(folder / "nowhere")
    (folder / "link").symlink_to(folder / "b")
    found = expand([str(folder)], OPTIONS)
    assert len(found.sources) == 5
    failed = {Path(s.path).name: s.reason for s in found.skipped if s.failed}
    assert set(failed) == {"bad.csv", "gone.txt"}
    assert "not text" in failed["bad.csv"]
    assert "a link to a folder" in {s.reason for s in found.skipped}


def test_an_option_that_does_not_fit_one_file_of_a_folder_is_wrong_usage(folder: Path) -> None:
    (folder / "e.csv").write_text("no,memo\n1,a\n")
    with pytest.raises(UsageError, match=r"e\.csv: no column is recognised"):
        expand([str(folder)], OPTIONS)


def test_sources_of_one_name_get_different_names(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,text\n1,a\n")
    paths = [str(tmp_path / "a.csv"), str(folder / "a.csv"), str(folder)]
    names = [source.name for source in expand(paths, OPTIONS).sources]
    assert names[:3] == ["a.csv", "a-2.csv", "a-3.csv"]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("none.csv", "no such file"),
        ("in/scan.dcm", r"files named \*\.dcm have no known format .*csv.*txt"),
        ("in/bad.csv", "not text"),
        ("in/empty", "holds no file that can be read"),
    ],
)
def test_a_path_that_cannot_be_read_is_named_with_a_remedy(
    folder: Path, name: str, message: str
) -> None:
    (folder / "bad.csv").write_bytes(bytes(range(256)))
    (folder / "empty").mkdir()
    (folder / "empty" / "x.dcm").write_bytes(b"")
    path = str(folder.parent / name)
    with pytest.raises(InputError, match=message) as caught:
        expand([path], OPTIONS)
    assert caught.value.where == path
    assert caught.value.remedy


def test_a_folder_is_no_file(folder: Path) -> None:
    with pytest.raises(InputError, match="is a folder"):
        open_source(str(folder), OPTIONS)


def test_permission_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", refuse)
    with pytest.raises(InputError, match="may not be read"):
        open_source(str(folder / "a.csv"), OPTIONS)
