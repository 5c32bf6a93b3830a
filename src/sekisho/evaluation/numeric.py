"""How far predicted numbers are from gold: absolute errors, R-SMAPE, tolerance.

Sources: R-SMAPE as in the DRAGON benchmark (Bosma et al., npj Digital Medicine 2025; scorer
``dragon-eval``): one less the symmetric mean absolute percentage error (Armstrong, Long-Range
Forecasting, 1985) with a constant in the denominator, so that small numbers do not rule the mean.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from sekisho.evaluation.weighting import Floats, Statistic, divided

__all__ = ["DEFAULT_TOLERANCE", "Tolerance", "median_statistic", "relative_errors", "rsmape"]

#: What a number that was not given counts as: 0, as in DRAGON, or wholly wrong.
Missing: TypeAlias = Literal["zero", "wrong"]


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far a number may be off: ``size`` in its own unit, or as a share of gold."""

    size: float
    relative: bool = True

    def __post_init__(self) -> None:
        if not (math.isfinite(self.size) and self.size >= 0):
            raise ValueError("a tolerance is a number that is not negative")

    def holds(self, gold: float, predicted: float) -> bool:
        """Whether ``predicted`` is as near to ``gold`` as that; rounding errors are forgiven."""
        allowed = self.size * abs(gold) if self.relative else self.size
        return abs(gold - predicted) <= allowed + 1e-9 * max(abs(gold), abs(predicted))

    def __str__(self) -> str:
        return f"{100 * self.size:g} %" if self.relative else f"{self.size:g}"


#: Within a tenth of gold.
DEFAULT_TOLERANCE = Tolerance(0.1)


def rsmape(
    gold: ArrayLike, predicted: ArrayLike, *, epsilon: ArrayLike, missing: Missing = "zero"
) -> float | None:
    """R-SMAPE, ``1 - mean(|y - p| / (|y| + |p| + epsilon))``, 0 to 1 (best).

    ``epsilon`` is one number, or one for each of several outputs that follow one another. NaN in
    ``gold`` was not judged and is left out; NaN in ``predicted`` was not given (``missing``). None
    when nothing is judged. Raises ``ValueError`` when the lengths do not fit.
    """
    truth = np.asarray(gold, dtype=np.float64).ravel()
    given = np.asarray(predicted, dtype=np.float64).ravel()
    constants = np.asarray(epsilon, dtype=np.float64).ravel()
    if len(truth) != len(given) or not len(constants) or len(truth) % len(constants):
        raise ValueError("the numbers of values do not fit each other")
    terms = relative_errors(truth, given, np.resize(constants, truth.shape), missing)
    terms = terms[~np.isnan(truth)]
    return 1.0 - float(np.mean(terms)) if terms.size else None


def relative_errors(
    gold: Floats, predicted: Floats, epsilon: ArrayLike, missing: Missing = "wrong"
) -> Floats:
    """The terms of R-SMAPE, 0 (best) to 1, one a number.

    Without epsilon a nought that is met is no error.
    """
    absent = np.isnan(predicted)
    given = np.where(absent, 0.0, predicted)
    off = np.abs(gold - given)
    terms = divided(off, np.abs(gold) + np.abs(given) + np.asarray(epsilon, dtype=np.float64))
    terms = np.where(off == 0, 0.0, terms)
    return np.where(absent, 1.0, terms) if missing == "wrong" else np.asarray(terms)


def median_statistic(errors: Floats) -> Statistic:
    """The median of ``errors`` (NaN: none) as a function of weights; of two middles their mean."""
    given = np.flatnonzero(~np.isnan(errors))
    order = given[np.argsort(errors[given], kind="stable")]
    ranked = errors[order]

    def statistic(drawn: Floats) -> Floats:
        if not len(order):
            return np.full(len(drawn), np.nan)
        reached = np.cumsum(drawn[:, order], axis=1)
        total = reached[:, -1]
        middles = []
        for rank in (np.floor((total - 1) / 2), np.floor(total / 2)):
            at = (reached <= rank[:, None]).sum(axis=1)
            middles.append(ranked[np.minimum(at, len(ranked) - 1)])
        return np.where(total > 0, (middles[0] + middles[1]) / 2, np.nan)

    return statistic
