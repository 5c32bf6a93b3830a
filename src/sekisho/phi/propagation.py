"""Every name once found is carried to its other occurrences in the document.

A name with a title in one line stands bare in the next: the surname alone, the given name, the
reading in the other kana, the number without its hyphens.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from sekisho.documents.document import Document, Span
from sekisho.phi.categories import Category
from sekisho.phi.lists import words
from sekisho.phi.morphology import morphemes
from sekisho.phi.occurrences import cuts_a_word, is_whole_name, parts, stands_alone
from sekisho.phi.romaji import romaji_surnames
from sekisho.phi.search import Haystack

__all__ = ["propagate"]

#: A name is carried only when it was found on more than a guess.
_SURE = 0.7
_SCORE = 0.8
_PEOPLE = frozenset({Category.NAME, Category.STAFF})
_NUMBERS = frozenset(
    {Category.ID, Category.INSURANCE, Category.NATIONAL_ID, Category.PHONE, Category.BIRTHDATE}
)
_WORDS = frozenset({Category.EMAIL, Category.URL, Category.FACILITY, Category.ADDRESS})

_DIGITS = re.compile("[0-9]")
_BLANK = re.compile("[ \n]")


def propagate(document: Document, spans: Sequence[Span]) -> list[Span]:
    """New spans for the further occurrences of what ``spans`` found; none of those again."""
    text = document.folded.text
    haystack = Haystack(text)
    covered = bytearray(len(text))
    for span in spans:
        start, end = document.folded.to_folded(span.start, span.end)
        covered[start:end] = b"\1" * (end - start)
    starts: frozenset[int] | None = None
    seen: set[tuple[str, str]] = set()
    found = []
    for span in sorted(spans, key=lambda each: (each.category != Category.NAME, -len(each))):
        start, end = document.folded.to_folded(span.start, span.end)
        surface = text[start:end]
        if span.score < _SURE:
            continue
        for needle, kind in _needles(span.category, surface):
            if (needle, kind) in seen:
                continue
            seen.add((needle, kind))
            search = haystack.numbers if kind == "digits" else haystack.names
            for low, high in search(needle):
                if all(covered[low:high]):
                    continue
                if kind == "whole" and cuts_a_word(text, low, high):
                    continue
                if kind == "part":
                    if starts is None:
                        starts = frozenset(word.start for word in morphemes(text))
                    if not stands_alone(text, low, high, starts):
                        continue
                found.append(
                    Span(
                        *document.folded.to_original(low, high),
                        category=span.category,
                        sources=("propagation",),
                        score=_SCORE,
                    )
                )
    return found


def _needles(category: str, surface: str) -> Iterator[tuple[str, str]]:
    if category in _PEOPLE:
        yield from _name_forms(surface)
    elif category in _NUMBERS:
        if sum(1 for _ in _DIGITS.finditer(surface)) >= 4:
            yield surface, "digits"
    elif category in _WORDS and len(surface) >= 3:
        yield surface, "words"


def _name_forms(surface: str) -> Iterator[tuple[str, str]]:
    """The whole name, then its surname and its given name where they can stand alone."""
    if is_whole_name(surface):
        yield surface, "whole"
    elif len(_BLANK.sub("", surface)) >= 2:
        yield surface, "part"
    yield from ((part, "part") for part in parts(surface))
    if surface in words("single_surnames"):
        yield surface, "part"
    # M1-Suzuki segment: the surname once more, in the third script.
    yield from ((form, "part") for form in romaji_surnames(surface))
