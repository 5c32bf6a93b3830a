from __future__ import annotations

import re
from typing import Any

import pytest
from pydantic import ValidationError

from sekisho.extraction.tasks.task import (
    BooleanField,
    EnumField,
    Example,
    IntegerField,
    ListField,
    NumberField,
    ObjectField,
    SpansField,
    StringField,
    Task,
)


def task(**changes: Any) -> Task:
    stated: dict[str, Any] = {
        "name": "chest-ct",
        "language": "ja",
        "instruction": "Read the report.",
        "fields": {"size": {"type": "number", "unit": "mm"}},
    }
    return Task.model_validate({**stated, **changes})


def test_the_values_of_an_enum_are_a_list_or_a_table() -> None:
    plain = EnumField.model_validate({"values": ["a", 1, True, 2.5]})
    assert [each.value for each in plain.values] == ["a", 1, True, 2.5]
    told = EnumField.model_validate({"values": {"a": "the first", "b": ""}})
    assert [(each.value, each.description) for each in told.values] == [
        ("a", "the first"),
        ("b", ""),
    ]


def test_values_keep_their_types() -> None:
    values = EnumField.model_validate({"values": [1, True, 1.5, "1"]}).values
    assert [type(each.value) for each in values] == [int, bool, float, str]


def test_the_labels_of_spans_are_a_list_or_a_table() -> None:
    assert SpansField.model_validate({"labels": ["a", "b"]}).labels == {"a": "", "b": ""}
    assert SpansField.model_validate({"labels": {"a": "x"}}).labels == {"a": "x"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "integer", "minimum": 3, "maximum": 2},
        {"type": "number", "minimum": 3, "maximum": 2},
        {"type": "enum", "values": []},
        {"type": "enum", "values": ["a", "a"]},
        {"type": "spans", "labels": []},
        {"type": "object", "fields": {}},
        {"type": "list"},
        {"type": "list", "fields": {}},
        {"type": "list", "items": {"type": "any"}, "fields": {"a": {"type": "any"}}},
        {"type": "list", "items": {"type": "any"}, "max_items": 0},
        {"type": "string", "max_length": 0},
        {"type": "text"},
        {"type": "date", "order": "ydm"},
        {"type": "boolean", "merge": "best"},
        {"type": "boolean", "unit": "mm"},
    ],
)
def test_a_field_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        task(fields={"a": wrong})


@pytest.mark.parametrize(
    "changes",
    [
        *({"name": name} for name in ("", "a b", "-a", "結節", "a/b", "a" * 81, "a\n")),
        *({"language": "de"}, {"instruction": ""}, {"fields": {}}, {"other": 1}),
        {"fields": {f"f{number}": {"type": "any"} for number in range(201)}},
        {"rules": [{"holds": "a", "then": "b"}]},
        {"examples": [{"text": "", "answer": {}}]},
    ],
)
def test_a_task_that_makes_no_sense_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        task(**changes)


def test_a_field_needs_evidence_as_it_says_itself_or_as_the_task_says() -> None:
    fields = {
        "open": BooleanField(),
        "never": BooleanField(evidence=False),
        "always": BooleanField(evidence=True),
    }
    assert [task(fields=fields).needs_evidence(name) for name in fields] == [True, False, True]
    without = task(fields=fields, evidence=False)
    assert [without.needs_evidence(name) for name in fields] == [False, False, True]


def test_all_fields_are_walked_with_their_paths() -> None:
    fields = {
        "lesions": ListField(
            fields={"site": StringField(), "sizes": ListField(items=NumberField())}
        ),
        "tumour": ObjectField(fields={"stage": IntegerField()}),
    }
    walked = task(fields=fields).walk()
    assert [(path, field.type) for path, field in walked] == [
        ("lesions", "list"),
        ("lesions[].site", "string"),
        ("lesions[].sizes", "list"),
        ("lesions[].sizes[]", "number"),
        ("tumour", "object"),
        ("tumour.stage", "integer"),
    ]


def test_the_item_of_a_list_is_what_it_says_or_an_object() -> None:
    assert ListField(items=NumberField()).item == NumberField()
    fields = {"site": StringField()}
    assert ListField(fields=fields).item == ObjectField(fields=fields)


def test_every_change_changes_the_digest() -> None:
    tasks = [
        task(),
        task(name="other"),
        task(instruction="Read it."),
        task(evidence=False),
        task(rules=[{"holds": "size > 3"}]),
        task(fields={"size": {"type": "number", "unit": "cm"}}),
        task(examples=[{"text": "a", "answer": {}}]),
    ]
    assert len({each.digest for each in tasks}) == len(tasks)
    assert task().digest == task().digest
    assert re.fullmatch("[0-9a-f]{64}", task().digest)


def test_an_example_shows_nothing_of_itself() -> None:
    example = Example(
        text="SECRET1",
        answer={"size": "SECRET2"},
        quotes={"size": "SECRET3"},
        reasoning="SECRET4",
    )
    assert "SECRET" not in repr(example)
    assert "SECRET" not in repr(task(examples=[example.model_dump()]))
