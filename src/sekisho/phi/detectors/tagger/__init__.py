"""The tagger detector: a small network that reads characters, for what no rule or list foresees.

It is trained on synthetic text alone (``training/``) and shipped with the package; a hospital can
train it further on its own documents (``sekisho tagger train``) and name the file with
``--tagger``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sekisho.documents.document import Document, Span
from sekisho.phi.categories import Category
from sekisho.phi.detectors.tagger.decoding import Tagged, decode
from sekisho.phi.detectors.tagger.edges import has_form, is_generic, within_edges
from sekisho.phi.detectors.tagger.encoding import LABELS, encode
from sekisho.phi.detectors.tagger.modelfile import SHIPPED, load
from sekisho.phi.shield import marks

__all__ = ["TaggerDetector", "Thresholds", "thresholds"]

_CATEGORIES = tuple(Category)
#: The score of O where nothing was read, against nought for all other labels.
_CERTAINLY_NOTHING = 100.0
#: Between these probabilities the model does not know; below lies noise, above certainty.
_UNSURE = (0.3, 0.9)


@dataclass(frozen=True)
class Thresholds:
    """When a span is believed; chosen for recall on the develop half (``thresholds.toml``).

    ``lean`` goes to the decoder; ``least`` is the lowest probability for each category;
    ``shielded`` the lowest for words and medical language that name nobody; ``ceiling`` the
    score no span of the tagger exceeds, since it never has a proof.
    """

    lean: float
    least: dict[str, float]
    shielded: float
    ceiling: float


@cache
def thresholds() -> Thresholds:
    """The thresholds of the data file."""
    text = Path(__file__).with_name("thresholds.toml").read_text(encoding="utf-8")
    stated = tomllib.loads(text)
    least = {str(each): float(stated["least"][each]) for each in Category}
    return Thresholds(
        float(stated["lean"]), least, float(stated["shielded"]), float(stated["ceiling"])
    )


class _Candidate(NamedTuple):
    """A stretch that may be an identifier, how sure that is, and how sure it has to be."""

    span: Span
    sure: float
    needed: float


class TaggerDetector:
    """Reads Japanese with the model in ``path``; raises ``ModelFileError`` when there is none."""

    name = "tagger"

    def __init__(self, path: Path = SHIPPED, believing: Thresholds | None = None) -> None:
        self._model = load(path)
        self._believing = believing or thresholds()
        self._last: tuple[Document, tuple[_Candidate, ...]] | None = None

    @property
    def digest(self) -> str:
        """What identifies the model: the SHA-256 of its file."""
        return self._model.digest

    def detect(self, document: Document) -> Sequence[Span]:
        """All spans of ``document``, sorted; none in a language that the model never saw."""
        return [each.span for each in self._candidates(document) if each.sure >= each.needed]

    def unsure(self, document: Document) -> int:
        """How many stretches of ``document`` the model neither knew to be something nor not."""
        low, high = _UNSURE
        return sum(low <= each.sure < high for each in self._candidates(document))

    def _candidates(self, document: Document) -> tuple[_Candidate, ...]:
        # The same document is asked about twice where a cascade wants to know of doubts.
        if self._last is None or self._last[0] is not document:
            self._last = (document, tuple(self._judged(document)))
        return self._last[1]

    def _judged(self, document: Document) -> Iterator[_Candidate]:
        text = document.folded.text
        if document.language != "ja" or not text.strip():
            return
        chosen = self._believing
        found = decode(
            self._logits(document), temperature=self._model.temperature, lean=chosen.lean
        )
        shielded = marks(document)
        for tagged in found:
            span = _span(document, tagged, chosen.ceiling)
            if span is None:
                continue
            needed = chosen.least[span.category]
            surface = document.text[span.start : span.end]
            if is_generic(surface, span.category) or any(
                mark.start < span.end and span.start < mark.end for mark in shielded
            ):
                needed = max(needed, chosen.shielded)
            yield _Candidate(span, tagged.probability, needed)

    def _logits(self, document: Document) -> NDArray[np.float32]:
        """The scores of every folded character; running text alone is read, each piece apart."""
        features = encode(document, self._model.vocabulary)
        if document.prose is None:
            return self._model.logits(features)
        logits = np.zeros((features.shape[1], len(LABELS)), dtype=np.float32)
        logits[:, 0] = _CERTAINLY_NOTHING
        for piece in document.prose:
            start, end = document.folded.to_folded(*piece)
            if start < end:
                logits[start:end] = self._model.logits(features[:, start:end])
        return logits


def _span(document: Document, tagged: Tagged, ceiling: float) -> Span | None:
    """The span in original offsets, with clean edges; None when it cannot be what it claims."""
    category = _CATEGORIES[tagged.category]
    edges = within_edges(document.folded.text, tagged.start, tagged.end, category)
    if edges is None or not has_form(document.folded.text[slice(*edges)], category):
        return None
    return Span(
        *document.folded.to_original(*edges),
        category=category,
        sources=("tagger",),
        score=min(tagged.probability, ceiling),
    )
