"""Which model reads, and how: a choice that can be told to a worker process, and the detector."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Literal

from sekisho.models.configuration import Capacity
from sekisho.models.named import NamedModel
from sekisho.models.seam import Description, Origin
from sekisho.phi.cascade import Consult
from sekisho.phi.detectors.llm import LlmDetector
from sekisho.phi.detectors.llm.prompts import prompts
from sekisho.phi.detectors.llm.reading import Reading
from sekisho.phi.detectors.llm.refining import Policy

__all__ = ["Choice", "Chosen"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(NamedModel):
    """A model and how it reads; a ``capacity`` of None is what the configuration says of it."""

    capacity: Capacity | None = None
    wording: str = "conservative"
    policy: Policy = field(default_factory=Policy)
    ungrounded: Literal["hold", "mask"] = "hold"
    consult: Consult = Consult.ALWAYS

    def open(self, *, working: bool = True, cache_key: bytes | None = None) -> Chosen:
        """The detector, after the model was asked what it is.

        Only one that is ``working`` keeps and records answers; ``cache_key`` (32 bytes) seals those
        that are kept. Raises ``CloudModelError``, ``UsageError`` and ``ModelError``.
        """
        ready = asyncio.run(self.ready())
        stated = ready.settings
        reading = Reading(
            capacity=self.capacity or stated.capacity,
            wording=self.wording,
            policy=self.policy,
            ungrounded=self.ungrounded,
            thinking_tokens=stated.thinking_tokens,
            timeout_s=stated.timeout_s,
        )
        model = self.working(ready, cache_key) if working else ready.model
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
