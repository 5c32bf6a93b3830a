"""The added columns of a table: their names, their types, what stands in them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.extraction.runs.columns import STATUS, cells, lay_out, plain
from sekisho.extraction.runs.rows import absent
from sekisho.extraction.tasks.task import Task

PARTS = ("", "_status", "_probability", "_evidence", "_start", "_end")


def task(**fields: dict[str, Any]) -> Task:
    return Task.model_validate(
        {"name": "t", "language": "ja", "instruction": "答える。", "fields": fields}
    )


SIMPLE = task(label={"type": "string"}, size={"type": "number"})


def test_each_field_has_its_columns_and_the_document_has_one() -> None:
    names = [column.name for column in lay_out(SIMPLE, ()).columns]
    assert names == [
        *(f"label{part}" for part in PARTS),
        *(f"size{part}" for part in PARTS),
        "size_raw",
        STATUS,
    ]


@pytest.mark.parametrize("taken", ["label", "Label", "ＬＡＢＥＬ", " label "])
def test_a_name_that_the_input_has_in_any_case_or_width_gives_way(taken: str) -> None:
    layout = lay_out(SIMPLE, [taken])
    assert layout.renamed == {"label": "extracted_label"}


def test_a_prefix_that_is_taken_as_well_is_numbered() -> None:
    layout = lay_out(SIMPLE, ["label", "extracted_label", "EXTRACTED_LABEL_2", "extraction_status"])
    assert layout.renamed == {
        "label": "extracted_label_3",
        STATUS: f"extracted_{STATUS}",
    }


def test_two_fields_whose_columns_have_one_name_both_have_theirs() -> None:
    layout = lay_out(task(a={"type": "string"}, a_status={"type": "string"}), ())
    names = [column.name for column in layout.columns]
    assert len({plain(name) for name in names}) == len(names)
    row = {
        "status": "extracted",
        "fields": {
            "a": {"status": "found", "value": "x"},
            "a_status": {"status": "found", "value": "y"},
        },
    }
    made = cells(layout, row)
    assert (made["a"], made["a_status"], made["extracted_a_status"]) == ("x", "found", "y")


@given(st.lists(st.sampled_from(["label", "Size", "size_RAW", "extracted_label", STATUS, "x"])))
def test_no_added_name_is_that_of_an_input(taken: list[str]) -> None:
    names = [plain(column.name) for column in lay_out(SIMPLE, taken).columns]
    assert len(set(names)) == len(names)
    assert not {plain(name) for name in taken} & set(names)


@pytest.mark.parametrize(
    ("field", "kind"),
    [
        ({"type": "string"}, "string"),
        ({"type": "date"}, "string"),
        ({"type": "integer"}, "integer"),
        ({"type": "integer", "maximum": 10**30}, "json"),
        ({"type": "number"}, "number"),
        ({"type": "boolean"}, "boolean"),
        ({"type": "enum", "values": ["a", "b"]}, "string"),
        ({"type": "enum", "values": [1, 2]}, "integer"),
        ({"type": "enum", "values": [True, False]}, "boolean"),
        ({"type": "enum", "values": [1, "b"]}, "json"),
        ({"type": "any"}, "json"),
        ({"type": "spans", "labels": ["a"]}, "json"),
        ({"type": "list", "items": {"type": "string"}}, "json"),
        ({"type": "object", "fields": {"a": {"type": "string"}}}, "json"),
    ],
)
def test_the_column_of_a_value_has_the_type_of_its_field(field: dict[str, Any], kind: str) -> None:
    assert lay_out(task(f=field), ()).columns[0].kind == kind


def test_several_quotes_are_joined_and_the_first_gives_the_place() -> None:
    found = {
        "status": "found",
        "value": ["a", "b"],
        "probability": 0.5,
        "evidence": [
            {"start": 3, "end": 4, "quote": "a"},
            {"start": 7, "end": 9, "quote": "bb"},
        ],
    }
    layout = lay_out(task(f={"type": "list", "items": {"type": "string"}}), ())
    made = cells(layout, {"status": "extracted", "fields": {"f": found}})
    assert made == {
        "f": ["a", "b"],
        "f_status": "found",
        "f_probability": 0.5,
        "f_evidence": "a … bb",
        "f_start": 3,
        "f_end": 4,
        STATUS: "extracted",
    }


def test_a_raw_value_that_is_no_text_is_json() -> None:
    layout = lay_out(SIMPLE, ())
    fields = {"size": {"status": "invalid", "raw": [1, "二"], "problem": "no"}}
    made = cells(layout, {"status": "extracted", "fields": fields})
    assert (made["size"], made["size_status"], made["size_raw"]) == (None, "invalid", '[1, "二"]')


def test_of_a_failed_document_the_fields_are_empty_and_every_status_says_so() -> None:
    made = cells(lay_out(SIMPLE, ()), absent("failed", "model_timeout"))
    statuses = {name for name, value in made.items() if value is not None}
    assert statuses == {"label_status", "size_status", STATUS}
    assert {made[name] for name in statuses} == {"failed"}


def test_a_field_that_the_answer_left_out_failed() -> None:
    made = cells(lay_out(SIMPLE, ()), {"status": "extracted", "fields": {}})
    assert (made["size"], made["size_status"]) == (None, "failed")
