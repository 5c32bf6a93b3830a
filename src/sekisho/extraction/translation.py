"""A document translated into English before it is read: an experiment, and marked as one.

Published results got worse with it (arXiv 2507.20859). Evidence then stands in the translation,
not in the document; every output says so, and nothing keeps a translation in secret: it is part
of the result.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field

from sekisho.documents.cutting import pieces
from sekisho.documents.document import Document
from sekisho.extraction.prompts import prompts_document, translation_prompt
from sekisho.models.answers import Cost, ask
from sekisho.models.seam import Message, Model, Request

if TYPE_CHECKING:
    from sekisho.extraction.reading import How

__all__ = ["translated"]

#: Characters of the original in one piece, and of its translation at most.
_LONGEST, _LONGEST_TRANSLATION = 3000, 15_000
_ROOM = 4096


class _Translation(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    translation: Annotated[str, Field(min_length=1, max_length=_LONGEST_TRANSLATION)] = Field(
        repr=False
    )


async def translated(
    model: Model, document: Document, language: str, how: How
) -> tuple[Document, Cost]:
    """``document`` in English, and what that took. Raises ``ModelError``."""
    cost, parts = Cost(), []
    for start, end in pieces(document, 0, len(document.text), _LONGEST):
        text = document.text[start:end]
        if not text.strip():
            continue
        request = Request(
            messages=(
                Message("system", translation_prompt(language)),
                Message("user", prompts_document("en", text)),
            ),
            max_tokens=_ROOM,
            thinking_tokens=how.thinking_tokens,
            seed=how.seed,
            timeout_s=how.timeout_s,
        )
        answer = await ask(model, request, _Translation, attempts=how.attempts)
        cost += answer.cost
        parts.append(answer.value.translation)
    return Document(document.id, "\n".join(parts), language="en"), cost
