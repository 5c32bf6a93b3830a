"""The rules detector: identifiers that have a format, a label or a check digit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sekisho.documents.document import Document, Span
from sekisho.phi.categories import Category
from sekisho.phi.detectors.rules import (
    ages,
    dates,
    eras,
    ids,
    insurance,
    jottings,
    monthdays,
    monthnames,
    national,
    network,
    phones,
    postal,
    sex,
    terse,
    times,
)
from sekisho.phi.detectors.rules.classes import compiled
from sekisho.phi.detectors.rules.reading import Hit, Reading
from sekisho.phi.detectors.rules.slips import without_slips
from sekisho.phi.enumerators import without_enumerators

__all__ = ["RulesDetector"]


class RulesDetector:
    """Finds formats: dates, times, ages, sex, numbers of every kind, network addresses."""

    name = "rules"

    def detect(self, document: Document) -> Sequence[Span]:
        """All spans of ``document``, in original offsets, sorted by their start."""
        text = without_enumerators(document)
        found = list(hits(Reading(text, document.language)))
        mended = without_slips(text)
        if mended != text:
            # What is a number only without the slips of an OCR is one all the same.
            found += [
                hit
                for hit in hits(Reading(mended, document.language))
                if mended[hit.start : hit.end] != text[hit.start : hit.end]
            ]
        to_original = document.folded.to_original
        spans = []
        for hit in settled(found):
            start, end = to_original(hit.start, hit.end)
            spans.append(Span(start, end, hit.category, (f"rules:{hit.rule}",), hit.score))
        # Folding turns a circled choice into a plain one, so it is read in the original.
        for match in compiled("[㊚㊛]").finditer(document.text):
            spans.append(Span(*match.span(), Category.SEX, ("rules:sex-circled",), 0.95))
        return sorted(spans)


def hits(reading: Reading) -> Iterable[Hit]:
    """What all families find, overlaps included."""
    found = [
        *dates.find(reading),
        *eras.find(reading),
        *monthdays.find(reading),
        *monthnames.find(reading),
    ]
    found.extend(times.after_dates(reading, tuple(found)))
    for family in (
        times,
        ages,
        sex,
        phones,
        postal,
        national,
        insurance,
        ids,
        network,
        terse,
        jottings,
    ):
        found.extend(family.find(reading))
    return found


def settled(found: Iterable[Hit]) -> list[Hit]:
    """``found`` without the hits that another covers with the same certainty or category.

    The survivor of one category keeps the higher certainty. One sweep from left to right suffices,
    since whatever covers a hit begins no later than it.
    """
    kept: list[Hit] = []
    beneath: list[int] = []  # the places in ``kept`` of hits that reach the current one
    for hit in sorted(found, key=lambda hit: (hit.start, -hit.end, -hit.score)):
        beneath = [place for place in beneath if kept[place].end > hit.start]
        cover = next((place for place in beneath if _covers(kept[place], hit)), None)
        if cover is None:
            beneath.append(len(kept))
            kept.append(hit)
        elif kept[cover].score < hit.score:
            kept[cover] = replace(kept[cover], score=hit.score)
    return kept


def _covers(other: Hit, hit: Hit) -> bool:
    return other.end >= hit.end and (other.score >= hit.score or other.category is hit.category)
