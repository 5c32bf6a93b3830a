"""mask: ``●●``, as long as the original or of one fixed length."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from sekisho.documents.document import Document, Span
from sekisho.phi.categories import Category
from sekisho.release.transforms import Options, TransformContext

__all__ = ["Mask", "MaskOptions"]


class MaskOptions(Options):
    """``symbol`` to write; ``length`` of the mask, or none for the length of the original."""

    symbol: str = Field(default="●", min_length=1, max_length=1)
    length: int | None = Field(default=None, ge=1, le=20)


class Mask:
    """Hides each character; line ends stay, so a table keeps its rows."""

    def __init__(self, context: TransformContext, options: Mapping[str, Any]) -> None:
        self._options = MaskOptions.model_validate(dict(options))

    @staticmethod
    def check(category: Category, options: Mapping[str, Any]) -> None:
        """Accept any category."""
        MaskOptions.model_validate(dict(options))

    def replace(self, span: Span, document: Document) -> str:
        """The symbol, once for each code point or ``length`` times."""
        symbol, length = self._options.symbol, self._options.length
        if length is not None:
            return symbol * length
        return "".join(c if c in "\r\n" else symbol for c in document.text[span.start : span.end])
