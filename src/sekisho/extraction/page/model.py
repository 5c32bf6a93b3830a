"""What the page of an extraction shows: plain values, made from the rows of its outputs."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

__all__ = ["DocumentView", "FailureRow", "FieldRow", "Page", "Piece", "ValueView", "viewed"]

_LONGEST_SHOWN = 600


@dataclass(frozen=True, slots=True)
class FieldRow:
    """How often each thing became of a field."""

    name: str
    type: str
    found: int = 0
    not_mentioned: int = 0
    invalid: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class FailureRow:
    """A document of which nothing was extracted; ``detail`` holds no text of it."""

    id: str
    source: str
    row: int
    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text, and the fields that rest on it; ``begins`` names those that begin here."""

    text: str = field(repr=False)
    fields: tuple[str, ...] = ()
    begins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ValueView:
    """One field of one document as it is shown."""

    name: str
    status: str
    value: str = field(repr=False)
    raw: str = field(default="", repr=False)
    probability: float | None = None
    problem: str = ""
    grounded: bool = False


@dataclass(frozen=True, slots=True)
class DocumentView:
    """A document cut into pieces, and its values; ``translated``: it is a translation."""

    id: str
    pieces: tuple[Piece, ...]
    values: tuple[ValueView, ...]
    translated: bool = False

    @property
    def found(self) -> int:
        """How many fields have a value."""
        return sum(value.status == "found" for value in self.values)

    @property
    def invalid(self) -> int:
        """How many values were refused."""
        return sum(value.status in ("invalid", "failed") for value in self.values)


@dataclass(frozen=True, slots=True)
class Page:
    """Everything on the page.

    ``withheld`` and ``documents`` may be the first few of many: the page says so. ``origin`` is
    ``model`` or what stood in for one, ``released`` says whether the texts were released before.
    """

    begun: datetime
    version: str
    task: str
    language: str
    model: str
    origin: str
    seconds: float
    extracted: int
    failed: int
    fields: tuple[FieldRow, ...]
    withheld: tuple[FailureRow, ...] = ()
    documents: tuple[DocumentView, ...] = ()
    released: bool = False
    translated: bool = False
    facts: tuple[tuple[str, str], ...] = ()

    @property
    def total(self) -> int:
        """All documents of the run."""
        return self.extracted + self.failed


def viewed(reference: str, text: str, row: Mapping[str, Any]) -> DocumentView:
    """The document ``text``, or its translation, with the ``row`` of details found in it."""
    translation = row.get("translation")
    shown = text if translation is None else translation
    places = [
        (each["start"], each["end"], name)
        for name, found in row["fields"].items()
        for each in found.get("evidence", ())
    ]
    values = tuple(_value(name, found) for name, found in row["fields"].items())
    return DocumentView(reference, _pieces(shown, places), values, translation is not None)


def _value(name: str, found: Mapping[str, Any]) -> ValueView:
    value, raw = _written(found.get("value")), _written(found.get("raw"))
    return ValueView(
        name,
        found["status"],
        value,
        "" if raw == value else raw,
        found.get("probability"),
        found.get("problem", ""),
        bool(found.get("evidence")),
    )


def _written(value: Any) -> str:
    text = "" if value is None else _told(value)
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "…"


def _told(value: Any) -> str:
    """``value`` for people: an item a line, an object as its named parts."""
    match value:
        case list():
            return "\n".join(_told(each) for each in value)
        case {"text": text, "label": label, **_places}:
            return f"{text} ({label})"
        case dict():
            parts = (f"{name}: {_told(each)}" for name, each in value.items() if each is not None)
            return " · ".join(parts)
        case str():
            return value
        case float() if value.is_integer():
            return f"{value:.0f}"
    return json.dumps(value, ensure_ascii=False)


def _pieces(text: str, places: Iterable[tuple[int, int, str]]) -> tuple[Piece, ...]:
    """``text`` cut wherever evidence begins or ends, nothing lost and in order."""
    inside = [place for place in places if 0 <= place[0] < place[1] <= len(text)]
    borders = sorted({0, len(text), *(at for start, end, _ in inside for at in (start, end))})
    pieces = []
    for start, end in itertools.pairwise(borders):
        over = [place for place in inside if place[0] <= start and end <= place[1]]
        begins = [name for first, _, name in over if first == start]
        pieces.append(Piece(text[start:end], _names(over), tuple(dict.fromkeys(begins))))
    return tuple(pieces)


def _names(places: Sequence[tuple[int, int, str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for _, _, name in places))
