"""Plain text: one file, one record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Any

from sekisho.documents.encodings import Encoding, open_input, resolve, unreadable
from sekisho.documents.formats.cell import Cell
from sekisho.documents.formats.output import OutputFile, encode
from sekisho.documents.records import ReadOptions, Record
from sekisho.errors import InputError

__all__ = ["TextReader", "TextWriter"]

_LARGEST = 64 << 20


class TextReader:
    """A text file as a source of one record with the one value ``text``.

    Line ends are part of the text. A file that is no text becomes a record with a problem, so that
    the rest of a folder goes on. The file is looked at when the record is read, not before;
    ``encoding`` is what was found then. Opening it raises ``UsageError`` for an unknown encoding.
    """

    columns: tuple[str, ...] | None = None
    text_columns: tuple[str, ...] = ("text",)
    id_column: str | None = None
    delimiter: str | None = None
    newline: str | None = None

    def __init__(self, path: str, options: ReadOptions) -> None:
        self.path = path
        self.suffix = PurePath(path).suffix
        self._named = options.encoding
        self._encoding = resolve(path, options.encoding) if options.encoding else None
        self.encoding: str | None = None
        self._id = PurePath(path).stem

    def __iter__(self) -> Iterator[Record]:
        """The one record.

        Raises ``InputError`` when the file cannot be opened.
        """
        with open_input(self.path) as file:
            try:
                data = file.read(_LARGEST + 1)
            except OSError as error:
                raise unreadable(self.path, error) from error
        if len(data) > _LARGEST:
            yield self._record("", f"file is longer than {_LARGEST >> 20} MiB")
            return
        try:
            self._encoding = encoding = resolve(self.path, self._named)
        except InputError as error:
            yield self._record("", error.message)
            return
        self.encoding = encoding.label
        body = data[len(encoding.bom) :]
        text = encoding.decode(body)
        problem = encoding.trouble(text) or _foreign_line(encoding, body)
        if problem is None and encoding.encode(text) != body:
            text = Cell(text, body)
        yield self._record("" if problem else text, f"file {problem}" if problem else None)

    def check(self, values: Mapping[str, Any]) -> None:
        """Raise the ``ReleaseError`` that a writer of this file would raise for ``values``."""
        _render(values, self._encoding or resolve(self.path, self._named), self.path)

    def writer(self, path: str) -> TextWriter:
        """A writer of one text in the encoding of this file, with its byte order mark if any."""
        return TextWriter(path, self._encoding or resolve(self.path, self._named))

    def _record(self, text: str, problem: str | None) -> Record:
        return Record(
            id=self._id,
            source=self.path,
            row=1,
            values={} if problem else {"text": text},
            text_columns=() if problem else ("text",),
            problem=problem,
        )


def _foreign_line(encoding: Encoding, data: bytes) -> str | None:
    if encoding.codec.startswith("utf"):
        return None
    for line in data.split(b"\n"):
        if problem := encoding.trouble(encoding.decode(line), line):
            return problem
    return None


def _render(values: Mapping[str, Any], encoding: Encoding, where: str) -> bytes:
    text = values["text"]
    return text.raw if isinstance(text, Cell) else encode(encoding, text, where)


class TextWriter:
    """Writes one text as a file."""

    def __init__(self, path: str, encoding: Encoding) -> None:
        self._encoding = encoding
        self._output = OutputFile(path)

    def write(self, values: Mapping[str, Any]) -> None:
        """Write ``values["text"]``.

        Raises ``ReleaseError`` when the encoding lacks a character, ``OutputError`` when the disk
        refuses.
        """
        data = _render(values, self._encoding, self._output.path)
        self._output.write(self._encoding.bom + data)

    def close(self) -> None:
        """Flush the file to the disk and close it."""
        self._output.close()
