"""Tables of results: the input's values as they were, in every format."""

from __future__ import annotations

import codecs
import csv
import datetime
import io
import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.documents.formats.cell import Cell
from sekisho.documents.formats.jsonl import Number
from sekisho.extraction.runs.columns import Layout, cells, lay_out
from sekisho.extraction.runs.rows import absent
from sekisho.extraction.runs.tables import Format, Given, Kinds, open_table
from sekisho.extraction.tasks.task import Task

TASK = Task.model_validate(
    {
        "name": "t",
        "language": "ja",
        "instruction": "答える。",
        "fields": {
            "note": {"type": "string"},
            "size": {"type": "number"},
            "count": {"type": "integer"},
            "sure": {"type": "boolean"},
            "parts": {"type": "list", "items": {"type": "string"}},
        },
    }
)
ROW = {
    "status": "extracted",
    "fields": {
        "note": {"status": "found", "value": "=1+1"},
        "size": {"status": "found", "value": 8.0, "raw": "8 mm", "probability": 0.25},
        "count": {"status": "found", "value": 3},
        "sure": {"status": "found", "value": True},
        "parts": {"status": "found", "value": ["左", "右"]},
    },
}


def written(
    folder: Path, form: Format, rows: list[Mapping[str, Any]], given_: Given | None = None
) -> Path:
    kinds = Kinds()
    for values in rows:
        kinds.add(values)
    given_ = given_ or Given(kinds.found())
    layout: Layout = lay_out(TASK, given_.kinds)
    path = folder / f"extracted.{form}"
    table = open_table(path, form, given_, layout)
    for values in rows:
        table.write(values, cells(layout, ROW))
    table.close()
    return path


def read_csv(path: Path, delimiter: str = ",") -> list[dict[str, str]]:
    text = path.read_bytes().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))


def test_a_table_begins_with_a_byte_order_mark_and_has_the_inputs_delimiter(tmp_path: Path) -> None:
    given_ = Given({"a": "string"}, delimiter=";")
    path = written(tmp_path, "csv", [{"a": "x;y"}], given_)
    assert path.read_bytes().startswith(codecs.BOM_UTF8 + b"a;note;")
    assert read_csv(path, ";")[0]["a"] == "x;y"


def test_values_in_a_table_are_plain_and_parts_are_json(tmp_path: Path) -> None:
    row = read_csv(written(tmp_path, "csv", [{"a": "1"}]))[0]
    assert (row["size"], row["count"], row["sure"], row["size_raw"]) == ("8.0", "3", "true", "8 mm")
    assert json.loads(row["parts"]) == ["左", "右"]
    assert row["note_probability"] == ""


@pytest.mark.parametrize("value", ["=1+1", "+3", "-", "@x", "007", " x ", 'a"b', "x\r\ny", "\tz"])
def test_no_cell_is_changed_for_a_spreadsheets_sake(value: str, tmp_path: Path) -> None:
    """A sign before a number is a finding; what is put before it changes the data."""
    row = read_csv(written(tmp_path, "csv", [{"a": value}]))[0]
    assert (row["a"], row["note"]) == (value, "=1+1")


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), min_size=1))
def test_any_text_comes_back_from_a_table(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    rows: list[Mapping[str, Any]] = [{"a": text, "b": "x"} for text in texts]
    path = written(tmp_path_factory.mktemp("csv"), "csv", rows)
    assert [row["a"] for row in read_csv(path)] == texts


def test_numbers_keep_the_digits_that_they_were_written_with(tmp_path: Path) -> None:
    values = {"n": Number("1.10"), "big": 10**30, "nested": {"x": [Number("1E5"), None]}}
    path = written(tmp_path, "jsonl", [values])
    assert path.read_text(encoding="utf-8").startswith(
        '{"n": 1.10, "big": 1000000000000000000000000000000, "nested": {"x": [1E5, null]}, '
    )
    assert read_csv(written(tmp_path, "csv", [values]))[0]["n"] == "1.10"


def test_what_only_a_parquet_file_can_hold_is_text_in_json(tmp_path: Path) -> None:
    values = {
        "day": datetime.date(2024, 5, 3),
        "price": Decimal("1.10"),
        "raw": b"\xff",
        "none": float("nan"),
    }
    row = json.loads(written(tmp_path, "jsonl", [values]).read_text(encoding="utf-8"))
    assert [row[name] for name in values] == ["2024-05-03", "1.10", "/w==", None]


def test_a_cell_that_remembers_its_bytes_is_written_as_text(tmp_path: Path) -> None:
    cell = Cell("髙", b"\xfb\xfc")
    assert read_csv(written(tmp_path, "csv", [{"a": cell}]))[0]["a"] == "髙"


def test_half_a_character_breaks_no_file(tmp_path: Path) -> None:
    values = {"a": "x\udcff"}
    assert read_csv(written(tmp_path, "csv", [values]))[0]["a"] == "x?"
    assert json.loads(written(tmp_path, "jsonl", [values]).read_text())["a"] == "x?"


def test_a_parquet_table_has_the_types_of_its_fields(tmp_path: Path) -> None:
    table = pq.read_table(written(tmp_path, "parquet", [{"a": "007"}]))
    types = {field.name: field.type for field in table.schema}
    assert [types[name] for name in ("a", "note", "size", "count", "sure", "parts")] == [
        pa.string(),
        pa.string(),
        pa.float64(),
        pa.int64(),
        pa.bool_(),
        pa.string(),
    ]
    assert (types["size_probability"], types["size_start"]) == (pa.float64(), pa.int64())
    (row,) = table.to_pylist()
    assert (row["a"], row["size"], row["sure"]) == ("007", 8.0, True)
    assert json.loads(row["parts"]) == ["左", "右"]


def test_a_parquet_input_keeps_its_types(tmp_path: Path) -> None:
    schema = pa.schema(
        [
            pa.field("id", pa.int32(), nullable=False),
            pa.field("seen", pa.timestamp("us")),
            pa.field("day", pa.date32()),
            pa.field("tags", pa.list_(pa.string())),
            pa.field("kind", pa.dictionary(pa.int8(), pa.string())),
        ]
    )
    given_values: Mapping[str, Any] = {
        "id": 7,
        "seen": "2024-05-03 01:02:03.000004",
        "day": datetime.date(2024, 5, 3),
        "tags": ["a"],
        "kind": "x",
    }
    source = tmp_path / "in.parquet"
    with pq.ParquetWriter(source, schema):
        pass
    given_ = Given(dict.fromkeys(given_values, "string"), parquet=str(source))
    table = pq.read_table(written(tmp_path, "parquet", [given_values], given_))
    assert [table.schema.field(name) for name in schema.names] == list(schema)
    (row,) = table.select(schema.names).to_pylist()
    assert row == {**given_values, "seen": datetime.datetime(2024, 5, 3, 1, 2, 3, 4)}


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([None, None], "string"),
        (["a", None], "string"),
        ([1, 2], "integer"),
        ([1, Number("2.5")], "number"),
        ([True, False], "boolean"),
        ([True, 1], "json"),
        ([1, "a"], "json"),
        ([{"a": 1}], "json"),
        ([10**30], "json"),
    ],
)
def test_the_type_of_a_column_of_json_is_that_of_its_values(values: list[Any], kind: str) -> None:
    kinds = Kinds()
    for value in values:
        kinds.add({"a": value})
    assert kinds.found() == {"a": kind}


def test_a_failed_document_has_its_row_in_every_format(tmp_path: Path) -> None:
    layout = lay_out(TASK, ["a"])
    forms: tuple[Format, ...] = ("csv", "jsonl", "parquet")
    for form in forms:
        path = tmp_path / f"extracted.{form}"
        table = open_table(path, form, Given({"a": "string"}), layout)
        table.write({}, cells(layout, absent("failed", "timeout")))
        table.close()
    assert read_csv(tmp_path / "extracted.csv")[0]["extraction_status"] == "failed"
    assert pq.read_table(tmp_path / "extracted.parquet").to_pylist()[0]["size_status"] == "failed"
    assert json.loads((tmp_path / "extracted.jsonl").read_text())["size"] is None
