"""Stretches of text that do not overlap, kept sorted so that a look-up takes logarithmic time."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable

__all__ = ["Intervals"]


class Intervals:
    """A growing set of half-open stretches, none of which touches another."""

    def __init__(self, stretches: Iterable[tuple[int, int]] = ()) -> None:
        self._stretches = sorted(stretches)

    def touching(self, start: int, end: int) -> tuple[int, int] | None:
        """The first stretch that shares a character with ``start..end``, or None."""
        index = bisect_left(self._stretches, start, key=lambda stretch: stretch[1] - 1)
        if index < len(self._stretches) and self._stretches[index][0] < end:
            return self._stretches[index]
        return None

    def add(self, start: int, end: int) -> bool:
        """Take in ``start..end`` unless it touches another; whether it was taken in."""
        if self.touching(start, end) is not None:
            return False
        insort(self._stretches, (start, end))
        return True
