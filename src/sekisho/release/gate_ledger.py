"""The ledger of the gate: every request that was let out, in a chain that shows every change.

``gate.jsonl`` is a chained file (:mod:`sekisho.release.chained_file`): a ``start`` line, then one
for each request, written and on the disk before the first byte of it leaves. So a line says that a
request was let out, not that it arrived. Lines cut off at the end leave a sound chain: whoever must
know keeps the last hash somewhere else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sekisho import __version__
from sekisho.errors import AuditError
from sekisho.release.chained_file import ChainedFile, Line, typed

__all__ = ["FILENAME", "GateReport", "Ledger", "verify"]

FILENAME = "gate.jsonl"
_FORMAT = 1
_REQUEST = ("model", "host", "method", "path", "level", "sha256", "stated_by")
_typed = typed(
    {
        "start": {"format": int, "sekisho": str},
        "request": dict.fromkeys(_REQUEST, str) | {"bytes": int},
    }
)


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
        self._clock = clock
        self._file = ChainedFile(path, _valid)
        if not _begun(self._file.lines):
            self._file.append("start", {"format": _FORMAT, "sekisho": __version__}, clock=clock)

    @property
    def last(self) -> str:
        """The hash of the last line."""
        return self._file.mark.hash

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
        self._file.append("request", fields, clock=self._clock)


def verify(path: Path) -> GateReport:
    """Read the whole ledger at ``path``.

    Raises ``AuditError`` naming the first line that was changed, cut, moved or inserted, and for
    one that a crash tore.
    """
    file = ChainedFile(path, _valid, must_exist=True)
    if not file.ended:
        raise AuditError("the last line of the ledger is not whole", where=str(path))
    if not _begun(file.lines):
        raise AuditError("the ledger has no beginning", where=str(path))
    requests = [line for line in file.lines if line["event"] == "request"]
    return GateReport(
        requests=len(requests),
        bytes=sum(line["bytes"] for line in requests),
        hosts=tuple(sorted({line["host"] for line in requests})),
        last=file.mark.hash,
    )


def _valid(line: Line, before: Sequence[Line]) -> bool:
    return _typed(line, before) and (line["event"] == "start") != _begun(before)


def _begun(lines: Sequence[Line]) -> bool:
    # The first line, unless a crash tore that.
    return any(line["event"] == "start" for line in lines)
