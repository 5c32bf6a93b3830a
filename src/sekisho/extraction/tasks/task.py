"""A task: what is to be found in a report, of which type, and what must hold between the findings.

A task is data. It is read from a file (``task_file``), made from a Pydantic class
(``pydantic_class``) or imported; nothing in it is ever executed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    field_validator,
    model_validator,
)

__all__ = [
    "LONGEST_QUOTE",
    "AnyField",
    "AnyOfField",
    "BooleanField",
    "DateField",
    "EnumField",
    "EnumValue",
    "Example",
    "IntegerField",
    "ListField",
    "Merge",
    "NumberField",
    "ObjectField",
    "Rule",
    "Scalar",
    "SpansField",
    "StringField",
    "Task",
]

#: Characters of a quote, at most: a sentence or two.
LONGEST_QUOTE = 400
_LIMIT = 1_000_000_000

Scalar: TypeAlias = StrictBool | StrictInt | StrictFloat | StrictStr
#: How the values that several parts of a long document gave become one. ``agree``: they must be
#: equal, or the value is invalid.
Merge: TypeAlias = Literal["agree", "first", "last", "any", "all", "least", "greatest", "union"]


class _Part(BaseModel):
    """What every field has.

    ``required``: the report always states it, so that *not mentioned* is no answer. ``evidence``:
    whether the value needs a verbatim quote (None: as the task says); it counts for the fields of
    the task itself, and a list has a quote for each item. ``merge``: None is what is usual for the
    type.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    description: str = ""
    required: bool = False
    evidence: bool | None = None
    merge: Merge | None = None


class StringField(_Part):
    """Words. With ``verbatim`` the value itself must stand in the text."""

    type: Literal["string"] = "string"
    max_length: Annotated[int, Field(ge=1, le=4000)] = 300
    verbatim: bool = False


class IntegerField(_Part):
    """A whole number."""

    type: Literal["integer"] = "integer"
    minimum: int = -_LIMIT
    maximum: int = _LIMIT

    @model_validator(mode="after")
    def _bounds(self) -> IntegerField:
        if self.minimum > self.maximum:
            raise ValueError("minimum is above maximum")
        return self


class NumberField(_Part):
    """A number; with ``unit`` it is given in that unit, whatever unit the report uses."""

    type: Literal["number"] = "number"
    unit: str | None = None
    minimum: float = -float(_LIMIT)
    maximum: float = float(_LIMIT)

    @model_validator(mode="after")
    def _bounds(self) -> NumberField:
        if self.minimum > self.maximum:
            raise ValueError("minimum is above maximum")
        return self


class BooleanField(_Part):
    """Yes or no."""

    type: Literal["boolean"] = "boolean"


class EnumValue(BaseModel):
    """One of the values that an enum may have, and what it means."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    value: Scalar
    description: str = ""


class EnumField(_Part):
    """One of a closed set: a list of values, or a table from value to description.

    ``ordered``: their order means something, as that of grades does, and being next to the truth
    is better than being far from it.
    """

    type: Literal["enum"] = "enum"
    ordered: bool = False
    values: Annotated[tuple[EnumValue, ...], Field(min_length=1, max_length=500)]

    @field_validator("values", mode="before")
    @classmethod
    def _written(cls, given: Any) -> Any:
        if isinstance(given, Mapping):
            return [{"value": value, "description": told} for value, told in given.items()]
        if isinstance(given, list | tuple):
            return [
                each if isinstance(each, Mapping | EnumValue) else {"value": each} for each in given
            ]
        return given

    @field_validator("values")
    @classmethod
    def _distinct(cls, given: tuple[EnumValue, ...]) -> tuple[EnumValue, ...]:
        if len({(type(each.value), each.value) for each in given}) < len(given):
            raise ValueError("a value stands there twice")
        return given

    def value_of(self, given: Any) -> Scalar | None:
        """The value that ``given`` is; None when it is none of them."""
        for each in self.values:
            # True equals 1 in Python, and neither is the other in a task.
            if each.value == given and isinstance(each.value, bool) == isinstance(given, bool):
                return each.value
        return None


class DateField(_Part):
    """A date, perhaps only its year, or year and month.

    ``order`` is how 3/4/2024 is read; None: as is usual in the task's language.
    """

    type: Literal["date"] = "date"
    order: Literal["ymd", "mdy", "dmy"] | None = None


class AnyField(_Part):
    """Text, a number or a boolean, as the model sees fit (for imported tasks)."""

    type: Literal["any"] = "any"


class SpansField(_Part):
    """Stretches of the text, each with one of ``labels``.

    ``occurrences``: a stretch that is named counts wherever it stands (``all``), or each naming
    stands for the next one in the text (``next``).
    """

    type: Literal["spans"] = "spans"
    labels: Mapping[str, str]
    max_items: Annotated[int, Field(ge=1, le=1000)] = 100
    occurrences: Literal["all", "next"] = "all"

    @field_validator("labels", mode="before")
    @classmethod
    def _written(cls, given: Any) -> Any:
        return dict.fromkeys(given, "") if isinstance(given, list | tuple) else given

    @field_validator("labels")
    @classmethod
    def _some(cls, given: Mapping[str, str]) -> Mapping[str, str]:
        if not given:
            raise ValueError("there must be a label")
        return given


class ObjectField(_Part):
    """Several values that belong together; they share one quote."""

    type: Literal["object"] = "object"
    fields: Annotated[Mapping[str, AnyOfField], Field(min_length=1)]


class ListField(_Part):
    """A list: of objects that have ``fields``, or of ``items`` of one type. Each has a quote."""

    type: Literal["list"] = "list"
    items: AnyOfField | None = None
    fields: Mapping[str, AnyOfField] | None = None
    max_items: Annotated[int, Field(ge=1, le=1000)] = 30

    @model_validator(mode="after")
    def _one_form(self) -> ListField:
        if (self.items is None) == (self.fields is None):
            raise ValueError("a list has either items or fields")
        if self.fields is not None and not self.fields:
            raise ValueError("there must be a field")
        return self

    @property
    def item(self) -> AnyOfField:
        """What each item is."""
        if self.items is not None:
            return self.items
        return ObjectField(fields=self.fields or {})


AnyOfField: TypeAlias = Annotated[
    StringField
    | IntegerField
    | NumberField
    | BooleanField
    | EnumField
    | DateField
    | AnyField
    | SpansField
    | ObjectField
    | ListField,
    Field(discriminator="type"),
]


class Rule(BaseModel):
    """What must hold between fields, as in ``nodule or not found(size)``; see ``rules``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    holds: str
    message: str = ""


class Example(BaseModel):
    """A report and what is to be found in it.

    ``answer`` maps fields to values; what is left out is not mentioned. ``quotes`` maps those that
    need evidence to where it stands; without a quote, a value that stands in the text is its own.
    A list has one quote for each of its items.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str = Field(min_length=1, repr=False)
    answer: Mapping[str, Any] = Field(repr=False)
    quotes: Mapping[str, str | tuple[str, ...]] = Field(default_factory=dict, repr=False)
    reasoning: str = Field(default="", repr=False)


class Task(BaseModel):
    """What is to be found in reports of one kind and language.

    ``name`` is shown and becomes part of file names; ``reasoning``: the model writes down its
    reasoning first; ``evidence``: fields need a quote unless they say otherwise.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern="^[A-Za-z0-9][A-Za-z0-9_.-]{0,79}$")]
    language: Literal["ja", "en", "nl"]
    instruction: Annotated[str, Field(min_length=1, max_length=20_000)]
    fields: Annotated[Mapping[str, AnyOfField], Field(min_length=1, max_length=200)]
    rules: tuple[Rule, ...] = ()
    examples: tuple[Example, ...] = ()
    reasoning: bool = False
    evidence: bool = True

    def needs_evidence(self, name: str) -> bool:
        """Whether a value of the field ``name`` needs a quote."""
        own = self.fields[name].evidence
        return self.evidence if own is None else own

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of everything in the task."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()

    def walk(self) -> Iterator[tuple[str, AnyOfField]]:
        """All fields, nested ones too, each with its path as in ``lesions[].size``."""
        for name, field in self.fields.items():
            yield from _walk(name, field)


def _walk(path: str, field: AnyOfField) -> Iterator[tuple[str, AnyOfField]]:
    yield path, field
    if isinstance(field, ObjectField):
        for name, inner in field.fields.items():
            yield from _walk(f"{path}.{name}", inner)
    elif isinstance(field, ListField):
        if field.items is not None:
            yield from _walk(f"{path}[]", field.items)
        for name, inner in (field.fields or {}).items():
            yield from _walk(f"{path}[].{name}", inner)


ObjectField.model_rebuild()
ListField.model_rebuild()
Task.model_rebuild()
