"""Lines of a file of any encoding, in constant memory, with what is wrong with each."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from sekisho.documents.encodings import Encoding, open_input, unreadable
from sekisho.documents.plausibility import MARK
from sekisho.errors import InputError

__all__ = ["LONGEST_LINE", "Line", "ends_with_newline", "only_carriage_returns", "read_lines"]

#: Bytes (characters in UTF-16) of one line; more is no line of text but a file of another kind.
LONGEST_LINE = 64 << 20

_HEAD = 1 << 16
_QUOTED = re.compile('"[^"]*"')


@dataclass(frozen=True, slots=True)
class Line:
    """One line with its end: as text, as bytes (None in UTF-16), and why it is not to be trusted.

    What does not decode stands in ``text`` as lone surrogates, so quotes and delimiters of the
    line are still seen.
    """

    text: str
    data: bytes | None = None
    problem: str | None = None


def read_lines(path: str, encoding: Encoding, newline: str = "\n") -> Iterator[Line]:
    """The lines of the file at ``path``, split after each ``newline`` (one character).

    Raises ``InputError`` when the file cannot be read or holds an endless line.
    """
    with open_input(path) as file:
        try:
            file.seek(len(encoding.bom))
            if encoding.wide:
                with io.TextIOWrapper(file, encoding.codec, MARK, newline) as reader:
                    while text := reader.readline(LONGEST_LINE):
                        _check(len(text), path)
                        yield Line(text, None, encoding.trouble(text))
                return
            for data in _split(file, newline):
                _check(len(data), path)
                text = encoding.decode(data)
                yield Line(text, data, encoding.trouble(text, data))
        except OSError as error:
            raise unreadable(path, error) from error


def _split(file: BinaryIO, newline: str) -> Iterator[bytes]:
    if newline == "\n":
        while data := file.readline(LONGEST_LINE):
            yield data
        return
    # Latin-1 maps bytes to characters and back one by one, whatever they mean.
    with io.TextIOWrapper(file, "latin-1", newline=newline) as reader:
        while text := reader.readline(LONGEST_LINE):
            yield text.encode("latin-1")


def _check(length: int, path: str) -> None:
    if length >= LONGEST_LINE:
        raise InputError(
            f"a line is longer than {LONGEST_LINE >> 20} MiB",
            where=path,
            remedy="check that this is the right file, or split it",
        )


def only_carriage_returns(path: str, encoding: Encoding) -> bool:
    """Whether the lines of the file end in CR alone, as on old Macintosh systems.

    What stands between double quotes is not looked at: a cell may hold other line ends.
    """
    with open_input(path) as file:
        head = _QUOTED.sub("", encoding.decode(file.read(_HEAD)))
    return "\n" not in head and "\r" in head[:-1]


def ends_with_newline(path: str, encoding: Encoding) -> bool:
    """Whether the last line of the file is ended; an empty file counts as ended."""
    with open_input(path) as file:
        size = file.seek(0, io.SEEK_END)
        file.seek(max(len(encoding.bom), size - 4))
        tail = file.read()
    return not tail or encoding.decode(tail).endswith(("\n", "\r"))
