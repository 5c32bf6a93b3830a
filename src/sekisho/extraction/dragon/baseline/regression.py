"""Numbers asked of texts: one that stands there, an aggregate of several, or a weighing of words.

These ways are compared by cross-validation for each label of the task, and the best one answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sekisho.extraction.dragon.baseline.aggregates import Rule, best_rule
from sekisho.extraction.dragon.baseline.choosing import folds, rsmape
from sekisho.extraction.dragon.baseline.classifying import Shown
from sekisho.extraction.dragon.baseline.ranking import Answer, Numbers, Ranker, read_numbers
from sekisho.extraction.dragon.baseline.views import Input, joined

__all__ = ["regress"]

Values = npt.NDArray[np.float64]

#: How sure the best number must be; below, the usual answer of texts without one is given.
_SURE = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5)
_STRENGTHS = (0.1, 1.0)
_RIDGES = (1.0, 10.0)
#: With fewer texts nothing can be compared, and the median answers.
_FEW = 5
#: Targets are taken to have no more decimals than this.
_DECIMALS = 6


@dataclass(frozen=True, slots=True)
class _Way:
    """A way to answer: its R-SMAPE on texts that it did not see, and its answers when chosen."""

    worth: float
    answers: Callable[[], Sequence[float]]


def regress(
    learnt: Sequence[Input],
    targets: Sequence[Sequence[float | None]],
    asked: Sequence[Input],
    *,
    seed: int,
) -> list[list[float]]:
    """A number for each label of each input that is asked for.

    ``targets`` has the numbers of each input to learn from; None is unknown. A label of which
    nothing is known is answered as all labels together are.
    """
    task = _Task(learnt, targets, asked, seed)
    columns = []
    for label in range(task.labels):
        best = max(task.ways(label), key=lambda way: way.worth)
        columns.append([task.snapped(value) for value in best.answers()])
    return [list(row) for row in zip(*columns, strict=True)]


class _Task:
    def __init__(
        self,
        learnt: Sequence[Input],
        targets: Sequence[Sequence[float | None]],
        asked: Sequence[Input],
        seed: int,
    ) -> None:
        self.labels = len(targets[0])
        self._learnt, self._asked = len(learnt), len(asked)
        self._known = {
            (text, label): float(value)
            for text, row in enumerate(targets)
            for label, value in enumerate(row)
            if value is not None
        }
        self._usual = float(np.median(list(self._known.values())))
        self._step = _step(self._known.values())
        texts = [joined(each) for each in [*learnt, *asked]]
        self._numbers = read_numbers(texts, self._known, self._step)
        self._shown = Shown(learnt, asked)
        self._seed = seed
        self._dealt = folds([0] * len(learnt), seed)
        self._seen = {strength: self._held_out(strength) for strength in _STRENGTHS}
        self._final: dict[float, Answer] = {}

    def snapped(self, value: float) -> float:
        """The possible target that is nearest to ``value``."""
        return round(round(value / self._step) * self._step, _DECIMALS)

    def ways(self, label: int) -> Iterator[_Way]:
        """All ways to answer ``label``; the first one needs no comparison."""
        here = {text: value for (text, its), value in self._known.items() if its == label}
        middle = float(np.median(list(here.values()))) if here else self._usual
        yield _Way(self._worth(here, dict.fromkeys(here, middle)), lambda: [middle] * self._asked)
        if len(here) >= _FEW:
            yield from self._rankings(label, here)
            yield self._rule(here)
            yield from (self._ridge(here, strength) for strength in _RIDGES)

    def _worth(self, truth: Mapping[int, float], said: Mapping[int, float]) -> float:
        rows = sorted(truth)
        given = [self.snapped(said[row]) for row in rows]
        return rsmape([truth[row] for row in rows], given, self._usual) if rows else 0.0

    def _rankings(self, label: int, here: Mapping[int, float]) -> Iterator[_Way]:
        for strength, seen in self._seen.items():
            for sure in _SURE:
                without = [
                    value
                    for text, value in here.items()
                    if (text, label) not in seen or seen[text, label][1] < sure
                ]
                otherwise = float(np.median(without or list(here.values())))
                said = {text: _sure(seen, (text, label), sure, otherwise) for text in here}

                def answers(
                    strength: float = strength, sure: float = sure, otherwise: float = otherwise
                ) -> list[float]:
                    found = self._answers(strength)
                    places = ((self._learnt + text, label) for text in range(self._asked))
                    return [_sure(found, place, sure, otherwise) for place in places]

                yield _Way(self._worth(here, said), answers)

    def _held_out(self, strength: float) -> Answer:
        """The best number for each known target, by rankers that did not see its text."""
        seen: Answer = {}
        for fold in range(int(self._dealt.max()) + 1):
            held = [at for at in sorted(self._known) if self._dealt[at[0]] == fold]
            rest = {at: value for at, value in self._known.items() if self._dealt[at[0]] != fold}
            ranker = Ranker(self.labels, self._step, strength).fit(self._numbers, rest)
            seen |= ranker.answers(self._numbers, held)
        return seen

    def _answers(self, strength: float) -> Answer:
        if strength not in self._final:
            ranker = Ranker(self.labels, self._step, strength).fit(self._numbers, self._known)
            wanted = [
                (self._learnt + text, label)
                for text in range(self._asked)
                for label in range(self.labels)
            ]
            self._final[strength] = ranker.answers(self._numbers, wanted)
        return self._final[strength]

    def _rule(self, here: Mapping[int, float]) -> _Way:
        def learn(rows: Sequence[int]) -> Rule | None:
            return best_rule([self._numbers[row] for row in rows], [here[row] for row in rows])

        def say(rule: Rule | None, numbers: Sequence[Numbers]) -> list[float]:
            return [self._usual if rule is None else rule.value(each) for each in numbers]

        said: dict[int, float] = {}
        for rest, held in self._splits(here):
            answers = say(learn(rest), [self._numbers[row] for row in held])
            said |= zip(held, answers, strict=True)
        return _Way(
            self._worth(here, said), lambda: say(learn(sorted(here)), self._numbers[self._learnt :])
        )

    def _ridge(self, here: Mapping[int, float], strength: float) -> _Way:
        learnt, asked = self._shown.matrices("words", "counts")
        said: dict[int, float] = {}
        for rest, held in self._splits(here):
            answers = _weighed(learnt[rest], [here[row] for row in rest], learnt[held], strength)
            said |= zip(held, answers.tolist(), strict=True)
        rows = sorted(here)
        return _Way(
            self._worth(here, said),
            lambda: _weighed(learnt[rows], [here[row] for row in rows], asked, strength).tolist(),
        )

    def _splits(self, here: Mapping[int, float]) -> Iterator[tuple[list[int], list[int]]]:
        """The texts to learn from, and those held out, of each fold."""
        rows = np.array(sorted(here))
        dealt = folds([0] * len(rows), self._seed)
        for fold in range(int(dealt.max()) + 1):
            yield rows[dealt != fold].tolist(), rows[dealt == fold].tolist()


def _step(values: Any) -> float:
    """The distance between possible targets: a power of ten of which all known ones are made."""
    for decimals in range(_DECIMALS):
        if all(abs(round(value, decimals) - value) < 1e-9 * max(1, abs(value)) for value in values):
            return float(10**-decimals)
    return float(10**-_DECIMALS)


def _sure(found: Answer, place: tuple[int, int], sure: float, otherwise: float) -> float:
    value, share = found.get(place, (otherwise, 1.0))
    return value if share >= sure else otherwise


def _weighed(learnt: Any, targets: Sequence[float], asked: Any, strength: float) -> Values:
    """Ridge regression, of logarithms when no target is negative, and inside the targets' range."""
    from sklearn.linear_model import Ridge

    truth = np.asarray(targets, dtype=float)
    curved = float(truth.min()) >= 0
    model = Ridge(alpha=strength, solver="lsqr")
    model.fit(learnt, np.log1p(truth) if curved else truth)
    said: Values = np.asarray(model.predict(asked), dtype=float)
    if curved:
        # No larger than a float can hold, whatever the text is.
        said = np.expm1(np.minimum(said, np.log1p(truth.max())))
    clipped: Values = np.clip(said, truth.min(), truth.max())
    return clipped
