"""The ledger of a study: what it was begun with, and every opening of its sealed set.

``ledger.jsonl`` is a chain like that of an audit trail (:mod:`sekisho.release.audit`): each line
has its number, the hash of the line before and its own. It is only ever appended to, and every line
is on the disk before anything is done that it speaks of.

========== =====================================================================================
event      what it says
========== =====================================================================================
begin      the fingerprint of the study, and names and digests of the data known so far
opening    the sealed set is about to be read: number, finalists, fingerprint, reopened or not
opened     it was read: number, digest, count of documents
unread     it could not be read, and nothing of it came out: number, kind of trouble
closed     all finalists were measured on it: number
mended     a line that a crash tore was cut off: its bytes
end        the study is finished
========== =====================================================================================

**A torn last line** (without its line end, and not whole) never took effect: what it speaks of
comes after it, so it is left out on reading and cut off, with a ``mended`` line, on writing. A last
line that lacks nothing but its line end counts.

No text and no id of a document is in a ledger. A chain without a key shows slips and accidents; who
computes it anew from the first line on leaves no trace in it. So a study keeps the :class:`Mark` of
the ledger elsewhere too (in its store), and :meth:`Ledger.expect` finds a ledger that was cut or
put in the place of another.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sekisho.errors import AuditError
from sekisho.release.audit import FIRST, canonical, chain_hash
from sekisho.runs.files import output_error

__all__ = ["FILENAME", "Ledger", "Mark", "Opened"]

FILENAME = "ledger.jsonl"

_CHAIN: dict[str, type] = {"event": str, "time": str, "seq": int, "prev": str, "hash": str}
_FIELDS: dict[str, dict[str, type]] = {
    "begin": {"fingerprint": str, "data": dict},
    "opening": {
        "number": int,
        "data": str,
        "finalists": list,
        "fingerprint": str,
        "reopened": bool,
    },
    "opened": {"number": int, "digest": str, "documents": int},
    "unread": {"number": int, "reason": str},
    "closed": {"number": int},
    "mended": {"bytes": int},
    "end": {},
}
_DIGEST = re.compile("[0-9a-f]{64}")
_TIME = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{5,20}(?:Z|[+-][0-9:]{4,6})?")
_CODE = re.compile("[A-Za-z][A-Za-z0-9_.:-]{0,79}")
#: A name of an arm, a model or a data set: one line without control characters.
_NAME = re.compile("[^\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]{1,200}")


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a ledger had come: so many lines, the last with this hash."""

    lines: int
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """One opening of the sealed set.

    ``digest`` is empty until the set was read; ``unread`` is the kind of trouble when it could not
    be; ``closed`` says that its readings are complete.
    """

    number: int
    at: str
    data: str
    finalists: tuple[str, ...]
    fingerprint: str
    reopened: bool
    digest: str = ""
    documents: int = 0
    unread: str = ""
    closed: bool = False


class Ledger:
    """The ledger in the file at ``path``, which need not be there yet. Times are ISO 8601."""

    def __init__(self, path: Path) -> None:
        """Read what is there. Raises ``AuditError`` naming the first line that is not sound."""
        self.path = path
        self._lines: list[dict[str, Any]] = []
        # Bytes that count, bytes that there are, and whether only a line end is missing.
        self._sound, self._seen, self._unended = 0, 0, False
        self._read()

    def __repr__(self) -> str:
        return f"Ledger({len(self._lines)} lines)"

    @property
    def mark(self) -> Mark:
        """Where the ledger stands now."""
        return Mark(len(self._lines), self._last)

    @property
    def openings(self) -> tuple[Opened, ...]:
        """Every opening of the sealed set, the first one first."""
        found: dict[int, Opened] = {}
        for line in self._lines:
            number = line.get("number")
            match line["event"]:
                case "opening":
                    found[line["number"]] = Opened(
                        number=line["number"],
                        at=line["time"],
                        data=line["data"],
                        finalists=tuple(line["finalists"]),
                        fingerprint=line["fingerprint"],
                        reopened=line["reopened"],
                    )
                case "opened" if number in found:
                    found[number] = replace(
                        found[number], digest=line["digest"], documents=line["documents"]
                    )
                case "unread" if number in found:
                    found[number] = replace(found[number], unread=line["reason"])
                case "closed" if number in found:
                    found[number] = replace(found[number], closed=True)
        return tuple(found.values())

    @property
    def begun(self) -> Mapping[str, str] | None:
        """Names and digests of the data that the study was last begun with; None before that."""
        stated = [line["data"] for line in self._lines if line["event"] == "begin"]
        return stated[-1] if stated else None

    def expect(self, mark: Mark) -> None:
        """Check that this is the ledger that ``mark`` was taken of, or a continuation of it.

        Raises ``AuditError`` when lines are missing or others stand in their place.
        """
        if mark.lines == 0:
            return
        if mark.lines > len(self._lines):
            raise AuditError("lines of the ledger are missing", where=str(self.path))
        if self._lines[mark.lines - 1]["hash"] != mark.hash:
            raise AuditError("the ledger was put in the place of another", where=str(self.path))

    def begin(self, fingerprint: str, data: Mapping[str, str], *, at: str) -> None:
        """Record a study and the digests of its ``data`` by name; the same as before adds nothing.

        A digest may be empty: the sealed set is not known yet.
        """
        stated = {"fingerprint": _digest(fingerprint), "data": _digests(data)}
        begun = [line for line in self._lines if line["event"] == "begin"]
        if not begun or {name: begun[-1][name] for name in stated} != stated:
            self._append("begin", at, stated)

    def opening(
        self, *, data: str, finalists: Sequence[str], fingerprint: str, reopened: bool, at: str
    ) -> Opened:
        """Record that the sealed set is about to be read, for the next number."""
        number = len(self.openings) + 1
        stated = {
            "number": number,
            "data": _name(data),
            "finalists": [_name(each) for each in finalists],
            "fingerprint": _digest(fingerprint),
            "reopened": bool(reopened),
        }
        self._append("opening", at, stated)
        return self.openings[-1]

    def opened(self, number: int, *, digest: str, documents: int, at: str) -> None:
        """Record what was read."""
        stated = {"number": number, "digest": _digest(digest), "documents": int(documents)}
        self._append("opened", at, stated)

    def unread(self, number: int, *, reason: str, at: str) -> None:
        """Record that nothing was read; ``reason`` is the name of an exception."""
        self._append("unread", at, {"number": number, "reason": _demand(_CODE, reason, "a reason")})

    def closed(self, number: int, *, at: str) -> None:
        """Record that everything was measured that the opening was for."""
        self._append("closed", at, {"number": number})

    def end(self, *, at: str) -> None:
        """Record that the study is finished; again after it went on, else never twice."""
        if not self._lines or self._lines[-1]["event"] != "end":
            self._append("end", at, {})

    @property
    def _last(self) -> str:
        return str(self._lines[-1]["hash"]) if self._lines else FIRST

    def _read(self) -> None:
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return
        except OSError as error:
            raise AuditError(f"cannot be read: {error.strerror}", where=str(self.path)) from None
        *whole, rest = content.split(b"\n")
        for number, raw in enumerate(whole, start=1):
            line = _parsed(raw)
            if line is None:
                raise AuditError("the line was changed", where=f"{self.path}:{number}")
            if not self._follows(line):
                raise AuditError(
                    "the line does not follow the one before: lines were cut, put in or moved",
                    where=f"{self.path}:{number}",
                )
            self._lines.append(line)
        self._sound, self._seen = len(content) - len(rest), len(content)
        line = _parsed(rest)
        if line is not None and self._follows(line):
            self._lines.append(line)
            self._sound, self._unended = len(content), True

    def _follows(self, line: Mapping[str, Any]) -> bool:
        return bool(line["seq"] == len(self._lines) and line["prev"] == self._last)

    def _append(self, event: str, at: str, stated: Mapping[str, Any]) -> None:
        """Write a line, after what a crash left of another, and wait for the disk."""
        new: list[dict[str, Any]] = []
        torn = self._seen - self._sound
        for name, fields in (("mended", {"bytes": torn}), (event, stated)):
            if name == "mended" and not torn:
                continue
            line = {"event": name, "time": _time(at), "seq": len(self._lines) + len(new), **fields}
            line["prev"] = new[-1]["hash"] if new else self._last
            line["hash"] = chain_hash(line)
            new.append(line)
        raw = b"\n" * self._unended + b"".join(canonical(line) + b"\n" for line in new)
        try:
            _write(self.path, raw, sound=self._sound, seen=self._seen)
        except OSError as error:
            self._seen = self._sound
            raise output_error(error, self.path) from None
        self._lines += new
        self._sound += len(raw)
        self._seen, self._unended = self._sound, False


def _write(path: Path, raw: bytes, *, sound: int, seen: int) -> None:
    """Put ``raw`` behind the first ``sound`` bytes of a file of ``seen``, and wait for the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
    with open(descriptor, "r+b", buffering=0) as file:
        _lock(descriptor)
        if os.fstat(descriptor).st_size != seen:
            raise AuditError(
                "another process wrote to the ledger",
                where=str(path),
                remedy="let one run of the study end first",
            )
        file.truncate(sound)
        file.seek(sound)
        rest = memoryview(raw)
        try:
            while rest:
                rest = rest[file.write(rest) :]
            os.fsync(descriptor)
        except OSError:
            with suppress(OSError):
                file.truncate(sound)
            raise
    if not seen and os.name == "posix":  # elsewhere a folder cannot be opened
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _lock(descriptor: int) -> None:
    """Keep other processes out until the file is closed, where the system has such locks."""
    try:
        import fcntl
    except ImportError:
        return
    fcntl.flock(descriptor, fcntl.LOCK_EX)


def _parsed(raw: bytes) -> dict[str, Any] | None:
    """The line, when it is written in the one canonical way, has its own hash and its fields."""
    try:
        line = json.loads(raw)
        if not isinstance(line, dict) or canonical(line) != raw:
            return None
        fields = _FIELDS[line["event"]] | _CHAIN
        sound = line["hash"] == chain_hash(line) and line.keys() == fields.keys()
        return line if sound and all(_is(line[name], fields[name]) for name in fields) else None
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _is(value: object, kind: type) -> bool:
    return isinstance(value, kind) and (kind is bool or not isinstance(value, bool))


def _digests(data: Mapping[str, str]) -> dict[str, str]:
    return {_name(name): digest and _digest(digest) for name, digest in data.items()}


def _digest(value: str) -> str:
    return _demand(_DIGEST, value, "a digest")


def _time(value: str) -> str:
    return _demand(_TIME, value, "a time")


def _name(value: str) -> str:
    return _demand(_NAME, value, "a name")


def _demand(pattern: re.Pattern[str], value: str, kind: str) -> str:
    # The value is not shown: it may be what must not be written.
    if not pattern.fullmatch(value):
        raise ValueError(f"this is not {kind} that a ledger may hold")
    return value
