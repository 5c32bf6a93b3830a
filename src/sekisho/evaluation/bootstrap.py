"""Bootstrap intervals for ratios of counts, resampling whole documents.

Identifiers of one report stand and fall together (the same name ten times, the same template), so
the document is the unit that is drawn. Every metric is a ratio of two sums over documents: each
document is reduced to its counts once, and a resample is a weighted sum of them, which makes 2,000
resamples of a few hundred documents a matrix product.

Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), sections 8 (units) and 13.3
(percentile interval).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["LEVEL", "RESAMPLES", "Estimate", "ratio", "resampled_totals"]

#: The coverage that an interval aims at.
LEVEL = 0.95
#: Enough for the second digit of a 95 % interval.
RESAMPLES = 2000

#: Weights are drawn in blocks of about this many cells, so that memory stays flat.
_BLOCK_CELLS = 2_000_000


@dataclass(frozen=True, slots=True)
class Estimate:
    """A measured value, its 95 % interval, and the number ``n`` of units it is a share of.

    ``value`` is None where there was nothing to measure on (``n`` is 0), and so are the bounds.
    An interval of no width says that all documents agree, not that the value is known for sure:
    nothing seen in ``n`` independent documents still allows up to 3/n of them (rule of three).
    """

    value: float | None
    low: float | None
    high: float | None
    n: int


def resampled_totals(
    counts: NDArray[np.int64], resamples: int = RESAMPLES, seed: int = 0
) -> NDArray[np.float64]:
    """Totals of ``counts`` (documents x columns) in each resample (resamples x columns).

    A resample draws as many documents as there are, with replacement; the same seed draws the same.
    """
    documents, columns = counts.shape
    totals = np.zeros((resamples, columns))
    if documents == 0:
        return totals
    generator = np.random.default_rng(seed)
    chances = np.full(documents, 1.0 / documents)
    table = counts.astype(np.float64)
    block = max(1, _BLOCK_CELLS // documents)
    for first in range(0, resamples, block):
        size = min(block, resamples - first)
        weights = generator.multinomial(documents, chances, size=size)
        # Integers below 2**53 are exact in float64, and only floats are multiplied by BLAS.
        totals[first : first + size] = weights.astype(np.float64) @ table
    return totals


def ratio(
    count: int,
    n: int,
    counts: NDArray[np.float64],
    ns: NDArray[np.float64],
) -> Estimate:
    """The estimate of ``count / n`` with a percentile interval from the resampled ``counts / ns``.

    Resamples that drew nothing to measure on (their n is 0) say nothing and are left out.
    """
    if n == 0:
        return Estimate(None, None, None, 0)
    measured = ns > 0
    ratios = counts[measured] / ns[measured]
    if ratios.size == 0:
        return Estimate(count / n, None, None, n)
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(ratios, (tail, 1 - tail))
    return Estimate(count / n, float(low), float(high), n)
