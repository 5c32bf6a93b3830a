"""What each column of a record is: report text, an identifier, or something carried along.

Nothing is let through unread. A column is an identifier when the user says so (``--known``) or its
header does (患者氏名); every other cell is read by the detectors like the report itself, unless the
user vouches for its column (``--keep-column``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from sekisho.documents.document import Document
from sekisho.documents.folding import fold
from sekisho.documents.records import Record
from sekisho.phi.categories import DIRECT, Category, category
from sekisho.phi.stack import Stack

__all__ = ["Columns", "Path", "inner_keys", "leaves", "rebuilt", "searched", "telling_headers"]

#: The place of a value in a record: its column, then keys and indices of nested JSON.
Path = tuple[str | int, ...]

#: Values of these are searched in the text; a sex or an age of the record would be everywhere.
_SEARCHED = DIRECT | {Category.STAFF}

#: Of these, even a column's name is more than a name.
_TELLING = _SEARCHED - {Category.ADDRESS, Category.URL}


def searched(label: str) -> bool:
    """Whether a known value of this category is searched in the text."""
    return label in _SEARCHED


@dataclass(frozen=True)
class Columns:
    """The user's word about columns: ``known`` maps columns to categories, ``keep`` passes them.

    ``identifiers`` are the columns of document ids, one a file at most. ``headers`` are the names
    that were looked at before (see ``telling_headers``), None when all of them are to be trusted.
    """

    known: Mapping[str, str] = field(default_factory=dict)
    keep: frozenset[str] = frozenset()
    patient: str | None = None
    identifiers: frozenset[str] = frozenset()
    infer: bool = True
    headers: frozenset[str] | None = None

    def category_of(self, column: str) -> Category | None:
        """The category of a whole column, None when its cells must be read to know."""
        stated = self.known.get(column)
        if stated is not None:
            return category(stated)
        if column == self.patient:
            return Category.ID
        return _announced(column) if self.infer else None

    def unseen_keys(self, values: Mapping[str, Any]) -> list[str]:
        """The keys of a record that nobody looked at: those inside its values, and late columns."""
        late = [name for name in values if self.headers is not None and name not in self.headers]
        return [*late, *inner_keys(values)]

    def id_column(self, record: Record) -> str | None:
        """The column that gave ``record`` its id; None when it was called by its place.

        Another file's column of ids may hold anything in this one, and so may a cell that is no
        string or number: it is the column of the id only when the id stands in it.
        """
        for column in self.identifiers - set(record.text_columns):
            value = record.values.get(column)
            if isinstance(value, str | int) and str(value) == record.id:
                return column
        return None


@cache
def _headers() -> dict[str, Category]:
    text = (files("sekisho.release") / "lists" / "column_headers.txt").read_text(encoding="utf-8")
    pairs = (line.split("\t") for line in text.splitlines() if line and not line.startswith("#"))
    return {_plain(header): category(label) for header, label in pairs}


@cache
def _announced(column: str) -> Category | None:
    return _headers().get(_plain(column))


def telling_headers(headers: Iterable[str], stack: Stack) -> tuple[str, ...]:
    """Those of ``headers`` that look like an identifier themselves, and would leave as they are.

    Raises ``DetectionError`` when they cannot be read.
    """
    return tuple(
        header
        for header in headers
        if _announced(header) is None
        and any(span.category in _TELLING for span in stack.read(Document("", header)).spans)
    )


_BLANK = re.compile("[ \n._:：()（）\\[\\]【】*]")


def _plain(header: str) -> str:
    return _BLANK.sub("", fold(header).text).lower()


def leaves(values: Mapping[str, Any]) -> Iterator[tuple[Path, str | bytes]]:
    """Every text, number and string of bytes of a record with its place."""
    for column, value in values.items():
        yield from _leaves((column,), value)


def _leaves(path: Path, value: Any) -> Iterator[tuple[Path, str | bytes]]:
    if isinstance(value, str | bytes):
        yield path, value
    elif isinstance(value, bool) or value is None:
        return
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _leaves((*path, str(key)), inner)
    elif isinstance(value, Sequence):
        for index, inner in enumerate(value):
            yield from _leaves((*path, index), inner)
    else:
        yield path, str(value)


def inner_keys(values: Mapping[str, Any]) -> list[str]:
    """The keys of the objects inside the values of a record, each once, in order.

    The columns themselves are not among them: those say what a table holds, not of whom.
    """
    found: dict[str, None] = {}
    waiting = list(values.values())
    while waiting:
        value = waiting.pop(0)
        if isinstance(value, Mapping):
            found.update(dict.fromkeys(str(key) for key in value))
            waiting.extend(value.values())
        elif isinstance(value, list | tuple):
            waiting.extend(value)
    return list(found)


def rebuilt(values: Mapping[str, Any], changed: Mapping[Path, Any]) -> dict[str, Any]:
    """``values`` with the leaves of ``changed`` replaced; everything else as it was."""
    result = dict(values)
    for path, value in changed.items():
        column = str(path[0])
        result[column] = _replaced(result[column], path[1:], value)
    return result


def _replaced(container: Any, path: Path, value: Any) -> Any:
    if not path:
        return value
    if isinstance(container, Mapping):
        return {
            key: _replaced(inner, path[1:], value) if str(key) == path[0] else inner
            for key, inner in container.items()
        }
    return [
        _replaced(inner, path[1:], value) if index == path[0] else inner
        for index, inner in enumerate(container)
    ]
