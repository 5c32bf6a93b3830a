"""The points of the 100-point score of Wada et al. (Sci Rep 16, 5910, 2026).

Published are the points that systems got and five pairs of speed and points. The maxima are
inferred from the published tables, and the line between and beyond the five pairs is ours.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sekisho.errors import UsageError
from sekisho.evaluation.published import published
from sekisho.evaluation.trials import Trial

__all__ = [
    "MAXIMA",
    "Component",
    "Speed",
    "Total",
    "efficiency_points",
    "speed",
    "total",
    "total_of",
]

#: The most points of each component, in the order in which they are shown; they add up to 100.
MAXIMA: Mapping[str, float] = published().maxima


@dataclass(frozen=True, slots=True)
class Component:
    """One of the eight parts of the score: a ``share`` from 0 to 1 of ``most`` points.

    ``share`` is None where there was nothing to measure it on.
    """

    name: str
    most: float
    share: float | None

    @property
    def points(self) -> float | None:
        """The points of ``most``; None where the share was not measured."""
        return None if self.share is None else self.share * self.most


@dataclass(frozen=True, slots=True)
class Total:
    """The ``points`` of all measured components together, and what these could have given."""

    points: float
    out_of: float


@dataclass(frozen=True, slots=True)
class Speed:
    """How fast a system read: ``share`` of the points of efficiency.

    Both are None where no time passed, the seconds also where no tokens were counted.
    """

    seconds_per_100_tokens: float | None
    share: float | None


def total(points: Mapping[str, float | None]) -> Total:
    """The sum of ``points`` by component; None for one that was not measured.

    Raises ``UsageError`` when the eight components are not those of ``MAXIMA``, or have more points
    than there are: what was not measured must be said, it is no default.
    """
    if set(points) != set(MAXIMA):
        raise UsageError(
            "the score has other components",
            remedy=f"give each of {', '.join(MAXIMA)}, None for what was not measured",
        )
    for name, value in points.items():
        if value is not None and not 0 <= value <= MAXIMA[name]:
            raise UsageError(f"{name} has from 0 to {MAXIMA[name]:g} points")
    return _sum((value, MAXIMA[name]) for name, value in points.items())


def total_of(components: Iterable[Component]) -> Total:
    """The sum of ``components``; those that were not measured are out of both figures."""
    return _sum((component.points, component.most) for component in components)


def efficiency_points(seconds_per_100_tokens: float) -> float:
    """The points of 10 for a speed: straight lines through the five published pairs.

    From 10 points at 0 s to the first pair, and beyond the last pair on by the last slope down to
    0 (at about 1.73 s). Raises ``UsageError`` for what is no time.
    """
    seconds = seconds_per_100_tokens
    if not (math.isfinite(seconds) and seconds >= 0):
        raise UsageError("a speed is a number of seconds, 0 or more")
    knots = [(0.0, MAXIMA["efficiency"])]
    knots += [(pair.seconds, pair.points) for pair in published().efficiency]
    # The knot is the left end of its line, so that its points come out to the last digit.
    left = min(bisect_right(knots, seconds, key=lambda knot: knot[0]) - 1, len(knots) - 2)
    (start, from_points), (end, to_points) = knots[left], knots[left + 1]
    if seconds == end:
        return to_points
    slope = (to_points - from_points) / (end - start)
    return max(0.0, from_points + slope * (seconds - start))


def speed(trials: Sequence[Trial]) -> Speed:
    """How fast ``trials`` were, by the seconds and the tokens of all of their requests.

    Tokens are those of prompts and answers as servers count them. Where a system counts none,
    characters of the documents that it read stand in for them. The seconds of failed readings count
    too, and a system that read nothing at all was not fast: its share is 0.
    """
    seconds = math.fsum(trial.seconds for trial in trials)
    tokens = sum(trial.tokens for trial in trials)
    per_100_tokens = 100 * seconds / tokens if tokens and seconds > 0 else None
    if all(trial.failed for trial in trials):
        return Speed(per_100_tokens, 0.0)
    units = tokens or sum(trial.characters for trial in trials if not trial.failed)
    if seconds <= 0 or units == 0:
        return Speed(per_100_tokens, None)
    points = efficiency_points(100 * seconds / units)
    return Speed(per_100_tokens, points / MAXIMA["efficiency"])


def _sum(parts: Iterable[tuple[float | None, float]]) -> Total:
    measured = [(points, most) for points, most in parts if points is not None]
    return Total(
        math.fsum(points for points, _ in measured), math.fsum(most for _, most in measured)
    )
