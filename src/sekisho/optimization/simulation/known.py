"""What a simulated model knows: texts with all their identifiers, and passages of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import pairwise

from sekisho.evaluation.gold import GoldDocument
from sekisho.evaluation.script import Script, script
from sekisho.optimization.simulation.profile import Mistake
from sekisho.optimization.simulation.traps import Trap, around, joined, traps
from sekisho.phi.categories import Category

__all__ = ["Item", "Joint", "Known", "Passage", "is_kana"]

#: From this difficulty on an identifier is hidden, whatever is said of how.
_HIDDEN = 5
_PEOPLE = frozenset({Category.NAME, Category.STAFF})
_DATES = frozenset({Category.DATE, Category.BIRTHDATE})
_KANA = frozenset({Script.HIRAGANA, Script.KATAKANA})


@dataclass(frozen=True, slots=True)
class Item:
    """A right entry: a category and a value, and where in the passage it stands first."""

    category: Category
    value: str = field(repr=False)
    start: int
    disguised: bool = False

    @property
    def end(self) -> int:
        """Where its first place ends."""
        return self.start + len(self.value)

    @property
    def key(self) -> str:
        """What tells it from the other items of its document."""
        return f"{self.category}\0{self.value}"


@dataclass(frozen=True, slots=True)
class Joint:
    """Two items that stand side by side, and the ``value`` of the one entry that joins them."""

    mistake: Mistake
    first: Item
    second: Item
    value: str = field(repr=False)


@dataclass(frozen=True)
class Passage:
    """A text that a model was asked about, with its right entries in the order of the text.

    ``places`` says where each stands: all of them, sorted.
    """

    document: str
    text: str = field(repr=False)
    items: tuple[Item, ...] = field(repr=False)
    places: tuple[tuple[int, Item], ...] = field(repr=False)

    @cached_property
    def traps(self) -> tuple[Trap, ...]:
        """What looks like an identifier in the text and is none."""
        taken = bytearray(len(self.text))
        for start, item in self.places:
            taken[start : start + len(item.value)] = b"\1" * len(item.value)
        return tuple(trap for trap in traps(self.text) if not any(taken[trap.start : trap.end]))

    @cached_property
    def joints(self) -> tuple[Joint, ...]:
        """The neighbours that a careless model joins; each item with one other at most."""
        found: list[Joint] = []
        taken: set[Item] = set()
        for (start, item), (at, following) in pairwise(self.places):
            joint = self._joint(start, item, at, following)
            if joint is not None and not taken & {item, following}:
                taken |= {item, following}
                found.append(joint)
        return tuple(found)

    def _joint(self, start: int, item: Item, at: int, following: Item) -> Joint | None:
        mistake = _pair(item, following)
        if mistake is None:
            return None
        between = self.text[start + len(item.value) : at]
        if re.fullmatch(joined(mistake), between) is None:
            return None
        end = at + len(following.value)
        opened, closed = between.strip()[-1:], self.text[end : end + 1]
        if opened and closed and opened in around().opening and closed in around().closing:
            end += 1
        return Joint(mistake, item, following, self.text[start:end])


class Known:
    """The documents that were told; a text that was told twice is what it was told first."""

    def __init__(self, documents: Iterable[GoldDocument] = ()) -> None:
        self._documents: dict[str, GoldDocument] = {}
        self._find = lru_cache(maxsize=4096)(self._found)
        self.learn(documents)

    def learn(self, documents: Iterable[GoldDocument]) -> None:
        """Know ``documents`` too."""
        for document in documents:
            self._documents.setdefault(document.text, document)
        self._find.cache_clear()

    def passage(self, text: str) -> Passage | None:
        """``text`` as a passage of a known document; None when it stands in none of them."""
        return self._find(text)

    def _found(self, text: str) -> Passage | None:
        whole = self._documents.get(text)
        if whole is not None:
            return _passage(whole, text, 0)
        if not text.strip():
            return None
        for document in self._documents.values():
            at = document.text.find(text)
            if at >= 0:
                return _passage(document, text, at)
        return None


def is_kana(item: Item) -> bool:
    """Whether ``item`` is a name in hiragana or katakana alone."""
    return item.category in _PEOPLE and script(item.value) in _KANA


def _passage(document: GoldDocument, text: str, offset: int) -> Passage:
    items: dict[tuple[Category, str], Item] = {}
    places = []
    # What an evaluation does not count is an identifier all the same.
    for span in sorted((*document.spans, *document.ignored)):
        start = span.start - offset
        if start < 0 or start + len(span.surface) > len(text):
            continue
        disguised = span.disguise is not None or (span.difficulty or 0) >= _HIDDEN
        item = Item(span.category, span.surface, start, disguised)
        places.append((start, items.setdefault((span.category, span.surface), item)))
    return Passage(document.id, text, tuple(items.values()), tuple(places))


def _pair(item: Item, following: Item) -> Mistake | None:
    """What it is called when two neighbours become one entry; None for a pair that never does."""
    first, second = item.category, following.category
    if first in _DATES and second is Category.TIME:
        return Mistake.MIXED_DATE_TIME
    if first in _PEOPLE and second is first and is_kana(following):
        return Mistake.MIXED_NAME_KANA
    if first is Category.AGE and second is Category.SEX:
        return Mistake.MIXED_AGE_SEX
    return None
