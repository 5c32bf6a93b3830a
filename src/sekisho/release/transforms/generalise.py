"""generalise: the same fact, told more coarsely.

======================  ========================================================================
category                ``to``
======================  ========================================================================
BIRTHDATE               ``year-month`` or ``year``
DATE                    ``year-month``, ``year``, or ``relative`` to the first whole date (第3病日)
AGE                     ``capped`` (at ``over`` years), or ``band`` (decades, capped as well)
ADDRESS                 ``prefecture``, ``municipality``, or ``state`` (US, with ZIP of 3 digits)
DEPARTMENT              ``coarse``
======================  ========================================================================

A birth date that shows an age of ``over`` years or more cannot stay beside a capped age (45 CFR
164.514(b)(2)(i)(C) says so in words), so it is tagged: when the document states such an age, or
when its latest date lies that long after the birth.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar, Literal

from pydantic import Field

from sekisho.documents.document import Document, Span
from sekisho.errors import ReleaseError, UsageError
from sekisho.phi.categories import Category
from sekisho.release.dates import WrittenDate, parse_date, weekday_end
from sekisho.release.transforms import Options, TransformContext
from sekisho.release.transforms.ages import banded, capped, years
from sekisho.release.transforms.places import coarse_department, region, us_region
from sekisho.release.transforms.timeline import Timeline
from sekisho.release.wordlists import phrases

__all__ = ["Generalise", "GeneraliseOptions"]

_CHOICES: Mapping[Category, tuple[str, ...]] = {
    Category.BIRTHDATE: ("year-month", "year"),
    Category.DATE: ("year-month", "year", "relative"),
    Category.AGE: ("capped", "band"),
    Category.ADDRESS: ("prefecture", "municipality", "state"),
    Category.DEPARTMENT: ("coarse",),
}

_DAYS_AFTER, _DAYS_BEFORE, _MONTH, _YEAR = 99, 60, 30.4375, 365.25


class GeneraliseOptions(Options):
    """``over``: the age from which ages fall together; ``postal``: what becomes of 〒123-4567."""

    to: Literal[
        "year-month",
        "year",
        "relative",
        "capped",
        "band",
        "prefecture",
        "municipality",
        "state",
        "coarse",
    ]
    over: int = Field(default=90, ge=1, le=120)
    postal: Literal["drop", "cut"] = "drop"


class Generalise:
    """Answers the surface itself where it is as coarse as asked already."""

    may_keep: ClassVar[bool] = True

    def __init__(self, context: TransformContext, options: Mapping[str, Any]) -> None:
        self._context = context
        self._options = GeneraliseOptions.model_validate(dict(options))
        self._timeline = Timeline(context)

    @staticmethod
    def check(category: Category, options: Mapping[str, Any]) -> None:
        """Accept what the table of this module lists."""
        to = GeneraliseOptions.model_validate(dict(options)).to
        if to not in _CHOICES.get(category, ()):
            choices = ", ".join(_CHOICES.get(category, ())) or "nothing"
            raise UsageError(f"{category} cannot be generalised to {to!r}, only to: {choices}")

    def extent(self, span: Span, document: Document) -> Span:
        """A date with the weekday behind it, which would tell the day again."""
        if span.category not in (Category.DATE, Category.BIRTHDATE):
            return span
        end = weekday_end(document.text, span.end)
        return Span(span.start, end, span.category, span.sources, span.score)

    def replace(self, span: Span, document: Document) -> str:
        """The coarser surface, in the form of the original."""
        surface = document.text[span.start : span.end]
        options = self._options
        match options.to:
            case "year-month" | "year" | "relative":
                return self._date(span, surface)
            case "capped" | "band":
                follows = document.text[span.end : span.end + 2] == "以上"
                change = banded if options.to == "band" else capped
                return change(surface, options.over, document.language, follows)
            case "prefecture" | "municipality":
                return region(surface, options.to == "municipality", options.postal == "cut")
            case "state":
                if document.language == "ja":
                    return region(surface, False, False)
                return us_region(surface)
            case "coarse":
                return coarse_department(surface)

    def _date(self, span: Span, surface: str) -> str:
        written = parse_date(surface, self._context.document.language)
        if written is None:
            raise ReleaseError("a date that cannot be read cannot be made coarser")
        if span.category == Category.BIRTHDATE:
            self._refuse_old(written)
        if self._options.to == "relative":
            return self._relative(written, span.start)
        if self._options.to == "year":
            return written.to_year()
        return surface if written.precision == "year" else written.to_month()

    def _refuse_old(self, written: WrittenDate) -> None:
        over = self._options.over
        ages = (years(m.surface) for m in self._context.of(Category.AGE))
        if any(age is not None and age >= over for age in ages):
            raise ReleaseError("a birth date beside an age that must not be told")
        last = self._timeline.last
        if written.year is not None and last is not None and last.year - written.year >= over:
            raise ReleaseError("a birth date that tells an age that must not be told")

    def _relative(self, written: WrittenDate, place: int) -> str:
        first = self._timeline.first
        if first is None:
            raise ReleaseError("no whole date in the document to count from")
        say = phrases(self._context.language, "dates")
        day = written.near(self._timeline.reference(place))
        if written.precision == "year":
            return _counted(say, "years", day.year - first.year)
        if written.precision == "month":
            months = (day.year - first.year) * 12 + day.month - first.month
            if abs(months) < 24:
                return _counted(say, "months", months)
            return _counted(say, "years", day.year - first.year)
        return _relative_day(say, day, first)


def _counted(say: Mapping[str, str], unit: str, count: int) -> str:
    if count == 0:
        return say[f"same_{unit.removesuffix('s')}"]
    return say[f"{unit}_{'before' if count < 0 else 'after'}"].format(n=abs(count))


def _relative_day(say: Mapping[str, str], day: date, first: date) -> str:
    days = (day - first).days
    if 0 <= days <= _DAYS_AFTER:
        return say["day"].format(n=days + 1)
    if -_DAYS_BEFORE <= days < 0:
        return _counted(say, "days", days)
    if abs(days) < 2 * _YEAR:
        return _counted(say, "months", round(days / _MONTH))
    return _counted(say, "years", round(days / _YEAR))
