"""Institutions: hospitals, clinics, homes, pharmacies, schools, companies, authorities.

A name is found by its ending (こもれび内科クリニック), by the kind before it (特養みはらし), by a
label (勤務先：), by quotes behind a noun (紹介元の「こはく内科」), or because it is a short form
that everybody knows (国がん). Words that only describe (当院, 総合病院, 近くの薬局) stay bare.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from sekisho.documents.document import Document, Span
from sekisho.phi.categories import Category
from sekisho.phi.detectors.places.facility_cues import (
    by_department,
    by_kind,
    by_label,
    by_quotes,
    by_short_form,
)
from sekisho.phi.detectors.places.facility_endings import Found, by_ending
from sekisho.phi.detectors.places.intervals import Intervals
from sekisho.phi.morphology import Morpheme

__all__ = ["find", "stretches"]


def find(document: Document, morphemes: Sequence[Morpheme] = ()) -> Iterator[Span]:
    """Spans of category FACILITY in original offsets, sorted, without overlaps.

    ``morphemes`` is not read: the analyser is asked for them only where a name is in hiragana.
    """
    folded = document.folded
    for found in _facilities(folded.text):
        yield Span(
            *folded.to_original(found.start, found.end),
            category=Category.FACILITY,
            sources=(f"lexicon:{found.rule}",),
            score=found.score,
        )


def stretches(folded: str) -> tuple[tuple[int, int], ...]:
    """Where institutions stand in folded text: what lies there is part of their names."""
    return tuple((found.start, found.end) for found in _facilities(folded))


# Addresses and departments ask for the same document right afterwards.
@lru_cache(maxsize=2)
def _facilities(text: str) -> tuple[Found, ...]:
    """Of overlapping claims the longest stands; a label speaks only where nothing else does."""
    readers = (by_ending, by_kind, by_quotes, by_short_form, by_department)
    found = [one for reader in readers for one in reader(text)]
    found.sort(key=lambda one: (one.start - one.end, one.start))
    taken = Intervals()
    kept = [one for one in (*found, *by_label(text)) if taken.add(one.start, one.end)]
    return tuple(sorted(kept))
