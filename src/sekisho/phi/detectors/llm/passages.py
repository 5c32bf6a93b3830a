"""A long text is read in passages: each fits a small context and asks for a short answer."""

from __future__ import annotations

from sekisho.documents.cutting import pieces
from sekisho.documents.document import Document

__all__ = ["LONGEST", "passages"]

#: Characters in a passage; a report of the usual length is one.
LONGEST = 2400


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
        for piece in pieces(document, start, end, longest)
        if document.text[slice(*piece)].strip()
    ]
