"""How well two lists of classes agree: confusion, kappa, F1 by class.

Sources: Cohen, A coefficient of agreement for nominal scales (1960); Cohen, Weighted kappa (1968),
which allows any table of disagreement; van Rijsbergen, Information Retrieval (1979), chapter 7 (F).
Definitions are those of scikit-learn, whose ``cohen_kappa_score`` and ``f1_score`` give the same
numbers.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sekisho.evaluation.weighting import Floats, Statistic, divided, plain

__all__ = [
    "Average",
    "Codes",
    "Weighting",
    "cohen_kappa",
    "confusion",
    "disagreement",
    "f1_by_class",
    "f1_statistic",
    "kappa_statistic",
    "mean_f1_statistic",
]

#: The number of a class, one a document.
Codes: TypeAlias = NDArray[np.int64]
#: How much a wrong class weighs: all the same, by the distance in order, or by its square.
Weighting: TypeAlias = Literal["none", "linear", "quadratic"]
#: The mean over classes: each once, or as often as it stands in gold.
Average: TypeAlias = Literal["macro", "weighted"]


def cohen_kappa(
    gold: Sequence[Hashable],
    predicted: Sequence[Hashable],
    *,
    labels: Sequence[Hashable] | None = None,
    weighting: Weighting = "none",
) -> float | None:
    """Cohen's kappa, ``1 - sum(w * observed) / sum(w * expected)``, in -1..1.

    ``w`` is ``disagreement``; expected counts are the products of the margins over n. ``labels``
    is the order of the classes (default: those that occur, sorted, as scikit-learn has it). None
    when only one class occurs, for then there is nothing to agree on beyond chance. Raises
    ``ValueError`` when the lists differ in length or hold something that is not in ``labels``.
    """
    order = _labels(gold, predicted) if labels is None else list(labels)
    codes, others = _codes(gold, order), _codes(predicted, order)
    _same_length(codes, others)
    statistic = kappa_statistic(codes, others, disagreement(len(order), weighting))
    return plain(statistic, len(codes))


def f1_by_class(
    gold: Sequence[Hashable],
    predicted: Sequence[Hashable],
    *,
    labels: Sequence[Hashable] | None = None,
    average: Average = "macro",
) -> float | None:
    """The mean over classes of ``F1 = 2 TP / (2 TP + FP + FN)``.

    ``macro`` counts each class that occurs once, ``weighted`` as often as it stands in gold.
    ``labels`` are the classes to count (default: all that occur). None when there are none.
    Raises ``ValueError`` when the lists differ in length.
    """
    order = _labels(gold, predicted)
    codes, others = _codes(gold, order), _codes(predicted, order)
    _same_length(codes, others)
    wanted = order if labels is None else [label for label in order if label in set(labels)]
    counted = np.array([order.index(label) for label in wanted], dtype=np.int64)
    return plain(f1_statistic(codes, others, counted, average), len(codes))


def confusion(gold: Codes, predicted: Codes, rows: int, columns: int) -> Codes:
    """How often each class of gold (row) was given each class (column)."""
    table = np.zeros((rows, columns), dtype=np.int64)
    np.add.at(table, (gold, predicted), 1)
    return table


def disagreement(classes: int, weighting: Weighting = "none", *, outside: int = 0) -> Floats:
    """How much it weighs to take one class for another, 0..1.

    ``none``: 1; ``linear``: distance in order over the longest; ``quadratic``: the square of that.
    ``outside`` more classes (no answer, for example) have no place in the order and weigh 1.
    """
    whole = classes + outside
    table = np.ones((whole, whole)) - np.eye(whole)
    if weighting != "none" and classes > 1:
        ranks = np.arange(classes)
        distance = np.abs(ranks[:, None] - ranks[None, :]) / (classes - 1)
        table[:classes, :classes] = distance if weighting == "linear" else distance**2
    return table


def kappa_statistic(gold: ArrayLike, predicted: ArrayLike, weights: Floats) -> Statistic:
    """Weighted kappa of two lists of class numbers; a negative number leaves a document out."""
    first, second = np.asarray(gold, dtype=np.int64), np.asarray(predicted, dtype=np.int64)
    pairs, members = _pairs(first, second)
    weighed = weights[pairs[:, 0], pairs[:, 1]]
    rows, columns = np.unique(pairs[:, 0]), np.unique(pairs[:, 1])
    of_rows = (pairs[:, 0][:, None] == rows[None, :]).astype(np.float64)
    of_columns = (pairs[:, 1][:, None] == columns[None, :]).astype(np.float64)
    between = weights[np.ix_(rows, columns)]

    def statistic(drawn: Floats) -> Floats:
        totals = drawn @ members
        n = totals.sum(axis=1)
        expected = (((totals @ of_rows) @ between) * (totals @ of_columns)).sum(axis=1)
        return np.asarray(1.0 - divided((totals @ weighed) * n, expected))

    return statistic


def f1_statistic(
    gold: ArrayLike, predicted: ArrayLike, counted: ArrayLike, average: Average
) -> Statistic:
    """The mean F1 over the classes ``counted``; a negative number leaves a document out.

    A class that occurs on neither side of a resample is not counted in its macro mean.
    """
    first, second = np.asarray(gold, dtype=np.int64), np.asarray(predicted, dtype=np.int64)
    classes = np.asarray(counted, dtype=np.int64)[None, :]
    judged = ((first >= 0) & (second >= 0))[:, None]
    stands = (first[:, None] == classes) & judged
    given = (second[:, None] == classes) & judged
    return mean_f1_statistic(stands & given, stands, given, average)


def mean_f1_statistic(
    hits: ArrayLike, gold: ArrayLike, predicted: ArrayLike, average: Average
) -> Statistic:
    """The mean F1 over kinds of things, from counts (documents x kinds).

    ``hits`` are the things found, ``gold`` those to be found, ``predicted`` those claimed.
    """
    tables = [np.asarray(table, dtype=np.float64) for table in (hits, gold, predicted)]

    def statistic(drawn: Floats) -> Floats:
        right, wanted, claimed = (drawn @ table for table in tables)
        scores = divided(2 * right, wanted + claimed)
        if average == "weighted":
            return divided(np.where(wanted > 0, scores * wanted, 0.0).sum(1), wanted.sum(1))
        occurs = ~np.isnan(scores)
        return divided(np.where(occurs, scores, 0.0).sum(1), occurs.sum(1).astype(np.float64))

    return statistic


def _labels(gold: Sequence[Hashable], predicted: Sequence[Hashable]) -> list[Hashable]:
    return sorted({*gold, *predicted})  # type: ignore[type-var]


def _codes(values: Sequence[Hashable], labels: Sequence[Hashable]) -> Codes:
    numbers = {label: number for number, label in enumerate(labels)}
    try:
        return np.array([numbers[value] for value in values], dtype=np.int64)
    except KeyError:
        raise ValueError("a value is none of the labels") from None


def _same_length(first: Codes, second: Codes) -> None:
    if len(first) != len(second):
        raise ValueError("both lists must have the same length")


def _pairs(first: Codes, second: Codes) -> tuple[Codes, Floats]:
    """The pairs of classes that occur, and which documents have them (documents x pairs)."""
    judged = (first >= 0) & (second >= 0)
    pairs = np.unique(np.column_stack([first[judged], second[judged]]), axis=0)
    members = (first[:, None] == pairs[None, :, 0]) & (second[:, None] == pairs[None, :, 1])
    return pairs, members.astype(np.float64)
