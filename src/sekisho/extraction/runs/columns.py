"""The columns that an extraction adds to a table: their names, their types, their cells.

An input's own column is never overwritten, nor renamed: it is the added one that gives way, also
where the two differ in case or width alone.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from sekisho.extraction.runs.rows import EXTRACTED
from sekisho.extraction.tasks.task import (
    AnyField,
    AnyOfField,
    BooleanField,
    DateField,
    EnumField,
    IntegerField,
    ListField,
    NumberField,
    ObjectField,
    SpansField,
    Task,
)

__all__ = ["JOINER", "STATUS", "Column", "Kind", "Layout", "Part", "cells", "lay_out", "plain"]

#: Of what type the cells of a column are. ``json``: of several, or of parts.
Kind: TypeAlias = Literal["string", "integer", "number", "boolean", "json"]
#: What of a field stands in a column.
Part: TypeAlias = Literal["value", "status", "probability", "evidence", "start", "end", "raw"]

#: The column of what became of the document.
STATUS = "extraction_status"
#: Between the quotes of one cell.
JOINER = " … "

_PREFIX = "extracted_"
_PARTS: tuple[tuple[Part, Kind], ...] = (
    ("status", "string"),
    ("probability", "number"),
    ("evidence", "string"),
    ("start", "integer"),
    ("end", "integer"),
)
_LARGEST = 1 << 63


@dataclass(frozen=True, slots=True)
class Column:
    """An added column; ``field`` and ``part`` are None for that of the document's status.

    ``wanted`` is its usual name, ``name`` the one that it has beside the input's columns.
    """

    name: str
    wanted: str
    field: str | None
    part: Part | None
    kind: Kind


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns that are added to a table, in order."""

    columns: tuple[Column, ...]

    @property
    def names(self) -> dict[str, str]:
        """The usual name of each column, and the one that it has."""
        return {column.wanted: column.name for column in self.columns}

    @property
    def renamed(self) -> dict[str, str]:
        """Those whose usual name was taken."""
        return {wanted: name for wanted, name in self.names.items() if wanted != name}


def lay_out(task: Task, taken: Iterable[str]) -> Layout:
    """The columns of the fields of ``task`` beside columns that are called ``taken``."""
    used = {plain(name) for name in taken}
    columns = []
    for wanted, field, part, kind in _wanted(task):
        name, copy = wanted, 1
        while plain(name) in used:
            name = f"{_PREFIX}{wanted}" if copy == 1 else f"{_PREFIX}{wanted}_{copy}"
            copy += 1
        used.add(plain(name))
        columns.append(Column(name, wanted, field, part, kind))
    return Layout(tuple(columns))


def plain(name: str) -> str:
    """``name`` as it is compared: without case, width and blanks around it."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def cells(layout: Layout, row: Mapping[str, Any]) -> dict[str, Any]:
    """The added cells of a document, by the names of their columns; None where there is nothing.

    ``row`` is one of ``rows``. Of a document that has no extraction, every status is its own.
    """
    found = {}
    for column in layout.columns:
        if column.field is None:
            found[column.name] = row["status"]
        elif row["status"] != EXTRACTED:
            found[column.name] = row["status"] if column.part == "status" else None
        else:
            found[column.name] = _cell(column, row["fields"].get(column.field, {}))
    return found


def _wanted(task: Task) -> Iterator[tuple[str, str | None, Part | None, Kind]]:
    for name, field in task.fields.items():
        yield name, name, "value", _kind(field)
        for part, kind in _PARTS:
            yield f"{name}_{part}", name, part, kind
        if isinstance(field, NumberField | IntegerField | DateField):
            yield f"{name}_raw", name, "raw", "string"
    yield STATUS, None, None, "string"


def _kind(field: AnyOfField) -> Kind:
    match field:
        case BooleanField():
            return "boolean"
        case IntegerField():
            inside = max(abs(field.minimum), abs(field.maximum)) < _LARGEST
            return "integer" if inside else "json"
        case NumberField():
            return "number"
        case EnumField():
            return _kind_of_all(field)
        case AnyField() | SpansField() | ObjectField() | ListField():
            return "json"
        case _:
            return "string"


def _kind_of_all(field: EnumField) -> Kind:
    kinds: dict[type, Kind] = {str: "string", bool: "boolean", int: "integer", float: "number"}
    found: set[Kind] = {kinds[type(each.value)] for each in field.values}
    return found.pop() if len(found) == 1 else "json"


def _cell(column: Column, found: Mapping[str, Any]) -> Any:
    evidence = found.get("evidence", ())
    match column.part:
        case "value":
            return found.get("value")
        case "evidence":
            return JOINER.join(each["quote"] for each in evidence) or None
        case "start" | "end":
            return evidence[0][column.part] if evidence else None
        case "raw":
            raw = found.get("raw")
            return (
                raw if raw is None or isinstance(raw, str) else json.dumps(raw, ensure_ascii=False)
            )
        case "status":
            # What the answer did not speak of at all has no answer.
            return found.get("status", "failed")
        case _:
            return found.get("probability")
