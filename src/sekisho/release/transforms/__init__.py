"""Transforms: what becomes of one identifier under a profile.

A transform is made for each document by a factory ``(context, options) -> Transform``, registered
in the entry-point group ``sekisho.transforms`` under the name that profiles use as ``action``. A
factory may offer ``check(category, options)``, called once when a profile is loaded, and a
transform may have ``may_keep = True`` (it answers the surface itself only where that already is
as coarse as its rule asks) and ``extent(span, document)`` (it must replace more than the span).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, Protocol, runtime_checkable

from pydantic import BaseModel, ConfigDict, ValidationError

from sekisho import plugins
from sekisho.documents.document import Document, Span
from sekisho.errors import ReleaseError, UsageError
from sekisho.phi.categories import Category

__all__ = [
    "GROUP",
    "Derive",
    "Extending",
    "Mention",
    "Numbering",
    "Options",
    "Transform",
    "TransformContext",
    "check_action",
    "create",
    "problems",
]

GROUP = "sekisho.transforms"

#: ``derive(purpose, *parts) -> 32 bytes``: a keyed hash, the same in all processes of one key.
Derive = Callable[..., bytes]

#: "document": 1, 2, 3 in order of appearance; "keyed": a code that is the same in all documents.
Numbering = Literal["document", "keyed"]


@dataclass(frozen=True, slots=True)
class Mention:
    """One place where something is named.

    ``entity`` is a key that all mentions of the same person or thing share. Keyed codes and
    surrogates of people are derived from it, so it should be a canonical form of the name rather
    than a number that restarts with each document.
    """

    span: Span
    surface: str = field(repr=False)
    entity: str = field(repr=False)


class Transform(Protocol):
    """Gives the replacement of one identifier."""

    def replace(self, span: Span, document: Document) -> str:
        """What stands in the place of ``span``.

        Raises ``ReleaseError`` when it cannot say; the span is tagged then.
        """


@runtime_checkable
class Extending(Protocol):
    """A transform that must change what stands around a span too."""

    def extent(self, span: Span, document: Document) -> Span:
        """The span to replace, ``span`` or longer."""


class Options(BaseModel):
    """The options of an action; an unknown one is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True)
class TransformContext:
    """What transforms may know of the document they work on; ``mentions`` in order of place."""

    document: Document
    mentions: tuple[Mention, ...]
    derive: Derive
    language: str = "ja"
    numbering: Numbering = "document"

    @cached_property
    def _by_span(self) -> dict[tuple[int, int], Mention]:
        return {(mention.span.start, mention.span.end): mention for mention in self.mentions}

    def mention(self, span: Span) -> Mention:
        """The mention at ``span``; raises ``ReleaseError`` when there is none."""
        try:
            return self._by_span[span.start, span.end]
        except KeyError:
            raise ReleaseError("a transform was asked for a span that was not planned") from None

    def of(self, *categories: str) -> tuple[Mention, ...]:
        """The mentions of these categories, in order of place."""
        return tuple(m for m in self.mentions if m.span.category in categories)


def problems(error: ValidationError) -> str:
    """A validation error in one line."""
    return "; ".join(
        f"{'.'.join(map(str, item['loc'])) or 'profile'}: "
        f"{item['msg'].removeprefix('Value error, ')}"
        for item in error.errors()
    )


def check_action(action: str, category: Category, options: Mapping[str, Any]) -> None:
    """Raise ``UsageError`` unless ``action`` exists and accepts ``options`` for ``category``."""
    check = getattr(plugins.load(GROUP, action), "check", None)
    if check is None:
        return
    try:
        check(category, options)
    except ValidationError as error:
        raise UsageError(f"{category}, action {action!r}: {problems(error)}") from None


def create(action: str, context: TransformContext, options: Mapping[str, Any]) -> Transform:
    """The transform called ``action``, made for the document of ``context``."""
    transform: Transform = plugins.load(GROUP, action)(context, options)
    return transform
