"""Whether a document is worth a language model's time.

A model takes seconds where the other detectors take milliseconds. With ``uncertain`` it is asked
only about documents on which those detectors disagree, or whose tagger is unsure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

from sekisho.documents.document import Span
from sekisho.phi.categories import Category

__all__ = ["Consult", "is_uncertain"]


class Consult(StrEnum):
    """When the detectors that ask a model do so."""

    ALWAYS = "always"
    UNCERTAIN = "uncertain"
    NEVER = "never"


#: What lists and the tagger both look for; of formats the rules are the better judge.
_READ = frozenset({Category.NAME, Category.STAFF, Category.ADDRESS, Category.FACILITY})
#: A name or place below this score is a guess as long as nobody else sees it.
_SURE = 0.85
#: Whose names they are, and which part of a house, is often open where it is certain what they are.
_NEAR = (
    frozenset({Category.NAME, Category.STAFF}),
    frozenset({Category.FACILITY, Category.DEPARTMENT, Category.ADDRESS}),
    frozenset({Category.DATE, Category.BIRTHDATE}),
)


def is_uncertain(claims: Mapping[str, Sequence[Span]], unsure: int) -> bool:
    """Whether the detectors disagree, or were ``unsure`` of anything.

    ``claims`` holds the spans of each detector by its name. They disagree where two call one
    stretch things that are far apart, and where a name or a place without proof (a label, a title)
    is seen by one of them alone.
    """
    if unsure:
        return True
    spans = sorted((span, reader) for reader, found in claims.items() for span in found)
    lone = set(range(len(spans)))
    reaching: list[int] = []  # the places of spans that reach the current one
    for place, (span, reader) in enumerate(spans):
        reaching = [earlier for earlier in reaching if spans[earlier][0].end > span.start]
        for earlier in reaching:
            other, another = spans[earlier]
            if another == reader:
                continue
            if _far_apart(span.category, other.category):
                return True
            lone -= {earlier, place}
        reaching.append(place)
    guesses = (spans[place][0] for place in lone)
    return any(span.category in _READ and span.score < _SURE for span in guesses)


def _far_apart(one: str, other: str) -> bool:
    return one != other and not any(one in near and other in near for near in _NEAR)
