"""The known detector: identifiers that the record itself states, searched in its text.

A hospital's export carries the patient's name, number and birth date in columns of their own. Those
values are the surest thing there is to look for, in every form a writer may give them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sekisho.documents.document import Document, Span
from sekisho.documents.folding import fold
from sekisho.phi.categories import Category, category
from sekisho.phi.detectors.date_forms import date_pattern, read_date
from sekisho.phi.detectors.names.name_parts import (
    KANJI,
    closes,
)
from sekisho.phi.morphology import morphemes
from sekisho.phi.occurrences import cuts_a_word, parts, stands_alone
from sekisho.phi.search import Haystack

__all__ = ["KnownDetector"]

_PEOPLE = frozenset({Category.NAME, Category.STAFF})
_DATES = frozenset({Category.BIRTHDATE, Category.DATE})
_KANJI = re.compile(f"[{KANJI}]")


_KANJI_DIGITS = {ord(kanji): str(digit) for digit, kanji in enumerate("〇一二三四五六七八九")}

_Found = Iterator[tuple[int, int, float]]


class KnownDetector:
    """Searches the text for ``document.known``."""

    name = "known"

    def detect(self, document: Document) -> list[Span]:
        """Every occurrence of every known identifier, whole or in its parts."""
        if not document.known:
            return []
        search = _Search(document.folded.text)
        spans = []
        for known in document.known:
            label = category(known.category)
            for start, end, score in search.occurrences(label, fold(known.value).text.strip()):
                spans.append(
                    Span(
                        *document.folded.to_original(start, end),
                        category=label,
                        sources=(f"known:{label}",),
                        score=score,
                    )
                )
        return spans


class _Search:
    """One folded text, and where values stand in it: start, end, score."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._haystack = Haystack(text)
        in_digits = text.translate(_KANJI_DIGITS)
        self._in_digits = Haystack(in_digits) if in_digits != text else None

    def occurrences(self, label: Category, value: str) -> _Found:
        if label in _PEOPLE:
            return self._people(value)
        if label in _DATES:
            return self._days(value)
        return self._codes(value)

    def _people(self, value: str) -> _Found:
        for start, end in self._haystack.names(value):
            if len(value) > 1 and not cuts_a_word(self._text, start, end):
                yield start, end, 0.99
        usable = parts(value)
        if not usable:
            return
        starts = frozenset(word.start for word in morphemes(self._text))
        for part in usable:
            for start, end in self._haystack.names(part):
                if stands_alone(self._text, start, end, starts):
                    yield start, end, 0.85
                elif len(part) > 1 and _KANJI.match(part) and closes(self._text, end):
                    yield start, end, 0.8  # after another kanji: the shield may know better

    def _days(self, value: str) -> _Found:
        day = read_date(value)
        if day is not None:
            for match in date_pattern(day).finditer(self._haystack.text):
                yield match.start(), match.end(), 0.99
        elif len(value) >= 4:
            for start, end in self._haystack.numbers(value):
                yield start, end, 0.99

    def _codes(self, value: str) -> _Found:
        digits = any(character.isdigit() for character in value)
        if sum(character.isalnum() for character in value) < (3 if digits else 2):
            return  # a one- or two-digit number is everywhere, and so is one letter
        for start, end in self._haystack.names(value):
            if not self._haystack.runs_on(start, end):
                yield start, end, 0.99
        if digits:
            yield from self._numbers(value)

    def _numbers(self, value: str) -> _Found:
        """A number however its digits are grouped, without leading zeros, in kanji numerals."""
        stripped = value.lstrip("0")
        for form in {value, stripped if len(stripped) >= 4 else value}:
            for haystack in (self._haystack, self._in_digits):
                if haystack is not None:
                    for start, end in haystack.numbers(form):
                        yield start, end, 0.99
