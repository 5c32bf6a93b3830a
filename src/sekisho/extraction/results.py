"""What was found in a document: for each field a status, a value and what it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sekisho.models.answers import Cost
from sekisho.models.seam import Origin

__all__ = ["Evidence", "Extraction", "FieldResult", "FieldStatus"]


class FieldStatus(StrEnum):
    """The four ends of a field; a missing fact is never a default."""

    FOUND = "found"
    #: The document says nothing of it.
    NOT_MENTIONED = "not_mentioned"
    #: There was a value, and it broke a bound, a rule, or had no evidence.
    INVALID = "invalid"
    #: There was no answer that could be read.
    FAILED = "failed"


@dataclass(frozen=True, slots=True, order=True)
class Evidence:
    """A stretch ``text[start:end]`` in code points; ``label`` is that of a span."""

    start: int
    end: int
    label: str | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise ValueError(f"evidence needs 0 <= start < end, not {self.start}..{self.end}")


@dataclass(frozen=True, slots=True)
class FieldResult:
    """What became of one field.

    ``value`` is normalised (a number in the task's unit, a date as ``2024-05-03``, ``2024-05`` or
    ``2024``; a list as a list of values or of objects) and exists only when the status is *found*.
    ``raw`` is what the model gave, where that differs. ``evidence`` is sorted; for a field of spans
    it is the value itself. ``items`` are the results of a list's items. ``probability`` is that of
    the value, ``distribution`` those of the values it could have had, where they are known.
    ``problem`` says in one line, without any text of the document, why there is no value.
    """

    status: FieldStatus
    value: Any = field(default=None, repr=False)
    raw: Any = field(default=None, repr=False)
    evidence: tuple[Evidence, ...] = ()
    items: tuple[FieldResult, ...] = field(default=(), repr=False)
    probability: float | None = None
    distribution: Mapping[str, float] = field(default_factory=dict, repr=False)
    problem: str | None = None

    def __post_init__(self) -> None:
        if self.value is not None and self.status is not FieldStatus.FOUND:
            raise ValueError(f"a field that is {self.status} has no value")
        if self.status is FieldStatus.FOUND and self.value is None:
            raise ValueError("a field that was found has a value")


@dataclass(frozen=True, slots=True)
class Extraction:
    """What was found in one document, by the names of the task's fields, in their order.

    ``translation`` is the text that was read instead of the document, where that was asked for:
    evidence then counts its code points. ``origin`` says whether a model answered.
    """

    fields: Mapping[str, FieldResult]
    reasoning: str | None = field(default=None, repr=False)
    translation: str | None = field(default=None, repr=False)
    cost: Cost = field(default_factory=Cost)
    chunks: int = 1
    attempts: int = 1
    origin: Origin = Origin.MODEL
