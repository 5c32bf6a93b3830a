"""JSON lines: one object, one record; values keep their types, floats the digits they had.

The output has the input's encoding, line ends, key order, spacing after commas and colons, and its
way with characters beyond ASCII (escaped or not). A line that is no JSON object, that names a key
twice, or that holds half a surrogate pair becomes a record with a problem; blank lines are none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Any

from sekisho.documents.encodings import Encoding, resolve
from sekisho.documents.formats import columns
from sekisho.documents.formats.json_objects import (
    BLANKS,
    Number,
    Style,
    learn_style,
    parse,
    record,
    render,
)
from sekisho.documents.formats.lines import Line, ends_with_newline, read_lines
from sekisho.documents.formats.output import OutputFile
from sekisho.documents.records import ReadOptions, Record

__all__ = ["JsonlReader", "JsonlWriter", "Number"]

_SAMPLE_LINES = 100


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
                self._style = learn_style(line.text, path, self._encoding)
            if number >= _SAMPLE_LINES and keys:
                break
            values, _ = _parse(line)
            keys.update(dict.fromkeys(values or ()))
        if keys:
            self._columns = columns.choose(tuple(keys), options, path)
        self.columns: tuple[str, ...] | None = self._columns.keys
        self.text_columns: tuple[str, ...] = self._columns.text
        self.id_column: str | None = self._columns.id

    def __iter__(self) -> Iterator[Record]:
        """All records, from the first."""
        number = 0
        for line in read_lines(self.path, self._encoding):
            if not line.text.strip(BLANKS):
                continue
            number += 1
            yield record(self.path, number, self._columns, *_parse(line), unit="line")

    def check(self, values: Mapping[str, Any]) -> None:
        """Raise the ``ReleaseError`` that a writer of this file would raise for ``values``."""
        render(values, self._style, self._encoding, self.path)

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
        line = render(values, self._style, self._encoding, self._output.path)
        self._output.write(self._encoding.encode(self._pending) + line)
        self._pending = self._newline

    def close(self) -> None:
        """End the last line as the input's is ended, flush to the disk and close."""
        pending, self._pending = self._pending, ""
        if self._ended and pending:
            self._output.write(self._encoding.encode(pending))
        self._output.close()


def _parse(line: Line) -> tuple[dict[str, Any] | None, str | None]:
    return (None, line.problem) if line.problem else parse(line.text)
