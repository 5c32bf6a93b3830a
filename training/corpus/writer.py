"""The writer of one document: its random source, its habits, and what stays the same in it."""

from __future__ import annotations

import random
from datetime import date, timedelta
from functools import cached_property
from typing import NamedTuple

__all__ = ["Piece", "Writer", "plain"]


class Piece(NamedTuple):
    """A stretch of text that is one identifier, or none (``label`` is None)."""

    text: str
    label: str | None = None


def plain(text: str) -> list[Piece]:
    """``text`` that names nobody."""
    return [Piece(text)]


class Writer:
    """One person writing one document: draws by ``rng``, and keeps to its habits.

    ``blank`` stands between surname and given name, ``hiragana`` says in which kana readings are
    written, ``today`` is the day of writing; no patient is older than ``oldest`` years.
    """

    def __init__(self, rng: random.Random, oldest: int = 101) -> None:
        self.rng = rng
        self.oldest = oldest
        self.blank = rng.choices(("", " ", "　"), weights=(55, 17, 28))[0]
        self.hiragana = rng.random() < 0.45
        self.today = date(2012, 1, 1) + timedelta(days=rng.randrange(15 * 365))
        self.bullet = rng.choice(("・", "- ", "● ", "○", "＊", "◆", "", "　", "number", "circled"))
        self._kept: dict[str, object] = {}

    def chance(self, probability: float) -> bool:
        """True with ``probability``."""
        return self.rng.random() < probability

    def weighted(self, **weights: float) -> str:
        """One of the keywords, by weight."""
        return self.rng.choices(tuple(weights), weights=tuple(weights.values()))[0]

    def digits(self, count: int) -> str:
        """A number of ``count`` digits that does not begin with nought."""
        return str(self.rng.randrange(10 ** (count - 1), 10**count))

    def keep(self, key: str, value: object) -> object:
        """The first value that was given for ``key`` in this document."""
        return self._kept.setdefault(key, value)

    @cached_property
    def birth(self) -> date:
        """The patient's day of birth: mostly nearer to the oldest than to the youngest."""
        years = int(self.rng.triangular(0, self.oldest, 0.73 * self.oldest))
        return self.today - timedelta(days=years * 365 + self.rng.randrange(365))

    @property
    def age(self) -> int:
        """The patient's age in full years on the day of writing."""
        before = (self.today.month, self.today.day) < (self.birth.month, self.birth.day)
        return self.today.year - self.birth.year - before

    @cached_property
    def sex(self) -> str:
        """The patient's sex: F or M."""
        return self.rng.choice("FM")
