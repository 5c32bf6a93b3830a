"""tag: ``[氏名1]``, the category and a number for each person or thing."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Literal

from pydantic import Field

from sekisho.documents.document import Document, Span
from sekisho.phi.categories import Category
from sekisho.release.transforms import Options, TransformContext
from sekisho.release.transforms.codes import code
from sekisho.release.wordlists import phrases

__all__ = ["Tag", "TagOptions"]


class TagOptions(Options):
    """``label`` instead of the language's own; ``number``: always, never, or only when a document
    has several of the category; ``length`` of a keyed code in characters."""

    label: str | None = Field(default=None, min_length=1, max_length=30)
    number: Literal["always", "never", "several"] = "always"
    length: int = Field(default=8, ge=4, le=26)


class Tag:
    """Replaces by the category's label; the same entity has the same number."""

    def __init__(self, context: TransformContext, options: Mapping[str, Any]) -> None:
        self._context = context
        self._options = TagOptions.model_validate(dict(options))

    @staticmethod
    def check(category: Category, options: Mapping[str, Any]) -> None:
        """Accept any category."""
        TagOptions.model_validate(dict(options))

    @cached_property
    def _numbers(self) -> dict[str, dict[str, int]]:
        numbers: dict[str, dict[str, int]] = {}
        for mention in self._context.mentions:
            known = numbers.setdefault(mention.span.category, {})
            known.setdefault(mention.entity, len(known) + 1)
        return numbers

    def replace(self, span: Span, document: Document) -> str:
        """``[label]``, ``[label1]`` or ``[label-CODE]``."""
        context, options = self._context, self._options
        label = options.label or phrases(context.language, "labels")[span.category]
        mention = context.mention(span)
        known = self._numbers[span.category]
        if options.number == "never" or (options.number == "several" and len(known) == 1):
            return f"[{label}]"
        if context.numbering == "keyed":
            return f"[{label}-{code(context.derive, mention, options.length)}]"
        return f"[{label}{known[mention.entity]}]"
