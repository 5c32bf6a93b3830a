"""Enums and booleans: the confusion matrix, kappa, mean F1 over classes.

*Not mentioned* is a class like the others. Invalid and failed answers and values out of the set are
answers too, but none that gold could give: they are wrong wherever they stand.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from sekisho.evaluation.agreement import (
    Average,
    Codes,
    Weighting,
    confusion,
    disagreement,
    f1_statistic,
    kappa_statistic,
)
from sekisho.evaluation.extraction_rows import Status
from sekisho.evaluation.judging import Judged, JudgedField
from sekisho.evaluation.kinds import OTHER, Kind, same
from sekisho.evaluation.weighting import Measure

__all__ = [
    "FAILED",
    "INVALID",
    "UNMENTIONED",
    "Confusion",
    "class_measures",
    "class_name",
    "confusion_of",
    "gold_class",
]

UNMENTIONED, INVALID, FAILED = "(not mentioned)", "(invalid)", "(failed)"
_ONE_CLASS = "only one class occurs"
_WEIGHTINGS: tuple[Weighting, ...] = ("none", "linear", "quadratic")
_AVERAGES: tuple[Average, ...] = ("macro", "weighted")


@dataclass(frozen=True, slots=True)
class Confusion:
    """How often a class of gold (row) was given which class (column)."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


def class_measures(field: JudgedField) -> Iterator[Measure]:
    """Kappa, for ordered classes also with linear and quadratic weights, macro and weighted F1.

    In a weighted kappa *not mentioned*, invalid and failed have no place in the order: to take one
    of them for a value weighs as much as the greatest distance.
    """
    classes = len(field.kind.classes)
    if not classes:
        return
    gold, given = _codes(field)
    n = len(field.rows)
    for weighting in _WEIGHTINGS if field.kind.ordered else _WEIGHTINGS[:1]:
        weights = disagreement(classes, weighting, outside=4)
        name = "kappa" if weighting == "none" else f"kappa_{weighting}"
        yield Measure(name, n, kappa_statistic(gold, given, weights), _ONE_CLASS)
    counted = np.arange(classes + 1)
    for average in _AVERAGES:
        statistic = f1_statistic(gold, given, counted, average)
        yield Measure(f"{average}_f1", n, statistic, "no class occurs")


def confusion_of(field: JudgedField) -> Confusion | None:
    """The confusion matrix; None where the field has no closed set of values."""
    classes = len(field.kind.classes)
    if not classes:
        return None
    gold, given = _codes(field)
    judged = gold >= 0
    table = confusion(gold[judged], given[judged], classes + 1, classes + 4)
    names = (*map(class_name, field.kind.classes), UNMENTIONED)
    counts = tuple(tuple(row) for row in table.tolist())
    return Confusion(names, (*names, OTHER, INVALID, FAILED), counts)


def class_name(value: Any) -> str:
    """What a class is called: text as it is, all else as JSON; None is *not mentioned*."""
    if value is None:
        return UNMENTIONED
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def gold_class(kind: Kind, value: Any) -> int:
    """The number of the class ``value``; the one behind the last is *not mentioned* or unknown."""
    for number, known in enumerate(kind.classes):
        if same(kind, known, value):
            return number
    return len(kind.classes)


def _given_class(kind: Kind, row: Judged) -> int:
    behind = len(kind.classes)
    match row.answer.status:
        case Status.FOUND:
            number = gold_class(kind, row.answer.value)
            return number if number < behind else behind + 1
        case Status.NOT_MENTIONED:
            return behind
        case Status.INVALID:
            return behind + 2
        case _:
            return behind + 3


def _codes(field: JudgedField) -> tuple[Codes, Codes]:
    """The classes of gold and of the answers, one a document; -1 where it was not judged."""
    gold, given = np.full(field.documents, -1), np.full(field.documents, -1)
    for row in field.rows:
        gold[row.document] = gold_class(field.kind, row.gold)
        given[row.document] = _given_class(field.kind, row)
    return gold, given
