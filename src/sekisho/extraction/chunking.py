"""A long document is read in chunks that overlap, so that no sentence is only seen cut in two."""

from __future__ import annotations

from sekisho.documents.cutting import best_cut
from sekisho.documents.document import Document

__all__ = ["chunks"]


def chunks(document: Document, longest: int, overlap: int) -> list[tuple[int, int]]:
    """Where the chunks of ``document`` stand, in order; blank ones are left out.

    Each has at most ``longest`` characters (more only where it would end within what is folded
    together) and begins up to ``overlap`` characters before the end of the one before it. All of
    the text is in some chunk.
    """
    text, found, start, last = document.text, [], 0, 0
    overlap = min(overlap, longest // 2)
    while True:
        if len(text) - start <= longest:
            found.append((start, len(text)))
            break
        end = min(best_cut(document, start, start + longest), len(text))
        if end <= last:
            # The best place to cut lies in what was seen already: no overlap here.
            start = last
            continue
        found.append((start, end))
        if end == len(text):
            break
        last = end
        start = max(_beginning(document, end - overlap, end), start + 1) if overlap else end
    return [(start, end) for start, end in found if text[start:end].strip()]


def _beginning(document: Document, earliest: int, latest: int) -> int:
    """Where the next chunk best begins: behind a line end or sentence, else at ``earliest``."""
    for sign in ("\n", "。", ". "):
        at = document.text.find(sign, earliest, latest)
        if at >= 0 and at + len(sign) < latest:
            return at + len(sign)
    folded = document.folded
    whole, _ = folded.to_original(*folded.to_folded(earliest, latest))
    return whole
