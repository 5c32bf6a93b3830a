"""How sure values are: log probabilities of answers, and votes."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from sekisho.extraction.answers.surety import voted, with_probabilities
from sekisho.extraction.results import FieldResult, FieldStatus
from sekisho.extraction.tasks.task import Task
from sekisho.models.seam import Completion, Finish, Token

NOT = FieldResult(FieldStatus.NOT_MENTIONED)


def _task(field: dict[str, Any]) -> Task:
    return Task.model_validate(
        {"name": "t", "language": "en", "instruction": "x", "fields": {"f": field}}
    )


def _completion(*tokens: tuple[str, float, dict[str, float]]) -> Completion:
    made = tuple(
        Token(text, math.log(p), tuple((each, math.log(q)) for each, q in others.items()))
        for text, p, others in tokens
    )
    return Completion(text="".join(t[0] for t in tokens), finish=Finish.STOP, tokens=made)


def _found(value: Any) -> FieldResult:
    return FieldResult(FieldStatus.FOUND, value)


def test_a_boolean_without_a_quote_has_shares_for_true_false_and_null() -> None:
    completion = _completion(
        ('{"f":', 1, {}), ("false", 0.6, {"true": 0.3, "null": 0.1}), ("}", 1, {})
    )
    task = _task({"type": "boolean", "evidence": False})
    result = with_probabilities(task, {"f": _found(False)}, completion)["f"]
    assert result.probability == pytest.approx(0.6)
    assert result.distribution == pytest.approx({"true": 0.3, "false": 0.6, "null": 0.1})


def test_the_value_of_a_quoted_enum_is_looked_at_and_not_its_quote() -> None:
    completion = _completion(
        ('{"f":{"quote":"', 1, {}),
        ("left", 0.1, {"right": 0.9}),
        ('","value":"', 1, {}),
        ("L", 0.8, {"R": 0.2}),
        ('"}}', 1, {}),
    )
    task = _task({"type": "enum", "values": ["L", "R"]})
    result = with_probabilities(task, {"f": _found("L")}, completion)["f"]
    assert result.distribution == pytest.approx({"L": 0.8, "R": 0.2})


def test_not_mentioned_has_a_probability_too() -> None:
    completion = _completion(('{"f":', 1, {}), ("null", 0.7, {"{": 0.3}), ("}", 1, {}))
    result = with_probabilities(_task({"type": "string"}), {"f": NOT}, completion)["f"]
    assert result.probability == pytest.approx(0.7)


def test_a_quoted_value_is_as_probable_as_being_mentioned_and_being_that_value() -> None:
    completion = _completion(
        ('{"f":', 1, {}),
        ('{"quote":"', 0.6, {"null": 0.4}),
        ("left", 0.9, {}),
        ('","value":', 1, {}),
        ("true", 0.75, {"false": 0.25}),
        ("}}", 1, {}),
    )
    task = _task({"type": "boolean"})
    result = with_probabilities(task, {"f": _found(True)}, completion)["f"]
    assert result.distribution == pytest.approx({"true": 0.45, "false": 0.15, "null": 0.4})
    assert result.probability == pytest.approx(0.45)


def test_not_mentioned_is_weighed_against_being_mentioned_alone() -> None:
    completion = _completion(
        ('{"f":', 1, {}), ("null", 0.6, {'{"': 0.2, "tomato": 0.2}), ("}", 1, {})
    )
    result = with_probabilities(_task({"type": "string"}), {"f": NOT}, completion)["f"]
    assert result.probability == pytest.approx(0.75)


def test_an_invalid_value_has_none() -> None:
    completion = _completion(('{"f":', 1, {}), ("9", 0.7, {}), ("}", 1, {}))
    bad = FieldResult(FieldStatus.INVALID, problem="out of bounds")
    task = _task({"type": "integer", "evidence": False})
    assert with_probabilities(task, {"f": bad}, completion)["f"].probability is None


def test_an_answer_without_tokens_changes_nothing() -> None:
    completion = Completion(text='{"f": true}', finish=Finish.STOP)
    task = _task({"type": "boolean", "evidence": False})
    assert with_probabilities(task, {"f": _found(True)}, completion) == {"f": _found(True)}


def test_most_votes_win_and_of_equal_counts_the_first() -> None:
    task = _task({"type": "string"})
    assert voted(task, [{"f": _found(each)} for each in "aabbb"])["f"].value == "b"
    assert voted(task, [{"f": _found(each)} for each in "baab"])["f"].value == "b"


def test_lists_are_voted_on_as_a_whole() -> None:
    task = _task({"type": "list", "items": {"type": "integer"}})
    result = voted(task, [{"f": _found([1, 2])}, {"f": _found([1])}, {"f": _found([1, 2])}])["f"]
    assert result.value == [1, 2]
    assert result.probability == pytest.approx(2 / 3)


def test_only_invalid_votes_stay_invalid() -> None:
    bad = FieldResult(FieldStatus.INVALID, problem="x")
    assert voted(_task({"type": "string"}), [{"f": bad}, {"f": bad}])["f"] == bad


def test_values_that_look_alike_in_json_are_told_apart() -> None:
    completion = _completion(('{"f":', 1, {}), ("1", 0.6, {"2": 0.4}), ("}", 1, {}))
    task = _task({"type": "enum", "values": [1, 2], "evidence": False})
    result = with_probabilities(task, {"f": _found(1)}, completion)["f"]
    assert json.dumps(sorted(result.distribution)) == '["1", "2", "null"]'
