"""A model that writes prompts: it reads which errors were made and adds a sentence against them.

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

#: A prompt between fences, or between a tag and its end.
_FENCED = re.compile(r"```[a-z]{0,10}\n(.*?)\n```", re.DOTALL)
_TAGGED = re.compile(r"<([^<>/\n]{1,24})>\n(.*?)\n</\1>", re.DOTALL)
#: The characters of a report that are copied: longer than any n-gram that is looked for.
_COPIED = 40
#: The share of a prompt that is there when it was cut.
_CUT = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class ReflectionHabit:
    """Shares of all answers: cut, with a stretch of a report, with another sentence than is called
    for, without any change.
    """

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
        self._seed, self._language = seed, language
        self._texts = tuple(document.text for document in knows if len(document.text) > _COPIED)
        stated = json.dumps([asdict(self.habit), seed, language])
        self._digest = "stated:" + hashlib.sha256(stated.encode()).hexdigest()[:32]

    async def complete(self, request: Request) -> Completion:
        """The prompt in ``request`` with one sentence more, or what its habit makes of it.

        Raises ``ModelAccessError`` when there is no prompt in the request.
        """
        asked = "\n".join(each.content for each in request.messages if each.role != "assistant")
        found = _FENCED.search(asked) or _TAGGED.search(asked)
        if found is None:
            raise ModelAccessError(
                "a simulated reflector was asked without a prompt between fences or tags",
                where=self.name,
            )
        current, shown = found[found.lastindex or 1], asked[found.end() :]
        luck = (self._digest, request.seed, asked)
        text = self._answer(current, shown, luck, _key(request.schema))
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
        self, current: str, shown: str, luck: tuple[str | int, ...], key: str | None
    ) -> str:
        habit = self.habit
        draw = chance("habit", *luck)
        prompt = current
        if draw >= habit.idles:
            sentence = self._sentence(current, shown, luck)
            prompt = f"{current}\n{sentence}" if sentence else current
        cut = habit.idles <= draw < habit.idles + habit.truncates
        if cut:
            prompt = prompt[: int(len(prompt) * _CUT)]
        elif habit.idles + habit.truncates <= draw < (habit.idles + habit.truncates + habit.copies):
            prompt = f"{prompt}\n例：{self._copied(shown, luck)}"
        if key is not None:
            return json.dumps({key: prompt}, ensure_ascii=False)
        return f"```\n{prompt}" if cut else f"```\n{prompt}\n```"

    def _sentence(self, current: str, shown: str, luck: tuple[str | int, ...]) -> str:
        """The sentence that the errors call for most; empty where all of them are there."""
        held = present(current)
        absent = [feature for feature in features().values() if feature.id not in held]
        if not absent:
            return ""
        if chance("strays", *luck) < self.habit.strays:
            chosen = absent[int(chance("stray", *luck) * len(absent))]
        else:
            chosen = max(absent, key=lambda each: sum(shown.count(cue) for cue in each.cues))
        return chosen.sentences[self._language]

    def _copied(self, shown: str, luck: tuple[str | int, ...]) -> str:
        """A stretch of a report, in one line."""
        text = shown
        if self._texts:
            text = self._texts[int(chance("report", *luck) * len(self._texts))]
        at = int(chance("stretch", *luck) * max(1, len(text) - _COPIED))
        return " ".join(text[at : at + _COPIED].split())


def _key(schema: Mapping[str, Any] | None) -> str | None:
    """The one string that an answer must have by ``schema``; None where no schema is asked for."""
    stated = (schema or {}).get("properties", {})
    strings = [name for name, each in stated.items() if each.get("type") == "string"]
    return strings[0] if len(strings) == 1 else None
