"""Annotated documents as numbers: features and labels in one long stream.

Documents stand one behind the other, apart by a gap that every layer of the network sees as the
end of the text, and the stream is cut into windows of equal length.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sekisho.documents.document import Document
from sekisho.phi.detectors.tagger.encoding import LABELS, Vocabulary, word_features
from sekisho.phi.enumerators import without_enumerators

__all__ = ["IGNORED", "Example", "example", "stream", "windows"]

#: The label of positions that are no text; the loss leaves them out.
IGNORED = -1

_LABEL_ID = {label: place for place, label in enumerate(LABELS)}


class Example(NamedTuple):
    """A folded text as the tagger sees it, with word features and a label id a character."""

    text: str
    kinds: NDArray[np.uint8]
    known: NDArray[np.uint8]
    labels: NDArray[np.int8]


def example(text: str, spans: Iterable[tuple[int, int, str]]) -> Example:
    """The example for ``text`` with ``(start, end, category)`` in its original offsets."""
    document = Document("", text)
    kinds, known = word_features(document)
    labels = np.zeros(len(document.folded.text), dtype=np.int8)
    for start, end, category in spans:
        low, high = document.folded.to_folded(start, end)
        if low < high:
            labels[low] = _LABEL_ID[f"B-{category}"]
            labels[low + 1 : high] = _LABEL_ID[f"I-{category}"]
    shown = without_enumerators(document)
    return Example(shown, kinds.astype(np.uint8), known.astype(np.uint8), labels)


def stream(
    examples: Sequence[Example], vocabulary: Vocabulary, gap: int
) -> tuple[NDArray[np.int16], NDArray[np.int8]]:
    """Features (3, length) and labels (length) of all ``examples``, ``gap`` paddings after each."""
    length = sum(len(each.text) + gap for each in examples)
    features = np.zeros((3, length), dtype=np.int16)
    labels = np.full(length, IGNORED, dtype=np.int8)
    place = 0
    for each in examples:
        end = place + len(each.text)
        features[0, place:end] = vocabulary.ids(each.text)
        features[1, place:end] = each.kinds
        features[2, place:end] = each.known
        labels[place:end] = each.labels
        place = end + gap
    return features, labels


def windows(length: int, size: int, offset: int) -> NDArray[np.int64]:
    """Where windows of ``size`` begin in a stream of ``length`` when the first is at ``offset``."""
    return np.arange(offset, max(offset + 1, length - size + 1), size)
