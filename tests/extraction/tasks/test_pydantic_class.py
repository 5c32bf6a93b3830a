from __future__ import annotations

import contextlib
import datetime
import io
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, NewType, Optional, Union

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import (
    AliasChoices,
    BaseModel,
    Field,
    PositiveInt,
    RootModel,
    StringConstraints,
    conint,
    conlist,
    create_model,
)

from sekisho.errors import UsageError
from sekisho.extraction.tasks.pydantic_class import task_of
from sekisho.extraction.tasks.task import (
    AnyField,
    BooleanField,
    DateField,
    EnumField,
    EnumValue,
    IntegerField,
    ListField,
    NumberField,
    ObjectField,
    StringField,
    Task,
)
from sekisho.extraction.tasks.task_file import load, write

GUIDE = Path(__file__).parents[3] / "docs" / "tasks.md"

Millimetres = NewType("Millimetres", float)


class Side(StrEnum):
    LEFT = "left"
    RIGHT = "right"


class Grade(IntEnum):
    LOW = 1
    HIGH = 2


class Lesion(BaseModel):
    site: str = Field(description="where it is")
    size: float | None = None


class Tree(BaseModel):
    children: list[Tree] = []


class Left(BaseModel):
    right: Right | None = None


class Right(BaseModel):
    left: Left | None = None


class Texts(RootModel[list[str]]):
    pass


class Lost(BaseModel):
    found: Nowhere | None = None  # type: ignore[name-defined]  # noqa: F821


def made(cls: type[BaseModel], **more: Any) -> Task:
    return task_of(cls, name="t", language="en", instruction="Read.", **more)


def field_of(annotation: Any, default: Any = ...) -> Any:
    cls = create_model("Report", value=(annotation, default))
    return made(cls).fields["value"]


def values_of(*values: Any) -> tuple[EnumValue, ...]:
    return tuple(EnumValue(value=each) for each in values)


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (str, StringField(required=True)),
        (int, IntegerField(required=True)),
        (float, NumberField(required=True)),
        (Decimal, NumberField(required=True)),
        (Millimetres, NumberField(required=True)),
        (bool, BooleanField(required=True)),
        (datetime.date, DateField(required=True)),
        (datetime.datetime, DateField(required=True)),
        (Any, AnyField()),
        (object, AnyField()),
        (dict, AnyField(required=True)),
        (dict[str, int], AnyField(required=True)),
        (Mapping[str, Any], AnyField(required=True)),
        (str | int, AnyField(required=True)),
        (int | float, NumberField(required=True)),
        (str | None, StringField()),
        (Optional[bool], BooleanField()),  # noqa: UP045  both spellings are met
        (Union[str, None, int], AnyField()),  # noqa: UP007
        (Literal["a", "b"], EnumField(values=values_of("a", "b"), required=True)),
        (Literal["a", 1, True, None], EnumField(values=values_of("a", 1, True))),
        (Literal[Side.LEFT], EnumField(values=values_of("left"), required=True)),
        (Side, EnumField(values=values_of("left", "right"), required=True)),
        (Grade | None, EnumField(values=values_of(1, 2))),
        (list[str], ListField(items=StringField(), required=True)),
        (list[str | None], ListField(items=StringField(), required=True)),
        (list, ListField(items=AnyField(), required=True)),
        (tuple[int, ...], ListField(items=IntegerField(), required=True)),
        (tuple[int, int], ListField(items=IntegerField(), required=True)),
        (set[Side], ListField(items=EnumField(values=values_of("left", "right")), required=True)),
        (frozenset[bool] | None, ListField(items=BooleanField())),
        (Sequence[float], ListField(items=NumberField(), required=True)),
        (Iterable[float], ListField(items=NumberField(), required=True)),
        (list[list[int]], ListField(items=ListField(items=IntegerField()), required=True)),
    ],
)
def test_a_type_becomes_a_field(annotation: Any, expected: Any) -> None:
    assert field_of(annotation) == expected


def test_models_become_objects_and_lists_of_objects() -> None:
    site = StringField(required=True, description="where it is")
    inner = {"site": site, "size": NumberField()}
    assert field_of(Lesion) == ObjectField(fields=inner, required=True)
    assert field_of(list[Lesion] | None) == ListField(fields=inner)
    assert field_of(list[Annotated[Lesion, "x"]]) == ListField(fields=inner, required=True)


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (Annotated[int, Field(ge=1, le=5)], IntegerField(minimum=1, maximum=5, required=True)),
        (Annotated[int, Field(gt=1, lt=5)], IntegerField(minimum=2, maximum=4, required=True)),
        (Annotated[float, Field(ge=1)], NumberField(minimum=1, required=True)),
        (
            Annotated[float, Field(gt=0, lt=2)],
            NumberField(minimum=5e-324, maximum=math.nextafter(2, 0), required=True),
        ),
        (
            Annotated[float, Field(ge=0, gt=2)],
            NumberField(minimum=math.nextafter(2, 3), required=True),
        ),
        (Annotated[float, Field(ge=-math.inf)], NumberField(required=True)),
        (PositiveInt, IntegerField(minimum=1, required=True)),
        (PositiveInt | None, IntegerField(minimum=1)),
        (conint(ge=3), IntegerField(minimum=3, required=True)),
        (Annotated[str, Field(max_length=9)], StringField(max_length=9, required=True)),
        (Annotated[str, Field(min_length=1)], StringField(required=True)),
        (Annotated[str, StringConstraints(max_length=3)], StringField(max_length=3, required=True)),
        (conlist(int, max_length=4), ListField(items=IntegerField(), max_items=4, required=True)),
        (
            list[Annotated[str, Field(max_length=5)]],
            ListField(items=StringField(max_length=5), required=True),
        ),
        (
            Annotated[list[Annotated[int, Field(ge=0)]], Field(max_length=5)] | None,
            ListField(items=IntegerField(minimum=0), max_items=5),
        ),
    ],
)
def test_limits_are_kept(annotation: Any, expected: Any) -> None:
    assert field_of(annotation) == expected


@settings(deadline=None)
@given(
    st.sampled_from(["ge", "gt", "le", "lt"]),
    st.integers(-1000, 1000) | st.floats(-1000, 1000),
    st.integers(-3, 3) | st.floats(-3, 3),
    st.sampled_from([int, float]),
)
def test_a_value_is_within_the_bounds_just_when_pydantic_takes_it(
    key: str, bound: float, beside: float, kind: Any
) -> None:
    bound, value = kind(bound), kind(bound + beside)
    field = field_of(Annotated[kind, Field(**{key: bound})])
    taken = {
        "ge": value >= bound,
        "gt": value > bound,
        "le": value <= bound,
        "lt": value < bound,
    }[key]
    assert (field.minimum <= value <= field.maximum) is taken


def test_what_a_field_says_of_itself_is_kept() -> None:
    class Report(BaseModel):
        size: float | None = Field(
            None,
            ge=0,
            description="the longest",
            alias="最大径",
            json_schema_extra={"sekisho": {"unit": "mm", "merge": "greatest", "evidence": False}},
        )
        other: str = Field(validation_alias=AliasChoices("a", "b"), json_schema_extra={"x": 1})

    assert made(Report).fields == {
        "最大径": NumberField(
            minimum=0, description="the longest", unit="mm", merge="greatest", evidence=False
        ),
        "other": StringField(required=True),
    }


@pytest.mark.parametrize("default", [None, "x", Field(default_factory=str)])
def test_a_default_makes_a_field_optional_and_is_not_used(default: Any) -> None:
    assert field_of(str, default) == StringField()


def test_fields_keep_the_order_of_the_class() -> None:
    class Report(BaseModel):
        b: str
        a: str
        c: str

    assert list(made(Report).fields) == ["b", "a", "c"]


def test_further_keys_of_a_task_are_taken() -> None:
    task = made(
        Lesion,
        rules=[{"holds": "size > 3 implies found(site)"}],
        examples=[{"text": "The liver.", "answer": {"site": "liver"}}],
        evidence=False,
    )
    assert task.rules[0].holds == "size > 3 implies found(site)"
    assert task.examples[0].answer == {"site": "liver"}
    assert not task.evidence


class Colours(Enum):
    RED = (1, 2)


@pytest.mark.parametrize(
    ("annotation", "told"),
    [
        (bytes, "value: the type bytes is not known"),
        (complex, "value: the type complex is not known"),
        (datetime.timedelta, "value: the type timedelta is not known"),
        (str | list[str], "value: a union of these types is not known"),
        (Lesion | None | str, "value: a union of these types is not known"),
        (None, "value: a union of these types is not known"),
        (tuple[int, str], "value: a tuple of several types"),
        (list[bytes], "value: the type bytes is not known"),
        (Tree, "value.children: Tree holds itself"),
        (Left, "value.right.left: Left holds itself"),
        (Lost, "names a class that is not defined"),
        (Texts, "value: Texts is a RootModel"),
        (Colours, "value: its values are not all texts"),
        (Annotated[str, Field(pattern="a+")], "value: a task cannot keep its pattern"),
        (Annotated[str, Field(min_length=2)], "value: a task cannot keep its min_length"),
        (Annotated[list[str], Field(min_length=2)], "(count items in a rule)"),
        (Annotated[int, Field(multiple_of=2)], "value: a task cannot keep its multiple_of"),
        (Annotated[Decimal, Field(max_digits=3)], "value: a task cannot keep its max_digits"),
        (Annotated[str | int, Field(max_length=3)], "value: a task cannot keep its max_length"),
        (Annotated[int, Field(gt=0)] | str, "value: a task cannot keep its gt"),
    ],
)
def test_what_a_task_cannot_keep_is_refused_by_name(annotation: Any, told: str) -> None:
    with pytest.raises(UsageError) as raised:
        field_of(annotation)
    assert told in str(raised.value)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"name": "a b"}, "name: "),
        ({"language": "de"}, "language: "),
        ({"instruction": ""}, "instruction: "),
        ({"other": 1}, "other: "),
        ({"rules": [{"holds": "sise > 3"}]}, "did you mean size?"),
        (
            {"examples": [{"text": "a liver", "answer": {"site": "liver", "size": "SECRET"}}]},
            "answer.size",
        ),
    ],
)
def test_a_task_that_a_file_could_not_state_is_refused(changes: dict[str, Any], told: str) -> None:
    stated: dict[str, Any] = {"name": "t", "language": "en", "instruction": "Read.", **changes}
    with pytest.raises(UsageError) as raised:
        task_of(Lesion, **stated)
    assert told in str(raised.value)
    assert "SECRET" not in str(raised.value)


@pytest.mark.parametrize(
    "field",
    [
        Field(json_schema_extra={"sekisho": {"unti": "mm"}}),
        Field(json_schema_extra={"sekisho": 3}),
        Field(alias=" blank"),
    ],
)
def test_what_makes_no_sense_in_a_field_is_refused(field: Any) -> None:
    with pytest.raises(UsageError):
        field_of(float, field)


def test_a_class_without_fields_is_refused() -> None:
    for cls in (BaseModel, create_model("Empty")):
        with pytest.raises(UsageError):
            made(cls)


def test_the_task_of_a_class_can_be_written_and_read(tmp_path: Path) -> None:
    class Report(BaseModel):
        nodule: bool
        side: Side | None = None
        lesions: list[Lesion] = Field([], max_length=5)
        size: float = Field(gt=0, lt=1e300)
        when: datetime.date | None = None

    task = made(Report, rules=[{"holds": "nodule or count(lesions) == 0"}])
    path = tmp_path / "task.toml"
    path.write_text(write(task), encoding="utf-8")
    assert load(path) == task


def test_the_program_of_the_reference_runs(tmp_path: Path) -> None:
    (program,) = re.findall("```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        exec(compile(program, "tasks.md", "exec", dont_inherit=True), {"__name__": "reference"})
    path = tmp_path / "task.toml"
    path.write_text(shown.getvalue(), encoding="utf-8")
    assert list(load(path).fields) == ["nodules", "follow_up"]
