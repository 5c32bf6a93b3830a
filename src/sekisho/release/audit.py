"""The audit trail of a run: what was done to each document, in a chain that shows every change.

``audit.jsonl`` holds one JSON object a line: a ``start`` line with the run and the versions, one
line for each document, an ``end`` line with their count and the hashes of the run's files. Each
line carries its number, the hash of the line before (``prev``) and its own (``hash``): SHA-256
over its canonical JSON without ``hash``. The end line may also carry a ``seal``, an HMAC under a
key of the vault, so that a chain computed anew from beginning to end is seen as well.

No line can hold an identifier: a document is named by a keyed hash, a reason is a code, and the
rest are numbers, categories and hashes; anything else is refused.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

from sekisho.errors import AuditError, OutputError
from sekisho.phi.categories import category

if TYPE_CHECKING:
    from sekisho.release.audit_check import Beginning
    from sekisho.release.keys import Derive

__all__ = ["FIRST", "AuditWriter", "Outcome", "canonical", "chain_hash", "line_seal"]

#: What the first line has for ``prev``.
FIRST = "0" * 64

Outcome = Literal["released", "held", "failed"]

_REFERENCE = re.compile(r"[0-9a-f]{32,64}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.:-]{0,79}")


def canonical(line: Mapping[str, Any]) -> bytes:
    """The one way to write ``line``: sorted keys, no white space, ASCII."""
    return json.dumps(line, sort_keys=True, separators=(",", ":")).encode("ascii")


def chain_hash(line: Mapping[str, Any]) -> str:
    """The hash of ``line``, over everything in it but the hash itself."""
    body = {name: value for name, value in line.items() if name != "hash"}
    return hashlib.sha256(canonical(body)).hexdigest()


def line_seal(line: Mapping[str, Any], derive: Derive) -> str:
    """The keyed seal of an end line, over everything in it but the seal and the hash.

    ``prev`` is part of it, and with that all lines before.
    """
    body = {name: value for name, value in line.items() if name not in {"hash", "seal"}}
    return derive("audit seal", canonical(body).decode("ascii")).hex()


class AuditWriter:
    """Appends to one audit trail. ``clock`` gives the time of each line in ISO 8601.

    Each line reaches the operating system as it is written, so a killed process loses none; the
    disk is waited for in ``close``. Without ``close`` the trail has no end, and says so.
    """

    def __init__(
        self,
        path: Path,
        *,
        run: str,
        versions: Mapping[str, str],
        clock: Callable[[], str],
        derive: Derive | None = None,
        resume: bool = False,
    ):
        """Begin a trail; with ``resume`` go on with one that a crash interrupted.

        A last line that the crash tore is cut off, and ``recorded`` holds the documents that
        need no second line. Raises ``OutputError`` when ``path`` is there (and not to be resumed)
        or cannot be written, ``AuditError`` when the trail to resume is not a sound beginning,
        has ended, or belongs to another run.
        """
        self._path, self._clock, self._derive = path, clock, derive
        self._seq, self._prev, self._size = 0, FIRST, 0
        self.recorded: set[str] = set()
        begun = self._begun(run) if resume and path.exists() else None
        try:
            self._file = open(path, "xb" if begun is None else "r+b", buffering=0)  # noqa: SIM115
            if begun is not None:
                self._cut()
        except OSError as error:
            raise self._unwritable(error) from None
        if begun is None or begun.run is None:
            self._append("start", {"run": run, "versions": dict(versions)})

    def document(
        self,
        reference: str,
        outcome: Outcome,
        *,
        counts: Mapping[str, Mapping[str, int]] | None = None,
        released: str | None = None,
        reason: str | None = None,
    ) -> None:
        """Record one document.

        ``reference`` is a keyed hash in hexadecimal, ``counts`` numbers by category and action,
        ``released`` the SHA-256 of the released text, ``reason`` a code such as
        ``inspection:PHONE``. Raises ``ValueError`` for whatever could hold an identifier, or a
        document recorded before.
        """
        _demand(_REFERENCE, reference, "a document reference")
        if reference in self.recorded:
            raise ValueError("the document has been recorded already")
        line: dict[str, Any] = {"document": reference, "counts": {}}
        for label, actions in (counts or {}).items():
            for action in actions:
                _demand(_CODE, action, "an action")
            line["counts"][category(label).value] = {a: int(n) for a, n in actions.items()}
        if released is not None:
            line["released"] = _demand(_DIGEST, released, "a hash")
        if reason is not None:
            line["reason"] = _demand(_CODE, reason, "a reason")
        self._append(outcome, line)
        self.recorded.add(reference)

    def close(
        self,
        files: Mapping[str, str] | None = None,
        reversals: str | None = None,
    ) -> None:
        """Write the end line, wait for the disk and close.

        ``files`` maps names within the run's folder to their SHA-256, ``reversals`` is the text
        of the vault's tally of this run.
        """
        end: dict[str, Any] = {"documents": len(self.recorded), "files": dict(files or {})}
        if reversals is not None:
            end["reversals"] = reversals
        self._append("end", end)
        try:
            os.fsync(self._file.fileno())
            self._file.close()
        except OSError as error:
            raise self._unwritable(error) from None

    def abandon(self) -> None:
        """Close the file without an end line, to be resumed later."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # The end line is a statement; it is never made by leaving a block.
        self.abandon()

    def _begun(self, run: str) -> Beginning:
        from sekisho.release.audit_check import beginning

        found = beginning(self._path)
        if found.run not in {None, run}:
            raise AuditError("the audit trail belongs to another run", where=str(self._path))
        self._seq, self._prev, self._size = found.lines, found.last, found.size
        self.recorded = set(found.documents)
        return found

    def _cut(self) -> None:
        """Cut off what a crash or a full disk left of a line."""
        self._file.truncate(self._size)
        self._file.seek(self._size)

    def _append(self, event: str, fields: Mapping[str, Any]) -> None:
        line: dict[str, Any] = {
            "event": event,
            "prev": self._prev,
            "seq": self._seq,
            "time": self._clock(),
        }
        line |= fields
        if event == "end" and self._derive is not None:
            line["seal"] = line_seal(line, self._derive)
        line["hash"] = chain_hash(line)
        raw = canonical(line) + b"\n"
        try:
            written = 0
            while written < len(raw):
                written += self._file.write(raw[written:])
        except OSError as error:
            with suppress(OSError):
                self._cut()
            raise self._unwritable(error) from None
        self._seq, self._prev = self._seq + 1, line["hash"]
        self._size += len(raw)

    def _unwritable(self, error: OSError) -> OutputError:
        return OutputError(
            f"the audit trail cannot be written: {error.strerror}", where=str(self._path)
        )


def _demand(pattern: re.Pattern[str], value: str, kind: str) -> str:
    # The value is not shown: it may be what must not be written.
    if not pattern.fullmatch(value):
        raise ValueError(f"this is not {kind} that an audit trail may hold")
    return value
