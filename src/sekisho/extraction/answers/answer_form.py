"""The answer that a model is asked for: one JSON object whose properties are the task's fields.

A field that needs evidence is ``{"quote": ..., "value": ...}``, quote first, or null when it is not
mentioned; another field is its value or null. A list has an object for each item, and is empty
when nothing is there. The schema is closed and bounded, so that a server that keeps to it cannot
answer for ever; whether a value keeps to its bounds is examined later, field by field
(``examining``), since one bad value is no reason to lose the others.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema, create_model

from sekisho.extraction.tasks.task import (
    LONGEST_QUOTE,
    AnyField,
    AnyOfField,
    BooleanField,
    DateField,
    EnumField,
    IntegerField,
    ListField,
    NumberField,
    ObjectField,
    SpansField,
    StringField,
    Task,
)

__all__ = [
    "QUOTE",
    "REASONING",
    "VALUE",
    "answer_class",
    "is_written",
    "quote_key",
    "reasoning_key",
]

QUOTE, VALUE, REASONING = "quote", "value", "reasoning"

#: Characters of a number or date as the report writes it.
_LONGEST_WRITTEN = 40
_LONGEST_SPAN = 200
_LONGEST_REASONING = 1500
_NUMBER_LIMIT = 1_000_000_000

_CLOSED = ConfigDict(extra="forbid", frozen=True)


def answer_class(task: Task) -> type[BaseModel]:
    """The class of answers to ``task``; the same object for equal tasks."""
    return _made(task.model_copy(update={"examples": ()}).model_dump_json())


def quote_key(field: AnyOfField) -> str:
    """What the quote of an object is called, among the object's own fields."""
    return _unused(QUOTE, field.fields) if isinstance(field, ObjectField) else QUOTE


def reasoning_key(task: Task) -> str:
    """What the reasoning is called, among the task's own fields."""
    return _unused(REASONING, task.fields)


def is_written(field: AnyOfField, *, quoted: bool) -> bool:
    """Whether the value is asked for as the report writes it, to be read and converted here.

    A number that needs no evidence may be counted or judged, and so stand nowhere.
    """
    return isinstance(field, DateField) or (isinstance(field, NumberField) and quoted)


def _unused(name: str, taken: Mapping[str, object]) -> str:
    while name in taken:
        name = f"_{name}"
    return name


# The schema of a class is kept for as long as the class, so there must not be one for each call.
@lru_cache(maxsize=64)
def _made(written: str) -> type[BaseModel]:
    task = Task.model_validate_json(written)
    properties: dict[str, Any] = {}
    if task.reasoning:
        text = {"type": "string", "maxLength": _LONGEST_REASONING}
        properties[reasoning_key(task)] = Annotated[Any, WithJsonSchema(text)]
    for name, field in task.fields.items():
        properties[name] = _property(field, quoted=task.needs_evidence(name))
    return _object("Answer", properties)


def _property(field: AnyOfField, *, quoted: bool) -> Any:
    if isinstance(field, SpansField):
        return _list_of(_span(field), field.max_items)
    if isinstance(field, ListField):
        item = _quoted(field.item) if quoted else _plain(field.item, quoted=False)
        return _list_of(item, field.max_items)
    return _quoted(field) | None if quoted else _or_null(_plain(field, quoted=False))


def _quoted(field: AnyOfField) -> type[BaseModel]:
    quote = Annotated[Any, WithJsonSchema({"type": "string", "maxLength": LONGEST_QUOTE})]
    if isinstance(field, ObjectField):
        inner = {name: _inner(each, quoted=True) for name, each in field.fields.items()}
        return _object("Quoted", {quote_key(field): quote, **inner})
    return _object("Quoted", {QUOTE: quote, VALUE: _plain(field, quoted=True)})


def _inner(field: AnyOfField, *, quoted: bool) -> Any:
    if isinstance(field, ListField):
        return _list_of(_plain(field.item, quoted=quoted), field.max_items)
    if isinstance(field, SpansField):
        return _list_of(_span(field), field.max_items)
    return _or_null(_plain(field, quoted=quoted))


def _plain(field: AnyOfField, *, quoted: bool) -> Any:
    if isinstance(field, ObjectField):
        inner = {name: _inner(each, quoted=quoted) for name, each in field.fields.items()}
        return _object("Object", inner)
    if isinstance(field, ListField | SpansField):
        return _inner(field, quoted=quoted)
    return Annotated[Any, WithJsonSchema(_leaf(field, quoted=quoted))]


def _leaf(field: AnyOfField, *, quoted: bool) -> dict[str, Any]:
    if is_written(field, quoted=quoted):
        return {"type": "string", "minLength": 1, "maxLength": _LONGEST_WRITTEN}
    match field:
        case StringField():
            return {"type": "string", "minLength": 1, "maxLength": field.max_length}
        case IntegerField():
            return {"type": "integer", "minimum": field.minimum, "maximum": field.maximum}
        case NumberField():
            low, high = math.floor(field.minimum), math.ceil(field.maximum)
            return {"type": "number", "minimum": low, "maximum": high}
        case BooleanField():
            return {"type": "boolean"}
        case EnumField():
            return {"enum": [each.value for each in field.values]}
        case AnyField():
            number = {"type": "number", "minimum": -_NUMBER_LIMIT, "maximum": _NUMBER_LIMIT}
            return {"anyOf": [{"type": "string", "maxLength": 300}, number, {"type": "boolean"}]}
    raise TypeError(type(field).__name__)


def _span(field: SpansField) -> type[BaseModel]:
    text = {"type": "string", "minLength": 1, "maxLength": _LONGEST_SPAN}
    label = {"enum": list(field.labels)}
    return _object(
        "Span",
        {
            "text": Annotated[Any, WithJsonSchema(text)],
            "label": Annotated[Any, WithJsonSchema(label)],
        },
    )


def _or_null(kind: Any) -> Any:
    return kind | None if isinstance(kind, type) else _with_null(kind)


def _with_null(kind: Any) -> Any:
    annotated = getattr(kind, "__metadata__", ())
    schema = next((each for each in annotated if isinstance(each, WithJsonSchema)), None)
    if schema is None or schema.json_schema is None:
        return kind | None
    given = schema.json_schema
    branches = given.get("anyOf", [given])
    return Annotated[Any, WithJsonSchema({"anyOf": [*branches, {"type": "null"}]})]


def _list_of(kind: Any, most: int) -> Any:
    return Annotated[tuple[kind, ...], Field(max_length=most)]


def _object(name: str, properties: Mapping[str, Any]) -> type[BaseModel]:
    """A closed class; its own names are numbered, as a field may be called anything."""
    numbered: dict[str, Any] = {
        f"f{at}": (kind, Field(alias=each, repr=False))
        for at, (each, kind) in enumerate(properties.items())
    }
    made: type[BaseModel] = create_model(name, __config__=_CLOSED, **numbered)
    return made
