"""A task as the text of a TOML file, for people to read and change.

What a field leaves open is left out; fields, values and labels keep their order, so that the task
has the same digest when it is read again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from sekisho.errors import UsageError
from sekisho.extraction.tasks.task import (
    AnyOfField,
    EnumField,
    Example,
    ListField,
    ObjectField,
    SpansField,
    Task,
)

__all__ = ["task_text"]

_BARE = re.compile("[A-Za-z0-9_-]+")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
#: A list or table of values longer than this has a line for each.
_WIDTH = 80
#: A whole number below this is written without a fraction, and is the same number.
_EXACT = 2**53


def task_text(task: Task) -> str:
    """``task`` in TOML. Raises ``UsageError`` when an example holds what TOML cannot hold."""
    return "\n".join(_lines(task)).rstrip("\n") + "\n"


def _lines(task: Task) -> Iterator[str]:
    yield f"name = {_string(task.name)}"
    yield f"language = {_string(task.language)}"
    for key in ("reasoning", "evidence"):
        if getattr(task, key) is not Task.model_fields[key].default:
            yield f"{key} = {_scalar(getattr(task, key))}"
    yield f"instruction = {_text(task.instruction)}"
    for name, field in task.fields.items():
        yield from _field(("fields", name), field)
    for rule in task.rules:
        yield from ("", "[[rules]]", f"holds = {_string(rule.holds)}")
        if rule.message:
            yield f"message = {_string(rule.message)}"
    for example in task.examples:
        yield from _example(example)


def _field(path: tuple[str, ...], field: AnyOfField) -> Iterator[str]:
    yield from ("", _header(path), f"type = {_string(field.type)}")
    tables: list[tuple[str, Mapping[str, str]]] = []
    for key, info in type(field).model_fields.items():
        value = getattr(field, key)
        if key in ("type", "items", "fields") or _is_default(value, info.default):
            continue
        if isinstance(field, EnumField) and key == "values":
            if not any(each.description for each in field.values):
                yield f"values = {_value([each.value for each in field.values])}"
            elif all(isinstance(each.value, str) for each in field.values):
                tables.append((key, {str(each.value): each.description for each in field.values}))
            else:
                yield f"values = {_value([_described(each) for each in field.values])}"
        elif isinstance(field, SpansField) and key == "labels":
            if any(field.labels.values()):
                tables.append((key, field.labels))
            else:
                yield f"labels = {_value(list(field.labels))}"
        else:
            yield f"{key} = {_number(value) if isinstance(value, float) else _scalar(value)}"
    for key, table in tables:
        yield _header((*path, key))
        yield from (f"{_key(name)} = {_scalar(told)}" for name, told in table.items())
    if isinstance(field, ListField) and field.items is not None:
        yield from _field((*path, "items"), field.items)
    if isinstance(field, ListField | ObjectField):
        for name, inner in (field.fields or {}).items():
            yield from _field((*path, "fields", name), inner)


def _is_default(value: Any, default: Any) -> bool:
    return type(value) is type(default) and bool(value == default)


def _described(each: BaseModel) -> dict[str, Any]:
    return {key: value for key, value in each.model_dump().items() if value != ""}


def _example(example: Example) -> Iterator[str]:
    yield from ("", "[[examples]]", f"text = {_text(example.text)}")
    if example.reasoning:
        yield f"reasoning = {_text(example.reasoning)}"
    yield "[examples.answer]"
    yield from _entries(example.answer)
    if example.quotes:
        yield "[examples.quotes]"
        yield from _entries(example.quotes)


def _entries(table: Mapping[str, Any]) -> Iterator[str]:
    for name, value in table.items():
        if value is not None:
            yield f"{_key(name)} = {_value(value)}"


def _header(path: Sequence[str]) -> str:
    return f"[{'.'.join(map(_key, path))}]"


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _string(name)


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        inner = ", ".join(_entries(value))
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list | tuple):
        items = [_value(each) for each in value]
        line = f"[{', '.join(items)}]"
        if len(line) <= _WIDTH:
            return line
        return "[\n" + "".join(f"    {item},\n" for item in items) + "]"
    return _scalar(value)


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, int | float):
        return repr(value)
    raise UsageError(
        "an example holds a value that a task file cannot hold", remedy="leave null out of lists"
    )


def _number(value: float) -> str:
    written = repr(value)
    plain = value.is_integer() and abs(value) < _EXACT and written != "-0.0"
    return written.removesuffix(".0") if plain else written


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    hidden = character < " " or character == "\x7f"
    return f"\\u{ord(character):04X}" if hidden else character


def _string(text: str) -> str:
    return '"' + "".join(map(_escaped, text)) + '"'


def _text(text: str) -> str:
    """A string, over several lines where it has some."""
    if "\n" not in text:
        return _string(text)
    lines = ("".join(map(_escaped, line)) for line in text.split("\n"))
    # A quotation mark needs no escape but before another one, or before the end.
    body = re.sub(r'\\"(?!\\"|$)', '"', "\n".join(lines))
    return f'"""\n{body}"""'
