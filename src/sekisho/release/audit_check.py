"""Reading an audit trail back: is it whole, and are the run's files still what it says?"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, BinaryIO

from sekisho.errors import AuditError
from sekisho.release.audit import FIRST, canonical, chain_hash, line_seal

if TYPE_CHECKING:
    from sekisho.release.keys import Derive

__all__ = ["AuditReport", "Beginning", "beginning", "file_hash", "verify", "verify_directory"]

_OUTCOMES = ("released", "held", "failed")


@dataclass(frozen=True)
class AuditReport:
    """What a sound trail says. ``sealed``: it has a seal; ``seal_checked``: the key confirmed it.

    ``files`` maps names to SHA-256, ``reversals`` is the text of the vault's tally, or None.
    """

    run: str
    outcomes: Mapping[str, int]
    files: Mapping[str, str]
    reversals: str | None
    sealed: bool
    seal_checked: bool

    @property
    def documents(self) -> int:
        """How many documents the trail records."""
        return sum(self.outcomes.values())


@dataclass(frozen=True)
class Beginning:
    """The sound part of a trail without an end: its size in bytes and lines, its last hash.

    ``run`` is None when not even the first line was written.
    """

    run: str | None
    size: int
    lines: int
    last: str
    documents: frozenset[str]


def verify(path: Path, derive: Derive | None = None) -> AuditReport:
    """Read the whole trail at ``path``.

    With ``derive`` (``Keys.derive`` of the vault) the seal must be there and hold. Raises
    ``AuditError`` naming the line and what happened to it: changed, cut, reordered, inserted or
    duplicated.
    """
    start: dict[str, Any] = {}
    end: dict[str, Any] | None = None
    outcomes = dict.fromkeys(_OUTCOMES, 0)
    seen: set[str] = set()
    number = 0
    for number, line in _chain(path):
        if end is not None:
            raise _broken(path, number, "was inserted after the end")
        if number == 1:
            start = line
        elif line["event"] == "end":
            end = line
        else:
            outcomes[line["event"]] += 1
            if line["document"] in seen:
                raise _broken(path, number, "was inserted: its document stands before")
            seen.add(line["document"])
    if end is None:
        raise _broken(path, number + 1, "was cut: the trail has no end")
    if end.get("documents") != len(seen):
        raise _broken(path, number, "was changed: its count is wrong")
    if derive is not None:
        _check_seal(path, number, end, derive)
    return AuditReport(
        run=str(start.get("run")),
        outcomes=outcomes,
        files=end.get("files", {}),
        reversals=end.get("reversals"),
        sealed="seal" in end,
        seal_checked=derive is not None,
    )


def verify_directory(directory: Path, derive: Derive | None = None) -> AuditReport:
    """``verify`` the trail of a run's folder, and every file whose hash it recorded.

    Raises ``AuditError`` too for a file that is missing, changed, or stands among the released
    ones without being recorded.
    """
    report = verify(directory / "audit.jsonl", derive)
    for name, recorded in sorted(report.files.items()):
        place = PurePosixPath(name)
        if place.is_absolute() or ".." in place.parts:
            raise AuditError("the trail names a file outside of its folder", where=str(directory))
        try:
            found = file_hash(directory / place)
        except OSError:
            raise AuditError("the file was removed", where=str(directory / place)) from None
        if not hmac.compare_digest(found, str(recorded)):
            raise AuditError("the file was changed", where=str(directory / place))
    if report.files:
        for path in sorted((*directory.glob("released.*"), *directory.glob("released/**/*"))):
            if path.is_file() and path.relative_to(directory).as_posix() not in report.files:
                raise AuditError("the file was inserted: no record of it", where=str(path))
    return report


def file_hash(path: Path) -> str:
    """The SHA-256 of a file in hexadecimal. Raises ``OSError``."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def beginning(path: Path) -> Beginning:
    """The sound beginning of a trail that a crash interrupted; a torn last line is left out.

    Raises ``AuditError`` when a whole line is not sound, or the trail has ended.
    """
    size = lines = 0
    last = FIRST
    run: str | None = None
    documents: set[str] = set()
    for number, line in _chain(path, torn=True):
        if line["event"] == "end":
            raise AuditError("the trail has ended", where=str(path), remedy="the run is complete")
        size += len(canonical(line)) + 1
        lines, last = number, line["hash"]
        if number == 1:
            run = str(line.get("run"))
        elif "document" in line:
            documents.add(line["document"])
    return Beginning(run, size, lines, last, frozenset(documents))


def _chain(path: Path, *, torn: bool = False) -> Iterator[tuple[int, dict[str, Any]]]:
    """The lines of the trail with their numbers from 1, each proven to follow the one before."""
    last = FIRST
    try:
        with open(path, "rb") as file:
            for number, raw in enumerate(file, start=1):
                if torn and not raw.endswith(b"\n"):
                    return
                line = _parsed(raw)
                if line is None or line["seq"] != number - 1 or line["prev"] != last:
                    raise _diagnosis(path, file, number, raw, last)
                if (line["event"] == "start") != (number == 1):
                    raise _broken(path, number, "was changed: it is no such line")
                last = line["hash"]
                yield number, line
    except OSError as error:
        raise AuditError(
            f"the audit trail cannot be read: {error.strerror}", where=str(path)
        ) from None


def _parsed(raw: bytes) -> dict[str, Any] | None:
    """The line, when it is written in the one canonical way and has its own hash."""
    try:
        line = json.loads(raw)
        if not isinstance(line, dict) or canonical(line) + b"\n" != raw:
            return None
        sound = line["hash"] == chain_hash(line) and line["event"] in ("start", "end", *_OUTCOMES)
        needed = {"seq", "prev"} | ({"document"} if line["event"] in _OUTCOMES else set())
        return line if sound and needed <= set(line) else None
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _diagnosis(path: Path, file: BinaryIO, number: int, raw: bytes, last: str) -> AuditError:
    """What happened to the line ``number``, told from the lines around it."""
    line = _parsed(raw)
    file.seek(0)
    others = [other for at, other in enumerate(file, start=1) if at != number]
    if line is not None and raw in others:
        return _broken(path, number, "was duplicated")
    following = [_parsed(other) for other in others[number - 1 :]]
    expected = [
        at
        for at, other in enumerate(following)
        if other is not None and other["seq"] == number - 1 and other["prev"] == last
    ]
    if line is not None and expected and line["seq"] != number - 1:
        return _broken(path, number, "was reordered")
    if expected:
        return _broken(path, number, "was inserted")
    if line is not None and line["seq"] > number - 1:
        return _broken(path, number, "was cut: one or more lines are missing")
    if not raw.endswith(b"\n"):
        return _broken(path, number, "was cut in its middle")
    return _broken(path, number, "was changed")


def _check_seal(path: Path, number: int, end: Mapping[str, Any], derive: Derive) -> None:
    seal = end.get("seal")
    if seal is None:
        raise AuditError(
            "the trail has no seal",
            where=f"{path}:{number}",
            remedy="only a run without a vault has none: check it with --chain-only",
        )
    if not isinstance(seal, str) or not hmac.compare_digest(
        seal.encode(), line_seal(end, derive).encode()
    ):
        raise AuditError(
            "the seal does not hold: the whole trail was changed, or another vault sealed it",
            where=f"{path}:{number}",
            remedy="name the run's own vault with --vault and --key-file",
        )


def _broken(path: Path, number: int, what: str) -> AuditError:
    return AuditError(f"the line {what}", where=f"{path}:{number}")
