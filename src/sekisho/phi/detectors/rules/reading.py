"""A reading of one text, shared by all rule families, and the hits that they report."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import accumulate

from sekisho.phi.categories import Category
from sekisho.phi.detectors.rules.classes import HYPHENS, KANJI_DIGITS, compiled
from sekisho.phi.detectors.rules.labels import Label, data, labels
from sekisho.phi.detectors.rules.numbers import KANJI_TO_ASCII
from sekisho.phi.wordtrie import trie

__all__ = ["Hit", "Reading"]

#: Four kanji digits, or groups of them as in 〇三－一二三四.
_SPELLED_NUMBER = f"[{KANJI_DIGITS}][{KANJI_DIGITS}{HYPHENS}]{{2}}[{KANJI_DIGITS}]"
#: A label speaks for the value that begins at most this many characters behind it.
REACH = 12


@dataclass(frozen=True, slots=True)
class Hit:
    """An identifier in folded text: ``rule`` names who found it, ``score`` as in ``Span``."""

    start: int
    end: int
    category: Category
    rule: str
    score: float


class Reading:
    """The folded ``text`` with what several rule families need to know about it.

    ``language`` is that of the document; everything is computed once, on first use.
    """

    def __init__(self, text: str, language: str = "ja") -> None:
        self.text = text
        self.language = language

    @cached_property
    def labels(self) -> tuple[Label, ...]:
        """All labels from left to right."""
        return labels(self.text)

    @cached_property
    def _values(self) -> list[int]:
        return list(accumulate((label.value for label in self.labels), max))

    def of(self, *kinds: str) -> list[Label]:
        """The labels of the given kinds from left to right."""
        return [label for label in self.labels if label.kind in kinds]

    def label_before(self, position: int, reach: int = REACH) -> Label | None:
        """The nearest label whose value begins at most ``reach`` characters before ``position``."""
        index = bisect_right(self._values, position) - 1
        if index < 0:
            return None
        label = self.labels[index]
        return label if position - label.value <= reach else None

    def kind_before(self, position: int, reach: int = REACH) -> str:
        """The kind of that label, or an empty string."""
        label = self.label_before(position, reach)
        return label.kind if label else ""

    @cached_property
    def has_digits(self) -> bool:
        """Whether there is any ASCII digit."""
        return compiled("[0-9]").search(self.text) is not None

    @cached_property
    def kanji_as_digits(self) -> str | None:
        """The text with kanji digits as ASCII digits; None when no such number is in it.

        The translation keeps every offset.
        """
        if not compiled(_SPELLED_NUMBER).search(self.text):
            return None
        return self.text.translate(KANJI_TO_ASCII)

    def unit_at(self, position: int) -> bool:
        """Whether a unit of measurement, or a counter, begins at ``position``."""
        return _unit().match(self.text, position) is not None


@cache
def _unit() -> re.Pattern[str]:
    units = data("contexts")["units"]
    return re.compile(
        f" ?(?:{trie(units['signs'])}(?![A-Za-z])|(?<! ){trie(units['words'])})"
        "(?<!本(?=[人日院]))(?<!回(?=[診復]))(?<!点(?=滴))(?<!人(?=工))(?<!名(?=前))"
    )
