"""The JSON schema of an answer: self-contained, closed and bounded.

Servers differ in what they make of a schema: some do not resolve references, some let a property
be missing unless it is required, and all of them let a string or a list without a limit run until
there is no room left. So a schema is brought into one plain form here, and refused when an answer
to it could be without end.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic.errors import PydanticInvalidForJsonSchema, PydanticUserError

from sekisho.errors import UsageError

__all__ = ["check_bounds", "schema_of"]

#: Keywords that say nothing about what an answer may be, or that servers trip over.
_DROPPED = frozenset(
    {"$defs", "default", "deprecated", "description", "discriminator", "examples", "readOnly"}
    | {"title", "uniqueItems", "writeOnly"}
)
_REFERENCE = "#/$defs/"
#: The longest text of each format, in characters; a server that does not know the format needs it.
_LONGEST = {"date": 10, "date-time": 35, "duration": 40, "time": 21, "uuid": 36}
_LOWER = ("minimum", "exclusiveMinimum")
_UPPER = ("maximum", "exclusiveMaximum")
_ESCAPED = re.compile(r"\\.")
_CLASS = re.compile(r"\[[^\]]*\]")
_ENDLESS = re.compile(r"[*+]|\{[0-9]*,\}")


def schema_of(kind: type[BaseModel]) -> dict[str, Any]:
    """The JSON schema of ``kind`` in plain form, the same bytes each time when written as JSON.

    References are resolved, objects are closed, every property is required (a default is not an
    answer), and properties keep the order of the class; keywords are sorted. Raises ``UsageError``
    for a class that contains itself, or that has no JSON schema.
    """
    schema: dict[str, Any] = json.loads(_written(kind))
    return schema


@cache
def _written(kind: type[BaseModel]) -> str:
    try:
        given = kind.model_json_schema()
    except (PydanticInvalidForJsonSchema, PydanticUserError) as error:
        raise UsageError(
            f"{kind.__name__} has no JSON schema ({type(error).__name__})",
            remedy="use plain types in it",
        ) from None
    return json.dumps(_plain(given, given.get("$defs", {}), ()))


def _plain(node: Mapping[str, Any], named: Mapping[str, Any], within: tuple[str, ...]) -> Any:
    """``node`` with references resolved and keywords sorted; ``within`` are the classes around."""
    node, within = _resolved(node, named, within)
    done: dict[str, Any] = {}
    for keyword in sorted(node):
        value = node[keyword]
        if keyword in _DROPPED:
            continue
        if keyword == "properties":
            done[keyword] = {name: _plain(each, named, within) for name, each in value.items()}
            done["required"] = list(value)
        elif keyword in ("anyOf", "oneOf", "prefixItems"):
            # The branches of oneOf are told apart when the answer is validated; fewer servers
            # know that keyword.
            plain = [_plain(each, named, within) for each in value]
            done["anyOf" if keyword == "oneOf" else keyword] = plain
        elif isinstance(value, Mapping):
            done[keyword] = _plain(value, named, within)
        elif keyword != "required":
            done[keyword] = value
    if done.get("type") == "object" and "properties" in done:
        done["additionalProperties"] = False
    if "const" in done:
        done.pop("enum", None)
    if done.get("type") == "string" and done.get("format") in _LONGEST:
        done.setdefault("maxLength", _LONGEST[done["format"]])
    return {keyword: done[keyword] for keyword in sorted(done)}


def _resolved(
    node: Mapping[str, Any], named: Mapping[str, Any], within: tuple[str, ...]
) -> tuple[dict[str, Any], tuple[str, ...]]:
    resolved = dict(node)
    # Older versions of pydantic wrap a reference that has siblings in allOf.
    if len(resolved.get("allOf", ())) == 1:
        resolved = {**resolved.pop("allOf")[0], **resolved}
    while "$ref" in resolved:
        name = str(resolved.pop("$ref")).removeprefix(_REFERENCE)
        if name in within:
            raise UsageError(
                f"{name} contains itself, so an answer to it could be without end",
                remedy="write each level as a class of its own",
            )
        within = (*within, name)
        resolved = {**named[name], **resolved}
    return resolved, within


def check_bounds(schema: Mapping[str, Any]) -> None:
    """Raise ``UsageError``, naming the place, when an answer to ``schema`` could be without end.

    Text needs ``maxLength`` (or ``enum``, ``const``, a pattern that is anchored and repeats nothing
    without limit), a list ``maxItems``, a number both limits, an object a closed set of properties.
    """
    problem = next(_problems(schema, ""), None)
    if problem is not None:
        place, lacking = problem
        raise UsageError(
            f"the answer's schema has no {lacking} at {place or 'its root'}",
            remedy="bound it, for else an answer may run until there is no room left",
        )


def _problems(node: Mapping[str, Any], place: str) -> Iterator[tuple[str, str]]:
    if "enum" in node or "const" in node:
        return
    branches = node.get("anyOf") or node.get("oneOf")
    if branches:
        for branch in branches:
            yield from _problems(branch, place)
        return
    stated = node.get("type")
    for kind in [stated] if isinstance(stated, str) else stated or ["nothing"]:
        yield from _problems_of(str(kind), node, place)


def _problems_of(kind: str, node: Mapping[str, Any], place: str) -> Iterator[tuple[str, str]]:
    match kind:
        case "boolean" | "null":
            pass
        case "string":
            if "maxLength" not in node and not _is_bounded(str(node.get("pattern", ""))):
                yield place, "maxLength"
        case "integer" | "number":
            if not any(keyword in node for keyword in _LOWER):
                yield place, "minimum"
            if not any(keyword in node for keyword in _UPPER):
                yield place, "maximum"
        case "array":
            if "maxItems" not in node:
                yield place, "maxItems"
            items = node.get("items")
            placed = node.get("prefixItems", ())
            for each in (*placed, *([items] if isinstance(items, Mapping) else [])):
                yield from _problems(each, f"{place}[]")
            if items is None and not placed:
                yield f"{place}[]", "type"
        case "object":
            if node.get("additionalProperties") is not False:
                yield place, "closed set of properties"
            for name, each in node.get("properties", {}).items():
                yield from _problems(each, f"{place}.{name}" if place else name)
        case _:
            yield place, "known type"


def _is_bounded(pattern: str) -> bool:
    """Whether a whole text must match ``pattern`` and the pattern ends by itself."""
    bare = _CLASS.sub("", _ESCAPED.sub("", pattern))
    anchored = bare.startswith("^") and bare.endswith("$")
    # Alternatives at the top would each need anchors of their own.
    return anchored and "|" not in bare and not _ENDLESS.search(bare)
