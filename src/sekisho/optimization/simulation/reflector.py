"""A model that writes prompts: it reads which errors were made and adds sentences against them.

It stands in for the local model that a study asks for better prompts. As real ones do, it sometimes
stops in the middle of a prompt, copies what stood in a report, or helps with something else; the
study must see that before it adopts anything.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sekisho.errors import ModelAccessError
from sekisho.evaluation.gold import GoldDocument
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
from sekisho.optimization.simulation.dice import chance
from sekisho.optimization.simulation.features import features, present
from sekisho.optimization.simulation.model import tokens, tokens_of

__all__ = ["ReflectionHabit", "SimulatedReflector"]

#: Where a part of the request begins: a fence, or a tag, alone in a line.
_OPENING = re.compile("^(?:(```)[a-z]{0,10}|<([^<>/\n]{1,24})>)$", re.MULTILINE)
#: The characters of a report that are copied: longer than any n-gram that is looked for.
_COPIED = 40
#: The share of a prompt that is there when it was cut.
_CUT = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class ReflectionHabit:
    """How it writes: ``sentences`` that the errors call for, at most, and shares of all answers:
    cut, with a stretch of a report, with another sentence than is called for, without any change.
    """

    sentences: int = 2

    truncates: float = 0.1
    copies: float = 0.1
    strays: float = 0.1
    idles: float = 0.05


class SimulatedReflector:
    """The seam, played by one who answers requests for a better prompt.

    ``knows`` are reports that it may copy from; without any it copies from the request itself.
    The answer is a text with the prompt between fences, or, where the request has a schema with one
    string in it, JSON with the prompt alone. The same request gives the same answer.
    """

    locality = Locality.LOCAL

    def __init__(
        self,
        *,
        seed: int,
        language: str = "ja",
        habit: ReflectionHabit | None = None,
        knows: Iterable[GoldDocument] = (),
        name: str = "simulated-reflector",
    ) -> None:
        self.name = name
        self.abilities = Abilities()
        self.habit = habit or ReflectionHabit()
        self._language = language
        self._texts = tuple(document.text for document in knows if len(document.text) > _COPIED)
        stated = json.dumps([asdict(self.habit), seed, language])
        self._digest = "stated:" + hashlib.sha256(stated.encode()).hexdigest()[:32]

    async def complete(self, request: Request) -> Completion:
        """The prompt in ``request`` with a sentence or two more, or what its habit makes of it.

        Raises ``ModelAccessError`` when there is no prompt in the request.
        """
        asked = "\n".join(each.content for each in request.messages if each.role != "assistant")
        parts = _parts(asked)
        if parts is None:
            raise ModelAccessError(
                "a simulated reflector was asked without a prompt between fences or tags",
                where=self.name,
            )
        current, errors = parts
        luck = (self._digest, request.seed, asked)
        text = self._answer(current, errors, luck, _key(request.schema))
        finish = Finish.STOP
        answer = tokens(text)
        if answer > request.max_tokens:
            text, finish = text[: len(text) * request.max_tokens // answer], Finish.LENGTH
            answer = request.max_tokens
        return Completion(
            text=text,
            finish=finish,
            usage=Usage(prompt=tokens_of(request), cached=0, answer=answer, thinking=0),
            model=self._digest,
            origin=Origin.SIMULATED,
        )

    async def count(self, request: Request) -> int | None:
        """The size of the messages."""
        return tokens_of(request)

    async def describe(self) -> Description:
        """The habit: there are no weights."""
        return Description(digest=self._digest, model="simulated reflector", server="simulated")

    async def aclose(self) -> None:
        """Nothing is held."""

    def _answer(
        self, current: str, errors: str, luck: tuple[str | int, ...], key: str | None
    ) -> str:
        habit = self.habit
        draw = chance("habit", *luck)
        prompt = current
        if draw >= habit.idles:
            prompt = "\n".join((current, *self._sentences(current, errors, luck)))
        cut = habit.idles <= draw < habit.idles + habit.truncates
        if cut:
            prompt = prompt[: int(len(prompt) * _CUT)]
        elif habit.idles + habit.truncates <= draw < (habit.idles + habit.truncates + habit.copies):
            prompt = f"{prompt}\n例：{self._copied(errors, luck)}"
        if key is not None:
            return json.dumps({key: prompt}, ensure_ascii=False)
        return f"```\n{prompt}" if cut else f"```\n{prompt}\n```"

    def _sentences(self, current: str, errors: str, luck: tuple[str | int, ...]) -> list[str]:
        """Sentences that errors call for, the more the likelier; none where all of them are there.

        Drawn and not counted out, for a question that is asked again should get another answer.
        """
        held = present(current)
        absent = [feature for feature in features().values() if feature.id not in held]
        calls = {feature.id: feature.called_for(errors) for feature in absent}
        if not any(calls.values()) or chance("strays", *luck) < self.habit.strays:
            calls, most = dict.fromkeys(calls, 1), 1
        else:
            most = self.habit.sentences
        chosen: list[str] = []
        while len(chosen) < most and any(calls.values()):
            id = _drawn(calls, chance("calls", len(chosen), *luck))
            calls[id] = 0
            chosen.append(features()[id].sentences[self._language])
        return chosen

    def _copied(self, errors: str, luck: tuple[str | int, ...]) -> str:
        """A stretch of a report, in one line."""
        text = errors
        if self._texts:
            text = self._texts[int(chance("report", *luck) * len(self._texts))]
        at = int(chance("stretch", *luck) * max(1, len(text) - _COPIED))
        return " ".join(text[at : at + _COPIED].split())


def _drawn(weights: Mapping[str, int], luck: float) -> str:
    """One of the keys, each as likely as its weight."""
    left = luck * sum(weights.values())
    for id, weight in weights.items():
        left -= weight
        if left < 0:
            return id
    return max(weights, key=weights.__getitem__)


def _parts(asked: str) -> tuple[str, str] | None:
    """The prompt and the errors: the first two parts of ``asked``, or all that is behind one."""
    found = _part(asked, 0)
    if found is None:
        return None
    prompt, end = found
    further = _part(asked, end)
    return prompt, asked[end:] if further is None else further[0]


def _part(asked: str, start: int) -> tuple[str, int] | None:
    """The first part from ``start`` on, and where it ends."""
    for opening in _OPENING.finditer(asked, start):
        closing = "\n```" if opening[1] else f"\n</{opening[2]}>"
        end = asked.find(closing, opening.end())
        if end >= 0:
            return asked[opening.end() + 1 : end], end + len(closing)
    return None


def _key(schema: Mapping[str, Any] | None) -> str | None:
    """The one string that an answer must have by ``schema``; None where no schema is asked for."""
    stated = (schema or {}).get("properties", {})
    strings = [name for name, each in stated.items() if each.get("type") == "string"]
    return strings[0] if len(strings) == 1 else None
