"""Gold and predictions of an extraction, read strictly.

Gold is JSONL, one document a row::

    {"id": "r1", "fields": {"size": 12.5, "site": null},
     "evidence": {"size": [{"start": 3, "end": 9}]}}

null is *not mentioned*; a field that is left out was not judged. ``evidence`` may be absent, and
other keys (a text, a note) are not read. Predictions are the rows of ``extractions.jsonl``, or the
folder of a run that holds it.

Reading fails closed: what is not understood is an error that names file and row, never a document
or a field that silently counts for nothing. No error shows a value.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeAlias

from sekisho.errors import InputError
from sekisho.evaluation.strict_rows import read_rows

__all__ = [
    "EXTRACTIONS",
    "Answer",
    "GoldRow",
    "PredictedRow",
    "PredictedRows",
    "Range",
    "Status",
    "read_extractions",
    "read_gold_fields",
]

EXTRACTIONS = "extractions.jsonl"
#: Probabilities are sums of rounded numbers.
_ROUNDING = 1e-6

#: Start and end, in code points.
Range: TypeAlias = tuple[int, int]


class Status(StrEnum):
    """How a field ended; the words of the rows."""

    FOUND = "found"
    NOT_MENTIONED = "not_mentioned"
    INVALID = "invalid"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class GoldRow:
    """What is true of one document; ``where`` names the row."""

    id: str
    fields: Mapping[str, Any] = field(repr=False)
    evidence: Mapping[str, tuple[Range, ...]] = field(repr=False)
    where: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was said of one field. ``value`` is there when it was found.

    ``distribution`` has the probabilities of the values it could have had, by their JSON text.
    ``evidence`` is None where its offsets do not count the document's own characters.
    """

    status: Status
    value: Any = field(default=None, repr=False)
    probability: float | None = None
    distribution: Mapping[str, float] = field(default_factory=dict, repr=False)
    evidence: tuple[Range, ...] | None = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class PredictedRow:
    """What was said of one document; ``status`` is ``extracted``, ``failed`` or ``held``."""

    id: str
    status: str
    fields: Mapping[str, Answer] = field(repr=False)


@dataclass(frozen=True, slots=True)
class PredictedRows:
    """The predictions of the documents that were asked for, and what was beside them.

    ``others`` are the ids of all further rows; ``origins`` counts the rows that were asked for by
    what gave the answer: ``model``, ``scripted`` or ``replayed``.
    """

    rows: Mapping[str, PredictedRow]
    others: tuple[str, ...]
    origins: Mapping[str, int]


def read_gold_fields(path: str | Path) -> tuple[GoldRow, ...]:
    """The gold rows of a JSONL file.

    Raises ``InputError`` naming file and row when a row is not understood or an id occurs twice,
    and when the file has no row or judges no field.
    """
    source = Path(path)
    rows: dict[str, GoldRow] = {}
    for where, row in read_rows(source):
        name = _id(row, where)
        if name in rows:
            raise InputError("the id occurs in an earlier row too", where=where)
        fields = row.get("fields")
        if not isinstance(fields, dict):
            raise InputError('"fields" must be an object', where=where)
        evidence = row.get("evidence", {})
        if not isinstance(evidence, dict):
            raise InputError('"evidence" must be an object', where=where)
        if not evidence.keys() <= fields.keys():
            raise InputError('"evidence" names a field that "fields" lacks', where=where)
        ranges = {
            key: tuple(_range(e, where) for e in _list(e, where)) for key, e in evidence.items()
        }
        rows[name] = GoldRow(name, fields, ranges, where)
    if not rows:
        raise InputError("the file holds no gold document", where=str(source))
    if not any(row.fields for row in rows.values()):
        raise InputError("gold judges no field", where=str(source))
    return tuple(rows.values())


def read_extractions(path: str | Path, ids: Collection[str]) -> PredictedRows:
    """The predictions for the documents ``ids``, in a JSONL file or in the folder of a run.

    Raises ``InputError`` when a row is not understood, an id occurs twice, or no row is one of
    ``ids``: then the two files do not belong together.
    """
    source = Path(path)
    if source.is_dir():
        source = source / EXTRACTIONS
    wanted = frozenset(ids)
    rows: dict[str, PredictedRow] = {}
    others: dict[str, None] = {}
    origins: Counter[str] = Counter()
    for where, row in read_rows(source):
        name = _id(row, where)
        if name in rows or name in others:
            raise InputError("the id occurs in an earlier row too", where=where)
        if name not in wanted:
            others[name] = None
            continue
        rows[name] = _predicted(name, row, where)
        origin = row.get("origin", "model")
        if origin not in ("model", "scripted", "replayed"):
            raise InputError('"origin" must be model, scripted or replayed', where=where)
        origins[origin] += 1
    if not rows:
        raise InputError(
            "no prediction belongs to a gold document",
            where=str(source),
            remedy='both files name a document by the same "id"',
        )
    return PredictedRows(rows, tuple(others), dict(origins))


def _predicted(name: str, row: Mapping[str, Any], where: str) -> PredictedRow:
    status = row.get("status")
    if status not in ("extracted", "failed", "held"):
        raise InputError('"status" must be extracted, failed or held', where=where)
    fields = row.get("fields")
    if not isinstance(fields, dict):
        raise InputError('"fields" must be an object', where=where)
    if status != "extracted":
        return PredictedRow(name, status, {})
    translated = row.get("translation") is not None
    return PredictedRow(
        name, status, {key: _answer(one, translated, where) for key, one in fields.items()}
    )


def _answer(given: Any, translated: bool, where: str) -> Answer:
    if not isinstance(given, dict):
        raise InputError("a field must be an object", where=where)
    try:
        status = Status(str(given.get("status")))
    except ValueError:
        raise InputError("a field has an unknown status", where=where) from None
    evidence = _list(given.get("evidence", []), where)
    value = given.get("value")
    if status is not Status.FOUND:
        if value is not None:
            raise InputError("a field that was not found has a value", where=where)
    elif value is None:
        # A field of spans is its evidence.
        value = [_span(one) for one in evidence]
        if not value:
            raise InputError("a field that was found has no value", where=where)
    ranges = None if translated else tuple(_range(one, where) for one in evidence)
    distribution = given.get("distribution", {})
    if not isinstance(distribution, dict):
        raise InputError('"distribution" must be an object', where=where)
    chances = {key: _probability(one, where) for key, one in distribution.items()}
    if math.fsum(chances.values()) > 1 + _ROUNDING:
        raise InputError("the probabilities of a field sum to more than 1", where=where)
    stated = given.get("probability")
    probability = None if stated is None else _probability(stated, where)
    return Answer(status, value, probability, chances, ranges)


def _span(given: Any) -> Any:
    known = ("start", "end", "label")
    return {key: given[key] for key in known if key in given} if isinstance(given, dict) else given


def _range(given: Any, where: str) -> Range:
    start = given.get("start") if isinstance(given, dict) else None
    end = given.get("end") if isinstance(given, dict) else None
    whole = all(isinstance(at, int) and not isinstance(at, bool) for at in (start, end))
    if not whole or not 0 <= start < end:  # type: ignore[operator]
        raise InputError("evidence needs integers 0 <= start < end", where=where)
    return start, end  # type: ignore[return-value]


def _probability(given: Any, where: str) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise InputError("a probability must be a number", where=where)
    if not -_ROUNDING <= given <= 1 + _ROUNDING:
        raise InputError("a probability lies outside 0..1", where=where)
    return min(1.0, max(0.0, float(given)))


def _list(given: Any, where: str) -> Sequence[Any]:
    if not isinstance(given, list):
        raise InputError('"evidence" must be a list', where=where)
    return given


def _id(row: Mapping[str, Any], where: str) -> str:
    name = row.get("id")
    if isinstance(name, str) or (isinstance(name, int) and not isinstance(name, bool)):
        return str(name)
    raise InputError('"id" must be a string or an integer', where=where)
