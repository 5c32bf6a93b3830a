"""Who goes on: the best systems, the strong and the weak, and halves to learn and judge by."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import TypeVar

from sekisho.errors import UsageError

__all__ = ["best", "halves", "strong"]

T = TypeVar("T")


def best(scores: Mapping[str, float], k: int) -> tuple[str, ...]:
    """The ``k`` names of the greatest scores, the greatest first.

    Whoever has the score of the last one goes on too: a tie is no reason to be left behind. Names
    of one score stand in their given order.
    """
    ranked = sorted(scores, key=lambda name: -scores[name])
    if len(ranked) <= k:
        return tuple(ranked)
    return tuple(name for name in ranked if scores[name] >= scores[ranked[k - 1]])


def strong(scores: Mapping[str, float], split: float) -> tuple[str, ...]:
    """Those whose score is above ``split``: Wada et al. (2026) gave them the longer prompt."""
    return tuple(name for name, score in scores.items() if score > split)


def halves(items: Sequence[T], seed: int) -> tuple[tuple[T, ...], tuple[T, ...]]:
    """``items`` divided at random, to learn from and to judge by, each in the given order.

    Raises ``UsageError`` for fewer than two.
    """
    if len(items) < 2:
        raise UsageError("two reports are needed to learn from one and to judge by the other")
    order = list(range(len(items)))
    random.Random(f"sekisho halves {seed}").shuffle(order)
    learn = set(order[: len(order) // 2])
    return (
        tuple(item for place, item in enumerate(items) if place in learn),
        tuple(item for place, item in enumerate(items) if place not in learn),
    )
