from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.extraction.few_shot.example_check import example_problems, plain_values
from sekisho.extraction.few_shot.example_values import nearest
from sekisho.extraction.tasks.task import Example, Task

TEXT = (
    "令和6年5月3日 胸部CT。右肺上葉に1.5 cmの結節を認める。左肺下葉に8 mmの結節を認める。"
    "リンパ節腫大は2個。胸水なし。佐藤医師。"
)
FIELDS: dict[str, Any] = {
    "examined": {"type": "date"},
    "nodule": {"type": "boolean"},
    "size": {"type": "number", "unit": "mm", "minimum": 0, "maximum": 100},
    "nodes": {"type": "integer", "minimum": 0, "maximum": 9},
    "side": {"type": "enum", "values": {"右": "right", "左": "left"}},
    "reader": {"type": "string", "verbatim": True, "max_length": 10},
    "score": {"type": "number", "minimum": 0, "maximum": 1, "evidence": False},
    "note": {"type": "any", "evidence": False},
    "grade": {"type": "enum", "values": [1, 2, True], "evidence": False},
    "lesions": {
        "type": "list",
        "max_items": 3,
        "fields": {
            "site": {"type": "string", "required": True},
            "size": {"type": "number", "unit": "mm", "maximum": 50},
        },
    },
    "sites": {"type": "list", "items": {"type": "string"}},
    "spans": {
        "type": "spans",
        "labels": {"lesion": "", "site": ""},
        "max_items": 4,
    },
    "in_turn": {"type": "spans", "labels": ["lesion"], "occurrences": "next"},
    "first": {
        "type": "object",
        "fields": {"site": {"type": "string"}, "seen": {"type": "boolean", "required": True}},
    },
}
GOOD: dict[str, Any] = {
    "examined": "令和6年5月3日",
    "nodule": True,
    "size": "1.5 cm",
    "nodes": 2,
    "side": "右",
    "reader": "佐藤",
    "score": 0.5,
    "note": "free",
    "grade": 1,
    "lesions": [{"site": "右肺上葉", "size": "1.5 cm"}, {"site": "左肺下葉", "size": 8}],
    "sites": ["右肺上葉", "左肺下葉"],
    "spans": [{"text": "結節", "label": "lesion"}, {"text": "右肺", "label": "site"}],
    "in_turn": [{"text": "結節", "label": "lesion"}, {"text": "結節", "label": "lesion"}],
    "first": {"site": "右肺上葉", "seen": True},
}
QUOTES: dict[str, Any] = {
    "nodule": "結節を認める",
    "nodes": "リンパ節腫大は2個",
    "lesions": ("右肺上葉に1.5 cmの結節", "左肺下葉に8 mmの結節"),
    "first": "右肺上葉に",
}


def task(fields: dict[str, Any] = FIELDS, **chosen: Any) -> Task:
    usual: dict[str, Any] = {"name": "ct", "language": "ja", "instruction": "読影せよ"}
    return Task.model_validate(usual | {"fields": fields} | chosen)


def example(answer: dict[str, Any], quotes: dict[str, Any] | None = None) -> Example:
    return Example(text=TEXT, answer=answer, quotes=quotes or {})


def problems(
    answer: dict[str, Any], quotes: dict[str, Any] | None = None, **chosen: Any
) -> dict[str, str]:
    """What is wrong, by its place; nothing of an answer or the text is ever told."""
    found = example_problems(task(**chosen), example(answer, quotes))
    told = "\n".join(wrong for _, wrong in found)
    for word in ("佐藤", "結節", "右肺上葉", "SECRET"):
        assert word not in told
    return dict(found)


def places(name: str, value: Any) -> set[str]:
    """Where something is wrong when the field ``name`` is ``value``, and all else is right."""
    quotes = {**QUOTES, name: QUOTES[name]} if name in QUOTES else QUOTES
    return set(problems(GOOD | {name: value}, quotes))


def test_an_example_that_fits_has_no_problems() -> None:
    assert problems(GOOD, QUOTES) == {}


def test_an_example_in_which_nothing_is_mentioned_fits() -> None:
    assert problems({}) == {}
    assert problems(dict.fromkeys(FIELDS)) == {}
    assert problems({"lesions": [], "spans": []}) == {}


@pytest.mark.parametrize("name", FIELDS)
def test_each_field_may_be_left_out(name: str) -> None:
    answer = {each: value for each, value in GOOD.items() if each != name}
    quotes = {each: value for each, value in QUOTES.items() if each != name}
    assert problems(answer, quotes) == {}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("examined", 2024),
        ("examined", "SECRET"),
        ("examined", "2024-13-45"),
        ("nodule", 1),
        ("nodule", "true"),
        ("size", True),
        ("size", [15]),
        ("size", "SECRET"),
        ("size", "1.5 kg"),
        ("size", 101),
        ("size", -1),
        ("size", "11 cm"),
        ("size", float("nan")),
        ("size", float("inf")),
        ("nodes", 1.5),
        ("nodes", 10),
        ("nodes", 10**400),
        ("nodes", True),
        ("nodes", "SECRET"),
        ("side", "上"),
        ("side", 1),
        ("side", ["右"]),
        ("side", {}),
        ("reader", 1),
        ("reader", ""),
        ("reader", "　\n"),
        ("reader", "SECRET"),
        ("reader", "佐藤医師" * 3),
        ("score", 2),
        ("score", "SECRET"),
        ("note", []),
        ("note", {"SECRET": 1}),
        ("note", " "),
        ("note", float("nan")),
        ("grade", "1"),
        ("grade", False),
        ("grade", 3),
        ("lesions", {}),
        ("lesions", "右肺上葉"),
        ("lesions", [{"site": "右肺上葉"}] * 4),
        ("sites", "右肺上葉"),
        ("spans", {"text": "結節", "label": "lesion"}),
        ("spans", [{"text": "結節", "label": "lesion"}] * 5),
        ("first", []),
        ("first", "右肺上葉"),
        ("first", {}),
    ],
)
def test_a_value_that_is_wrong_is_told_by_its_field(name: str, value: Any) -> None:
    assert places(name, value) == {f"answer.{name}"} | (
        {"answer.first.seen"} if value == {} and name == "first" else set()
    )


@pytest.mark.parametrize(
    ("name", "value", "place"),
    [
        ("lesions", [{"site": 3}, {"site": "左肺下葉"}], "answer.lesions[0].site"),
        ("lesions", [{"site": "左肺"}, {"size": 8}], "answer.lesions[1].site"),
        ("lesions", [{"site": "左肺"}, {"site": "左肺", "size": 60}], "answer.lesions[1].size"),
        ("lesions", [{"site": "左肺"}, None], "answer.lesions[1]"),
        ("lesions", [{"site": "左肺"}, {"site": "左肺", "sise": 8}], "answer.lesions[1].sise"),
        ("sites", ["右肺上葉", 3], "answer.sites[1]"),
        ("spans", ["結節"], "answer.spans[0]"),
        ("spans", [{"text": "SECRET", "label": "lesion"}], "answer.spans[0].text"),
        ("spans", [{"text": "", "label": "lesion"}], "answer.spans[0].text"),
        ("spans", [{"text": "結節", "label": "lesio"}], "answer.spans[0].label"),
        ("spans", [{"text": "結節", "label": ["lesion"]}], "answer.spans[0].label"),
        ("spans", [{"text": "結節"}], "answer.spans[0].label"),
        ("spans", [{"text": "結節", "label": "site", "labels": 1}], "answer.spans[0].labels"),
        ("first", {"seen": "yes"}, "answer.first.seen"),
        ("first", {"site": "右肺上葉"}, "answer.first.seen"),
    ],
)
def test_what_is_wrong_within_a_value_is_told_by_its_path(
    name: str, value: Any, place: str
) -> None:
    assert places(name, value) == {place}


def test_a_misspelt_field_is_told_with_the_nearest() -> None:
    found = problems({"nodul": True, "size": "1.5 cm"})
    assert found == {"answer.nodul": "is unknown; did you mean nodule?"}


def test_a_key_that_is_like_no_field_is_not_repeated() -> None:
    found = problems({"size": "1.5 cm", "SECRET": 1})
    assert list(found) == ["answer"]
    assert found["answer"].startswith("has a key 2 that is none of examined, nodule")


def test_a_misspelt_value_of_an_enum_is_told_with_the_nearest() -> None:
    fields = {"side": {"type": "enum", "values": ["left", "right"]}}
    found = problems({"side": "rigth"}, fields=fields, evidence=False)
    assert found == {"answer.side": "is none of left, right; did you mean right?"}


def test_a_field_that_is_required_must_be_there() -> None:
    fields = {"nodule": {"type": "boolean", "required": True}}
    assert problems({}, fields=fields) == {"answer.nodule": "is required, and not there"}
    fields = {"sites": {"type": "list", "items": {"type": "string"}, "required": True}}
    assert set(problems({"sites": []}, fields=fields)) == {"answer.sites"}


@pytest.mark.parametrize("name", ["nodule", "nodes", "first"])
def test_a_value_that_does_not_stand_in_the_text_needs_a_quote(name: str) -> None:
    quotes = {each: value for each, value in QUOTES.items() if each != name}
    assert set(problems(GOOD, quotes)) == {f"quotes.{name}"}


def test_a_value_that_stands_in_the_text_is_its_own_quote() -> None:
    assert problems({"side": "左", "size": "8 mm", "examined": "令和6年5月3日"}) == {}
    assert set(problems({"size": 8, "examined": "2024-05-03"})) == {
        "quotes.size",
        "quotes.examined",
    }


def test_normalised_values_need_a_quote_that_says_the_same() -> None:
    answer = {"size": 15, "examined": "2024-05-03"}
    assert problems(answer, {"size": "1.5 cmの結節", "examined": "令和6年5月3日"}) == {}
    assert set(problems(answer, {"size": "8 mmの結節", "examined": "令和6年5月3日"})) == {
        "answer.size"
    }


def test_each_item_of_a_list_has_a_quote_or_is_one() -> None:
    quotes = {"lesions": QUOTES["lesions"][:1]}
    assert set(problems({"lesions": GOOD["lesions"]}, quotes)) == {"quotes.lesions"}
    assert set(problems({"lesions": GOOD["lesions"]}, {"lesions": "右肺上葉に"})) == {
        "quotes.lesions"
    }
    assert set(problems({"lesions": GOOD["lesions"]})) == {"quotes.lesions[0]", "quotes.lesions[1]"}
    assert set(problems({"sites": ["右肺上葉", "中葉"]})) == {"quotes.sites[1]"}


@pytest.mark.parametrize("quote", ["SECRET", "", " ", "結節" * 300])
def test_a_quote_must_stand_in_the_text(quote: str) -> None:
    assert set(problems({"nodule": True}, {"nodule": quote})) == {"quotes.nodule"}
    lesions = [{"site": "右肺上葉"}, {"site": "左肺下葉"}]
    quotes = {"lesions": ("右肺上葉に", quote)}
    assert set(problems({"lesions": lesions}, quotes)) == {"quotes.lesions[1]"}


def test_a_quote_may_be_broken_and_spaced_otherwise() -> None:
    assert problems({"nodule": True}, {"nodule": "右肺上葉に 1.5 cmの\n結節を 認める"}) == {}


def test_a_quote_for_nothing_is_a_problem() -> None:
    assert set(problems({}, {"nodule": "結節"})) == {"quotes.nodule"}
    assert set(problems({}, {"nodul": "結節"})) == {"quotes.nodul"}
    assert set(problems({"spans": GOOD["spans"]}, {"spans": "結節"})) == {"quotes.spans"}
    assert set(problems({"nodule": True}, {"nodule": ("結節", "結節")})) == {"quotes.nodule"}


def test_a_wrong_value_is_told_once_and_not_for_its_quote_too() -> None:
    assert set(problems({"nodule": "yes"}, {"nodule": "結節"})) == {"answer.nodule"}


def test_without_evidence_no_quote_is_needed() -> None:
    assert problems({"nodule": True, "nodes": 2}, evidence=False) == {}
    assert set(problems({"nodule": True}, {"nodule": "SECRET"}, evidence=False)) == {
        "quotes.nodule"
    }


def test_rules_between_fields_must_hold() -> None:
    rules = [
        {"holds": "nodule or not found(size)", "message": "a size needs a nodule"},
        {"holds": "size <= 30"},
    ]
    quotes = {"nodule": "胸水なし"}
    assert problems({"nodule": False}, quotes, rules=rules) == {}
    found = problems({"nodule": False, "size": "1.5 cm"}, quotes, rules=rules)
    assert found == {"rules[0]": "a size needs a nodule"}
    # A value in another unit is compared in that of the task.
    found = problems({"size": "1.5 cm"}, rules=[{"holds": "size < 10"}])
    assert found == {"rules[0]": "broken: size < 10"}


def test_an_example_without_a_text_is_wrong() -> None:
    assert example_problems(task(), Example(text=" \n", answer={})) == (("text", "is blank"),)


def test_plain_values_are_those_of_gold() -> None:
    assert plain_values(task(), GOOD) == GOOD | {
        "examined": "2024-05-03",
        "size": 15.0,
        "lesions": [{"site": "右肺上葉", "size": 15.0}, {"site": "左肺下葉", "size": 8.0}],
    }
    assert plain_values(task(), {}) == dict.fromkeys(FIELDS)


def test_plain_values_of_an_answer_that_does_not_fit_are_none() -> None:
    with pytest.raises(ValueError, match=r"answer\.size: is out of bounds"):
        plain_values(task(), {"size": 101})


def test_plain_values_have_the_types_of_their_fields() -> None:
    values = plain_values(task(), {"size": 8, "nodes": 2.0, "grade": True})
    assert [type(values[name]) for name in ("size", "nodes", "grade")] == [float, int, bool]


def test_the_nearest_of_many_is_what_was_meant() -> None:
    assert nearest("sise", ["size", "side", "seen"]) == "size"
    assert nearest("結", ["size"]) is None
    assert nearest("x" * 10**6, ["size"]) is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=8,
)


@settings(deadline=None)
@given(st.sampled_from(sorted(FIELDS)), json_values)
def test_whatever_stands_there_is_a_problem_or_a_value(name: str, value: Any) -> None:
    found = example_problems(task(), example({name: value}))
    assert all(place and wrong for place, wrong in found)
