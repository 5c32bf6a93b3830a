"""What looks like an identifier and is none, and what stands around a value that is one."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from sekisho.optimization.simulation.profile import Mistake
from sekisho.phi import lists
from sekisho.phi.categories import Category

__all__ = ["Around", "Slips", "Trap", "around", "joined", "slips", "swapped", "traps"]

_FILE = Path(__file__).with_name("traps.toml")
_KINDS = (Mistake.EXTRA_EPONYM, Mistake.EXTRA_DEVICE, Mistake.EXTRA_MEASURE)
#: A shorter eponym may be a piece of another word.
_SHORTEST = 3


@dataclass(frozen=True, slots=True, order=True)
class Trap:
    """What stands at ``start`` and would be an error of that ``kind``, with a type of ``types``."""

    start: int
    value: str = field(repr=False)
    kind: Mistake
    types: tuple[Category, ...]

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.start + len(self.value)


@dataclass(frozen=True, slots=True)
class Around:
    """Titles before and after a name, and brackets."""

    before: tuple[str, ...]
    after: tuple[str, ...]
    opening: str
    closing: str


@dataclass(frozen=True, slots=True)
class Slips:
    """Where a value is cut, and letters that a slip of the pen puts in."""

    cuts: str
    letters: str


@cache
def around() -> Around:
    """What a careless model takes into a value."""
    stated = _stated()["around"]
    return Around(
        tuple(stated["before"]), tuple(stated["after"]), stated["opening"], stated["closing"]
    )


@cache
def slips() -> Slips:
    """What a careless hand does to a value."""
    return Slips(**_stated()["slips"])


def joined(mistake: Mistake) -> str:
    """The pattern of what stands between two items that become one entry."""
    pattern: str = _stated()["joined"][mistake]
    return pattern


def swapped(category: Category) -> Category:
    """What ``category`` is mistaken for."""
    return Category(_stated()["swapped"][category])


def traps(text: str) -> tuple[Trap, ...]:
    """What looks like an identifier in ``text``, each value once, in its order."""
    found: dict[str, Trap] = {}
    for trap in sorted(_all(text)):
        found.setdefault(trap.value, trap)
    return tuple(found.values())


def _all(text: str) -> Iterator[Trap]:
    for kind in _KINDS:
        stated = _stated()[kind]
        types = tuple(map(Category, stated["types"]))
        pattern = _eponyms() if kind is Mistake.EXTRA_EPONYM else re.compile(stated["pattern"])
        for match in pattern.finditer(text):
            yield Trap(match.start(), match[0], kind, types)


@cache
def _eponyms() -> re.Pattern[str]:
    # Longest first, so that the whole of a term is taken.
    terms = sorted(
        (term for term in lists.lines("eponyms") if len(term) >= _SHORTEST),
        key=lambda term: (-len(term), term),
    )
    return re.compile("|".join(map(re.escape, terms)))


@cache
def _stated() -> Mapping[str, Any]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))
