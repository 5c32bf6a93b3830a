"""Quotes found again: where the words that a model copied stand in the document.

A quote is looked for in folded text (``sekisho.documents.folding``), first as it is, then however
either side is broken and spaced: a report breaks its lines anywhere, and a model drops line breaks
and adds blanks. What is not found so was not copied.

*Blanks.* They mean nothing beside Japanese, separate Latin words (``in form`` is not ``inform``)
and numbers (``3. 5 mm`` is not ``3.5 mm``), and a line break divides Latin words or does not, with
a hyphen or without: see ``blanks``.

*Edges.* A quote never begins or ends inside a longer number (``12 mm`` in ``3.12 mm``) or a longer
Latin word (``no`` in ``nodule``). Japanese has no such borders. ① and the like number a list and
are no digits of what stands beside them.

*Whole characters.* What is folded together is found together: 株 is not a part of ㈱. Offsets are
those of the original, and begin and end with characters that can be seen.

*Quotation marks.* A quote that is not there is looked for without the marks around it.

*Ellipses.* ``右上葉に…を認める`` that is not there is the shortest stretch that begins with the one
part and ends with the other, ``LONGEST_ELLIPSIS`` characters at most; there may be several gaps.
Each part has two characters or more.

The time to find a quote is linear in the text.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from sekisho.documents.document import Document
from sekisho.documents.folding import fold
from sekisho.extraction.answers.blanks import (
    DECIMAL_SIGNS,
    DIGITS,
    LATIN,
    Form,
    with_borders,
    without_blanks,
)

__all__ = ["LONGEST_ELLIPSIS", "Quotes"]

#: Characters of the original, at most, from the first part of a quote with a gap to its last.
LONGEST_ELLIPSIS = 400
_SHORTEST_PART = 2

_Place = tuple[int, int]

_LETTER = re.compile(f"[{LATIN}]")
_RUN = re.compile(f"[{LATIN}]+|[0-9]+|.", re.DOTALL)

_MARKS = frozenset({"「」", "『』", "“”", "„”", "„“", "«»", "‘’", '""', "''", "``"})
_MOST_MARKS = 2
_GAP = re.compile(r"\[(?:\.{3,}|⋯+)\]|\((?:\.{3,}|⋯+|中略)\)|\.{3,}|⋯+|・{3,}")


@dataclass(frozen=True, slots=True, repr=False)
class _Needle:
    """A quote made ready to be looked for: as it is written, and without blanks."""

    exact: str
    spaced: str


class Quotes:
    """A document made ready for finding quotes in it.

    All offsets, given and returned, are code points of the original text.
    """

    def __init__(self, document: Document) -> None:
        self._text = document.text
        self._folded = document.folded
        self._borders = with_borders(document.text, document.folded)
        self._places_of: dict[str, list[_Place]] = {}

    def find(self, quote: str, *, after: int = 0) -> tuple[int, int] | None:
        """Where ``quote`` stands first at or behind ``after``, else anywhere; None when nowhere.

        As it is written it is preferred to otherwise spaced. An empty quote stands nowhere.
        """
        for form in (quote, *_unwrapped(quote)):
            needle = _needle(form)
            place = self._first(needle, after) or self._first(needle, 0)
            if place is not None:
                return place
        places = self._any_gaps(quote)
        at = bisect_left(places, (after, after))
        return places[at if at < len(places) else 0] if places else None

    def all(self, quote: str) -> list[tuple[int, int]]:
        """Everywhere that ``quote`` stands, sorted; no two places overlap."""
        if (places := self._places_of.get(quote)) is None:
            forms = (quote, *_unwrapped(quote))
            found = (self._written(_needle(form)) for form in forms)
            places = next(filter(None, found), None) or self._any_gaps(quote)
            self._places_of[quote] = places
        return list(places)

    def in_order(self, quotes: Sequence[str]) -> list[tuple[int, int] | None]:
        """Where each of ``quotes`` stands, each looked for behind the last that was found.

        One that does not stand there is taken where it stands first, and the next is looked for
        behind that: so quotes that are listed in groups are in order within each group.
        """
        places: list[_Place | None] = []
        after = 0
        for quote in quotes:
            place = self.find(quote, after=after)
            if place is not None:
                after = place[1]
            places.append(place)
        return places

    def _first(self, needle: _Needle, after: int) -> _Place | None:
        exact = next(self._places(needle.exact, self._as_it_is, after), None)
        if exact is not None:
            return exact
        firsts = (next(self._places(needle.spaced, form, after), None) for form in self._spaced)
        return min(filter(None, firsts), default=None)

    def _written(self, needle: _Needle) -> list[_Place]:
        """Where a quote stands without any gap; none overlap."""
        taken = list(self._places(needle.exact, self._as_it_is))
        for form in self._spaced:
            further = self._places(needle.spaced, form)
            taken = sorted([*taken, *(place for place in further if _free(place, taken))])
        return taken

    def _any_gaps(self, quote: str) -> list[_Place]:
        forms = (quote, *_unwrapped(quote))
        return next(filter(None, (self._with_gaps(form) for form in forms)), [])

    def _with_gaps(self, quote: str) -> list[_Place]:
        """The shortest stretches that hold the parts of ``quote`` in order; none overlap."""
        parts = _GAP.split(fold(quote).text)
        kept = [part for part in (part.strip(" \n") for part in parts) if part]
        if len(parts) < 2 or not kept or any(len(part) < _SHORTEST_PART for part in kept):
            return []
        firsts, *others = [self._written(_needle(part)) for part in kept]
        stretches: list[_Place] = []
        for start, end in firsts:
            for places in others:
                at = bisect_left(places, (end, end))
                if at == len(places):
                    return stretches
                end = places[at][1]
            if end - start > LONGEST_ELLIPSIS:
                continue
            if stretches and stretches[-1][1] == end:
                stretches.pop()  # a later beginning makes it shorter
            if not stretches or stretches[-1][1] <= start:
                stretches.append((start, end))
        return stretches

    @cached_property
    def _as_it_is(self) -> Form:
        return Form(self._folded.text, range(len(self._folded.text)))

    @cached_property
    def _spaced(self) -> tuple[Form, ...]:
        """The text without blanks, in every reading of its line breaks between Latin letters."""
        forms: dict[str, Form] = {}
        for divisions in (False, True):
            for words in (False, True):
                form = without_blanks(
                    self._folded.text, self._borders, words=words, divisions=divisions
                )
                forms.setdefault(form.text, form)
        return tuple(forms.values())

    def _places(self, needle: str, form: Form, after: int = 0) -> Iterator[_Place]:
        """Where ``needle`` stands in ``form`` and is a piece of nothing longer; none overlap."""
        if not needle:
            return
        text, positions = form.text, form.positions
        after = min(max(after, 0), len(self._text))
        at = text.find(needle, bisect_left(positions, self._folded.to_folded(after, after)[0]))
        while at >= 0:
            end = at + len(needle)
            start, stop = positions[at], positions[end - 1] + 1
            following = at + 1
            if self._begins_inside(start):
                # What begins in the rest of the same word or number begins inside it as well.
                run = _RUN.match(self._borders, start)
                following = max(following, bisect_left(positions, run.end() if run else 0))
            elif not self._ends_inside(stop):
                original = self._folded.to_original(start, stop)
                first, last = self._folded.to_folded(*original)
                if bisect_left(positions, first) == at and bisect_left(positions, last) == end:
                    place = self._visible(*original)
                    if place[0] >= after:
                        yield place
                        following = end
            at = text.find(needle, following)

    def _begins_inside(self, start: int) -> bool:
        """Whether a word or number that goes on at ``start`` of the folded text began before."""
        if start == 0:
            return False
        text = self._borders
        before, first = text[start - 1], text[start]
        if first in DIGITS:
            if before in DIGITS:
                return True
            # .5 is a number too where nothing stands before its point.
            return before in DECIMAL_SIGNS and (start == 1 or text[start - 2] in "0123456789 \n")
        if first in DECIMAL_SIGNS:
            return before in DIGITS and text[start + 1 : start + 2] in DIGITS
        return _LETTER.match(first) is not None and _LETTER.match(before) is not None

    def _ends_inside(self, stop: int) -> bool:
        """Whether a word or number goes on at ``stop`` of the folded text."""
        text = self._borders
        if stop == len(text):
            return False
        last, behind = text[stop - 1], text[stop]
        if last in DIGITS:
            if behind in DIGITS:
                return True
            return behind in DECIMAL_SIGNS and text[stop + 1 : stop + 2] in DIGITS
        if last in DECIMAL_SIGNS:
            return behind in DIGITS and text[max(0, stop - 2) : stop - 1] in DIGITS
        return _LETTER.match(last) is not None and _LETTER.match(behind) is not None

    def _visible(self, start: int, end: int) -> _Place:
        """``start..end`` without the blanks and zero-width characters at its ends."""
        while _unseen(self._text[start]):
            start += 1
        while _unseen(self._text[end - 1]):
            end -= 1
        return start, end


def _needle(quote: str) -> _Needle:
    folded = fold(quote)
    spaced = without_blanks(folded.text, with_borders(quote, folded))
    return _Needle(folded.text.strip(" \n"), spaced.text)


def _unseen(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) == "Cf"


def _free(place: _Place, taken: Sequence[_Place]) -> bool:
    """Whether ``place`` overlaps none of ``taken``, which are sorted and do not overlap."""
    at = bisect_left(taken, place)
    if at < len(taken) and taken[at][0] < place[1]:
        return False
    return at == 0 or taken[at - 1][1] <= place[0]


def _unwrapped(quote: str) -> Iterator[str]:
    """``quote`` without the quotation marks around it, then without those inside them."""
    inner = quote.strip()
    for _ in range(_MOST_MARKS):
        if len(inner) <= 2 or fold(inner[0]).text + fold(inner[-1]).text not in _MARKS:
            return
        inner = inner[1:-1].strip()
        yield inner
