"""Which model reads, and how: a choice that can be told to a worker process, and the detector."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import Literal

from sekisho.errors import UsageError
from sekisho.models.configuration import Capacity
from sekisho.models.named import NamedModel
from sekisho.models.pinned import PinnedModel
from sekisho.models.seam import Description, Origin
from sekisho.phi.cascade import Consult
from sekisho.phi.detectors.llm import LlmDetector
from sekisho.phi.detectors.llm.prompts import Prompts
from sekisho.phi.detectors.llm.reading import Reading
from sekisho.phi.detectors.llm.refining import Policy

__all__ = ["Choice", "Chosen", "Frozen"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """What a recipe fixes: the weights by their ``digest``, and all that the configuration or
    another version of this package might change about reading with them."""

    digest: str
    said: Prompts
    longest: int
    thinking_tokens: int
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(NamedModel):
    """A model and how it reads; a ``capacity`` of None is what the configuration says of it.

    With ``frozen`` the model must be that one, and reads as it read when it was measured.
    """

    capacity: Capacity | None = None
    wording: str = "conservative"
    policy: Policy = field(default_factory=Policy)
    ungrounded: Literal["hold", "mask"] = "hold"
    consult: Consult = Consult.ALWAYS
    frozen: Frozen | None = None

    def open(self, *, working: bool = True, cache_key: bytes | None = None) -> Chosen:
        """The detector, after the model was asked what it is.

        Only one that is ``working`` keeps and records answers; ``cache_key`` (32 bytes) seals those
        that are kept. Raises ``CloudModelError``, ``UsageError`` (also for other weights than
        ``frozen``) and ``ModelError``.
        """
        ready = asyncio.run(self.ready())
        if self.frozen is not None:
            _demand(self.frozen, ready.description, self.model)
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
        if self.frozen is not None:
            model = PinnedModel(model, self.frozen.digest)
            reading = replace(
                reading,
                said=self.frozen.said,
                longest=self.frozen.longest,
                thinking_tokens=self.frozen.thinking_tokens,
                seed=self.frozen.seed,
            )
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
        said = how.prompts(language)
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


def _demand(frozen: Frozen, served: Description, name: str) -> None:
    if served.digest != frozen.digest:
        raise UsageError(
            f"the recipe was made with the weights {frozen.digest}, and the server has "
            f"{served.digest}",
            where=name,
            remedy="serve the recipe's model and say where with --model, "
            "or measure this one: sekisho optimize",
        )
