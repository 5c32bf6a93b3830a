"""An inline parser means what llm_extractinator 0.7.1 takes it for, or is an error."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.errors import UsageError
from sekisho.extraction.importers import inline_parser
from sekisho.extraction.importers.specs import Notes
from sekisho.extraction.tasks.task import Task


def read(written: Mapping[str, Any], notes: Notes | None = None) -> dict[str, Any]:
    """The fields of ``written``, which make a task."""
    made = inline_parser.fields(written, where="task.json", notes=notes or Notes())
    Task.model_validate({"name": "t", "language": "en", "instruction": "i", "fields": made})
    return made


def one(written: Mapping[str, Any]) -> dict[str, Any]:
    return read({"x": written})["x"]


def refused(written: Any) -> str:
    with pytest.raises(UsageError) as caught:
        inline_parser.fields({"x": written}, where="task.json", notes=Notes())
    assert caught.value.where == "task.json"
    return str(caught.value)


@pytest.mark.parametrize(
    ("named", "kind"),
    [
        ("str", "string"),
        ("int", "integer"),
        ("float", "number"),
        ("bool", "boolean"),
        ("any", "any"),
    ],
)
def test_each_plain_type_has_its_field(named: str, kind: str) -> None:
    made = one({"type": named, "description": "what it is"})
    assert (made["type"], made["description"]) == (kind, "what it is")
    assert made["required"] is True


def test_what_is_optional_is_not_required() -> None:
    assert one({"type": "str", "optional": True})["required"] is False
    assert one({"type": "str", "optional": False})["required"] is True


def test_literals_are_choices_of_their_own_types() -> None:
    made = one({"type": "str", "literals": ["active", "007", 7, True, 1, "active"]})
    values = [each["value"] for each in made["values"]]
    assert values == ["active", "007", 7, True, 1]
    assert [type(each) for each in values] == [str, str, int, bool, int]


def test_null_among_literals_makes_the_field_optional() -> None:
    made = one({"type": "str", "literals": ["a", None]})
    assert made["required"] is False
    assert [each["value"] for each in made["values"]] == ["a"]


def test_literals_may_be_described() -> None:
    made = one({"type": "int", "literals": {"1": "hardly", "2": "much"}})
    assert made["values"][0] == {"value": "1", "description": "hardly"}


def test_a_list_has_items_of_any_type() -> None:
    assert one({"type": "list", "items": {"type": "str"}})["items"]["type"] == "string"
    assert one({"type": "list", "items": {"type": "int", "literals": [1, 2]}})["items"]["values"]
    inner = {"type": "list", "items": {"type": "float"}}
    assert one({"type": "list", "items": inner})["items"]["items"]["type"] == "number"


def test_a_list_of_dicts_is_a_list_with_fields() -> None:
    # create_pydantic_model_from_json in that package's tests/test_pydantic_model.py.
    made = one(
        {
            "type": "list",
            "description": "List of posts",
            "items": {
                "type": "dict",
                "properties": {
                    "title": {"type": "str", "description": "Post title"},
                    "content": {"type": "str", "optional": True},
                },
            },
        }
    )
    assert made["description"] == "List of posts"
    assert made["fields"]["title"]["required"] is True
    assert made["fields"]["content"]["required"] is False


def test_a_dict_is_an_object_also_inside_of_others() -> None:
    made = one(
        {
            "type": "dict",
            "name": "Profile",
            "properties": {
                "bio": {"type": "str"},
                "more": {"type": "dict", "properties": {"age": {"type": "int"}}},
            },
        }
    )
    assert made["type"] == "object"
    assert made["fields"]["more"]["fields"]["age"]["type"] == "integer"


# The dictionaries of that package's own tests/test_pydantic_model.py and tests/test_prompts.py,
# release 0.7.1, Apache-2.0.
THEIRS = [
    {
        "name": {"type": "str", "description": "User name"},
        "age": {"type": "int", "description": "User age"},
        "active": {"type": "bool", "description": "Is the user active?"},
    },
    {"email": {"type": "str", "description": "User email", "optional": True}},
    {
        "status": {
            "type": "str",
            "description": "Account status",
            "literals": ["active", "inactive", "banned"],
        }
    },
    {
        "profile": {
            "type": "dict",
            "description": "User profile",
            "properties": {
                "bio": {"type": "str", "description": "User biography"},
                "age": {"type": "int", "description": "User age"},
            },
        }
    },
    {
        "posts": {
            "type": "list",
            "description": "List of posts",
            "items": {
                "type": "dict",
                "properties": {
                    "title": {"type": "str", "description": "Post title"},
                    "content": {"type": "str", "description": "Post content"},
                },
            },
        }
    },
    {
        "answer": {"type": "str", "description": "Generated answer"},
        "confidence": {"type": "float", "description": "Confidence score"},
    },
    {"label": {"type": "str", "description": "a label"}},
    {"things": {"type": "list", "items": {"type": "str"}}},
    {
        "severity": {
            "type": "str",
            "description": "Severity if stated",
            "literals": ["mild", "moderate", "severe"],
            "optional": True,
        }
    },
    {"patient_id": {"type": "str", "description": "The {id} in braces {1,2}"}},
    {"flag": {"type": "bool", "description": "yes or no"}},
    {f"f{at}": {"type": "str", "description": "free text"} for at in range(30)},
]


@pytest.mark.parametrize("written", THEIRS, ids=lambda each: next(iter(each)))
def test_the_dictionaries_of_its_own_tests_are_read_unchanged(written: dict[str, Any]) -> None:
    before = json.dumps(written)
    made = read(written)
    assert list(made) == list(written)
    assert [each.get("description", "") for each in made.values()] == [
        each.get("description", "") for each in written.values()
    ]
    assert json.dumps(written) == before


def test_a_field_may_have_any_name() -> None:
    names = ["patient id", "大きさ(mm)", "class", "_private", "a.b"]
    assert list(read({name: {"type": "str"} for name in names})) == names


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (
            {"type": "bytes"},
            "its type is 'bytes' (known are: str, int, float, bool, any,",
        ),
        ({"type": "string"}, "did you mean str?"),
        ({"type": "Integer"}, "did you mean int?"),
        ({"type": "STR"}, "did you mean str?"),
        ({"type": 3}, "its type is no text"),
        ({}, "has no type"),
        ({"type": "str", "optionl": True}, "unknown key 'optionl' (did you mean optional?)"),
        ({"type": "str", "enum": ["a"]}, "unknown key 'enum'"),
        ({"type": "str", "optional": "false"}, "optional is neither true nor false"),
        ({"type": "str", "literals": "yes"}, "literals are no list"),
        ({"type": "str", "literals": [["a"]]}, "a literal is no text"),
        ({"type": "str", "literals": {"a": 1}}, "a literal is described by"),
        ({"type": "str", "literals": [None]}, "null is the only literal"),
        ({"type": "str", "description": 3}, "its description is no text"),
        ({"type": "list"}, "a list needs items"),
        ({"type": "list", "items": {}}, "a list needs items"),
        ({"type": "list", "items": "str"}, 'x[]: is no table (write {"type": "str"})'),
        ({"type": "dict"}, "a dict needs properties"),
        ({"type": "dict", "properties": {}}, "x: has no fields"),
        ({"type": "dict", "properties": [1]}, "x: is no table of fields"),
        ({"type": "dict", "properties": {"y": {"type": "no"}}}, "x.y: its type is 'no'"),
        ({"type": "list", "items": {"type": "dict", "properties": {"": {}}}}, "without a name"),
        ("string", 'write {"type": "str"}'),
        (None, "is no table"),
    ],
)
def test_what_that_package_would_ignore_or_fail_on_is_an_error(written: Any, said: str) -> None:
    assert said in refused(written)


def test_a_parser_without_fields_is_none() -> None:
    with pytest.raises(UsageError, match="Parser_Format: has no fields"):
        read({})


def test_what_is_understood_differently_is_told() -> None:
    notes = Notes()
    read(
        {
            "a": {"type": "list", "items": {"type": "str"}, "literals": ["x"]},
            "b": {"type": "list", "items": {"type": "str", "optional": True}},
            "c": {"type": "str", "literals": []},
        },
        notes,
    )
    told = "\n".join(notes.told())
    assert "literals take the place of its type: one value: a" in told
    assert "items that are null are left out: b" in told
    assert "literals without a value are left out: c" in told


def test_endless_depth_and_width_are_refused() -> None:
    deep: dict[str, Any] = {"type": "str"}
    for _ in range(60):
        deep = {"type": "list", "items": deep}
    assert "nested more than" in refused(deep)
    wide = {f"f{at}": {"type": "str"} for at in range(3000)}
    assert "more than 2000 fields" in refused({"type": "dict", "properties": wide})


leaves = st.fixed_dictionaries(
    {"type": st.sampled_from(["str", "int", "float", "bool", "any"])},
    optional={
        "description": st.text(st.characters(codec="utf-8"), max_size=20),
        "optional": st.booleans(),
        "literals": st.lists(st.text(st.characters(codec="utf-8"), max_size=5), max_size=4),
    },
)
parsers = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.fixed_dictionaries({"type": st.just("list"), "items": inner}),
        st.fixed_dictionaries(
            {
                "type": st.just("dict"),
                "properties": st.dictionaries(
                    st.sampled_from(["a", "b", "名前"]), inner, min_size=1
                ),
            }
        ),
    ),
    max_leaves=12,
)


@settings(deadline=None, max_examples=150)
@given(parsers)
def test_every_form_makes_a_task_and_keeps_its_shape(written: dict[str, Any]) -> None:
    assert shape(one(written)) == theirs(written)


def shape(field: Mapping[str, Any]) -> Any:
    """What a field of ours is, down to its leaves."""
    if "values" in field:
        return [each["value"] for each in field["values"]]
    if field["type"] == "object":
        return {name: shape(each) for name, each in field["fields"].items()}
    if field["type"] == "list" and "fields" in field:
        return ("list", {name: shape(each) for name, each in field["fields"].items()})
    if field["type"] == "list":
        return ("list", shape(field["items"]))
    return field["type"]


def theirs(written: Mapping[str, Any]) -> Any:
    """The same of what stands in the file, as ``create_field`` of that package goes through it."""
    if written.get("literals"):
        return list(dict.fromkeys(written["literals"]))
    if written["type"] == "list":
        return ("list", theirs(written["items"]))
    if written["type"] == "dict":
        return {name: theirs(each) for name, each in written["properties"].items()}
    return {"str": "string", "int": "integer", "float": "number", "bool": "boolean"}.get(
        written["type"], "any"
    )
