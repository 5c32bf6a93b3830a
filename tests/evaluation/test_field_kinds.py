"""What kind a field is, and when two of its values are the same."""

from __future__ import annotations

from typing import Any

import pytest

from sekisho.errors import UsageError
from sekisho.evaluation.kinds import Kind, fits, inferred, is_date, same

LESIONS = Kind("list", fields={"site": Kind("string"), "mm": Kind("number")})
SPANS = Kind("spans", labels=("a", "b"))


@pytest.mark.parametrize(
    ("kind", "left", "right", "equal"),
    [
        (Kind("number"), 0.3, 0.1 + 0.2, True),
        (Kind("number"), 3, 3.0, True),
        (Kind("number"), 3.0, 3.0001, False),
        (Kind("number"), 1, True, False),
        (Kind("number"), 1, "1", False),
        (Kind("integer"), 10**25, 10**25 + 1, False),
        (Kind("boolean"), False, 0, False),
        (Kind("boolean"), False, None, False),
        (Kind("any"), None, None, True),
        (Kind("string"), "左", "左 ", False),
        (Kind("date"), "2024-05", "2024-05-01", False),
        (Kind("enum", values=(1, 2)), 1, 1.0, True),
        (Kind("any"), {"a": [1, 0.3]}, {"a": [1, 0.1 + 0.2]}, True),
        (Kind("any"), {"a": 1}, {"b": 1}, False),
        (LESIONS, [{"site": "A", "mm": 1}], [{"site": "A", "mm": 1.0}], True),
        (LESIONS, [{"site": "A", "mm": None}], [{"site": "A"}], True),
        (LESIONS, [{"site": "A"}, {"site": "B"}], [{"site": "B"}, {"site": "A"}], True),
        (LESIONS, [{"site": "A"}, {"site": "A"}], [{"site": "A"}], False),
        (LESIONS, [{"site": "A"}], "A", False),
        (LESIONS, [{"site": "A"}], ["A"], False),
        (Kind("list", item=Kind("string")), ["b", "a", "a"], ["a", "b", "a"], True),
        (Kind("list", item=Kind("string")), ["a", "a"], ["a", "b"], False),
        (Kind("object", fields={"a": Kind("integer")}), {"a": 1}, {"a": 1, "x": 2}, True),
        (Kind("object", fields={"a": Kind("integer")}), {"a": 1}, 1, False),
        (SPANS, [{"start": 0, "end": 2, "label": "a"}], [{"start": 0, "end": 2}], False),
        (
            SPANS,
            [{"start": 0, "end": 2, "label": "a"}, {"start": 5, "end": 6, "label": "b"}],
            [
                {"start": 5, "end": 6, "label": "b", "text": "x"},
                {"start": 0, "end": 2, "label": "a"},
            ],
            True,
        ),
        (SPANS, [{"start": 0, "end": 2, "label": "a"}], [{"start": 2, "end": 0}], False),
        (SPANS, [{"start": 0, "end": 2, "label": "a"}], "a", False),
    ],
)
def test_values_are_the_same_by_their_kind(kind: Kind, left: Any, right: Any, equal: bool) -> None:
    assert same(kind, left, right) is equal
    assert same(kind, left, left)


@pytest.mark.parametrize("value", ["2024", "2024-05", "2024-05-31", "2024-02-29"])
def test_a_date_may_be_partial(value: str) -> None:
    assert is_date(value)


@pytest.mark.parametrize(
    "value", ["2024-13", "2023-02-29", "24-05", "2024-5", "０２４", 2024, None]
)
def test_what_is_no_date_is_none(value: Any) -> None:
    assert not is_date(value)


@pytest.mark.parametrize(
    ("kind", "value", "right"),
    [
        (Kind("integer"), 3.0, True),
        (Kind("integer"), 3.5, False),
        (Kind("integer"), True, False),
        (Kind("number"), "3", False),
        (Kind("enum", values=("a", 1)), "a", True),
        (Kind("enum", values=("a", 1)), True, False),
        (LESIONS, [{"site": "A", "mm": None}], True),
        (LESIONS, [{"place": "A"}], False),
        (LESIONS, {"site": "A"}, False),
        (Kind("list", item=Kind("date")), ["2024", "x"], False),
        (Kind("list", item=Kind("date")), [None], False),
        (SPANS, [{"start": 1, "end": 2, "label": "c"}], False),
        (SPANS, [{"start": True, "end": 2, "label": "a"}], False),
        (SPANS, [{"start": 1, "end": 2, "label": "a"}], True),
        (Kind("any"), [1, "x"], True),
    ],
)
def test_gold_is_held_against_its_kind(kind: Kind, value: Any, right: bool) -> None:
    assert fits(kind, value) is right


@pytest.mark.parametrize(
    ("values", "type"),
    [
        ([True, None, False], "boolean"),
        ([1, 2, None], "integer"),
        ([1, 2.5], "number"),
        (["2024", "2024-05"], "date"),
        (["2024", "1999"], "string"),
        (["a", "b", "a"], "string"),
        ([None, None], "any"),
        ([1, "a"], "any"),
        ([{"a": 1}, {"a": None, "b": "x"}], "object"),
        ([["a"], []], "list"),
        ([[{"site": "A"}]], "list"),
        ([[{"start": 1, "end": 2, "label": "x"}], []], "spans"),
    ],
)
def test_a_kind_is_guessed_from_the_values(values: list[Any], type: str) -> None:
    kind = inferred(values)
    assert kind.type == type
    assert all(fits(kind, value) for value in values if value is not None)


def test_subfields_are_guessed_too() -> None:
    kind = inferred([[{"mm": 1.5, "on": "2024-05"}, {"mm": None, "benign": True}]])
    assert {name: inner.type for name, inner in kind.fields.items()} == {
        "mm": "number",
        "on": "date",
        "benign": "boolean",
    }


def test_a_closed_set_is_sorted_and_numbers_have_an_order() -> None:
    stages = inferred([3, 1, None, 2, 1.0], closed=True)
    assert (stages.values, stages.ordered) == ((1, 2, 3), True)
    names = inferred(["b", None, "a"], closed=True)
    assert (names.values, names.ordered) == (("a", "b"), False)
    with pytest.raises(UsageError, match="closed set"):
        inferred([["a"]], closed=True)


def test_the_classes_of_a_boolean_are_two() -> None:
    assert Kind("boolean").classes == (False, True)
    assert Kind("string").classes == ()
