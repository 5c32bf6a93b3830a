"""The examples of an imported task: a file of inputs and outputs, checked against its fields.

An output is a JSON object, or a text that holds one (that package shows it to the model as it
stands, so that nothing has ever checked it). Entries that are wrong are errors by their number;
nothing of what is in them is told.
"""

from __future__ import annotations

import contextlib
import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sekisho.documents.formats.dialect import parser, sniff
from sekisho.errors import UsageError
from sekisho.extraction.importers.answers import Mismatch, answer
from sekisho.extraction.importers.files import as_json, strict, text
from sekisho.extraction.importers.python_constants import Constants
from sekisho.extraction.importers.python_scope import Scope
from sekisho.extraction.importers.python_source import tree
from sekisho.extraction.importers.specs import Notes
from sekisho.extraction.tasks.task import Example, Task

__all__ = ["read"]

#: Bytes of a file of examples.
_LARGEST = 32 << 20
#: Lines of a table in which its dialect is found out.
_SAMPLE = 200
_COLUMNS = ("input", "output")
_OTHER = "examples: what stands beside input and output is left out"
_PYTHON = "examples: outputs are written as Python, not as JSON, and were read as such"


def read(path: Path, task: Task, notes: Notes) -> tuple[Example, ...]:
    """The examples in the file at ``path`` (JSON or CSV), for ``task``.

    Raises ``UsageError`` with the number of the first entry that is wrong, counted from 1.
    """
    suffix = path.suffix.lower()
    if suffix not in (".json", ".csv"):
        raise UsageError("is neither .json nor .csv", where=str(path), remedy="as Example_Path")
    rows = _of_json(path) if suffix == ".json" else _of_table(path)
    examples = tuple(
        _example(row, task, notes, path, number) for number, row in enumerate(rows, start=1)
    )
    if not examples:
        raise UsageError("holds no examples", where=str(path), remedy="leave Example_Path out")
    return examples


def _of_json(path: Path) -> Iterator[Mapping[str, Any]]:
    found, _ = as_json(path, _LARGEST, named=False)
    if isinstance(found, Mapping):
        found = _by_row(found, path)
    if not isinstance(found, list):
        raise UsageError("is no list of examples", where=str(path))
    for number, row in enumerate(found, start=1):
        if not isinstance(row, Mapping):
            raise _wrong(path, number, "is no object with input and output")
        yield row


def _by_row(columns: Mapping[str, Any], path: Path) -> list[Any]:
    """The rows of a table that is written by columns, as pandas writes one by default."""
    found: list[Sequence[Any]] = []
    for name in _COLUMNS:
        column = columns.get(name)
        if isinstance(column, Mapping):
            column = list(column.values())
        if not isinstance(column, list):
            raise UsageError("is no list of examples", where=str(path))
        found.append(column)
    if len(found[0]) != len(found[1]):
        raise UsageError("has not as many outputs as inputs", where=str(path))
    return [dict(zip(_COLUMNS, pair, strict=True)) for pair in zip(*found, strict=True)]


def _of_table(path: Path) -> Iterator[Mapping[str, Any]]:
    written, _ = text(path, _LARGEST)
    lines = io.StringIO(written, newline="").readlines()
    dialect = sniff(lines[:_SAMPLE], whole=len(lines) <= _SAMPLE, delimiter=None, first=",")
    try:
        header, *rows = [row for row in parser(lines, dialect) if row] or [[]]
    except csv.Error:
        raise UsageError("its quoting is broken", where=str(path)) from None
    for number, row in enumerate(rows, start=1):
        if len(row) != len(header):
            raise _wrong(path, number, "has not as many cells as the header")
        yield dict(zip(header, row, strict=True))


def _example(row: Mapping[str, Any], task: Task, notes: Notes, path: Path, number: int) -> Example:
    for name in _COLUMNS:
        if row.get(name) is None:
            raise _wrong(path, number, f"has no {name}")
    if len(row) > len(_COLUMNS):
        notes.add(_OTHER)
    given, output = row["input"], row["output"]
    if not isinstance(given, str) or not given.strip():
        raise _wrong(path, number, "its input is no text")
    if isinstance(output, str):
        output = _parsed(output, notes, path, number)
    if not isinstance(output, Mapping):
        raise _wrong(path, number, "its output is no JSON object")
    try:
        return Example(text=given, answer=answer(output, task.fields))
    except Mismatch as mismatch:
        place = f"output {mismatch.path}" if mismatch.path else "its output"
        raise _wrong(path, number, f"{place} {mismatch.what}") from None


def _parsed(written: str, notes: Notes, path: Path, number: int) -> Any:
    with contextlib.suppress(ValueError, RecursionError):
        return strict(written)
    try:
        body = tree(f"({written.strip()}\n)", path).body
        value = Constants().read(getattr(body[0], "value", None) or body[0], Scope(path, None, ()))  # type: ignore[arg-type]
    except (UsageError, RecursionError, IndexError):
        raise _wrong(path, number, "its output is no JSON object") from None
    notes.add(_PYTHON)
    return _listed(value)


def _listed(value: Any) -> Any:
    """``value`` with lists, which are tuples where Python is read."""
    if isinstance(value, tuple):
        return [_listed(each) for each in value]
    if isinstance(value, dict):
        return {name: _listed(each) for name, each in value.items()}
    return value


def _wrong(path: Path, number: int, what: str) -> UsageError:
    return UsageError(f"example {number}: {what}", where=str(path))
