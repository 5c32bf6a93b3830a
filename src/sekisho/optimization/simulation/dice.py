"""Chance that can be repeated: every decision is drawn from what it is about.

So the same request gives the same answer, two prompts are compared on the same luck, and a rate
that falls turns some errors into right answers and none the other way.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

__all__ = ["Dice", "chance"]


def chance(*about: str | int) -> float:
    """A number from 0 to below 1, uniform over ``about`` and the same whenever it is asked."""
    digest = hashlib.blake2b("\0\0".join(map(str, about)).encode("utf-8", "replace"), digest_size=8)
    # As many bits as a float holds, or it might be rounded up to 1.
    return (int.from_bytes(digest.digest()) >> 11) / (1 << 53)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dice:
    """The luck of one model with one request about one document.

    A decision is the same for every request, but for a share ``instability`` of all that depends
    on the seed of the request, and a share ``wavering`` that depends on the prompt.
    """

    model: str
    document: str
    prompt: str
    seed: int
    instability: float
    wavering: float

    def roll(self, *about: str) -> float:
        """A number from 0 to below 1 for the decision ``about``."""
        key = (self.model, self.document, *about)
        if chance("unsteady", self.seed, *key) < self.instability:
            return chance("seed", self.seed, *key)
        if chance("wavers", *key) < self.wavering:
            return chance("prompt", self.prompt, *key)
        return chance("steady", *key)
