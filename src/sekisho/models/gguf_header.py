"""The head of a GGUF file: what can be known of a model before anything is loaded."""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import BinaryIO

from sekisho.errors import ModelAccessError

__all__ = ["trained_context"]

_MAGIC = b"GGUF"
_VERSIONS = (2, 3)
#: Bytes of the values of fixed size, by GGUF's number for their type.
_SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
_WHOLE = {2: "<H", 4: "<I", 5: "<i", 10: "<Q", 11: "<q"}
_TEXT = 8
_LIST = 9
_SUFFIX = ".context_length"


class _DamagedError(Exception):
    """The bytes are not those of a GGUF file."""


def trained_context(path: Path) -> int | None:
    """The longest sequence, in tokens, that the model in ``path`` was made for; None: not told.

    Raises ``ModelAccessError`` when the file cannot be read or is no GGUF file.
    """
    try:
        with path.open("rb") as file:
            return _context(file)
    except OSError as error:
        raise ModelAccessError(
            f"the model cannot be read: {error.strerror}",
            where=str(path),
            remedy="name a GGUF file that this user may read",
        ) from None
    except _DamagedError:
        raise ModelAccessError(
            "this is no GGUF file, or it is damaged", where=str(path), remedy="fetch it again"
        ) from None


def _context(file: BinaryIO) -> int | None:
    size = os.fstat(file.fileno()).st_size
    if _bytes(file, len(_MAGIC), size) != _MAGIC or _number(file, "<I") not in _VERSIONS:
        raise _DamagedError
    _number(file, "<Q")  # tensors
    for _ in range(_number(file, "<Q")):
        key = _bytes(file, _number(file, "<Q"), size).decode(errors="replace")
        kind = _number(file, "<I")
        if key.endswith(_SUFFIX) and kind in _WHOLE:
            return _number(file, _WHOLE[kind])
        _skip(file, kind, size)
    return None


def _skip(file: BinaryIO, kind: int, size: int) -> None:
    if kind == _TEXT:
        _pass(file, _number(file, "<Q"), size)
    elif kind == _LIST:
        inner, count = _number(file, "<I"), _number(file, "<Q")
        if inner in _SIZES:
            _pass(file, count * _SIZES[inner], size)
        else:
            for _ in range(count):
                # A list of lists is in no model, and could be nested without end.
                _skip(file, inner if inner == _TEXT else -1, size)
    elif kind in _SIZES:
        _pass(file, _SIZES[kind], size)
    else:
        raise _DamagedError


def _pass(file: BinaryIO, length: int, size: int) -> None:
    # Seeking would go beyond the end without a word.
    if length > size - file.tell():
        raise _DamagedError
    file.seek(length, os.SEEK_CUR)


def _number(file: BinaryIO, form: str) -> int:
    wanted = struct.calcsize(form)
    found = file.read(wanted)
    if len(found) < wanted:
        raise _DamagedError
    return int(struct.unpack(form, found)[0])


def _bytes(file: BinaryIO, length: int, size: int) -> bytes:
    if length > size - file.tell():
        raise _DamagedError
    return file.read(length)
