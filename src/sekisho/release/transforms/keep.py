"""keep: the profile lets this category stay."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from sekisho.documents.document import Document, Span
from sekisho.phi.categories import Category
from sekisho.release.transforms import Options, TransformContext

__all__ = ["Keep"]


class Keep:
    """Answers the surface itself."""

    may_keep: ClassVar[bool] = True

    def __init__(self, context: TransformContext, options: Mapping[str, Any]) -> None:
        Options.model_validate(dict(options))

    @staticmethod
    def check(category: Category, options: Mapping[str, Any]) -> None:
        """Accept any category; there are no options."""
        Options.model_validate(dict(options))

    def replace(self, span: Span, document: Document) -> str:
        """The surface."""
        return document.text[span.start : span.end]
