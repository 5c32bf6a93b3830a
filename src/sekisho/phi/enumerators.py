"""Circled and raised numbers, which number a list and are no digits of what stands beside them."""

from __future__ import annotations

import re

from sekisho.documents.document import Document

__all__ = ["without_enumerators"]

#: Signs that folding turns into digits: beside them ①2024年 would read 12024年.
_ENUMERATORS = re.compile("[①-⓿❶-➓²³¹⁰-ₜ⑴-⒛㉑-㊿]{1,8}")


def without_enumerators(document: Document) -> str:
    """The folded text with enumerators blanked, every offset kept."""
    folded = document.folded
    pieces = []
    done = 0
    for match in _ENUMERATORS.finditer(document.text):
        start, end = folded.to_folded(*match.span())
        if start >= done:
            pieces += [folded.text[done:start], "●" * (end - start)]
            done = end
    return "".join(pieces) + folded.text[done:] if pieces else folded.text
