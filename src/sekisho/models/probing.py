"""What a server can do with a model, found out by asking it, and remembered.

Servers say little about themselves and some say what is not so: a schema that is taken without a
word and ignored looks the same as one that is kept. So each ability is tried where it would show:
a schema by words that nobody says by himself, a seed by asking twice. Nothing is read from a
document.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import math
import os
import time
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from sekisho.errors import ModelAccessError, ModelUnavailableError, OutputError, UsageError
from sekisho.models.reading import bare
from sekisho.models.seam import (
    Abilities,
    Completion,
    Description,
    Finish,
    Message,
    Model,
    Request,
    SchemaMeans,
)

__all__ = ["Finding", "Probe", "probe", "recall", "remember"]

#: Raised when what is asked or kept changes, so that what was found before is found again.
_FORMAT = 1
#: In order of preference; the first that is kept is taken.
_MEANS = (SchemaMeans.JSON_SCHEMA, SchemaMeans.OBJECT_SCHEMA, SchemaMeans.FORMAT)
_ANSWER_TOKENS = 200
_SHORT_TOKENS = 32
_SEEDS = (11, 11, 12)
#: Requests sent at once where the server does not tell its slots, and at most.
_AT_ONCE = 4
_MOST_AT_ONCE = 8
#: At once is clearly below one after the other when it takes less than this part of the time.
_CLEARLY = 0.75
#: No model answers in so few seconds, and the time of anything else says nothing.
_TOO_QUICK_S = 0.01


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found out about one ability, in words, and the seconds that it took."""

    ability: str
    result: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Probe:
    """What a model can do where it runs, what the server says of it, and how that was found."""

    abilities: Abilities
    description: Description
    findings: tuple[Finding, ...]


async def probe(model: Model, *, timeout_s: float = 120.0) -> Probe:
    """Asks ``model`` about a dozen short questions; its ``abilities`` are then what was found.

    ``timeout_s`` is for each question. Raises ``ModelError`` when the model cannot be described or
    gives no answer to a plain question, ``UsageError`` when it was set up wrongly; an ability that
    the server rejects is one that it does not have.
    """
    stated = model.abilities
    try:
        found = await _Asking(model, timeout_s).everything()
    except BaseException:
        model.abilities = stated
        raise
    model.abilities = found.abilities
    return found


class _Asking:
    """One probe; the findings come together in ``findings``."""

    def __init__(self, model: Model, timeout_s: float) -> None:
        self._model = model
        self._timeout_s = timeout_s
        self._findings: list[Finding] = []
        self._began = 0.0

    async def everything(self) -> Probe:
        description = await self._model.describe()
        self._model.abilities = Abilities(context=description.context)
        self._begin()
        # Read once, so that what follows is asked of a model that is loaded and warm.
        await self._letters(seed=_SEEDS[0])
        self._note("answer", "answers a plain question")
        abilities = Abilities(
            schema=await self._schema(),
            logprobs=await self._logprobs(),
            seed=await self._seed(),
            context=description.context,
            slots=await self._slots(description),
        )
        context = description.context
        told = "not stated" if context is None else f"{context} tokens, as stated"
        self._findings.append(Finding("context", told, 0.0))
        return Probe(abilities, description, tuple(self._findings))

    async def _schema(self) -> SchemaMeans:
        self._begin()
        tried = []
        for means in _MEANS:
            result = await self._keeps_to(means)
            if result is None:
                self._note("schema", f"kept by {means.value}")
                return means
            tried.append(f"{means.value}: {result}")
        problem = await self._is_json()
        tried.append(f"{SchemaMeans.JSON_OBJECT.value}: {problem or 'gives JSON of any form'}")
        self._note("schema", "not kept (" + "; ".join(tried) + ")")
        return SchemaMeans.JSON_OBJECT if problem is None else SchemaMeans.NONE

    async def _keeps_to(self, means: SchemaMeans) -> str | None:
        """What is wrong when answers are to keep to a schema by ``means``; None: they do."""
        for words in _asked()["words"]:
            answer = await self._with_schema(means, _one_of(words))
            if isinstance(answer, str):
                return answer
            word = _object(answer.text).get("word")
            if answer.finish is not Finish.STOP or word not in words:
                return "ignored"
        return None

    async def _is_json(self) -> str | None:
        """What is wrong when an answer is to be JSON of any form; None: it is."""
        answer = await self._with_schema(SchemaMeans.JSON_OBJECT, _one_of(_asked()["words"][0]))
        if isinstance(answer, str):
            return answer
        if answer.finish is not Finish.STOP:
            return "the answer did not end"
        return None if _object(answer.text) else "ignored"

    async def _with_schema(self, means: SchemaMeans, schema: Mapping[str, Any]) -> Completion | str:
        self._model.abilities = replace(self._model.abilities, schema=means)
        try:
            return await self._tried(self._request(_asked()["poem"], schema=schema))
        finally:
            self._model.abilities = replace(self._model.abilities, schema=SchemaMeans.NONE)

    async def _tried(self, request: Request) -> Completion | str:
        """The answer, or how the request was rejected."""
        try:
            return await self._model.complete(request)
        except (ModelAccessError, UsageError) as error:
            return f"rejected ({type(error).__name__})"
        except ModelUnavailableError as error:
            # Some servers fail at what they do not know. One that is down fails at this too.
            await self._letters(seed=_SEEDS[0])
            return f"rejected ({type(error).__name__})"

    async def _logprobs(self) -> bool:
        self._begin()
        answer = await self._tried(
            self._request(_asked()["poem"], max_tokens=_SHORT_TOKENS, top_logprobs=2)
        )
        if isinstance(answer, str):
            self._note("logprobs", answer)
            return False
        tokens = answer.tokens or ()
        given = bool(tokens) and all(
            math.isfinite(token.logprob) and token.logprob <= 0 for token in tokens
        )
        self._note("logprobs", "given for each token" if given else "not given")
        return given

    async def _seed(self) -> bool | None:
        self._begin()
        first, again, other = [await self._letters(seed=seed) for seed in _SEEDS]
        if first != again:
            self._note("seed", "the same seed gives another answer")
            return False
        if first == other:
            self._note("seed", "not known: another seed gives the same answer")
            return None
        self._note("seed", "the same seed gives the same answer, another one another")
        return True

    async def _slots(self, description: Description) -> int | None:
        """How many requests are worked on at once: as stated, else as the times tell."""
        self._begin()
        stated = description.slots
        told = "not stated" if stated is None else f"{stated}, as stated"
        count = min(stated or _AT_ONCE, _MOST_AT_ONCE)
        if count == 1:
            self._note("slots", told)
            return stated
        await self._timed(count)  # each slot reads the prompt
        one = min([await self._timed(1) for _ in range(2)])
        if stated is None and one < _TOO_QUICK_S:
            self._note("slots", f"{told}; answers come too quickly to tell")
            return None
        part = min([await self._timed(count) for _ in range(2)]) / (count * one)
        self._note(
            "slots", f"{told}; {count} at once take {part:.0%} of the time of one after the other"
        )
        return count if stated is None and part < _CLEARLY else stated

    async def _timed(self, count: int) -> float:
        started = time.perf_counter()
        await asyncio.gather(*(self._letters(seed=100 + number) for number in range(count)))
        return time.perf_counter() - started

    async def _letters(self, *, seed: int) -> tuple[str, str]:
        request = self._request(
            _asked()["letters"], max_tokens=_SHORT_TOKENS, temperature=1.0, seed=seed
        )
        answer = await self._model.complete(request)
        return answer.text, answer.thinking

    def _request(self, prompt: str, **different: Any) -> Request:
        asked: dict[str, Any] = {"max_tokens": _ANSWER_TOKENS, "timeout_s": self._timeout_s}
        return Request(messages=(Message("user", prompt),), **(asked | different))

    def _begin(self) -> None:
        self._began = time.perf_counter()

    def _note(self, ability: str, result: str) -> None:
        self._findings.append(Finding(ability, result, time.perf_counter() - self._began))


@cache
def _asked() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


def _one_of(words: Sequence[str]) -> Mapping[str, Any]:
    return {
        "type": "object",
        "properties": {"word": {"type": "string", "enum": list(words)}},
        "required": ["word"],
        "additionalProperties": False,
    }


def _object(text: str) -> Mapping[str, Any]:
    """The JSON object that ``text`` is; an empty one when it is none."""
    try:
        found = json.loads(bare(text))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def remember(found: Probe, folder: Path, server: str) -> Path:
    """Keeps ``found`` for the model at ``server`` (its address), readable by this user alone.

    Gives the path. Raises ``OutputError`` when it cannot be written.
    """
    path = _file(folder, server, found.description.digest)
    content = {
        "format": _FORMAT,
        "abilities": asdict(found.abilities),
        "description": asdict(found.description),
        "findings": [asdict(each) for each in found.findings],
    }
    draft = path.with_suffix(f".{os.getpid()}.draft")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft.unlink(missing_ok=True)
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(handle, "w", encoding="utf-8") as file:
            json.dump(content, file, indent=2)
        draft.replace(path)
    except OSError as error:
        raise OutputError(
            f"what the model can do cannot be kept: {error.strerror}", where=str(folder)
        ) from None
    return path


def recall(folder: Path, server: str, digest: str) -> Abilities | None:
    """What was remembered of the model ``digest`` at ``server``; None: it is to be found out.

    None too for what another version wrote, and for a file that cannot be read.
    """
    try:
        content = json.loads(_file(folder, server, digest).read_bytes())
        if content["format"] != _FORMAT:
            return None
        return TypeAdapter(Abilities).validate_python(content["abilities"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _file(folder: Path, server: str, digest: str) -> Path:
    named = hashlib.sha256(json.dumps([server, digest]).encode()).hexdigest()
    return folder / f"{named[:32]}.json"
