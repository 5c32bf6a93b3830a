"""JSONL, one object a row, read in constant memory; what could be misunderstood is an error."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from sekisho.documents import strict_json
from sekisho.documents.strict_json import ConstantError, TwiceError
from sekisho.errors import InputError

__all__ = ["read_rows"]

#: More digits than any fact has; Python's own limit is a refusal to read.
_LONGEST_INTEGER = 30


def read_rows(source: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each row of ``source`` that is not blank, with words that say where it stands.

    Raises ``InputError`` when the file cannot be read, or a row is no JSON object in UTF-8, names a
    key twice, or holds a number that is none or has more digits than any fact.
    """
    decode = _decoder()
    try:
        # Lines end at line feeds only: JSON strings may hold U+2028 and its like.
        with source.open("rb") as file:
            for number, line in enumerate(file, start=1):
                where = f"{source}, row {number}"
                row = _row(line, decode, where, first=number == 1)
                if row is not None:
                    yield where, row
    except OSError as error:
        raise InputError(error.strerror or "cannot be read", where=str(source)) from None


def _row(
    line: bytes, decode: Callable[[str], Any], where: str, *, first: bool
) -> Mapping[str, Any] | None:
    try:
        text = line.decode("utf-8-sig" if first else "utf-8").strip(" \t\r\n")
    except UnicodeDecodeError:
        raise InputError("not UTF-8", where=where) from None
    if not text:
        return None
    try:
        row = decode(text)
    except TwiceError:
        raise InputError("an object names a key twice", where=where) from None
    except ConstantError:
        raise InputError("a number is not one (NaN or Infinity)", where=where) from None
    except _Refused as error:
        raise InputError(str(error), where=where) from None
    except (ValueError, RecursionError):
        raise InputError("not a row of JSON", where=where) from None
    if not isinstance(row, dict):
        raise InputError("not a JSON object", where=where)
    return row


class _Refused(ValueError):
    """JSON says something that a row must not say."""


def _integer(digits: str) -> int:
    if len(digits) > _LONGEST_INTEGER:
        raise _Refused("a number is too long")
    return int(digits)


def _number(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise _Refused("a number is too great")
    return number


def _decoder() -> Callable[[str], Any]:
    return json.JSONDecoder(
        object_pairs_hook=strict_json.once,
        parse_int=_integer,
        parse_float=_number,
        parse_constant=strict_json.constant,
    ).decode
