"""What went wrong, counted and one by one; with the texts at hand, each error in its document.

A result holds offsets only. The texts come from whoever may read them, and what is made of them
here holds identifiers: it is never part of a repr.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import get_args

from sekisho.optimization.result import ErrorKind, ErrorRow, StudyResult
from sekisho.phi.categories import DIRECT, Category
from sekisho.runs.report.model import Segment, segments

__all__ = ["KINDS", "ArmErrors", "DocumentText", "ShownError", "arm_errors", "documents"]

KINDS: tuple[ErrorKind, ...] = get_args(ErrorKind)
#: More rows or documents than these make a page that no browser scrolls well.
_MOST_ROWS, _MOST_OF_ARM, _MOST_DOCUMENTS = 4_000, 300, 200
_AROUND = 28


@dataclass(frozen=True, slots=True)
class ShownError:
    """One error; the text around its place is None where it is not at hand or has no place."""

    row: ErrorRow
    before: str | None = field(default=None, repr=False)
    marked: str | None = field(default=None, repr=False)
    after: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class ArmErrors:
    """The errors of one arm: ``counts`` by kind and category, and the gravest of them to show."""

    arm: str
    counts: Mapping[tuple[str, str], int]
    categories: tuple[str, ...]
    rows: tuple[ShownError, ...]

    @property
    def total(self) -> int:
        """All errors of the arm."""
        return sum(self.counts.values())

    def of_kind(self, kind: str) -> int:
        """How many there are of ``kind``."""
        return sum(count for (its, _), count in self.counts.items() if its == kind)


@dataclass(frozen=True, slots=True)
class DocumentText:
    """A whole document, cut at the places of the errors that any arm made in it."""

    id: str
    number: int
    pieces: tuple[Segment, ...] = field(repr=False)


def arm_errors(
    result: StudyResult, order: Sequence[str], texts: Mapping[str, str] | None = None
) -> tuple[ArmErrors, ...]:
    """The errors of each arm, the arms of ``order`` first.

    Of many errors the gravest are shown: direct identifiers that were missed, then by kind.
    """
    by_arm: dict[str, list[ErrorRow]] = {id: [] for id in order}
    for row in result.errors:
        by_arm.setdefault(row.arm, []).append(row)
    arms = {id: rows for id, rows in by_arm.items() if rows}
    room = min(_MOST_OF_ARM, max(1, _MOST_ROWS // max(len(arms), 1)))
    return tuple(
        ArmErrors(
            id,
            Counter((row.kind, row.category) for row in rows),
            _in_order({row.category for row in rows}),
            tuple(_shown(row, texts or {}) for row in sorted(rows, key=_gravity)[:room]),
        )
        for id, rows in arms.items()
    )


def documents(groups: Iterable[ArmErrors], texts: Mapping[str, str]) -> tuple[DocumentText, ...]:
    """The documents in which a shown error lies, as far as their texts are at hand."""
    places: dict[str, set[tuple[int, int, str]]] = {}
    for shown in (shown for group in groups for shown in group.rows):
        row = shown.row
        if row.document in texts:
            its = places.setdefault(row.document, set())
            if shown.marked is not None and row.start is not None and row.end is not None:
                its.add((row.start, row.end, row.category))
    return tuple(
        DocumentText(id, number, segments(texts[id], sorted(places[id])))
        for number, id in enumerate(sorted(places)[:_MOST_DOCUMENTS], start=1)
    )


def _shown(row: ErrorRow, texts: Mapping[str, str]) -> ShownError:
    text = texts.get(row.document)
    if text is None or row.start is None or row.end is None:
        return ShownError(row)
    if not 0 <= row.start < row.end <= len(text):  # the text is not the one that was measured
        return ShownError(row)
    first, last = max(0, row.start - _AROUND), row.end + _AROUND
    return ShownError(
        row,
        _line("…" * (first > 0) + text[first : row.start]),
        _line(text[row.start : row.end]),
        _line(text[row.end : last] + "…" * (last < len(text))),
    )


def _line(text: str) -> str:
    return text.replace("\r\n", "↵").replace("\n", "↵").replace("\r", "↵")


def _gravity(row: ErrorRow) -> tuple[bool, int, int, str, int, int]:
    missed_direct = row.kind == "missed" and row.category in DIRECT
    # A plain identifier that is missed is worse than a hidden one.
    return (
        not missed_direct,
        KINDS.index(row.kind),
        row.difficulty or 0,
        row.document,
        -1 if row.start is None else row.start,
        -1 if row.end is None else row.end,
    )


def _in_order(categories: Iterable[str]) -> tuple[str, ...]:
    known = {str(kind): at for at, kind in enumerate(Category)}
    return tuple(sorted(categories, key=lambda name: (known.get(name, len(known)), name)))
