"""Measures as functions of how often each document counts, and their intervals.

A measure is written once, as a function of weights: how often each document was drawn. With every
weight one it is the measure itself; with the weights of a bootstrap resample it is the measure of
that resample. So kappa, AUC or a median have intervals by the same code that computes them, and the
difference of two predictions is the difference of two such functions on the same weights.

Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), sections 6.2 (resampling as
weights) and 13.3 (percentile interval).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sekisho.evaluation.bootstrap import LEVEL, RESAMPLES, Estimate

__all__ = [
    "Combined",
    "Floats",
    "Measure",
    "Measured",
    "Statistic",
    "difference",
    "divided",
    "draws",
    "mean",
    "measure",
    "plain",
    "quotient",
]

Floats: TypeAlias = NDArray[np.float64]
#: From weights (resamples x documents) to values (resamples); NaN where there is no basis.
Statistic: TypeAlias = Callable[[Floats], Floats]

#: Weights are drawn in blocks of about this many cells, so that memory stays flat.
_BLOCK_CELLS = 2_000_000


@dataclass(frozen=True, slots=True)
class Measure:
    """A named statistic of ``n`` units, and why it has no value where it has none.

    ``group`` and ``part`` name a part of a field that is measured, such as ``classes`` and
    ``benign``; both are empty where it is the whole field.
    """

    name: str
    n: int
    statistic: Statistic = field(repr=False)
    without: str = "there is nothing to measure"
    group: str = ""
    part: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells this measure from the others of its field."""
        return self.group, self.part, self.name


@dataclass(frozen=True, slots=True)
class Measured:
    """A measure with its estimate; ``reason`` says why the estimate has no value."""

    measure: Measure
    estimate: Estimate
    reason: str | None = None


def draws(documents: int, resamples: int = RESAMPLES, seed: int = 0) -> Iterator[Floats]:
    """How often each document is drawn in each resample, in blocks (resamples x documents).

    They are the draws of ``bootstrap.resampled_totals`` with the same seed.
    """
    generator = np.random.default_rng(seed)
    chances = np.full(documents, 1.0 / documents)
    block = max(1, _BLOCK_CELLS // documents)
    for first in range(0, resamples, block):
        size = min(block, resamples - first)
        yield generator.multinomial(documents, chances, size=size).astype(np.float64)


def plain(statistic: Statistic, documents: int) -> float | None:
    """The statistic with each document counted once; None where it has no basis."""
    if documents == 0:
        return None
    value = float(statistic(np.ones((1, documents)))[0])
    return None if np.isnan(value) else value


def measure(
    measures: Sequence[Measure], documents: int, *, resamples: int = RESAMPLES, seed: int = 0
) -> tuple[Measured, ...]:
    """All ``measures`` over ``documents`` with intervals from the same resamples.

    Resamples that drew nothing to measure on say nothing and are left out. A measure that has no
    value on the documents themselves has no interval.
    """
    values = [plain(one.statistic, documents) for one in measures]
    asked = [index for index, value in enumerate(values) if value is not None]
    drawn: dict[int, list[Floats]] = {index: [] for index in asked}
    if asked:
        for weights in draws(documents, resamples, seed):
            known: dict[int, Floats] = {}
            for index in asked:
                drawn[index].append(_worked_out(measures[index].statistic, weights, known))
    return tuple(
        _measured(one, value, drawn.get(index, []))
        for index, (one, value) in enumerate(zip(measures, values, strict=True))
    )


def quotient(above: ArrayLike, below: ArrayLike) -> Statistic:
    """The weighted sum of ``above`` over that of ``below``, one number a document each."""
    columns = np.column_stack(
        [np.asarray(above, dtype=np.float64), np.asarray(below, dtype=np.float64)]
    )

    def statistic(weights: Floats) -> Floats:
        totals: Floats = weights @ columns
        return divided(totals[:, 0], totals[:, 1])

    return statistic


@dataclass(frozen=True, slots=True)
class Combined:
    """A statistic made of others. ``measure`` works out each of them once, however many use it."""

    parts: tuple[Statistic, ...]
    combine: Callable[[Sequence[Floats]], Floats]

    def __call__(self, weights: Floats) -> Floats:
        """The statistic on its own."""
        return self.combine([part(weights) for part in self.parts])


def difference(left: Statistic, right: Statistic) -> Statistic:
    """``left`` less ``right``, on the same documents."""
    return Combined((left, right), lambda values: np.asarray(values[0] - values[1]))


def mean(statistics: Sequence[Statistic]) -> Statistic:
    """The mean of those ``statistics`` that have a value."""
    return Combined(tuple(statistics), _mean)


def divided(above: Floats, below: Floats) -> Floats:
    """``above / below``, NaN where ``below`` is nought."""
    empty: Floats = np.full(np.shape(below), np.nan)
    return np.divide(above, below, out=empty, where=below != 0)


def _worked_out(statistic: Statistic, weights: Floats, known: dict[int, Floats]) -> Floats:
    """The values of ``statistic``; ``known`` holds those that were worked out, by identity."""
    if id(statistic) not in known:
        if isinstance(statistic, Combined):
            parts = [_worked_out(part, weights, known) for part in statistic.parts]
            known[id(statistic)] = statistic.combine(parts)
        else:
            known[id(statistic)] = statistic(weights)
    return known[id(statistic)]


def _mean(values: Sequence[Floats]) -> Floats:
    table = np.stack(values)
    there = ~np.isnan(table)
    return divided(np.where(there, table, 0.0).sum(axis=0), there.sum(axis=0).astype(np.float64))


def _measured(one: Measure, value: float | None, drawn: Sequence[Floats]) -> Measured:
    if value is None:
        return Measured(one, Estimate(None, None, None, one.n), one.without)
    samples = np.concatenate(drawn) if drawn else np.empty(0)
    samples = samples[~np.isnan(samples)]
    if samples.size == 0:
        return Measured(one, Estimate(value, None, None, one.n))
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(samples, (tail, 1 - tail))
    return Measured(one, Estimate(value, float(low), float(high), one.n))
