"""A JSON list of objects: one object, one record, as ``JsonlReader`` reads one of a line.

The output has the input's encoding, key order, spacing, indentation, its way with characters beyond
ASCII, and what stands between the elements. An element that is no object, or a broken one, becomes
a record with a problem; from where the list itself is broken the file cannot be read.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from sekisho.documents.encodings import Encoding, open_input, resolve
from sekisho.documents.formats import columns
from sekisho.documents.formats.json_elements import Element, read_elements
from sekisho.documents.formats.json_objects import BLANKS, Style, learn_style, record, render
from sekisho.documents.formats.output import OutputFile
from sekisho.documents.records import ReadOptions, Record
from sekisho.errors import InputError

__all__ = ["JsonArrayReader", "JsonArrayWriter"]

_SAMPLE = 100
_TAIL_BYTES = 4096


@dataclass(frozen=True, slots=True)
class _Frame:
    """What stands before the first element of a list, between two, and after the last."""

    head: str = "["
    between: str = ", "
    tail: str = "]"


class JsonArrayReader:
    """A file that is a JSON list of objects, read in constant memory.

    ``columns`` are the keys found in its first elements. Opening it raises ``InputError`` when the
    file is no text or no list of objects, ``UsageError`` when a named key is missing from all of
    those elements or none is recognised as the text.
    """

    def __init__(self, path: str, options: ReadOptions) -> None:
        self.path = path
        self.suffix = PurePath(path).suffix
        self._encoding = resolve(path, options.encoding)
        self.encoding: str | None = self._encoding.label
        self.delimiter: str | None = None
        sample, keys = _sample(path, self._encoding)
        self._style = learn_style(sample[0].text, path, self._encoding) if sample else Style()
        self._frame = _frame(sample, self._style, _tail(path, self._encoding))
        self._columns = (
            columns.choose(keys, options, path) if keys else columns.Columns((), (), None)
        )
        self.columns: tuple[str, ...] | None = self._columns.keys
        self.text_columns: tuple[str, ...] = self._columns.text
        self.id_column: str | None = self._columns.id

    def __iter__(self) -> Iterator[Record]:
        """All records, from the first.

        Raises ``InputError`` where the list breaks off.
        """
        for number, found in enumerate(read_elements(self.path, self._encoding), start=1):
            yield record(
                self.path, number, self._columns, found.values, found.problem, unit="element"
            )

    def check(self, values: Mapping[str, Any]) -> None:
        """Raise the ``ReleaseError`` that a writer of this file would raise for ``values``."""
        render(values, self._style, self._encoding, self.path)

    def writer(self, path: str) -> JsonArrayWriter:
        """A writer of a list in this file's style."""
        return JsonArrayWriter(path, self._encoding, self._style, self._frame)


class JsonArrayWriter:
    """Writes a list of objects."""

    def __init__(self, path: str, encoding: Encoding, style: Style, frame: _Frame) -> None:
        self._encoding, self._style, self._frame = encoding, style, frame
        self._output = OutputFile(path)
        self._output.write(encoding.bom)
        self._pending = frame.head
        self._empty = True

    def write(self, values: Mapping[str, Any]) -> None:
        """Append one object.

        Raises ``ReleaseError`` when JSON or the encoding cannot write a value (nothing is written
        then), ``OutputError`` when the disk refuses.
        """
        element = render(values, self._style, self._encoding, self._output.path)
        self._output.write(self._encoding.encode(self._pending) + element)
        self._pending, self._empty = self._frame.between, False

    def close(self) -> None:
        """End the list as the input's is ended, flush to the disk and close."""
        if self._pending:
            tail = self._frame.tail
            if self._empty:
                tail = self._frame.head.rstrip(BLANKS) + tail.lstrip(BLANKS)
            self._output.write(self._encoding.encode(tail))
            self._pending = ""
        self._output.close()


def _sample(path: str, encoding: Encoding) -> tuple[list[Element], tuple[str, ...]]:
    """The first elements, and the keys found in those, or in the first that has any.

    Raises ``InputError`` when none is an object. A list that breaks off later is told of when its
    records are read: those before it are good.
    """
    sample: list[Element] = []
    keys: dict[str, None] = {}
    number, objects = 0, False
    try:
        for number, found in enumerate(read_elements(path, encoding), start=1):
            if len(sample) < 2:
                sample.append(found)
            objects = objects or found.text.startswith("{")
            keys.update(dict.fromkeys(found.values or ()))
            if number >= _SAMPLE and keys:
                break
    except InputError:
        if not number:
            raise
    if number and not objects:
        raise InputError(
            "is a JSON list, but not one of objects",
            where=path,
            remedy="each element must be an object with the columns of one record",
        )
    return sample, tuple(keys)


def _frame(sample: list[Element], style: Style, tail: str) -> _Frame:
    if not sample:
        return _Frame(tail=tail)
    head = sample[0].before
    if len(sample) > 1:
        return _Frame(head, sample[1].before, tail)
    gap = head[head.index("[") + 1 :]
    return _Frame(head, f",{gap}" if gap else style.comma, tail)


def _tail(path: str, encoding: Encoding) -> str:
    """The end of the file from before the bracket that closes the list."""
    with open_input(path) as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(len(encoding.bom), size - _TAIL_BYTES))
        text = encoding.decode(file.read())
    body = text.rstrip(BLANKS)
    return text[len(body[:-1].rstrip(BLANKS)) :] if body.endswith("]") else "]\n"
