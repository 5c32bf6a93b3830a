"""A model that says what a script tells it, and fails as a script tells it: the shipped fake.

It stands in where the way of a document is tested and not what a model knows of it. Everything it
gives is marked ``Origin.SCRIPTED``.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from random import Random
from typing import TypeAlias

from sekisho.errors import ModelUnavailableError, UsageError
from sekisho.models.seam import (
    Abilities,
    Completion,
    Description,
    Finish,
    Locality,
    Origin,
    Request,
    Usage,
)
from sekisho.models.thinking import split_thinking

__all__ = ["Act", "Script", "ScriptedModel", "Turn"]

_REMEMBERED = 1000


class Act(StrEnum):
    """What a scripted model does when it is asked."""

    #: gives the text
    ANSWER = "answer"
    #: gives the text, and says that it ran out of room
    TRUNCATE = "truncate"
    #: gives the text, and says that it refuses
    REFUSE = "refuse"
    #: gives nothing until it is cancelled
    STALL = "stall"
    #: gives what looks like JSON and is none, the same for the same seed
    GARBLE = "garble"
    #: the connection is lost
    CLOSE = "close"
    #: HTTP 429, with what ``retry_after_s`` says
    BUSY = "busy"
    #: HTTP 500
    FAIL = "fail"
    #: thinks the text and says nothing
    THINK_ONLY = "think_only"
    #: gives the text, and has read half of the prompt
    CUT_PROMPT = "cut_prompt"


@dataclass(frozen=True, slots=True)
class Turn:
    """One act, after ``seconds``; ``text`` may hold thinking in tags."""

    act: Act
    text: str = field(default="", repr=False)
    thinking: str = field(default="", repr=False)
    seconds: float = 0.0
    retry_after_s: float | None = None


#: A function of the request, or turns that follow each other, the last of them for ever. A text
#: alone is an answer.
Script: TypeAlias = Callable[[Request], Turn | str] | Sequence[Turn | str]


class ScriptedModel:
    """The seam, played from ``script``.

    A token is a character. ``asked`` holds the last thousand requests, ``cancelled`` counts those
    that were given up by the caller.
    """

    def __init__(
        self,
        script: Script,
        *,
        name: str = "scripted",
        locality: Locality = Locality.LOCAL,
        abilities: Abilities | None = None,
        digest: str | None = None,
    ) -> None:
        """Raises ``UsageError`` when there are no turns."""
        if not callable(script) and not script:
            raise UsageError("a script without turns", where=name)
        self.name = name
        self.locality = locality
        self.abilities = abilities or Abilities()
        self.asked: deque[Request] = deque(maxlen=_REMEMBERED)
        self.cancelled = 0
        self.closed = False
        self._script = script
        self._calls = 0
        self._digest = digest or _digest(script)

    @classmethod
    def load(cls, path: Path, *, name: str = "scripted") -> ScriptedModel:
        """A model that plays the script in ``path`` (see ``sekisho.models.script_file``).

        Raises ``UsageError`` when the file is no script.
        """
        from sekisho.models.script_file import load_script

        script, digest = load_script(path)
        return cls(script, name=name, digest=digest)

    async def complete(self, request: Request) -> Completion:
        """What the script says next. Raises ``ModelUnavailableError`` where it says so."""
        self.asked.append(request)
        turn = self._next(request)
        try:
            if turn.seconds:
                await asyncio.sleep(turn.seconds)
            if turn.act is Act.STALL:
                await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        self._fail(turn)
        return self._completion(request, turn)

    async def count(self, request: Request) -> int | None:
        """Characters of the messages."""
        return _characters(request)

    async def describe(self) -> Description:
        """The script itself: it has no weights."""
        return Description(
            digest=self._digest,
            model=self.name,
            server="scripted",
            context=self.abilities.context,
            slots=self.abilities.slots,
        )

    async def aclose(self) -> None:
        """Nothing is held; it is noted that this was called."""
        self.closed = True

    def _next(self, request: Request) -> Turn:
        if callable(self._script):
            turn = self._script(request)
        else:
            turn = self._script[min(self._calls, len(self._script) - 1)]
        self._calls += 1
        return Turn(Act.ANSWER, turn) if isinstance(turn, str) else turn

    def _fail(self, turn: Turn) -> None:
        match turn.act:
            case Act.CLOSE:
                message = "the connection was closed before the answer came"
            case Act.BUSY:
                message = "the server is busy (HTTP 429)"
            case Act.FAIL:
                message = "the server failed (HTTP 500)"
            case _:
                return
        error = ModelUnavailableError(message, where=self.name)
        error.retry_after_s = turn.retry_after_s
        raise error

    def _completion(self, request: Request, turn: Turn) -> Completion:
        thinking, text = split_thinking(turn.text)
        thinking = turn.thinking or thinking
        finish = Finish.STOP
        prompt = _characters(request)
        match turn.act:
            case Act.TRUNCATE:
                finish = Finish.LENGTH
            case Act.REFUSE:
                finish = Finish.REFUSED
            case Act.GARBLE:
                text = _garbage(request.seed)
            case Act.THINK_ONLY:
                thinking, text = turn.thinking or turn.text, ""
            case Act.CUT_PROMPT:
                prompt //= 2
        return Completion(
            text=text,
            finish=finish,
            usage=Usage(
                prompt=prompt,
                cached=0,
                answer=len(text) + len(thinking),
                thinking=len(thinking),
            ),
            thinking=thinking,
            seconds=turn.seconds,
            model=self._digest,
            origin=Origin.SCRIPTED,
        )


def _characters(request: Request) -> int:
    return sum(len(message.content) for message in request.messages)


def _garbage(seed: int) -> str:
    random = Random(seed)
    # A key that never ends, so it is no JSON whatever the rest is.
    return '{"' + "".join(random.choice("ab佐藤 :[]{}") for _ in range(40))


def _digest(script: Script) -> str:
    if callable(script):
        stated = getattr(script, "__qualname__", type(script).__qualname__)
    else:
        stated = json.dumps([turn if isinstance(turn, str) else asdict(turn) for turn in script])
    return "stated:" + hashlib.sha256(stated.encode()).hexdigest()[:32]
