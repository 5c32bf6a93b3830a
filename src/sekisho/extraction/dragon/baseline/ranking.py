"""Which number of a text is the answer: every number is scored by what stands around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sekisho.extraction.dragon.baseline.candidates import (
    Candidate,
    candidates,
    closest,
    scales,
    standings,
)

__all__ = ["Answer", "Numbers", "Ranker", "read_numbers"]

#: (document, place of the label): the value to find there.
Targets = dict[tuple[int, int], float]
#: (document, place of the label): the value found there, and how sure that is.
Answer = dict[tuple[int, int], tuple[float, float]]

_SELDOM = 3


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbers of one text: values in the unit of the targets, and the features of each."""

    values: tuple[float, ...]
    features: tuple[tuple[str, ...], ...]


def read_numbers(texts: Sequence[str], targets: Targets, step: float) -> list[Numbers]:
    """The numbers of all ``texts``, in the units that ``targets`` (by place of the text) use."""
    found = [candidates(text) for text in texts]
    places = sorted(targets)
    factors = scales([found[text] for text, _ in places], [targets[at] for at in places], step)
    return [_numbers(each, factors) for each in found]


def _numbers(found: Sequence[Candidate], factors: dict[str, float]) -> Numbers:
    values = tuple(each.base * factors.get(each.dimension, 1.0) for each in found)
    said = standings(found, values)
    features = tuple((*each.context, *more) for each, more in zip(found, said, strict=True))
    return Numbers(values, features)


class Ranker:
    """Learns which number is meant, for all labels of a task together.

    What is learned of one label serves the others too (a number as far from the first as the label
    is); beside that each label has weights of its own.
    """

    def __init__(self, labels: int, step: float, strength: float = 1.0) -> None:
        self._labels = labels
        self._step = step
        self._strength = strength
        self._model: Any = None

    def fit(self, numbers: Sequence[Numbers], targets: Targets) -> Ranker:
        """Learn from the numbers of texts and what was wanted of them."""
        from sklearn.feature_extraction.text import CountVectorizer
        from sklearn.linear_model import LogisticRegression

        rows: list[list[str]] = []
        meant: list[bool] = []
        for (text, label), target in sorted(targets.items()):
            near = set(closest(numbers[text].values, target, self._step))
            for place in range(len(numbers[text].values)):
                rows.append(self._shown(numbers[text], place, label))
                meant.append(place in near)
        if len(set(meant)) < 2:
            return self
        self._vectorizer = CountVectorizer(
            analyzer=_same, binary=True, dtype=np.float64, min_df=min(_SELDOM, len(rows))
        )
        model = LogisticRegression(C=self._strength, max_iter=500, tol=1e-3)
        self._model = model.fit(self._vectorizer.fit_transform(rows), meant)
        return self

    def answers(self, numbers: Sequence[Numbers], wanted: Sequence[tuple[int, int]]) -> Answer:
        """The best number for each of ``wanted`` (text, label) whose text has one."""
        rows, owners = [], []
        for text, label in wanted:
            for place, value in enumerate(numbers[text].values):
                rows.append(self._shown(numbers[text], place, label))
                owners.append(((text, label), value))
        if not rows or self._model is None:
            return {}
        found: Answer = {}
        sure = self._model.predict_proba(self._vectorizer.transform(rows))[:, 1]
        for (owner, value), share in zip(owners, sure.tolist(), strict=True):
            if owner not in found or share > found[owner][1]:
                found[owner] = value, share
        return found

    def _shown(self, numbers: Numbers, place: int, label: int) -> list[str]:
        features = list(numbers.features[place])
        if self._labels > 1:
            features += [f"{label}:{each}" for each in features]
            features.append(f"from the label={max(-3, min(3, place - label))}")
        return features


def _same(features: list[str]) -> list[str]:
    return features
