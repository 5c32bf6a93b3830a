"""Objects of JSON as records: parsed without loss, and written in the style of their file.

Values keep their types, floats the digits they had. An object that names a key twice or holds half
of a surrogate pair would lose something: it becomes a record with a problem.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from json.encoder import encode_basestring, encode_basestring_ascii
from typing import Any

from sekisho.documents.encodings import Encoding, open_input
from sekisho.documents.formats.columns import Columns
from sekisho.documents.formats.output import encode
from sekisho.documents.records import Record
from sekisho.errors import ReleaseError

__all__ = [
    "BLANKS",
    "DECODER",
    "Number",
    "Style",
    "learn_style",
    "parse",
    "problem_of",
    "record",
    "render",
]

#: What may stand between the parts of JSON.
BLANKS = " \t\r\n"

_BLOCK = 1 << 20
_ESCAPE = re.compile(rb"(?<!\\)(?:\\\\){0,16}\\u[0-9A-Fa-f]{4}")
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_COLON = re.compile(r"[ \t]{0,9}:[ \t]{0,9}")
_COMMA = re.compile(r"[ \t]{0,9},[ \t]{0,9}")
_OPENED = re.compile(r"\{[ \t]{0,99}(\r?\n)([ \t]{0,999})")
_CLOSED = re.compile(r"\n([ \t]{0,999})\}")


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
    """How the objects of a file are written, and whether all of it is ASCII by escapes.

    ``indent`` is what each level is indented by, None when an object stands on one line;
    ``margin`` is that of the object itself.
    """

    comma: str = ", "
    colon: str = ": "
    ascii: bool = False
    indent: str | None = None
    margin: str = ""
    newline: str = "\n"

    def render(self, value: Any) -> str:
        """``value`` as JSON in this style.

        Raises ``TypeError`` for what JSON cannot say.
        """
        return self._written(value, self.margin)

    def _written(self, value: Any, margin: str) -> str:
        if isinstance(value, str):
            return self._string(value)
        if isinstance(value, Number):
            return value.text
        inner = margin + (self.indent or "")
        if isinstance(value, Mapping):
            pairs = [
                f"{self._written(k, inner)}{self.colon}{self._written(v, inner)}"
                for k, v in value.items()
            ]
            return self._group("{", pairs, "}", margin)
        if isinstance(value, (list, tuple)):
            return self._group("[", [self._written(each, inner) for each in value], "]", margin)
        return json.dumps(value)

    def _string(self, value: str) -> str:
        return encode_basestring_ascii(value) if self.ascii else encode_basestring(value)

    def _group(self, opening: str, parts: Sequence[str], closing: str, margin: str) -> str:
        if self.indent is None or not parts:
            return opening + self.comma.join(parts) + closing
        line = f"{self.newline}{margin}{self.indent}"
        return f"{opening}{line}{f',{line}'.join(parts)}{self.newline}{margin}{closing}"


class _Repeated(ValueError):
    """An object names a key twice, so reading it would lose a value."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise _Repeated
    return values


#: Reads JSON without loss; raises ``ValueError`` or ``RecursionError`` where that cannot be.
DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_float=Number, parse_constant=Number)


def parse(text: str) -> tuple[dict[str, Any] | None, str | None]:
    """The object that ``text`` holds, or what is wrong with it, in words that hold none of it."""
    try:
        value = DECODER.decode(text.strip(BLANKS))
    except json.JSONDecodeError as error:
        return None, f"is no valid JSON at column {error.colno}"
    except _Repeated:
        return None, "names a key twice"
    except RecursionError:
        return None, "is nested too deeply"
    except ValueError:
        return None, "holds a number that is too long"
    problem = problem_of(value, text)
    return (value, None) if problem is None else (None, problem)


def problem_of(value: Any, text: str) -> str | None:
    """What is wrong with ``value``, which ``DECODER`` read in ``text``, or None."""
    if not isinstance(value, dict):
        return "is no JSON object"
    if _SURROGATE_ESCAPE.search(text) and _SURROGATE.search(Style().render(value)):
        return "holds half of a surrogate pair"
    return None


def record(
    path: str,
    number: int,
    columns: Columns,
    values: Mapping[str, Any] | None,
    problem: str | None,
    *,
    unit: str,
) -> Record:
    """The record number ``number`` of the file at ``path``, from what ``parse`` gave.

    ``unit`` is what holds a record in such a file: its problem is told of that.
    """
    identity = values.get(columns.id) if values and columns.id else None
    name = str(identity) if isinstance(identity, (str, int)) and identity != "" else str(number)
    texts = [key for key in columns.text if values and values.get(key) is not None]
    if values is not None and problem is None:
        if not any(key in values for key in columns.text):
            problem = "has no text column"
        elif not all(isinstance(values[key], str) for key in texts):
            problem = "has a text column that is no string"
    if values is None or problem is not None:
        return Record(name, path, number, {}, (), f"{unit} {problem}")
    return Record(name, path, number, values, tuple(texts))


def render(values: Mapping[str, Any], style: Style, encoding: Encoding, where: str) -> bytes:
    """``values`` as the bytes of an object of the file ``where``.

    Raises ``ReleaseError`` when JSON or the encoding cannot write a value.
    """
    try:
        return encode(encoding, style.render(values), where)
    except TypeError:
        raise ReleaseError(
            "a released value is of a kind that JSON cannot write", where=where
        ) from None


def learn_style(first: str, path: str, encoding: Encoding) -> Style:
    """The style of the file at ``path``, by its first object and by all of its escapes.

    Raises ``InputError`` when the file cannot be read.
    """
    return replace(_spacing(first.strip()), ascii=_escaped(path, encoding))


def _spacing(text: str) -> Style:
    """The spacing of an object, by its first pair and the start of its second."""
    opened = _OPENED.match(text)
    at = opened.end() if opened else 1
    try:
        _, key_end = json.JSONDecoder().raw_decode(text, at)
        colon = _COLON.match(text, key_end)
        if colon is None:
            return Style()
        if opened:
            return _indented(text, opened, colon[0])
        _, value_end = json.JSONDecoder().raw_decode(text, colon.end())
        comma = _COMMA.match(text, value_end)
    except (ValueError, RecursionError):
        return Style()
    # A single pair tells no comma; whoever spaces the colon spaces the comma.
    return Style(comma[0] if comma else (", " if colon[0] != ":" else ","), colon[0])


def _indented(text: str, opened: re.Match[str], colon: str) -> Style:
    closed = _CLOSED.fullmatch(text, max(text.rfind("\n"), 0))
    margin = closed[1] if closed else ""
    inner = opened[2]
    if closed is None or not inner.startswith(margin):
        return Style(colon=colon)
    return Style(
        comma=",",
        colon=colon,
        indent=inner.removeprefix(margin),
        margin=margin,
        newline=opened[1],
    )


def _escaped(path: str, encoding: Encoding) -> bool:
    """Whether characters beyond ASCII are escaped: some are, and none stands as itself."""
    if encoding.codec != "utf-8":
        return False
    escapes = False
    with open_input(path) as file:
        file.seek(len(encoding.bom))
        while block := file.read(_BLOCK):
            if not block.isascii():
                return False
            escapes = escapes or _ESCAPE.search(block) is not None
    return escapes
