"""Annotated sentences through the rules for names: what they find, in the gold notation."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sekisho.documents.document import Span
from sekisho.documents.folding import fold
from sekisho.evaluation.markup import mark, parse
from sekisho.phi.detectors.names import find_names
from sekisho.phi.detectors.names.bare import bare
from sekisho.phi.detectors.names.candidate import (
    Candidate,
)
from sekisho.phi.detectors.names.labelled import labelled
from sekisho.phi.detectors.names.latin import latin
from sekisho.phi.detectors.names.relatives import newborns, relatives
from sekisho.phi.detectors.names.titled import titled
from sekisho.phi.merging import merge
from sekisho.phi.morphology import morphemes

Find = Callable[[str], Iterable[Candidate]]


def starts(text: str) -> set[int]:
    """Where the morphemes of a folded text begin."""
    return {word.start for word in morphemes(text)}


def by_title(text: str) -> Iterable[Candidate]:
    return titled(text, starts(text))


def by_kinship(text: str) -> Iterable[Candidate]:
    return relatives(text, starts(text))


def by_birth(text: str) -> Iterable[Candidate]:
    return newborns(text, starts(text))


def by_reading(text: str) -> Iterable[Candidate]:
    return bare(text, morphemes(text))


def by_all(text: str) -> Iterable[Candidate]:
    return find_names(text, morphemes(text))


by_label: Find = labelled
by_letters: Find = latin


def annotate(text: str, find: Find) -> str:
    """``text`` in the notation of the gold documents, with what ``find`` found in its folding."""
    folded = fold(text)
    spans = merge(
        text,
        [
            Span(*folded.to_original(found.start, found.end), found.category, score=found.score)
            for found in find(folded.text)
        ],
    )
    return mark(text, [(span.start, span.end, span.category) for span in spans])


def again(annotated: str, find: Find) -> str:
    """The sentence stripped of its annotations, and annotated anew by ``find``."""
    text, _ = parse(annotated, where="test")
    return annotate(text, find)


def covered(annotated: str, find: Find) -> str:
    """Like ``again``, but every annotation called NAME: for rules that cannot know who is staff."""
    return again(annotated, find).replace("⟦STAFF|", "⟦NAME|")
