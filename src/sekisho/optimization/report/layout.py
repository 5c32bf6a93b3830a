"""Room for labels: how wide they are, where they fit, and how they are cut and kept apart.

Nothing here measures a font, which the page does not choose: widths are estimates on the safe side.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

__all__ = ["FONT", "Box", "clean", "place", "shortened", "spread", "width_of"]

#: Size of letters.
FONT = 12.0
#: Width of a letter in ems: of Latin ones on the average, and of those that fill a square.
_NARROW, _WIDE = 0.56, 1.0


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle; ``y`` grows downward."""

    x: float
    y: float
    width: float
    height: float

    def meets(self, other: Box) -> bool:
        """Whether the two share any area."""
        return (
            self.x < other.x + other.width
            and other.x < self.x + self.width
            and self.y < other.y + other.height
            and other.y < self.y + self.height
        )

    def within(self, other: Box) -> bool:
        """Whether no part of it lies outside of ``other``."""
        return (
            self.x >= other.x
            and self.y >= other.y
            and self.x + self.width <= other.x + other.width
            and self.y + self.height <= other.y + other.height
        )


def clean(words: str) -> str:
    """``words`` without what XML cannot hold."""
    return "".join(
        letter if letter in "\t\n" or _is_writable(letter) else "\N{REPLACEMENT CHARACTER}"
        for letter in words
    )


def width_of(words: str, size: float = FONT) -> float:
    """About how wide ``words`` are drawn."""
    return size * sum(
        _WIDE if unicodedata.east_asian_width(letter) in "WFA" else _NARROW for letter in words
    )


def shortened(words: str, most: float, size: float = FONT) -> str:
    """``words`` in one line of at most ``most``, cut in the middle: names differ at their ends."""
    line = " ".join(clean(words).split())
    if width_of(line, size) <= most:
        return line
    kept = len(line) - 1
    while kept > 2:
        head = math.ceil(kept * 0.6)
        made = f"{line[:head]}…{line[len(line) - (kept - head) :]}"
        if width_of(made, size) <= most:
            return made
        kept -= 1
    return f"{line[:2]}…"


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Places near those ``wanted``, in their order, ``gap`` apart and between ``low`` and ``high``.

    Where there is no room for that, they share the room evenly.
    """
    order = sorted(range(len(wanted)), key=lambda at: wanted[at])
    room = (high - low) / (len(wanted) - 1) if len(wanted) > 1 else gap
    step = min(gap, room)
    placed = [0.0] * len(wanted)
    edge = low
    for at in order:
        placed[at] = min(max(wanted[at], edge), high)
        edge = placed[at] + step
    edge = high
    for at in reversed(order):
        placed[at] = max(min(placed[at], edge), low)
        edge = placed[at] - step
    return placed


def place(
    x: float, y: float, width: float, height: float, taken: Iterable[Box], inside: Box
) -> Box | None:
    """A free place for a label near the point ``x, y``, the nearest first; None without one."""
    full = tuple(taken)
    for box in _around(x, y, width, height):
        if box.within(inside) and not any(box.meets(other) for other in full):
            return box
    return None


def _around(x: float, y: float, width: float, height: float) -> Iterator[Box]:
    for away in (8.0, 16.0, 26.0, 38.0, 52.0, 70.0):
        middle = y - height / 2
        yield Box(x + away, middle, width, height)
        yield Box(x - away - width, middle, width, height)
        yield Box(x - width / 2, y - away - height, width, height)
        yield Box(x - width / 2, y + away, width, height)
        for dx in (away * 0.7, -away * 0.7 - width):
            yield Box(x + dx, y - away * 0.7 - height, width, height)
            yield Box(x + dx, y + away * 0.7, width, height)


def _is_writable(letter: str) -> bool:
    code = ord(letter)
    return (
        0x20 <= code < 0x7F or 0xA0 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code >= 0x10000
    )
