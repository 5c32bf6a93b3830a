"""One passage put before a model: how it is asked, and what it answers first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from sekisho.documents.cutting import halves
from sekisho.documents.document import Document
from sekisho.errors import PromptTooLongError
from sekisho.models.answers import Cost, ask
from sekisho.models.configuration import Capacity
from sekisho.models.prompt_files import fill
from sekisho.models.seam import Message, Model, Origin, Request
from sekisho.phi.detectors.llm.listing import PhiItem, PhiList
from sekisho.phi.detectors.llm.passages import LONGEST, passages
from sekisho.phi.detectors.llm.prompts import Prompts, prompts
from sekisho.phi.detectors.llm.refining import Policy

__all__ = ["First", "Reading", "by_passages", "first_answer"]

T = TypeVar("T")

#: Room for an answer: so many tokens, and so many more for each character of the passage.
_ROOM, _ROOM_FOR_CHARACTER = 256, 1.0
#: A passage shorter than this is not cut again.
_SHORTEST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How documents are read.

    ``ungrounded`` says what becomes of a document when a value is not in it, asked again too:
    ``hold`` it, or ``mask`` what is most like the value. ``longest`` counts characters of a
    passage, ``timeout_s`` is for one answer. ``said`` are prompts of one's own, which take the
    place of those for ``capacity`` and ``wording``.
    """

    capacity: Capacity = "long"
    wording: str = "conservative"
    policy: Policy = field(default_factory=Policy)
    ungrounded: Literal["hold", "mask"] = "hold"
    longest: int = LONGEST
    thinking_tokens: int = 0
    seed: int = 1
    timeout_s: float = 300.0
    said: Prompts | None = None

    def prompts(self, language: str) -> Prompts:
        """What the model is told about reports in ``language``. Raises ``UsageError``."""
        return self.said or prompts(language, self.capacity, self.wording)


@dataclass(frozen=True, slots=True, kw_only=True)
class First:
    """The first answer to a passage; ``request`` and ``passage`` are what a review goes on from.

    ``attempts`` counts the calls until an answer kept to the form.
    """

    request: Request
    passage: Document
    items: tuple[PhiItem, ...] = field(repr=False)
    attempts: int
    cost: Cost
    origin: Origin


async def first_answer(
    model: Model, document: Document, start: int, end: int, how: Reading, said: Prompts
) -> First:
    """What ``model`` names in ``text[start:end]`` of ``document``, not yet looked for in the text.

    Raises ``ModelError`` when there is no answer that keeps to the form.
    """
    text = document.text[start:end]
    request = Request(
        messages=(Message("system", said.extract), Message("user", fill(said.report, text=text))),
        max_tokens=_ROOM + int(_ROOM_FOR_CHARACTER * len(text)),
        thinking_tokens=how.thinking_tokens,
        seed=how.seed,
        timeout_s=how.timeout_s,
    )
    answer = await ask(model, request, PhiList, reprimand=said.invalid)
    return First(
        request=request,
        passage=Document(document.id, text, language=document.language),
        items=answer.value.phi_list,
        attempts=answer.attempts,
        cost=answer.cost,
        origin=answer.completion.origin,
    )


async def by_passages(
    document: Document, longest: int, work: Callable[[int, int], Awaitable[T]]
) -> list[T]:
    """What ``work`` gives for each passage of ``document``, in order.

    A passage that does not fit the model's context is cut again. Raises what ``work`` raises.
    """
    done = []
    for start, end in passages(document, longest):
        done += await _passage(document, start, end, work)
    return done


async def _passage(
    document: Document, start: int, end: int, work: Callable[[int, int], Awaitable[T]]
) -> list[T]:
    try:
        return [await work(start, end)]
    except PromptTooLongError:
        pieces = halves(document, start, end)
        if end - start < 2 * _SHORTEST or len(pieces) < 2:
            raise
    parts = []
    for piece in pieces:
        parts += await _passage(document, *piece, work)
    return parts
