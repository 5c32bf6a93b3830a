"""Cutting a long text where it hurts least: at an empty line, a line end, the end of a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sekisho.documents.document import Document

__all__ = ["best_cut", "halves", "pieces"]

#: Where a text is best cut, the best first: an empty line, a line end, the end of a sentence.
_CUTS = tuple(
    re.compile(cut) for cut in ("\n[ \t\u3000\r]*\n", "\n", "[。．]|[.;] ", "[、, \u3000]")
)


def pieces(document: Document, start: int, end: int, longest: int) -> Iterator[tuple[int, int]]:
    """``text[start:end]`` in pieces of at most ``longest`` characters, in order, without overlap.

    A piece is longer only where it would end within what is folded together (ﾀ and ﾞ).
    """
    while end - start > longest:
        at = min(best_cut(document, start, start + longest), end)
        yield start, at
        start = at
    if start < end:
        yield start, end


def halves(document: Document, start: int, end: int) -> list[tuple[int, int]]:
    """``text[start:end]`` in two or more parts, cut where it hurts least; itself when too short."""
    longest = max(1, (end - start + 1) // 2 + (end - start) // 8)
    return list(pieces(document, start, end, longest))


def best_cut(document: Document, start: int, limit: int) -> int:
    """The last good place to cut in the second half of ``text[start:limit]``, not within a fold."""
    at = limit
    for cut in _CUTS:
        found = None
        for match in cut.finditer(document.text, start + (limit - start) // 2, limit):
            found = match.end()
        if found is not None and found > start:
            at = found
            break
    folded = document.folded
    _, whole = folded.to_original(*folded.to_folded(start, at))
    return max(at, whole)
