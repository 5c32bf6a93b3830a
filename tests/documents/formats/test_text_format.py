from __future__ import annotations

from pathlib import Path

import pytest

from sekisho.documents.formats.text import TextReader
from sekisho.documents.records import ReadOptions, Record
from sekisho.errors import InputError, OutputError, ReleaseError, UsageError

REPORT = "患者：山田太郎様。\r\n胸部ＣＴにて、\n結節影を認める。\r"


def written(folder: Path, data: bytes) -> str:
    path = folder / "007 a.txt"
    path.write_bytes(data)
    return str(path)


def read(folder: Path, data: bytes, options: ReadOptions = ReadOptions()) -> Record:  # noqa: B008
    (record,) = TextReader(written(folder, data), options)
    return record


@pytest.mark.parametrize(
    "codec", ["utf-8", "utf-8-sig", "cp932", "euc_jp", "iso2022_jp", "utf-16", "utf-16-be"]
)
def test_a_text_comes_back_byte_by_byte(tmp_path: Path, codec: str) -> None:
    data = REPORT.encode(codec)
    reader = TextReader(written(tmp_path, data), ReadOptions())
    (record,) = reader
    assert (record.id, record.row, record.text_columns) == ("007 a", 1, ("text",))
    assert record.values == {"text": REPORT}
    writer = reader.writer(str(tmp_path / "out" / "x.txt"))
    writer.write(record.values)
    writer.close()
    assert (tmp_path / "out" / "x.txt").read_bytes() == data


def test_characters_that_cp932_has_twice_keep_their_bytes(tmp_path: Path) -> None:
    data = REPORT.encode("cp932") + b"\xee\xe0\x87\x9a"
    reader = TextReader(written(tmp_path, data), ReadOptions())
    (record,) = reader
    assert record.values["text"] == REPORT + "髙∵"
    writer = reader.writer(str(tmp_path / "out.txt"))
    writer.write(record.values)
    writer.close()
    assert (tmp_path / "out.txt").read_bytes() == data


def test_an_empty_file_is_one_empty_text(tmp_path: Path) -> None:
    for data in (b"", b"\xef\xbb\xbf"):
        record = read(tmp_path, data)
        assert (record.values, record.problem) == ({"text": ""}, None)


def test_five_megabytes_are_one_text(tmp_path: Path) -> None:
    data = (REPORT * 80_000).encode()
    assert len(data) > 5_000_000
    assert read(tmp_path, data).values["text"] == REPORT * 80_000


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (bytes(range(256)) * 4, "not text"),
        (b"%PDF-1.7", "not text: a PDF file"),
        (b"abc\0def", "file holds NUL characters"),
        (REPORT.encode() * 9 + REPORT.encode("cp932"), "cannot be read as utf-8"),
        (REPORT.encode("cp932") * 9 + REPORT.encode(), "cp932"),
        (REPORT.encode("cp932") * 9 + "\nひらがな\n".encode("euc_jp"), "is written in euc_jp"),
        (b"a" * (65 << 20), "is longer than 64 MiB"),
    ],
    ids=["rubbish", "PDF", "NUL", "mixed", "UTF-8", "EUC", "endless"],
)
def test_what_is_no_text_is_held_with_its_reason(tmp_path: Path, data: bytes, problem: str) -> None:
    record = read(tmp_path, data)
    assert problem in str(record.problem)
    assert "山田" not in str(record.problem)
    assert record.values == {}


def test_a_named_encoding_is_taken(tmp_path: Path) -> None:
    data = "所見".encode("cp932")
    assert read(tmp_path, data, ReadOptions(encoding="cp932")).values["text"] == "所見"
    assert "cannot be read" in str(read(tmp_path, data, ReadOptions(encoding="utf-8")).problem)
    with pytest.raises(UsageError, match="no encoding is called"):
        TextReader(written(tmp_path, data), ReadOptions(encoding="klingon"))


def test_errors_name_the_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.txt: no such file"):
        list(TextReader(str(tmp_path / "none.txt"), ReadOptions()))
    reader = TextReader(written(tmp_path, REPORT.encode("cp932")), ReadOptions())
    (tmp_path / "full").symlink_to("/dev/full")
    writer = reader.writer(str(tmp_path / "full"))
    with pytest.raises(ReleaseError, match="cp932 cannot write"):
        writer.write({"text": "𠮷"})
    with pytest.raises(ReleaseError, match="cp932 cannot write"):
        reader.check({"text": "𠮷"})
    writer.write({"text": "吉"})
    with pytest.raises(OutputError, match="no space left"):
        writer.close()
