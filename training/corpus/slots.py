"""Every slot of the language by its name, and what fills it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from training.corpus import calendar, clinical, numbers, people, places
from training.corpus.template import Slot
from training.corpus.words import drawn
from training.corpus.writer import Piece, Writer, plain

__all__ = ["fill", "is_slot"]

_FORMS = ("", "full", "surname", "given", "kana", "kanafull", "romaji", "dicom", "initials", "nick")
_WORKPLACES = {
    "department": "departments",
    "department.short": "departments_short",
    "ward": "wards",
}

Filler = Callable[[Writer], list[Piece]]


def is_slot(slot: Slot) -> bool:
    """Whether ``slot`` has a known name and as many arguments as it takes."""
    if slot.name in ("n", "dec"):
        return len(slot.arguments) == 2
    known = (
        slot.name in clinical.WORDS or slot.name in _fillers() or slot.name in ("lab", "measure")
    )
    return known and not slot.arguments


def fill(writer: Writer, slot: Slot) -> list[Piece] | str:
    """The pieces that ``slot`` becomes; a string is a template that is still to be expanded.

    Raises ``KeyError`` for an unknown slot.
    """
    if slot.name == "n":
        return plain(clinical.integer(writer, *slot.arguments))
    if slot.name == "dec":
        return plain(clinical.decimal(writer, *slot.arguments))
    if slot.name == "lab":
        return plain(clinical.lab(writer))
    if slot.name == "measure":
        return plain(clinical.measure(writer))
    if slot.name in clinical.WORDS:
        return drawn(writer.rng, clinical.WORDS[slot.name])
    return _fillers()[slot.name](writer)


@cache
def _fillers() -> dict[str, Filler]:
    found: dict[str, Filler] = {
        "baby": people.baby,
        "birthdate": calendar.birthdate,
        "time": calendar.time,
        "zip": lambda w: [Piece(places.postal_code(w), "ADDRESS")],
    }
    for name in people.PEOPLE:
        for form in _FORMS:
            found[f"{name}.{form}" if form else name] = _bound(people.person, name, form)
    for form in ("", "md", "ym", "year", "compact", "day"):
        found[f"date.{form}" if form else "date"] = _bound(calendar.day, form)
    for form in ("", "number", "decade", "baby", "dicom"):
        found[f"age.{form}" if form else "age"] = _bound(calendar.age, form)
    for form in ("", "child"):
        found[f"sex.{form}" if form else "sex"] = _bound(calendar.sex, form)
    for form in ("", "short"):
        found[f"address.{form}" if form else "address"] = _bound(places.address, form)
        for name in ("facility", "facility2"):
            found[f"{name}.{form}" if form else name] = _bound(places.facility, name, form)
    for name in ("town", "pref"):
        found[name] = _bound(places.origin, name)
    for name in (*places.FACILITIES, "company", "school", "office", "station"):
        found[name] = _bound(places.institution, name)
    for name in numbers.NUMBERS:
        found[name] = _bound(numbers.fill, name)
    for name, source in _WORKPLACES.items():
        found[name] = _bound(_word, source, "DEPARTMENT")
    found["occupation"] = _bound(_word, "occupations", "OCCUPATION")
    return found


def _bound(function: Callable[..., list[Piece]], *arguments: str) -> Filler:
    return lambda writer: function(writer, *arguments)


def _word(writer: Writer, source: str, label: str) -> list[Piece]:
    return [Piece(drawn(writer.rng, source), label)]
