"""The ledger of a study: what it was begun with, and every opening of its sealed set.

``ledger.jsonl`` is a chained file (:mod:`sekisho.release.chained_file`): it is only ever appended
to, and every line is on the disk before anything is done that it speaks of.

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

No text and no id of a document is in a ledger. A study keeps the :class:`Mark` of its ledger in its
store too, and :meth:`Ledger.expect` finds a ledger that was cut or put in the place of another.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sekisho.release.chained_file import ChainedFile, Mark, typed

__all__ = ["FILENAME", "Ledger", "Mark", "Opened"]

FILENAME = "ledger.jsonl"

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
    "end": {},
}
_DIGEST = re.compile("[0-9a-f]{64}")
_TIME = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{5,20}(?:Z|[+-][0-9:]{4,6})?")
_CODE = re.compile("[A-Za-z][A-Za-z0-9_.:-]{0,79}")
#: A name of an arm, a model or a data set: one line without control characters.
_NAME = re.compile("[^\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]{1,200}")


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
        self._file = ChainedFile(path, typed(_FIELDS))
        self._lines = self._file.lines

    def __repr__(self) -> str:
        return f"Ledger({len(self._lines)} lines)"

    @property
    def mark(self) -> Mark:
        """Where the ledger stands now."""
        return self._file.mark

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
        self._file.expect(mark)

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

    def _append(self, event: str, at: str, stated: Mapping[str, Any]) -> None:
        when = _demand(_TIME, at, "a time")
        self._file.append(event, stated, clock=lambda: when)


def _digests(data: Mapping[str, str]) -> dict[str, str]:
    return {_name(name): digest and _digest(digest) for name, digest in data.items()}


def _digest(value: str) -> str:
    return _demand(_DIGEST, value, "a digest")


def _name(value: str) -> str:
    return _demand(_NAME, value, "a name")


def _demand(pattern: re.Pattern[str], value: str, kind: str) -> str:
    # The value is not shown: it may be what must not be written.
    if not pattern.fullmatch(value):
        raise ValueError(f"this is not {kind} that a ledger may hold")
    return value
