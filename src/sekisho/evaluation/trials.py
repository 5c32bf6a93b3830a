"""What one reading of one document gave: the claims of an answer, without any text, and its cost.

A claim is one entry of an answer: a category, and where the value stands. Scores, repeats and
reports are made of these; no identifier is in them, so they can be kept and shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sekisho.documents.document import Span
from sekisho.documents.folding import fold
from sekisho.evaluation.gold import Prediction
from sekisho.phi.categories import Category

__all__ = ["Claim", "Trial", "claims_of", "prediction"]


@dataclass(frozen=True, slots=True, order=True)
class Claim:
    """One entry of an answer: its category and every place ``(start, end)`` where its value stands.

    Offsets are code points of the original text, places sorted. A claim without places names what
    does not stand in the text. An answer names each value of a category once, so a name that
    stands ten times in a report is one claim with ten places.
    """

    category: Category
    places: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One document, read once by one system.

    ``characters`` is the length of the document. ``valid_first`` says that every answer kept to the
    form at the first attempt. ``failed`` is the reason why there is no answer (empty: there is
    one); claims are then none, whatever came before. ``seconds`` is the time of its requests; a
    system that counts no tokens has none.
    """

    document: str
    characters: int
    claims: tuple[Claim, ...] = ()
    valid_first: bool = True
    failed: str = ""
    calls: int = 0
    prompt_tokens: int = 0
    answer_tokens: int = 0
    seconds: float = 0.0

    @property
    def tokens(self) -> int:
        """Tokens read and written."""
        return self.prompt_tokens + self.answer_tokens


def claims_of(text: str, spans: Iterable[Span]) -> tuple[Claim, ...]:
    """``spans`` of ``text`` as claims: what is spelt alike under one category is one of them."""
    values: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for span in spans:
        surface = fold(text[span.start : span.end]).text
        values.setdefault((span.category, surface), []).append((span.start, span.end))
    return tuple(
        Claim(Category(kind), tuple(sorted(places))) for (kind, _), places in values.items()
    )


def prediction(trial: Trial) -> Prediction:
    """The spans of ``trial``, as the leak measures of ``evaluation.phi`` take them."""
    return Prediction(trial.document, tuple(_spans(trial.claims)))


def _spans(claims: Iterable[Claim]) -> list[Span]:
    return sorted(
        Span(start, end, claim.category, ("trial",), 1.0)
        for claim in claims
        for start, end in claim.places
    )
