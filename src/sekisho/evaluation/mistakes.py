"""Which fields of which documents are wrong, and in what way: where to look first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sekisho.evaluation.extraction_rows import GoldRow, Status
from sekisho.evaluation.judging import Judged, JudgedField

__all__ = ["Mistake", "mistakes"]


@dataclass(frozen=True, slots=True)
class Mistake:
    """A field that is wrong in one document.

    ``kind``: ``wrong`` (another value), ``missed`` (said not to be mentioned), ``made_up`` (gold
    has none), ``invalid`` or ``failed``.
    """

    document: str
    name: str
    kind: str
    gold: Any = field(repr=False)
    given: Any = field(repr=False)


def mistakes(gold: Sequence[GoldRow], fields: Mapping[str, JudgedField]) -> Iterator[Mistake]:
    """Every wrong field, field by field in the order of the documents."""
    for name, one in fields.items():
        for row in one.rows:
            if not row.right:
                yield Mistake(gold[row.document].id, name, _kind(row), row.gold, row.answer.value)


def _kind(row: Judged) -> str:
    match row.answer.status:
        case Status.FOUND:
            return "made_up" if row.gold is None else "wrong"
        case Status.NOT_MENTIONED:
            return "missed"
        case status:
            return str(status)
