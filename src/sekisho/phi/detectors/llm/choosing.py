"""Which model reads, and how: a choice that can be told to a worker process, and the detector."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from sekisho.models.configuration import Capacity, ModelSettings, read, settings
from sekisho.models.opening import ready_local, recorded
from sekisho.models.seam import Description, Origin
from sekisho.phi.cascade import Consult
from sekisho.phi.detectors.llm import LlmDetector
from sekisho.phi.detectors.llm.prompts import prompts
from sekisho.phi.detectors.llm.reading import Reading
from sekisho.phi.detectors.llm.refining import Policy

__all__ = ["Choice", "Chosen"]


_STAND_INS = {"scripted": Origin.SCRIPTED, "replay": Origin.REPLAYED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A model and how it reads; ``None`` is what the configuration says of the model.

    ``configuration`` is the path of sekisho.toml, ``remembered`` the folder of measured abilities,
    ``cache`` the file of the answer cache.
    """

    model: str
    configuration: Path | None = None
    remembered: Path | None = None
    capacity: Capacity | None = None
    wording: str = "conservative"
    policy: Policy = field(default_factory=Policy)
    ungrounded: Literal["hold", "mask"] = "hold"
    consult: Consult = Consult.ALWAYS
    cache: Path | None = None

    def ahead(self) -> int:
        """How many documents are worth beginning at a time. Raises ``UsageError``."""
        return self._stated().in_flight

    def records(self) -> bool:
        """Whether the model's answers are recorded. Raises ``UsageError``."""
        return self._stated().record is not None

    def origin(self) -> Origin:
        """Whether a model answers, or what stands in for one. Raises ``UsageError``."""
        return _STAND_INS.get(self._stated().kind, Origin.MODEL)

    def _stated(self) -> ModelSettings:
        return settings(self.model, read(self.configuration))

    def open(self, *, working: bool = True, cache_key: bytes | None = None) -> Chosen:
        """The detector, after the model was asked what it is.

        Only one that is ``working`` keeps and records answers; ``cache_key`` (32 bytes) seals those
        that are kept. Raises ``CloudModelError``, ``UsageError`` and ``ModelError``.
        """
        ready = asyncio.run(ready_local(self.model, read(self.configuration), self.remembered))
        stated = ready.settings
        reading = Reading(
            capacity=self.capacity or stated.capacity,
            wording=self.wording,
            policy=self.policy,
            ungrounded=self.ungrounded,
            thinking_tokens=stated.thinking_tokens,
            timeout_s=stated.timeout_s,
        )
        model = recorded(ready.model, stated) if working else ready.model
        if working and self.cache is not None and cache_key is not None:
            from sekisho.models.answer_cache import AnswerCache, CachedModel

            model = CachedModel(model, AnswerCache(self.cache, cache_key))
        detector = LlmDetector(model, reading, digest=ready.description.digest)
        return Chosen(detector, ready.description, reading, self.origin(), ready.measured)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The detector, and what a manifest says of its model."""

    detector: LlmDetector
    description: Description
    reading: Reading
    origin: Origin
    measured: bool

    def told(self, language: str) -> dict[str, object]:
        """Everything about the reading that its result depends on, for manifest and resume."""
        how = self.reading
        said = prompts(language, how.capacity, how.wording)
        return {
            "model": self.description.model,
            "digest": self.description.digest,
            "server": self.description.server,
            "origin": self.origin,
            "prompts": said.digest,
            "capacity": how.capacity,
            "review": how.wording,
            "refine": how.policy.stated,
            "rounds": how.policy.rounds,
            "keep": "additions" if how.policy.additions else "improved",
            "ungrounded": how.ungrounded,
            "thinking_tokens": how.thinking_tokens,
            "seed": how.seed,
        }
