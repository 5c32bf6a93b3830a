"""Classes of texts: linear models over counted features, the recipe chosen by cross-validation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from sekisho.extraction.dragon.baseline.choosing import area, folds, kappa, log_loss
from sekisho.extraction.dragon.baseline.views import PARTS, TEXT, Input, View

__all__ = ["Shown", "best_class", "shares"]

Shares = npt.NDArray[np.float64]

#: Features that stand in fewer inputs teach nothing.
_SELDOM = 2
#: What decides between recipes that the metric calls equal: this much of their log loss.
_LOSS = 0.05
#: Below this many rows nothing can be chosen; the first recipe is taken.
_FEW = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class _Recipe:
    """A way to classify: what is seen, how it is weighed, and how strong the model may be.

    ``best`` keeps so many features by their chi-square; ``pairs``: with all pairs of these.
    ``steps``: a model for each step between ordered classes instead of one for each class.
    """

    view: str
    weight: Literal["counts", "presence", "tfidf"] = "counts"
    best: int | None = None
    pairs: bool = False
    steps: bool = False
    strength: float = 10.0


_OF_TEXT = (
    _Recipe(view="words"),
    _Recipe(view="words", strength=1.0),
    _Recipe(view="words", best=100),
    _Recipe(view="words", best=30),
    _Recipe(view="words", weight="presence"),
    _Recipe(view="words", weight="presence", best=100),
    _Recipe(view="words", weight="presence", best=80, pairs=True, strength=1.0),
    _Recipe(view="words", weight="tfidf"),
    _Recipe(view="characters", weight="tfidf"),
)
_ORDERED = (
    _Recipe(view="words", steps=True),
    _Recipe(view="words", steps=True, best=100),
    _Recipe(view="words", steps=True, best=30),
    _Recipe(view="words", steps=True, weight="presence", best=100),
)
_OF_PARTS = (
    _Recipe(view="related", weight="tfidf"),
    _Recipe(view="related", weight="tfidf", strength=1.0),
    _Recipe(view="related", weight="presence", strength=0.1),
    _Recipe(view="related", weight="presence"),
    _Recipe(view="related characters", weight="tfidf"),
    _Recipe(view="related characters", weight="tfidf", strength=1.0),
    _Recipe(view="related characters", weight="presence", strength=0.1),
    _Recipe(view="crossed", weight="presence", strength=0.1),
    _Recipe(view="words"),
    _Recipe(view="words", weight="tfidf"),
)


class Shown:
    """Matrices of the features of inputs, made once for all labels of a task."""

    def __init__(self, learnt: Sequence[Input], asked: Sequence[Input]) -> None:
        self.in_parts = any(not isinstance(each, str) for each in learnt)
        self._views: Mapping[str, View] = PARTS if self.in_parts else TEXT
        self._learnt, self._asked = list(learnt), list(asked)
        self._made: dict[tuple[str, str], tuple[Any, Any]] = {}

    def matrices(self, view: str, weight: str) -> tuple[Any, Any]:
        """The features of the inputs to learn from, and of those that are asked for."""
        if (view, weight) not in self._made:
            self._made[view, weight] = self._weighed(view, weight)
        return self._made[view, weight]

    def _weighed(self, view: str, weight: str) -> tuple[Any, Any]:
        from scipy.sparse import csr_matrix
        from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer

        if weight == "counts":
            seldom = min(_SELDOM, len(self._learnt))
            counter = CountVectorizer(
                analyzer=self._views[view], min_df=seldom, max_features=50_000, dtype=np.float64
            )
            try:
                learnt = counter.fit_transform(self._learnt)
            except ValueError:
                # No feature stands in enough inputs: an empty column leaves the shares of classes.
                return csr_matrix((len(self._learnt), 1)), csr_matrix((len(self._asked), 1))
            asked = counter.transform(self._asked)
            kept = _distinct(learnt)
            return learnt[:, kept], asked[:, kept]
        learnt, asked = (each.copy() for each in self.matrices(view, "counts"))
        if weight == "presence":
            learnt.data[:], asked.data[:] = 1.0, 1.0
            return learnt, asked
        scale = TfidfTransformer(sublinear_tf=True).fit(learnt)
        return scale.transform(learnt), scale.transform(asked)


def shares(
    shown: Shown, rows: Sequence[int], truth: Sequence[int], *, ordered: bool, seed: int
) -> Shares:
    """The share of each class for each input that is asked for; every line sums to 1.

    ``truth`` has the place of the class (0, 1, ...) of each of ``rows`` of the inputs to learn
    from. ``ordered``: the classes are steps of a scale.
    """
    classes = max(truth) + 1
    if len(set(truth)) < 2:
        _, asked = shown.matrices("words", "counts")
        alone: Shares = np.zeros((asked.shape[0], classes))
        alone[:, truth[0]] = 1.0
        return alone
    recipes = _OF_PARTS if shown.in_parts else _OF_TEXT
    if ordered:
        recipes = (*recipes, *_ORDERED)
    chosen = recipes[0]
    if len(rows) >= _FEW:
        dealt = folds(truth, seed)
        chosen = max(recipes, key=lambda each: _worth(shown, rows, truth, each, dealt, ordered))
    learnt, asked = shown.matrices(chosen.view, chosen.weight)
    return _fitted(chosen, learnt[list(rows)], np.asarray(truth), asked, classes)


def best_class(given: Shares, *, ordered: bool) -> list[int]:
    """The place of the class to say: the most likely one, of ordered classes the median."""
    if not ordered:
        return [int(place) for place in given.argmax(axis=1)]
    # Rounding may leave a sum below one half at the last class.
    middle = (given.cumsum(axis=1) < 0.5 - 1e-9).sum(axis=1)
    return [int(min(place, given.shape[1] - 1)) for place in middle]


def _worth(
    shown: Shown,
    rows: Sequence[int],
    truth: Sequence[int],
    recipe: _Recipe,
    dealt: npt.NDArray[np.int64],
    ordered: bool,
) -> float:
    """The metric of the recipe on rows it did not see, less a little of its log loss."""
    learnt = shown.matrices(recipe.view, recipe.weight)[0][list(rows)]
    known = np.asarray(truth)
    classes = max(truth) + 1
    given: Shares = np.zeros((len(rows), classes))
    for fold in range(int(dealt.max()) + 1):
        held = dealt == fold
        if len(set(known[~held].tolist())) < 2:
            given[held, known[~held][0]] = 1.0
            continue
        given[held] = _fitted(recipe, learnt[~held], known[~held], learnt[held], classes)
    if classes == 2:
        worth = area([place == 1 for place in truth], given[:, 1].tolist())
    else:
        worth = kappa(truth, best_class(given, ordered=ordered), ordered=ordered)
    return worth - _LOSS * log_loss(truth, given)


def _fitted(
    recipe: _Recipe, learnt: Any, truth: npt.NDArray[np.int64], asked: Any, classes: int
) -> Shares:
    from sklearn.feature_selection import chi2
    from sklearn.linear_model import LogisticRegression

    if recipe.best is not None and recipe.best < learnt.shape[1]:
        merit = np.nan_to_num(chi2(learnt, truth)[0])
        kept = np.sort(np.argsort(-merit, kind="stable")[: recipe.best])
        learnt, asked = learnt[:, kept], asked[:, kept]
    if recipe.pairs:
        learnt, asked = _paired(learnt), _paired(asked)

    def model() -> Any:
        return LogisticRegression(C=recipe.strength, max_iter=1000, tol=1e-3)

    given: Shares = np.zeros((asked.shape[0], classes))
    present = sorted(set(truth.tolist()))
    if not recipe.steps:
        fitted = model().fit(learnt, truth)
        given[:, fitted.classes_] = fitted.predict_proba(asked)
        return given
    above = np.ones(asked.shape[0])
    for place, after in pairwise(present):
        step = model().fit(learnt, truth >= after).predict_proba(asked)[:, 1]
        step = np.minimum(step, above)
        given[:, place] = above - step
        above = step
    given[:, present[-1]] = above
    return given


def _paired(matrix: Any) -> Any:
    """The columns of ``matrix`` and the products of all pairs of them."""
    from scipy.sparse import hstack

    columns = matrix.tocsc()
    one, other = np.triu_indices(columns.shape[1], 1)
    return hstack([columns, columns[:, one].multiply(columns[:, other])]).tocsr()


def _distinct(matrix: Any) -> list[int]:
    """The first of each set of equal columns: n-grams that always stand together are one."""
    columns = matrix.tocsc()
    columns.sort_indices()
    first: dict[tuple[bytes, bytes], int] = {}
    for place in range(columns.shape[1]):
        inside = slice(columns.indptr[place], columns.indptr[place + 1])
        first.setdefault((columns.indices[inside].tobytes(), columns.data[inside].tobytes()), place)
    return list(first.values())
