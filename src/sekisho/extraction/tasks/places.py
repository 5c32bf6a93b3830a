"""Where each key of a file stands: parsers tell values, and never the lines of them."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TypeAlias

__all__ = ["DEEPEST", "KeyPath", "Lines", "Places"]

#: Keys and the numbers of items (from 0), from the outermost one inwards.
KeyPath: TypeAlias = tuple[str | int, ...]

#: A key deeper than this has no place of its own.
DEEPEST = 64


@dataclass(slots=True)
class Places:
    """Lines count from 1.

    ``twice`` holds each key that stands again where it already stood; ``stopped`` is where
    something was begun that cannot be read, which a valid file never has.
    """

    lines: dict[KeyPath, int] = field(default_factory=dict)
    twice: list[tuple[KeyPath, int]] = field(default_factory=list)
    stopped: int | None = None

    def line(self, path: KeyPath) -> int:
        """The line of ``path``, or of the nearest around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


class Lines:
    """From an offset in a text to its line."""

    def __init__(self, text: str) -> None:
        self._ends = list(accumulate(len(line) + 1 for line in text.split("\n")))

    def at(self, offset: int) -> int:
        """The line, from 1, in which the character at ``offset`` stands."""
        return min(bisect_right(self._ends, offset), len(self._ends) - 1) + 1
