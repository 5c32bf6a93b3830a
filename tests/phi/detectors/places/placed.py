"""What the finders of places find in a text, in the shape that the tests compare."""

from __future__ import annotations

from types import ModuleType

from sekisho.documents.document import Document, Span


def spans(finder: ModuleType, text: str) -> list[Span]:
    """The spans that ``finder`` reports."""
    return list(finder.find(Document("d", text), ()))


def found(finder: ModuleType, text: str) -> list[str]:
    """Their surfaces from left to right."""
    return [text[span.start : span.end] for span in spans(finder, text)]
