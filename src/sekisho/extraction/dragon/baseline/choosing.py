"""Choosing by cross-validation: folds that anyone can draw again, and the metrics of the tasks."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from itertools import groupby
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["area", "folds", "kappa", "log_loss", "macro_f1", "nested_f1", "rsmape", "spans"]

#: As many folds, when there are rows enough.
_FOLDS = 5
#: Share of the usual target in the denominator of R-SMAPE; DRAGON's own values are of this size.
_EPSILON = 0.1


def folds(labels: Sequence[Hashable], seed: int) -> npt.NDArray[np.int64]:
    """The fold of each row, every label dealt out evenly."""
    count = max(1, min(_FOLDS, len(labels)))
    shuffled = np.random.default_rng(seed).permutation(len(labels))
    place = {label: at for at, label in enumerate(dict.fromkeys(labels))}
    order = sorted(shuffled.tolist(), key=lambda row: place[labels[row]])
    dealt = np.empty(len(labels), dtype=np.int64)
    dealt[order] = np.arange(len(labels)) % count
    return dealt


def area(truth: Sequence[bool], sure: Sequence[float]) -> float:
    """Area under the ROC curve; one half when there is nothing to tell apart."""
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(truth, sure)) if len(set(truth)) == 2 else 0.5


def kappa(truth: Sequence[int], said: Sequence[int], *, ordered: bool) -> float:
    """Cohen's kappa of places of classes, linear when these are ordered."""
    from sklearn.metrics import cohen_kappa_score

    if len({*truth, *said}) < 2:
        return 1.0
    return float(cohen_kappa_score(truth, said, weights="linear" if ordered else None))


def log_loss(truth: Sequence[int], shares: npt.NDArray[np.float64]) -> float:
    """Mean negative logarithm of the share that the true class was given."""
    given = shares[np.arange(len(truth)), np.asarray(truth, dtype=np.int64)]
    return float(-np.log(np.clip(given, 1e-6, 1)).mean())


def rsmape(truth: Any, said: Any, usual: float) -> float:
    """Robust symmetric mean absolute percentage score, 1 at best.

    1 - mean(abs(y - p) / (abs(y) + abs(p) + epsilon)), as in dragon-eval; ``usual`` is the median
    of the targets, of which epsilon is a tenth.
    """
    truth, said = np.asarray(truth, dtype=float), np.asarray(said, dtype=float)
    below = np.abs(truth) + np.abs(said) + max(_EPSILON * abs(usual), 1e-9)
    return float(1 - np.mean(np.abs(truth - said) / below))


def spans(tags: Sequence[str]) -> set[tuple[str, int, int]]:
    """Kind, start and end of the entities of BIO tags; other tags make runs."""
    found: set[tuple[str, int, int]] = set()
    start, kind = 0, ""
    for place, tag in enumerate([*tags, "O"]):
        mark, dash, rest = tag.partition("-")
        its = rest if dash else ("" if tag == "O" else tag)
        if kind and (its != kind or mark == "B"):
            found.add((kind, start, place))
            kind = ""
        if its and not kind:
            start, kind = place, its
    return found


def macro_f1(truth: Sequence[Sequence[str]], said: Sequence[Sequence[str]]) -> float:
    """F1 of whole entities, the mean over their kinds; 1 when there are none at all."""
    right: dict[str, int] = {}
    total: dict[str, int] = {}
    for one, other in zip(truth, said, strict=True):
        here, there = spans(one), spans(other)
        for kind, group in groupby(sorted(here & there), key=lambda span: span[0]):
            right[kind] = right.get(kind, 0) + len(list(group))
        for kind, _, _ in [*here, *there]:
            total[kind] = total.get(kind, 0) + 1
    return float(np.mean([2 * right.get(kind, 0) / total[kind] for kind in total] or [1.0]))


def nested_f1(
    truth: Sequence[Sequence[Sequence[str]]], said: Sequence[Sequence[Sequence[str]]]
) -> float:
    """F1 of whole entities of each label, weighted by how often the label is true, as in DRAGON."""
    kinds = {_kind(tag) for document in truth for tags in document for tag in tags} - {"O"}
    total = worth = 0.0
    for kind in sorted(kinds):
        one, other = (
            [spans([_of_kind(kind, tags) for tags in document]) for document in documents]
            for documents in (truth, said)
        )
        often = sum(map(len, one))
        right = sum(len(here & there) for here, there in zip(one, other, strict=True))
        worth += often * 2 * right / max(1, often + sum(map(len, other)))
        total += often
    return worth / total if total else 1.0


def _kind(tag: str) -> str:
    return tag[2:] if tag[:2] in ("B-", "I-") else tag


def _of_kind(kind: str, tags: Sequence[str]) -> str:
    return next((tag for tag in tags if _kind(tag) == kind), "O")
