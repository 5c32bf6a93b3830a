"""The dialect of a delimited table: its delimiter, its quoting, its line end, found out and kept.

Quoting follows RFC 4180: a cell that begins with ``"`` ends at the next ``"`` that is not doubled.
A table that is consistent only when quotes are ordinary characters is read that way.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from sekisho.errors import UsageError

__all__ = ["Dialect", "delimiter_named", "parser", "sniff"]

_DELIMITERS = (",", "\t", ";", "|")
_NAMES = {"\\t": "\t", "tab": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}
#: Characters of one cell; more means a quote that was never closed.
_LONGEST_CELL = 16 << 20


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a table is written.

    ``quotes`` says whether ``"`` quotes at all; ``filled`` and ``empty`` say for each column
    whether a cell with and without content is quoted although it need not be.
    """

    delimiter: str
    quotes: bool = True
    newline: str = "\n"
    filled: tuple[bool, ...] = ()
    empty: tuple[bool, ...] = ()

    @property
    def bare(self) -> bool:
        """Whether no cell is quoted unless it must be."""
        return not (any(self.filled) or any(self.empty))

    def cell(self, column: int, value: str) -> str:
        """``value`` as this dialect usually writes it in ``column`` (counted from 0).

        Raises ``ValueError`` when a dialect without quotes cannot write it.
        """
        special = _special(self.delimiter).search(value)
        if not self.quotes:
            if special and special[0] != '"':
                raise ValueError("a delimiter or a line end in a table without quoting")
            return value
        styles = self.filled if value else self.empty
        if special or (column < len(styles) and styles[column]):
            return '"' + value.replace('"', '""') + '"'
        return value

    def row(self, values: Sequence[str]) -> str:
        """A row without its line end; raises as ``cell``."""
        return self.delimiter.join(map(self.cell, range(len(values)), values))

    def raw_cells(self, row: str) -> list[str]:
        """The cells of a well-formed row (without line end) as written, quotes and all."""
        if not self.quotes:
            return row.split(self.delimiter)
        pattern, cells, at = _raw(self.delimiter), [], 0
        while match := pattern.match(row, at):
            cells.append(match[0])
            at = match.end() + 1
            if at > len(row):
                break
        return cells

    def learn(self, rows: Iterable[str], width: int) -> Dialect:
        """This dialect with the quoting habits of sample ``rows`` (as written)."""
        habits: list[Counter[tuple[bool, bool]]] = [Counter() for _ in range(width)]
        everywhere: Counter[tuple[bool, bool]] = Counter()
        for row in rows if self.quotes else ():
            cells = self.raw_cells(row)
            for habit, raw in zip(habits, cells if len(cells) == width else (), strict=False):
                quoted = raw.startswith('"')
                inner = raw[1:-1] if quoted else raw
                if not _special(self.delimiter).search(inner):
                    habit[bool(inner), quoted] += 1
                    everywhere[bool(inner), quoted] += 1

        def usual(habit: Counter[tuple[bool, bool]], filled: bool) -> bool:
            seen = habit if habit[filled, True] or habit[filled, False] else everywhere
            return seen[filled, True] > seen[filled, False]

        return replace(
            self,
            filled=tuple(usual(habit, True) for habit in habits),
            empty=tuple(usual(habit, False) for habit in habits),
        )


def delimiter_named(name: str) -> str:
    """The delimiter that an option means: one character, or tab, comma, semicolon, pipe.

    Raises ``UsageError`` for anything else.
    """
    delimiter = _NAMES.get(name.lower(), name)
    if len(delimiter) != 1 or delimiter in '"\r\n' or not delimiter.isascii():
        raise UsageError(
            f"{name!r} is no delimiter", remedy="use one character, or tab, comma, semicolon, pipe"
        )
    return delimiter


def parser(lines: Iterable[str], dialect: Dialect) -> Iterator[list[str]]:
    """Parse ``lines`` strictly: broken quoting raises ``csv.Error`` and the next row goes on."""
    if csv.field_size_limit() < _LONGEST_CELL:
        csv.field_size_limit(_LONGEST_CELL)
    if dialect.quotes:
        return csv.reader(lines, delimiter=dialect.delimiter, strict=True)
    return csv.reader(
        lines, delimiter=dialect.delimiter, quoting=csv.QUOTE_NONE, quotechar=None, strict=True
    )


def sniff(lines: Sequence[str], *, whole: bool, delimiter: str | None, first: str) -> Dialect:
    """Find out the dialect of a table that begins with ``lines``.

    ``whole`` says that there are no further lines, ``delimiter`` is the user's, ``first`` the one
    to prefer among equals. The delimiter is the one by which most rows have as many cells as the
    header, which must have several.
    """
    order = (delimiter,) if delimiter else (first, *(d for d in _DELIMITERS if d != first))
    best: tuple[tuple[bool, float, bool, int], Dialect] | None = None
    for quotes in (True, False):
        for candidate in order:
            dialect = Dialect(candidate, quotes)
            width, share = _consistency(lines, dialect, whole)
            named_tabs = candidate == first == "\t"
            fitness = (width > 1 and share > 0.5, share, named_tabs, width)
            if best is None or fitness > best[0]:
                best = (fitness, dialect)
        if best is not None and best[0][1] == 1.0 and best[0][0]:
            break
    return best[1] if best else Dialect(first)


def _consistency(lines: Sequence[str], dialect: Dialect, whole: bool) -> tuple[int, float]:
    """The number of cells in the header, and the share of rows that have as many."""
    rows = parser(lines, dialect)
    widths: list[int] = []
    while True:
        try:
            row = next(rows)
        except StopIteration:
            break
        except csv.Error:
            widths.append(-1)
            continue
        if not dialect.quotes and any(len(cell) > 1 and cell[0] == cell[-1] == '"' for cell in row):
            return 0, 0.0  # here quotes do quote, and one row of the sample has it wrong
        if row:
            widths.append(len(row))
    if not whole and len(widths) > 1:
        widths.pop()  # the sample may end inside the row
    if not widths:
        return 0, 0.0
    return widths[0], sum(width == widths[0] for width in widths) / len(widths)


@lru_cache(maxsize=16)
def _special(delimiter: str) -> re.Pattern[str]:
    return re.compile(f'[{re.escape(delimiter)}"\r\n]')


@lru_cache(maxsize=16)
def _raw(delimiter: str) -> re.Pattern[str]:
    return re.compile(f'"[^"]*+(?:""[^"]*+)*+"|[^{re.escape(delimiter)}]*')
