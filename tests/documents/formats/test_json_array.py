"""A JSON list of objects: read element by element, and written back as it was."""

from __future__ import annotations

import json
import pickle
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commanding import call, rows
from sekisho.documents.formats import expand, json_elements, open_source
from sekisho.documents.formats.json_array import JsonArrayReader
from sekisho.documents.formats.json_objects import Number
from sekisho.documents.records import ReadOptions, Record
from sekisho.errors import InputError, ReleaseError, UsageError

REPORT = "患者：山田太郎様。胸部ＣＴにて、結節影を認める。"
ROWS: list[dict[str, Any]] = [
    {
        "id": "007",
        "text": REPORT + '\n"\\\t',
        "n": 3,
        "f": None,
        "date": "2024-05-03",
        "deep": {"b": [1, "あ", []], "a": {}, "c": [{"x": 1}, {"x": [2]}]},
    },
    {"text": "", "id": 8, "extra": [True, False, []]},
    {"id": "", "text": "x", "long": 12345678901234567890},
]
OPTIONS = ReadOptions()


def written(folder: Path, data: bytes) -> str:
    path = folder / "in.json"
    path.write_bytes(data)
    return str(path)


def copied(reader: JsonArrayReader, folder: Path) -> bytes:
    path = folder / "out.json"
    writer = reader.writer(str(path))
    for record in reader:
        if record.problem is None:
            writer.write(pickle.loads(pickle.dumps(record.values)))
    writer.close()
    return path.read_bytes()


def read(folder: Path, data: bytes, options: ReadOptions = OPTIONS) -> list[Record]:
    return list(JsonArrayReader(written(folder, data), options))


def read_until_it_breaks(path: str) -> tuple[list[Record], InputError | None]:
    """The records of a list, and what ended it before its end."""
    records: list[Record] = []
    try:
        for record in JsonArrayReader(path, OPTIONS):
            records.append(record)
    except InputError as error:
        return records, error
    return records, None


# What comes in goes out


@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
@pytest.mark.parametrize(
    "layout",
    [
        {},
        {"separators": (",", ":")},
        {"separators": (" , ", " : ")},
        {"indent": 4},
        {"indent": 2},
        {"indent": 0},
        {"indent": "\t"},
        {"indent": 2, "separators": (",", " : ")},
    ],
    ids=str,
)
@pytest.mark.parametrize(
    ("codec", "ascii"),
    [
        ("utf-8", True),
        ("utf-8", False),
        ("utf-8-sig", False),
        ("cp932", False),
        ("euc_jp", False),
        ("iso2022_jp", False),
        ("utf-16", False),
    ],
)
def test_a_list_comes_back_byte_by_byte(
    tmp_path: Path, codec: str, ascii: bool, layout: dict[str, Any], ending: str
) -> None:
    text = json.dumps(ROWS, ensure_ascii=ascii, **layout) + ending
    data = text.replace("\n", ending if ending and "indent" in layout else "\n").encode(codec)
    reader = JsonArrayReader(written(tmp_path, data), OPTIONS)
    assert [record.id for record in reader] == ["007", "8", "3"]
    assert [dict(record.values) for record in reader] == ROWS
    assert copied(reader, tmp_path) == data


@pytest.mark.parametrize(
    "frame",
    ["[\n{}\n]\n", "[{}]", "[ {} ]", "\n [\n\n  {}\n ]\n\n", "[\r\n {}\r\n]"],
)
@pytest.mark.parametrize("between", [",\n", ",", " ,\n  ", ",\r\n\r\n"])
def test_objects_on_lines_of_their_own_come_back_too(
    tmp_path: Path, frame: str, between: str
) -> None:
    objects = between.join(json.dumps(row, ensure_ascii=False) for row in ROWS)
    data = frame.replace("{}", objects).encode()
    reader = JsonArrayReader(written(tmp_path, data), OPTIONS)
    assert [dict(record.values) for record in reader] == ROWS
    assert copied(reader, tmp_path) == data


@pytest.mark.parametrize("layout", [{}, {"indent": 2}, {"separators": (",", ":")}], ids=str)
def test_a_list_of_one_comes_back_and_one_more_would_look_alike(
    tmp_path: Path, layout: dict[str, Any]
) -> None:
    data = json.dumps(ROWS[:1], ensure_ascii=False, **layout).encode()
    reader = JsonArrayReader(written(tmp_path, data), OPTIONS)
    assert copied(reader, tmp_path) == data
    writer = reader.writer(str(tmp_path / "two.json"))
    for row in ROWS[:2]:
        writer.write(row)
    writer.close()
    expected = json.dumps(ROWS[:2], ensure_ascii=False, **layout).encode()
    assert (tmp_path / "two.json").read_bytes() == expected


def test_values_stay_what_they_are(tmp_path: Path) -> None:
    numbers = "[1.10, 1E5, -0.0, 3.141592653589793238462643, 1e400, 10, NaN, -Infinity]"
    data = f'[{{"text": "x", "no": "007", "day": "2024-05-03T00:00:00", "n": {numbers}}}]'.encode()
    reader = JsonArrayReader(written(tmp_path, data), OPTIONS)
    (record,) = reader
    assert (record.values["no"], record.values["day"]) == ("007", "2024-05-03T00:00:00")
    assert record.values["n"][0] == 1.1
    assert isinstance(record.values["n"][0], Number)
    assert record.values["n"][5] == 10
    assert copied(reader, tmp_path) == data


def test_of_a_list_that_is_held_as_a_whole_an_empty_list_is_left(tmp_path: Path) -> None:
    data = json.dumps(ROWS, indent=2).encode() + b"\n"
    writer = JsonArrayReader(written(tmp_path, data), OPTIONS).writer(str(tmp_path / "out.json"))
    writer.close()
    writer.close()
    assert (tmp_path / "out.json").read_bytes() == b"[]\n"


@pytest.mark.parametrize("data", [b"[]", b"[ ]\n", b"\xef\xbb\xbf[\n]"])
def test_an_empty_list_has_no_records(tmp_path: Path, data: bytes) -> None:
    reader = JsonArrayReader(written(tmp_path, data), OPTIONS)
    assert (list(reader), reader.columns) == ([], ())
    assert json.loads(copied(reader, tmp_path).decode("utf-8-sig")) == []


def test_what_json_or_the_encoding_cannot_write_stops_that_record_only(tmp_path: Path) -> None:
    data = f'[{{"text": "{REPORT}"}}]'.encode("cp932")
    reader = JsonArrayReader(written(tmp_path, data), OPTIONS)
    writer = reader.writer(str(tmp_path / "out.json"))
    with pytest.raises(ReleaseError, match="JSON cannot write"):
        writer.write({"text": b"bytes"})
    with pytest.raises(ReleaseError, match="cp932 cannot write"):
        writer.write({"text": "𠮷"})
    with pytest.raises(ReleaseError, match="cp932 cannot write"):
        reader.check({"text": "𠮷"})
    writer.write({"text": REPORT})
    writer.close()
    assert (tmp_path / "out.json").read_bytes() == data


# What is no list of objects


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b'{"id": 1, "text": "a"}', r"a JSON object, not a list of them .*\.jsonl"),
        (b'{"id": 1, "text": "a"}\n{"id": 2, "text": "b"}\n', "a JSON object, not a list"),
        (b'"text"', "no JSON list"),
        (b"12", "no JSON list"),
        (b"text", "no JSON list"),
        (b"", "is empty"),
        (b"  \n", "is empty"),
        (b"[1, 2, 3]", "a JSON list, but not one of objects"),
        (b'["a", "b"]', "a JSON list, but not one of objects"),
        (b'[["a", "b"], []]', "a JSON list, but not one of objects"),
        (b"[", "ends in the middle of element 1"),
        (b'[{"id": 1, "text', "ends in the middle of element 1"),
        (b"[{'id': 1, 'text': 'a'}]", "element 1 is not written as JSON is"),
        (bytes(range(256)), "not text"),
    ],
)
def test_what_is_no_list_of_objects_is_refused_with_a_remedy(
    tmp_path: Path, data: bytes, told: str
) -> None:
    with pytest.raises(InputError, match=told) as caught:
        read(tmp_path, data)
    assert caught.value.where == str(tmp_path / "in.json")
    assert caught.value.remedy


def test_columns_are_named_or_asked_for(tmp_path: Path) -> None:
    data = b'[{"no": "a", "memo": "b"}]'
    with pytest.raises(UsageError, match="columns: no, memo; name one with --text-column"):
        read(tmp_path, data)
    with pytest.raises(UsageError, match="no column 'x'"):
        read(tmp_path, data, ReadOptions(text_columns=("x",)))
    (record,) = read(tmp_path, data, ReadOptions(text_columns=("memo",), id_column="no"))
    assert (record.id, record.text_columns) == ("a", ("memo",))


def test_missing_and_empty_texts_of_several_columns(tmp_path: Path) -> None:
    data = b'[{"text": "a", "report": null}, {"report": "b"}, {"text": null}, {"text": ""}]'
    records = read(tmp_path, data)
    assert [record.text_columns for record in records] == [("text",), ("report",), (), ("text",)]
    assert [record.problem for record in records] == [None] * 4
    assert [record.id for record in records] == ["1", "2", "3", "4"]


# Broken elements, and lists that break


@pytest.mark.parametrize(
    ("element", "problem"),
    [
        ('{"id": 1, "text": 007}', "no valid JSON at column"),
        ('{"id": 1, "text": "a"} {"id": 2, "text": "山"}', "no valid JSON at column 24"),
        ('{"id": 1, "text": "a\tb"}', "no valid JSON at column"),
        ('{"id": 1 "text": "山田"}', "no valid JSON at column"),
        ('{"id": 1, "text": "a",}', "no valid JSON at column"),
        ("", "no valid JSON at column 1"),
        ('["text"]', "no JSON object"),
        ('"text]"', "no JSON object"),
        ("12", "no JSON object"),
        ("null", "no JSON object"),
        ("-Infinity", "no JSON object"),
        ('{"id": 1}', "no text column"),
        ('{"id": 1, "text": 5}', "text column that is no string"),
        ('{"id": 1, "text": ["a"]}', "text column that is no string"),
        ('{"id": 1, "text": "a", "text": "b"}', "names a key twice"),
        ('{"id": 1, "text": "a", "x": {"y": 1, "y": 2}}', "names a key twice"),
        ('{"id": 1, "text": "a\\ud800b"}', "half of a surrogate pair"),
        ('{"id": 1, "text": "a", "x": ["\\udfff"]}', "half of a surrogate pair"),
        ('{"id": 1, "text": "a\0b"}', "NUL"),
        ('{"text": ' + "[" * 100_000 + "]" * 100_000 + "}", "nested too deeply"),
        ('{"text": "a", "n": ' + "1" * 5000 + "}", "number that is too long"),
    ],
)
@pytest.mark.parametrize("block", [1 << 18, 5])
def test_a_broken_element_is_held_and_the_rest_goes_on(
    tmp_path: Path, element: str, problem: str, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_elements, "_BLOCK", block)
    good = '{"id": 0, "text": "a, ]}"}'
    records = read(tmp_path, f"[{good},{element}, {good}]".encode())
    assert [record.row for record in records] == [1, 2, 3]
    assert [record.problem is None for record in records] == [True, False, True]
    assert problem in str(records[1].problem)
    assert str(records[1].problem).startswith("element ")
    assert "山" not in str(records[1].problem)
    assert records[1].values == {}


@pytest.mark.parametrize(
    ("rest", "told"),
    [
        ('{"id": 1, "text": "山田, "note": "b"}]', "element 3 is not written as JSON is"),
        ('{"id": 1, text": "山田", "note": "b"}]', "element 3 is not written as JSON is"),
        ('{"id": 1, "text": 山田"}]', "element 3 is not written as JSON is"),
        ('{"id": 1, "text": "山田]}]', "ends in the middle of element 3"),
        ('{"id": 1, "text": "山田"]', "brackets of element 3 do not match"),
        ('{"id": 1, "text": "山田"}}]', "brackets of element 3 do not match"),
        ('{"id": 1, "text": [1}, {"id": 2}]', "brackets of element 3 do not match"),
        ('{"id": 1, "text": "山\\', "ends in the middle of element 3"),
        ('{"id": 1, "n": tru', "element 3 is not written as JSON is"),
        ('{"id": 1, "n": 1', "ends in the middle of element 3"),
        ("", "ends in the middle of element 3"),
    ],
)
@pytest.mark.parametrize("block", [1 << 18, 3])
def test_from_where_the_list_breaks_nothing_is_read(
    tmp_path: Path, rest: str, told: str, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_elements, "_BLOCK", block)
    good = '{"id": 0, "text": "a"}'
    path = written(tmp_path, f"[{good}, {good}, {rest}".encode())
    records, error = read_until_it_breaks(path)
    assert [record.problem for record in records] == [None, None]
    assert told in str(error)
    assert "山" not in str(error)


@pytest.mark.parametrize(
    ("rest", "told"),
    [("", "ends before the list does"), ("] x", "after the list"), ("][]", "after the list")],
)
def test_a_list_that_is_not_ended_well_loses_none_of_its_elements(
    tmp_path: Path, rest: str, told: str
) -> None:
    path = written(tmp_path, f'[{{"text": "a"}}, {{"text": "b"}}{rest}'.encode())
    records, error = read_until_it_breaks(path)
    assert [record.values["text"] for record in records] == ["a", "b"]
    assert told in str(error)


def test_an_element_in_another_encoding_is_held(tmp_path: Path) -> None:
    element = f'{{"id": 1, "text": "{REPORT}"}}'
    parts = [element.encode()] * 5 + [element.encode("cp932")] + [element.encode()] * 5
    records = read(tmp_path, b"[" + b",\n".join(parts) + b"]")
    assert [record.row for record in records if record.problem] == [6]
    foreign = [element.encode("cp932")] * 5 + [element.encode()] + [element.encode("cp932")] * 5
    records = read(tmp_path, b"[" + b",\n".join(foreign) + b"]")
    assert [record.row for record in records if record.problem] == [6]


def test_an_endless_element_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_elements, "LONGEST_ELEMENT", 1000)
    monkeypatch.setattr(json_elements, "_BLOCK", 100)
    long = f'{{"text": "{"a" * 5000}"}}'
    path = written(tmp_path, f'[{{"text": "b"}}, {long}]'.encode())
    records, error = read_until_it_breaks(path)
    assert [record.values["text"] for record in records] == ["b"]
    assert "element 2 is longer than" in str(error)


def test_brackets_without_end_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_elements, "_DEEPEST", 5000)
    path = written(tmp_path, b'[{"text": "b"}, ' + b"[" * 10_000 + b"]" * 10_000 + b"]")
    records, error = read_until_it_breaks(path)
    assert [record.values["text"] for record in records] == ["b"]
    assert "element 2 is nested too deeply" in str(error)


def test_a_list_on_one_line_is_not_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "in.json"
    element = json.dumps({"id": 1, "text": "患" * 5000}, ensure_ascii=False)
    with path.open("w", encoding="utf-8") as file:
        file.write("[" + ",".join([element] * 1200) + "]")
    size = path.stat().st_size
    reader = JsonArrayReader(str(path), OPTIONS)
    tracemalloc.start()
    try:
        assert sum(record.problem is None for record in reader) == 1200
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert size > 16 << 20
    assert most < 4 << 20


# Whatever there may be


strings = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | strings,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(strings, inner, max_size=3),
    max_leaves=6,
)
objects = st.dictionaries(st.sampled_from(["id", "x", "あ"]), values)


@given(
    st.lists(objects, max_size=4),
    st.booleans(),
    st.sampled_from([None, 0, 3, "\t"]),
    st.integers(1, 30),
)
@settings(max_examples=150, deadline=None)
def test_any_objects_come_back(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[dict[str, object]],
    ascii: bool,
    indent: int | str | None,
    block: int,
) -> None:
    folder = tmp_path_factory.mktemp("json")
    rows = [{"text": "患", **row} for row in rows]
    data = json.dumps(rows, ensure_ascii=ascii, indent=indent).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_elements, "_BLOCK", block)
        reader = JsonArrayReader(written(folder, data), OPTIONS)
        assert [dict(record.values) for record in reader] == rows
        assert copied(reader, folder) == data


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_a_mark_that_is_missing_never_makes_up_a_record(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    text = json.dumps(
        [
            {"id": f"r{at}", "text": f'{REPORT} "{at}", {{x}} [y]: "a": {{"b": "c"}}', "k": ["v"]}
            for at in range(4)
        ],
        ensure_ascii=False,
    )
    before = json.loads(text)
    at = data.draw(st.sampled_from([i for i, c in enumerate(text) if c in '"{}[],:']))
    # What is taken out of a text changes that text, as it would in any format.
    hurt = text[:at] + text[at + 1 :]
    path = written(tmp_path_factory.mktemp("json"), hurt.encode())
    found, error = read_until_it_breaks(path)
    told = error is not None or any(record.problem for record in found)
    good = [dict(record.values) for record in found if record.problem is None]
    strange = [values for values in good if values not in before]
    if told:
        assert strange == []
    else:
        assert [values["id"] for values in good] == [values["id"] for values in before]
        assert len(strange) == 1


@given(st.binary(max_size=60))
@settings(max_examples=150, deadline=None)
def test_rubbish_is_refused_or_held(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = written(tmp_path_factory.mktemp("json"), b'[{"text": "a"}, ' + data)
    records, error = read_until_it_breaks(path)
    assert all(record.problem or "text" in record.values for record in records)
    assert error is None or error.remedy


# As the commands have it


def test_files_called_json_are_read_as_lists(tmp_path: Path) -> None:
    path = written(tmp_path, b'[{"text": "a"}]')
    assert type(open_source(path, OPTIONS)) is JsonArrayReader
    (tmp_path / "settings.json").write_text('{"a": 1}')
    found = expand([str(tmp_path)], OPTIONS)
    assert [source.name for source in found.sources] == ["in.json"]
    assert [(Path(s.path).name, s.failed) for s in found.skipped] == [("settings.json", True)]


def test_a_list_is_released_as_a_list_in_its_own_style(home: Path, tmp_path: Path) -> None:
    rows_ = [
        {"uid": "1", "text": "電話 090-8765-4321。異常なし。", "n": 1.5},
        {"uid": "2", "text": "異常なし。\0", "n": 2},
        {"uid": "3", "text": "異常なし。", "n": 3},
    ]
    data = json.dumps(rows_, ensure_ascii=False, indent=4).replace("1.5", "1.50") + "\n"
    source = written(tmp_path, data.encode())
    out = tmp_path / "out"
    options = ("--profile", "redact-all", "--detectors", "rules", "--id-column", "uid")
    assert call("deid", source, "--out", out, *options).code == 3
    released = (out / "released.json").read_text(encoding="utf-8")
    made = json.loads(released)
    assert [row["uid"] for row in made] == ["1", "3"]
    assert "090" not in released
    assert '        "n": 1.50\n    },\n    {\n        "uid": "3",' in released
    assert released == json.dumps(made, ensure_ascii=False, indent=4).replace("1.5", "1.50") + "\n"
    assert [row["row"] for row in rows(out / "held.jsonl")] == [2]


def test_what_was_released_comes_back(home: Path, tmp_path: Path) -> None:
    data = json.dumps(
        [{"uid": "1", "text": f"電話 090-8765-432{at}。", "no": "007"} for at in range(3)],
        ensure_ascii=False,
        separators=(",", ":"),
    ).encode()
    source = written(tmp_path, data)
    assert call("deid", source, "--out", tmp_path / "out", "--detectors", "rules").code == 0
    assert b"090-8765" not in (tmp_path / "out" / "released.json").read_bytes()
    assert call("reveal", tmp_path / "out", "--out", tmp_path / "back").code == 0
    assert (tmp_path / "back" / "in.json").read_bytes() == data


def test_a_list_that_breaks_off_releases_what_came_before(home: Path, tmp_path: Path) -> None:
    source = written(tmp_path, b'[{"text": "a"}, {"text": "b"}, {"text": "c')
    out = tmp_path / "out"
    ended = call("deid", source, "--out", out, "--detectors", "rules")
    assert ended.code == 3
    assert [row["text"] for row in json.loads((out / "released.json").read_bytes())] == ["a", "b"]
    (held,) = rows(out / "held.jsonl")
    assert (held["row"], held["reason"]) == (3, "unreadable_source")
