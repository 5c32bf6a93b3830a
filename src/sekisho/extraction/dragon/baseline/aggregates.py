"""Answers that are made of several numbers: the count, sum, mean or extreme of those that fit.

A rule is a filter (one thing that stands around a number, or two) and an aggregate. All rules over
the usual features are tried on the examples, and the best is kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sekisho.extraction.dragon.baseline.choosing import rsmape
from sekisho.extraction.dragon.baseline.ranking import Numbers

__all__ = ["Rule", "best_rule"]

Values = npt.NDArray[np.float64]

#: Features that filters are made of, the most usual first.
_FILTERS = 150
#: Rules with one feature that get a second one.
_REFINED = 3
#: What a second feature must be worth.
_GAIN = 0.005

_AGGREGATES: Mapping[str, Callable[[Values], float]] = {
    "largest": lambda values: float(values.max()),
    "smallest": lambda values: float(values.min()),
    "first": lambda values: float(values[0]),
    "last": lambda values: float(values[-1]),
    "sum": lambda values: float(values.sum()),
    "mean": lambda values: float(values.mean()),
    "count": lambda values: float(values.size),
}


@dataclass(frozen=True, slots=True)
class Rule:
    """The aggregate of the numbers that have the features ``having``; ``otherwise`` without any."""

    aggregate: str
    having: tuple[str, ...]
    otherwise: float

    def value(self, numbers: Numbers) -> float:
        """What the rule says of the numbers of one text."""
        fit = [
            value
            for value, features in zip(numbers.values, numbers.features, strict=True)
            if all(feature in features for feature in self.having)
        ]
        return _AGGREGATES[self.aggregate](np.asarray(fit)) if fit else self.otherwise


def best_rule(numbers: Sequence[Numbers], targets: Sequence[float]) -> Rule | None:
    """The rule that is nearest to ``targets`` (one for each text); None without any number."""
    table = _Table(numbers, targets)
    if not table.names:
        return None
    single = sorted(
        (table.tried(aggregate, (name,)) for name in table.names for aggregate in _AGGREGATES),
        key=lambda tried: -tried.worth,
    )
    best = single[0]
    for tried in single[:_REFINED]:
        for name in table.names:
            refined = table.tried(tried.rule.aggregate, (*tried.rule.having, name))
            if refined.worth > max(best.worth, single[0].worth + _GAIN):
                best = refined
    return best.rule


@dataclass(frozen=True, slots=True)
class _Tried:
    """A rule and its R-SMAPE on the examples."""

    worth: float
    rule: Rule


class _Table:
    """The numbers of all texts in one row, and which of them have a feature."""

    def __init__(self, numbers: Sequence[Numbers], targets: Sequence[float]) -> None:
        self._targets = np.asarray(targets, dtype=float)
        self._usual = float(np.median(self._targets))
        self._values = np.array([value for each in numbers for value in each.values], dtype=float)
        self._owner = np.repeat(np.arange(len(numbers)), [len(each.values) for each in numbers])
        features = [feature for each in numbers for feature in each.features]
        often = Counter(name for each in features for name in each)
        self.names = [name for name, _ in often.most_common(_FILTERS)]
        held = [set(each) for each in features]
        self._has = {name: np.array([name in each for each in held]) for name in self.names}

    def tried(self, aggregate: str, having: tuple[str, ...]) -> _Tried:
        """A rule, its answer for texts where no number fits being the median of their targets."""
        fits = np.logical_and.reduce([self._has[name] for name in having])
        owner, values = self._owner[fits], self._values[fits]
        if not owner.size:
            return _Tried(-1.0, Rule(aggregate, having, self._usual))
        # Owners ascend: each text with a number that fits starts a segment.
        starts = np.flatnonzero(np.r_[True, owner[1:] != owner[:-1]])
        said = np.full(len(self._targets), np.nan)
        said[owner[starts]] = _segments(aggregate, values, starts)
        without = np.isnan(said)
        otherwise = float(np.median(self._targets[without])) if without.any() else self._usual
        said[without] = otherwise
        worth = rsmape(self._targets, said, self._usual)
        return _Tried(worth, Rule(aggregate, having, otherwise))


def _segments(aggregate: str, values: Values, starts: npt.NDArray[np.int64]) -> Values:
    ends = np.r_[starts[1:], len(values)]
    counts = (ends - starts).astype(float)
    sums = np.add.reduceat(values, starts)
    of: dict[str, Values] = {
        "first": values[starts],
        "last": values[ends - 1],
        "largest": np.maximum.reduceat(values, starts),
        "smallest": np.minimum.reduceat(values, starts),
        "count": counts,
        "sum": sums,
        "mean": sums / counts,
    }
    return of[aggregate]
