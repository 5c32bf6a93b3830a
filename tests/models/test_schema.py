from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, RootModel

from sekisho.errors import UsageError
from sekisho.models.schema import check_bounds, schema_of

Short = Annotated[str, Field(max_length=20)]
Percent = Annotated[int, Field(ge=0, le=100)]


class Kind(StrEnum):
    NAME = "NAME"
    DATE = "DATE"


class Item(BaseModel):
    """An item; this sentence is not for the server."""

    type: Kind = Kind.NAME
    value: Short
    title: Annotated[str, Field(max_length=3, description="a property may be called title")]


class Answer(BaseModel):
    phi_list: Annotated[list[Item], Field(max_length=3)]
    best: Item | None = None
    zeta: bool
    alpha: Percent


class Cat(BaseModel):
    kind: Literal["cat"]


class Dog(BaseModel):
    kind: Literal["dog"]
    born: datetime.date


class Pet(BaseModel):
    animal: Annotated[Cat | Dog, Field(discriminator="kind")]


class Person(BaseModel):
    children: Annotated[list[Person], Field(max_length=2)]


class Left(BaseModel):
    right: Right | None


class Right(BaseModel):
    left: Left | None


class Callback(BaseModel):
    call: Callable[[], int]


ITEM = {
    "additionalProperties": False,
    "properties": {
        "type": {"enum": ["NAME", "DATE"], "type": "string"},
        "value": {"maxLength": 20, "type": "string"},
        "title": {"maxLength": 3, "type": "string"},
    },
    "required": ["type", "value", "title"],
    "type": "object",
}


def test_a_schema_is_self_contained_closed_and_wholly_required() -> None:
    assert schema_of(Answer) == {
        "additionalProperties": False,
        "properties": {
            "phi_list": {"items": ITEM, "maxItems": 3, "type": "array"},
            "best": {"anyOf": [ITEM, {"type": "null"}]},
            "zeta": {"type": "boolean"},
            "alpha": {"maximum": 100, "minimum": 0, "type": "integer"},
        },
        "required": ["phi_list", "best", "zeta", "alpha"],
        "type": "object",
    }


def test_properties_keep_the_order_of_the_class_and_keywords_are_sorted() -> None:
    schema = schema_of(Answer)
    assert list(schema["properties"]) == ["phi_list", "best", "zeta", "alpha"]
    assert list(schema) == sorted(schema)
    assert list(schema["properties"]["alpha"]) == ["maximum", "minimum", "type"]


def test_changing_a_schema_that_was_given_changes_no_later_one() -> None:
    first = json.dumps(schema_of(Answer))
    schema_of(Answer)["properties"].clear()
    assert json.dumps(schema_of(Answer)) == first


def test_classes_told_apart_by_a_property_are_branches() -> None:
    animal = schema_of(Pet)["properties"]["animal"]
    assert list(animal) == ["anyOf"]
    assert [branch["properties"]["kind"] for branch in animal["anyOf"]] == [
        {"const": "cat", "type": "string"},
        {"const": "dog", "type": "string"},
    ]


def test_a_format_has_a_longest_text_for_servers_that_do_not_know_it() -> None:
    born = schema_of(Pet)["properties"]["animal"]["anyOf"][1]["properties"]["born"]
    assert born == {"format": "date", "maxLength": 10, "type": "string"}
    check_bounds(schema_of(Pet))


@pytest.mark.parametrize("kind", [Person, Left])
def test_a_class_that_contains_itself_is_refused(kind: type[BaseModel]) -> None:
    with pytest.raises(UsageError, match="contains itself"):
        schema_of(kind)


def test_a_class_used_twice_side_by_side_does_not_contain_itself() -> None:
    class Pair(BaseModel):
        left: Item
        right: Item

    assert schema_of(Pair)["properties"]["right"] == ITEM


def test_a_class_without_a_schema_is_refused() -> None:
    with pytest.raises(UsageError, match="Callback has no JSON schema"):
        schema_of(Callback)


def test_a_class_that_allows_more_is_closed_all_the_same() -> None:
    class Open(BaseModel):
        model_config = ConfigDict(extra="allow")
        value: Short

    assert schema_of(Open)["additionalProperties"] is False


def test_a_bounded_schema_passes() -> None:
    check_bounds(schema_of(Answer))
    check_bounds(schema_of(RootModel[Annotated[list[Kind], Field(max_length=2)]]))


@pytest.mark.parametrize(
    ("schema", "place", "lacking"),
    [
        ({"type": "string"}, "a", "maxLength"),
        ({"type": ["string", "null"]}, "a", "maxLength"),
        ({"type": "string", "pattern": "^[0-9]+$"}, "a", "maxLength"),
        ({"type": "string", "pattern": "^a{3,}$"}, "a", "maxLength"),
        ({"type": "string", "pattern": "[0-9]{3}"}, "a", "maxLength"),
        ({"type": "string", "pattern": "^a|b$"}, "a", "maxLength"),
        ({"type": "integer", "maximum": 3}, "a", "minimum"),
        ({"type": "number", "exclusiveMinimum": 3}, "a", "maximum"),
        ({"type": "array", "items": {"type": "boolean"}}, "a", "maxItems"),
        ({"type": "array", "maxItems": 3}, r"a\[\]", "type"),
        ({"type": "array", "maxItems": 3, "items": {"type": "string"}}, r"a\[\]", "maxLength"),
        ({"type": "array", "maxItems": 1, "prefixItems": [{}]}, r"a\[\]", "known type"),
        ({"anyOf": [{"type": "null"}, {"type": "string"}]}, "a", "maxLength"),
        ({"type": "object", "properties": {}}, "a", "closed set of properties"),
        (
            {
                "type": "object",
                "additionalProperties": False,
                "properties": {"b": {"type": "string"}},
            },
            r"a\.b",
            "maxLength",
        ),
        ({"type": "object", "additionalProperties": {"type": "null"}}, "a", "closed set"),
        ({"$ref": "#/$defs/X"}, "a", "known type"),
        ({}, "a", "known type"),
    ],
)
def test_what_could_be_without_end_is_refused_with_its_place(
    schema: dict[str, Any], place: str, lacking: str
) -> None:
    whole = {"type": "object", "additionalProperties": False, "properties": {"a": schema}}
    with pytest.raises(UsageError, match=f"no {lacking}.* at {place}"):
        check_bounds(whole)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "maxLength": 3},
        {"type": "string", "enum": ["a", "b"]},
        {"const": 3},
        {"type": "string", "pattern": r"^[0-9*+]{4}-\+[0-9]{1,2}$"},
        {"type": "integer", "minimum": 0, "exclusiveMaximum": 3},
        {"type": "boolean"},
        {"type": "null"},
        {"type": "array", "maxItems": 2, "items": {"type": "boolean"}},
    ],
)
def test_what_ends_by_itself_passes(schema: dict[str, Any]) -> None:
    check_bounds(schema)


leaves = st.sampled_from(
    [
        {"type": "string", "maxLength": 5},
        {"type": "boolean"},
        {"enum": ["a"]},
        {"type": "integer", "minimum": 0, "maximum": 9},
    ]
)
bounded = st.recursive(
    leaves,
    lambda inner: st.one_of(
        inner.map(lambda node: {"type": "array", "maxItems": 3, "items": node}),
        st.lists(inner, min_size=1, max_size=3).map(lambda nodes: {"anyOf": nodes}),
        st.dictionaries(st.sampled_from("abcd"), inner, max_size=3).map(
            lambda nodes: {"type": "object", "additionalProperties": False, "properties": nodes}
        ),
    ),
    max_leaves=8,
)


def opened(node: dict[str, Any]) -> bool:
    """Take the first bound out of ``node``; False when there is none in it."""
    for bound in ("maxLength", "maximum", "maxItems", "additionalProperties"):
        if bound in node:
            del node[bound]
            return True
    inner = [*node.get("anyOf", []), *node.get("properties", {}).values()]
    return any(opened(each) for each in inner)


@given(bounded)
def test_a_schema_passes_until_any_bound_is_taken_from_it(schema: dict[str, Any]) -> None:
    check_bounds(schema)
    copy = json.loads(json.dumps(schema))
    if opened(copy):
        with pytest.raises(UsageError):
            check_bounds(copy)
