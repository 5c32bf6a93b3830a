"""dateshift: every date of a patient moved by the same keyed number of days.

Rules for dates that are not whole: a month is moved with its 15th, a year with its 1st of July,
a day without a year with the year that brings it next to the last full date before it (or the
first after it). A bare year mostly stays where it is then; it is tagged, as is everything that
cannot be read or cannot exist.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from pydantic import Field, model_validator

from sekisho.documents.document import Document, Span
from sekisho.errors import ReleaseError, UsageError
from sekisho.phi.categories import Category
from sekisho.release.dates import parse_date, weekday_end
from sekisho.release.transforms import Options, TransformContext
from sekisho.release.transforms.codes import number
from sekisho.release.transforms.timeline import Timeline

__all__ = ["DateShift", "DateShiftOptions", "patient_key"]


class DateShiftOptions(Options):
    """Days to move, at least and at most, either way; ``clock`` false tags glued clock times."""

    minimum: int = Field(default=30, ge=1, le=3650)
    maximum: int = Field(default=364, ge=1, le=3650)
    clock: bool = True

    @model_validator(mode="after")
    def _ordered(self) -> DateShiftOptions:
        if self.minimum > self.maximum:
            raise ValueError("minimum is greater than maximum")
        return self


def patient_key(document: Document) -> tuple[str, str]:
    """What all documents of one patient share: the patient, else the known name, else the id."""
    if document.patient is not None:
        return "patient", document.patient
    for known in document.known:
        if known.category == Category.NAME:
            return "name", "".join(unicodedata.normalize("NFKC", known.value).split())
    return "document", document.id


class DateShift:
    """Moves dates; intervals between whole dates of a patient stay."""

    def __init__(self, context: TransformContext, options: Mapping[str, Any]) -> None:
        self._context = context
        self._options = DateShiftOptions.model_validate(dict(options))
        self._timeline = Timeline(context)

    @staticmethod
    def check(category: Category, options: Mapping[str, Any]) -> None:
        """Accept dates only."""
        if category not in (Category.DATE, Category.BIRTHDATE):
            raise UsageError(f"{category}, action 'dateshift': only dates can be shifted")
        DateShiftOptions.model_validate(dict(options))

    @cached_property
    def offset(self) -> timedelta:
        """The days that this patient's dates move, never 0."""
        options = self._options
        value = number(self._context.derive, "dateshift", *patient_key(self._context.document))
        days = options.minimum + (value >> 1) % (options.maximum - options.minimum + 1)
        return timedelta(days=-days if value & 1 else days)

    def extent(self, span: Span, document: Document) -> Span:
        """The span with a weekday in parentheses right after it."""
        end = weekday_end(document.text, span.end)
        return Span(span.start, end, span.category, span.sources, span.score)

    def replace(self, span: Span, document: Document) -> str:
        """The shifted date in the form of the original."""
        written = parse_date(document.text[span.start : span.end], document.language)
        if written is None:
            raise ReleaseError("a date that cannot be read cannot be shifted")
        if written.clock and not self._options.clock:
            raise ReleaseError("a date with a clock time in it")
        day: date = written.near(self._timeline.reference(span.start))
        return written.write(day + self.offset)
