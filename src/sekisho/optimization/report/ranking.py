"""Who stands where: arms ranked by their points, and which of them cannot be told apart.

Points are compared only where they are of the same maximum. Two arms are called not distinguishable
when the intervals of their quality overlap, or one has none. That is a cautious reading: intervals
can overlap where the paired comparison, which sees the same documents twice, finds a difference.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from sekisho.optimization.report.wording import finite
from sekisho.optimization.result import ArmResult, Figure, StudyResult

__all__ = ["SETS", "Board", "Ranked", "all_arms", "best_of_models", "boards", "chosen_in", "shown"]

#: The data sets in the order in which they are shown: the proof first.
SETS = ("held-out", "development")
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Ranked:
    """An arm at its ``rank``; ``level_with`` are the ranks it cannot be told apart from."""

    rank: int
    arm: ArmResult
    level_with: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Board:
    """The ranked arms of one data set whose points are ``out_of`` the same maximum."""

    data: str
    out_of: float
    rows: tuple[Ranked, ...]


def all_arms(result: StudyResult, data: str | None = None) -> tuple[ArmResult, ...]:
    """Each arm once, as the last phase that names it has it; those on ``data`` if it is given."""
    found: dict[tuple[str, str], ArmResult] = {}
    for phase in result.phases:
        for arm in phase.arms:
            found[arm.data, arm.id] = arm
    return tuple(arm for arm in found.values() if data in (None, arm.data))


def best_of_models(arms: Iterable[ArmResult]) -> tuple[ArmResult, ...]:
    """The arm of each model with the best quality; of equals the one that was measured first."""
    best: dict[str, ArmResult] = {}
    for arm in arms:
        known = best.get(arm.model)
        if known is None or _quality(arm) > _quality(known):
            best[arm.model] = arm
    return tuple(best.values())


def shown(result: StudyResult, data: str) -> tuple[ArmResult, ...]:
    """The arms that are ranked: every one on held-out data, else the best one of each model."""
    arms = all_arms(result, data)
    return arms if data == "held-out" else best_of_models(arms)


def boards(result: StudyResult) -> tuple[Board, ...]:
    """A board for each data set and maximum: held-out data first, then the larger maximum."""
    made = []
    for data in SETS:
        arms = sorted(shown(result, data), key=_place)
        for out_of, group in groupby(arms, key=_maximum):
            made.append(Board(data, out_of, _ranked(tuple(group))))
    return tuple(made)


def chosen_in(result: StudyResult) -> dict[str, int]:
    """The last phase that chose each arm, by its id."""
    return {id: phase.number for phase in result.phases for id in phase.chosen}


def _ranked(arms: Sequence[ArmResult]) -> tuple[Ranked, ...]:
    """``arms``, best first, with their ranks; equal points share the better rank."""
    ranks: list[int] = []
    for at, arm in enumerate(arms, start=1):
        level = bool(ranks) and round(arm.total, _DIGITS) == round(arms[at - 2].total, _DIGITS)
        ranks.append(ranks[-1] if level else at)
    return tuple(
        Ranked(
            rank,
            arm,
            tuple(
                other_rank
                for other_rank, other in zip(ranks, arms, strict=True)
                if other is not arm and _overlap(arm.quality, other.quality)
            ),
        )
        for rank, arm in zip(ranks, arms, strict=True)
    )


def _overlap(one: Figure, other: Figure) -> bool:
    ends = [finite(end) for end in (one.low, one.high, other.low, other.high)]
    low, high, other_low, other_high = ends
    if low is None or high is None or other_low is None or other_high is None:
        return True
    return low <= other_high and other_low <= high


def _quality(arm: ArmResult) -> float:
    value = finite(arm.quality.value)
    return float("-inf") if value is None else value


def _maximum(arm: ArmResult) -> float:
    return round(finite(arm.out_of) or 0.0, _DIGITS)


def _place(arm: ArmResult) -> tuple[float, float, float]:
    total = finite(arm.total)
    return -_maximum(arm), float("inf") if total is None else -total, -_quality(arm)
