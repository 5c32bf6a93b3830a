"""Fields in the form of a task file, put together from the types of another program.

A ``Spec`` is what a task file would hold for a field; ``Task`` validates it in the end. Whatever
cannot be said in a task is told in ``Notes``, so that nothing changes its meaning in silence.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from sekisho.errors import UsageError

__all__ = [
    "LONGEST_LIST",
    "LONGEST_STRING",
    "UNCHECKED",
    "Limits",
    "Notes",
    "Spec",
    "bounded",
    "choice",
    "closest",
    "listed",
    "mapped",
    "sized",
    "suggestion",
    "united",
]

Spec: TypeAlias = dict[str, Any]

#: Those programs bound neither; a task does, so that an answer ends.
LONGEST_STRING, LONGEST_LIST = 1000, 100
#: What a task allows at most.
_MOST_CHARACTERS, _MOST_ITEMS = 4000, 1000
#: Fields inside fields, and fields in all: more would be no task but an attack.
_DEEPEST, _MOST_FIELDS = 32, 2000
#: Places that a note names.
_SHOWN = 12

UNCHECKED = "not checked, since no task has such a rule"
INCLUSIVE = "bounds are inclusive"
_LIMITED = (
    f"texts have at most {LONGEST_STRING} characters and lists {LONGEST_LIST} items, "
    "where nothing else is said"
)
_ANY = "types are united: any text, number or boolean"
_ONE_OR_MANY = "one or several: always a list"
_MAPPING = "a mapping becomes a list of key and value"
_TEXTS = {"string", "date", "enum"}
_SCALARS = {*_TEXTS, "integer", "number", "boolean", "any"}


class Notes:
    """What was understood differently, each with the places that it is true of."""

    def __init__(self) -> None:
        self._told: dict[str, dict[str, None]] = {}

    def add(self, what: str, place: str = "") -> None:
        """Add ``what``; of the same one all places are told together."""
        self._told.setdefault(what, {}).update({place: None} if place else {})

    def told(self) -> tuple[str, ...]:
        """One line for each."""
        return tuple(
            f"{what}: {_listing(list(places))}" if places else what
            for what, places in self._told.items()
        )


def _listing(places: list[str]) -> str:
    more = f" and {len(places) - _SHOWN} more" if len(places) > _SHOWN else ""
    return ", ".join(places[:_SHOWN]) + more


class Limits:
    """Counts fields, and refuses a schema that has too many, or too deep ones."""

    def __init__(self) -> None:
        self._fields = 0

    def check(self, depth: int, where: str) -> None:
        """Count a field at ``depth``. Raises ``UsageError``."""
        self._fields += 1
        if depth > _DEEPEST:
            raise UsageError(f"fields are nested more than {_DEEPEST} deep", where=where)
        if self._fields > _MOST_FIELDS:
            raise UsageError(f"there are more than {_MOST_FIELDS} fields in all", where=where)


def closest(name: str, known: Iterable[str]) -> str | None:
    """The known name that ``name`` looks like, whatever its case, or None."""
    lower = {each.casefold(): each for each in known}
    close = difflib.get_close_matches(name.casefold(), lower, n=1, cutoff=0.6)
    return lower[close[0]] if close else None


def suggestion(name: str, known: Iterable[str]) -> str:
    """The remedy for an unknown ``name``: the known one that it looks like, else all of them."""
    every = tuple(known)
    close = closest(name, every)
    return f"did you mean {close}?" if close else f"known are: {', '.join(every)}"


def sized(spec: Spec, notes: Notes) -> Spec:
    """``spec`` with the length that a text or list has where nothing is said of it."""
    if spec["type"] == "string" and "max_length" not in spec:
        notes.add(_LIMITED)
        return {**spec, "max_length": LONGEST_STRING}
    if spec["type"] == "list" and "max_items" not in spec:
        notes.add(_LIMITED)
        return {**spec, "max_items": LONGEST_LIST}
    return spec


def choice(values: Iterable[tuple[object, str]]) -> tuple[Spec | None, bool]:
    """A field of one of ``values`` (each with what it means), and whether null is one of them.

    None instead of a field when there is no other value. Values keep their types; of equal ones
    the first stays. Raises ``TypeError`` for a value that is no scalar.
    """
    kept: dict[tuple[type, object], str] = {}
    null = False
    for value, told in values:
        if value is None:
            null = True
        elif isinstance(value, bool | int | str) or (
            isinstance(value, float) and math.isfinite(value)
        ):
            kept.setdefault((type(value), value), told)
        else:
            raise TypeError
    if not kept:
        return None, null
    written = [{"value": value, "description": told} for (_, value), told in kept.items()]
    return {"type": "enum", "values": written}, null


def listed(item: Spec, notes: Notes) -> Spec:
    """A list of ``item``; of objects it is a list with fields, which keeps what is told of them."""
    if item["type"] != "object":
        return {"type": "list", "items": sized(item, notes)}
    told = {"description": item["description"]} if item.get("description") else {}
    return {"type": "list", "fields": item["fields"], **told}


def mapped(key: Spec, value: Spec, place: str, notes: Notes) -> Spec:
    """A mapping, for which a task has no type: a list of objects with key and value."""
    notes.add(_MAPPING, place)
    key, value = sized(key, notes), sized(value, notes)
    return {"type": "list", "fields": {"key": {**key, "required": True}, "value": value}}


def united(specs: Sequence[Spec], place: str, notes: Notes) -> Spec | None:
    """One field for several types, or None where a task has none for them."""
    first = specs[0]
    if all(each == first for each in specs):
        return first
    kinds = {each["type"] for each in specs}
    if kinds == {"enum"}:
        every = [(each["value"], each["description"]) for one in specs for each in one["values"]]
        return choice(every)[0]
    if kinds == {"integer", "number"}:
        return {"type": "number"}
    if kinds <= _TEXTS and all(_textual(each) for each in specs):
        notes.add("types are united: any text", place)
        return {"type": "string"}
    if kinds <= _SCALARS:
        notes.add(_ANY, place)
        return {"type": "any"}
    lists = [each for each in specs if each["type"] == "list"]
    others = [each for each in specs if each["type"] != "list"]
    if len(lists) == 1 and len(others) == 1 and listed(others[0], notes) == lists[0]:
        notes.add(_ONE_OR_MANY, place)
        return lists[0]
    return None


def _textual(spec: Spec) -> bool:
    return all(isinstance(each["value"], str) for each in spec.get("values", ()))


def bounded(spec: Spec, bounds: Mapping[str, float], place: str, notes: Notes) -> Spec:
    """``spec`` within ``bounds`` (ge, gt, le, lt, max_length, max_items), the narrowest of all."""
    kind = spec["type"]
    for name, bound in bounds.items():
        if not math.isfinite(bound):
            continue
        if kind in ("integer", "number") and name in ("ge", "gt"):
            least = _least(kind, name, bound, place, notes)
            spec = {**spec, "minimum": max(least, spec.get("minimum", least))}
        elif kind in ("integer", "number") and name in ("le", "lt"):
            # The most is the least, seen in a mirror.
            most = -_least(kind, "gt" if name == "lt" else "ge", -bound, place, notes)
            spec = {**spec, "maximum": min(most, spec.get("maximum", most))}
        elif kind == "string" and name == "max_length":
            spec = {**spec, "max_length": _at_most(bound, _MOST_CHARACTERS, place, notes)}
        elif kind == "list" and name in ("max_length", "max_items"):
            spec = {**spec, "max_items": _at_most(bound, _MOST_ITEMS, place, notes)}
        else:
            notes.add(UNCHECKED, f"{place} ({name})")
    return spec


def _least(kind: str, name: str, bound: float, place: str, notes: Notes) -> float:
    if kind == "integer":
        return math.floor(bound) + 1 if name == "gt" else math.ceil(bound)
    if name == "gt":
        notes.add(INCLUSIVE, place)
    return float(bound)


def _at_most(bound: float, most: int, place: str, notes: Notes) -> int:
    if bound > most:
        notes.add(f"at most {most}", place)
    return min(int(bound), most)
