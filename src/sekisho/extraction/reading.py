"""One document read for a task: asked, examined, asked again, joined, or an error.

The answer's form is validated first (``models.answers``), then each value (``examining``). What is
wrong is told to the model, which answers again; a field that was right before and is wrong then
keeps what was right. What stays wrong is *invalid*, field by field.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import BaseModel

from sekisho.documents.cutting import halves
from sekisho.documents.document import Document
from sekisho.errors import PromptTooLongError
from sekisho.extraction.answers.answer_form import answer_class, reasoning_key
from sekisho.extraction.answers.examining import Examined, complete, examine
from sekisho.extraction.answers.joining import join
from sekisho.extraction.answers.surety import voted, with_probabilities
from sekisho.extraction.chunking import chunks
from sekisho.extraction.few_shot.showing import shown
from sekisho.extraction.prompts import Prompts, prompts
from sekisho.extraction.results import Extraction, FieldResult, FieldStatus
from sekisho.extraction.tasks.task import Example, Task
from sekisho.extraction.translation import translated
from sekisho.models.answers import Answer, Cost, ask
from sekisho.models.seam import Message, Model, Origin, Request

__all__ = ["How", "extract"]

#: Room for an answer: so many tokens, so many more for each field, and for each character.
_ROOM, _ROOM_FOR_FIELD, _ROOM_FOR_CHARACTER = 256, 96, 0.25
_ROOM_FOR_REASONING = 800
_ALTERNATIVES = 10
#: A chunk shorter than this is not cut again.
_SHORTEST = 200
#: How votes are made to differ.
_VOTING_TEMPERATURE = 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """How documents are read.

    ``attempts``: answers asked for at most, bad ones told what is wrong. A document longer than
    ``longest`` characters is read in chunks that share ``overlap``. ``votes``: answers that a vote
    is taken of where the server gives no log probabilities (1: none). ``probabilities``: log
    probabilities are asked for where the server has them. ``translate``: an English translation is
    read instead (an experiment). ``max_tokens``: room for an answer, None as the task needs it;
    ``thinking_tokens`` are beside it. ``timeout_s`` is for one answer.
    """

    attempts: int = 3
    longest: int = 6000
    overlap: int = 300
    votes: int = 1
    probabilities: bool = True
    temperature: float = 0.0
    translate: bool = False
    thinking_tokens: int = 0
    seed: int = 1
    timeout_s: float = 300.0
    max_tokens: int | None = None


async def extract(
    model: Model,
    document: Document,
    task: Task,
    how: How,
    examples: Sequence[Example] = (),
) -> Extraction:
    """What ``model`` finds in ``document`` for ``task``, in original offsets.

    ``examples`` are shown before the document; they must fit the task. Raises ``ModelError`` when
    there is no answer that can be trusted: what other chunks gave is then no answer either.
    """
    cost = Cost()
    translation = None
    if how.translate and task.language != "en":
        document, spent = await translated(model, document, task.language, how)
        cost, translation = cost + spent, document.text
    reader = _Reader(model, task, how, tuple(examples), document)
    pieces = chunks(document, how.longest, how.overlap)
    parts: list[_Part] = []
    for at, piece in enumerate(pieces, start=1):
        parts += await reader.chunk(*piece, at, len(pieces))
    fields = join(task, [part.fields for part in parts], [part.start for part in parts])
    if len(parts) > 1:
        fields = dict(complete(task, fields).fields)
    reasons = [part.reasoning for part in parts if part.reasoning]
    return Extraction(
        fields,
        reasoning="\n\n".join(reasons) or None,
        translation=translation,
        cost=sum((part.cost for part in parts), cost),
        chunks=len(parts),
        attempts=sum(part.attempts for part in parts),
        origin=next((p.origin for p in parts if p.origin is not Origin.MODEL), Origin.MODEL),
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """What one chunk gave; offsets count from ``start`` of the document."""

    start: int
    fields: Mapping[str, FieldResult]
    reasoning: str | None = field(repr=False)
    cost: Cost
    attempts: int
    origin: Origin


class _Reader:
    """Reads the chunks of one document."""

    def __init__(
        self,
        model: Model,
        task: Task,
        how: How,
        examples: tuple[Example, ...],
        document: Document,
    ) -> None:
        self._model, self._task, self._how, self._document = model, task, how, document
        self._said: Prompts = prompts(task)
        self._kind: type[BaseModel] = answer_class(task)
        self._shown = self._turns(examples)

    def _turns(self, examples: tuple[Example, ...]) -> tuple[Message, ...]:
        turns = [Message("system", self._said.system)]
        for each in examples:
            turns.append(Message("user", self._said.document(each.text)))
            turns.append(Message("assistant", shown(self._task, each)))
        return tuple(turns)

    async def chunk(self, start: int, end: int, at: int, of: int) -> list[_Part]:
        """What stands in ``text[start:end]``; cut again when it does not fit the context."""
        try:
            return [await self._read(start, end, at, of)]
        except PromptTooLongError:
            pieces = halves(self._document, start, end)
            if end - start < 2 * _SHORTEST or len(pieces) < 2:
                raise
        parts = []
        for piece in pieces:
            parts += await self.chunk(*piece, at, max(of, 2))
        return parts

    async def _read(self, start: int, end: int, at: int, of: int) -> _Part:
        text = self._document.text[start:end]
        chunk = Document(self._document.id, text, language=self._document.language)
        request = self._request(text, at, of)
        first = await self._settled(request, chunk, whole=of == 1)
        if self._how.votes <= 1 or first.has_probabilities:
            return replace(first.part, start=start)
        # The first answer is the model's best; the others say how firmly it stands.
        request = replace(request, temperature=max(self._how.temperature, _VOTING_TEMPERATURE))
        cast = [first.part]
        for vote in range(1, self._how.votes):
            again = replace(request, seed=request.seed + 1000 * vote)
            cast.append((await self._settled(again, chunk, whole=of == 1)).part)
        return replace(
            first.part,
            start=start,
            fields=voted(self._task, [part.fields for part in cast]),
            cost=sum((part.cost for part in cast), Cost()),
            attempts=sum(part.attempts for part in cast),
        )

    def _request(self, text: str, at: int, of: int) -> Request:
        how = self._how
        room = how.max_tokens
        if room is None:
            paths = sum(1 for _ in self._task.walk())
            room = _ROOM + _ROOM_FOR_FIELD * paths + int(_ROOM_FOR_CHARACTER * len(text))
            room += _ROOM_FOR_REASONING if self._task.reasoning else 0
        wanted = how.probabilities and self._model.abilities.logprobs is True
        return Request(
            messages=(*self._shown, Message("user", self._said.document(text, at, of))),
            max_tokens=room,
            thinking_tokens=how.thinking_tokens,
            temperature=how.temperature,
            seed=how.seed,
            top_logprobs=_ALTERNATIVES if wanted else None,
            timeout_s=how.timeout_s,
        )

    async def _settled(self, request: Request, chunk: Document, *, whole: bool) -> _Settled:
        """The answer to ``request``, asked again while values in it are wrong."""
        cost, attempts = Cost(), 0
        kept: dict[str, FieldResult] = {}
        turns = request.messages
        while True:
            left = self._how.attempts - attempts
            asked = replace(request, messages=turns, seed=request.seed + attempts)
            answer = await ask(
                self._model, asked, self._kind, attempts=left, reprimand=self._said.invalid
            )
            cost, attempts = cost + answer.cost, attempts + answer.attempts
            given = answer.value.model_dump(mode="json", by_alias=True)
            examined = self._examined(chunk, given, answer, whole=whole)
            kept = _better(kept, examined.fields)
            if not examined.troubles or attempts >= self._how.attempts:
                break
            said = Message("user", self._said.problems(examined.troubles))
            turns = (*request.messages, answer.conversation[-1], said)
        reasoning = given.get(reasoning_key(self._task)) if self._task.reasoning else None
        part = _Part(
            start=0,
            fields=kept,
            reasoning=reasoning or None,
            cost=cost,
            attempts=attempts,
            origin=answer.completion.origin,
        )
        return _Settled(part, answer.completion.tokens is not None)

    def _examined(
        self, chunk: Document, given: Mapping[str, Any], answer: Answer[BaseModel], *, whole: bool
    ) -> Examined:
        examined = examine(self._task, chunk, given)
        fields = with_probabilities(self._task, examined.fields, answer.completion)
        if not whole:
            return Examined(fields, examined.troubles)
        finished = complete(self._task, fields)
        return Examined(finished.fields, (*examined.troubles, *finished.troubles))


@dataclass(frozen=True, slots=True)
class _Settled:
    part: _Part
    has_probabilities: bool


def _better(
    before: Mapping[str, FieldResult], now: Mapping[str, FieldResult]
) -> dict[str, FieldResult]:
    """Each field as it is now, unless it was right before and is wrong now."""
    return {
        name: before[name]
        if result.status is FieldStatus.INVALID
        and name in before
        and before[name].status is not FieldStatus.INVALID
        else result
        for name, result in now.items()
    }
