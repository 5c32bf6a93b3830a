"""Probabilities of an extraction: do they rank the right answers first, and do they mean it?

Each class of an enum or boolean is judged against the rest (*not mentioned* is a class too). The
probability of a class is that of the answer's distribution; an answer without one gives its own
probability to its class and shares the rest among the others, and an answer without any probability
is certain. An invalid or failed answer gave no forecast: it ranks below every other where the class
was right and above every other where it was not, and its Brier term is the worst there is. The
calibration curve is made of the stated probabilities alone.

Sources: Brier (1950) for the score over all classes; Hand and Till (2001) on one class against the
rest; the rest in ``calibration``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sekisho.evaluation.calibration import BINS, Bin, auc_statistic, curve, error_statistic
from sekisho.evaluation.class_measures import UNMENTIONED, class_name, gold_class
from sekisho.evaluation.extraction_rows import Answer, Status
from sekisho.evaluation.judging import Judged, JudgedField
from sekisho.evaluation.kinds import Kind
from sekisho.evaluation.shares import by_document
from sekisho.evaluation.weighting import Floats, Measure, Statistic, mean, quotient

__all__ = ["CONFIDENCE", "Curves", "confidence_measures", "curves_of", "forecast_measures"]

#: The curve of the probability of the answers themselves, whatever their value.
CONFIDENCE = "confidence"
_UNSTATED = "no probability is stated"
_ONE_SIDE = "all documents are of one class"
_ANSWERS = (Status.FOUND, Status.NOT_MENTIONED)


@dataclass(frozen=True, slots=True)
class Curves:
    """The calibration curves of one class: ``n`` stated probabilities in bins of both forms."""

    n: int
    width: tuple[Bin, ...]
    mass: tuple[Bin, ...]


def forecast_measures(field: JudgedField) -> Iterator[Measure]:
    """AUC, Brier score and calibration error, for the field and for each class against the rest.

    For the field: a boolean is judged by its class ``true``; of an enum, AUC is the mean over its
    classes that have both sides, Brier the sum of squares over classes (0 to 2), and the
    calibration error the mean over classes (Nixon et al. 2019, static calibration error).
    """
    if not _has_forecasts(field):
        return
    table = _forecasts(field)
    classes = [tuple(_of_class(field, table, number)) for number in range(len(table.names))]
    for measures in classes:
        yield from measures
    if field.kind.type == "boolean":
        for one in classes[table.names.index(class_name(True))]:
            yield replace(one, group="", part="")
        return
    n, stating = len(table.truth), int(table.answered.sum())
    ranking, _, errors = ([one.statistic for one in each] for each in zip(*classes, strict=True))
    yield Measure("auc", n, mean(ranking), _ONE_SIDE)
    outcome = table.truth[:, None] == np.arange(len(table.names))[None, :]
    squares = ((np.nan_to_num(table.stated) - outcome) ** 2).sum(axis=1)
    yield Measure("brier", n, _mean(field, np.where(table.answered, squares, 2.0)))
    yield Measure("calibration_error", stating, mean(errors), _UNSTATED)


def confidence_measures(field: JudgedField) -> Iterator[Measure]:
    """Whether the probability of an answer says how likely it is to be right.

    Over the answers (found or not mentioned) that state one: AUC of right against wrong, Brier
    score, calibration error.
    """
    rows, right, stated = _confidences(field)
    if not len(rows):
        return
    n = len(rows)
    yield Measure(
        f"{CONFIDENCE}_auc", n, _on(rows, auc_statistic(right, stated)), "all are right, or none is"
    )
    squares = np.zeros(field.documents)
    squares[rows] = (stated - right) ** 2
    present = np.zeros(field.documents)
    present[rows] = 1.0
    yield Measure(f"{CONFIDENCE}_brier", n, quotient(squares, present))
    yield _calibration(rows, right, stated, name=f"{CONFIDENCE}_error")


def curves_of(field: JudgedField, bins: int = BINS) -> dict[str, Curves]:
    """The calibration curves of each class, and that of the answers' own probabilities."""
    found = {}
    if _has_forecasts(field):
        table = _forecasts(field)
        for number, name in enumerate(table.names):
            truth = table.truth[table.answered] == number
            stated = table.stated[table.answered, number]
            found[name] = _curves(truth, stated, bins)
    _, right, stated = _confidences(field)
    if len(stated):
        found[CONFIDENCE] = _curves(right, stated, bins)
    return found


@dataclass(frozen=True, slots=True)
class _Table:
    """Forecasts (rows x classes, NaN where there is none), the true class, and the documents."""

    names: tuple[str, ...]
    stated: Floats
    truth: NDArray[np.int64]
    rows: NDArray[np.int64]

    @property
    def answered(self) -> NDArray[np.bool_]:
        """Which rows have a forecast."""
        return ~np.isnan(self.stated[:, 0])


def _of_class(field: JudgedField, table: _Table, number: int) -> Iterator[Measure]:
    """AUC, Brier score and calibration error of one class against the rest."""
    group, part = "classes", table.names[number]
    answered, truth, stated = table.answered, table.truth == number, table.stated[:, number]
    n = len(truth)
    scores = np.where(answered, stated, np.where(truth, -1.0, 2.0))
    yield Measure("auc", n, _on(table.rows, auc_statistic(truth, scores)), _ONE_SIDE, group, part)
    terms = np.where(answered, (np.nan_to_num(stated) - truth) ** 2, 1.0)
    yield Measure("brier", n, _mean(field, terms), group=group, part=part)
    yield _calibration(
        table.rows[answered], truth[answered], stated[answered], group=group, part=part
    )


def _has_forecasts(field: JudgedField) -> bool:
    return bool(field.kind.classes) and any(
        row.answer.distribution or row.answer.probability is not None
        for row in field.rows
        if row.answer.status in _ANSWERS
    )


def _forecasts(field: JudgedField) -> _Table:
    kind = field.kind
    names = [class_name(value) for value in kind.classes]
    stated = np.array([_shares(kind, row.answer) for row in field.rows])
    truth = np.array([gold_class(kind, row.gold) for row in field.rows], dtype=np.int64)
    if (truth == len(names)).any() or np.nansum(stated[:, -1]) > 0:
        names.append(UNMENTIONED)
    else:
        stated = stated[:, :-1]
    rows = np.array([row.document for row in field.rows], dtype=np.int64)
    return _Table(tuple(names), stated, truth, rows)


def _shares(kind: Kind, answer: Answer) -> list[float]:
    """The probability of each class, and behind them of *not mentioned*; NaN without an answer."""
    behind = len(kind.classes)
    if answer.status not in _ANSWERS:
        return [np.nan] * (behind + 1)
    shares = [0.0] * (behind + 1)
    if answer.distribution:
        for key, chance in answer.distribution.items():
            number = _class_of_key(kind, key)
            if number is not None:
                shares[number] += chance
        return shares
    own = gold_class(kind, answer.value)
    chance = 1.0 if answer.probability is None else answer.probability
    if own == behind and answer.value is not None:
        # A value out of the set: the probability is that of none of the classes.
        return shares
    rest = (1.0 - chance) / behind
    return [chance if number == own else rest for number in range(behind + 1)]


def _class_of_key(kind: Kind, key: str) -> int | None:
    if key in kind.classes:
        return gold_class(kind, key)
    try:
        value: Any = json.loads(key)
    except (ValueError, RecursionError):
        return None
    if value is None:
        return len(kind.classes)
    number = gold_class(kind, value)
    return number if number < len(kind.classes) else None


def _confidences(field: JudgedField) -> tuple[NDArray[np.int64], Floats, Floats]:
    rows = [row for row in field.rows if _confidence(row) is not None]
    return (
        np.array([row.document for row in rows], dtype=np.int64),
        np.array([row.right for row in rows], dtype=np.float64),
        np.array([_confidence(row) for row in rows], dtype=np.float64),
    )


def _confidence(row: Judged) -> float | None:
    return row.answer.probability if row.answer.status in _ANSWERS else None


def _curves(truth: Floats | NDArray[np.bool_], stated: Floats, bins: int) -> Curves:
    made = (curve(truth, stated, binning=form, bins=bins) for form in ("width", "mass"))
    return Curves(len(stated), *made)


def _calibration(
    rows: NDArray[np.int64],
    truth: Floats | NDArray[np.bool_],
    stated: Floats,
    *,
    name: str = "calibration_error",
    group: str = "",
    part: str = "",
) -> Measure:
    statistic = _on(rows, error_statistic(truth, stated))
    return Measure(name, len(rows), statistic, _UNSTATED, group, part)


def _on(rows: NDArray[np.int64], statistic: Statistic) -> Statistic:
    """A statistic of some documents as one of all."""
    return lambda drawn: statistic(drawn[:, rows])


def _mean(field: JudgedField, terms: Floats) -> Statistic:
    return quotient(by_document(field, terms), by_document(field, np.ones(len(terms))))
