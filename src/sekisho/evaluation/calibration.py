"""How well probabilities rank and how well they are meant: AUC, Brier score, calibration curve.

Sources: Hanley and McNeil (1982) and Mann and Whitney (1947) for the area under the ROC curve by
ranks, ties counted half (midranks); Brier (1950); Murphy and Winkler, Reliability of subjective
probability forecasts (1977) for the curve; Naeini, Cooper and Hauskrecht (2015) for the expected
calibration error with bins of equal width; Nixon et al. (2019) for bins of equal mass; Wilson
(1927) for the interval of a bin.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from sekisho.evaluation.bootstrap import LEVEL
from sekisho.evaluation.weighting import Floats, Statistic, divided, plain

__all__ = [
    "BINS",
    "Bin",
    "Binning",
    "auc_statistic",
    "brier",
    "calibration_error",
    "curve",
    "error_statistic",
    "roc_auc",
    "wilson",
]

#: ``width``: bins of one length; ``mass``: bins of about as many documents each.
Binning: TypeAlias = Literal["width", "mass"]
BINS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """The ``n`` probabilities in ``low..high`` (the low end is out of it unless it is 0).

    ``stated`` is their mean, ``observed`` the share of them that came true, with its Wilson
    interval ``observed_low..observed_high``.
    """

    low: float
    high: float
    n: int
    stated: float
    observed: float
    observed_low: float
    observed_high: float


def roc_auc(positive: ArrayLike, score: ArrayLike) -> float | None:
    """The share of pairs of a positive and a negative in which the positive scores higher.

    A tie counts half. None without a positive or without a negative. Raises ``ValueError`` when
    the lists differ in length or a score is not a number.
    """
    truth, scores = _pair(positive, score)
    return plain(auc_statistic(truth > 0, scores), len(truth))


def brier(positive: ArrayLike, probability: ArrayLike) -> float | None:
    """The mean of ``(probability - outcome)**2``, 0 (best) to 1; None of nothing.

    Raises ``ValueError`` as ``roc_auc`` does.
    """
    truth, stated = _pair(positive, probability)
    return float(np.mean((stated - truth) ** 2)) if len(truth) else None


def calibration_error(
    positive: ArrayLike, probability: ArrayLike, *, binning: Binning = "width", bins: int = BINS
) -> float | None:
    """The expected calibration error: ``sum over bins of n_b / n * |observed_b - stated_b|``.

    None of nothing. Raises ``ValueError`` as ``roc_auc`` does.
    """
    truth, stated = _pair(positive, probability)
    return plain(error_statistic(truth > 0, stated, binning=binning, bins=bins), len(truth))


def curve(
    positive: ArrayLike, probability: ArrayLike, *, binning: Binning = "width", bins: int = BINS
) -> tuple[Bin, ...]:
    """The calibration curve: each bin that holds something, from low to high.

    Raises ``ValueError`` as ``roc_auc`` does.
    """
    truth, stated = _pair(positive, probability)
    edges = _edges(stated, binning, bins)
    places = _places(stated, edges)
    found = []
    for place in np.unique(places).tolist():
        here = places == place
        n, right = int(here.sum()), int((truth[here] > 0).sum())
        low, high = wilson(right, n)
        mean = float(stated[here].mean())
        found.append(
            Bin(float(edges[place]), float(edges[place + 1]), n, mean, right / n, low, high)
        )
    return tuple(found)


def auc_statistic(positive: ArrayLike, score: ArrayLike) -> Statistic:
    """``roc_auc`` as a function of weights."""
    truth, scores = np.asarray(positive, dtype=np.bool_), np.asarray(score, dtype=np.float64)
    order = np.argsort(scores, kind="stable")
    ranked, yes = scores[order], truth[order]
    # How many scores are lower than that of each positive, and how many are not higher.
    below = np.searchsorted(ranked, ranked[yes], side="left")
    upto = np.searchsorted(ranked, ranked[yes], side="right")
    no = (~yes).astype(np.float64)

    def statistic(drawn: Floats) -> Floats:
        weights = drawn[:, order]
        negatives = np.zeros((len(drawn), len(order) + 1))
        np.cumsum(weights * no, axis=1, out=negatives[:, 1:])
        positives = weights[:, yes]
        won = (positives * (negatives[:, below] + negatives[:, upto])).sum(axis=1) / 2
        return divided(won, positives.sum(axis=1) * negatives[:, -1])

    return statistic


def error_statistic(
    positive: ArrayLike, probability: ArrayLike, *, binning: Binning = "width", bins: int = BINS
) -> Statistic:
    """``calibration_error`` as a function of weights; the bins stay those of the documents."""
    truth = np.asarray(positive, dtype=np.float64)
    stated = np.asarray(probability, dtype=np.float64)
    places = _places(stated, _edges(stated, binning, bins))
    # Per bin the sum of (outcome - probability); its size is n_b * |observed - stated|.
    gaps = np.zeros((len(stated), bins))
    gaps[np.arange(len(stated)), places] = truth - stated

    def statistic(drawn: Floats) -> Floats:
        return divided(np.abs(drawn @ gaps).sum(axis=1), drawn.sum(axis=1))

    return statistic


def wilson(count: int, n: int) -> tuple[float, float]:
    """The Wilson score interval of ``count`` in ``n``; raises ``ValueError`` where ``n`` is 0."""
    if n < 1:
        raise ValueError("an interval needs at least one unit")
    z = NormalDist().inv_cdf((1 + LEVEL) / 2)
    share = count / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    # The ends of nothing and of all are exact; rounding must not push the share outside.
    return max(0.0, min(middle - half, share)), min(1.0, max(middle + half, share))


def _edges(stated: Floats, binning: Binning, bins: int) -> Floats:
    if bins < 1:
        raise ValueError("there must be at least one bin")
    even = np.linspace(0.0, 1.0, bins + 1)
    if binning == "width" or not len(stated):
        return even
    # Equal probabilities share a bin, so ties make bins fewer.
    ranked, n = np.sort(stated), len(stated)
    inner = np.unique(ranked[[-(-k * n // bins) - 1 for k in range(1, bins)]])
    inner = inner[(inner > 0.0) & (inner < 1.0)]
    return np.concatenate(([0.0], inner, [1.0]))


def _places(stated: Floats, edges: Floats) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """The bin of each probability: bins hold their upper end, the first one 0 as well."""
    return np.searchsorted(edges[1:-1], stated, side="left").astype(np.int64)


def _pair(first: ArrayLike, second: ArrayLike) -> tuple[Floats, Floats]:
    truth = np.asarray(first, dtype=np.float64).ravel()
    scores = np.asarray(second, dtype=np.float64).ravel()
    if len(truth) != len(scores):
        raise ValueError("both lists must have the same length")
    if np.isnan(scores).any():
        raise ValueError("a score is not a number")
    return truth, scores
