"""The known detector: identifiers that the record itself states, searched in its text.

A hospital's export carries the patient's name, number and birth date in columns of their own. Those
values are the surest thing there is to look for, in every form a writer may give them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sekisho.documents.document import Document, KnownIdentifier, Span
from sekisho.documents.folding import fold
from sekisho.phi.categories import Category, category
from sekisho.phi.detectors.date_forms import date_pattern, read_date
from sekisho.phi.detectors.names.candidate import KANJI, closes
from sekisho.phi.morphology import morphemes
from sekisho.phi.occurrences import cuts_a_word, parts, stands_alone
from sekisho.phi.search import comparable, digit_occurrences, name_occurrences, runs_on

__all__ = ["KnownDetector"]

_PEOPLE = frozenset({Category.NAME, Category.STAFF})
_DATES = frozenset({Category.BIRTHDATE, Category.DATE})
_KANJI = re.compile(f"[{KANJI}]")


class KnownDetector:
    """Searches the text for ``document.known``."""

    name = "known"

    def detect(self, document: Document) -> list[Span]:
        """Every occurrence of every known identifier, whole or in its parts."""
        if not document.known:
            return []
        text = document.folded.text
        haystack = comparable(text)
        spans = []
        for known in document.known:
            label = category(known.category)
            for start, end, score in _occurrences(text, haystack, label, known):
                spans.append(
                    Span(
                        *document.folded.to_original(start, end),
                        category=label,
                        sources=(f"known:{label}",),
                        score=score,
                    )
                )
        return spans


def _occurrences(
    text: str, haystack: str, label: Category, known: KnownIdentifier
) -> Iterator[tuple[int, int, float]]:
    value = fold(known.value).text.strip()
    if not value:
        return
    if label in _PEOPLE:
        yield from _people(text, haystack, value)
    elif label in _DATES:
        yield from _days(haystack, value)
    else:
        yield from _codes(haystack, value)


def _people(text: str, haystack: str, value: str) -> Iterator[tuple[int, int, float]]:
    for start, end in name_occurrences(haystack, comparable(value)):
        if len(value) > 1 and not cuts_a_word(text, start, end):
            yield start, end, 0.99
    usable = parts(value)
    starts = frozenset(word.start for word in morphemes(text)) if usable else frozenset()
    for part in usable:
        for start, end in name_occurrences(haystack, comparable(part)):
            if stands_alone(text, start, end, starts):
                yield start, end, 0.85
            elif len(part) > 1 and _KANJI.match(part) and closes(text, end):
                yield start, end, 0.8  # after another kanji: the shield may know better


def _days(haystack: str, value: str) -> Iterator[tuple[int, int, float]]:
    day = read_date(value)
    if day is not None:
        for match in date_pattern(day).finditer(haystack):
            yield match.start(), match.end(), 0.99
    elif len(value) >= 4:
        for start, end in digit_occurrences(haystack, comparable(value)):
            yield start, end, 0.99


_KANJI_DIGITS = {ord(kanji): str(digit) for digit, kanji in enumerate("〇一二三四五六七八九")}


def _codes(haystack: str, value: str) -> Iterator[tuple[int, int, float]]:
    digits = any(character.isdigit() for character in value)
    if sum(character.isalnum() for character in value) < (3 if digits else 2):
        return  # a one- or two-digit number is everywhere, and so is one letter
    for start, end in name_occurrences(haystack, comparable(value)):
        if not runs_on(haystack, start, end):
            yield start, end, 0.99
    if digits:
        yield from _numbers(haystack, value)


def _numbers(haystack: str, value: str) -> Iterator[tuple[int, int, float]]:
    """A number however its digits are grouped, without its leading zeros, in kanji numerals."""
    forms = [comparable(value)]
    stripped = value.lstrip("0")
    if stripped != value and len(stripped) >= 4:
        forms.append(comparable(stripped))
    in_digits = haystack.translate(_KANJI_DIGITS)
    for form in forms:
        for start, end in digit_occurrences(haystack, form):
            yield start, end, 0.99
        if in_digits != haystack:
            for start, end in digit_occurrences(in_digits, form):
                yield start, end, 0.99
