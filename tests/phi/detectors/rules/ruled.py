"""What the rules find in a text, in the shape that the tests compare."""

from __future__ import annotations

from sekisho.documents.document import Document, Span
from sekisho.phi.detectors.rules import RulesDetector

DETECTOR = RulesDetector()


def spans(text: str, language: str = "ja") -> list[Span]:
    """The spans that the detector reports."""
    return list(DETECTOR.detect(Document("d", text, language)))


def found(text: str, *categories: str, language: str = "ja") -> list[tuple[str, str]]:
    """(category, surface) of every span, of the given categories only if there are any."""
    return [
        (str(span.category), text[span.start : span.end])
        for span in spans(text, language)
        if not categories or span.category in categories
    ]


def surfaces(text: str, category: str, language: str = "ja") -> list[str]:
    """The surfaces of one category from left to right."""
    return [surface for _, surface in found(text, category, language=language)]
