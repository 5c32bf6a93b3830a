"""Delimited tables (CSV, TSV and their kin): one row, one record; every value stays a string.

The output has the input's encoding, byte order mark, delimiter, quoting and line ends. A row whose
values are written back as they were read is written with the bytes it had. Rows that are found but
not understood (other encoding, NUL characters, broken quoting, too many or too few cells) become
records with a problem and no values, and the rows after them go on. Blank lines are no rows, but
for a table of one column, where they are empty cells.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any

from sekisho.documents.encodings import Encoding, resolve
from sekisho.documents.formats import columns
from sekisho.documents.formats.cell import Cell
from sekisho.documents.formats.dialect import Dialect, delimiter_named, parser, sniff
from sekisho.documents.formats.lines import (
    Line,
    ends_with_newline,
    only_carriage_returns,
    read_lines,
)
from sekisho.documents.formats.table_writer import TableForm, TableWriter
from sekisho.documents.records import ReadOptions, Record
from sekisho.errors import InputError

__all__ = ["TableReader"]

_SAMPLE = 1 << 16
_TAB_SUFFIXES = (".tsv", ".tab")


class TableReader:
    """A delimited table with a header, read in constant memory.

    ``columns`` are the keys of its columns (a name that is empty or repeated is made unique; the
    header is written back as it was). ``encoding``, ``delimiter`` and ``newline`` say how it is
    written. Opening it raises ``InputError`` when the file is no text or its header is broken,
    ``UsageError`` when a named column is missing or no text column is recognised.
    """

    def __init__(self, path: str, options: ReadOptions) -> None:
        self.path = path
        self.suffix = PurePath(path).suffix
        self._encoding = resolve(path, options.encoding)
        self._split = "\r" if only_carriage_returns(path, self._encoding) else "\n"
        self._ended = ends_with_newline(path, self._encoding)
        lines, whole = self._sample()
        self._dialect = sniff(
            [line.text for line in lines],
            whole=whole,
            delimiter=delimiter_named(options.delimiter) if options.delimiter else None,
            first="\t" if self.suffix.lower() in _TAB_SUFFIXES else ",",
        )
        header, *rows = [*_rows(iter(lines), self._dialect)] or [_Row([], "", b"", None)]
        if header.problem or header.cells is None:
            raise InputError(
                f"the header {header.problem}",
                where=path,
                remedy="repair the first row, or name --encoding or --delimiter",
            )
        data = header.data
        self._header = self._encoding.encode(header.body) if data is None else data
        newline = header.end or self._split
        self._dialect = replace(self._dialect, newline=newline).learn(
            (row.body for row in (rows if whole else rows[:-1]) if row.cells is not None),
            len(header.cells),
        )
        self._columns = (
            columns.choose(header.cells, options, path)
            if header.cells
            else columns.Columns((), (), None)
        )
        self._form = TableForm(self._encoding, self._dialect, self._columns.keys)
        self.columns: tuple[str, ...] | None = self._columns.keys
        self.text_columns: tuple[str, ...] = self._columns.text
        self.id_column: str | None = self._columns.id
        self.encoding: str | None = self._encoding.label
        self.delimiter: str | None = self._dialect.delimiter
        self.newline = newline

    def _sample(self) -> tuple[list[Line], bool]:
        """The first lines, and whether they are all."""
        lines: list[Line] = []
        room = _SAMPLE
        for line in read_lines(self.path, self._encoding, self._split):
            if room <= 0:
                return lines, False
            lines.append(line)
            room -= len(line.text)
        return lines, True

    def __iter__(self) -> Iterator[Record]:
        """All records, from the first."""
        lines = read_lines(self.path, self._encoding, self._split)
        rows = _rows(lines, self._dialect)
        next(rows, None)
        for number, row in enumerate(rows, start=1):
            yield self._record(number, row)

    def _record(self, number: int, row: _Row) -> Record:
        keys, problem = self._columns.keys, row.problem
        cells = row.cells if row.cells is not None else []
        if problem is None and len(cells) != len(keys):
            problem = f"has {len(cells)} fields, the header has {len(keys)}"
        if problem is not None:
            return Record(str(number), self.path, number, {}, (), f"row {problem}")
        values = dict(zip(keys, self._remembering(cells, row), strict=True))
        identity = str(values[self._columns.id]) if self._columns.id is not None else ""
        return Record(identity or str(number), self.path, number, values, self._columns.text)

    def _remembering(self, cells: list[str], row: _Row) -> list[str]:
        """The cells, with their bytes where the writer would write others."""
        dialect, encoding = self._dialect, self._encoding
        usual_end = row.end == dialect.newline or not row.end
        if dialect.bare and '"' not in row.body:
            usual = True
        else:
            try:
                usual = dialect.row(cells) == row.body
            except ValueError:
                usual = False
        if usual and usual_end and (encoding.reversible or encoding.encode(row.body) == row.data):
            return cells
        written = dialect.raw_cells(row.body)
        if len(written) != len(cells):
            return cells
        kept: list[str] = []
        for column, (value, raw) in enumerate(
            zip(cells, _bytes(written, row, encoding), strict=True)
        ):
            end = None if usual_end or column + 1 < len(cells) else row.end
            try:
                same = encoding.encode(dialect.cell(column, value)) == raw
            except ValueError:
                same = False
            kept.append(value if same and end is None else Cell(value, raw, end))
        return kept

    def check(self, values: Mapping[str, Any]) -> None:
        """Raise the ``ReleaseError`` that a writer of this table would raise for ``values``."""
        self._form.render(values, self.path)

    def writer(self, path: str) -> TableWriter:
        """A writer of a table with this one's header, columns and dialect."""
        return TableWriter(path, self._form, header=self._header, ended=self._ended)


@dataclass(frozen=True, slots=True)
class _Row:
    """A row as parsed (None when it cannot be) and as written: text, bytes, and then its end."""

    cells: list[str] | None
    body: str
    data: bytes | None
    problem: str | None
    end: str = ""


class _Feed:
    """The lines of a table on their way into the parser, which can be taken back."""

    def __init__(self, lines: Iterator[Line]) -> None:
        self._lines = lines
        self._returned: deque[Line] = deque()
        self.taken: list[Line] = []

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        line = self._returned.popleft() if self._returned else next(self._lines)
        self.taken.append(line)
        return line.text

    def take_back(self) -> None:
        """Return all lines but the first that were taken for the present row."""
        self._returned.extendleft(reversed(self.taken[1:]))
        del self.taken[1:]


def _rows(lines: Iterator[Line], dialect: Dialect) -> Iterator[_Row]:
    """The rows of a table, the header among them."""
    feed = _Feed(lines)
    parsed = parser(feed, dialect)
    width = 0
    while True:
        feed.taken.clear()
        cells: list[str] | None
        problem = None
        try:
            cells = next(parsed)
        except StopIteration:
            return
        except csv.Error as error:
            # Where a quote went wrong nobody knows: only the line it stands in is given up.
            feed.take_back()
            cells, problem = None, _broken(error)
        width = width or len(cells or ())
        if cells == []:
            if width != 1:
                continue
            cells = [""]
        yield _row(cells, feed.taken, problem)


def _row(cells: list[str] | None, lines: list[Line], problem: str | None) -> _Row:
    text = "".join([line.text for line in lines]) if len(lines) > 1 else lines[0].text
    body = text.rstrip("\r\n")
    end = text[len(body) :]
    problem = next((line.problem for line in lines if line.problem), problem)
    data = None
    if lines[0].data is not None:
        data = b"".join([line.data or b"" for line in lines])[: -len(end) or None]
    return _Row(cells, body, data, problem, end)


def _broken(error: csv.Error) -> str:
    if "field limit" in str(error):
        return "opens a quote that is closed nowhere near"
    if "end of data" in str(error):
        return "opens a quote that is never closed"
    if "new-line" in str(error):
        return "holds a bare carriage return outside quotes"
    return "is quoted wrongly"


def _bytes(written: list[str], row: _Row, encoding: Encoding) -> list[bytes]:
    """The bytes that each of the cells ``written`` had in the file."""
    if encoding.reversible or row.data is None:
        return [encoding.encode(raw) for raw in written]
    # Characters that the encoding has twice take equally many bytes both times.
    cells, at = [], 0
    for raw in written:
        length = sum(len(encoding.encode(character)) for character in raw)
        cells.append(row.data[at : at + length])
        at += length + 1
    if at - 1 != len(row.data):
        return [encoding.encode(raw) for raw in written]
    return cells
