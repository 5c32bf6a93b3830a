"""Where the values of an answer stand in the text: every occurrence, or none.

A model copies a value; this module finds it again by plain search on the folded text, so that width,
half-width kana and line ends do not matter, and, failing that, without blanks and middle dots, or
without the hyphens of a number. What cannot be found so was not copied.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from sekisho.documents.document import Document
from sekisho.documents.folding import fold
from sekisho.phi.categories import Category
from sekisho.phi.morphology import morphemes
from sekisho.phi.occurrences import cuts_a_word, stands_alone
from sekisho.phi.search import Haystack

__all__ = ["LEAST_LIKENESS", "Ground"]

#: The share of a value's characters that must be in place for a fuzzy match to be believed.
LEAST_LIKENESS = 0.6

#: A number shorter than this is not looked for without its hyphens.
_FEWEST_DIGITS = 6
#: What is as long as this is looked for otherwise spaced too, although it stands there as it is.
_LONG = 4

_PEOPLE = frozenset({Category.NAME, Category.STAFF})


class Ground:
    """A document made ready for finding values in it; offsets are those of the original."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._text = document.folded.text
        self._haystack = Haystack(self._text)

    def places(self, value: str, category: str) -> list[tuple[int, int]]:
        """Where ``value`` stands, sorted; none when it stands nowhere.

        Places where it is a piece of a longer word or number (林 in 林檎, 12 in 3120) are left out,
        unless there are no others: the model saw it somewhere.
        """
        needle = fold(value).text.strip()
        exact = list(self._exact(needle))
        spaced = [] if exact and len(needle) < _LONG else self._haystack.names(needle)
        found = sorted({*exact, *spaced}) or list(self._numbers(needle))
        own = [place for place in found if self._is_own(*place, category)]
        return [self._document.folded.to_original(*place) for place in own or found]

    def closest(self, value: str) -> tuple[int, int] | None:
        """The stretch most like ``value``; None when even that has too little in common with it.

        Likeness is 1 - edit distance / length of the value, at least ``LEAST_LIKENESS``
        (approximate substring search after Sellers, J Algorithms 1, 359, 1980).
        """
        needle = fold(value).text.strip()
        if not needle or not self._text:
            return None
        distance, start, end = _sellers(needle, self._text)
        if start >= end or 1 - distance / len(needle) < LEAST_LIKENESS:
            return None
        return self._document.folded.to_original(start, end)

    def _exact(self, needle: str) -> Iterator[tuple[int, int]]:
        at = self._text.find(needle) if needle else -1
        while at >= 0:
            yield at, at + len(needle)
            at = self._text.find(needle, at + 1)

    def _numbers(self, needle: str) -> Iterator[tuple[int, int]]:
        if sum(map(str.isdigit, needle)) >= _FEWEST_DIGITS:
            yield from self._haystack.numbers(needle)

    def _is_own(self, start: int, end: int, category: str) -> bool:
        if self._haystack.runs_on(start, end) or cuts_a_word(self._text, start, end):
            return False
        if category in _PEOPLE and end - start <= 3:
            return stands_alone(self._text, start, end, self._word_starts)
        return True

    @cached_property
    def _word_starts(self) -> frozenset[int]:
        return frozenset(word.start for word in morphemes(self._text))


def _sellers(needle: str, text: str) -> tuple[int, int, int]:
    """The least edit distance of ``needle`` to a stretch of ``text``, and that stretch."""
    # A row for each letter of the text: (distance, where the stretch began) by length of needle.
    before = [(length, 0) for length in range(len(needle) + 1)]
    best = (len(needle), 0, 0)
    for at, sign in enumerate(text):
        row = [(0, at + 1)]
        for length, wanted in enumerate(needle, start=1):
            diagonal, began = before[length - 1]
            row.append(
                min(
                    (diagonal + (sign != wanted), began),
                    (before[length][0] + 1, before[length][1]),
                    (row[length - 1][0] + 1, row[length - 1][1]),
                    key=_distance,
                )
            )
        distance, began = row[-1]
        # At equal distance the longer one: a wrong last letter is covered too.
        longer = distance == best[0] and began == best[1] and at < began + len(needle)
        if distance < best[0] or longer:
            best = (distance, began, at + 1)
        before = row
    return best


def _distance(cell: tuple[int, int]) -> int:
    return cell[0]
