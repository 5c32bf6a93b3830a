"""Scores of a model: by itself on synthetic text, and on hand-written documents."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sekisho.documents.document import Document
from sekisho.evaluation.gold import read_marked_lines
from sekisho.phi.categories import Category
from sekisho.phi.detection import Detector
from sekisho.phi.detectors.tagger.decoding import decode, probabilities, spans_of
from sekisho.phi.detectors.tagger.encoding import Vocabulary
from sekisho.phi.learning.examples import Example

__all__ = ["Scorer", "calibration", "exact", "fitted_temperature", "unseen_names"]

Scorer = Callable[[NDArray[np.int32]], NDArray[np.float32]]
_CATEGORIES = tuple(Category)


def features_of(each: Example, vocabulary: Vocabulary) -> NDArray[np.int32]:
    """What a scorer reads of an example."""
    rows = (vocabulary.ids(each.text), each.kinds, each.known)
    return np.stack([row.astype(np.int32) for row in rows])


def fitted_temperature(made: Sequence[Example], vocabulary: Vocabulary, scorer: Scorer) -> float:
    """The temperature with the least negative log-likelihood of the labels (a line search)."""
    scored = [(scorer(features_of(each, vocabulary)), each.labels.astype(int)) for each in made]

    def loss(temperature: float) -> float:
        total, count = 0.0, 0
        for logits, labels in scored:
            likely = probabilities(logits, temperature)[np.arange(len(labels)), labels]
            total -= float(np.log(np.maximum(likely, 1e-12)).sum())
            count += len(labels)
        return total / count

    return min((step / 20 for step in range(8, 61)), key=loss)


def calibration(
    made: Sequence[Example], vocabulary: Vocabulary, scorer: Scorer, temperature: float
) -> float:
    """Expected calibration error of the spans' probabilities (ten equal bins, Guo et al. 2017).

    A span is right by the share of its characters that are an identifier.
    """
    sure, right = [], []
    for each in made:
        for tagged in decode(scorer(features_of(each, vocabulary)), temperature=temperature):
            sure.append(tagged.probability)
            right.append(float((each.labels[tagged.start : tagged.end] > 0).mean()))
    probability, hit = np.array(sure), np.array(right)
    bins = np.minimum((probability * 10).astype(int), 9)
    gaps = [
        abs(probability[bins == each].mean() - hit[bins == each].mean()) * (bins == each).sum()
        for each in range(10)
        if (bins == each).any()
    ]
    return float(sum(gaps) / max(1, len(probability)))


def exact(
    made: Sequence[Example], vocabulary: Vocabulary, scorer: Scorer
) -> dict[str, dict[str, float]]:
    """Exact recall, precision and n for each category, and for all of them together."""
    counts = {name: np.zeros(3, dtype=int) for name in ("ALL", *_CATEGORIES)}
    for each in made:
        wanted = set(spans_of(each.labels.tolist()))
        found = {
            (tagged.start, tagged.end, tagged.category)
            for tagged in decode(scorer(features_of(each, vocabulary)))
        }
        for group, place in ((wanted, 0), (found, 1), (wanted & found, 2)):
            for _, _, category in group:
                counts["ALL"][place] += 1
                counts[_CATEGORIES[category]][place] += 1
    return {
        str(name): {
            "recall": round(float(hit / max(1, gold)), 4),
            "precision": round(float(hit / max(1, claimed)), 4),
            "n": int(gold),
        }
        for name, (gold, claimed, hit) in counts.items()
    }


def unseen_names(file: Path, detector: Detector) -> dict[str, dict[str, float]]:
    """Recall and n of the NAME and STAFF spans of hand-written sentences.

    A name counts when ``detector`` alone covers it wholly, as a person of either kind.
    """
    found = {"NAME": 0, "STAFF": 0}
    wanted = dict.fromkeys(found, 0)
    for sentence in read_marked_lines(file):
        claimed = {
            place
            for span in detector.detect(Document("", sentence.text))
            if span.category in found
            for place in range(span.start, span.end)
        }
        for span in sentence.spans:
            if span.category in found:
                wanted[span.category] += 1
                found[span.category] += claimed.issuperset(range(span.start, span.end))
    return {
        name: {"recall": round(found[name] / wanted[name], 4), "n": wanted[name]} for name in found
    }
