"""The lexicon detector: people, places and institutions by dictionary readings in context."""

from __future__ import annotations

from sekisho.documents.document import Document, Span
from sekisho.phi.detectors.names import Candidate, find_names
from sekisho.phi.detectors.places import (
    addresses,
    departments,
    facilities,
    latin_places,
    occupations,
    short_institutions,
    short_towns,
    short_units,
)
from sekisho.phi.detectors.rules.slips import without_kanji_slips
from sekisho.phi.morphology import morphemes

__all__ = ["LexiconDetector"]


#: Places, institutions and work; what several of them claim is settled when spans are merged.
_FINDERS = (
    addresses,
    facilities,
    departments,
    occupations,
    short_institutions,
    short_towns,
    short_units,
    latin_places,
)


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
            for found in [*find_names(folded.text, words), *_read_amiss(folded.text)]
        ]
        for finder in _FINDERS:
            spans.extend(finder.find(document, words))
        return spans


def _read_amiss(text: str) -> list[Candidate]:
    """Names that stand there once the slips of an OCR are mended: 山ロ, エ藤."""
    mended = without_kanji_slips(text)
    if mended == text:
        return []
    return [
        found
        for found in find_names(mended, morphemes(mended))
        if mended[found.start : found.end] != text[found.start : found.end]
    ]
