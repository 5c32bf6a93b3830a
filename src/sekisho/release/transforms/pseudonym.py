"""pseudonym: ``[ID-7F3K2Q9M]``, a keyed code that is the same in every document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from sekisho.documents.document import Document, Span
from sekisho.phi.categories import Category
from sekisho.release.transforms import Options, TransformContext
from sekisho.release.transforms.codes import code
from sekisho.release.wordlists import phrases

__all__ = ["Pseudonym", "PseudonymOptions"]


class PseudonymOptions(Options):
    """``label`` instead of the language's own; ``length`` of the code in characters."""

    label: str | None = Field(default=None, min_length=1, max_length=30)
    length: int = Field(default=8, ge=4, le=26)


class Pseudonym:
    """Replaces by a code that only the holder of the key can connect with the original."""

    def __init__(self, context: TransformContext, options: Mapping[str, Any]) -> None:
        self._context = context
        self._options = PseudonymOptions.model_validate(dict(options))

    @staticmethod
    def check(category: Category, options: Mapping[str, Any]) -> None:
        """Accept any category."""
        PseudonymOptions.model_validate(dict(options))

    def replace(self, span: Span, document: Document) -> str:
        """``[label-CODE]``."""
        context = self._context
        label = self._options.label or phrases(context.language, "labels")[span.category]
        return f"[{label}-{code(context.derive, context.mention(span), self._options.length)}]"
