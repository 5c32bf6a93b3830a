"""Chunks joined: offsets of the document, one result a field, and no quiet choice."""

from __future__ import annotations

from typing import Any

import pytest

from sekisho.extraction.answers.joining import join
from sekisho.extraction.results import Evidence, FieldResult, FieldStatus
from sekisho.extraction.tasks.task import Task

NOT = FieldResult(FieldStatus.NOT_MENTIONED)
BAD = FieldResult(FieldStatus.INVALID, problem="out of bounds")


def _found(value: Any, start: int = 0, end: int = 1) -> FieldResult:
    return FieldResult(FieldStatus.FOUND, value, evidence=(Evidence(start, end),))


def _joined(field: dict[str, Any], *results: FieldResult) -> FieldResult:
    task = Task.model_validate(
        {"name": "t", "language": "ja", "instruction": "x", "fields": {"f": field}}
    )
    parts = [{"f": result} for result in results]
    return join(task, parts, [100 * at for at in range(len(parts))])["f"]


def test_offsets_become_those_of_the_document() -> None:
    assert _joined({"type": "boolean"}, NOT, _found(True, 4, 9)).evidence == (Evidence(104, 109),)


def test_a_value_of_one_chunk_stands_where_the_others_do_not_mention_it() -> None:
    assert _joined({"type": "integer"}, NOT, _found(3), NOT).value == 3


def test_equal_values_rest_on_the_evidence_of_both() -> None:
    joined = _joined({"type": "integer"}, _found(3), _found(3))
    assert joined.value == 3
    assert joined.evidence == (Evidence(0, 1), Evidence(100, 101))


def test_two_values_without_a_rule_are_no_value() -> None:
    joined = _joined({"type": "integer"}, _found(3), _found(4))
    assert joined.status is FieldStatus.INVALID
    assert "disagree" in (joined.problem or "")


@pytest.mark.parametrize(
    ("merge", "values", "value"),
    [
        ("first", [3, 4], 3),
        ("last", [3, 4], 4),
        ("least", [5, 3, 4], 3),
        ("greatest", [3, 5, 4], 5),
        ("least", ["2024-05", "2023-11-02"], "2023-11-02"),
        ("any", [False, True], True),
        ("any", [False, False], False),
        ("all", [True, False], False),
        ("all", [True, True], True),
    ],
)
def test_the_rule_of_the_field_decides(merge: str, values: list[Any], value: Any) -> None:
    kind = {bool: "boolean", int: "integer", str: "date"}[type(values[0])]
    joined = _joined({"type": kind, "merge": merge}, *(_found(each) for each in values))
    assert joined.value == value


def test_a_chunk_without_a_sound_answer_is_not_taken_for_silence() -> None:
    assert _joined({"type": "integer"}, NOT, BAD).status is FieldStatus.INVALID


def test_nothing_anywhere_is_not_mentioned() -> None:
    assert _joined({"type": "integer"}, NOT, NOT).status is FieldStatus.NOT_MENTIONED


LESIONS = {"type": "list", "fields": {"size": {"type": "integer"}}}


def _list(*items: FieldResult) -> FieldResult:
    value = [item.value for item in items]
    evidence = tuple(place for item in items for place in item.evidence)
    return FieldResult(FieldStatus.FOUND, value, evidence=evidence, items=items)


def test_an_item_seen_twice_in_the_overlap_is_one_item() -> None:
    first = _list(_found({"size": 8}, 10, 20), _found({"size": 8}, 110, 120))
    second = _list(_found({"size": 8}, 10, 20), _found({"size": 9}, 30, 40))
    joined = _joined(LESIONS, first, second)
    assert joined.value == [{"size": 8}, {"size": 8}, {"size": 9}]


def test_a_list_with_a_bad_item_in_one_chunk_is_not_whole() -> None:
    items = (_found({"size": 1}), FieldResult(FieldStatus.INVALID, raw={"size": -1}, problem="no"))
    bad = FieldResult(FieldStatus.INVALID, items=items, problem="1 of 2 items: no")
    assert _joined(LESIONS, _list(_found({"size": 8})), bad).status is FieldStatus.INVALID


def test_spans_are_moved_and_each_counts_once() -> None:
    field = {"type": "spans", "labels": ["A"]}

    def spans(*places: tuple[int, int]) -> FieldResult:
        value = [{"start": s, "end": e, "label": "A", "text": "x"} for s, e in places]
        return FieldResult(
            FieldStatus.FOUND, value, evidence=tuple(Evidence(s, e, "A") for s, e in places)
        )

    joined = _joined(field, spans((3, 5), (103, 105)), spans((3, 5), (7, 9)))
    assert [each["start"] for each in joined.value] == [3, 103, 107]
    assert joined.evidence == tuple(Evidence(at, at + 2, "A") for at in (3, 103, 107))


def test_spans_are_not_given_in_part_but_stay_to_be_seen() -> None:
    field = {"type": "spans", "labels": ["A"]}
    value = [{"start": 3, "end": 5, "label": "A", "text": "x"}]
    good = FieldResult(FieldStatus.FOUND, value, evidence=(Evidence(3, 5, "A"),))
    joined = _joined(field, BAD, good)
    assert (joined.status, joined.value) == (FieldStatus.INVALID, None)
    assert joined.evidence == (Evidence(103, 105, "A"),)
    assert _joined(field, NOT, BAD).status is FieldStatus.INVALID
