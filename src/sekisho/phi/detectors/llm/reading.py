"""One document read by a model: asked, reviewed, grounded, or an error that holds the document."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from sekisho.documents.document import Document, Span
from sekisho.errors import UngroundedAnswerError
from sekisho.models.answers import Answer, Cost, ask
from sekisho.models.prompt_files import fill
from sekisho.models.seam import Message, Model, Origin, Request
from sekisho.phi.detectors.llm.answering import Reading, by_passages, first_answer
from sekisho.phi.detectors.llm.grounding import Ground
from sekisho.phi.detectors.llm.listing import PhiItem, PhiList, shown
from sekisho.phi.detectors.llm.prompts import Prompts
from sekisho.phi.detectors.llm.refining import refine

__all__ = ["FUZZY", "Read", "Reading", "Tally", "read"]

#: The source of a span whose value was not in the text letter for letter.
FUZZY = "llm:fuzzy"
#: Surer than a guess, so that names are carried on; no proof, so that the shield stands against it.
_SCORE = 0.8
_FUZZY_SCORE = 0.7


@dataclass(frozen=True, slots=True)
class Tally:
    """What reading took; summed over passages."""

    cost: Cost = field(default_factory=Cost)
    reviews: int = 0
    kept: int = 0
    fuzzy: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.cost + other.cost,
            self.reviews + other.reviews,
            self.kept + other.kept,
            self.fuzzy + other.fuzzy,
        )


@dataclass(frozen=True, slots=True)
class Read:
    """What a model found in a document."""

    spans: tuple[Span, ...]
    tally: Tally

    @property
    def measures(self) -> dict[str, float]:
        """What it took, by names that a manifest can show; ``model_s`` counts seconds."""
        cost = self.tally.cost
        return {
            "calls": cost.calls,
            "prompt_tokens": cost.prompt_tokens,
            "cached_tokens": cost.cached_tokens,
            "answer_tokens": cost.answer_tokens,
            "reviews": self.tally.reviews,
            "revisions_kept": self.tally.kept,
            "fuzzy": self.tally.fuzzy,
            "model_s": cost.seconds,
        }


async def read(model: Model, document: Document, how: Reading) -> Read:
    """The identifiers of ``document`` that ``model`` names, in original offsets, sorted.

    Each value is found again at all of its occurrences. Raises ``ModelError`` when an answer
    cannot be trusted; what other passages gave is then no answer either.
    """
    said = how.prompts(document.language)
    ground = Ground(document)
    spans: set[Span] = set()
    tally = Tally()

    async def asked(start: int, end: int) -> tuple[_Found, Tally]:
        return await _asked(model, document, start, end, how, said)

    for found, cost in await by_passages(document, how.longest, asked):
        tally += cost
        for item in found.items:
            for place in ground.places(item.value, item.type):
                spans.add(Span(*place, item.type, (found.source,), _SCORE))
        spans.update(found.fuzzy)
    return Read(tuple(sorted(spans)), tally)


@dataclass(frozen=True, slots=True)
class _Found:
    items: tuple[PhiItem, ...]
    source: str
    fuzzy: tuple[Span, ...] = ()


async def _asked(
    model: Model, document: Document, start: int, end: int, how: Reading, said: Prompts
) -> tuple[_Found, Tally]:
    first = await first_answer(model, document, start, end, how, said)
    request, passage = first.request, first.passage
    items, tally = first.items, Tally(first.cost)
    if how.policy.reviews:
        refined = await refine(model, request, passage, items, said, how.policy)
        items, tally = refined.items, tally + Tally(refined.cost, refined.reviews, refined.kept)
    # What no model said is called by what it is, in every output that names sources.
    source = "llm" if first.origin is Origin.MODEL else f"llm:{first.origin}"
    ground = Ground(passage)
    items = _distinct(items)
    lost = _lost(ground, items)
    if not lost:
        return _Found(items, source), tally
    again = await _asked_again(model, request, items, lost, said)
    tally += Tally(again.cost)
    items = _distinct([*(each for each in items if each not in lost), *again.value.phi_list])
    lost = _lost(ground, items)
    if not lost:
        return _Found(items, source), tally
    fuzzy = _fuzzy(ground, lost, start) if how.ungrounded == "mask" else None
    if fuzzy is None:
        raise UngroundedAnswerError(
            f"values of the answer that are not in the text, asked again too: {len(lost)}",
            remedy="try another model, or --ungrounded mask",
        )
    kept = tuple(each for each in items if each not in lost)
    return _Found(kept, source, fuzzy), tally + Tally(fuzzy=len(fuzzy))


def _distinct(items: Iterable[PhiItem]) -> tuple[PhiItem, ...]:
    return tuple(dict.fromkeys(items))


def _lost(ground: Ground, items: Iterable[PhiItem]) -> list[PhiItem]:
    return [item for item in items if not ground.places(item.value, item.type)]


async def _asked_again(
    model: Model,
    request: Request,
    items: tuple[PhiItem, ...],
    lost: Sequence[PhiItem],
    said: Prompts,
) -> Answer[PhiList]:
    values = ", ".join(f"「{item.value}」" for item in lost)
    further = (
        Message("assistant", shown(items)),
        Message("user", fill(said.ungrounded, values=values)),
    )
    request = replace(request, messages=(*request.messages, *further))
    return await ask(model, request, PhiList, reprimand=said.invalid)


def _fuzzy(ground: Ground, lost: Sequence[PhiItem], offset: int) -> tuple[Span, ...] | None:
    """Spans over what is most like the lost values; None when one of them is like nothing."""
    spans = []
    for item in lost:
        place = ground.closest(item.value)
        if place is None:
            return None
        start, end = place
        spans.append(Span(offset + start, offset + end, item.type, (FUZZY,), _FUZZY_SCORE))
    return tuple(spans)
