"""Lists, objects and spans: how many of the items are right, and which of their parts.

An object counts as a list of one item. Items of a list are paired one to one in the best way
(``item_matching``); spans are right when both ends and the label are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sekisho.evaluation.agreement import Average, mean_f1_statistic
from sekisho.evaluation.item_matching import matched
from sekisho.evaluation.judging import JudgedField
from sekisho.evaluation.kinds import OTHER, Kind, Stretch, equal_parts, fits, same, stretches
from sekisho.evaluation.shares import by_document, ratio
from sekisho.evaluation.weighting import Floats, Measure, quotient

__all__ = ["item_measures", "span_measures"]

_NOTHING = "neither gold nor the answers have an item"
_NO_GOLD, _NO_CLAIM = "gold has no item", "no item was found"
_AVERAGES: tuple[Average, ...] = ("macro", "weighted")
_SPANS = Kind("spans")


def item_measures(field: JudgedField) -> Iterator[Measure]:
    """Precision, recall and F1 of items, exact and with partial credit; accuracy by subfield.

    Exact counts pairs that are equal in all subfields; partial credit counts a pair by its share of
    equal subfields: ``F1 = 2 * credit / (items of gold + items found)``. Subfields are judged over
    the pairs.
    """
    if field.kind.type not in ("list", "object"):
        return
    kind = field.kind
    parts = max(1, len(kind.fields))
    exact, credit, wanted, claimed, paired = [], [], [], [], []
    agreed: dict[str, list[int]] = {name: [] for name in kind.fields}
    for row in field.rows:
        gold, given = _items(row.gold), _items(row.answer.value)
        pairs = matched(gold, given, lambda a, b: equal_parts(kind, a, b), parts)
        wanted.append(len(gold))
        claimed.append(len(given))
        paired.append(len(pairs))
        exact.append(sum(likeness == parts for _, _, likeness in pairs))
        credit.append(sum(likeness for _, _, likeness in pairs) / parts)
        for name, inner in kind.fields.items():
            agreed[name].append(
                sum(same(inner, gold[a].get(name), given[b].get(name)) for a, b, _ in pairs)
            )
    yield from _scores(field, "item", exact, wanted, claimed)
    if kind.fields:
        yield from _scores(field, "partial", credit, wanted, claimed)
    for name, counts in agreed.items():
        yield ratio(
            field,
            "accuracy",
            counts,
            paired,
            without="no items were paired",
            group="subfields",
            part=name,
        )


def span_measures(field: JudgedField) -> Iterator[Measure]:
    """Precision, recall and F1 of spans and of their characters; F1 by label and its means.

    ``span_f1`` counts all labels together (micro); ``span_f1_macro`` and ``span_f1_weighted`` are
    means over labels. A character counts with its label: overlapping spans of one label count it
    once.
    """
    if field.kind.type != "spans":
        return
    known = frozenset(field.kind.labels)
    gold = [_spans(row.gold, known) for row in field.rows]
    given = [_spans(row.answer.value, known) for row in field.rows]
    met = [a & b for a, b in zip(gold, given, strict=True)]
    yield from _scores(field, "span", _sizes(met), _sizes(gold), _sizes(given))
    labels = sorted({label for spans in (*gold, *given) for _, _, label in spans})
    hits, wanted, claimed = (_table(field, spans, labels) for spans in (met, gold, given))
    for average in _AVERAGES:
        statistic = mean_f1_statistic(hits, wanted, claimed, average)
        yield Measure(f"span_f1_{average}", round(float(wanted.sum())), statistic, _NOTHING)
    for number, label in enumerate(labels):
        both = wanted[:, number] + claimed[:, number]
        statistic = quotient(2 * hits[:, number], both)
        n = round(float(wanted[:, number].sum()))
        yield Measure("f1", n, statistic, group="labels", part=label)
    ours, theirs = list(map(_characters, gold)), list(map(_characters, given))
    shared = [a & b for a, b in zip(ours, theirs, strict=True)]
    yield from _scores(field, "character", _sizes(shared), _sizes(ours), _sizes(theirs))


def _scores(
    field: JudgedField,
    name: str,
    hits: Sequence[float],
    wanted: Sequence[int],
    claimed: Sequence[int],
) -> Iterator[Measure]:
    yield ratio(field, f"{name}_precision", hits, claimed, without=_NO_CLAIM)
    yield ratio(field, f"{name}_recall", hits, wanted, without=_NO_GOLD)
    both = [a + b for a, b in zip(wanted, claimed, strict=True)]
    yield Measure(
        f"{name}_f1",
        sum(wanted),
        quotient(by_document(field, [2 * hit for hit in hits]), by_document(field, both)),
        _NOTHING,
    )


def _items(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    return [value] if isinstance(value, Mapping) else []


def _spans(value: Any, known: frozenset[str]) -> frozenset[Stretch]:
    """The spans of a value; one with a label that the task lacks is of none of its labels."""
    if value is None or not fits(_SPANS, value):
        return frozenset()
    return frozenset(
        (start, end, label if label in known else OTHER) for start, end, label in stretches(value)
    )


def _sizes(sets: Sequence[Collection[Any]]) -> list[int]:
    return list(map(len, sets))


def _characters(spans: frozenset[Stretch]) -> set[tuple[str, int]]:
    return {(label, at) for start, end, label in spans for at in range(start, end)}


def _table(
    field: JudgedField, counted: Sequence[frozenset[Stretch]], labels: Sequence[str]
) -> Floats:
    """How many spans of each label each document has (documents x labels)."""
    table: NDArray[np.float64] = np.zeros((field.documents, len(labels)))
    places = {label: number for number, label in enumerate(labels)}
    for row, spans in zip(field.rows, counted, strict=True):
        for _, _, label in spans:
            table[row.document, places[label]] += 1
    return table
