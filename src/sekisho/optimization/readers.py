"""The systems of a study, each as one method: a report in, a record out.

A language model reads as ``deid`` lets it read, with its answers looked at before anything mends
them; detectors read as they do without a model. A server that is gone ends the study, to be
resumed: that is no fault of the model. Whatever else goes wrong in a reading is its result.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from sekisho import __version__
from sekisho.documents.document import Document
from sekisho.errors import (
    DetectionError,
    ModelAccessError,
    ModelError,
    ModelUnavailableError,
    PromptTooLongError,
)
from sekisho.evaluation.gold import GoldDocument
from sekisho.evaluation.trials import Claim, claims_of
from sekisho.models.answers import Cost, cost_of
from sekisho.models.seam import Completion, Model, Request
from sekisho.models.wrapper import Wrapper
from sekisho.optimization.records import Passage, Record, Review
from sekisho.optimization.result import ModelCard
from sekisho.phi.detectors.llm.answering import First, Reading, by_passages, first_answer
from sekisho.phi.detectors.llm.checks import Checked, Checks
from sekisho.phi.detectors.llm.grounding import Ground
from sekisho.phi.detectors.llm.listing import PhiItem
from sekisho.phi.detectors.llm.prompts import Prompts
from sekisho.phi.detectors.llm.refining import Policy, kept_of, review
from sekisho.phi.stack import Stack

__all__ = ["Asked", "LlmReader", "Meter", "Reader", "StackReader"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How a report is put before a system; detectors have no use for it but the language.

    ``said`` holds the prompts by wording of the review, at least one for a model; its answers are
    reviewed by each of ``wordings``.
    """

    said: Mapping[str, Prompts] = field(default_factory=dict)
    language: str
    seed: int
    wordings: tuple[str, ...] = ()

    @property
    def digests(self) -> tuple[str, ...]:
        """What tells these prompts from others, as far as anything of them is said.

        Without a review that is the first prompts, what stands around, and the reprimand.
        """
        if self.wordings:
            return tuple(self.said[wording].digest for wording in self.wordings)
        return tuple(f"{p.extract}\0{p.report}\0{p.invalid}" for p in list(self.said.values())[:1])


class Reader(Protocol):
    """A system that can be measured.

    ``asks`` says whether it has prompts and can review, ``identity`` what its readings depend on
    beside prompts, seed and document, ``thinking_tokens`` the room that it has for thinking.
    """

    card: ModelCard
    asks: bool
    thinking_tokens: int
    identity: tuple[object, ...]

    def learn(self, documents: Iterable[GoldDocument], synthetic: str) -> None:
        """Be told that ``documents`` will be read, and who states that they are ``synthetic``."""

    async def read(self, document: GoldDocument, asked: Asked) -> Record:
        """``document``, read once.

        Raises ``ModelUnavailableError`` and ``ModelAccessError`` when the server is gone.
        """

    async def aclose(self) -> None:
        """Give connections and memory back."""


class LlmReader:
    """A language model, which reads passages of at most ``longest`` characters."""

    asks = True

    def __init__(
        self,
        model: Model,
        card: ModelCard,
        *,
        longest: int,
        thinking_tokens: int = 0,
        timeout_s: float = 300.0,
    ) -> None:
        self.card = card
        self.identity: tuple[object, ...] = (
            *(card.digest, card.model, longest, thinking_tokens),
            *(card.name, __version__),
        )
        self._model = model
        self._longest = longest
        self.thinking_tokens = thinking_tokens
        self._timeout_s = timeout_s

    def learn(self, documents: Iterable[GoldDocument], synthetic: str) -> None:
        """A model is told nothing beforehand."""

    async def read(self, document: GoldDocument, asked: Asked) -> Record:
        """See ``Reader.read``."""
        text = Document(document.id, document.text, language=asked.language)
        how = Reading(
            longest=self._longest,
            seed=asked.seed,
            thinking_tokens=self.thinking_tokens,
            timeout_s=self._timeout_s,
        )
        meter = Meter(self._model)
        reading = _LlmReading(meter, text, how, asked)
        try:
            passages = await by_passages(text, how.longest, reading.passage)
        except (ModelUnavailableError, ModelAccessError):
            raise
        except ModelError as error:
            return Record(
                characters=len(document.text),
                failed=error.reason,
                spent=meter.cost,
                origin=self.card.origin,
            )
        return Record(
            characters=len(document.text), passages=tuple(passages), origin=self.card.origin
        )

    async def aclose(self) -> None:
        """Close the model."""
        await self._model.aclose()


class _LlmReading:
    """One document before one model."""

    def __init__(
        self,
        model: Model,
        document: Document,
        how: Reading,
        asked: Asked,
    ) -> None:
        self._model = model
        self._document = document
        self._how = how
        self._asked = asked
        self._ground = Ground(document)

    async def passage(self, start: int, end: int) -> Passage:
        first_said = next(iter(self._asked.said.values()))
        first = await first_answer(self._model, self._document, start, end, self._how, first_said)
        checks = Checks(first.passage)
        checked = checks.of(first.items)
        reviews = [
            await self._review(first, checks, checked, wording) for wording in self._asked.wordings
        ]
        return Passage(
            claims=self._claims(first.items),
            valid_first=first.attempts == 1,
            score=checked.score,
            findings=len(checked.findings),
            cost=first.cost,
            reviews=dict(zip(self._asked.wordings, reviews, strict=True)),
        )

    async def _review(self, first: First, checks: Checks, checked: Checked, wording: str) -> Review:
        meter = Meter(self._model)
        try:
            answer = await review(
                meter, first.request, first.passage, first.items, checked, self._asked.said[wording]
            )
        except (ModelUnavailableError, ModelAccessError, PromptTooLongError):
            raise
        except ModelError as error:
            return Review(cost=meter.cost, failed=error.reason)
        revised = answer.value.phi_list
        claims = {"replaced": self._claims(revised)}
        for keep in ("improved", "additions"):
            policy = Policy(below=float("inf"), additions=keep == "additions")
            kept = kept_of(revised, checks, first.items, checked, policy)
            claims[keep] = self._claims(first.items if kept is None else kept[0])
        return Review(claims=claims, cost=answer.cost, valid_first=answer.attempts == 1)

    def _claims(self, items: Iterable[PhiItem]) -> tuple[Claim, ...]:
        found = []
        for item in dict.fromkeys(items):
            places = tuple(sorted(set(self._ground.places(item.value, item.type))))
            claim = Claim(item.type, places)
            if not places or claim not in found:
                found.append(claim)
        return tuple(found)


class StackReader:
    """Detectors without a language model; what they find of one value is one claim."""

    asks = False
    thinking_tokens = 0

    def __init__(self, stack: Stack, card: ModelCard) -> None:
        self.card = card
        self.identity: tuple[object, ...] = (card.digest, *card.detectors, __version__)
        self._stack = stack
        # What is loaded at first use is no part of the time that a report takes.
        self._stack.read(Document("warm", "検査日：2024年5月3日　山田太郎様　所見なし。"))

    def learn(self, documents: Iterable[GoldDocument], synthetic: str) -> None:
        """Detectors are told nothing beforehand."""

    async def read(self, document: GoldDocument, asked: Asked) -> Record:
        """See ``Reader.read``."""
        # Others may be waiting for a server.
        await asyncio.sleep(0)
        began = time.perf_counter()
        try:
            spans = self._stack.read(
                Document(document.id, document.text, language=asked.language)
            ).spans
        except DetectionError as error:
            seconds = time.perf_counter() - began
            return Record(
                characters=len(document.text),
                failed=type(error).__name__,
                spent=Cost(seconds=seconds),
                origin=self.card.origin,
            )
        seconds = time.perf_counter() - began
        passage = Passage(
            claims=claims_of(document.text, spans),
            valid_first=True,
            score=100.0,
            findings=0,
            cost=Cost(seconds=seconds),
        )
        return Record(characters=len(document.text), passages=(passage,), origin=self.card.origin)

    async def aclose(self) -> None:
        """Nothing is held open."""
        self._stack.close()


class Meter(Wrapper):
    """``model``, with what its completions cost; an answer that was given up cost its calls."""

    def __init__(self, model: Model) -> None:
        super().__init__(model)
        self.cost = Cost()

    async def complete(self, request: Request) -> Completion:
        completion = await self._inside.complete(request)
        self.cost += cost_of(completion)
        return completion
