from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.documents.formats.jsonl import JsonlReader, Number
from sekisho.documents.records import ReadOptions, Record
from sekisho.errors import InputError, ReleaseError, UsageError

REPORT = "患者：山田太郎様。胸部ＣＴにて、結節影を認める。"


def written(folder: Path, data: bytes) -> str:
    path = folder / "in.jsonl"
    path.write_bytes(data)
    return str(path)


def copied(reader: JsonlReader, folder: Path) -> bytes:
    path = folder / "out.jsonl"
    writer = reader.writer(str(path))
    for record in reader:
        if record.problem is None:
            writer.write(pickle.loads(pickle.dumps(record.values)))
    writer.close()
    return path.read_bytes()


def read(folder: Path, data: bytes, options: ReadOptions = ReadOptions()) -> list[Record]:  # noqa: B008
    return list(JsonlReader(written(folder, data), options))


@pytest.mark.parametrize("ended", [True, False])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("separators", [(", ", ": "), (",", ":"), (" , ", " : ")])
@pytest.mark.parametrize(
    ("codec", "ascii"),
    [
        ("utf-8", True),
        ("utf-8", False),
        ("utf-8-sig", True),
        ("utf-8-sig", False),
        ("cp932", False),
        ("euc_jp", False),
        ("utf-16", False),
    ],
)
def test_lines_come_back_byte_by_byte(
    tmp_path: Path, codec: str, ascii: bool, separators: tuple[str, str], newline: str, ended: bool
) -> None:
    rows = [
        {
            "id": "007",
            "text": REPORT + '\n"\\\t',
            "n": 3,
            "f": None,
            "deep": {"b": [1, "あ"], "a": {}},
        },
        {"text": "", "id": 8, "extra": [True, False, []]},
        {"id": "", "text": "x", "long": 12345678901234567890},
    ]
    text = newline.join(json.dumps(r, ensure_ascii=ascii, separators=separators) for r in rows)
    data = (text + (newline if ended else "")).encode(codec)
    reader = JsonlReader(written(tmp_path, data), ReadOptions())
    assert [record.id for record in reader] == ["007", "8", "3"]
    assert [dict(record.values) for record in reader] == rows
    assert copied(reader, tmp_path) == data


def test_numbers_keep_their_digits(tmp_path: Path) -> None:
    numbers = "[1.10, 1E5, -0.0, 3.141592653589793238462643, 1e400, 10, NaN, -Infinity]"
    data = f'{{"text": "x", "n": {numbers}}}\n'.encode()
    reader = JsonlReader(written(tmp_path, data), ReadOptions())
    (record,) = reader
    assert record.values["n"][0] == 1.1
    assert isinstance(record.values["n"][0], Number)
    assert record.values["n"][5] == 10
    assert copied(reader, tmp_path) == data


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('{"id": 1, "text": "山田', "no valid JSON at column"),
        ('{"id": 1, "text": "a"} x', "no valid JSON at column 24"),
        ('{"id": 1, "text": "a\tb"}', "no valid JSON at column"),
        ('["text"]', "no JSON object"),
        ('"text"', "no JSON object"),
        ('{"id": 1}', "no text column"),
        ('{"id": 1, "text": 5}', "text column that is no string"),
        ('{"id": 1, "text": ["a"]}', "text column that is no string"),
        ('{"id": 1, "text": "a", "text": "b"}', "names a key twice"),
        ('{"id": 1, "text": "a", "x": {"y": 1, "y": 2}}', "names a key twice"),
        ('{"id": 1, "text": "a\\ud800b"}', "half of a surrogate pair"),
        ('{"id": 1, "text": "a", "x": ["\\udfff"]}', "half of a surrogate pair"),
        ('{"id": 1, "text": "a\0b"}', "NUL"),
        ('{"text": ' + "[" * 100_000, "nested too deeply"),
        ('{"text": "a", "n": ' + "1" * 5000 + "}", "number that is too long"),
    ],
)
def test_a_broken_line_is_held_and_the_rest_goes_on(
    tmp_path: Path, line: str, problem: str
) -> None:
    good = '{"id": 0, "text": "a"}'
    records = read(tmp_path, f"{good}\n{line}\n\n{good}\n".encode())
    assert [record.row for record in records] == [1, 2, 3]
    assert [record.problem is None for record in records] == [True, False, True]
    assert problem in str(records[1].problem)
    assert "山" not in str(records[1].problem)
    assert records[1].values == {}


def test_a_whole_surrogate_pair_and_an_escaped_backslash_are_fine(tmp_path: Path) -> None:
    data = b'{"text": "\\ud842\\udfb7 \\\\ud800"}\n'
    reader = JsonlReader(written(tmp_path, data), ReadOptions())
    assert [record.values["text"] for record in reader] == ["𠮷 \\ud800"]
    assert copied(reader, tmp_path) == data


def test_a_line_in_another_encoding_is_held(tmp_path: Path) -> None:
    line = f'{{"id": 1, "text": "{REPORT}"}}\n'
    data = line.encode() * 5 + line.encode("cp932") + line.encode() * 5
    assert [r.row for r in read(tmp_path, data) if r.problem] == [6]


def test_missing_and_empty_texts_of_several_columns(tmp_path: Path) -> None:
    data = b'{"text": "a", "report": null}\n{"report": "b"}\n{"text": null}\n{"text": ""}\n'
    records = read(tmp_path, data)
    assert [record.text_columns for record in records] == [("text",), ("report",), (), ("text",)]
    assert [record.problem for record in records] == [None] * 4
    assert [record.id for record in records] == ["1", "2", "3", "4"]


def test_columns_are_named_or_asked_for(tmp_path: Path) -> None:
    data = b'{"no": "a", "memo": "b"}\n'
    with pytest.raises(UsageError, match="columns: no, memo; name one with --text-column"):
        read(tmp_path, data)
    with pytest.raises(UsageError, match="no column 'x'"):
        read(tmp_path, data, ReadOptions(text_columns=("x",)))
    (record,) = read(tmp_path, data, ReadOptions(text_columns=("memo",), id_column="no"))
    assert (record.id, record.text_columns) == ("a", ("memo",))


def test_an_empty_file_has_no_records_and_rubbish_is_refused(tmp_path: Path) -> None:
    assert read(tmp_path, b"") == []
    assert read(tmp_path, b"\n\n") == []
    with pytest.raises(InputError, match="not text"):
        read(tmp_path, bytes(range(256)))
    records = read(tmp_path, b"no json\n" * 150 + b'{"text": "a"}\n')
    assert [record.row for record in records if record.problem is None] == [151]


def test_what_json_or_the_encoding_cannot_write_stops_that_record_only(tmp_path: Path) -> None:
    line = f'{{"text": "{REPORT}"}}\n'.encode("cp932")
    reader = JsonlReader(written(tmp_path, line), ReadOptions())
    writer = reader.writer(str(tmp_path / "out.jsonl"))
    with pytest.raises(ReleaseError, match="JSON cannot write"):
        writer.write({"text": b"bytes"})
    with pytest.raises(ReleaseError, match="cp932 cannot write"):
        writer.write({"text": "𠮷"})
    with pytest.raises(ReleaseError, match="cp932 cannot write"):
        reader.check({"text": "𠮷"})
    writer.write({"text": REPORT})
    writer.close()
    assert (tmp_path / "out.jsonl").read_bytes() == line


strings = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | strings,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(strings, inner, max_size=3),
    max_leaves=6,
)
objects = st.dictionaries(st.sampled_from(["id", "x", "あ"]), values)


@given(st.lists(objects, max_size=4), st.booleans())
@settings(max_examples=100, deadline=None)
def test_any_objects_come_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, object]], ascii: bool
) -> None:
    folder = tmp_path_factory.mktemp("jsonl")
    rows = [{"text": "患", **row} for row in rows]
    data = "".join(json.dumps(row, ensure_ascii=ascii) + "\n" for row in rows).encode()
    if b"\0" in data:
        return
    reader = JsonlReader(written(folder, data), ReadOptions())
    assert [dict(record.values) for record in reader] == rows
    assert copied(reader, folder) == data
