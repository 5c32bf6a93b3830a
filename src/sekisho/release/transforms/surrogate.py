"""surrogate: something fictional of the same kind, written the same way.

The same person has the same surrogate at every mention: the surname alone becomes the surrogate's
surname, the reading its reading. Everything is drawn from the key, so the next document agrees;
only where a surrogate would name somebody who really stands in the document another is drawn.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from sekisho.documents.document import Document, Span
from sekisho.errors import ReleaseError, UsageError
from sekisho.phi.categories import Category
from sekisho.release.transforms import Mention, Options, TransformContext
from sekisho.release.transforms.codes import identity
from sekisho.release.transforms.fictions import address, facility
from sekisho.release.transforms.people import Cast
from sekisho.release.transforms.shapes import Draw, reshaped

__all__ = ["Surrogate"]

_PEOPLE = (Category.NAME, Category.STAFF)
_NUMBERS = (
    Category.ID,
    Category.INSURANCE,
    Category.NATIONAL_ID,
    Category.PHONE,
    Category.EMAIL,
    Category.URL,
)
_PLACES = (Category.ADDRESS, Category.FACILITY)
_ATTEMPTS = 50


def _bare(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(c for c in folded if c.isalnum())


class Surrogate:
    """Replaces names, numbers, mail and web addresses, addresses and facilities."""

    def __init__(self, context: TransformContext, options: Mapping[str, Any]) -> None:
        Options.model_validate(dict(options))
        self._context = context

    @staticmethod
    def check(category: Category, options: Mapping[str, Any]) -> None:
        """Accept the categories of which something fictional can be made."""
        if category not in (*_PEOPLE, *_NUMBERS, *_PLACES):
            raise UsageError(f"{category}, action 'surrogate': there is nothing fictional of it")
        Options.model_validate(dict(options))

    @cached_property
    def _cast(self) -> Cast:
        return Cast(self._context.of(*_PEOPLE), self._context.derive)

    @cached_property
    def _originals(self) -> frozenset[str]:
        return frozenset(_bare(mention.surface) for mention in self._context.mentions)

    def replace(self, span: Span, document: Document) -> str:
        """The surrogate; never the surface of any mention in the document."""
        mention = self._context.mention(span)
        if span.category in _PEOPLE:
            written = self._cast.write(mention)
            if _bare(written) in self._originals:
                raise ReleaseError("the surrogate would name somebody in the document")
            return written
        for attempt in range(_ATTEMPTS):
            written = self._drawn(mention, attempt)
            if _bare(written) not in self._originals:
                return written
        raise ReleaseError("no surrogate differs from what stands in the document")

    def _drawn(self, mention: Mention, attempt: int) -> str:
        category = mention.span.category
        key = mention.entity if category == Category.FACILITY else identity(mention)
        draw = Draw(self._context.derive, "surrogate", category, key, str(attempt))
        if category == Category.FACILITY:
            return facility(mention.surface, draw)
        if category == Category.ADDRESS:
            return address(mention.surface, draw)
        return reshaped(mention.surface, category, draw)
