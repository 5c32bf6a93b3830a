"""The shield: medical language that holds names and numbers without naming anybody.

Eponyms (橋本病, Douglas窩), anatomy (子宮本体) and methods are marked first. A marked stretch can
be claimed only by a span with proof of its own; see ``merging.outvote``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import NamedTuple

from sekisho.documents.document import Document
from sekisho.documents.folding import Folded
from sekisho.phi.lists import words
from sekisho.phi.morphology import Morpheme, is_person, morphemes
from sekisho.phi.wordtrie import trie

__all__ = ["Mark", "marks"]


class Mark(NamedTuple):
    """``text[start:end]`` of the original is medical language, for ``reason``."""

    start: int
    end: int
    reason: str


@cache
def _terms() -> re.Pattern[str]:
    # One trie without groups: only so does the expression engine skip by first characters.
    return re.compile(trie(words("eponyms") | words("anatomy")))


@cache
def _suffixes() -> re.Pattern[str]:
    return re.compile(trie(words("eponym_suffixes")))


_DOTS = frozenset("・-‐–=＝/")


def marks(document: Document) -> tuple[Mark, ...]:
    """All marks of ``document`` in original offsets, sorted; they may overlap."""
    return _marks(document.folded)


# The stack and the tagger ask for the marks of the same document.
@lru_cache(maxsize=2)
def _marks(folded: Folded) -> tuple[Mark, ...]:
    text = folded.text
    eponyms = words("eponyms")
    found = [
        (match.start(), match.end(), "eponym" if match.group() in eponyms else "anatomy")
        for match in _terms().finditer(text)
        if not _facility_follows(text, match.end())
    ]
    found += [(start, end, "eponym") for start, end in _named_after_people(text)]
    return tuple(
        sorted(Mark(*folded.to_original(start, end), reason) for start, end, reason in found)
    )


def _named_after_people(text: str) -> list[tuple[int, int]]:
    """Surnames, joined by dots or not, right in front of 病, 分類, 手術 and the like."""
    sequence = morphemes(text)
    found = []
    for index, word in enumerate(sequence):
        if word.kind not in ("surname", "given", "person", "place", "proper"):
            continue
        suffix = _suffixes().match(text, word.end)
        if suffix is None or _facility_follows(text, suffix.end()):
            continue
        if word.surface[-1] in "県市" and suffix.group() == "病":
            continue  # 青森県病: a hospital in short
        start = _first_of_chain(sequence, index)
        found.append((start, suffix.end()))
    return found


def _facility_follows(text: str, end: int) -> bool:
    """橋本病院 is a place, however much it begins like 橋本病."""
    return text[end - 1] == "病" and text.startswith(("院", "棟", "室"), end)


def _first_of_chain(sequence: Sequence[Morpheme], index: int) -> int:
    while (
        index >= 2
        and sequence[index - 1].surface in _DOTS
        and is_person(sequence[index - 2].surface)
    ):
        index -= 2
    return sequence[index].start
