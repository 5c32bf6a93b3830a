"""What became of one record: released, held or failed, and how that is written to the journal."""

from __future__ import annotations

import base64
import datetime
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple

from sekisho.documents.formats.cell import Cell
from sekisho.documents.formats.jsonl import Number

__all__ = ["Outcome", "Position", "Status", "decode", "digest_of", "encode"]


class Status(StrEnum):
    """The three ends of a record; there is no fourth."""

    RELEASED = "released"
    HELD = "held"
    FAILED = "failed"


class Position(NamedTuple):
    """Where a record stands in the input: index of its source (from 0), row there (from 1)."""

    source: int
    row: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the work made of one record.

    ``ref`` is the document id that may be shown (never an identifier; left empty, the engine puts
    in the one it was told to use). ``values`` are the released columns, and exist exactly when the
    status is *released*. ``spans`` maps each text column to JSON-able rows, and is None when
    detection did not run to its end. ``reason`` is a code such as ``detector_failed``,
    ``detail`` one line without any document text. ``secret`` is for the vault and is never
    journalled. ``counts`` and ``actions`` count spans by category and edits by action,
    ``measures`` are what else is worth summing up over a run, ``chars`` is the length of the text,
    ``seconds`` the time the work took, ``digest`` the SHA-256 of ``values``.

    Raises ``ValueError`` when values and status contradict each other, so that a held document
    can never carry its text along.
    """

    status: Status
    ref: str = ""
    values: Mapping[str, Any] | None = field(default=None, repr=False)
    spans: Mapping[str, Sequence[Mapping[str, Any]]] | None = field(default=None, repr=False)
    reason: str | None = None
    detail: str | None = None
    secret: bytes | None = field(default=None, repr=False)
    counts: Mapping[str, int] = field(default_factory=dict)
    actions: Mapping[str, int] = field(default_factory=dict)
    measures: Mapping[str, float] = field(default_factory=dict)
    chars: int = 0
    seconds: float = 0.0
    digest: str | None = None

    def __post_init__(self) -> None:
        released = self.status is Status.RELEASED
        if released != (self.values is not None):
            raise ValueError(f"a {self.status} outcome and its values contradict each other")
        if released == (self.reason is not None):
            raise ValueError(f"a {self.status} outcome and its reason contradict each other")

    @classmethod
    def released(cls, ref: str, values: Mapping[str, Any], **more: Any) -> Outcome:
        """A record let go; the digest of ``values`` is added."""
        return cls(Status.RELEASED, ref, values, digest=digest_of(values), **more)

    @classmethod
    def held(cls, ref: str, reason: str, detail: str, **more: Any) -> Outcome:
        """A record that must not leave, and why."""
        return cls(Status.HELD, ref, reason=reason, detail=detail, **more)

    @classmethod
    def failed(cls, ref: str, reason: str, detail: str, **more: Any) -> Outcome:
        """A record that broke the work itself."""
        return cls(Status.FAILED, ref, reason=reason, detail=detail, **more)


# A cell may be more than JSON knows: a date of a Parquet file, a string that remembers how its
# table quoted it, a number that remembers its digits. Each kind has an exact form in JSON.
_EXACT: dict[str, tuple[type, Callable[[Any], Any], Callable[[Any], Any]]] = {
    "cell": (
        Cell,
        lambda cell: [str(cell), base64.b64encode(cell.raw).decode(), cell.end],
        lambda form: Cell(form[0], base64.b64decode(form[1]), form[2]),
    ),
    "number": (Number, lambda number: number.text, Number),
}
_FOREIGN: dict[str, tuple[type, Callable[[Any], Any], Callable[[Any], Any]]] = {
    "bytes": (bytes, lambda cell: base64.b64encode(cell).decode(), base64.b64decode),
    "datetime": (datetime.datetime, str, datetime.datetime.fromisoformat),
    "date": (datetime.date, str, datetime.date.fromisoformat),
    "time": (datetime.time, str, datetime.time.fromisoformat),
    "decimal": (Decimal, str, Decimal),
}
_KINDS = _EXACT | _FOREIGN
#: The key of an object that stands for a value of another kind.
_KIND = "\0kind"


def _packed(value: Any, *, exact: bool) -> Any:
    """``value`` as JSON holds it; without ``exact``, how it was written is forgotten."""
    for kind, (type_, write, _) in (_KINDS if exact else _FOREIGN).items():
        if isinstance(value, type_):
            return {_KIND: kind, "form": write(value)}
    if isinstance(value, Mapping):
        if _KIND in value:
            raise TypeError("an object with a reserved key")
        return {key: _packed(inner, exact=exact) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_packed(inner, exact=exact) for inner in value]
    return value


def _unpacked(value: Any) -> Any:
    if isinstance(value, dict):
        if _KIND in value:
            return _KINDS[value[_KIND]][2](value["form"])
        return {key: _unpacked(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_unpacked(inner) for inner in value]
    return value


def _dump(value: object) -> bytes:
    # Escapes would merge two neighbouring lone surrogates into one character on the way back;
    # their raw bytes do not.
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass")


def digest_of(values: Mapping[str, Any]) -> str:
    """SHA-256 (hex) of released values, column order included.

    Raises ``TypeError`` for a cell that is neither JSON nor a date, time, decimal or bytes.
    """
    return hashlib.sha256(_dump(_packed(values, exact=False))).hexdigest()


def encode(outcome: Outcome) -> bytes:
    """``outcome`` as the bytes the journal keeps, without ``secret``.

    Raises ``TypeError`` for a cell that is neither JSON nor a date, time, decimal or bytes.
    """
    body: dict[str, Any] = {"status": outcome.status.value, "ref": outcome.ref}
    if outcome.values is not None:
        body["values"] = _packed(outcome.values, exact=True)
    if outcome.spans is not None:
        body["spans"] = {column: list(rows) for column, rows in outcome.spans.items()}
    body["counts"] = dict(outcome.counts)
    body["actions"] = dict(outcome.actions)
    if outcome.measures:
        body["measures"] = dict(outcome.measures)
    for name in ("reason", "detail", "chars", "seconds", "digest"):
        body[name] = getattr(outcome, name)
    return _dump(body)


def decode(body: bytes) -> Outcome:
    """The outcome that ``encode`` wrote.

    Raises ``ValueError`` or ``KeyError`` when ``body`` is not such.
    """
    fields = json.loads(body.decode("utf-8", "surrogatepass"))
    if "values" in fields:
        fields["values"] = _unpacked(fields["values"])
    fields["status"] = Status(fields["status"])
    return Outcome(**fields)
