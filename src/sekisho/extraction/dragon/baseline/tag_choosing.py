"""Taggers of named entities, with the settings that cross-validation found best."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sekisho.extraction.dragon.baseline.choosing import folds, macro_f1, nested_f1
from sekisho.extraction.dragon.baseline.nested import NestedTagger
from sekisho.extraction.dragon.baseline.tagging import Tagger

__all__ = ["tag_documents", "tag_documents_nested"]

Tags = TypeVar("Tags")

#: Strength of the model, and whether it sees the tags before a token; the first unless another is
#: better.
_SETTINGS: tuple[tuple[float, bool], ...] = ((1.0, True), (1.0, False), (10.0, True), (10.0, False))
#: What another setting must gain.
_GAIN = 0.002
#: With fewer documents nothing can be compared; with more tokens one fold is enough to compare.
_FEW, _MANY = 10, 50_000


def tag_documents(
    learnt: Sequence[Sequence[str]],
    tags: Sequence[Sequence[str]],
    asked: Sequence[Sequence[str]],
    *,
    seed: int,
) -> list[list[str]]:
    """A tag for each token of the documents that are asked for."""

    def fit(rows: Sequence[int], strength: float, history: bool) -> Callable[[Any], Any]:
        tagger = Tagger(strength=strength, history=history)
        return tagger.fit([learnt[row] for row in rows], [tags[row] for row in rows]).tag

    return _best(fit, macro_f1, learnt, tags, asked, seed)


def tag_documents_nested(
    learnt: Sequence[Sequence[str]],
    tags: Sequence[Sequence[Sequence[str]]],
    asked: Sequence[Sequence[str]],
    *,
    seed: int,
) -> list[list[list[str]]]:
    """A list of tags for each token of the documents that are asked for."""

    def fit(rows: Sequence[int], strength: float, history: bool) -> Callable[[Any], Any]:
        tagger = NestedTagger(strength=strength, history=history)
        return tagger.fit([learnt[row] for row in rows], [tags[row] for row in rows]).tag

    return _best(fit, nested_f1, learnt, tags, asked, seed)


def _best(
    fit: Callable[[Sequence[int], float, bool], Callable[[Any], Any]],
    metric: Callable[[Any, Any], float],
    learnt: Sequence[Sequence[str]],
    tags: Sequence[Any],
    asked: Sequence[Sequence[str]],
    seed: int,
) -> list[Any]:
    everything = range(len(learnt))
    chosen, best = _SETTINGS[0], 0.0
    if len(learnt) >= _FEW:
        dealt = folds([0] * len(learnt), seed)
        tried = 1 if sum(map(len, learnt)) > _MANY else int(dealt.max()) + 1
        for setting in _SETTINGS:
            truth, said = [], []
            for fold in range(tried):
                tag = fit([row for row in everything if dealt[row] != fold], *setting)
                held = [row for row in everything if dealt[row] == fold]
                truth += [tags[row] for row in held]
                said += [tag(learnt[row]) for row in held]
            worth = metric(truth, said)
            if worth > best + (_GAIN if setting != _SETTINGS[0] else 0.0):
                chosen, best = setting, worth
            if best > 1 - _GAIN:
                break
    tag = fit(everything, *chosen)
    return [tag(document) for document in asked]
