"""What was found in a document as a row of JSON: of the journal, and of ``extractions.jsonl``.

A row is ``{"id", "status", "fields": {name: {"status", "value", "raw", "evidence", "items",
"probability", "distribution", "problem"}}, "reasoning", "translation", "chunks", "attempts",
"origin"}``; what is empty is left out of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sekisho.documents.records import Record
from sekisho.extraction.results import Evidence, Extraction, FieldResult
from sekisho.models.seam import Origin

__all__ = [
    "BORDER",
    "EXTRACTED",
    "FAILED",
    "HELD",
    "absent",
    "detailed",
    "field_problems",
    "text_of",
    "typed",
]

EXTRACTED, FAILED, HELD = "extracted", "failed", "held"

#: Between two text columns of a record: they are read as one text, whose offsets are counted.
BORDER = "\n\n"


def text_of(values: Mapping[str, Any], columns: Sequence[str]) -> str:
    """The text that is read: that of ``columns`` in their order, with a blank line in between."""
    # A plain string: how its file wrote it is of no concern here.
    return BORDER.join(str(values[name]) for name in columns if isinstance(values.get(name), str))


def typed(record: Record) -> str:
    """The text of ``record``, see ``text_of``."""
    return text_of(record.values, record.text_columns)


def detailed(extraction: Extraction, text: str) -> dict[str, Any]:
    """``extraction`` as a row without its id; quotes are cut out of ``text``.

    Where a translation was read, they are cut out of that.
    """
    read = text if extraction.translation is None else extraction.translation
    row: dict[str, Any] = {
        "status": EXTRACTED,
        "fields": {name: _field(result, read) for name, result in extraction.fields.items()},
    }
    if extraction.reasoning is not None:
        row["reasoning"] = extraction.reasoning
    if extraction.translation is not None:
        row["translation"] = extraction.translation
    row |= {"chunks": extraction.chunks, "attempts": extraction.attempts}
    if extraction.origin is not Origin.MODEL:
        row["origin"] = str(extraction.origin)
    return row


def absent(status: str, reason: str) -> dict[str, Any]:
    """The row, without its id, of a document of which nothing was extracted."""
    return {"status": status, "reason": reason, "fields": {}}


def field_problems(row: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """The fields of ``row`` that are invalid or failed: name, status, what is wrong."""
    for name, found in row["fields"].items():
        if found["status"] in ("invalid", "failed"):
            yield name, found["status"], found.get("problem", found["status"])


def _field(result: FieldResult, text: str) -> dict[str, Any]:
    found: dict[str, Any] = {"status": str(result.status)}
    if result.value is not None:
        found["value"] = result.value
    if result.raw is not None:
        found["raw"] = result.raw
    if result.evidence:
        found["evidence"] = [_evidence(each, text) for each in result.evidence]
    if result.items:
        found["items"] = [_field(item, text) for item in result.items]
    if result.probability is not None:
        found["probability"] = result.probability
    if result.distribution:
        found["distribution"] = dict(result.distribution)
    if result.problem is not None:
        found["problem"] = result.problem
    return found


def _evidence(evidence: Evidence, text: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "start": evidence.start,
        "end": evidence.end,
        "quote": text[evidence.start : evidence.end],
    }
    if evidence.label is not None:
        found["label"] = evidence.label
    return found
