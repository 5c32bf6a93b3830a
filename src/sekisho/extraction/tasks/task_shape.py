"""The shape of a task file: keys that are not known or missing, and values of a wrong type.

``task.Task`` decides what a task is; this says in plain words what is wrong, all of it at once,
and is stricter: ``"3"`` is no number, and ``"yes"`` is not true.
"""

from __future__ import annotations

import datetime
import math
import re
import types
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from sekisho.extraction.tasks.places import KeyPath
from sekisho.extraction.tasks.task import (
    AnyOfField,
    EnumField,
    EnumValue,
    Example,
    Rule,
    SpansField,
    Task,
)

__all__ = ["FIELD_TYPES", "Finding", "nearest", "raw_fields", "shape", "survey", "too_deep"]

#: The class of each type of field.
FIELD_TYPES: Mapping[str, type[BaseModel]] = {
    each.model_fields["type"].default: each for each in get_args(get_args(AnyOfField)[0])
}
#: Lists and tables in each other, at most.
_DEEPEST = 20

#: What other tools call it.
_OTHER_NAMES = {
    "str": "string",
    "text": "string",
    "int": "integer",
    "float": "number",
    "bool": "boolean",
    "literal": "enum",
    "category": "enum",
    "choice": "enum",
    "datetime": "date",
    "dict": "object",
    "array": "list",
    "entities": "spans",
    "literals": "values",
    "options": "values",
    "choices": "values",
    "enum": "values",
    "properties": "fields",
    "optional": "required",
    "min": "minimum",
    "max": "maximum",
    "prompt": "instruction",
    "schema": "fields",
    "rule": "holds",
    "output": "answer",
}
_HALF = re.compile("[\ud800-\udfff]")
_TEXT, _WHOLE, _NUMBER, _TRUTH = "text", "a whole number", "a number", "true or false"
_LIST, _TABLE, _DATE, _NOTHING = "a list", "a table", "a date or time", "null"
_KINDS: Mapping[Any, str] = {str: _TEXT, int: _WHOLE, float: _NUMBER, bool: _TRUTH}
#: Keys that may be a list or a table, whatever they become.
_LIST_OR_TABLE = {(EnumField, "values"), (SpansField, "labels")}


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with a key or a value; a key that is missing has its path too."""

    path: KeyPath
    message: str
    remedy: str | None = None


def nearest(word: str, known: Iterable[str]) -> str | None:
    """*did you mean ...?*, where something known is like ``word``."""
    words = [str(each) for each in known]
    near = get_close_matches(word, words, 1) or [
        each for each in words if each == _OTHER_NAMES.get(word.lower())
    ]
    return f"did you mean {near[0]}?" if near else None


def too_deep(data: Mapping[str, Any]) -> Finding | None:
    """What is nested so deep that nothing else can be looked at."""
    for path, _ in _everything(data):
        if len(path) > _DEEPEST:
            return Finding(path[:_DEEPEST], "values are nested too deep")
    return None


def survey(data: Mapping[str, Any]) -> Iterator[Finding]:
    """What no value may be, wherever it stands."""
    for path, value in _everything(data):
        if isinstance(value, float) and not math.isfinite(value):
            yield Finding(path, "must be a finite number", "leave the key out for no bound")
        texts = value if isinstance(value, Mapping) else [value] if isinstance(value, str) else []
        if any(map(_HALF.search, texts)):
            yield Finding(path, "holds half of a character that is written as two")


def _everything(data: Mapping[str, Any]) -> Iterator[tuple[KeyPath, Any]]:
    """Every value with its path, without recursion and not deeper than is needed."""
    waiting: list[tuple[KeyPath, Any]] = [((), data)]
    while waiting:
        path, value = waiting.pop()
        yield path, value
        if len(path) <= _DEEPEST:
            if isinstance(value, Mapping):
                waiting += [((*path, key), each) for key, each in value.items()]
            elif isinstance(value, list):
                waiting += [((*path, number), each) for number, each in enumerate(value)]


def raw_fields(data: Mapping[str, Any]) -> Iterator[tuple[KeyPath, Any]]:
    """All fields as they are written, nested ones too, each behind the one that holds it."""
    yield from _fields((), data)


def _fields(path: KeyPath, table: Mapping[str, Any]) -> Iterator[tuple[KeyPath, Any]]:
    fields = table.get("fields")
    inner: list[tuple[KeyPath, Any]] = [(("fields", name), each) for name, each in _entries(fields)]
    if path and table.get("items") is not None:
        inner.append((("items",), table["items"]))
    for way, each in inner:
        own = (*path, *way)
        yield own, each
        if isinstance(each, Mapping):
            yield from _fields(own, each)


def _entries(value: Any) -> Iterable[tuple[str, Any]]:
    return value.items() if isinstance(value, Mapping) else ()


def shape(data: Mapping[str, Any]) -> Iterator[Finding]:
    """What the keys and the types of the values are wrong in."""
    yield from _table((), data, Task)
    for path, field in raw_fields(data):
        yield from _field(path, field)
    for key, kind in (("rules", Rule), ("examples", Example)):
        for number, each in enumerate(_items(data.get(key))):
            yield from _expected((key, number), each, kind, f"[[{key}]]")
    for number, example in enumerate(_items(data.get("examples"))):
        if isinstance(example, Mapping):
            yield from _quotes(("examples", number, "quotes"), example.get("quotes"))


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _field(path: KeyPath, field: Any) -> Iterator[Finding]:
    if not isinstance(field, Mapping):
        yield Finding(path, f"must be a table, and is {_kind(field)}", '{ type = "..." }')
        return
    known = ", ".join(FIELD_TYPES)
    if "type" not in field:
        yield Finding((*path, "type"), "the key is missing", f"one of {known}")
        return
    named = field["type"]
    if not isinstance(named, str) or named not in FIELD_TYPES:
        meant = nearest(named, FIELD_TYPES) if isinstance(named, str) else None
        message = "this is no type of field"
        yield Finding((*path, "type"), message, meant or f"one of {known}")
        return
    yield from _table(path, field, FIELD_TYPES[named])
    if named == "enum":
        for number, value in enumerate(_items(field.get("values"))):
            yield from _value((*path, "values", number), value)
    for key in ("values", "labels"):
        for name, told in _entries(field.get(key) if key in FIELD_TYPES[named].model_fields else 0):
            if not isinstance(told, str):
                yield Finding((*path, key, name), f"must be text, and is {_kind(told)}")
    if named == "spans":
        for number, label in enumerate(_items(field.get("labels"))):
            if not isinstance(label, str):
                yield Finding((*path, "labels", number), f"must be text, and is {_kind(label)}")


def _value(path: KeyPath, value: Any) -> Iterator[Finding]:
    if isinstance(value, Mapping):
        yield from _table(path, value, EnumValue)
    elif not isinstance(value, str | int | float):
        yield Finding(path, f"must be text, a number, true or false, and is {_kind(value)}")


def _quotes(path: KeyPath, quotes: Any) -> Iterator[Finding]:
    for name, quote in _entries(quotes):
        several = quote if isinstance(quote, list) else [quote]
        if not all(isinstance(each, str) for each in several):
            yield Finding((*path, name), "must be text or a list of texts")


def _expected(path: KeyPath, value: Any, kind: type[BaseModel], written: str) -> Iterator[Finding]:
    if isinstance(value, Mapping):
        yield from _table(path, value, kind)
    else:
        yield Finding(path, f"must be a table, and is {_kind(value)}", f"begin it with {written}")


def _table(path: KeyPath, table: Mapping[str, Any], kind: type[BaseModel]) -> Iterator[Finding]:
    for key, value in table.items():
        if key in kind.model_fields:
            yield from _kept((*path, key), value, kind, key)
        else:
            yield Finding((*path, key), "this key is not known", _meant(key, kind))
    for key, info in kind.model_fields.items():
        if info.is_required() and key not in table:
            yield Finding((*path, key), "the key is missing")


def _meant(key: str, kind: type[BaseModel]) -> str:
    known = sorted(kind.model_fields)
    if kind in FIELD_TYPES.values():
        owners = [name for name, each in FIELD_TYPES.items() if key in each.model_fields]
        if owners:
            return f"it belongs to fields of type {', '.join(owners)}"
    return nearest(key, known) or f"known: {', '.join(known)}"


def _kept(path: KeyPath, value: Any, kind: type[BaseModel], key: str) -> Iterator[Finding]:
    if kind in FIELD_TYPES.values() and key in ("type", "items"):
        return
    wanted, choices = _wanted(kind.model_fields[key].annotation)
    if (kind, key) in _LIST_OR_TABLE:
        wanted = [_LIST, _TABLE]
    own = _kind(value)
    if choices and own == _TEXT:
        if value not in choices:
            told = ", ".join(choices)
            yield Finding(path, f"must be one of {told}", nearest(value, choices))
    elif wanted and own not in wanted and not (own == _WHOLE and _NUMBER in wanted):
        wanted = [each for each in wanted if each != _NOTHING]
        yield Finding(path, f"must be {' or '.join(wanted)}, and is {own}", _remedy(own, wanted))


def _remedy(own: str, wanted: list[str]) -> str | None:
    if own == _TEXT and {_WHOLE, _NUMBER, _TRUTH} & set(wanted):
        return "write it without quotation marks"
    if own != _NOTHING and wanted == [_TEXT] and own not in (_LIST, _TABLE):
        return "write it in quotation marks"
    return "leave the key out" if own == _NOTHING else None


def _wanted(annotation: Any) -> tuple[list[str], list[str]]:
    """The kinds of value that fit, and the words where only some fit; no kinds: all fit."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _wanted(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        kinds, choices = [], []
        for each in get_args(annotation):
            more, words = _wanted(each)
            kinds += more
            choices += words
        return list(dict.fromkeys(kinds)), choices
    if origin is Literal:
        return [_TEXT], list(get_args(annotation))
    if annotation is Any:
        return [], []
    if annotation in _KINDS:
        return [_KINDS[annotation]], []
    if annotation is type(None):
        return [_NOTHING], []
    return [_LIST if origin is tuple else _TABLE], []


def _kind(value: Any) -> str:
    if value is None:
        return _NOTHING
    if isinstance(value, datetime.date | datetime.time):
        return _DATE
    if isinstance(value, Mapping):
        return _TABLE
    return _KINDS.get(type(value), _LIST)
