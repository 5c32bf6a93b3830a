"""A task out of a Pydantic class that a program already has.

The class is the program's own and is looked at, never its source; none of its validators is run,
and its defaults are not used: a missing fact is never a default. A field without a default that may
not be None is *required*. What a class states and a task cannot keep is an error, never forgotten.

What only sekisho knows is written in the field's ``json_schema_extra``::

    size: float | None = Field(None, ge=0, json_schema_extra={"sekisho": {"unit": "mm"}})
"""

from __future__ import annotations

import datetime
import math
import types
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal, NewType, Union, get_args, get_origin

from pydantic import BaseModel, PydanticUndefinedAnnotation, RootModel, ValidationError
from pydantic.fields import FieldInfo

from sekisho.errors import UsageError
from sekisho.extraction.tasks.task import Task
from sekisho.extraction.tasks.task_file import check

__all__ = ["task_of"]

#: The key of ``json_schema_extra`` under which keys of a task's field may stand.
_OWN = "sekisho"

_SIMPLE: Mapping[Any, str] = {
    str: "string",
    int: "integer",
    float: "number",
    Decimal: "number",
    bool: "boolean",
    datetime.date: "date",
    datetime.datetime: "date",
    Any: "any",
    dict: "any",
}
_LISTS = (list, tuple, set, frozenset, Sequence, Iterable, AbstractSet)
_NUMBERS = ("integer", "number")
#: What may be stated of a value beside its type, as ``annotated_types`` and pydantic name it.
_STATED = (
    *("ge", "gt", "le", "lt", "multiple_of", "min_length", "max_length", "pattern"),
    *("max_digits", "decimal_places"),
)


def task_of(
    cls: type[BaseModel], *, name: str, language: str, instruction: str, **more: Any
) -> Task:
    """The task of finding what ``cls`` holds; ``more`` are further keys of a task, such as rules.

    A field is called by its alias, where it has one. str, int, float, Decimal, bool, date and
    datetime, None, Literal, Enum, lists, tuples and sets of one type, nested models, dict and Any
    are known. Raises ``UsageError`` that names the field for every other type, for a bound that a
    task cannot keep, and for a class that holds itself.
    """
    stated = {"name": name, "language": language, "instruction": instruction, **more}
    try:
        task = Task.model_validate({**stated, "fields": _fields(cls, (), (cls,))})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise UsageError(f"{place}: {first['msg']}", where=cls.__name__) from None
    check(task)
    return task


_Path = tuple[str, ...]
_Classes = tuple[type[BaseModel], ...]


def _wrong(path: _Path, message: str, remedy: str | None = None) -> UsageError:
    return UsageError(message, where=".".join(path), remedy=remedy)


def _fields(cls: type[BaseModel], path: _Path, around: _Classes) -> dict[str, Any]:
    if cls is BaseModel:
        raise _wrong((cls.__name__, *path), "BaseModel itself has no fields")
    try:
        cls.model_rebuild()  # names of classes that were defined later
    except PydanticUndefinedAnnotation:
        raise _wrong((cls.__name__, *path), "names a class that is not defined") from None
    fields: dict[str, Any] = {}
    for attribute, info in cls.model_fields.items():
        alias = info.validation_alias or info.alias
        name = alias if isinstance(alias, str) else attribute
        fields[name] = _field(info, (*path, name), around)
    return fields


def _field(info: FieldInfo, path: _Path, around: _Classes) -> dict[str, Any]:
    opened = _opened(info.annotation)
    field = _of_type(opened, info.metadata, path, around)
    if info.description:
        field["description"] = info.description
    if info.is_required() and not opened.optional:
        field["required"] = True
    extra = info.json_schema_extra
    own = extra.get(_OWN, {}) if isinstance(extra, Mapping) else {}
    if not isinstance(own, Mapping):
        raise _wrong(path, f"{_OWN} in json_schema_extra is no mapping")
    return {**field, **own}


@dataclass(frozen=True, slots=True)
class _Opened:
    """The types that a value may have, what is stated of it, and whether it may be None."""

    kinds: tuple[Any, ...]
    stated: tuple[Any, ...] = ()
    optional: bool = False


def _opened(annotation: Any) -> _Opened:
    """What stands behind ``Annotated``, ``NewType``, ``type`` statements and unions."""
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *stated = get_args(annotation)
        opened = _opened(inner)
        return replace(opened, stated=(*opened.stated, *stated))
    if isinstance(annotation, NewType):
        return _opened(annotation.__supertype__)
    if type(annotation).__name__ == "TypeAliasType":
        return _opened(annotation.__value__)
    if annotation is type(None):
        return _Opened((), optional=True)
    if annotation in (Any, object):
        return _Opened((Any,), optional=True)
    if origin is Literal:
        return _Opened((annotation,), optional=None in get_args(annotation))
    if origin not in (Union, types.UnionType):
        return _Opened((annotation,))
    parts = [_opened(each) for each in get_args(annotation)]
    return _Opened(
        tuple(kind for part in parts for kind in part.kinds),
        tuple(one for part in parts for one in part.stated),
        any(part.optional for part in parts),
    )


def _of_type(
    opened: _Opened, stated: Sequence[Any], path: _Path, around: _Classes
) -> dict[str, Any]:
    if len(opened.kinds) == 1:
        field = _typed(opened.kinds[0], path, around)
    else:
        field = _united([_SIMPLE.get(get_origin(each) or each) for each in opened.kinds], path)
    _limit(field, _limits([*opened.stated, *stated]), path)
    return field


def _united(kinds: Sequence[str | None], path: _Path) -> dict[str, Any]:
    if kinds and {*kinds} <= {"integer", "number"}:
        return {"type": "number"}
    if kinds and {*kinds} <= {"string", "integer", "number", "boolean", "any"}:
        return {"type": "any"}
    raise _wrong(path, "a union of these types is not known", "make several fields of it")


def _typed(kind: Any, path: _Path, around: _Classes) -> dict[str, Any]:
    origin = get_origin(kind) or kind
    if origin is Literal:
        return _enum(get_args(kind), path)
    if origin in _LISTS:
        return _list(get_args(kind), path, around)
    if origin is Mapping or origin in _SIMPLE:
        return {"type": _SIMPLE.get(origin, "any")}
    if isinstance(origin, type) and issubclass(origin, Enum):
        return _enum(list(origin), path)
    if isinstance(origin, type) and issubclass(origin, BaseModel):
        return {"type": "object", "fields": _nested(origin, path, around)}
    raise _wrong(path, f"the type {getattr(kind, '__name__', kind)} is not known")


def _nested(cls: type[BaseModel], path: _Path, around: _Classes) -> dict[str, Any]:
    if issubclass(cls, RootModel):
        raise _wrong(path, f"{cls.__name__} is a RootModel", "name the type that it holds")
    if cls in around:
        raise _wrong(path, f"{cls.__name__} holds itself", "a report has no endless depth")
    return _fields(cls, path, (*around, cls))


def _enum(values: Sequence[Any], path: _Path) -> dict[str, Any]:
    values = [each.value if isinstance(each, Enum) else each for each in values]
    values = [each for each in values if each is not None]
    if not all(isinstance(each, str | int | float) for each in values):
        raise _wrong(path, "its values are not all texts, numbers or booleans")
    return {"type": "enum", "values": values}


def _list(arguments: Sequence[Any], path: _Path, around: _Classes) -> dict[str, Any]:
    kinds = [each for each in arguments if each is not Ellipsis]
    if len(set(kinds)) > 1:
        raise _wrong(path, "a tuple of several types is not known", "make several fields of it")
    item = _of_type(_opened(kinds[0] if kinds else Any), (), path, around)
    if item["type"] == "object":
        return {"type": "list", "fields": item["fields"]}
    return {"type": "list", "items": item}


def _limits(metadata: Sequence[Any]) -> dict[str, Any]:
    """What ``metadata`` states, by the names of pydantic; later ones win."""
    limits: dict[str, Any] = {}
    for each in metadata:
        stated = each.metadata if isinstance(each, FieldInfo) else [each]
        for one in stated:
            found = {key: getattr(one, key, None) for key in _STATED}
            limits |= {key: value for key, value in found.items() if value is not None}
    return limits


def _limit(field: dict[str, Any], limits: Mapping[str, Any], path: _Path) -> None:
    """Puts ``limits`` into ``field``; raises ``UsageError`` for those that have no place there."""
    for key, value in limits.items():
        kind = field["type"]
        if kind in _NUMBERS and key in ("ge", "gt", "le", "lt"):
            _bound(field, key, value)
        elif key == "max_length" and kind in ("string", "list"):
            field["max_length" if kind == "string" else "max_items"] = value
        elif key != "min_length" or kind not in ("string", "list") or value > 1:
            remedy = "count items in a rule" if kind == "list" else "leave it out"
            raise _wrong(path, f"a task cannot keep its {key}", remedy)


def _bound(field: dict[str, Any], key: str, value: Any) -> None:
    """The bound ``key``, which belongs to the values or, with ``gt`` and ``lt``, does not."""
    lower = key in ("ge", "gt")
    if not math.isfinite(value):
        return
    if field["type"] == "integer":
        bound: float = math.ceil(value) if lower else math.floor(value)
        if bound == value and key in ("gt", "lt"):
            bound += 1 if lower else -1
    else:
        bound = float(value)
        if key in ("gt", "lt"):
            bound = math.nextafter(bound, math.inf if lower else -math.inf)
    name, stricter = ("minimum", max) if lower else ("maximum", min)
    field[name] = stricter(bound, field.get(name, bound))
