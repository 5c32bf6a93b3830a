"""Which columns of a table hold the report, its labels, and what is told about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from sekisho.errors import InputError
from sekisho.evaluation.wada_clone.grids import Cell, Grid
from sekisho.evaluation.wada_clone.words import category_named, names, plain
from sekisho.phi.categories import Category

__all__ = ["Layout", "cell", "layout"]

#: A title and a legend may stand over the header.
_HEADER_WITHIN = 10
#: Characters of a column without a known name that holds reports all the same.
_LEAST_REPORT = 80
#: An id shorter than this stands in every report by chance.
_LEAST_ID = 4
_LONGEST_KIND = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where things stand in the rows of a table, counted from 0; None for what is not there.

    ``labels`` are columns whose cells hold entries with their categories, ``hidden`` those of them
    that hold identifiers in disguise; ``categories`` are columns with the values of one category.
    In a long table each row is one entry, of ``kind`` and ``value``. ``unused`` are the names of
    all other columns.
    """

    header: int
    text: int
    id: int | None
    split: int | None
    labels: tuple[int, ...]
    hidden: frozenset[int]
    categories: Mapping[int, Category]
    kind: int | None
    value: int | None
    disguise: int | None
    difficulty: int | None
    unused: tuple[str, ...]


def layout(grid: Grid) -> Layout | None:
    """The layout of ``grid``; None when it is no table of labelled reports.

    Raises ``InputError`` when two columns may be the one that is needed.
    """
    for at, (_, row) in enumerate(grid.rows[:_HEADER_WITHIN]):
        header = [plain(name) if isinstance(name, str) else "" for name in row]
        found = _Header(grid, at, header).layout()
        if found is not None:
            return found
    return None


class _Header:
    def __init__(self, grid: Grid, at: int, header: Sequence[str]) -> None:
        self._grid, self._at, self._header = grid, at, header
        self._rows = [row for _, row in grid.rows[at + 1 :]]

    def layout(self) -> Layout | None:
        kind, value = self._first("kind"), self._first("value")
        text = self._text()
        if value == text:
            # In a long table "text" may be what was labelled, and the report have another name.
            other = self._report_beside(value) if kind is not None else None
            text, value = (text, None) if other is None else (other, value)
        if text is None:
            return None
        long = kind is not None and value is not None and self._names_categories(kind)
        id = self._first("id")
        split, disguise, difficulty = map(self._first, ("split", "disguise", "difficulty"))
        taken = {text, split, disguise, difficulty}
        labels: tuple[int, ...] = ()
        categories: dict[int, Category] = {}
        if not long:
            labels = tuple(at for at in self._labels() if at not in taken)
            if not labels:
                if id is not None and self._is_of_patients(id, text):
                    id = None
                categories = self._categories(taken | {id})
                if not categories:
                    return None
        used = {*taken, *labels, *categories, id, *((kind, value) if long else ())}
        return Layout(
            header=self._at,
            text=text,
            id=id,
            split=split,
            labels=labels,
            hidden=frozenset(at for at in labels if self._header[at] in names("columns", "hidden")),
            categories=categories,
            kind=kind if long else None,
            value=value if long else None,
            disguise=disguise,
            difficulty=difficulty,
            unused=tuple(
                _shown(self._grid.rows[self._at][1][at])
                for at, name in enumerate(self._header)
                if name and at not in used
            ),
        )

    def _first(self, key: str) -> int | None:
        for name in names("columns", key):
            found = [at for at, each in enumerate(self._header) if each == name]
            if len(found) > 1:
                raise InputError(f"two columns may be the {key}", where=self._grid.where)
            if found:
                return found[0]
        return None

    def _text(self) -> int | None:
        found = self._first("text")
        return self._like_text() if found is None else found

    def _report_beside(self, value: int | None) -> int | None:
        for name in names("columns", "text"):
            for at, each in enumerate(self._header):
                if each == name and at != value:
                    return at
        return self._like_text()

    def _like_text(self) -> int | None:
        found = [
            at
            for at, name in enumerate(self._header)
            if any(part in name for part in names("columns", "text_like"))
            and self._usual_length(at) >= _LEAST_REPORT
        ]
        if len(found) > 1:
            raise InputError(
                "several columns may hold the report",
                where=self._grid.where,
                remedy="name the right one report_text",
            )
        return found[0] if found else None

    def _usual_length(self, at: int) -> float:
        lengths = [
            len(each) for each in (cell(row, at) for row in self._rows) if isinstance(each, str)
        ]
        return median(lengths) if lengths else 0

    def _labels(self) -> list[int]:
        exact, parts = {*names("columns", "labels"), *names("columns", "hidden")}, ("phi", "label")
        others = names("columns", "not_labels")
        return [
            at
            for at, name in enumerate(self._header)
            if name in exact
            or (
                any(part in name for part in (*parts, "annotation", "正解", "ラベル"))
                and not any(part in name for part in others)
            )
        ]

    def _categories(self, taken: set[int | None]) -> dict[int, Category]:
        found = {}
        for at, name in enumerate(self._header):
            if at not in taken and (category := category_named(name)) is not None:
                found[at] = category
        return found

    def _names_categories(self, at: int) -> bool:
        """Whether the cells of a column are categories, as those of a modality are not."""
        told = [each for each in (cell(row, at) for row in self._rows) if isinstance(each, str)]
        known = sum(len(each) <= _LONGEST_KIND and bool(category_named(each)) for each in told)
        return 2 * known > len(told)

    def _is_of_patients(self, id: int, text: int) -> bool:
        """Whether the column ``id`` holds what stands in the reports, and so is a label."""
        pairs = [(cell(row, id), cell(row, text)) for row in self._rows]
        told = [(str(i), t) for i, t in pairs if i is not None and isinstance(t, str)]
        inside = sum(len(i) >= _LEAST_ID and i in t for i, t in told)
        return 2 * inside >= len(told) > 0


def cell(row: Sequence[Cell], column: int) -> Cell:
    """The cell of ``row`` in ``column``; None behind the row's end."""
    return row[column] if column < len(row) else None


def _shown(name: Cell) -> str:
    return str(name)[:30]
