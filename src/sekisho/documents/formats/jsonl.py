"""JSON lines: one object, one record; values keep their types, floats the digits they had.

The output has the input's encoding, line ends, key order, spacing after commas and colons, and its
way with characters beyond ASCII (escaped or not). A line that is no JSON object, that names a key
twice, or that holds half a surrogate pair becomes a record with a problem; blank lines are none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from json.encoder import encode_basestring, encode_basestring_ascii
from pathlib import PurePath
from typing import Any

from sekisho.documents.encodings import Encoding, open_input, resolve
from sekisho.documents.formats import columns
from sekisho.documents.formats.lines import Line, ends_with_newline, read_lines
from sekisho.documents.formats.output import OutputFile, encode
from sekisho.documents.records import ReadOptions, Record
from sekisho.errors import ReleaseError

__all__ = ["JsonlReader", "JsonlWriter", "Number"]

_SAMPLE_LINES = 100
_ESCAPE = re.compile(rb"(?<!\\)(?:\\\\){0,16}\\u[0-9A-Fa-f]{4}")
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")
_SURROGATE = re.compile("[\ud800-\udfff]")


class Number(float):
    """A float with the digits it was written with (``1.10``, ``1E5``, more than a double holds)."""

    __slots__ = ("text",)

    text: str

    def __new__(cls, text: str) -> Number:
        """The number that ``text`` writes."""
        number = super().__new__(cls, text)
        number.text = text
        return number

    def __getnewargs__(self) -> tuple[str]:  # type: ignore[override]
        return (self.text,)


@dataclass(frozen=True, slots=True)
class Style:
    """How the objects of a file are spaced, and whether all of it is ASCII by escapes."""

    comma: str = ", "
    colon: str = ": "
    ascii: bool = False

    def render(self, value: Any) -> str:
        """``value`` as JSON in this style.

        Raises ``TypeError`` for what JSON cannot say.
        """
        if isinstance(value, str):
            return encode_basestring_ascii(value) if self.ascii else encode_basestring(value)
        if isinstance(value, Number):
            return value.text
        if isinstance(value, Mapping):
            pairs = (f"{self.render(k)}{self.colon}{self.render(v)}" for k, v in value.items())
            return "{" + self.comma.join(pairs) + "}"
        if isinstance(value, (list, tuple)):
            return "[" + self.comma.join(map(self.render, value)) + "]"
        return json.dumps(value)


class JsonlReader:
    """A file of JSON lines, read in constant memory.

    ``columns`` are the keys found in its first lines. Opening it raises ``InputError`` when the
    file is no text, ``UsageError`` when a named key is missing from all of those lines or none is
    recognised as the text.
    """

    def __init__(self, path: str, options: ReadOptions) -> None:
        self.path = path
        self.suffix = PurePath(path).suffix
        self._encoding = resolve(path, options.encoding)
        self._ended = ends_with_newline(path, self._encoding)
        self.encoding: str | None = self._encoding.label
        self.delimiter: str | None = None
        self.newline = "\n"
        self._style = Style()
        self._columns = columns.Columns((), (), None)
        keys: dict[str, None] = {}
        for number, line in enumerate(read_lines(path, self._encoding)):
            if number == 0:
                self.newline = "\r\n" if line.text.endswith("\r\n") else "\n"
                self._style = _style(line.text)
            if number >= _SAMPLE_LINES and keys:
                break
            values, _ = _parse(line)
            keys.update(dict.fromkeys(values or ()))
        self._style = Style(self._style.comma, self._style.colon, _escaped(path, self._encoding))
        if keys:
            self._columns = columns.choose(tuple(keys), options, path)
        self.columns: tuple[str, ...] | None = self._columns.keys
        self.text_columns: tuple[str, ...] = self._columns.text
        self.id_column: str | None = self._columns.id

    def __iter__(self) -> Iterator[Record]:
        """All records, from the first."""
        number = 0
        for line in read_lines(self.path, self._encoding):
            if not line.text.strip(" \t\r\n"):
                continue
            number += 1
            yield self._record(number, line)

    def _record(self, number: int, line: Line) -> Record:
        values, problem = _parse(line)
        identity = values.get(self._columns.id) if values and self._columns.id else None
        name = str(identity) if isinstance(identity, (str, int)) and identity != "" else str(number)
        texts = [key for key in self._columns.text if values and values.get(key) is not None]
        if values is not None and problem is None:
            if not any(key in values for key in self._columns.text):
                problem = "has no text column"
            elif not all(isinstance(values[key], str) for key in texts):
                problem = "has a text column that is no string"
        if values is None or problem is not None:
            return Record(name, self.path, number, {}, (), f"line {problem}")
        return Record(name, self.path, number, values, tuple(texts))

    def check(self, values: Mapping[str, Any]) -> None:
        """Raise the ``ReleaseError`` that a writer of this file would raise for ``values``."""
        _render(values, self._style, self._encoding, self.path)

    def writer(self, path: str) -> JsonlWriter:
        """A writer of objects in this file's style."""
        return JsonlWriter(path, self._encoding, self._style, self.newline, ended=self._ended)


class JsonlWriter:
    """Writes objects, one a line."""

    def __init__(
        self, path: str, encoding: Encoding, style: Style, newline: str, *, ended: bool
    ) -> None:
        self._encoding, self._style, self._newline, self._ended = encoding, style, newline, ended
        self._output = OutputFile(path)
        self._output.write(encoding.bom)
        self._pending = ""

    def write(self, values: Mapping[str, Any]) -> None:
        """Append one object.

        Raises ``ReleaseError`` when JSON or the encoding cannot write a value (nothing is written
        then), ``OutputError`` when the disk refuses.
        """
        line = _render(values, self._style, self._encoding, self._output.path)
        self._output.write(self._encoding.encode(self._pending) + line)
        self._pending = self._newline

    def close(self) -> None:
        """End the last line as the input's is ended, flush to the disk and close."""
        pending, self._pending = self._pending, ""
        if self._ended and pending:
            self._output.write(self._encoding.encode(pending))
        self._output.close()


def _render(values: Mapping[str, Any], style: Style, encoding: Encoding, where: str) -> bytes:
    try:
        return encode(encoding, style.render(values), where)
    except TypeError:
        raise ReleaseError(
            "a released value is of a kind that JSON cannot write", where=where
        ) from None


class _Repeated(ValueError):
    """An object names a key twice, so reading it would lose a value."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise _Repeated
    return values


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_float=Number, parse_constant=Number)


def _parse(line: Line) -> tuple[dict[str, Any] | None, str | None]:
    """The object that a line holds, or what is wrong with it, in words that hold none of it."""
    if line.problem:
        return None, line.problem
    try:
        value = _DECODER.decode(line.text.strip(" \t\r\n"))
    except json.JSONDecodeError as error:
        return None, f"is no valid JSON at column {error.colno}"
    except _Repeated:
        return None, "names a key twice"
    except RecursionError:
        return None, "is nested too deeply"
    except ValueError:
        return None, "holds a number that is too long"
    if not isinstance(value, dict):
        return None, "is no JSON object"
    if _SURROGATE_ESCAPE.search(line.text) and _SURROGATE.search(Style().render(value)):
        return None, "holds half of a surrogate pair"
    return value, None


def _style(line: str) -> Style:
    """The spacing of the first object, by its first pair and the start of its second."""
    text = line.strip()
    try:
        _, key_end = json.JSONDecoder().raw_decode(text, 1)
        colon = re.compile(r"[ \t]{0,9}:[ \t]{0,9}").match(text, key_end)
        if colon is None:
            return Style()
        _, value_end = json.JSONDecoder().raw_decode(text, colon.end())
        comma = re.compile(r"[ \t]{0,9},[ \t]{0,9}").match(text, value_end)
    except (ValueError, RecursionError):
        return Style()
    # A single pair tells no comma; whoever spaces the colon spaces the comma.
    return Style(comma[0] if comma else (", " if colon[0] != ":" else ","), colon[0])


def _escaped(path: str, encoding: Encoding) -> bool:
    """Whether characters beyond ASCII are escaped: some are, and none stands as itself."""
    if encoding.codec != "utf-8":
        return False
    escapes = False
    with open_input(path) as file:
        file.seek(len(encoding.bom))
        while block := file.read(1 << 20):
            if not block.isascii():
                return False
            escapes = escapes or _ESCAPE.search(block) is not None
    return escapes
