"""A file that is only ever appended to, in a chain that shows every change: what a ledger is on.

Each line is one JSON object in the one canonical way, with its event, time, number (``seq``), the
hash of the line before (``prev``) and its own (``hash``), as in an audit trail
(:mod:`sekisho.release.audit`). It is on the disk before anything is done that it speaks of.

**A torn last line**, a beginning without its end, is what a crash leaves, and what it was to speak
of never happened. It is left out on reading; the next writing cuts it off and says so in a line of
its own: ``mended``, with the number of ``bytes``. A last line that lacks nothing but its line end
counts. Whatever else stands behind the last line end was not left by a crash.

Who computes a chain without a key anew, or cuts lines off at its end, leaves no trace in it; so its
:class:`Mark` is kept elsewhere too.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sekisho.errors import AuditError, OutputError
from sekisho.release.audit import FIRST, canonical, chain_hash
from sekisho.runs.files import output_error

__all__ = ["ChainedFile", "Line", "Mark", "Valid", "typed"]

Line = Mapping[str, Any]
#: Whether a line, which is chained, may follow the lines before it.
Valid = Callable[[Line, Sequence[Line]], bool]

_CHAIN: dict[str, type] = {"event": str, "time": str, "seq": int, "prev": str, "hash": str}
_MENDED = "mended"


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a chained file had come: so many lines, the last with this hash."""

    lines: int
    hash: str


def typed(events: Mapping[str, Mapping[str, type]]) -> Valid:
    """A check that a line has one of ``events`` and exactly its fields, of exactly their types."""
    return lambda line, before: line["event"] in events and _has(line, events[line["event"]])


class ChainedFile:
    """The chained file at ``path``, which need not be there yet unless it ``must_exist``.

    ``valid`` judges every line, read or to be written, but those of mending. Many threads may
    append, and one process at a time: what somebody else wrote meanwhile is an error.
    """

    def __init__(self, path: Path, valid: Valid, *, must_exist: bool = False) -> None:
        """Read what is there and change nothing.

        Raises ``AuditError`` when it cannot be read, and naming the first line that is not sound.
        """
        self.path, self._valid, self._lock = path, valid, threading.Lock()
        self._lines: list[Line] = []
        # The file as it was last seen, its bytes that count, and what its last line lacks.
        self._seen: tuple[int, int, int] | None = None
        self._sound, self._torn, self._unended = 0, 0, False
        try:
            with open(path, "rb") as file:
                content, seen = file.read(), _seen(file.fileno())
        except OSError as error:
            if isinstance(error, FileNotFoundError) and not must_exist:
                return
            why = error.strerror or type(error).__name__
            raise AuditError(f"cannot be read: {why}", where=str(path)) from None
        self._seen = (*seen[:2], len(content))
        *whole, rest = content.split(b"\n")
        self._torn = len(rest) if _is_torn(rest) else 0
        self._unended = bool(rest) and not self._torn
        self._sound = len(content) - self._torn
        for raw in [*whole, rest] if self._unended else whole:
            self._lines.append(self._proven(raw))

    @property
    def lines(self) -> Sequence[Line]:
        """Every line that counts, the first one first, those of mending among them."""
        return self._lines

    @property
    def mark(self) -> Mark:
        """Where the file stands now."""
        return Mark(len(self._lines), self._lines[-1]["hash"] if self._lines else FIRST)

    @property
    def ended(self) -> bool:
        """Whether the last line is whole to its line end, as every append leaves it."""
        return not (self._torn or self._unended)

    def expect(self, mark: Mark) -> None:
        """Check that this is the file that ``mark`` was taken of, or a continuation of it.

        Raises ``AuditError`` when lines are missing or others stand in their place.
        """
        if mark.lines > len(self._lines):
            raise AuditError("lines at its end are missing", where=str(self.path))
        if mark.lines and self._lines[mark.lines - 1]["hash"] != mark.hash:
            raise AuditError("it was put in the place of another", where=str(self.path))

    def append(self, event: str, fields: Mapping[str, Any], *, clock: Callable[[], str]) -> None:
        """Write a line and wait for the disk. ``clock`` gives its time in ISO 8601.

        Raises ``OutputError`` when it cannot be written, or somebody else changed the file
        meanwhile, and then it does not count; ``ValueError`` for one that ``valid`` refuses.
        """
        with self._lock:
            at = clock()
            if self._torn:
                self._put(_MENDED, at, {"bytes": self._torn})
                self._torn = 0
            self._put(event, at, fields)

    def _proven(self, raw: bytes) -> Line:
        line = _parsed(raw)
        if line is None:
            problem = "the line was changed"
        elif (line["seq"], line["prev"]) != (len(self._lines), self.mark.hash):
            problem = "the line does not follow the one before: lines were cut, put in or moved"
        elif not self._may_stand(line):
            problem = "the line was changed: it is none that may stand here"
        else:
            return line
        raise AuditError(problem, where=f"{self.path}:{len(self._lines) + 1}")

    def _may_stand(self, line: Line) -> bool:
        mending = line["event"] == _MENDED
        return _has(line, {"bytes": int}) if mending else self._valid(line, self._lines)

    def _put(self, event: str, at: str, fields: Mapping[str, Any]) -> None:
        chain = {"event": event, "time": at, "seq": len(self._lines), "prev": self.mark.hash}
        made = {**fields, **chain, "hash": chain_hash({**fields, **chain})}
        raw = canonical(made)
        line = _parsed(raw)  # what is kept is what will be read back
        if line is None or fields.keys() & _CHAIN.keys() or not self._may_stand(line):
            raise ValueError("this is no line that the file may hold")
        try:
            self._write(b"\n" * self._unended + raw + b"\n")
        except OSError as error:
            raise output_error(error, self.path) from None
        self._lines.append(line)
        self._unended = False

    def _write(self, raw: bytes) -> None:
        """Put ``raw`` behind the bytes that count, and wait for the disk."""
        flags = os.O_RDWR | getattr(os, "O_BINARY", 0)
        if self._seen is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            flags |= os.O_CREAT
        descriptor = os.open(self.path, flags, 0o600)
        with open(descriptor, "r+b", buffering=0) as file:
            _lock(descriptor)
            seen = _seen(descriptor)
            if seen != (self._seen or (*seen[:2], 0)):
                raise OutputError(
                    "cannot be written: somebody else changed it meanwhile",
                    where=str(self.path),
                    remedy="let another process that writes to it end first",
                )
            if not self._sound:
                _sync_folder(self.path.parent)
            try:
                file.truncate(self._sound)
                self._seen = (*seen[:2], self._sound)
                file.seek(self._sound)
                rest = memoryview(raw)
                while rest:
                    rest = rest[file.write(rest) :]
                os.fsync(descriptor)
            except BaseException:
                # When this fails too, the size is another than was seen, and no line follows.
                with suppress(OSError):
                    file.truncate(self._sound)
                raise
            self._sound += len(raw)
            self._seen = (*seen[:2], self._sound)


def _seen(descriptor: int) -> tuple[int, int, int]:
    """What tells a file from another one, and from itself when more was written to it."""
    found = os.fstat(descriptor)
    return found.st_dev, found.st_ino, found.st_size


def _lock(descriptor: int) -> None:
    """Keep other processes out until the file is closed, where the system has such locks."""
    with suppress(ImportError):
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX)


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":  # elsewhere a folder cannot be opened
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _parsed(raw: bytes) -> Line | None:
    """The line, when it is written in the one canonical way, is chained and has its own hash."""
    try:
        line = json.loads(raw)
        if not isinstance(line, dict) or canonical(line) != raw:
            return None
        chained = all(type(line.get(name)) is kind for name, kind in _CHAIN.items())
        return line if chained and line["hash"] == chain_hash(line) else None
    except (ValueError, RecursionError):
        return None


def _has(line: Line, fields: Mapping[str, type]) -> bool:
    exactly = fields.keys() | _CHAIN.keys()
    return line.keys() == exactly and all(type(line[name]) is fields[name] for name in fields)


def _is_torn(rest: bytes) -> bool:
    """Whether a crash can have left ``rest``: a beginning without end, or zeros in its place."""
    with suppress(RecursionError):
        try:
            json.JSONDecoder().raw_decode(rest.decode("latin-1"))
        except ValueError:
            return bool(rest) and rest.lstrip(b"\0")[:1] in (b"", b"{")
    return False
