"""The whole measurement of a de-identification: overall, by category, by script, by difficulty.

Each document is counted once; the intervals of all figures come from the same resamples, so two
rows of a table can be compared.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from operator import attrgetter

import numpy as np

from sekisho import plugins
from sekisho.documents.document import Document, Span
from sekisho.errors import UsageError
from sekisho.evaluation.bootstrap import RESAMPLES, Estimate, ratio, resampled_totals
from sekisho.evaluation.gold import GoldDocument, GoldSpan, Prediction, Predictions
from sekisho.evaluation.metrics import (
    RATIOS,
    Comparison,
    Counts,
    Leak,
    Metric,
    Ratio,
    character_precision,
    leaked_characters,
    leaks,
    recall,
    recall_exact_typed,
)
from sekisho.evaluation.script import Script, script
from sekisho.phi.categories import DIRECT, Category, category

__all__ = ["Figure", "PhiReport", "categories_of", "evaluate", "predict"]

#: A kind of part and its name, such as ``("category", "NAME")``; ``("all", "")`` is the whole.
_Part = tuple[str, str]

_OF_GOLD = (leaked_characters, recall, recall_exact_typed)
#: What each kind of part can be asked; a prediction has a category, but no script or difficulty.
_RATIOS_OF = {
    "all": RATIOS,
    "category": (*_OF_GOLD, character_precision),
    "script": _OF_GOLD,
    "difficulty": _OF_GOLD,
}
_values = attrgetter(*(field.name for field in fields(Counts)))


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured ratio: ``count`` of ``estimate.n`` units."""

    metric: Ratio
    count: int
    estimate: Estimate


@dataclass(frozen=True, slots=True)
class PhiReport:
    """All figures of one evaluation; mappings keep the order in which they are shown.

    ``figures`` and the parts map a metric's name to its figure; ``further`` holds the metrics that
    other packages registered. ``leaked`` lists every identifier not wholly covered, the most
    important first: direct identifiers before others, then the easier ones, then the longer leaks.
    """

    documents: int
    characters: int
    identifiers: int
    ignored: tuple[Category, ...]
    unused: int
    resamples: int
    seed: int
    figures: Mapping[str, Figure]
    by_category: Mapping[str, Mapping[str, Figure]]
    by_script: Mapping[str, Mapping[str, Figure]]
    by_difficulty: Mapping[str, Mapping[str, Figure]]
    further: Mapping[str, Estimate]
    leaked: tuple[Leak, ...]


def categories_of(labels: str) -> tuple[Category, ...]:
    """The categories of a list such as ``AGE,SEX``, in their own order, each once.

    Raises ``UnmappedLabelError`` for a label that is none.
    """
    named = {category(label.strip()) for label in labels.split(",") if label.strip()}
    return tuple(kind for kind in Category if kind in named)


def predict(
    gold: Sequence[GoldDocument], read: Callable[[Document], Sequence[Span]]
) -> Predictions:
    """What ``read`` finds in the texts of ``gold``."""
    return Predictions(
        tuple(Prediction(each.id, tuple(read(Document(each.id, each.text)))) for each in gold), 0
    )


def evaluate(
    gold: Sequence[GoldDocument],
    predictions: Predictions,
    *,
    ignore: Collection[Category] = (),
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> PhiReport:
    """Measure ``predictions`` against ``gold``; see :mod:`sekisho.evaluation.metrics`.

    Raises ``UsageError`` when there are no resamples to draw.
    """
    if resamples < 1:
        raise UsageError("an interval needs at least one resample")
    kept = tuple(document.without(ignore) for document in gold)
    predicted = tuple(prediction.without(ignore) for prediction in predictions.documents)

    parts = _parts(kept, predicted)
    names = tuple(field.name for field in fields(Counts))
    table = np.array(
        [_row(*pair, parts) for pair in zip(kept, predicted, strict=True)], dtype=np.int64
    ).reshape(len(kept), len(parts) * len(names))
    totals, drawn = table.sum(axis=0), resampled_totals(table, resamples, seed)

    measured: dict[str, dict[str, dict[str, Figure]]] = {kind: {} for kind in _RATIOS_OF}
    for index, (kind, part) in enumerate(parts):
        at = {name: index * len(names) + offset for offset, name in enumerate(names)}
        figures = measured[kind][part] = {}
        for metric in _RATIOS_OF[kind]:
            above, below = at[metric.numerator], at[metric.denominator]
            seen = int(totals[above])
            estimate = ratio(seen, int(totals[below]), drawn[:, above], drawn[:, below])
            figures[metric.name] = Figure(metric, seen, estimate)

    return PhiReport(
        documents=len(kept),
        characters=sum(len(document.text) for document in kept),
        identifiers=sum(len(document.spans) for document in kept),
        ignored=tuple(kind for kind in Category if kind in ignore),
        unused=predictions.unused,
        resamples=resamples,
        seed=seed,
        figures=measured["all"][""],
        by_category=measured["category"],
        by_script=measured["script"],
        by_difficulty=measured["difficulty"],
        further={name: metric(kept, predicted) for name, metric in _further()},
        leaked=tuple(sorted(leaks(kept, predicted), key=_importance)),
    )


def _parts_of(span: GoldSpan) -> Iterator[_Part]:
    yield "category", span.category
    yield "script", script(span.surface)
    if span.difficulty is not None:
        yield "difficulty", str(span.difficulty)


def _parts(gold: Sequence[GoldDocument], predicted: Sequence[Prediction]) -> tuple[_Part, ...]:
    """The whole and every part that occurs, in the order in which they are shown."""
    found = {part for document in gold for span in document.spans for part in _parts_of(span)}
    # A category that is only predicted has no recall, but it has a precision.
    found |= {("category", span.category) for one in predicted for span in one.spans}
    levels = sorted(int(name) for kind, name in found if kind == "difficulty")
    known: tuple[_Part, ...] = (
        *(("category", str(name)) for name in Category),
        *(("script", str(name)) for name in Script),
        *(("difficulty", str(level)) for level in levels),
    )
    return ("all", ""), *(part for part in known if part in found)


def _row(document: GoldDocument, prediction: Prediction, parts: Sequence[_Part]) -> tuple[int, ...]:
    """The counts of one document for each of ``parts``, one after the other."""
    comparison = Comparison(document, prediction)
    spans: dict[_Part, list[GoldSpan]] = {}
    for span in document.spans:
        for part in _parts_of(span):
            spans.setdefault(part, []).append(span)
    row = list(_values(comparison.counts()))
    for part in parts[1:]:
        kind, name = part
        wanted = spans.get(part, [])
        row += _values(comparison.counts_of(wanted, name if kind == "category" else None))
    return tuple(row)


def _importance(leak: Leak) -> tuple[bool, int, int, int, str, int]:
    span = leak.span
    # An item without a difficulty is plain text, so missing it is the worst.
    return (
        span.category not in DIRECT,
        span.difficulty or 0,
        list(Category).index(span.category),
        -leak.bare,
        leak.document,
        span.start,
    )


def _further() -> Iterator[tuple[str, Metric]]:
    own = {metric.name for metric in RATIOS}
    for name in plugins.names("sekisho.metrics"):
        if name not in own:
            yield name, plugins.load("sekisho.metrics", name)
