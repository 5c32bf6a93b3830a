"""One tag for each token: a linear model that sees the tags before, decoded with a beam."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from sekisho.extraction.dragon.baseline.tag_features import History, shape, window

__all__ = ["Tagger"]

_BEAM = 4


class Tagger:
    """Learns tags of tokens from examples, and gives no tag that it was not shown."""

    def __init__(self, *, strength: float = 1.0, history: bool = True) -> None:
        self._strength = strength
        self._history = history

    def fit(self, documents: Sequence[Sequence[str]], tags: Sequence[Sequence[str]]) -> Tagger:
        """Learn from ``documents`` (their tokens) and the ``tags`` of these."""
        from sklearn.feature_extraction.text import CountVectorizer
        from sklearn.linear_model import LogisticRegression

        rows: list[list[str]] = []
        self._after: dict[str, set[str]] = defaultdict(set)
        for document, given in zip(documents, tags, strict=True):
            history = History()
            for token, features, tag in zip(document, window(document), given, strict=True):
                rows.append(features + self._past(history, token))
                self._after[history.last].add(tag)
                history = history.then(tag)
        known = [tag for given in tags for tag in given]
        self.tags = sorted(set(known))
        self._places = {tag: place for place, tag in enumerate(self.tags)}
        if len(self.tags) < 2:
            return self
        vectorizer = CountVectorizer(analyzer=_same, binary=True, dtype=np.float64, min_df=2)
        matrix = vectorizer.fit_transform(rows)
        model = LogisticRegression(C=self._strength, max_iter=300, tol=1e-3)
        model.fit(matrix, [self._places[tag] for tag in known])
        weights = model.coef_
        if len(self.tags) == 2:
            weights = np.vstack([np.zeros_like(weights), weights])
        bias = model.intercept_ if len(self.tags) > 2 else np.array([0.0, model.intercept_[0]])
        self._bias = bias
        self._rows = {name: weights[:, at].copy() for name, at in vectorizer.vocabulary_.items()}
        return self

    def tag(self, document: Sequence[str]) -> list[str]:
        """The best tags for the tokens of ``document``, one each."""
        if len(self.tags) < 2:
            return [*(self.tags or ["O"])] * len(document)
        beam: list[tuple[float, History, Any]] = [(0.0, History(), None)]
        for token, features in zip(document, window(document), strict=True):
            fixed = self._bias + self._sum(features)
            grown: list[tuple[float, History, Any]] = []
            for score, history, trail in beam:
                logits = fixed + self._sum(self._past(history, token))
                logits -= logits.max()
                logits -= np.log(np.exp(logits).sum())
                for tag in self._may_follow(history.last):
                    sure = float(logits[self._places[tag]])
                    grown.append((score + sure, history.then(tag), (tag, trail)))
            grown.sort(key=lambda each: -each[0])
            beam = grown[:_BEAM]
        return _unrolled(beam[0][2])

    def _past(self, history: History, token: str) -> list[str]:
        return history.features(token.lower(), shape(token)) if self._history else []

    def _sum(self, features: Sequence[str]) -> Any:
        rows = [self._rows[name] for name in features if name in self._rows]
        return np.sum(rows, axis=0) if rows else 0.0

    def _may_follow(self, last: str) -> list[str]:
        """The tags that may stand behind ``last``: an inside tag only where one was seen."""
        seen = self._after.get(last, set())
        return [tag for tag in self.tags if not tag.startswith("I-") or tag in seen] or self.tags


def _same(features: list[str]) -> list[str]:
    return features


def _unrolled(trail: Any) -> list[str]:
    tags = []
    while trail is not None:
        tag, trail = trail
        tags.append(tag)
    return tags[::-1]
