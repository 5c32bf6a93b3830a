"""How figures, arms and marks are written, alike on the page, in its plots and in the tables."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from sekisho.optimization.result import Figure, Refine, StudyResult

__all__ = [
    "NOTHING",
    "bound",
    "decimal",
    "finite",
    "interval",
    "marks",
    "percent",
    "percent_interval",
    "probability",
    "ranks",
    "refine",
    "signed",
]

#: What stands where there is no figure.
NOTHING = "–"
#: No figure of a study is as large; what is larger is no figure.
_LARGEST = 1e12
#: Origins of answers that no language model gave, and the mark that says so.
_STAND_INS = {"simulated": "SIMULATED", "scripted": "SCRIPTED", "replayed": "REPLAYED"}


def marks(result: StudyResult) -> tuple[str, ...]:
    """The marks of ``result``, with those that the origins of its models ask for."""
    asked = (_STAND_INS[card.origin] for card in result.models if card.origin in _STAND_INS)
    return tuple(dict.fromkeys((*result.marks, *asked)))


def finite(value: float | None) -> float | None:
    """``value`` where it is a number that can be shown, else None."""
    if value is None or not math.isfinite(value) or abs(value) > _LARGEST:
        return None
    return float(value)


def decimal(value: float | None, digits: int = 1) -> str:
    """``value`` with ``digits`` after the point; a dash for none."""
    known = finite(value)
    if known is None:
        return NOTHING
    return _with_minus(f"{_unsigned_zero(known, digits):,.{digits}f}")


def signed(value: float | None, digits: int = 1) -> str:
    """``value`` with its sign, as differences are written; a dash for none."""
    known = finite(value)
    if known is None:
        return NOTHING
    rounded = _unsigned_zero(known, digits)
    return _with_minus(f"{rounded:+,.{digits}f}") if rounded else f"{rounded:.{digits}f}"


def percent(share: float | None) -> str:
    """A share from 0 to 1 in per cent, finer below one per cent; a dash for none."""
    known = finite(share)
    if known is None:
        return NOTHING
    cents = 100 * known
    digits = 2 if 0 < abs(cents) < 1 else 1
    return _with_minus(f"{_unsigned_zero(cents, digits):,.{digits}f} %")


def interval(figure: Figure, digits: int = 1) -> str:
    """The ends of an interval; nothing where there is none."""
    if finite(figure.low) is None or finite(figure.high) is None:
        return ""
    # A dash between numbers that may be negative would be read as a minus.
    return f"[{decimal(figure.low, digits)}, {decimal(figure.high, digits)}]"


def percent_interval(figure: Figure) -> str:
    """The ends of an interval of a share, in per cent; nothing where there is none."""
    low, high = finite(figure.low), finite(figure.high)
    if low is None or high is None:
        return ""
    return f"[{percent(low).removesuffix(' %')}, {percent(high)}]"


def bound(figure: Figure) -> str:
    """Up to how many units may still have what none of ``n`` had; nothing where any had it.

    The rule of three: 3/n is about the upper end of the 95 % interval of a share that was seen to
    be zero (Hanley and Lippman-Hand 1983). A bootstrap interval has no width there. The units must
    be independent, as documents are and characters are not.
    """
    if figure.value != 0 or figure.n < 1:
        return ""
    return f"≤ {percent(min(1.0, 3 / figure.n))}"


def probability(p: float | None) -> str:
    """A p value with three digits after the point, as journals ask for."""
    known = finite(p)
    if known is None:
        return NOTHING
    return "< 0.001" if known < 0.001 else f"{known:.3f}"


def refine(policy: Refine) -> str:
    """A way to review in a few words; nothing where there is no review."""
    if policy.policy == "never":
        return ""
    return f"{policy.policy} · {policy.wording} · {policy.keep}"


def ranks(numbers: Iterable[int]) -> str:
    """Ranks with neighbours joined: ``1–3, 5``."""
    runs: list[list[int]] = []
    for number in sorted(set(numbers)):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(_run(run) for run in runs)


def _run(run: Sequence[int]) -> str:
    return str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}"


def _with_minus(number: str) -> str:
    return number.replace("-", "−")


def _unsigned_zero(value: float, digits: int) -> float:
    """``value`` rounded; minus zero becomes zero."""
    return round(value, digits) + 0.0
