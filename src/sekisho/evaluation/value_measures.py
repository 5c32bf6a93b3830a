"""Numbers, dates and words: how near a value that is not exactly right comes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from sekisho.documents.folding import fold
from sekisho.evaluation.judging import Judged, JudgedField
from sekisho.evaluation.kinds import fits
from sekisho.evaluation.numeric import median_statistic, relative_errors
from sekisho.evaluation.shares import NO_GOLD, by_document, ratio
from sekisho.evaluation.weighting import Measure, quotient

__all__ = ["common_precision", "date_measures", "number_measures", "string_measures"]

_NO_PAIR = "no number was found where gold has one"


def number_measures(field: JudgedField) -> Iterator[Measure]:
    """Exact rate, rate within the tolerance, MAE, median absolute error, R-SMAPE.

    Over the documents where gold has a number. A number that was not found is not exact, not within
    the tolerance, and a term of 1 (the worst) in R-SMAPE; the absolute errors, which know no worst,
    are of the ``n`` numbers that were found.
    """
    if field.kind.type not in ("integer", "number"):
        return
    rows = [row for row in field.rows if row.gold is not None]
    gold = np.array([row.gold for row in rows], dtype=np.float64)
    given = np.array([_number(field, row) for row in rows], dtype=np.float64)
    found = ~np.isnan(given)
    ones = np.ones(len(rows))
    yield _rate(field, rows, "exact", lambda row: row.right)
    yield _rate(
        field,
        rows,
        "within_tolerance",
        lambda row: field.tolerance.holds(row.gold, _number(field, row)),
    )
    errors = np.abs(gold - given)
    yield ratio(
        field,
        "mean_absolute_error",
        np.where(found, np.nan_to_num(errors), 0.0),
        found,
        rows=rows,
        without=_NO_PAIR,
    )
    scattered = np.full(field.documents, np.nan)
    scattered[[row.document for row in rows]] = errors
    median = median_statistic(scattered)
    yield Measure("median_absolute_error", int(found.sum()), median, _NO_PAIR)
    terms = relative_errors(gold, given, field.epsilon)
    yield Measure(
        "r_smape",
        len(rows),
        quotient(by_document(field, 1 - terms, rows=rows), by_document(field, ones, rows=rows)),
        NO_GOLD,
    )


def date_measures(field: JudgedField) -> Iterator[Measure]:
    """Exact rate, and the rate of dates that agree as far as both go (2024-05 with 2024-05-03)."""
    if field.kind.type != "date":
        return
    rows = [row for row in field.rows if row.gold is not None]
    yield _rate(field, rows, "exact", lambda row: row.right)
    yield _rate(
        field,
        rows,
        "same_to_common_precision",
        lambda row: row.found and common_precision(row.gold, row.answer.value),
    )


def string_measures(field: JudgedField) -> Iterator[Measure]:
    """Exact rate, and the rate of words that are the same when folded (width, variants)."""
    if field.kind.type != "string":
        return
    rows = [row for row in field.rows if row.gold is not None]
    yield _rate(field, rows, "exact", lambda row: row.right)
    yield _rate(
        field,
        rows,
        "folded_equal",
        lambda row: row.found and _folded(row.gold) == _folded(row.answer.value),
    )


def common_precision(left: Any, right: Any) -> bool:
    """Whether two partial dates agree in all parts that both have."""
    if not (isinstance(left, str) and isinstance(right, str)):
        return False
    return all(a == b for a, b in zip(left.split("-"), right.split("-"), strict=False))


def _rate(
    field: JudgedField, rows: list[Judged], name: str, holds: Callable[[Judged], bool]
) -> Measure:
    hits = [holds(row) for row in rows]
    return ratio(field, name, hits, [1] * len(rows), rows=rows, without=NO_GOLD)


def _number(field: JudgedField, row: Judged) -> float:
    value = row.answer.value
    return float(value) if value is not None and fits(field.kind, value) else np.nan


def _folded(value: Any) -> Any:
    return fold(value).text if isinstance(value, str) else value
