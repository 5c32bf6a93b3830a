"""Structured answers: a model is asked until its answer fits a class, or it is an error.

Nothing a server promises is relied on. Every answer is validated here, one that was cut is never
used although it fits, and no part of a bad one is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from typing import Generic, TypeVar

from pydantic import BaseModel

from sekisho.errors import (
    InvalidAnswerError,
    PromptTooLongError,
    RefusedAnswerError,
    TruncatedAnswerError,
    UsageError,
)
from sekisho.models.reading import Problem, bare, read
from sekisho.models.room import check_room, check_uncut, wider
from sekisho.models.schema import check_bounds, schema_of
from sekisho.models.seam import Completion, Finish, Message, Model, Request

__all__ = ["Answer", "Cost", "ask", "cost_of"]

T = TypeVar("T", bound=BaseModel)

_PLACE = "{problem}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What was spent: calls, tokens as the servers counted them (0 where they do not), seconds."""

    calls: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    answer_tokens: int = 0
    seconds: float = 0.0

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            calls=self.calls + other.calls,
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            cached_tokens=self.cached_tokens + other.cached_tokens,
            answer_tokens=self.answer_tokens + other.answer_tokens,
            seconds=self.seconds + other.seconds,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(Generic[T]):
    """A valid answer, and the conversation that a further question can go on from.

    ``conversation`` is what was asked and the valid answer, without attempts that failed;
    ``attempts`` counts the calls, ``cost`` is that of all of them.
    """

    value: T = field(repr=False)
    completion: Completion
    conversation: tuple[Message, ...] = field(repr=False)
    attempts: int
    cost: Cost


async def ask(
    model: Model,
    request: Request,
    kind: type[T],
    *,
    attempts: int = 3,
    reprimand: str | None = None,
    check: Callable[[T], str | None] | None = None,
) -> Answer[T]:
    """The answer of ``model`` to ``request``, as a ``kind``.

    An answer that does not validate, or in which ``check`` finds a problem, is shown to the model
    again with ``reprimand`` (in which ``{problem}`` stands for what was wrong; None: in English),
    until ``attempts`` answers were bad. Beside these, an answer without room is asked for once
    more with twice the room, and one that is empty once more.

    Raises ``UsageError`` when the schema of ``kind`` is not bounded, ``PromptTooLongError`` when
    the prompt does not fit or was cut, ``TruncatedAnswerError``, ``RefusedAnswerError``,
    ``InvalidAnswerError``, and whatever ``ModelError`` the model raises.
    """
    schema = schema_of(kind)
    check_bounds(schema)
    template = _default_reprimand() if reprimand is None else reprimand
    if _PLACE not in template:
        raise UsageError(f"a reprimand has no {_PLACE} in it")
    context = model.abilities.context
    current = replace(request, schema=schema)
    cost = Cost()
    bad = 0
    was_wider = was_empty = False
    while True:
        # A seed of its own for each call, so that a deterministic server does not repeat itself.
        current = replace(current, seed=request.seed + cost.calls)
        current, counted = await _with_room(model, current, request.messages)
        completion = await model.complete(current)
        cost += cost_of(completion)
        if completion.finish is Finish.REFUSED:
            raise RefusedAnswerError(_told("the model refused to answer", cost), where=model.name)
        check_uncut(current, completion, counted, context)
        if completion.finish is Finish.LENGTH:
            room = None if was_wider else wider(current, completion, counted, context)
            if room is None:
                raise _truncated(model, current, cost)
            current, was_wider = room, True
            continue
        if completion.finish is Finish.STOP and not completion.text.strip():
            if was_empty:
                raise RefusedAnswerError(_told("the model said nothing", cost), where=model.name)
            was_empty = True
            continue
        result = _result(completion, kind, check)
        if not isinstance(result, Problem):
            reply = Message("assistant", bare(completion.text))
            return Answer(
                value=result,
                completion=completion,
                conversation=(*request.messages, reply),
                attempts=cost.calls,
                cost=cost,
            )
        bad += 1
        if bad >= attempts:
            raise InvalidAnswerError(
                _told(f"the answer does not fit the schema: {result.public}", cost),
                where=model.name,
                remedy="see what the server can enforce with: sekisho models check",
            )
        said = template.replace(_PLACE, result.told)
        current = replace(current, messages=_again(request.messages, completion.text, said))


async def _with_room(
    model: Model, request: Request, plain: tuple[Message, ...]
) -> tuple[Request, int | None]:
    """``request`` and its tokens; without the bad answer in it when that leaves no room."""
    try:
        return request, await check_room(model, request)
    except PromptTooLongError:
        if request.messages == plain:
            raise
    request = replace(request, messages=plain)
    return request, await check_room(model, request)


def _result(
    completion: Completion, kind: type[T], check: Callable[[T], str | None] | None
) -> T | Problem:
    if completion.finish is not Finish.STOP:
        return Problem("it ended in an unknown way", "it did not come to its end")
    result = read(completion.text, kind)
    if isinstance(result, Problem) or check is None:
        return result
    found = check(result)
    return result if found is None else Problem("it did not pass the check of its content", found)


def _again(plain: tuple[Message, ...], answer: str, said: str) -> tuple[Message, ...]:
    """The question, the last bad answer alone (earlier ones would fill the context), what of it."""
    # Servers reject a turn without text.
    turns = (Message("assistant", answer),) if answer.strip() else ()
    return (*plain, *turns, Message("user", said))


def _truncated(model: Model, request: Request, cost: Cost) -> TruncatedAnswerError:
    room = request.max_tokens + request.thinking_tokens
    return TruncatedAnswerError(
        _told(f"the answer did not end within {room} tokens", cost),
        where=model.name,
        remedy="give the model more room for its answer or for thinking, or more context",
    )


def _told(message: str, cost: Cost) -> str:
    return f"{message} ({cost.calls} {'attempt' if cost.calls == 1 else 'attempts'})"


def cost_of(completion: Completion) -> Cost:
    """What one completion took."""
    usage = completion.usage
    return Cost(
        calls=1,
        prompt_tokens=usage.prompt or 0,
        cached_tokens=usage.cached or 0,
        answer_tokens=usage.answer or 0,
        seconds=completion.seconds,
    )


@cache
def _default_reprimand() -> str:
    text = resources.files(__package__).joinpath("reprimand.txt").read_text(encoding="utf-8")
    return "\n".join(line for line in text.splitlines() if not line.startswith("#"))
