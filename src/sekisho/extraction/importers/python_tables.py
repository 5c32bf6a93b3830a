"""What the names of Python and pydantic mean for a task, out of ``python_types.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

from sekisho.extraction.importers.specs import Spec

__all__ = ["TABLES", "Tables"]


@dataclass(frozen=True, slots=True)
class Tables:
    """Full names by what they are."""

    types: Mapping[str, Spec]
    notes: Mapping[str, str]
    lists: frozenset[str]
    tuples: frozenset[str]
    mappings: frozenset[str]
    transparent: frozenset[str]
    constrained: Mapping[str, str]
    annotated: Mapping[str, tuple[str, ...]]
    bounds: frozenset[str]
    unchecked: frozenset[str]
    renaming: frozenset[str]
    without_effect: frozenset[str]
    transparent_decorators: frozenset[str]
    fields_decorators: frozenset[str]
    fields_bases: frozenset[str]
    plain_bases: frozenset[str]
    enum_bases: frozenset[str]
    enum_values: Mapping[str, str]


def _load() -> Tables:
    written = files(__package__).joinpath("python_types.toml").read_text(encoding="utf-8")
    table = tomllib.loads(written)
    arguments, generic = table["arguments"], table["generic"]
    return Tables(
        types=table["types"],
        notes=table["notes"],
        lists=frozenset(generic["lists"]),
        tuples=frozenset(generic["tuples"]),
        mappings=frozenset(generic["mappings"]),
        transparent=frozenset(generic["transparent"]),
        constrained=table["constrained"],
        annotated={name: tuple(names) for name, names in table["annotated"].items()},
        bounds=frozenset(arguments["bounds"]),
        unchecked=frozenset(arguments["unchecked"]),
        renaming=frozenset(arguments["renaming"]),
        without_effect=frozenset(arguments["without_effect"]),
        transparent_decorators=frozenset(table["decorators"]["transparent"]),
        fields_decorators=frozenset(table["decorators"]["fields"]),
        fields_bases=frozenset(table["bases"]["fields"]),
        plain_bases=frozenset(table["bases"]["plain"]),
        enum_bases=frozenset(table["bases"]["enums"]),
        enum_values=table["bases"]["enum_values"],
    )


TABLES = _load()
