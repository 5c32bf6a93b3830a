"""A record as one document: all its cells read together, all its edits handed back by cell.

A patient's name stands in one column, its reading in another, and the report mentions both. Read as
one text, a record has one numbering of persons, one date shift and one search for known names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sekisho.documents.document import Document, KnownIdentifier, Span
from sekisho.errors import ReleaseError
from sekisho.release.columns import Path
from sekisho.release.edits import Edit

__all__ = ["Cell", "Joint", "join"]

#: Between two cells: no rule reads across a control character that is no white space.
_BORDER = "\n\x01\n"


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the record: its place there, and where its text stands in the joint document."""

    path: Path
    start: int
    end: int

    def local(self, span: Span) -> Span | None:
        """The part of ``span`` inside this cell, in the cell's own offsets."""
        start, end = max(span.start, self.start), min(span.end, self.end)
        if start >= end:
            return None
        return Span(start - self.start, end - self.start, span.category, span.sources, span.score)


@dataclass(frozen=True)
class Joint:
    """The joint document and its cells, in order."""

    document: Document
    cells: tuple[Cell, ...]

    def clip(self, spans: Iterable[Span]) -> list[Span]:
        """``spans`` cut at the borders of cells; what lies on a border itself is dropped."""
        clipped = []
        for span in spans:
            for cell in self.cells:
                if cell.start >= span.end:
                    break
                part = cell.local(span)
                if part is not None:
                    start = part.start + cell.start
                    clipped.append(
                        Span(start, start + len(part), span.category, span.sources, span.score)
                    )
        return clipped

    def split(self, edits: Sequence[Edit]) -> Iterator[tuple[Cell, list[Edit]]]:
        """The cells that ``edits`` (sorted) change, each with its edits in its own offsets.

        Raises ``ReleaseError`` when an edit does not lie inside one cell.
        """
        index = 0
        for cell in self.cells:
            local: list[Edit] = []
            while index < len(edits) and edits[index].start < cell.end:
                edit = edits[index]
                if edit.start < cell.start or edit.end > cell.end:
                    break
                start, end = edit.start - cell.start, edit.end - cell.start
                local.append(replace(edit, start=start, end=end))
                index += 1
            if local:
                yield cell, local
        if index < len(edits):
            raise ReleaseError("an edit reaches beyond its cell")


def join(
    identifier: str,
    cells: Mapping[Path, str],
    *,
    language: str,
    known: Sequence[KnownIdentifier] = (),
    patient: str | None = None,
    is_prose: Callable[[Path, str], bool] = lambda path, text: True,
) -> Joint:
    """The joint document of ``cells`` (place -> text, in order).

    ``is_prose`` says of a cell whether running text stands in it.
    """
    placed = []
    position = 0
    for path, text in cells.items():
        placed.append(Cell(path, position, position + len(text)))
        position += len(text) + len(_BORDER)
    document = Document(
        identifier,
        _BORDER.join(cells.values()),
        language=language,
        known=tuple(known),
        patient=patient,
        prose=tuple(
            (cell.start, cell.end)
            for cell in placed
            if cell.start < cell.end and is_prose(cell.path, cells[cell.path])
        ),
    )
    return Joint(document, tuple(placed))
