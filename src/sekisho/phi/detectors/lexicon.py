"""The lexicon detector: people, places and institutions by dictionary readings in context."""

from __future__ import annotations

from sekisho.documents.document import Document, Span
from sekisho.phi.detectors.names import find_names
from sekisho.phi.detectors.places import (
    addresses,
    departments,
    facilities,
    latin_places,
    occupations,
    short_forms,
)
from sekisho.phi.morphology import morphemes

__all__ = ["LexiconDetector"]


class LexiconDetector:
    """Reads the text with Sudachi and its word lists."""

    name = "lexicon"

    def detect(self, document: Document) -> list[Span]:
        """All spans of people, addresses, facilities, departments and occupations."""
        folded = document.folded
        words = morphemes(folded.text)
        spans = [
            Span(
                *folded.to_original(found.start, found.end),
                category=found.category,
                sources=(f"lexicon:{found.rule}",),
                score=found.score,
            )
            for found in find_names(folded.text, words)
        ]
        for finder in (addresses, facilities, departments, occupations, short_forms, latin_places):
            spans.extend(finder.find(document, words))
        return spans
