"""Documents and spans: the two values that everything else passes around."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from sekisho.documents.folding import Folded, fold

__all__ = ["Document", "KnownIdentifier", "Span"]


@dataclass(frozen=True, slots=True)
class KnownIdentifier:
    """An identifier that the record states about its own patient, such as a name column."""

    category: str
    value: str


@dataclass(frozen=True)
class Document:
    """One text to be read.

    ``known`` holds identifiers that the record states outside the text, ``patient`` a key that is
    the same for all documents of one patient (or None), ``metadata`` what a reader wants to carry
    along. ``prose`` says where running text stands, apart from keys, codes and single words that
    were joined to it (None: everywhere). The text is never changed: every offset in sekisho counts
    its code points.
    """

    id: str
    text: str
    language: str = "ja"
    known: tuple[KnownIdentifier, ...] = ()
    patient: str | None = None
    prose: tuple[tuple[int, int], ...] | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def folded(self) -> Folded:
        """The text folded for comparison, with its offset map; computed once."""
        return fold(self.text)


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch ``text[start:end]`` of a document that carries one identifier.

    Offsets are Unicode code points of the original text, ``end`` excluded. ``sources`` names the
    detectors (with their rule, as in ``rules:phone``) that claimed it; ``score`` lies in 0..1.
    """

    start: int
    end: int
    category: str
    sources: tuple[str, ...] = ()
    score: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise ValueError(f"a span needs 0 <= start < end, not {self.start}..{self.end}")

    def __len__(self) -> int:
        return self.end - self.start

    def overlaps(self, other: Span) -> bool:
        """Whether the two share at least one code point."""
        return self.start < other.end and other.start < self.end

    def covers(self, other: Span) -> bool:
        """Whether ``other`` lies wholly inside."""
        return self.start <= other.start and other.end <= self.end
