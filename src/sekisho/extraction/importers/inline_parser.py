"""The fields of a ``Parser_Format`` that stands in the task file itself, as a JSON object.

It is understood as that package understands it (``output_parsers.create_field`` of 0.7.1), except
that a key or type it would ignore, or fail on in the middle of a run, is an error here.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from sekisho.errors import UsageError
from sekisho.extraction.importers.specs import (
    Limits,
    Notes,
    Spec,
    choice,
    listed,
    sized,
    suggestion,
)

__all__ = ["fields"]

_TABLE = tomllib.loads(
    files(__package__).joinpath("llm_extractinator.toml").read_text(encoding="utf-8")
)["inline"]
_KEYS: tuple[str, ...] = tuple(_TABLE["keys"])
_TYPES: Mapping[str, str] = _TABLE["types"]
_MEANT: Mapping[str, str] = _TABLE["meant"]


def fields(written: Mapping[str, Any], *, where: str, notes: Notes) -> dict[str, Spec]:
    """The fields that ``written`` describes, as of a task file.

    ``where`` names the file in errors; what is understood differently is added to ``notes``.
    Raises ``UsageError`` with the path of the field.
    """
    return _Reader(where, notes).fields(written, "", 0)


class _Reader:
    def __init__(self, where: str, notes: Notes) -> None:
        self._where, self._notes, self._limits = where, notes, Limits()

    def fields(self, written: Any, path: str, depth: int) -> dict[str, Spec]:
        shown = path or "Parser_Format"
        if not isinstance(written, Mapping):
            raise self._error(shown, "is no table of fields")
        if not written:
            raise self._error(shown, "has no fields")
        made: dict[str, Spec] = {}
        for name, each in written.items():
            place = f"{path}.{name}" if path else name
            if not name.strip():
                raise self._error(shown, "has a field without a name")
            spec, optional = self._field(each, place, depth + 1)
            # An empty list is an answer there, and not mentioned here.
            required = not optional and spec["type"] != "list"
            made[name] = {**sized(spec, self._notes), "required": required}
        return made

    def _field(self, written: Any, path: str, depth: int) -> tuple[Spec, bool]:
        """A field, and whether it may be null."""
        self._limits.check(depth, self._where)
        if not isinstance(written, Mapping):
            kind = (_meant(written) if isinstance(written, str) else None) or "str"
            raise self._error(path, "is no table", f'write {{"type": "{kind}"}}')
        for key in written:
            if key not in _KEYS:
                raise self._error(path, f"unknown key {key!r}", suggestion(key, _KEYS))
        spec = self._typed(written, path, depth)
        optional = written.get("optional", False)
        if not isinstance(optional, bool):
            raise self._error(path, "optional is neither true nor false")
        if literals := written.get("literals"):
            spec, null = self._chosen(literals, spec, path)
            optional = optional or null
        elif literals is not None:
            self._notes.add("literals without a value are left out", path)
        return self._described(spec, written.get("description"), path), optional

    def _typed(self, written: Mapping[str, Any], path: str, depth: int) -> Spec:
        if "type" not in written:
            raise self._error(path, "has no type", f"known are: {', '.join(_TYPES)}")
        kind = written["type"]
        if not isinstance(kind, str) or kind not in _TYPES:
            shown = repr(kind) if isinstance(kind, str) else "no text"
            meant = _meant(kind) if isinstance(kind, str) else None
            remedy = f"did you mean {meant}?" if meant else f"known are: {', '.join(_TYPES)}"
            raise self._error(path, f"its type is {shown}", remedy)
        if kind == "dict":
            if "properties" not in written:
                raise self._error(path, "a dict needs properties", "name the fields in it")
            inner = self.fields(written["properties"], path, depth)
            return {"type": "object", "fields": inner}
        if kind == "list":
            if not written.get("items"):
                raise self._error(path, "a list needs items", 'as in {"items": {"type": "str"}}')
            item, optional = self._field(written["items"], f"{path}[]", depth + 1)
            if optional:
                self._notes.add("items that are null are left out", path)
            return listed(item, self._notes)
        return {"type": _TYPES[kind]}

    def _chosen(self, literals: Any, spec: Spec, path: str) -> tuple[Spec, bool]:
        if isinstance(literals, Mapping):
            literals = [(value, told) for value, told in literals.items()]
        elif isinstance(literals, list):
            literals = [(value, "") for value in literals]
        else:
            raise self._error(path, "literals are no list", 'as in ["yes", "no"]')
        if not all(isinstance(told, str) for _, told in literals):
            raise self._error(path, "a literal is described by something that is no text")
        try:
            chosen, null = choice(literals)
        except TypeError:
            raise self._error(path, "a literal is no text, number, boolean or null") from None
        if chosen is None:
            raise self._error(path, "null is the only literal")
        if spec["type"] in ("list", "object"):
            # As that package does; its users may have meant one for each item.
            self._notes.add("literals take the place of its type: one value", path)
        return chosen, null

    def _described(self, spec: Spec, told: Any, path: str) -> Spec:
        if told is None or told == "":
            return spec
        if not isinstance(told, str):
            raise self._error(path, "its description is no text")
        return {**spec, "description": told.strip()}

    def _error(self, path: str, message: str, remedy: str | None = None) -> UsageError:
        return UsageError(f"{path}: {message}", where=self._where, remedy=remedy)


def _meant(kind: str) -> str | None:
    """The type that is called ``kind`` elsewhere, or None."""
    lower = kind.strip().casefold()
    return lower if lower in _TYPES else _MEANT.get(lower)
