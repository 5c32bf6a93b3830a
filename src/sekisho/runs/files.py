"""Files that appear whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

from sekisho.errors import OutputError

__all__ = ["digest_file", "json_line", "output_error", "replacing", "write_whole"]

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def output_error(error: OSError, path: Path) -> OutputError:
    """``error`` as one line that names the file and what to do."""
    if error.errno in _FULL:
        problem, remedy = "the disk is full", "make room, then run the same command with --resume"
    else:
        problem = os.strerror(error.errno) if error.errno else type(error).__name__
        problem = f"cannot be written: {problem}"
        remedy = "check the folder and its rights, then run the same command with --resume"
    return OutputError(problem, where=str(path), remedy=remedy)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A path to write to instead of ``path``; it takes the place of ``path`` when the block ends.

    The new file lies in the same folder and keeps the suffix, and is on the disk before it is
    renamed. A block that writes nothing removes ``path``. When the block raises, ``path`` stays
    as it was. Raises ``OutputError`` in place of any ``OSError``.
    """
    partial = path.with_name(f".partial-{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.unlink(missing_ok=True)
        yield partial
        if partial.exists():
            _flush(partial)
            partial.replace(path)
        else:
            path.unlink(missing_ok=True)
        if os.name == "posix":  # elsewhere a folder cannot be opened
            _flush(path.parent)
    except OSError as error:
        _discard(partial)
        raise output_error(error, path) from error
    except BaseException:
        _discard(partial)
        raise


def _discard(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()


def write_whole(path: Path, content: bytes) -> None:
    """Write ``content`` to ``path``, whole or not at all. Raises ``OutputError``."""
    with replacing(path) as partial:
        partial.write_bytes(content)


def json_line(row: object) -> bytes:
    """``row`` as one line of JSONL in UTF-8; lone surrogates, which UTF-8 lacks, are escaped."""
    try:
        return json.dumps(row, ensure_ascii=False).encode() + b"\n"
    except UnicodeEncodeError:
        return json.dumps(row, ensure_ascii=True).encode() + b"\n"


def digest_file(path: str | os.PathLike[str]) -> str:
    """SHA-256 (hex) of a file's bytes, read in pieces. Raises ``OSError``."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
