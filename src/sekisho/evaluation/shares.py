"""The measures that every field has: right or not, found or not, resting on the right words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from sekisho.evaluation.extraction_rows import Range, Status
from sekisho.evaluation.judging import Judged, JudgedField
from sekisho.evaluation.weighting import Floats, Measure, quotient

__all__ = ["by_document", "common_measures", "evidence_measures", "overlaps", "ratio"]

NO_GOLD = "gold has no value of it"
_ANSWERS = (Status.FOUND, Status.NOT_MENTIONED)


def common_measures(field: JudgedField) -> Iterator[Measure]:
    """Accuracy, answered, precision, recall, F1 and specificity of one field.

    A found value that gold has is a true positive; one that is wrong is a false positive, and a
    false negative too where gold has a value, and so is a gold value that was not found, invalid
    or failed. So ``precision = TP / found``, ``recall = TP / gold values``, ``F1 = 2 TP / (found +
    gold values)`` (van Rijsbergen 1979). ``specificity`` is the share of what gold does not mention
    of which the answer says so.
    """
    rows = field.rows
    yield ratio(field, "accuracy", [row.right for row in rows], [1] * len(rows))
    answered = [row.answer.status in _ANSWERS for row in rows]
    yield ratio(field, "answered", answered, [1] * len(rows))
    found = [row.found for row in rows]
    stands = [row.gold is not None for row in rows]
    hits = [row.right and row.found for row in rows]
    silent = [row.gold is None for row in rows]
    yield ratio(field, "precision", hits, found, without="nothing was found")
    yield ratio(field, "recall", hits, stands, without=NO_GOLD)
    both = [a + b for a, b in zip(found, stands, strict=True)]
    yield Measure(
        "f1",
        sum(a or b for a, b in zip(found, stands, strict=True)),
        quotient(by_document(field, [2 * hit for hit in hits]), by_document(field, both)),
        "gold has no value of it, and none was found",
    )
    kept = [row.right and row.gold is None for row in rows]
    yield ratio(field, "specificity", kept, silent, without="gold has a value in every document")


def evidence_measures(field: JudgedField) -> Iterator[Measure]:
    """The share of found values whose evidence overlaps that of gold, where gold has any."""
    rows = [
        row
        for row in field.rows
        if row.found and row.evidence is not None and row.answer.evidence is not None
    ]
    if not any(row.evidence is not None for row in field.rows):
        return
    met = [overlaps(row.answer.evidence or (), row.evidence or ()) for row in rows]
    yield ratio(
        field,
        "evidence_overlap",
        met,
        [1] * len(rows),
        rows=rows,
        without="no value was found where gold has evidence, or offsets count a translation",
    )


def overlaps(left: Sequence[Range], right: Sequence[Range]) -> bool:
    """Whether any two ranges share a character."""
    return any(a < d and c < b for a, b in left for c, d in right)


def ratio(
    field: JudgedField,
    name: str,
    above: Iterable[float],
    below: Iterable[float],
    *,
    rows: Sequence[Judged] | None = None,
    without: str = "there is nothing to measure",
    group: str = "",
    part: str = "",
) -> Measure:
    """The measure that divides two numbers of each row; ``n`` is the sum of ``below``."""
    under = by_document(field, below, rows=rows)
    over = by_document(field, above, rows=rows)
    return Measure(name, round(float(under.sum())), quotient(over, under), without, group, part)


def by_document(
    field: JudgedField, values: Iterable[float], *, rows: Sequence[Judged] | None = None
) -> Floats:
    """``values``, one a row, as one a document; nought where the field was not judged."""
    vector = np.zeros(field.documents)
    judged = field.rows if rows is None else rows
    for row, value in zip(judged, values, strict=True):
        vector[row.document] = value
    return vector
