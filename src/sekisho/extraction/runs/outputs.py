"""The outputs of a finished extraction, written from its journal in input order.

``extracted.*``  the input's columns as they were, then what was extracted (``tables``).
``extractions.jsonl``  a row for each document with all that is known of it (``rows``).
``failures.jsonl``  ``{"id", "source", "row", "kind": "document", "status", "reason", "detail"}``
for a document without an extraction, ``{..., "kind": "fields", "fields": {name: problem}}`` for one
in which fields are invalid or failed. A source that broke off has one row with the id null and the
reason ``unreadable_source``. Neither reason nor problem holds any text of a document.

Each file is a pure function of the inputs and the journal, and appears whole or not at all. Memory
does not grow with the number of documents.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeAlias

from sekisho.documents.records import Reader
from sekisho.extraction.runs.columns import Layout, cells, lay_out
from sekisho.extraction.runs.placing import TEXT_COLUMNS, Place
from sekisho.extraction.runs.rows import EXTRACTED, FAILED, field_problems, text_of
from sekisho.extraction.runs.tables import Format, Given, Kinds, Table, open_table
from sekisho.extraction.tasks.task import Task
from sekisho.runs.assembly import Output, Totals, described
from sekisho.runs.files import json_line, replacing
from sekisho.runs.journal import Journal
from sekisho.runs.outcome import Outcome

__all__ = ["DETAILS", "FAILURES", "Line", "Lines", "TableMade", "Watch", "Written", "write_outputs"]

DETAILS = "extractions.jsonl"
FAILURES = "failures.jsonl"


@dataclass(frozen=True, slots=True)
class Line:
    """What the outputs say of one document.

    ``values`` are the input's columns as they may leave, None when they may not; ``row`` is its row
    of details without the id (see ``rows``).
    """

    number: int
    outcome: Outcome
    values: Mapping[str, Any] | None
    row: Mapping[str, Any]


#: The lines of a place, in order, anew each time it is called.
Lines: TypeAlias = Callable[[int], Iterator[Line]]


#: Told of a document: its id, the text that its offsets count, and its row of details.
Watch: TypeAlias = Callable[[str, str, Mapping[str, Any]], None]


@dataclass(frozen=True, slots=True)
class TableMade:
    """Tables that have the same columns: their files, and which column holds what."""

    paths: list[str]
    text_columns: tuple[str, ...]
    id_column: str | None
    layout: Layout


@dataclass
class Written:
    """What was written, and the sums over it.

    ``documents`` counts them by what became of them, ``fields`` by field and status.
    """

    totals: Totals = field(default_factory=Totals)
    documents: Counter[str] = field(default_factory=Counter)
    fields: dict[str, Counter[str]] = field(default_factory=dict)
    tables: list[TableMade] = field(default_factory=list)
    outputs: tuple[Output, ...] = ()

    @property
    def renamed(self) -> dict[str, str]:
        """Added columns whose usual name an input had."""
        return {
            wanted: name for table in self.tables for wanted, name in table.layout.renamed.items()
        }

    @property
    def invalid(self) -> int:
        """How many values were refused."""
        return sum(counts["invalid"] for counts in self.fields.values())

    def begin(self, path: str, reader: Reader, layout: Layout) -> None:
        """Note a table of what ``reader`` reads."""
        key = "id" if reader.columns is None else reader.id_column
        made = TableMade([path], tuple(reader.text_columns), key, layout)
        for before in self.tables:
            if replace(before, paths=made.paths) == made:
                before.paths.append(path)
                return
        self.tables.append(made)

    def add(self, line: Line) -> None:
        """Count ``line``."""
        self.totals.add(line.outcome)
        self.documents[line.row["status"]] += 1
        for name, found in line.row["fields"].items():
            self.fields.setdefault(name, Counter())[found["status"]] += 1


def write_outputs(
    directory: Path,
    journal: Journal,
    places: Sequence[Place],
    task: Task,
    formats: Sequence[Format],
    lines: Lines,
    watch: Watch | None = None,
) -> Written:
    """Write the outputs of ``journal`` to ``directory``; ``places`` are in the order of sources.

    Tables have the ``formats``, without any that of their input. ``watch`` is told each document
    that something was extracted from. Killed in between, it can simply be done again. Raises
    ``OutputError`` when a file cannot be written (the journal stays as it is), ``InputError`` when
    an input is no longer what it was, and ``JournalError`` when an entry was changed.
    """
    written = Written(
        documents=Counter({EXTRACTED: 0, FAILED: 0}),
        fields={name: Counter() for name in task.fields},
    )
    broken = journal.broken()
    with ExitStack() as stack:
        details = stack.enter_context(_appending(directory / DETAILS))
        failures = stack.enter_context(_appending(directory / FAILURES))
        shared: _Writing | None = None
        for index, place in enumerate(places):
            if not place.source.opened:
                failures(_broken_row(place, *broken.get(index, (1, "cannot be read"))))
                continue
            with ExitStack() as own:
                if place.reader.columns is None:
                    shared = shared or _begin(
                        stack, directory, place, formats, task, Given(_TEXTS), written
                    )
                    writing = shared
                else:
                    given = _given(place, lines(index))
                    writing = _begin(own, directory, place, formats, task, given, written)
                for line in lines(index):
                    written.add(line)
                    details({"id": line.outcome.ref, **line.row})
                    for row in _failure_rows(place, line):
                        failures(row)
                    writing.write(place, line)
                    if watch is not None and line.values is not None:
                        _show(watch, place, line, line.values)
            if index in broken:
                failures(_broken_row(place, *broken[index]))
    paths = [path for table in written.tables for path in table.paths]
    # A run without a release releases nothing, and should not say so.
    written.totals.statuses = written.documents
    written.outputs = tuple(described(directory, [*paths, DETAILS, FAILURES]))
    return written


_TEXTS: Mapping[str, Any] = dict.fromkeys(TEXT_COLUMNS, "string")


@dataclass(frozen=True)
class _Writing:
    """The tables of one place, in all formats."""

    tables: tuple[Table, ...]
    layout: Layout

    def write(self, place: Place, line: Line) -> None:
        if line.values is None:
            return
        values = line.values
        if place.reader.columns is None:
            values = {"id": line.outcome.ref, "text": values.get("text")}
        added = cells(self.layout, line.row)
        for table in self.tables:
            table.write(values, added)


def _begin(
    stack: ExitStack,
    directory: Path,
    place: Place,
    formats: Sequence[Format],
    task: Task,
    given: Given,
    written: Written,
) -> _Writing:
    layout = lay_out(task, given.kinds)
    tables = []
    for form in formats or (place.form,):
        suffix = "tsv" if form == "csv" and given.delimiter == "\t" else form
        path = f"{place.table}.{suffix}"
        partial = stack.enter_context(replacing(directory / path))
        table = open_table(partial, form, given, layout)
        # Finished before it takes its place.
        stack.callback(table.close)
        written.begin(path, place.reader, layout)
        tables.append(table)
    return _Writing(tuple(tables), layout)


def _given(place: Place, lines: Iterator[Line]) -> Given:
    """The input's columns; an object of JSON may have some that no other has."""
    reader = place.reader
    columns = reader.columns or ()
    if place.form == "csv":
        return Given(dict.fromkeys(columns, "string"), delimiter=reader.delimiter or ",")
    if place.form == "parquet":
        # Its types are read from the file itself.
        return Given(dict.fromkeys(columns, "string"), parquet=reader.path)
    kinds = Kinds()
    kinds.add(dict.fromkeys(columns))
    for line in lines:
        kinds.add(line.values or {})
    return Given(kinds.found())


def _show(watch: Watch, place: Place, line: Line, values: Mapping[str, Any]) -> None:
    if line.row["status"] == EXTRACTED:
        text = text_of(values, place.reader.text_columns)
        watch(line.outcome.ref, line.row.get("translation", text), line.row)


@contextmanager
def _appending(path: Path) -> Iterator[Callable[[Mapping[str, Any]], None]]:
    with replacing(path) as partial, partial.open("wb") as file:

        def append(row: Mapping[str, Any]) -> None:
            file.write(json_line(row))

        yield append


def _failure_rows(place: Place, line: Line) -> Iterator[dict[str, Any]]:
    outcome = line.outcome
    head = {"id": outcome.ref, "source": place.name, "row": line.number}
    if line.row["status"] != EXTRACTED:
        yield {
            **head,
            "kind": "document",
            "status": line.row["status"],
            "reason": outcome.reason,
            "detail": outcome.detail,
        }
        return
    fields = {
        name: {"status": status, "problem": problem}
        for name, status, problem in field_problems(line.row)
    }
    if fields:
        yield {**head, "kind": "fields", "fields": fields}


def _broken_row(place: Place, row: int, detail: str) -> dict[str, Any]:
    return {
        "id": None,
        "source": place.name,
        "row": row,
        "kind": "document",
        "status": FAILED,
        "reason": "unreadable_source",
        "detail": detail,
    }
