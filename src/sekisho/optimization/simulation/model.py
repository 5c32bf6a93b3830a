"""A language model that is none: it knows the right answers and errs as its profile says."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from math import ceil

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
from sekisho.optimization.simulation.dice import Dice
from sekisho.optimization.simulation.features import size
from sekisho.optimization.simulation.hearing import Entry, Heard, hear
from sekisho.optimization.simulation.known import Known, Passage
from sekisho.optimization.simulation.profile import Mistake, Profile, profile
from sekisho.optimization.simulation.reviewing import judged, reviewed
from sekisho.optimization.simulation.speaking import BROKEN, broken, written
from sekisho.optimization.simulation.spoiling import once, spoilt

__all__ = ["SimulatedModel", "tokens", "tokens_of"]


class SimulatedModel:
    """The seam, played from a profile by one who ``knows`` the gold documents.

    ``seed`` makes another model of the same profile: the same rates, other luck. A token is three
    bytes (``features.size``), and the seconds of an answer are those that the profile states,
    without waiting.
    """

    locality = Locality.LOCAL

    def __init__(
        self,
        profile: Profile | str,
        *,
        seed: int,
        knows: Iterable[GoldDocument] = (),
        name: str | None = None,
    ) -> None:
        """Raises ``UsageError`` when there is no profile of that name."""
        self.profile = _profile(profile)
        self.name = self.profile.name if name is None else name
        self.abilities = Abilities(context=self.profile.context)
        self._digest = _digest(self.profile, seed)
        # Not the digest: a rate that is changed in a profile must not change the luck of the rest.
        self._luck = f"{self.profile.name}\0{seed}"
        self._known = Known(knows)

    def learn(self, documents: Iterable[GoldDocument]) -> None:
        """Know ``documents`` too: a sealed set is told after it was opened, never before."""
        self._known.learn(documents)

    async def complete(self, request: Request) -> Completion:
        """The answer to ``request``, the same whenever it is asked.

        Raises ``ModelAccessError`` for what is no question about a report, and for a report that
        the model was not told.
        """
        heard = hear(request.messages)
        if heard is None:
            raise ModelAccessError(
                "a simulated model was asked something else than about a report", where=self.name
            )
        passage = self._known.passage(heard.passage)
        if passage is None:
            raise ModelAccessError(
                "a simulated model was asked about a report that it was not told", where=self.name
            )
        text = self._said(heard, passage, self._dice(heard, passage, request.seed))
        finish = Finish.STOP
        answer = tokens(text)
        if answer > request.max_tokens:
            text, finish = text[: len(text) * request.max_tokens // answer], Finish.LENGTH
            answer = request.max_tokens
        prompt = tokens_of(request)
        return Completion(
            text=text,
            finish=finish,
            usage=Usage(prompt=prompt, cached=0, answer=answer, thinking=0),
            seconds=self.profile.seconds_per_100_tokens * (prompt + answer) / 100,
            model=self._digest,
            origin=Origin.SIMULATED,
        )

    async def count(self, request: Request) -> int | None:
        """The size of the messages."""
        return tokens_of(request)

    async def describe(self) -> Description:
        """The profile: there are no weights."""
        return Description(
            digest=self._digest,
            model=f"simulated {self.profile.name}",
            server="simulated",
            context=self.profile.context,
        )

    async def aclose(self) -> None:
        """Nothing is held."""

    def _dice(self, heard: Heard, passage: Passage, seed: int) -> Dice:
        return Dice(
            model=self._luck,
            document=passage.document,
            prompt=heard.system,
            seed=seed,
            instability=self.profile.instability,
            wavering=self.profile.wavering,
        )

    def _said(self, heard: Heard, passage: Passage, dice: Dice) -> str:
        rates = self.profile.rates(heard.system)
        entries = self._entries(heard, passage, rates, dice)
        stage = (heard.asked, heard.wording, "lost" if heard.lost is not None else "")
        # A reprimand helps at the same rate however often it comes, so each has a seed of its own.
        about = (*stage, str(dice.seed)) if heard.again else stage
        rate = 1 - self.profile.mends if heard.again else rates[Mistake.INVALID]
        if dice.roll(Mistake.INVALID, *about) < rate:
            return broken(entries, int(dice.roll("way", *about) * BROKEN))
        return written(entries)

    def _entries(
        self, heard: Heard, passage: Passage, rates: Mapping[Mistake, float], dice: Dice
    ) -> tuple[Entry, ...]:
        if heard.lost is not None:
            return self._mended(heard.lost, passage, dice)
        if heard.asked == "extract":
            return spoilt(passage, rates, dice.roll)
        habit = self.profile.review[heard.wording]
        return reviewed(passage, heard.first, heard.findings, habit, dice.roll)

    def _mended(self, lost: Iterable[Entry], passage: Passage, dice: Dice) -> tuple[Entry, ...]:
        """The list with those values put right that do not stand in the text, or most of them."""
        entries: list[Entry] = []
        for entry in lost:
            verdict = judged(passage, entry)
            wrong = verdict.mistake is Mistake.INVENTED
            if wrong and dice.roll("mends", entry.value) < self.profile.mends:
                entries += [Entry(item.category, item.value) for item in verdict.items]
            else:
                entries.append(entry)
        return once(entries)


def tokens(text: str) -> int:
    """The tokens of ``text`` to a model without a vocabulary: its size, rounded up."""
    return ceil(size(text))


def tokens_of(request: Request) -> int:
    """The tokens of all messages of ``request``."""
    return sum(tokens(message.content) for message in request.messages)


def _profile(stated: Profile | str) -> Profile:
    return profile(stated) if isinstance(stated, str) else stated


def _digest(profile: Profile, seed: int) -> str:
    stated = f"{profile.model_dump_json()}\0{seed}"
    return "stated:" + hashlib.sha256(stated.encode()).hexdigest()[:32]
