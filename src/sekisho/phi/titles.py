"""Latin titles written in front of a name: inside the span, outside what is replaced.

Published Japanese annotations count the title of ``Dr.佐藤`` as a part of the identifier, while the
annotation rules of this project leave titles outside. A span that covers the title satisfies the
first and costs the second three characters; the release keeps the title readable either way.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache

from sekisho.documents.document import Span
from sekisho.phi.categories import Category
from sekisho.phi.lists import words
from sekisho.phi.wordtrie import trie

__all__ = ["titles_behind", "untitled", "with_title", "without_title"]

_TITLE_BEFORE = re.compile("(?<![A-Za-zＡ-Ｚａ-ｚ])(?:Dr|DR|Prof|Ｄｒ)[.．]?[ \u3000]?$")
_TITLE_AT_START = re.compile(
    "(?:Dr|DR|Prof|Ｄｒ)(?:[.．][ \u3000]?|[ \u3000]|(?![A-Za-zＡ-Ｚａ-ｚ.．]))(?=.)"
)
_PEOPLE = frozenset({Category.STAFF, Category.NAME})
_NAMED = frozenset({Category.STAFF, Category.NAME, Category.FACILITY})


def with_title(text: str, span: Span) -> Span:
    """``span`` extended over a Latin title right before it."""
    if span.category not in _PEOPLE:
        return span
    low = max(0, span.start - 7)
    match = _TITLE_BEFORE.search(text[low : span.start])
    if match is None:
        return span
    return Span(low + match.start(), span.end, span.category, span.sources, span.score)


def untitled(text: str, span: Span) -> Span:
    """``span`` without the honorifics and titles that it ends in (稲場院長, 穴沢喜一様).

    A span that is nothing else stays as it is.
    """
    if span.category not in _NAMED:
        return span
    match = titles_behind().search(text, span.start, span.end)
    if match is None or match.start() == span.start:
        return span
    return replace(span, end=match.start())


@cache
def titles_behind(*further: str, blank: str = "[ \u3000]") -> re.Pattern[str]:
    """What stands behind a name at the end of the stretch that is searched.

    Honorifics and titles, one or several, each behind a ``blank`` or not; ``further`` patterns
    count like them.
    """
    known = "|".join((trie(words("honorifics") | words("staff_titles")), *further))
    return re.compile(f"(?:{blank}?(?:{known}))+$")


def without_title(text: str, span: Span) -> Span:
    """``span`` without the Latin title that it begins with."""
    if span.category not in _PEOPLE:
        return span
    match = _TITLE_AT_START.match(text, span.start, span.end)
    if match is None:
        return span
    return Span(match.end(), span.end, span.category, span.sources, span.score)
