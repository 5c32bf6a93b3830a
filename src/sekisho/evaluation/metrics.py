"""What is measured of a de-identification, each metric a ratio of counts with its interval.

The counts rest on code points, white space and punctuation inside a span included: a character is a
character. In one document, let

- *gold* be the characters of all gold spans (overlapping spans count a character once),
- *covered* those that any prediction covers, of whatever category,
- *predicted* those of the predictions,
- *ordinary* those outside of every gold span.

Categories that an evaluation ignores (``without`` of gold and prediction) are out of the count on
both sides: an ignored gold span is neither to be found nor ordinary text, and what is predicted on
it is neither right nor wrong; an ignored prediction is neither right nor wrong wherever it lies.
But what a prediction of an ignored category covers is covered: when that document is released, the
characters are gone, whatever they were called.

A metric is anything that fits :class:`Metric`; the group ``sekisho.metrics`` of entry
points names them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from sekisho.documents.document import Span
from sekisho.evaluation.bootstrap import Estimate, ratio, resampled_totals
from sekisho.evaluation.gold import GoldDocument, GoldSpan, Prediction
from sekisho.phi.categories import DIRECT

__all__ = [
    "RATIOS",
    "Comparison",
    "Counts",
    "Leak",
    "Metric",
    "Ratio",
    "character_precision",
    "documents_with_direct_leak",
    "leaked_characters",
    "leaks",
    "over_redaction",
    "recall",
    "recall_exact_typed",
]


@runtime_checkable
class Metric(Protocol):
    """Measures predictions against gold.

    The two sequences are of the same length and order, as ``read_predicted`` gives them. A metric
    must not put any text of a document into its answer or its errors.
    """

    def __call__(
        self, gold: Sequence[GoldDocument], predicted: Sequence[Prediction]
    ) -> Estimate: ...


@dataclass(frozen=True, slots=True)
class Counts:
    """The counts of one document that every built-in metric is made of.

    ``direct_leaks`` is 1 when a character other than white space of a direct identifier
    (``phi.categories.DIRECT``) is bare. ``exact_spans`` are gold spans that a prediction meets at
    both ends and by category. ``predicted_characters`` leave out those on ignored gold;
    ``correct_characters`` of them lie on gold, ``redacted_characters`` on ordinary text.
    """

    documents: int = 1
    direct_leaks: int = 0
    gold_characters: int = 0
    leaked_characters: int = 0
    spans: int = 0
    covered_spans: int = 0
    exact_spans: int = 0
    predicted_characters: int = 0
    correct_characters: int = 0
    ordinary_characters: int = 0
    redacted_characters: int = 0


@dataclass(frozen=True, slots=True)
class Leak:
    """A gold span of which a prediction leaves ``bare`` characters uncovered."""

    document: str
    span: GoldSpan
    bare: int


@dataclass(frozen=True, slots=True)
class Ratio:
    """A metric that divides one total of :class:`Counts` by another.

    ``better`` is ``"low"`` or ``"high"``; ``title`` and ``unit`` (what ``n`` counts) are for
    people.
    """

    name: str
    title: str
    numerator: str
    denominator: str
    unit: str
    better: str

    def __call__(self, gold: Sequence[GoldDocument], predicted: Sequence[Prediction]) -> Estimate:
        """The ratio over all documents, with its interval at the default resamples and seed."""
        counts = [Comparison(*pair).counts() for pair in zip(gold, predicted, strict=True)]
        table = np.array(
            [[getattr(c, self.numerator), getattr(c, self.denominator)] for c in counts],
            dtype=np.int64,
        ).reshape(len(counts), 2)
        above, below = (int(total) for total in table.sum(axis=0))
        totals = resampled_totals(table)
        return ratio(above, below, totals[:, 0], totals[:, 1])


#: Gold characters that stay bare / gold characters.
leaked_characters = Ratio(
    "leaked_characters",
    "leaked characters",
    "leaked_characters",
    "gold_characters",
    "identifier characters",
    "low",
)
#: Documents with a bare direct identifier / documents.
documents_with_direct_leak = Ratio(
    "documents_with_direct_leak",
    "documents with a direct leak",
    "direct_leaks",
    "documents",
    "documents",
    "low",
)
#: Gold spans wholly covered by the union of the predictions / gold spans.
recall = Ratio("recall", "recall (wholly covered)", "covered_spans", "spans", "identifiers", "high")
#: Gold spans met at both ends and by category / gold spans.
recall_exact_typed = Ratio(
    "recall_exact_typed", "recall (exact, typed)", "exact_spans", "spans", "identifiers", "high"
)
#: Predicted characters on gold / predicted characters.
character_precision = Ratio(
    "character_precision",
    "character precision",
    "correct_characters",
    "predicted_characters",
    "predicted characters",
    "high",
)
#: Predicted characters on ordinary text / characters of ordinary text.
over_redaction = Ratio(
    "over_redaction",
    "over-redaction",
    "redacted_characters",
    "ordinary_characters",
    "ordinary characters",
    "low",
)

#: The built-in metrics in the order in which they are shown.
RATIOS = (
    leaked_characters,
    documents_with_direct_leak,
    recall,
    recall_exact_typed,
    character_precision,
    over_redaction,
)


class Comparison:
    """One document's gold and prediction laid over its text, ready to be counted."""

    def __init__(self, gold: GoldDocument, predicted: Prediction):
        size = len(gold.text)
        self._gold = gold
        self._predicted = predicted
        self._everything = _mask(size, gold.spans)
        self._ignored = _mask(size, gold.ignored) & ~self._everything
        self._covered = _mask(size, predicted.spans) | _mask(size, predicted.ignored)
        # Running totals: a stretch holds bare[end] - bare[start] uncovered characters.
        self._bare = np.concatenate(([0], np.cumsum(~self._covered, dtype=np.int64)))
        self._met = {(span.start, span.end, span.category) for span in predicted.spans}
        self._ordinary = ~(self._everything | self._ignored)

    def counts(self) -> Counts:
        """The counts of the whole document."""
        return self._counts(self._gold.spans, self._everything, self._predicted.spans)

    def counts_of(self, spans: Collection[GoldSpan], category: str | None = None) -> Counts:
        """The counts of a part of the document.

        Only the gold ``spans`` are asked for, and only predictions of ``category`` (None: no
        prediction at all) are judged. What counts as covered and as ordinary text stays the same,
        so that a part can be compared with the whole.
        """
        judged = [span for span in self._predicted.spans if span.category == category]
        return self._counts(spans, _mask(len(self._gold.text), spans), judged)

    def bare(self, span: GoldSpan) -> int:
        """How many characters of ``span`` no prediction covers."""
        return int(self._bare[span.end] - self._bare[span.start])

    def _counts(
        self, spans: Collection[GoldSpan], asked: NDArray[np.bool_], judged: Sequence[Span]
    ) -> Counts:
        claimed = _mask(len(self._gold.text), judged) & ~self._ignored
        return Counts(
            direct_leaks=int(any(map(self._is_direct_leak, spans))),
            gold_characters=int(asked.sum()),
            leaked_characters=int((asked & ~self._covered).sum()),
            spans=len(spans),
            covered_spans=sum(self.bare(span) == 0 for span in spans),
            exact_spans=sum((s.start, s.end, s.category) in self._met for s in spans),
            predicted_characters=int(claimed.sum()),
            correct_characters=int((claimed & self._everything).sum()),
            ordinary_characters=int(self._ordinary.sum()),
            redacted_characters=int((claimed & self._ordinary).sum()),
        )

    def _is_direct_leak(self, span: GoldSpan) -> bool:
        if span.category not in DIRECT or self.bare(span) == 0:
            return False
        covered = self._covered[span.start : span.end].tolist()
        return any(
            not (known or character.isspace())
            for character, known in zip(span.surface, covered, strict=True)
        )


def leaks(gold: Iterable[GoldDocument], predicted: Iterable[Prediction]) -> Iterator[Leak]:
    """Every gold span that is not wholly covered, in the order of the documents."""
    for document, prediction in zip(gold, predicted, strict=True):
        comparison = Comparison(document, prediction)
        for span in document.spans:
            if bare := comparison.bare(span):
                yield Leak(document.id, span, bare)


def _mask(size: int, spans: Iterable[GoldSpan | Span]) -> NDArray[np.bool_]:
    mask = np.zeros(size, dtype=np.bool_)
    for span in spans:
        mask[span.start : span.end] = True
    return mask
