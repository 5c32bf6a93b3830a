"""The ledger of the gate: every request that was let out, in a chain that shows every change.

``gate.jsonl`` holds one JSON object a line: a ``start`` line, then one for each request, written
and on the disk before the first byte of it leaves. So a line says that a request was let out, not
that it arrived. Each line carries its number, the hash of the line before and its own, as those of
an audit trail do (``release.audit``). Lines cut off at the end leave a sound chain: whoever must
know keeps the last hash somewhere else.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sekisho import __version__
from sekisho.errors import AuditError, OutputError
from sekisho.release.audit import FIRST, canonical, chain_hash

__all__ = ["FILENAME", "GateReport", "Ledger", "verify"]

FILENAME = "gate.jsonl"
_FORMAT = 1
_EVENTS = ("start", "request")


@dataclass(frozen=True, slots=True)
class GateReport:
    """What a sound ledger says: how many requests, how many bytes, to whom, and the last hash."""

    requests: int
    bytes: int
    hosts: tuple[str, ...]
    last: str


class Ledger:
    """Appends to the ledger at ``path``, which is made when it is missing.

    ``clock`` gives the time of each line in ISO 8601. One writer at a time: what somebody else
    appended or changed meanwhile is an error. Raises ``AuditError`` when the ledger that is there
    is not sound, ``OutputError`` when it cannot be written.
    """

    def __init__(self, path: Path, *, clock: Callable[[], str]) -> None:
        self._path, self._clock = path, clock
        self._lock = threading.Lock()
        self._seq, self._last = 0, FIRST
        try:
            if path.exists():
                self._go_on()
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            self._known = _state(path)
        except OSError as error:
            raise self._unwritable(error) from None
        if self._seq == 0:
            self._append("start", {"format": _FORMAT, "sekisho": __version__})

    @property
    def last(self) -> str:
        """The hash of the last line."""
        return self._last

    def let_out(
        self, body: bytes, *, model: str, to: Mapping[str, str], level: str, stated_by: str
    ) -> None:
        """Record a request before it leaves; ``to`` holds its host, method and path.

        Raises ``OutputError`` when that fails, and then it must not leave.
        """
        fields = {
            "model": model,
            **to,
            "level": level,
            "bytes": len(body),
            "sha256": hashlib.sha256(body).hexdigest(),
            "stated_by": stated_by,
        }
        with self._lock:
            self._append("request", fields)

    def _go_on(self) -> None:
        content = self._path.read_bytes()
        # A line without an end is what a crash left: its request never went out.
        sound = content[: content.rfind(b"\n") + 1]
        lines = _lines(sound, self._path)
        if lines:
            self._seq, self._last = len(lines), lines[-1]["hash"]
        torn = content[len(sound) :]
        if torn and not torn.startswith(b"{"):
            raise AuditError("this is no ledger of the gate", where=str(self._path))
        if torn:
            os.truncate(self._path, len(sound))

    def _append(self, event: str, fields: Mapping[str, Any]) -> None:
        line = {
            "event": event,
            "prev": self._last,
            "seq": self._seq,
            "time": self._clock(),
            **fields,
        }
        line["hash"] = chain_hash(line)
        raw = canonical(line) + b"\n"
        try:
            if _state(self._path) != self._known:
                raise OutputError(
                    "the ledger was changed by somebody else meanwhile",
                    where=str(self._path),
                    remedy="let one command at a time write it",
                )
            with open(self._path, "r+b", buffering=0) as file:
                file.seek(0, os.SEEK_END)
                whole = file.write(raw) == len(raw)
                if whole:
                    os.fsync(file.fileno())
                else:
                    file.truncate(self._known[-1])
            if not whole:
                raise OutputError(
                    "there was no room for a line of the ledger", where=str(self._path)
                )
            self._known = _state(self._path)
        except OSError as error:
            raise self._unwritable(error) from None
        self._seq, self._last = self._seq + 1, str(line["hash"])

    def _unwritable(self, error: OSError) -> OutputError:
        return OutputError(f"the ledger cannot be written: {error.strerror}", where=str(self._path))


def verify(path: Path) -> GateReport:
    """Read the whole ledger at ``path``.

    Raises ``AuditError`` naming the first line that was changed, cut, moved or inserted.
    """
    try:
        lines = _lines(path.read_bytes(), path)
    except OSError as error:
        raise AuditError(
            f"the ledger of the gate cannot be read: {error.strerror}", where=str(path)
        ) from None
    if not lines:
        raise AuditError("the ledger has no beginning", where=str(path))
    requests = lines[1:]
    return GateReport(
        requests=len(requests),
        bytes=sum(line["bytes"] for line in requests),
        hosts=tuple(sorted({line["host"] for line in requests})),
        last=lines[-1]["hash"],
    )


def _lines(content: bytes, path: Path) -> list[dict[str, Any]]:
    """The lines, each proven to follow the one before."""
    lines: list[dict[str, Any]] = []
    last = FIRST
    for number, raw in enumerate(content.splitlines(keepends=True), start=1):
        line = _parsed(raw)
        if (
            line is None
            or (line["event"] == "start") != (number == 1)
            or (line["seq"], line["prev"]) != (number - 1, last)
        ):
            raise AuditError(
                "the line was changed, cut, moved or inserted", where=f"{path}:{number}"
            )
        last = line["hash"]
        lines.append(line)
    return lines


def _parsed(raw: bytes) -> dict[str, Any] | None:
    """The line, when it is written in the one canonical way and has its own hash."""
    try:
        line = json.loads(raw)
        if not isinstance(line, dict) or canonical(line) + b"\n" != raw:
            return None
        needed = {"event", "seq", "prev", "hash"}
        if line.get("event") == "request":
            needed |= {"model", "host", "level", "bytes", "sha256", "stated_by", "time"}
        sound = needed <= set(line) and line["event"] in _EVENTS
        return line if sound and line["hash"] == chain_hash(line) else None
    except (ValueError, TypeError, RecursionError):
        return None


def _state(path: Path) -> tuple[int, int, int]:
    """What tells a file from another one, and from itself when more was written to it."""
    found = path.stat()
    return found.st_dev, found.st_ino, found.st_size
