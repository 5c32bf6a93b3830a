"""The answer form: closed, bounded, and one class for one task."""

from __future__ import annotations

from typing import Any

import pytest

from sekisho.extraction.answers.answer_form import answer_class, quote_key, reasoning_key
from sekisho.extraction.tasks.task import ObjectField, Task
from sekisho.models.reading import Problem, read
from sekisho.models.schema import check_bounds, schema_of


def _task(fields: dict[str, Any], **more: Any) -> Task:
    given = {"name": "t", "language": "ja", "instruction": "x", "fields": fields, **more}
    return Task.model_validate(given)


EVERYTHING = {
    "側": {"type": "enum", "values": {"右": "右側", "左": "左側"}},
    "size": {"type": "number", "unit": "mm"},
    "count": {"type": "number", "evidence": False},
    "n": {"type": "integer", "minimum": 0, "maximum": 9},
    "seen": {"type": "boolean"},
    "day": {"type": "date"},
    "note": {"type": "string"},
    "free": {"type": "any", "evidence": False},
    "drugs": {"type": "spans", "labels": ["DRUG", "DOSE"]},
    "lesions": {
        "type": "list",
        "fields": {"site": {"type": "string"}, "size": {"type": "number", "unit": "mm"}},
    },
    "codes": {"type": "list", "items": {"type": "integer"}, "evidence": False},
    "tumour": {
        "type": "object",
        "fields": {
            "kind": {"type": "string"},
            "parts": {"type": "list", "items": {"type": "any"}},
        },
    },
}


def test_every_kind_of_field_is_closed_and_bounded() -> None:
    check_bounds(schema_of(answer_class(_task(EVERYTHING, reasoning=True))))


def test_the_properties_are_the_fields_in_their_order_after_the_reasoning() -> None:
    schema = schema_of(answer_class(_task(EVERYTHING, reasoning=True)))
    assert list(schema["properties"]) == ["reasoning", *EVERYTHING]
    assert schema["required"] == ["reasoning", *EVERYTHING]


def test_a_quote_comes_before_its_value() -> None:
    schema = schema_of(answer_class(_task({"seen": {"type": "boolean"}})))
    quoted, null = schema["properties"]["seen"]["anyOf"]
    assert list(quoted["properties"]) == ["quote", "value"]
    assert null == {"type": "null"}


def test_a_number_with_evidence_is_asked_for_as_it_is_written_and_one_without_as_a_number() -> None:
    schema = schema_of(answer_class(_task(EVERYTHING)))
    quoted, _ = schema["properties"]["size"]["anyOf"]
    assert quoted["properties"]["value"]["type"] == "string"
    assert schema["properties"]["count"]["anyOf"][0]["type"] == "number"


def test_a_field_may_be_called_what_the_form_itself_uses() -> None:
    fields = {
        "quote": {"type": "string"},
        "reasoning": {"type": "string"},
        "model_config": {"type": "boolean"},
        "a field": {"type": "object", "fields": {"quote": {"type": "string"}}},
    }
    task = _task(fields, reasoning=True)
    assert list(schema_of(answer_class(task))["properties"]) == ["_reasoning", *fields]
    assert reasoning_key(task) == "_reasoning"
    spec = task.fields["a field"]
    assert isinstance(spec, ObjectField)
    assert quote_key(spec) == "_quote"


def test_equal_tasks_share_one_class_and_examples_make_no_other() -> None:
    example = {"text": "x", "answer": {}}
    assert answer_class(_task(EVERYTHING)) is answer_class(_task(EVERYTHING, examples=[example]))
    assert answer_class(_task(EVERYTHING)) is not answer_class(_task({"n": {"type": "any"}}))


@pytest.mark.parametrize(
    "answer",
    [
        '{"seen": true}',
        '{"seen": {"quote": "x"}}',
        '{"seen": {"quote": "x", "value": true, "why": 1}}',
        '{"seen": null, "more": 1}',
        "{}",
        "[]",
        '{"seen": null, "seen": null}',
    ],
)
def test_an_answer_of_another_form_is_refused_whole(answer: str) -> None:
    assert isinstance(read(answer, answer_class(_task({"seen": {"type": "boolean"}}))), Problem)


def test_a_value_out_of_bounds_has_the_form_and_is_left_to_be_examined() -> None:
    kind = answer_class(_task({"n": {"type": "integer", "maximum": 3, "evidence": False}}))
    assert not isinstance(read('{"n": 7}', kind), Problem)


def test_more_items_than_a_list_may_have_are_refused() -> None:
    field = {"type": "list", "items": {"type": "integer"}, "max_items": 2, "evidence": False}
    kind = answer_class(_task({"codes": field}))
    assert not isinstance(read('{"codes": [1, 2]}', kind), Problem)
    assert isinstance(read('{"codes": [1, 2, 3]}', kind), Problem)
