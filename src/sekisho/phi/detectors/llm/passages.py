"""A long text is read in passages: each fits a small context and asks for a short answer."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sekisho.documents.document import Document

__all__ = ["LONGEST", "halves", "passages"]

#: Characters in a passage; a report of the usual length is one.
LONGEST = 2400

#: Where a text is best cut, the best first: an empty line, a line end, the end of a sentence.
_CUTS = tuple(
    re.compile(cut) for cut in ("\n[ \t\u3000\r]*\n", "\n", "[。．]|[.;] ", "[、, \u3000]")
)


def passages(document: Document, longest: int = LONGEST) -> list[tuple[int, int]]:
    """Where the running text of ``document`` stands, in pieces of at most ``longest`` characters.

    The pieces cover all of it but blank ones, in order, without overlap. A piece is longer only
    where it would end within what is folded together (ﾀ and ﾞ): what is found in a piece stands in
    the document too.
    """
    whole = document.prose if document.prose is not None else ((0, len(document.text)),)
    return [
        piece
        for start, end in whole
        for piece in _cut(document, start, end, longest)
        if document.text[slice(*piece)].strip()
    ]


def halves(document: Document, start: int, end: int) -> list[tuple[int, int]]:
    """``text[start:end]`` in two or more parts, cut where it hurts least; itself when too short."""
    return list(_cut(document, start, end, max(1, (end - start + 1) // 2 + (end - start) // 8)))


def _cut(document: Document, start: int, end: int, longest: int) -> Iterator[tuple[int, int]]:
    folded = document.folded
    while end - start > longest:
        at = _best(document.text, start, start + longest)
        _, whole = folded.to_original(*folded.to_folded(start, at))
        at = min(max(at, whole), end)
        yield start, at
        start = at
    if start < end:
        yield start, end


def _best(text: str, start: int, limit: int) -> int:
    """The last good place to cut in the second half of ``text[start:limit]``."""
    for cut in _CUTS:
        found = None
        for match in cut.finditer(text, start + (limit - start) // 2, limit):
            found = match.end()
        if found is not None and found > start:
            return found
    return limit
