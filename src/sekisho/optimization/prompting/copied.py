"""Whether a text copies from documents: their runs of characters, and their identifiers.

A prompt that a model wrote from its errors tends to repeat the examples it was shown, and a prompt
goes where documents may not: into a recipe, a report, another hospital. So nothing of a document
may stand in one.

Two things are looked for. **Runs**: any ``RUN`` characters that follow each other in a document,
letter for letter; the same with width, glyph variants, kana and case folded; and the same with
blanks left out. Twelve is long enough that everyday phrases (造影剤を使用, を認めない) pass, and
short enough that no name with its context, no address and no telephone number does. Where a
longer phrase is common to all reports a candidate is refused that need not be: the price is one
proposal, and the price of the other mistake is a patient's data. Runs without any letter or digit
(rules of dashes, blanks) say nothing and do not count. **Identifiers**: what gold marks, from
``LEAST`` letters and digits on (three for names in kanji), however it is spaced, cased or written
in kana. Shorter ones (佐藤, 8/6) are words that any prompt may hold. Clock times, ages, sexes,
departments and occupations are commonplace, as are years alone; they count in runs only.

What stands in texts that are allowed (the prompt that a candidate was made from, what is shipped)
may stand again.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from sekisho.documents.folding import fold
from sekisho.evaluation.gold import GoldDocument, GoldSpan
from sekisho.phi.categories import Category
from sekisho.phi.search import Haystack, comparable

__all__ = ["LEAST", "RUN", "Documents", "Known"]

#: A run of so many characters is a copy.
RUN = 12
#: An identifier of so many letters and digits is looked for.
LEAST = 4
_LEAST_KANJI_NAME = 3

_Hashes: TypeAlias = NDArray[np.uint64]

#: An odd number, so that no power of it vanishes modulo 2**64 (Knuth's MMIX multiplier).
_BASE = np.uint64(6364136223846793005)
_BLANK = re.compile(
    "[ \t\r\n\v\f\x1c-\x1f\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+"
)
_KANJI = re.compile("[\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")
_YEAR = re.compile("(?:[0-9]{4}|(?:令和|平成|昭和|大正|明治)[0-9元]{1,2})年?")
_PEOPLE = frozenset({Category.NAME, Category.STAFF})


class Documents:
    """The runs and identifiers of ``documents``, made ready for many texts.

    Eight bytes are kept for each run in each of three forms, no text beside the identifiers.
    """

    def __init__(self, documents: Iterable[GoldDocument]) -> None:
        texts: list[str] = []
        needles: set[str] = set()
        for document in documents:
            texts.append(document.text)
            for span in (*document.spans, *document.ignored):
                if not _is_commonplace(span):
                    needles.add(fold(span.surface).text.strip())
        self._runs = tuple(_union(_runs(form(text)) for text in texts) for form in _FORMS)
        self._identifiers = tuple(sorted(needles))
        self._count = len(texts)

    def __len__(self) -> int:
        """The number of documents."""
        return self._count

    def __repr__(self) -> str:
        return f"Documents({self._count} documents)"

    def copies_run(self, text: str, allowed: Known) -> bool:
        """Whether ``text`` holds a run of a document that stands in no allowed text."""
        for form, runs, permitted in zip(_FORMS, self._runs, allowed.runs, strict=True):
            found = _runs(form(text))
            if bool((_among(found, runs) & ~_among(found, permitted)).any()):
                return True
        return False

    def copies_identifier(self, text: str, allowed: Known) -> bool:
        """Whether ``text`` holds an identifier of a document that stands in no allowed text."""
        haystack = Haystack(fold(text).text)
        return any(
            _stands(needle, haystack) and not any(_stands(needle, one) for one in allowed.haystacks)
            for needle in self._identifiers
        )


class Known:
    """Texts whose runs and identifiers may stand in a candidate."""

    def __init__(self, texts: Sequence[str] = ()) -> None:
        distinct = tuple(dict.fromkeys(texts))
        self.runs = tuple(_union(_runs(form(text)) for text in distinct) for form in _FORMS)
        self.haystacks = tuple(Haystack(fold(text).text) for text in distinct)


def _as_it_stands(text: str) -> str:
    return text


def _folded(text: str) -> str:
    return _BLANK.sub(" ", comparable(fold(text).text))


def _without_blanks(text: str) -> str:
    return _BLANK.sub("", comparable(fold(text).text))


_FORMS: tuple[Callable[[str], str], ...] = (_as_it_stands, _folded, _without_blanks)


def _runs(text: str) -> _Hashes:
    """A number for each run of ``RUN`` characters of ``text`` that has a letter or a digit.

    Polynomial hashes modulo 2**64: equal runs have equal numbers, so none is missed. Two different
    runs may share one; with a million runs and a long prompt that happens by chance in one of
    billions of checks, and refuses a candidate.
    """
    count = len(text) - RUN + 1
    if count <= 0:
        return np.zeros(0, dtype=np.uint64)
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    telling = np.fromiter((character.isalnum() for character in text), dtype=bool, count=len(text))
    numbers = np.zeros(count, dtype=np.uint64)
    says = np.zeros(count, dtype=bool)
    for place in range(RUN):
        numbers = numbers * _BASE + codes[place : place + count].astype(np.uint64)
        says |= telling[place : place + count]
    return np.asarray(numbers[says], dtype=np.uint64)


def _union(each: Iterable[_Hashes]) -> _Hashes:
    parts = [np.zeros(0, dtype=np.uint64), *each]
    return np.unique(np.concatenate(parts))


def _among(found: _Hashes, ordered: _Hashes) -> NDArray[np.bool_]:
    """Which of ``found`` stand in ``ordered``, which is sorted."""
    if not len(ordered):
        return np.zeros(len(found), dtype=bool)
    at = np.minimum(np.searchsorted(ordered, found), len(ordered) - 1)
    return np.asarray(ordered[at] == found, dtype=bool)


def _stands(needle: str, haystack: Haystack) -> bool:
    """Whether ``needle`` stands there, and not as a part of a longer number or Latin word."""
    if any(not haystack.runs_on(start, end) for start, end in haystack.names(needle)):
        return True
    return any(True for _ in haystack.numbers(needle))


def _is_commonplace(span: GoldSpan) -> bool:
    surface = "".join(filter(str.isalnum, fold(span.surface).text))
    if span.category in _commonplace():
        return True
    if span.category == Category.DATE and _YEAR.fullmatch(surface):
        return True
    if span.category in _PEOPLE and _KANJI.fullmatch(surface):
        return len(surface) < _LEAST_KANJI_NAME
    return len(surface) < LEAST


@cache
def _commonplace() -> frozenset[Category]:
    path = Path(__file__).with_name("checks.toml")
    stated = tomllib.loads(path.read_text(encoding="utf-8"))["commonplace_categories"]
    return frozenset(map(Category, stated))
