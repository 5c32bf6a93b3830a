"""The chunks of one document joined: one result for each field, by the rule of the field.

A value that one chunk gave stands although the others do not mention it. Where two chunks give
two values, the field's rule decides; unless it has one, they must agree, for else nobody knows
which of them is true.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sekisho.extraction.answers.examining import NOT_MENTIONED, invalid, joined
from sekisho.extraction.results import Evidence, FieldResult, FieldStatus
from sekisho.extraction.tasks.task import AnyOfField, ListField, ObjectField, SpansField, Task

__all__ = ["join"]


def join(
    task: Task, parts: Sequence[Mapping[str, FieldResult]], offsets: Sequence[int]
) -> dict[str, FieldResult]:
    """The fields of a document from those of its chunks, which begin at ``offsets`` of its text."""
    return {
        name: _joined(
            field,
            [_moved(field, part[name], by) for part, by in zip(parts, offsets, strict=True)],
        )
        for name, field in task.fields.items()
    }


def _moved(field: AnyOfField, result: FieldResult, by: int) -> FieldResult:
    if not by:
        return result
    inner = field.item if isinstance(field, ListField) else field
    return replace(
        result,
        value=_shifted(field, result.value, by),
        evidence=tuple(
            replace(each, start=each.start + by, end=each.end + by) for each in result.evidence
        ),
        items=tuple(_moved(inner, item, by) for item in result.items),
    )


def _shifted(field: AnyOfField, value: Any, by: int) -> Any:
    """``value`` with the offsets of all spans in it moved ``by`` characters."""
    if value is None:
        return None
    match field:
        case SpansField():
            return [
                {**each, "start": each["start"] + by, "end": each["end"] + by} for each in value
            ]
        case ObjectField():
            return {name: _shifted(its, value[name], by) for name, its in field.fields.items()}
        case ListField():
            return [_shifted(field.item, each, by) for each in value]
    return value


def _joined(field: AnyOfField, results: Sequence[FieldResult]) -> FieldResult:
    if len(results) == 1:
        return results[0]
    if isinstance(field, ListField):
        return _lists(results)
    found = [result for result in results if result.status is FieldStatus.FOUND]
    bad = [each for each in results if each.status in (FieldStatus.INVALID, FieldStatus.FAILED)]
    if isinstance(field, SpansField) and (found or bad):
        return _spans(results, bad)
    if not found:
        return bad[0] if bad else NOT_MENTIONED
    if field.merge in ("agree", "union", None):
        return _agreed(found)
    return _CHOICE[field.merge](found)


def _agreed(found: Sequence[FieldResult]) -> FieldResult:
    first, *others = found
    whole = replace(first, evidence=_evidence(found))
    if any(_written(each.value) != _written(first.value) for each in others):
        return invalid(whole, "parts of the document disagree (merge says what should count then)")
    return whole


def _by_value(best: Callable[..., FieldResult]) -> Callable[[Sequence[FieldResult]], FieldResult]:
    return lambda found: best(found, key=lambda each: each.value)


def _boolean(wanted: bool) -> Callable[[Sequence[FieldResult]], FieldResult]:
    """The first value that is ``wanted``, if there is one."""
    return lambda found: next((each for each in found if each.value is wanted), found[0])


_CHOICE: Mapping[str, Callable[[Sequence[FieldResult]], FieldResult]] = {
    "first": lambda found: found[0],
    "last": lambda found: found[-1],
    "any": _boolean(True),
    "all": _boolean(False),
    # Dates are ISO 8601, which sorts as it reads.
    "least": _by_value(min),
    "greatest": _by_value(max),
}


def _lists(results: Sequence[FieldResult]) -> FieldResult:
    """All items once: what two chunks saw in their overlap is one item, told by where it stands."""
    failed = [each for each in results if each.status is FieldStatus.FAILED]
    if failed:
        return failed[0]
    seen: set[tuple[str, tuple[Evidence, ...]]] = set()
    items = []
    for item in (item for result in results for item in result.items):
        key = (_written(item.value if item.value is not None else item.raw), item.evidence)
        if key not in seen:
            seen.add(key)
            items.append(item)
    return joined(items)


def _spans(results: Sequence[FieldResult], bad: Sequence[FieldResult]) -> FieldResult:
    """All spans; where some are wrong the field is, and the others stay to be seen."""
    if bad:
        return replace(bad[0], evidence=_evidence(results))
    value = {_written(each): each for result in results for each in result.value or ()}
    ordered = sorted(value.values(), key=lambda each: (each["start"], each["end"], each["label"]))
    evidence = tuple(Evidence(each["start"], each["end"], each["label"]) for each in ordered)
    return FieldResult(FieldStatus.FOUND, ordered, evidence=evidence)


def _evidence(results: Sequence[FieldResult]) -> tuple[Evidence, ...]:
    return tuple(sorted({place for result in results for place in result.evidence}))


def _written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
