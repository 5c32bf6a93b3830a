"""Two systems that read the same documents: how far apart they are, and whether that is chance.

The quality of one document has most to do with the document, so the difference is taken within each
of them and only then averaged. It is told in three ways: the mean difference with an interval, the
signed-rank test, and the size of the effect against the spread of the differences. Right and wrong
documents are compared by ``comparison.mcnemar``, many p-values adjusted by ``comparison.holm``.

Sources: paired bootstrap: Efron and Tibshirani, An Introduction to the Bootstrap (1993), sections
13.3 and 16.2. Signed ranks: Wilcoxon, Biometrics Bulletin 1 (1945), 80-83; midranks and the
variance with ties: Lehmann, Nonparametrics (1975), section 3.2. Effect size: Cohen, Statistical
Power Analysis for the Behavioral Sciences (1988), section 2.3.5 (``d_z``).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sekisho.errors import UsageError
from sekisho.evaluation.bootstrap import LEVEL, RESAMPLES, Estimate
from sekisho.evaluation.weighting import Floats, draws

__all__ = ["EXACT_PAIRS", "SAME", "Paired", "cohens_d", "compare", "signed_rank_p"]

#: Qualities are sums of fractions: what differs by less is equal, but for rounding.
SAME = 1e-9
#: Up to so many pairs that differ the signed-rank test is exact.
EXACT_PAIRS = 50

#: Draws of no more cells than this are kept, since a study compares many pairs on one data set.
_KEPT_CELLS = 2_000_000


@dataclass(frozen=True, slots=True)
class Paired:
    """The first system less the second, over the same documents.

    ``difference`` is the mean of the differences, in the unit of the qualities, with a 95 %
    interval; ``wilcoxon_p`` the two-sided p-value of the signed-rank test (1 where nothing
    differs); ``d`` Cohen's d for pairs, None where the differences do not vary.
    """

    difference: Estimate
    wilcoxon_p: float
    d: float | None


def compare(
    first: Sequence[float],
    second: Sequence[float],
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Paired:
    """``first`` less ``second``: the qualities of the same documents in the same order.

    The interval is the percentile interval of a bootstrap over documents. The same number of
    documents and the same seed draw the same documents, in ``evaluate`` too. Without any document
    there is no value and p is 1. Raises ``UsageError`` when the two are not of one length, hold
    what is not a finite number, or there is no resample.
    """
    if resamples < 1:
        raise UsageError("an interval needs one resample at least")
    differences = _differences(first, second)
    n = len(differences)
    if n == 0:
        return Paired(Estimate(None, None, None, 0), 1.0, None)
    means = np.concatenate([weights @ differences for weights in _drawn(n, resamples, seed)]) / n
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(means, (tail, 1 - tail))
    estimate = Estimate(float(differences.mean()), float(low), float(high), n)
    return Paired(estimate, signed_rank_p(differences), cohens_d(differences))


def signed_rank_p(differences: Sequence[float] | Floats) -> float:
    """The two-sided p-value of Wilcoxon's signed-rank test that differences are symmetric about 0.

    Differences of nought are dropped, as Wilcoxon did, and equal sizes share their mean rank; both
    within ``SAME``. Of up to ``EXACT_PAIRS`` differences the distribution of the sum of ranks is
    counted out, ties or not: ``min(1, 2 P(T <= t))`` with t the smaller of the two sums. Of more it
    is taken as normal, its variance less ``sum(t^3 - t) / 48`` over the groups of t ties, and with
    a continuity correction of 1/2. No difference at all has p = 1.
    """
    values = np.asarray(differences, dtype=np.float64)
    values = values[np.abs(values) > SAME]
    if values.size == 0:
        return 1.0
    doubled = _doubled_midranks(np.abs(values))
    above = int(doubled[values > 0].sum())
    least = min(above, int(doubled.sum()) - above)
    return _exact_p(doubled, least) if values.size <= EXACT_PAIRS else _normal_p(doubled, least)


def cohens_d(differences: Sequence[float] | Floats) -> float | None:
    """The mean of the differences by their standard deviation (n - 1); None where that is nought.

    0.2 is called small, 0.5 medium and 0.8 large (Cohen 1988).
    """
    values = np.asarray(differences, dtype=np.float64)
    if values.size < 2:
        return None
    spread = float(values.std(ddof=1))
    return float(values.mean()) / spread if spread > SAME else None


def _differences(first: Sequence[float], second: Sequence[float]) -> Floats:
    one, other = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if one.shape != other.shape or one.ndim != 1:
        raise UsageError("two systems are compared on the same documents only")
    if not (np.isfinite(one).all() and np.isfinite(other).all()):
        raise UsageError("the quality of a document is not a number")
    differences = one - other
    return np.where(np.abs(differences) > SAME, differences, 0.0)


def _drawn(n: int, resamples: int, seed: int) -> Iterator[Floats]:
    if n * resamples > _KEPT_CELLS:
        return draws(n, resamples, seed)
    return iter(_kept(n, resamples, seed))


@lru_cache(maxsize=2)
def _kept(n: int, resamples: int, seed: int) -> tuple[Floats, ...]:
    blocks = tuple(draws(n, resamples, seed))
    for block in blocks:
        block.setflags(write=False)
    return blocks


def _doubled_midranks(sizes: Floats) -> NDArray[np.int64]:
    """Twice the rank of each size, from the least; equal ones share the mean rank."""
    order = np.argsort(sizes, kind="stable")
    ascending = sizes[order]
    group = np.concatenate([[0], np.cumsum(np.diff(ascending) > SAME)])
    counts = np.bincount(group)
    last = np.cumsum(counts)
    doubled = np.empty(len(sizes), dtype=np.int64)
    # A group from rank a to rank b has the mean rank (a + b) / 2: doubled, it is a whole number.
    doubled[order] = (2 * last - counts + 1)[group]
    return doubled


def _exact_p(doubled: NDArray[np.int64], least: int) -> float:
    """Of all signs, the share with a sum of ranks as far out as ``least``, on both sides.

    ``ways[s]`` counts the choices of positive differences whose doubled ranks sum to s. There are
    2**n of them, which 64 bits hold.
    """
    ways = np.zeros(least + 1, dtype=np.int64)
    ways[0] = 1
    for rank in doubled.tolist():
        if rank <= least:
            ways[rank:] += ways[:-rank].copy()
    return min(1.0, 2 * int(ways.sum()) / (1 << len(doubled)))


def _normal_p(doubled: NDArray[np.int64], least: int) -> float:
    n = len(doubled)
    ties = np.unique(doubled, return_counts=True)[1].astype(np.float64)
    variance = n * (n + 1) * (2 * n + 1) / 24 - float((ties**3 - ties).sum()) / 48
    below = n * (n + 1) / 4 - least / 2
    z = max(0.0, below - 0.5) / math.sqrt(variance)
    # Both tails of the normal distribution; 1 - erf would be 0 where p is merely small.
    return math.erfc(z / math.sqrt(2))
