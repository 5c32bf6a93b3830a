"""What pydantic makes of a parser file, as the yardstick for what is read off its syntax."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

#: Empty is an answer of theirs, so none of them is required here.
_MANY = ("list", "mapping")


def by_pydantic(path: Path) -> dict[str, Any]:
    """The fields that pydantic sees, in a form that can be compared; this does run the file."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    try:
        spec.loader.exec_module(module)
        schema = module.OutputParser.model_json_schema()
    finally:
        del sys.modules[path.stem]
    return _schema_fields(schema, schema.get("$defs", {}))


def _schema_fields(schema: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    fields = {}
    for name, each in schema["properties"].items():
        shape = _schema(each, known)
        required = name in schema.get("required", ()) and not shape.pop("null", False)
        shape.pop("null", None)
        fields[name] = {**shape, "required": required and shape["type"] not in _MANY}
    return fields


def _schema(schema: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        rest = {key: value for key, value in schema.items() if key != "$ref"}
        return _schema({**known[schema["$ref"].rpartition("/")[2]], **rest}, known)
    told = {"description": schema["description"]} if schema.get("description") else {}
    if "anyOf" in schema:
        some = [each for each in schema["anyOf"] if each != {"type": "null"}]
        null = {"null": True} if len(some) < len(schema["anyOf"]) else {}
        if len(some) == 1:
            return {**_schema(some[0], known), **told, **null}
        kinds = {each.get("type") for each in some}
        return {"type": "number" if kinds == {"integer", "number"} else "any", **told, **null}
    if "enum" in schema or "const" in schema:
        values = schema.get("enum", [schema.get("const")])
        null = {"null": True} if None in values else {}
        shown = [[type(each).__name__, each] for each in values if each is not None]
        return {"type": "enum", "values": shown, **told, **null}
    kind = schema.get("type", "any")
    if kind == "array":
        items = schema.get("items") or (schema.get("prefixItems") or [{}])[0]
        inner = _schema(items, known)
        inner.pop("null", None)
        # What is told of an object stands with the list of it.
        if inner["type"] == "object" and "description" in inner:
            told = {"description": inner.pop("description"), **told}
        return {"type": "list", "items": inner, "most": schema.get("maxItems"), **told}
    if kind == "object" and "properties" in schema:
        return {"type": "object", "fields": _schema_fields(schema, known), **told}
    if kind == "object":
        given_value = schema.get("additionalProperties")
        value = _schema(given_value if isinstance(given_value, dict) else {}, known)
        value.pop("null", None)
        return {"type": "mapping", "value": value, **told}
    shape = {"type": kind, **told}
    if schema.get("format") in ("date", "date-time"):
        shape["type"] = "date"
    if kind in ("integer", "number"):
        step = 1 if kind == "integer" else 0
        least = [schema["minimum"]] if "minimum" in schema else []
        least += [schema["exclusiveMinimum"] + step] if "exclusiveMinimum" in schema else []
        most = [schema["maximum"]] if "maximum" in schema else []
        most += [schema["exclusiveMaximum"] - step] if "exclusiveMaximum" in schema else []
        shape |= {"least": max(least)} if least else {}
        shape |= {"most": min(most)} if most else {}
    if "maxLength" in schema:
        shape["longest"] = schema["maxLength"]
    return shape


def as_pydantic(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of ours in the form of ``by_pydantic``."""
    return {name: {**_shape(each), "required": each["required"]} for name, each in fields.items()}


def _shape(field: Mapping[str, Any]) -> dict[str, Any]:
    told = {"description": field["description"]} if field.get("description") else {}
    kind = field["type"]
    if kind == "enum":
        values = [[type(each["value"]).__name__, each["value"]] for each in field["values"]]
        return {"type": "enum", "values": values, **told}
    if kind == "list" and set(field.get("fields", ())) == {"key", "value"}:
        return {"type": "mapping", "value": _shape(field["fields"]["value"]), **told}
    if kind == "list":
        most = None if field["max_items"] == 100 else field["max_items"]
        if "fields" in field:
            items = {"type": "object", "fields": as_pydantic(field["fields"])}
        else:
            items = _shape(field["items"])
        return {"type": "list", "items": items, "most": most, **told}
    if kind == "object":
        return {"type": "object", "fields": as_pydantic(field["fields"]), **told}
    shape = {"type": kind, **told}
    shape |= {"least": field["minimum"]} if "minimum" in field else {}
    shape |= {"most": field["maximum"]} if "maximum" in field else {}
    if field.get("max_length", 1000) != 1000:
        shape["longest"] = field["max_length"]
    return shape
