"""The dates of a document in order, as far as they can be read."""

from __future__ import annotations

from bisect import bisect_left
from datetime import date
from functools import cached_property

from sekisho.phi.categories import Category
from sekisho.release.dates import parse_date
from sekisho.release.transforms import TransformContext

__all__ = ["Timeline"]


class Timeline:
    """The whole dates (DATE, day precision) of a document, by their place in the text."""

    def __init__(self, context: TransformContext) -> None:
        self._context = context

    @cached_property
    def _read(self) -> tuple[list[int], list[date]]:
        starts, days = [], []
        for mention in self._context.of(Category.DATE):
            written = parse_date(mention.surface, self._context.document.language)
            if written is not None and written.precision == "day":
                starts.append(mention.span.start)
                days.append(written.near(None))
        return starts, days

    @property
    def first(self) -> date | None:
        """The whole date that stands first in the text."""
        return next(iter(self._read[1]), None)

    @property
    def last(self) -> date | None:
        """The latest whole date."""
        return max(self._read[1], default=None)

    def reference(self, place: int) -> date | None:
        """The whole date before ``place``, else the first after it."""
        starts, days = self._read
        return days[max(bisect_left(starts, place) - 1, 0)] if days else None
