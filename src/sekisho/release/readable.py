"""Whether a record can be read at all: what no detector could judge is held before one is asked."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from sekisho.documents.records import Record
from sekisho.release.columns import Path

__all__ = ["NOT_TEXT", "unreadable"]

#: The reason of everything that is held here.
NOT_TEXT = "not_text"

_SURROGATE = re.compile("[\ud800-\udfff]")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f\ufffd]")
#: Inside a word a control character splits a name, and both halves are overlooked.
_BROKEN_WORD = re.compile("[^\x00- \x7f\u3000][\x01-\x08\x0e-\x1b\x7f]{1,99}[^\x00- \x7f\u3000]")
#: More control characters than this share of a text mean that it is no text.
_RUBBISH = 0.02
_SHORT = 200


def unreadable(
    record: Record,
    cells: Mapping[Path, str | bytes],
    headers: Collection[str] | None = None,
) -> str | None:
    """Why ``record`` cannot be read, in one line that quotes none of its values, or None.

    A column is named when it is one of ``headers`` (None: all of them may be named).
    """
    for column in record.text_columns:
        value = record.values.get(column)
        if value is not None and not isinstance(value, str):
            return f"{_called(column, headers)} holds no text in this record"
    for path, text in cells.items():
        column = str(path[0])
        trouble = _trouble(text, is_report=path == (column,) and column in record.text_columns)
        if trouble is not None:
            return f"{_called(column, headers)} holds {trouble}"
    return None


def _called(column: str, headers: Collection[str] | None) -> str:
    return f"column {column!r}" if headers is None or column in headers else "a column"


def _trouble(text: str | bytes, *, is_report: bool) -> str | None:
    if isinstance(text, bytes):
        return "bytes, not text (store it as text, or vouch for it with --keep-column)"
    if _SURROGATE.search(text):
        return "half of a character (a lone surrogate)"
    found = _CONTROL.findall(text)
    if not found:
        return None
    if "\0" in found:
        return "NUL characters"
    if (is_report or len(text) > _SHORT) and len(found) > _RUBBISH * len(text):
        return "control characters, not text"
    return "a control character inside a word" if _BROKEN_WORD.search(text) else None
