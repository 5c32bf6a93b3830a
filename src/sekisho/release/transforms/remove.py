"""remove: nothing stays; blanks around it are left alone, so that the way back is exact."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sekisho.documents.document import Document, Span
from sekisho.phi.categories import Category
from sekisho.release.transforms import Options, TransformContext

__all__ = ["Remove"]


class Remove:
    """Replaces by the empty string."""

    def __init__(self, context: TransformContext, options: Mapping[str, Any]) -> None:
        Options.model_validate(dict(options))

    @staticmethod
    def check(category: Category, options: Mapping[str, Any]) -> None:
        """Accept any category; there are no options."""
        Options.model_validate(dict(options))

    def replace(self, span: Span, document: Document) -> str:
        """The empty string."""
        return ""
