"""Numbers in a text with their units, brought to one unit for each dimension.

A report says ``1.8 cm`` where the next says ``18mm``; a model that counts words sees no relation
between them. Here both are 18 of the dimension ``length``.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

__all__ = ["Quantity", "folded", "quantities", "unit_sizes"]

#: Longer runs of digits are identifiers, not measurements.
_LONGEST = 12
_NUMBER = re.compile(r"(?<![a-z0-9.,])[0-9]+(?:[.,][0-9]+)*")
_GROUPED = re.compile(r"[1-9][0-9]{0,2}(?:[.,][0-9]{3}){2,}")
#: What may stand between two numbers that share the unit of the second: 12 x 14 mm, 3-4 cm.
_JOINED = re.compile(r" ?(?:x|×|\*|-|–|〜|~|/|by|bij|tot|to|à) ?")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number of a folded text: ``text[start:end]`` with its unit.

    ``base`` is in the base unit of ``dimension``; a number without a unit has neither
    (``unit`` and ``dimension`` are empty) and ``base`` is as written.
    """

    start: int
    end: int
    base: float
    unit: str = ""
    dimension: str = ""

    @property
    def bare(self) -> bool:
        """Whether no unit is written beside the number."""
        return not self.unit


def folded(text: str) -> str:
    """The text in one width, in lower case, with plain blanks; its offsets are its own."""
    return unicodedata.normalize("NFKC", text).replace("μ", "µ").lower()


def quantities(text: str) -> list[Quantity]:
    """All numbers of a ``folded`` text from left to right; dates and long codes are none."""
    sizes, pattern = _units()
    found: list[Quantity] = []
    for match in _NUMBER.finditer(text):
        value = _value(match.group())
        if value is None:
            continue
        unit = pattern.match(text, match.end())
        if unit is None:
            found.append(Quantity(match.start(), match.end(), value))
        else:
            dimension, size = sizes[unit.group(1)]
            found.append(
                Quantity(match.start(), unit.end(), value * size, unit.group(1), dimension)
            )
    return _shared(text, found)


def unit_sizes(dimension: str) -> list[float]:
    """The sizes of the units of ``dimension``, in its base unit."""
    return [size for named, size in _units()[0].values() if named == dimension]


def _value(number: str) -> float | None:
    if len(number) > _LONGEST:
        return None
    if _GROUPED.fullmatch(number):
        return float(number.replace(",", "").replace(".", ""))
    marks = sum(number.count(mark) for mark in ".,")
    return float(number.replace(",", ".")) if marks <= 1 else None


def _shared(text: str, found: list[Quantity]) -> list[Quantity]:
    """Bare numbers that are joined to one with a unit take its unit."""
    sizes, _ = _units()
    for place in range(len(found) - 2, -1, -1):
        here, after = found[place], found[place + 1]
        if here.bare and not after.bare and _JOINED.fullmatch(text, here.end, after.start):
            dimension, size = sizes[after.unit]
            found[place] = Quantity(here.start, here.end, here.base * size, after.unit, dimension)
    return found


@cache
def _units() -> tuple[Mapping[str, tuple[str, float]], re.Pattern[str]]:
    """Each unit with its dimension and size, and the pattern of a unit behind a number."""
    table = tomllib.loads((files(__package__) / "units.toml").read_text(encoding="utf-8"))
    sizes = {
        folded(unit): (dimension, float(size))
        for dimension, units in table.items()
        for unit, size in units.items()
    }
    longest_first = "|".join(re.escape(unit) for unit in sorted(sizes, key=len, reverse=True))
    return sizes, re.compile(rf"[ ]?({longest_first})(?![a-z0-9µ/])")
