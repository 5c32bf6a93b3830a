"""Axes of plots: where values are drawn, and which round values are written beside them."""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["Axis", "linear_ticks", "log_ticks"]


@dataclass(frozen=True, slots=True)
class Axis:
    """Values from ``low`` to ``high``, drawn from ``start`` to ``end``; both > 0 with ``log``."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def at(self, value: float) -> float:
        """Where ``value`` is drawn; what lies outside is drawn at the edge."""
        inside = min(max(value, self.low), self.high)
        low, high, at = self.low, self.high, inside
        if self.log:
            low, high, at = math.log(low), math.log(high), math.log(at)
        share = (at - low) / (high - low) if high > low else 0.5
        return self.start + share * (self.end - self.start)

    def ticks(self, about: int = 6) -> tuple[float, ...]:
        """Round values on the axis."""
        made = log_ticks if self.log else linear_ticks
        return made(self.low, self.high, about)


def linear_ticks(low: float, high: float, about: int = 6) -> tuple[float, ...]:
    """Multiples of 1, 2 or 5 times a power of ten between ``low`` and ``high``.

    After Heckbert, "Nice numbers for graph labels" (Graphics Gems, 1990).
    """
    if not high > low:
        return (low,)
    rough = (high - low) / max(about - 1, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(size * power for size in (1, 2, 5, 10) if size * power >= rough * (1 - 1e-9))
    digits = max(0, -math.floor(math.log10(step)))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return tuple(round(at * step, digits) + 0.0 for at in range(first, last + 1))


def log_ticks(low: float, high: float, about: int = 6) -> tuple[float, ...]:
    """Powers of ten between ``low`` and ``high``, with 2 and 5 times them where there is room."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    for sizes in ((1, 2, 5), (1, 3), (1,)):
        made = [
            float(f"{size}e{power}")
            for power in range(first, last + 1)
            for size in sizes
            if low * (1 - 1e-9) <= float(f"{size}e{power}") <= high * (1 + 1e-9)
        ]
        if len(made) <= about + 2:
            break
    else:
        made = made[:: math.ceil(len(made) / about)]
    return tuple(made) if len(made) > 1 else linear_ticks(low, high, 3)
