"""People: every rule that finds a name by its reading in context."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sekisho.phi.detectors.names.bare import bare
from sekisho.phi.detectors.names.candidate import Candidate
from sekisho.phi.detectors.names.labelled import colleagues, colleagues_before, labelled
from sekisho.phi.detectors.names.latin import latin
from sekisho.phi.detectors.names.placed import (
    behind_units,
    in_patient_lines,
    receivers,
    signatures,
)
from sekisho.phi.detectors.names.relatives import (
    given_names_of_relatives,
    newborns,
    readings_beside,
    relatives,
)
from sekisho.phi.detectors.names.titled import titled
from sekisho.phi.morphology import Morpheme

__all__ = ["Candidate", "find_names"]


def find_names(text: str, words_in_order: Sequence[Morpheme]) -> list[Candidate]:
    """All candidates for names of people in a folded text, overlapping ones included."""
    starts = {word.start for word in words_in_order}
    found = [
        *labelled(text),
        *titled(text, starts),
        *relatives(text, starts),
        *given_names_of_relatives(text),
        *newborns(text, starts),
        *latin(text),
        *behind_units(text),
        *in_patient_lines(text),
        *signatures(text),
        *receivers(text),
        *bare(text, words_in_order),
    ]
    found += colleagues(text, _surest(found))
    found += colleagues_before(text, _surest(found), starts)
    found += readings_beside(text, _surest(found))
    return found


def _surest(found: Iterable[Candidate]) -> list[Candidate]:
    """For each stretch the candidate with the best proof: its category is the one to hand on."""
    best: dict[tuple[int, int], Candidate] = {}
    for candidate in found:
        key = (candidate.start, candidate.end)
        if key not in best or candidate.score > best[key].score:
            best[key] = candidate
    return sorted(best.values())
