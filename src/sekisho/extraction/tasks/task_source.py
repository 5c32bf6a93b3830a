"""A task file as it was written: its keys and values, their lines, and what is no TOML or JSON."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sekisho.errors import UsageError
from sekisho.extraction.tasks.json_places import json_places
from sekisho.extraction.tasks.places import Places
from sekisho.extraction.tasks.toml_places import toml_places

__all__ = ["Fault", "Source", "read_source"]

_LARGEST = 20_000_000

_NOT_BARE = (
    "a key with other characters than A-Z a-z 0-9 _ - stands in quotation marks",
    'write for example [fields."結節"]',
)
_NO_VALUE = ("a value is missing or cannot be read", 'text stands in quotation marks: "..."')
_TOO_DEEP = ("values are nested too deep", None)
_TOO_LONG = ("a number has too many digits", None)
#: What ``tomllib`` and ``json`` say, by its beginning, and how it is told here.
_TOML: Mapping[str, tuple[str, str | None]] = {
    "Cannot overwrite": ("the same key stands in the file twice", "remove one of them"),
    "Cannot declare": ("the same table stands in the file twice", "make one of them"),
    "Cannot mutate": ("a table that is complete gets another key", "put the keys together"),
    "Duplicate inline": ("the same key stands in a table twice", "remove one of them"),
    "Expected '='": ("a key has no = behind it", "write key = value"),
    "Expected ']": ("the name of a table has no end", "write [name], or [[name]] for each of many"),
    "Expected newline": ("something stands behind a value", "one key and its value are one line"),
    "Invalid value": _NO_VALUE,
    "Invalid date": ("this is no date of the calendar", None),
    "Invalid initial": ("a key is missing or begins with a wrong character", None),
    "Invalid statement": ("this line is neither key = value nor [table]", None),
    "Invalid hex": ("an escape in a text lacks digits", r'write "\u3042", or the character itself'),
    "Escaped character": ("an escape in a text stands for no character", None),
    "Unescaped": (r"a \ in a text has no meaning here", r"write \\, or '...' instead of \"...\""),
    "Unterminated string": ("a text has no end", "close its quotation marks"),
    "Expected \"'": ("a text has no end", "close its quotation marks"),
    "Unclosed array": ("a list has no end", "close it with ]"),
    "Unclosed inline": ("a table has no end", "close it with }"),
    "Illegal character '\\n'": (
        "a text has no end in its line",
        'close its quotation marks, or write """..."""',
    ),
    "Illegal character": ("a control character stands here", "remove it"),
    "Found invalid": ("a control character stands here", "remove it"),
}
_JSON: Mapping[str, tuple[str, str | None]] = {
    "Expecting property": ("a key in quotation marks is missing", 'write "key": value'),
    "Expecting ':'": ("a key has no : behind it", 'write "key": value'),
    "Expecting ','": ("a comma or an end is missing before this", None),
    "Expecting value": ("a value is missing or cannot be read", "a last comma is none in JSON"),
    "Illegal trailing": ("a comma stands behind the last value", "remove it"),
    "Unterminated": ("a text has no end", "close its quotation marks"),
    "Invalid control": ("a line break or control character stands in a text", r"write \n"),
    "Invalid \\": (r"a \ in a text has no meaning here", r"write \\"),
    "Extra data": ("something stands behind the end", "one file holds one task"),
}
_PLACE = re.compile(r"\(at line ([0-9]+), column ([0-9]+)\)$")
_ENDLESS = re.compile(r"[0-9_]{4000}")


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a file is no TOML or JSON, and in which line."""

    line: int
    message: str
    remedy: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """``data`` is None when there are faults that leave nothing to look at."""

    data: Mapping[str, Any] | None = field(repr=False)
    places: Places = field(default_factory=Places, repr=False)
    faults: tuple[Fault, ...] = ()


def read_source(path: Path) -> Source:
    """What stands in ``path``; TOML or JSON as its suffix says.

    Raises ``UsageError`` when it cannot be read at all.
    """
    suffix = path.suffix.lower()
    if suffix not in (".toml", ".json"):
        raise UsageError(
            "a task file ends in .toml or .json",
            where=str(path),
            remedy="what llm_extractinator reads comes in by: sekisho extract import",
        )
    try:
        if path.stat().st_size > _LARGEST:
            raise UsageError(f"is larger than {_LARGEST // 10**6} MB", where=str(path))
        written = path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", where=str(path)) from None
    try:
        text = written.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = written.count(b"\n", 0, error.start) + 1
        return Source(None, faults=(Fault(line, "is no UTF-8", "save the file as UTF-8"),))
    return _toml(text) if suffix == ".toml" else _json(text)


def _told(message: str, known: Mapping[str, tuple[str, str | None]]) -> tuple[str, str | None]:
    for beginning, told in known.items():
        if message.startswith(beginning):
            return told
    return "this cannot be read", None


def _beyond(text: str, error: Exception) -> Fault:
    """A fault that the parser found by running into a limit of its own."""
    if isinstance(error, RecursionError):
        return Fault(1, *_TOO_DEEP)
    found = _ENDLESS.search(text)
    return Fault(text.count("\n", 0, found.start()) + 1 if found else 1, *_TOO_LONG)


def _toml(text: str) -> Source:
    try:
        return Source(tomllib.loads(text), toml_places(text))
    except tomllib.TOMLDecodeError as error:
        return Source(None, faults=(_toml_fault(text, str(error)),))
    except (ValueError, RecursionError) as error:
        return Source(None, faults=(_beyond(text, error),))


def _toml_fault(text: str, message: str) -> Fault:
    told = _told(message, _TOML)
    places = toml_places(text)
    if message.startswith(("Cannot", "Duplicate")) and places.twice:
        return Fault(places.twice[0][1], *told)
    found = _PLACE.search(message)
    if found is None:
        # The parser met the end; what has no end was begun where the places stop.
        return Fault(places.stopped or text.count("\n") + 1, *told)
    line, column = int(found[1]), int(found[2])
    written = text.replace("\r\n", "\n").split("\n")[line - 1]
    character = written[column - 1 : column]
    if message.startswith(("Invalid i", "Invalid s", "Expected '=", "Expected ']")) and (
        not character.isascii()
    ):
        told = _NOT_BARE
    return Fault(line, *told)


def _json(text: str) -> Source:
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        return Source(None, faults=(Fault(error.lineno, *_told(error.msg, _JSON)),))
    except (ValueError, RecursionError) as error:
        return Source(None, faults=(_beyond(text, error),))
    if not isinstance(data, dict):
        return Source(None, faults=(Fault(1, "a task is a table of keys", 'write {"name": ...}'),))
    return Source(data, json_places(text))
