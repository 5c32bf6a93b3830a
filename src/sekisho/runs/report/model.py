"""What the page of a run shows: plain values, filled by whoever knows the run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

__all__ = ["CategoryRow", "DocumentView", "HeldRow", "RunSummary", "Segment", "segments"]


@dataclass(frozen=True, slots=True)
class CategoryRow:
    """How many identifiers of one category were found, and what became of them.

    ``action`` is the profile's word (``tag``, ``mask``, ...), ``detail`` its options in short.
    """

    category: str
    found: int
    action: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class HeldRow:
    """A document that was not released; ``status`` is ``held`` or ``failed``.

    ``row`` counts records of ``source`` from 1; ``detail`` holds no text of the document.
    """

    id: str
    source: str
    row: int
    status: str
    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of text; ``category`` is None where nothing was found."""

    text: str
    category: str | None = None


@dataclass(frozen=True, slots=True)
class DocumentView:
    """One released document twice: as it came and as it went, each cut into segments."""

    id: str
    original: tuple[Segment, ...]
    released: tuple[Segment, ...]

    @property
    def found(self) -> int:
        """The number of highlighted stretches of the original."""
        return sum(segment.category is not None for segment in self.original)


@dataclass(frozen=True, slots=True)
class RunSummary:
    """Everything on the page.

    ``characters`` are those of all documents read, ``seconds`` the time the run took. ``withheld``
    and ``documents`` may be the first few of many: the page says so. ``documents`` is None when
    the page shall hold no text of a document at all. ``facts`` are further lines (name, value).
    """

    begun: datetime
    version: str
    profile: str
    detectors: tuple[str, ...]
    seconds: float
    characters: int
    released: int
    held: int
    failed: int
    categories: tuple[CategoryRow, ...] = ()
    withheld: tuple[HeldRow, ...] = ()
    documents: tuple[DocumentView, ...] | None = None
    facts: tuple[tuple[str, str], ...] = ()

    @property
    def total(self) -> int:
        """All documents of the run."""
        return self.released + self.held + self.failed

    @property
    def characters_per_second(self) -> float | None:
        """The speed, None where no time was measured."""
        return self.characters / self.seconds if self.seconds > 0 else None


def segments(text: str, marks: Iterable[tuple[int, int, str]]) -> tuple[Segment, ...]:
    """``text`` cut at ``marks`` (start, end, category), nothing lost and in order.

    Where marks overlap the earlier one keeps the shared part. Raises ``ValueError`` for a mark that
    lies outside the text.
    """
    pieces: list[Segment] = []
    position = 0
    for start, end, category in sorted(marks):
        if not 0 <= start <= end <= len(text):
            raise ValueError(f"the mark {start}..{end} lies outside the text of {len(text)}")
        start = max(start, position)
        if start >= end:
            continue
        if position < start:
            pieces.append(Segment(text[position:start]))
        pieces.append(Segment(text[start:end], category))
        position = end
    if position < len(text):
        pieces.append(Segment(text[position:]))
    return tuple(pieces)
