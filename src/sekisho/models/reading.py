"""Reading an answer strictly: one JSON value that fits its class, or what is wrong with it.

A code fence around the JSON is taken off; nothing else is repaired, for a repaired answer is one
that the model did not give. What is wrong is said twice: once for the model, which may read its
own words again, and once for errors and logs, which hold no word of an answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from pydantic import BaseModel, RootModel, ValidationError
from pydantic.fields import FieldInfo

from sekisho.documents import strict_json
from sekisho.documents.strict_json import ConstantError, TwiceError
from sekisho.models.schema import schema_of

__all__ = ["Problem", "bare", "read"]

T = TypeVar("T", bound=BaseModel)

_FENCE = re.compile(r"```(?:json|JSON)?[ \t]*\n(.*?)\n?```", re.DOTALL)
_LONGEST = 500
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with an answer: ``public`` holds no text of it, ``told`` is for the model."""

    public: str
    told: str = field(repr=False)


def bare(text: str) -> str:
    """``text`` without blanks and a code fence around it."""
    text = text.strip()
    fenced = _FENCE.fullmatch(text)
    return fenced[1].strip() if fenced else text


def read(text: str, kind: type[T]) -> T | Problem:
    """``text`` as a ``kind``, or what is wrong with it.

    Strict JSON: no raw control characters, no key twice, no NaN, nothing before or behind; strict
    types; no property missing, although it has a default, and none that the class does not have.
    """
    text = bare(text)
    try:
        raw = strict_json.loads(text)
    except json.JSONDecodeError as error:
        told = f"it is not JSON ({error.msg}, line {error.lineno}, column {error.colno})"
        return Problem("not JSON", told)
    except TwiceError as error:
        told = f"the key {json.dumps(error.key)} stands twice in one object"
        return Problem("not strict JSON", _short(told))
    except ConstantError as error:
        return Problem("not strict JSON", f"{error.name} is no JSON")
    except (ValueError, RecursionError):
        return Problem("not JSON", "it is not JSON: a number or its nesting is beyond all measure")
    try:
        value = kind.model_validate_json(text, strict=True)
    except ValidationError as error:
        found = [
            (each["loc"], each["type"], each["msg"])
            for each in error.errors(include_url=False, include_context=False, include_input=False)
        ]
    else:
        found = list(_differences(value, raw, ()))
        if not found:
            return value
    names = frozenset(_names(schema_of(kind)))
    public = "; ".join(f"{_place(loc, names)} {what}" for loc, what, _ in found[:_SHOWN])
    told = "; ".join(f"{_place(loc)}: {message} ({what})" for loc, what, message in found)
    return Problem(public, _short(told))


_Found = tuple[tuple[int | str, ...], str, str]


def _differences(value: object, raw: object, place: tuple[int | str, ...]) -> Iterator[_Found]:
    """Properties that ``value`` has by default only, and those that it left out."""
    if isinstance(value, RootModel):
        yield from _differences(value.root, raw, place)
    elif isinstance(value, BaseModel) and isinstance(raw, Mapping):
        names = {_key(name, info): name for name, info in type(value).model_fields.items()}
        for key, name in names.items():
            if key in raw:
                yield from _differences(getattr(value, name), raw[key], (*place, key))
            else:
                yield (*place, key), "missing", "Field required"
        for key in raw:
            if key not in names:
                yield (*place, key), "extra_forbidden", "Extra inputs are not permitted"
    elif isinstance(value, list | tuple) and isinstance(raw, Sequence):
        for at, (each, its) in enumerate(zip(value, raw, strict=False)):
            yield from _differences(each, its, (*place, at))


def _key(name: str, info: FieldInfo) -> str:
    return info.validation_alias if isinstance(info.validation_alias, str) else name


def _names(node: object) -> Iterator[str]:
    """The names of all properties in a schema."""
    if isinstance(node, Mapping):
        yield from node.get("properties", {})
        for each in node.values():
            yield from _names(each)
    elif isinstance(node, list):
        for each in node:
            yield from _names(each)


def _place(loc: Sequence[int | str], names: frozenset[str] | None = None) -> str:
    """``loc`` with dots; with ``names``, whatever is not one of them is a star."""
    # A location can hold a key that the model made up, and so anything that it read.
    parts = [str(at) if isinstance(at, int) or names is None or at in names else "*" for at in loc]
    return ".".join(parts) or "the answer"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
