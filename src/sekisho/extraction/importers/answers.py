"""The answer of an example, fitted to the fields of a task: no more than its types are looked at.

What is null is left out, since it is not mentioned; a mapping becomes the list of keys and values
that stands for it in a task.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from sekisho.extraction.importers.specs import closest
from sekisho.extraction.tasks.task import (
    AnyField,
    AnyOfField,
    BooleanField,
    EnumField,
    IntegerField,
    ListField,
    NumberField,
    ObjectField,
)

__all__ = ["Mismatch", "answer"]

_NUMBER = re.compile(r"[+-]?[0-9]{1,30}(?:\.[0-9]{1,30})?")
_PAIR = {"key", "value"}


class Mismatch(Exception):
    """An answer that does not fit: the field, and what is wrong, without what stands there."""

    def __init__(self, path: str, what: str) -> None:
        super().__init__(what)
        self.path, self.what = path, what


def answer(given: Mapping[str, Any], fields: Mapping[str, AnyOfField]) -> dict[str, Any]:
    """``given`` by the names of ``fields``, each of its type. Raises ``Mismatch``."""
    return _object("", given, fields)


def _object(
    path: str, given: Mapping[str, Any], fields: Mapping[str, AnyOfField]
) -> dict[str, Any]:
    for key in given:
        if key not in fields:
            meant = closest(key, fields)
            raise Mismatch(
                path,
                "has a key that is no field of the task"
                + (f": did you mean {meant}?" if meant else ""),
            )
    return {
        name: _value(f"{path}.{name}" if path else name, given[name], field)
        for name, field in fields.items()
        if given.get(name) is not None
    }


def _value(path: str, given: Any, field: AnyOfField) -> Any:
    match field:
        case ObjectField():
            if isinstance(given, Mapping):
                return _object(path, given, field.fields)
            raise Mismatch(path, "is no object")
        case ListField():
            return list(_items(path, given, field))
        case EnumField():
            for each in field.values:
                if type(each.value) is type(given) and each.value == given:
                    return given
            raise Mismatch(path, "is none of the values allowed")
        case BooleanField():
            if isinstance(given, bool):
                return given
            raise Mismatch(path, "is neither true nor false")
        case IntegerField() | NumberField():
            return _number(path, given, whole=isinstance(field, IntegerField))
        case AnyField():
            if isinstance(given, str | int) or (isinstance(given, float) and math.isfinite(given)):
                return given
            raise Mismatch(path, "is no plain value")
    if isinstance(given, str):
        return given
    raise Mismatch(path, "is no text")


def _items(path: str, given: Any, field: ListField) -> Iterator[Any]:
    if isinstance(given, Mapping) and field.fields is not None and set(field.fields) == _PAIR:
        given = [{"key": key, "value": value} for key, value in given.items()]
    if not isinstance(given, list):
        raise Mismatch(path, "is no list")
    for at, each in enumerate(given):
        if each is not None:
            yield _value(f"{path}[{at}]", each, field.item)


def _number(path: str, given: Any, *, whole: bool) -> float:
    # That package accepts a number that stands there as text, too.
    if isinstance(given, str) and _NUMBER.fullmatch(given.strip()):
        given = float(given) if "." in given else int(given)
    if isinstance(given, bool) or not isinstance(given, int | float) or not math.isfinite(given):
        raise Mismatch(path, "is no number")
    if not whole:
        return given
    if isinstance(given, float) and not given.is_integer():
        raise Mismatch(path, "is no whole number")
    return int(given)
