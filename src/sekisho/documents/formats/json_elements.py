"""The elements of one long JSON list, one after the other, in constant memory.

A line ends at its line feed whatever stands in it; an element ends where its brackets are closed,
which holds only while everything is made of what JSON is made of. So an element that consists of
strings, numbers, words and brackets of JSON, but not in the right order, is a broken element among
others. From anything else on (a quote that is missing turns all texts inside out), where elements
begin and end is a guess, and the file is not read on.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO, TypeAlias

from sekisho.documents.encodings import Encoding, open_input, unreadable
from sekisho.documents.formats.json_objects import DECODER, parse, problem_of
from sekisho.documents.plausibility import MARK
from sekisho.errors import InputError

__all__ = ["LONGEST_ELEMENT", "Element", "read_elements"]

#: Characters of one element, at most; more is no record but a file of another kind.
LONGEST_ELEMENT = 64 << 20

#: Brackets that are open at once, at most.
_DEEPEST = 1 << 20
_BLOCK = 1 << 18
_LONGEST_GAP = 1000
_GAP = re.compile("[ \t\r\n]*+")
_TOKEN = re.compile(
    r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[{}\[\]:]|[ \t\r\n]++|[-+.0-9eE]++'
    "|true|false|null|NaN|-?Infinity",
    re.DOTALL,
)
#: What the rest of the text may become a token of.
_BEGUN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+\\?|-?[A-Za-z]{0,8}', re.DOTALL)
_CLOSING = {"{": "}", "[": "]"}
_REPAIR = "export it again, or repair it there"

#: An object or what is wrong with it, and where it ends.
_Found: TypeAlias = tuple[dict[str, Any] | None, str | None, int]


@dataclass(frozen=True, slots=True)
class Element:
    """One element: the object it holds, or what is wrong with it, in words that hold none of it.

    ``text`` is how it was written; ``before`` what stood between it and the element before it (the
    beginning of the file, for the first), cut when it is long.
    """

    values: dict[str, Any] | None = field(repr=False)
    problem: str | None
    text: str = field(repr=False)
    before: str


def read_elements(path: str, encoding: Encoding) -> Iterator[Element]:
    """The elements of the list that the file at ``path`` holds.

    Raises ``InputError`` when it holds no list, or the list ends or breaks off inside of it; all
    elements before that have been given then.
    """
    with open_input(path) as file:
        try:
            yield from _List(file, path, encoding).elements()
        except OSError as error:
            raise unreadable(path, error) from error


class _List:
    """A list on its way through ``_text``, in which everything before ``_at`` is done with."""

    def __init__(self, file: BinaryIO, path: str, encoding: Encoding) -> None:
        self._file, self._path, self._encoding = file, path, encoding
        self._decoder = codecs.getincrementaldecoder(encoding.codec)(MARK)
        self._text, self._at, self._ended = "", 0, False
        self._number = 0
        file.seek(len(encoding.bom))

    def elements(self) -> Iterator[Element]:
        before = self._gap()
        self._open()
        before += "[" + self._gap()
        if self._peek() == "]":
            self._at += 1
        else:
            while True:
                self._number += 1
                yield self._element(before)
                before = self._gap()
                mark = self._peek()
                if not mark:
                    raise self._error("ends before the list does")
                self._at += 1
                if mark == "]":
                    break
                before += mark + self._gap()
        self._gap()
        if self._peek():
            raise self._error("goes on after the list")

    def _open(self) -> None:
        first = self._peek()
        if first == "{":
            raise self._error(
                "is a JSON object, not a list of them",
                remedy="put [ and ] around it; where each line is an object, name it .jsonl",
            )
        if first != "[":
            raise self._error(
                "is no JSON list" if first else "is empty", remedy="a list of objects is read"
            )
        self._at += 1

    def _element(self, before: str) -> Element:
        """The element that begins here, up to the comma or bracket after it."""
        while True:
            found = self._object() or self._any()
            if found is not None:
                values, problem, end = found
                text, self._at = self._text[self._at : end], end
                trouble = self._trouble(text)
                return Element(None if trouble else values, trouble or problem, text, before)
            if self._ended:
                raise self._error(f"ends in the middle of element {self._number}")
            have = len(self._text) - self._at
            if have > LONGEST_ELEMENT:
                raise self._error(
                    f"element {self._number} is longer than {LONGEST_ELEMENT >> 20} MiB",
                    remedy="check that this is the right file, or split it",
                )
            # Twice as much each time, or a long element would be looked at again too often.
            self._read(min(have, LONGEST_ELEMENT + 1 - have))

    def _object(self) -> _Found | None:
        """A good object that begins here and its end, the quick way; None when there is none."""
        if not self._text.startswith("{", self._at):
            return None
        try:
            values, end = DECODER.raw_decode(self._text, self._at)
        except (ValueError, RecursionError):
            return None
        mark = self._text[(after := _blanks_end(self._text, end)) : after + 1]
        if mark not in (",", "]") and not (self._ended and not mark):
            return None
        problem = problem_of(values, self._text[self._at : end])
        return (values if problem is None else None), problem, end

    def _any(self) -> _Found | None:
        """Whatever begins here and its end; None when more must be read to know."""
        text, at = self._text, self._at
        open_: list[str] = []
        while True:
            mark = text[at : at + 1]
            if mark == "," or (mark == "]" and not open_):
                if not open_:
                    end = len(text[self._at : at].rstrip(" \t\r\n")) + self._at
                    return *parse(text[self._at : end]), end
                at += 1
                continue
            token = _TOKEN.match(text, at)
            if token is None or (token.end() == len(text) and not self._ended):
                if not self._ended and (token or _BEGUN.fullmatch(text, at)):
                    return None
                if not mark or (mark == '"' and self._ended):
                    return None
                raise self._error(f"element {self._number} is not written as JSON is")
            if mark in _CLOSING:
                open_.append(_CLOSING[mark])
                if len(open_) > _DEEPEST:
                    raise self._error(f"element {self._number} is nested too deeply")
            elif mark in ("}", "]") and (not open_ or open_.pop() != mark):
                raise self._error(f"the brackets of element {self._number} do not match")
            at = token.end()

    def _trouble(self, text: str) -> str | None:
        trouble = self._encoding.trouble(text)
        if trouble or self._encoding.wide or text.isascii():
            return trouble
        try:
            return self._encoding.trouble(text, self._encoding.encode(text))
        except UnicodeEncodeError:
            return f"holds a character that {self._encoding.codec} reads and cannot write"

    def _gap(self) -> str:
        """What separates two parts; passed over, whatever its length."""
        kept = ""
        while True:
            begun, self._at = self._at, _blanks_end(self._text, self._at)
            kept = (kept + self._text[begun : self._at])[:_LONGEST_GAP]
            if self._at < len(self._text) or not self._read():
                return kept

    def _peek(self) -> str:
        """The character that comes next; nothing at the end of the file."""
        while self._at >= len(self._text) and self._read():
            pass
        return self._text[self._at : self._at + 1]

    def _read(self, wanted: int = 0) -> bool:
        """Read on, ``wanted`` bytes at the least; whether there was more."""
        if self._ended:
            return False
        data = self._file.read(max(_BLOCK, wanted))
        self._ended = not data
        self._text = self._text[self._at :] + self._decoder.decode(data, final=not data)
        self._at = 0
        return True

    def _error(self, message: str, remedy: str = _REPAIR) -> InputError:
        return InputError(message, where=self._path, remedy=remedy)


def _blanks_end(text: str, at: int) -> int:
    blanks = _GAP.match(text, at)
    return at if blanks is None else blanks.end()
