"""The seam that every detector fits: a document goes in, complete spans come out, or an error."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from sekisho.documents.document import Document, Span

__all__ = ["STRONG", "Detector"]

#: From this score on, a span rests on its own proof: a label, a title, a check digit. Only such
#: a span may be claimed inside what the shield marks as medical language.
STRONG = 0.9


@runtime_checkable
class Detector(Protocol):
    """Finds one family of identifiers."""

    name: str

    def detect(self, document: Document) -> Sequence[Span]:
        """All spans of ``document``, in original offsets.

        Raises ``DetectionError`` when it could not read the whole document. An empty answer is
        the statement that there is nothing, never the sign of a failure.
        """
