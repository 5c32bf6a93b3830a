"""A file that results are written to, byte by byte, with errors that say what to do."""

from __future__ import annotations

import errno
import os

from sekisho.documents.encodings import Encoding
from sekisho.errors import OutputError, ReleaseError

__all__ = ["OutputFile", "encode", "unwritable"]


class OutputFile:
    """A new file at ``path`` (its folders are made); ``close`` flushes it to the disk.

    Every method raises ``OutputError`` when the operating system refuses.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        try:
            os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
            self._file = open(path, "wb")  # noqa: SIM115 (closed by close)
        except OSError as error:
            raise unwritable(path, error) from error

    def write(self, data: bytes) -> None:
        """Append ``data``."""
        try:
            self._file.write(data)
        except OSError as error:
            raise unwritable(self.path, error) from error

    def close(self) -> None:
        """Flush to the disk and close; closing twice does nothing."""
        if self._file.closed:
            return
        try:
            try:
                self._file.flush()
                os.fsync(self._file.fileno())
            finally:
                self._file.close()
        except OSError as error:
            raise unwritable(self.path, error) from error


def encode(encoding: Encoding, text: str, path: str) -> bytes:
    """``text`` in the encoding of the file at ``path``.

    Raises ``ReleaseError`` when it holds a character that the encoding cannot write; nothing has
    been written then, so the record can be held and the file goes on.
    """
    try:
        return encoding.encode(text)
    except UnicodeEncodeError:
        raise ReleaseError(
            f"a released value has a character that {encoding.label} cannot write",
            where=path,
            remedy="convert the input to UTF-8 first",
        ) from None


def unwritable(path: str, error: OSError) -> OutputError:
    """The one-line error for a file that cannot be written."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return OutputError(
            "no space left on the disk", where=path, remedy="free some and run again with --resume"
        )
    if isinstance(error, PermissionError):
        return OutputError("may not be written", where=path, remedy="choose another --out")
    if isinstance(error, (IsADirectoryError, NotADirectoryError, FileExistsError)):
        return OutputError("the place is taken", where=path, remedy="choose another --out")
    return OutputError(
        f"cannot be written: {error.strerror}", where=path, remedy="choose another --out"
    )
