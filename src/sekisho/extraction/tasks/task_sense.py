"""What a task file says that makes no sense: names, values that look alike, merges, rules.

All of it can be written, and all of it would be regretted after a run over many reports.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from sekisho.documents.folding import fold
from sekisho.errors import UsageError
from sekisho.extraction.tasks.places import KeyPath
from sekisho.extraction.tasks.rule_types import rule_problems
from sekisho.extraction.tasks.rules import parse
from sekisho.extraction.tasks.task import AnyOfField
from sekisho.extraction.tasks.task_shape import Finding, raw_fields

__all__ = ["sense"]

_LONGEST_NAME = 80
#: The types for which a way to merge makes sense; those left out make sense for all.
_MERGES: Mapping[str, frozenset[str]] = {
    "any": frozenset({"boolean"}),
    "all": frozenset({"boolean"}),
    "least": frozenset({"integer", "number", "date"}),
    "greatest": frozenset({"integer", "number", "date"}),
    "union": frozenset({"list", "spans"}),
}
#: The types of which several values are one value anyway.
_UNITED = ("list", "spans")
#: Keys that count for the fields of the task itself only.
_OUTERMOST = ("evidence", "merge")


def sense(data: Mapping[str, Any]) -> Iterator[Finding]:
    """What makes no sense, in a file whose values may be of wrong types too."""
    instruction = data.get("instruction")
    if isinstance(instruction, str) and instruction and not instruction.strip():
        yield Finding(("instruction",), "is blank")
    yield from _names(("fields",), data.get("fields"))
    for path, field in raw_fields(data):
        if isinstance(field, Mapping):
            yield from _names((*path, "fields"), field.get("fields"))
            yield from _field(path, field)
    yield from _rules(data)


def _names(path: KeyPath, fields: Any) -> Iterator[Finding]:
    if not isinstance(fields, Mapping):
        return
    for name in fields:
        wrong = _wrong_name(name)
        if wrong:
            yield Finding((*path, name), wrong)
    yield from _alike(path, [((name,), name) for name in fields], "name")


def _wrong_name(name: str) -> str | None:
    if not name.strip():
        return "a name may not be blank"
    if name != name.strip():
        return "a name may not begin or end with a blank"
    if len(name) > _LONGEST_NAME:
        return f"a name may have {_LONGEST_NAME} characters at most"
    if any(unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp") for character in name):
        return "a name may not hold control characters or line breaks"
    return None


def _alike(path: KeyPath, written: Iterable[tuple[KeyPath, Any]], what: str) -> Iterator[Finding]:
    """What a reader, or a model, takes for the same: it differs in width, case or type only."""
    seen: dict[str, Any] = {}
    for way, value in written:
        if not isinstance(value, str | int | float):
            continue
        key = _folded(value)
        if not key:
            yield Finding((*path, *way), f"a {what} may not be blank")
        elif key in seen:
            same = type(seen[key]) is type(value) and seen[key] == value
            told = "stands there twice" if same else "looks like another one: they differ in form"
            yield Finding((*path, *way), f"this {what} {told}", "make them clearly different")
        seen.setdefault(key, value)


def _folded(value: str | int | float) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return " ".join(fold(str(value)).text.casefold().split())


def _field(path: KeyPath, field: Mapping[str, Any]) -> Iterator[Finding]:
    kind, merge = field.get("type"), field.get("merge")
    if len(path) > 2:
        for key in _OUTERMOST:
            if field.get(key) is not None:
                outer = "it belongs to the field around it"
                yield Finding((*path, key), "counts for the fields of the task only", outer)
        if path[-1] == "items" and field.get("required"):
            yield Finding((*path, "required"), "an item of a list is there or not", "leave it out")
        if kind == "spans":
            yield Finding((*path, "type"), "spans can only be a field of the task itself")
    elif merge in list(_MERGES) and kind not in list(_MERGES[merge]):
        types = ", ".join(sorted(_MERGES[merge]))
        yield Finding((*path, "merge"), f"{merge} is for fields of type {types}")
    elif kind in _UNITED and merge in ("agree", "first", "last"):
        yield Finding((*path, "merge"), "the parts are always put together", "leave the key out")
    yield from _bounds(path, field)
    forms = [key for key in ("items", "fields") if field.get(key) is not None]
    if kind == "list" and len(forms) != 1:
        both = "has both items and fields" if forms else "has neither items nor fields"
        one = "items for a list of values, fields for a list of objects"
        yield Finding(path, f"a list {both}", one)
    if field.get("unit") is not None and not str(field["unit"]).strip():
        yield Finding((*path, "unit"), "is blank", "leave the key out for a number without a unit")
    for key, what in (("values", "value"), ("labels", "label")):
        yield from _alike((*path, key), _listed(field.get(key)), what)


def _bounds(path: KeyPath, field: Mapping[str, Any]) -> Iterator[Finding]:
    bounds = [field.get(key) for key in ("minimum", "maximum")]
    least, greatest = (
        each if isinstance(each, int | float) and not isinstance(each, bool) else None
        for each in bounds
    )
    if least is not None and greatest is not None and least > greatest:
        yield Finding((*path, "minimum"), "the minimum is above the maximum")


def _listed(values: Any) -> list[tuple[KeyPath, Any]]:
    """The values of an enum or the labels of spans, each with the way to it."""
    if isinstance(values, Mapping):
        return [((value,), value) for value in values]
    if not isinstance(values, list):
        return []
    return [
        ((number,), each.get("value") if isinstance(each, Mapping) else each)
        for number, each in enumerate(values)
    ]


@cache
def _adapter() -> TypeAdapter[Any]:
    return TypeAdapter(AnyOfField)


def _sound(field: Any) -> AnyOfField | None:
    try:
        read: AnyOfField = _adapter().validate_python(field)
    except (ValidationError, TypeError):
        return None  # labels that cannot be keys are a TypeError
    return read


def _rules(data: Mapping[str, Any]) -> Iterator[Finding]:
    rules, fields = data.get("rules"), data.get("fields")
    if not isinstance(rules, list) or not isinstance(fields, Mapping):
        return
    known = {name: _sound(field) for name, field in fields.items()}
    for number, rule in enumerate(rules):
        written = rule.get("holds") if isinstance(rule, Mapping) else None
        if not isinstance(written, str):
            continue
        path = ("rules", number, "holds")
        try:
            condition = parse(written)
        except UsageError as error:
            yield Finding(path, error.message, error.remedy)
            continue
        for message, remedy in rule_problems(condition, known):
            yield Finding(path, message, remedy)
