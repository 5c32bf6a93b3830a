"""Answers examined: each value by itself, and nothing that does not stand in the text."""

from __future__ import annotations

from typing import Any

import pytest

from sekisho.documents.document import Document
from sekisho.extraction.answers.examining import Examined, complete, examine
from sekisho.extraction.results import Evidence, FieldStatus
from sekisho.extraction.tasks.task import Task

REPORT = "【所見】右肺上葉に径 1.2cm の結節を認める。\n左肺に異常なし。検査日：令和６年５月３日。"


def _task(fields: dict[str, Any], **more: Any) -> Task:
    given = {"name": "t", "language": "ja", "instruction": "x", "fields": fields, **more}
    return Task.model_validate(given)


def _examined(field: dict[str, Any], answer: Any, *, text: str = REPORT, **more: Any) -> Examined:
    return examine(_task({"f": field}, **more), Document("d", text), {"f": answer})


def _surface(examined: Examined, name: str = "f") -> list[str]:
    return [REPORT[each.start : each.end] for each in examined.fields[name].evidence]


def test_a_value_rests_on_its_quote() -> None:
    found = _examined({"type": "boolean"}, {"quote": "右肺上葉に径1.2cmの結節", "value": True})
    assert found.fields["f"].status is FieldStatus.FOUND
    assert found.fields["f"].value is True
    assert _surface(found) == ["右肺上葉に径 1.2cm の結節"]
    assert not found.troubles


def test_a_quote_that_is_not_there_makes_the_value_invalid() -> None:
    found = _examined({"type": "boolean"}, {"quote": "縦隔リンパ節腫大", "value": True})
    assert found.fields["f"].status is FieldStatus.INVALID
    assert found.fields["f"].value is None
    assert found.troubles[0].code == "quote_not_there"


@pytest.mark.parametrize("quote", [None, "", " 　"])
def test_a_value_without_a_quote_is_invalid(quote: str | None) -> None:
    found = _examined({"type": "boolean"}, {"quote": quote, "value": True})
    assert found.fields["f"].status is FieldStatus.INVALID
    assert found.troubles[0].code == "no_quote"


@pytest.mark.parametrize(
    "answer", [None, {"quote": None, "value": None}, {"quote": "", "value": ""}]
)
def test_no_value_is_not_mentioned(answer: Any) -> None:
    found = _examined({"type": "string"}, answer)
    assert found.fields["f"].status is FieldStatus.NOT_MENTIONED
    assert not found.troubles


def test_a_number_is_read_as_it_is_written_and_given_in_the_unit_of_the_task() -> None:
    answer = {"quote": "径1.2cmの結節", "value": "1.2cm"}
    found = _examined({"type": "number", "unit": "mm", "maximum": 300}, answer)
    assert found.fields["f"].value == 12.0
    assert found.fields["f"].raw == "1.2cm"


def test_a_number_that_does_not_stand_in_its_quote_is_invalid() -> None:
    answer = {"quote": "径1.2cmの結節", "value": "2.1cm"}
    found = _examined({"type": "number", "unit": "mm"}, answer)
    assert found.troubles[0].code == "value_not_in_quote"


def test_a_piece_of_a_number_is_no_evidence_for_another() -> None:
    answer = {"quote": "径1.2cmの結節", "value": "2cm"}
    found = _examined({"type": "number", "unit": "mm"}, answer)
    assert found.fields["f"].status is FieldStatus.INVALID


def test_a_date_of_an_era_is_normalised_beside_its_raw_string() -> None:
    answer = {"quote": "検査日：令和６年５月３日", "value": "令和６年５月３日"}
    found = _examined({"type": "date"}, answer)
    assert (found.fields["f"].value, found.fields["f"].raw) == ("2024-05-03", "令和６年５月３日")


def test_what_cannot_be_read_is_told_without_its_text() -> None:
    answer = {"quote": "左肺に異常なし", "value": "異常なし"}
    found = _examined({"type": "number", "unit": "mm"}, answer)
    assert found.fields["f"].status is FieldStatus.INVALID
    assert "異常" not in (found.fields["f"].problem or "")
    assert "異常なし" not in repr(found)


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ({"type": "integer", "maximum": 5}, 6, "out_of_bounds"),
        ({"type": "integer"}, True, "wrong_type"),
        ({"type": "integer"}, "3", "wrong_type"),
        ({"type": "integer"}, 2.5, "wrong_type"),
        ({"type": "number", "minimum": 0}, -0.1, "out_of_bounds"),
        ({"type": "number"}, float("inf"), "out_of_bounds"),
        ({"type": "boolean"}, 1, "wrong_type"),
        ({"type": "boolean"}, "true", "wrong_type"),
        ({"type": "enum", "values": ["a", "b"]}, "c", "not_allowed"),
        ({"type": "enum", "values": [1, 2]}, True, "not_allowed"),
        ({"type": "string", "max_length": 3}, "あいうえ", "too_long"),
        ({"type": "string"}, 7, "wrong_type"),
        ({"type": "string", "verbatim": True}, "腫大", "not_in_text"),
        ({"type": "date"}, 2024.5, "wrong_type"),
        ({"type": "date"}, "2024-02-30", "unreadable"),
        ({"type": "any"}, [1], "wrong_type"),
    ],
)
def test_a_value_that_is_none_says_why(field: dict[str, Any], value: Any, code: str) -> None:
    found = _examined({**field, "evidence": False}, value)
    assert found.fields["f"].status is FieldStatus.INVALID
    assert [each.code for each in found.troubles] == [code]


@pytest.mark.parametrize(
    ("field", "given", "value"),
    [
        ({"type": "integer"}, 3.0, 3),
        ({"type": "number"}, 3, 3.0),
        ({"type": "enum", "values": [1, 2]}, 2, 2),
        ({"type": "enum", "values": [True, "x"]}, True, True),
        ({"type": "string", "verbatim": True}, "右肺 上葉", "右肺 上葉"),
        ({"type": "date"}, "2024-05", "2024-05"),
    ],
)
def test_a_value_is_kept_in_the_type_of_its_field(
    field: dict[str, Any], given: Any, value: Any
) -> None:
    found = _examined({**field, "evidence": False}, given).fields["f"]
    assert found.value == value
    assert type(found.value) is type(value)


LESIONS = {
    "type": "list",
    "fields": {"site": {"type": "string"}, "size": {"type": "number", "unit": "mm"}},
}


def test_items_of_a_list_have_each_their_own_evidence() -> None:
    text = "結節 8mm。結節 9mm。結節 8mm。"
    items = [
        {"quote": "結節 8mm", "site": None, "size": "8mm"},
        {"quote": "結節 9mm", "site": None, "size": "9mm"},
        {"quote": "結節 8mm", "site": None, "size": "8mm"},
    ]
    found = _examined(LESIONS, items, text=text).fields["f"]
    assert [each["size"] for each in found.value] == [8.0, 9.0, 8.0]
    assert found.evidence == (Evidence(0, 6), Evidence(7, 13), Evidence(14, 20))


def test_one_bad_item_makes_the_list_invalid_and_the_others_stay_to_be_seen() -> None:
    items = [
        {"quote": "径1.2cmの結節", "site": "右肺上葉", "size": "1.2cm"},
        {"quote": "肝転移", "site": "肝", "size": None},
    ]
    found = _examined(LESIONS, items)
    assert found.fields["f"].status is FieldStatus.INVALID
    statuses = [item.status for item in found.fields["f"].items]
    assert statuses == [FieldStatus.FOUND, FieldStatus.INVALID]
    assert [each.place for each in found.troubles] == ["f[1]"]


def test_an_empty_list_is_not_mentioned() -> None:
    assert _examined(LESIONS, []).fields["f"].status is FieldStatus.NOT_MENTIONED


SPANS = {"type": "spans", "labels": ["SITE", "SIZE"]}


def test_a_span_counts_wherever_it_stands() -> None:
    found = _examined(SPANS, [{"text": "肺", "label": "SITE"}]).fields["f"]
    assert [REPORT[each.start : each.end] for each in found.evidence] == ["肺", "肺"]
    assert [each["label"] for each in found.value] == ["SITE", "SITE"]


def test_each_naming_of_a_span_stands_for_the_next_one_where_the_task_says_so() -> None:
    field = {**SPANS, "occurrences": "next"}
    found = _examined(field, [{"text": "肺", "label": "SITE"}]).fields["f"]
    assert len(found.evidence) == 1


@pytest.mark.parametrize(
    "span", [{"text": "肝", "label": "SITE"}, {"text": "肺", "label": "ORGAN"}]
)
def test_a_span_of_another_text_or_label_is_invalid(span: dict[str, str]) -> None:
    assert _examined(SPANS, [span]).fields["f"].status is FieldStatus.INVALID


def test_an_object_shares_one_quote_and_may_have_gaps() -> None:
    field = {"type": "object", "fields": LESIONS["fields"]}
    answer = {"quote": "右肺上葉に径1.2cmの結節", "site": "右肺上葉", "size": None}
    found = _examined(field, answer).fields["f"]
    assert found.value == {"site": "右肺上葉", "size": None}
    nothing = _examined(field, {"quote": "", "site": None, "size": None}).fields["f"]
    assert nothing.status is FieldStatus.NOT_MENTIONED


def test_one_bad_field_does_not_touch_another() -> None:
    task = _task({"a": {"type": "boolean"}, "b": {"type": "boolean"}})
    answer = {
        "a": {"quote": "ない", "value": True},
        "b": {"quote": "左肺に異常なし", "value": False},
    }
    found = examine(task, Document("d", REPORT), answer)
    assert found.fields["a"].status is FieldStatus.INVALID
    assert found.fields["b"].value is False


def test_a_required_field_that_is_left_out_is_invalid_and_never_a_default() -> None:
    task = _task({"f": {"type": "boolean", "required": True}})
    found = complete(task, examine(task, Document("d", REPORT), {"f": None}).fields)
    assert found.fields["f"].status is FieldStatus.INVALID
    assert found.fields["f"].value is None


def test_a_broken_rule_makes_all_that_it_names_invalid() -> None:
    fields = {name: {"type": "integer", "evidence": False} for name in ("least", "most", "other")}
    task = _task(fields, rules=[{"holds": "least <= most", "message": "least is the smaller"}])
    answer = {"least": 3, "most": 2, "other": 1}
    found = complete(task, examine(task, Document("d", REPORT), answer).fields)
    assert [found.fields[name].status for name in fields] == ["invalid", "invalid", "found"]
    assert found.fields["least"].problem == "a rule is broken: least is the smaller"


def test_a_rule_about_what_is_not_mentioned_is_not_broken() -> None:
    fields = {name: {"type": "integer", "evidence": False} for name in ("least", "most")}
    task = _task(fields, rules=[{"holds": "least <= most"}])
    answer = {"least": 3, "most": None}
    assert not complete(task, examine(task, Document("d", REPORT), answer).fields).troubles


def test_spans_beside_a_bad_one_stay_to_be_seen_and_are_no_value() -> None:
    given = [{"text": "肺", "label": "SITE"}, {"text": "肝", "label": "SITE"}]
    found = _examined(SPANS, given).fields["f"]
    assert (found.status, found.value) == (FieldStatus.INVALID, None)
    assert [REPORT[each.start : each.end] for each in found.evidence] == ["肺", "肺"]
    assert "1 of 2 spans" in (found.problem or "")


SIZES = "Tumor 4.2 x 3.5 x 1.1 cm, polyp 2.1 cm, cyst 8 mm."
SIZE = {"type": "number", "unit": "mm"}


@pytest.mark.parametrize(
    ("quote", "value", "stated"),
    [
        ("Tumor 4.2 x 3.5 x 1.1 cm", "4.2", 42.0),
        ("polyp 2.1 cm", "2.1", 21.0),
        ("cyst 8 mm", "8", 8.0),
    ],
)
def test_a_number_without_a_unit_has_the_one_of_its_quote(
    quote: str, value: str, stated: float
) -> None:
    found = _examined(SIZE, {"quote": quote, "value": value}, text=SIZES, language="en")
    assert found.fields["f"].value == stated
    each = {"type": "list", "fields": {"size": SIZE}}
    found = _examined(each, [{"quote": quote, "size": value}], text=SIZES, language="en")
    assert found.fields["f"].value == [{"size": stated}]


@pytest.mark.parametrize(("quote", "value"), [("Tumor", "4.2"), ("polyp 2.1 cm", "8 mm")])
def test_a_number_of_an_item_stands_in_the_quote_of_that_item(quote: str, value: str) -> None:
    each = {"type": "list", "fields": {"size": SIZE}}
    found = _examined(each, [{"quote": quote, "size": value}], text=SIZES, language="en")
    assert found.fields["f"].status is FieldStatus.INVALID
    assert [trouble.code for trouble in found.troubles] == ["value_not_in_quote"]
