from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from sekisho.errors import UsageError
from sekisho.extraction.tasks.rule_syntax import LONGEST
from sekisho.extraction.tasks.rule_tokens import spelt
from sekisho.extraction.tasks.rule_types import rule_problems
from sekisho.extraction.tasks.rules import parse
from sekisho.extraction.tasks.task import (
    AnyField,
    AnyOfField,
    BooleanField,
    DateField,
    EnumField,
    EnumValue,
    IntegerField,
    ListField,
    NumberField,
    ObjectField,
    SpansField,
    StringField,
)

thorough = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def values_of(*values: Any) -> tuple[EnumValue, ...]:
    return tuple(EnumValue(value=each) for each in values)


FIELDS: dict[str, AnyOfField | None] = {
    "nodule": BooleanField(),
    "size": NumberField(unit="mm"),
    "count of nodes": IntegerField(),
    "side": EnumField(values=values_of("left", "right")),
    "stage": EnumField(values=values_of(1, 2, 3)),
    "day": DateField(),
    "biopsy": DateField(),
    "note": StringField(),
    "anything": AnyField(),
    "lesions": ListField(fields={"site": StringField()}),
    "names": SpansField(labels={"a": ""}),
    "tumour": ObjectField(fields={"size": NumberField(), "the side": StringField()}),
    "結節": BooleanField(),
    "最大径": NumberField(),
    "broken": None,
}
FOUND: dict[str, Any] = {
    "nodule": True,
    "size": 12.5,
    "count of nodes": 3,
    "side": "left",
    "stage": 2,
    "day": "2024-05",
    "biopsy": "2024-06-03",
    "note": "n",
    "anything": "3",
    "lesions": [{"site": "lung"}, {"site": None}],
    "names": [],
    "tumour": {"size": 3, "the side": None},
    "結節": False,
    "最大径": 8,
    "broken": 1,
}


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        ("nodule", True),
        ("not nodule", False),
        ("nodule or not found(size)", True),
        ("結節 or not found(最大径)", False),
        ("結節 implies 最大径 > 100", True),
        ("nodule implies size > 100", False),
        ("nodule implies 結節 implies size > 100", True),
        ("size == 12.5 and 最大径 != 8.5", True),
        ("0 < size <= 12.5", True),
        ("0 < size < 12.5", False),
        ("size ≥ 12.5 and size ≦ 13 and side ≠ 'right'", True),
        ("size - 最大径 * 2 + 7 / 2 == 0", True),
        ("-size < -(最大径)", True),
        ("10 - 5 - 最大径 == -3", True),
        ('field("count of nodes") == 3', True),
        ("side in ['right', 'left',]", True),
        ('side not in ["right"]', True),
        ("not side in ['left']", False),
        ("stage in [1, 2] and stage == 2.0", True),
        ("count(lesions) == 2 and count(names) == 0", True),
        ("found(names) and found(tumour.size)", True),
        ('found(tumour.field("the side"))', False),
        ("tumour.size < size", True),
        ("day < biopsy", True),
        ("day == '2024-05'", True),
        ('day >= "2023-12-31" and day <= "2025"', True),
        ("True == nodule and 結節 == false and False == 結節", True),
        ("note == 'n' and note != \"N\"", True),
        ("(nodule)", True),
    ],
)
def test_a_rule_says_what_it_seems_to_say(rule: str, holds: bool) -> None:
    condition = parse(rule)
    assert condition.holds(FOUND) is holds
    assert rule_problems(condition, FIELDS) == ()


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        ("size > 3", None),
        ("size > 3 or nodule", True),
        ("size > 3 and nodule", None),
        ("size > 3 and not nodule", False),
        ("size > 3 or not nodule", None),
        ("not size > 3", None),
        ("size > 3 implies not nodule", None),
        ("size > 3 implies nodule", True),
        ("nodule implies size > 3", None),
        ("found(size)", False),
        ("not found(size)", True),
        ("size + 1 > 0", None),
        ("size == size", None),
        ("count(lesions) == 0", None),
        ("side in ['left', 'right']", None),
        ("tumour.size == 1", None),
        ("0 < 1 < size", None),
        ("1 < 0 < size", False),
    ],
)
def test_what_was_not_found_is_unknown_unless_the_rest_decides(
    rule: str, holds: bool | None
) -> None:
    for left_out in ({"nodule": True}, {"nodule": True, "size": None, "side": None}):
        assert parse(rule).holds(left_out) is holds


@pytest.mark.parametrize(
    "rule",
    [
        *("size / 0 == 1", "size / (size - size) > 1", "size > 'a'", "nodule > false"),
        *("nodule == 1", "anything == 3", "note < 'z'", "note + 1 == 2", "lesions == lesions"),
        *("nodule + 1 == 2", "tumour == 1", "1e308 * 10 * size > 1", "note", "size"),
        "size * 1" + "0" * 400 + " > 1",
        "size.x == 1",
    ],
)
def test_what_cannot_be_computed_or_compared_is_unknown(rule: str) -> None:
    assert parse(rule).holds(FOUND) is None


@pytest.mark.parametrize(
    ("left", "sign", "right", "holds"),
    [
        ("2024", "<", "2025-01", True),
        ("2024-05", "==", "2024-05-03", None),
        ("2024-05", "<", "2024-05-03", None),
        ("2024", "!=", "2024-05", None),
        ("2024", "!=", "2023-12-31", True),
        ("2024-05-03", ">", "2024-04", True),
        ("2024-05-03", "<=", "2024-05-03", True),
        ("2024-05-03", "==", "2024-05-04", False),
    ],
)
def test_dates_compare_as_far_as_both_are_known(
    left: str, sign: str, right: str, holds: bool | None
) -> None:
    assert parse(f"a {sign} b").holds({"a": left, "b": right}) is holds


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_none_is_unknown(value: float) -> None:
    assert parse("a > 0").holds({"a": value}) is None
    assert parse("a == a").holds({"a": value}) is None


def test_a_rule_tells_its_fields() -> None:
    rule = 'nodule implies size + tumour.size > 3 and found(day) or field("a b") in [count(names)]'
    assert parse(rule).names == {"nodule", "size", "tumour", "day", "a b", "names"}


@pytest.mark.parametrize(
    ("rule", "at", "told"),
    [
        ("", 1, "too early"),
        ("size >", 7, "too early"),
        ("size > 3 size", 10, "size is not expected"),
        ("size = 3", 6, "write == to compare"),
        ("size > 3 AND nodule", 10, "and in small letters"),
        ("nodule && nodule", 8, "write and"),
        ("nodule || nodule", 8, "write or"),
        ("!nodule", 1, "write not"),
        ("size ＞ 3", 6, "half width"),
        ("size > ３", 8, "half width"),
        ("結節 →最大径 > 3", 4, "write implies"),
        ("size > 3mm", 8, "leave a blank between them, and units out"),
        ("day > 2024-05-03", 12, '"2024-05-03"'),
        ("note == 'a", 9, "close it with '"),
        ("(nodule", 8, "a ) is missing"),
        ("side in side", 9, "a [ is missing"),
        ("side in []", 10, "not expected"),
        ("side not nodule", 10, "a in is missing"),
        ("maximum(size) > 1", 1, "maximum is no function"),
        ("found(3)", 7, "not expected"),
        ("field(size) > 1", 7, "quotation marks"),
        ("size > 1e999", 8, "too large"),
        ("size in [1] in [2]", 13, "not expected"),
        ("__import__('os').system('x')", 1, "no function"),
        ("size if nodule else 3", 6, "if is not expected"),
        ("[x for x in size]", 1, "not expected"),
        ("lambda: 1", 7, "no meaning"),
        ("size ** 2 > 1", 7, "not expected"),
        ("(" * 21 + "nodule" + ")" * 21, 22, "nested"),
        ("not " * 30 + "nodule", 85, "nested"),
        ("- " * 30 + "size > 1", 43, "nested"),
        ("nodule" + " implies nodule" * 25, 316, "nested"),
    ],
)
def test_what_is_no_rule_is_told_with_its_place(rule: str, at: int, told: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse(rule)
    assert f"character {at} of the rule" in raised.value.message
    assert told in str(raised.value)


def test_a_rule_that_is_too_long_is_refused() -> None:
    with pytest.raises(UsageError, match="longer than 500"):
        parse("a" * 501)


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("sise > 3", "names sise, and no field is called so (did you mean size?)"),
        ("found(sise)", "did you mean size?"),
        ("nodes > 3", 'did you mean field("count of nodes")?'),
        ("tumour.sise > 3", "no field in tumour is called so (did you mean size?)"),
        ("size.value > 3", "size is no object"),
        ("1 < 2", "names no field"),
        ("size", "size stands where true or false is needed"),
        ("not size", "found(size)"),
        ("nodule and 3 - size", "something stands where"),
        ("size > 'a'", "a number is compared with text"),
        ("size == nodule", "a number is compared with true or false"),
        ("side < 'right'", "text has no order"),
        ("nodule > false", "true or false has no order"),
        ("day > 2024", 'a date is written as a text: "2024-05-03"'),
        ("day == 'May 2024'", 'a date is written as a text: "2024-05-03"'),
        ("day - biopsy > 3", "a date stands where a number is needed"),
        ("side == 'lefft'", "lefft is none of the values of side (did you mean left?)"),
        ("'lefft' == side", "lefft is none of the values of side"),
        ("side in ['left', 'righ']", "righ is none of the values of side"),
        ("stage == 4", "4 is none of the values of stage"),
        ("lesions > 3", "count(lesions) or found(lesions)"),
        ("tumour == 3", "an object cannot be compared (write found(tumour))"),
        ("count(size) > 3", "count(size) counts what is no list (found(size)"),
        ("note * 2 == 4", "text stands where a number is needed"),
    ],
)
def test_what_the_types_forbid_is_found_without_a_report(rule: str, told: str) -> None:
    ((message, remedy),) = rule_problems(parse(rule), FIELDS)
    assert told in f"{message} ({remedy})"


@pytest.mark.parametrize(
    "rule",
    [
        *("anything > 3", "anything == 'a'", "broken.x.y > 3", "broken and count(broken) > 1"),
        *("stage > 4", "day == biopsy", "anything in [1, 'a', true]", "anything"),
    ],
)
def test_what_may_be_right_is_left_alone(rule: str) -> None:
    assert rule_problems(parse(rule), FIELDS) == ()


@given(st.text(min_size=1, max_size=30))
def test_every_name_can_be_written(name: str) -> None:
    assert parse(f"found({spelt(name)})").names == {name}
    assert parse(f"found({spelt(name)})").holds({name: 1}) is True


#: What any rule may be made of, in any order.
PARTS = st.sampled_from(
    [
        *("size", "nodule", "結節", "tumour", "lesions", "missing", "day", ".", "site"),
        *("and", "or", "not", "implies", "in", "found(", "count(", 'field("', "true", "false"),
        *("(", ")", "[", "]", ",", "<", "<=", "==", "!=", ">", "+", "-", "*", "/"),
        *("1", "0", "2.5", "1e300", "9" * 200, "'left'", '"2024-05"', "'", "\\", "　", "３", "\0"),
    ]
)
#: Rules that can be read, for the most part.
EXPRESSIONS = st.recursive(
    st.sampled_from(
        [
            *("size", "nodule", "day", "lesions", "side", "1", "0", "'a'", "true", "1e300", "x.y"),
            *("found(size)", "count(lesions)", "'2024'", "tumour.size", "note"),
        ]
    ),
    lambda inner: st.one_of(
        st.tuples(
            inner,
            st.sampled_from(
                ["and", "or", "implies", "<", ">=", "==", "!=", "+", "-", "*", "/", "=="]
            ),
            inner,
        ).map(lambda parts: "(" + " ".join(parts) + ")"),
        inner.map(lambda part: f"(not {part})"),
        inner.map(lambda part: f"-{part}"),
        st.tuples(inner, inner, inner).map(lambda p: f"({p[0]} in [{p[1]}, {p[2]}])"),
    ),
    max_leaves=12,
)
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["", "a", "2024", "2024-05", "left", 10**400, -(10**400)]),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["size", "y"]), inner)
    ),
    max_leaves=4,
)
VALUES = st.dictionaries(st.sampled_from([*FIELDS, "x"]), ANYTHING)


@settings(thorough, max_examples=200)
@given(st.text(max_size=40) | st.lists(PARTS, max_size=12).map(" ".join), VALUES)
def test_no_text_raises_anything_but_a_usage_error(text: str, values: dict[str, Any]) -> None:
    try:
        condition = parse(text)
    except UsageError:
        return
    assert condition.holds(values) in (True, False, None)
    rule_problems(condition, FIELDS)


@settings(thorough, max_examples=200)
@given(EXPRESSIONS, VALUES)
def test_no_values_stop_a_rule(text: str, values: dict[str, Any]) -> None:
    assume(len(text) <= LONGEST)
    condition = parse(text)
    assert condition.holds(values) in (True, False, None)
    rule_problems(condition, FIELDS)


@settings(thorough, max_examples=200)
@given(EXPRESSIONS, VALUES, st.sampled_from(sorted(FIELDS)), ANYTHING)
def test_knowing_more_never_turns_a_verdict(
    text: str, values: dict[str, Any], name: str, value: Any
) -> None:
    # found() asks for the knowledge itself, and alone may change its mind.
    assume("found" not in text and len(text) <= LONGEST)
    condition = parse(text)
    before = condition.holds({**values, name: None})
    assert before is None or condition.holds({**values, name: value}) is before


@settings(thorough, max_examples=200)
@given(
    st.recursive(
        st.sampled_from("pqr"),
        lambda i: (
            st.tuples(st.sampled_from(["and", "or", "implies"]), i, i)
            | st.tuples(st.just("not"), i)
        ),
        max_leaves=8,
    ),
    st.fixed_dictionaries({name: st.booleans() for name in "pqr"}),
)
def test_with_everything_known_it_is_ordinary_logic(tree: Any, values: dict[str, bool]) -> None:
    def text(node: Any) -> str:
        if isinstance(node, str):
            return node
        if node[0] == "not":
            return f"not ({text(node[1])})"
        return f"({text(node[1])}) {node[0]} ({text(node[2])})"

    def truth(node: Any) -> bool:
        if isinstance(node, str):
            return values[node]
        if node[0] == "not":
            return not truth(node[1])
        left, right = truth(node[1]), truth(node[2])
        return {"and": left and right, "or": left or right, "implies": not left or right}[node[0]]

    assert parse(text(tree)).holds(values) is truth(tree)
