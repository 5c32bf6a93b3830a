"""From scores of labels to spans: the best sequence that is well formed, and how sure it is.

The labels are BIO (Ramshaw and Marcus 1995): an I- can follow only a B- or I- of its own category.
Among all such sequences the most probable one is found (Viterbi); the temperature (Guo et al. 2017)
makes the scores probabilities, and ``lean`` takes that much from the score of O, so that doubt is
decided for recall.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Tagged", "decode", "probabilities", "spans_of"]

#: Where O is this probable it is taken for certain, which cuts a text into short independent parts.
_CERTAIN = 0.9995

Scores = NDArray[np.float32]


class Tagged(NamedTuple):
    """``folded[start:end]`` is an identifier with ``probability``, most likely of ``category``."""

    start: int
    end: int
    category: int
    probability: float


def probabilities(logits: Scores, temperature: float) -> Scores:
    """Probabilities of the labels, shape as ``logits`` (characters, labels)."""
    scaled = logits / temperature
    scaled -= scaled.max(axis=1, keepdims=True)
    result: Scores = np.exp(scaled)
    result /= result.sum(axis=1, keepdims=True)
    return result


def decode(logits: Scores, *, temperature: float = 1.0, lean: float = 0.0) -> list[Tagged]:
    """The spans of the most probable well-formed sequence, in order.

    A span's probability is that its characters are an identifier of whatever category (the mean
    over them of all labels but O): whether a name is a patient's or a colleague's is often open
    where it is certain that it is a name.
    """
    likely = probabilities(logits, temperature)
    leant = logits / temperature
    leant[:, 0] -= lean
    # The lean moves what is certain as well.
    uncertain = np.flatnonzero(probabilities(leant, 1.0)[:, 0] < _CERTAIN)
    if not len(uncertain):
        return []
    found = []
    for run in np.split(uncertain, np.flatnonzero(np.diff(uncertain) > 1) + 1):
        first, last = int(run[0]), int(run[-1]) + 1
        for start, end, category in spans_of(_best(leant[first:last])):
            probability = 1.0 - float(likely[first + start : first + end, 0].mean())
            found.append(Tagged(first + start, first + end, category, max(0.0, probability)))
    return found


def _best(scores: Scores) -> list[int]:
    """The best well-formed labels: 0 is O, 1 + 2c is B- and 2 + 2c is I- of category c."""
    length = len(scores)
    if length == 1:
        begins = scores[0, 1::2]
        likeliest = int(begins.argmax())
        return [1 + 2 * likeliest] if begins[likeliest] > scores[0, 0] else [0]
    outside = float(scores[0, 0])
    begin, inside = scores[0, 1::2], np.full(scores.shape[1] // 2, -np.inf, dtype=np.float32)
    came_any: list[int] = []
    came_inside = []
    for place in range(1, length):
        open_best = np.maximum(begin, inside)
        came_inside.append(inside > begin)
        category = int(open_best.argmax())
        from_open = float(open_best[category]) > outside
        best = max(float(open_best[category]), outside)
        # Where the label before an O or a B- came from.
        came_any.append(
            (2 if inside[category] > begin[category] else 1) + 2 * category if from_open else 0
        )
        row = scores[place]
        outside = best + float(row[0])
        begin = best + row[1::2]
        inside = open_best + row[2::2]
    ends = np.concatenate(([outside], np.stack((begin, inside), axis=1).ravel()))
    label = int(ends.argmax())
    labels = [label]
    for place in range(length - 2, -1, -1):
        if label and label % 2 == 0:
            category = label // 2 - 1
            label = (2 if came_inside[place][category] else 1) + 2 * category
        else:
            label = came_any[place]
        labels.append(label)
    return labels[::-1]


def spans_of(labels: Iterable[int]) -> list[tuple[int, int, int]]:
    """``(start, end, category)`` of each span in well-formed label ids, in order."""
    found: list[tuple[int, int, int]] = []
    for place, label in enumerate(labels):
        if label == 0:
            continue
        if label % 2:
            found.append((place, place + 1, label // 2))
        else:
            start, _, category = found[-1]
            found[-1] = (start, place + 1, category)
    return found
