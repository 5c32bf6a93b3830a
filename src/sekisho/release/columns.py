"""What each column of a record is: report text, an identifier, or something carried along.

Nothing is let through unread. A column is an identifier when the user says so (``--known``) or its
header does (患者氏名); every other cell is read by the detectors like the report itself, unless the
user vouches for its column (``--keep-column``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from sekisho.documents.folding import fold
from sekisho.phi.categories import Category, category

__all__ = ["Columns", "Path", "leaves", "rebuilt", "searched"]

#: The place of a value in a record: its column, then keys and indices of nested JSON.
Path = tuple[str | int, ...]

#: Values of these are searched in the text; a sex or an age of the record would be everywhere.
_SEARCHED = frozenset(
    {
        Category.NAME,
        Category.STAFF,
        Category.BIRTHDATE,
        Category.ID,
        Category.INSURANCE,
        Category.NATIONAL_ID,
        Category.PHONE,
        Category.EMAIL,
        Category.URL,
        Category.ADDRESS,
    }
)


def searched(label: str) -> bool:
    """Whether a known value of this category is searched in the text."""
    return label in _SEARCHED


@dataclass(frozen=True)
class Columns:
    """The user's word about columns: ``known`` maps columns to categories, ``keep`` passes them."""

    known: Mapping[str, str] = field(default_factory=dict)
    keep: frozenset[str] = frozenset()
    patient: str | None = None
    identifier: str | None = None
    infer: bool = True

    def category_of(self, column: str) -> Category | None:
        """The category of a whole column, None when its cells must be read to know."""
        stated = self.known.get(column)
        if stated is not None:
            return category(stated)
        if column == self.patient:
            return Category.ID
        return _announced(column) if self.infer else None


@cache
def _headers() -> dict[str, Category]:
    text = (files("sekisho.release") / "lists" / "column_headers.txt").read_text(encoding="utf-8")
    pairs = (line.split("\t") for line in text.splitlines() if line and not line.startswith("#"))
    return {_plain(header): category(label) for header, label in pairs}


@cache
def _announced(column: str) -> Category | None:
    return _headers().get(_plain(column))


_BLANK = re.compile("[ \n._:：()（）\\[\\]【】*]")


def _plain(header: str) -> str:
    return _BLANK.sub("", fold(header).text).lower()


def leaves(values: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """Every text and number of a record with its place; keys of nested objects are not values."""
    for column, value in values.items():
        yield from _leaves((column,), value)


def _leaves(path: Path, value: Any) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, bool) or value is None:
        return
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _leaves((*path, str(key)), inner)
    elif isinstance(value, Sequence) and not isinstance(value, bytes):
        for index, inner in enumerate(value):
            yield from _leaves((*path, index), inner)
    elif isinstance(value, bytes):
        yield path, value.decode("latin-1")
    else:
        yield path, str(value)


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
