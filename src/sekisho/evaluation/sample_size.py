"""How many documents a comparison needs, and what can be said with those that there are.

A study of ten reports always has a first and a last system. These rules tell beforehand what a data
set can show, and afterwards how many reports the observed difference would have needed.

Sources: pairs for a t test: Guenther, The American Statistician 35 (1981), 243-244; the signed-rank
test is as good as a t test with 3/pi of the pairs where differences are normal: Hodges and Lehmann,
Annals of Mathematical Statistics 27 (1956), 324-335. Sizes of effects: Cohen, Statistical Power
Analysis for the Behavioral Sciences (1988). Nothing seen: Hanley and Lippman-Hand, JAMA 249 (1983),
1743-1745.
"""

from __future__ import annotations

import math
from statistics import NormalDist

from sekisho.errors import UsageError

__all__ = [
    "ALPHA",
    "LARGE",
    "POWER",
    "clean_needed",
    "detectable",
    "least_to_rank",
    "needed",
    "ranking_warning",
    "too_few",
    "unseen",
]

#: The chance to see a difference where there is none.
ALPHA = 0.05
#: The chance to see the difference that there is.
POWER = 0.8
#: A large effect (Cohen 1988): the mean difference is 0.8 of the spread of the differences.
LARGE = 0.8

#: The asymptotic efficiency of signed ranks against a t test, for normal differences.
_EFFICIENCY = 3 / math.pi
#: An effect as small as this is rounding: eight million million documents would show it.
_NO_EFFECT = 1e-6
#: Whole numbers that floats miss by less are met.
_ROUNDING = 1e-9


def needed(d: float | None, *, power: float = POWER, alpha: float = ALPHA) -> int | None:
    """Documents that show an effect of ``d`` (Cohen's d for pairs) by a two-sided signed-rank test.

    ``n = (((z_a + z_b) / d)^2 + z_a^2 / 2) * pi / 3`` with ``z_a`` the normal quantile of
    1 - alpha/2 and ``z_b`` that of ``power``, and no fewer than the test needs to have a p-value of
    alpha at all (``2 / 2^n <= alpha``: 6 for 0.05). None where d is nought, which no number shows,
    and where d is None, since the differences do not vary. Raises ``UsageError`` when d is not
    finite, or not ``0 < alpha < power < 1``.
    """
    both, outer = _quantiles(power, alpha)
    if d is None:
        return None
    if not math.isfinite(d):
        raise UsageError("an effect size is a finite number")
    if abs(d) < _NO_EFFECT:
        return None
    pairs = ((both / d) ** 2 + outer**2 / 2) / _EFFICIENCY
    return max(math.ceil(pairs - _ROUNDING), _least(alpha))


def detectable(
    n: int, sd: float = 1.0, *, power: float = POWER, alpha: float = ALPHA
) -> float | None:
    """The smallest mean difference that ``n`` documents show, in the unit of ``sd``.

    ``sd`` is the standard deviation of the differences of single documents. It is ``needed`` solved
    for the difference. None where so few documents show no difference, whatever its size. Raises
    ``UsageError`` when n or sd is negative.
    """
    both, outer = _quantiles(power, alpha)
    if n < 0 or not (math.isfinite(sd) and sd >= 0):
        raise UsageError("a number of documents and a standard deviation are not negative")
    left = n * _EFFICIENCY - outer**2 / 2
    if n < _least(alpha) or left <= 0:
        return None
    return sd * both / math.sqrt(left)


def too_few(n: int, d: float | None) -> bool:
    """Whether ``n`` documents are fewer than an effect of ``d`` needs.

    Where no number would do (``needed`` is None) n only has to be enough for a large effect: more
    documents of the kind would say the same, but so few of them say nothing.
    """
    asked = needed(d)
    return n < (least_to_rank(2) if asked is None else asked)


def least_to_rank(systems: int) -> int:
    """The fewest documents on which ``systems`` are put into an order.

    With fewer not even a large effect (d = 0.8) between two of them is likely to be seen (power
    0.8), once alpha = 0.05 is shared among all pairs of systems (Bonferroni; Holm's first step): 15
    documents for two systems, 28 for six, 37 for fourteen. One system has no order. Raises
    ``UsageError`` when there is less than one system.
    """
    if systems < 1:
        raise UsageError("there is no system to rank")
    pairs = math.comb(systems, 2)
    enough = needed(LARGE, alpha=ALPHA / pairs) if pairs else 0
    return enough or 0


def ranking_warning(n: int, systems: int) -> str:
    """One sentence where ``n`` documents are too few to rank ``systems``; empty where they are not.

    It names how many are needed, and the least effect that n documents show between two systems.
    """
    least = least_to_rank(systems)
    if n >= least:
        return ""
    seen = detectable(n)
    hidden = "no difference" if seen is None else f"no difference below {seen:.1f} of its spread"
    return (
        f"{n} of at least {least} documents are there to rank {systems} systems: "
        f"{hidden} would show"
    )


def unseen(n: int, *, alpha: float = ALPHA) -> float:
    """The greatest share of documents that may leak where none of ``n`` did.

    ``1 - alpha^(1/n)``, the upper end of the one-sided exact interval, about 3/n (rule of three).
    Nothing read is 1: all of them may. Raises ``UsageError`` when n is negative.
    """
    _check_alpha(alpha)
    if n < 0:
        raise UsageError("a number of documents is not negative")
    return -math.expm1(math.log(alpha) / n) if n else 1.0


def clean_needed(share: float, *, alpha: float = ALPHA) -> int:
    """Documents, none with a leak, that show that no more than ``share`` of all documents leak.

    ``log(alpha) / log(1 - share)``: 299 for one in a hundred. Raises ``UsageError`` when share is
    not above 0 and below 1.
    """
    _check_alpha(alpha)
    if not 0 < share < 1:
        raise UsageError("a share of documents lies between 0 and 1")
    return math.ceil(math.log(alpha) / math.log1p(-share) - _ROUNDING)


def _quantiles(power: float, alpha: float) -> tuple[float, float]:
    """``z_a + z_b`` and ``z_a``."""
    _check_alpha(alpha)
    if not alpha < power < 1:
        raise UsageError("power lies between alpha and 1")
    outer = -NormalDist().inv_cdf(alpha / 2)
    return outer + NormalDist().inv_cdf(power), outer


def _check_alpha(alpha: float) -> None:
    if not 0 < alpha < 1:
        raise UsageError("alpha lies between 0 and 1")


def _least(alpha: float) -> int:
    """The fewest pairs whose least p-value, 2 of 2^n signs, is no greater than ``alpha``."""
    return math.ceil(1 - math.log2(alpha) - _ROUNDING)
