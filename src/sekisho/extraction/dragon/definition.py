"""What a DRAGON task means, in words: a data file for each, found by the name of the task.

A job says only that its label is, say, two classes. What a model must be told beside it stands in
``definitions/taskNNN.toml``. Which answers there are is learnt from the job's own labelled cases;
a definition says what they mean.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from sekisho.extraction.dragon.configuration import Configuration
from sekisho.extraction.tasks.task import Merge, Scalar

__all__ = [
    "GENERIC",
    "Definition",
    "LabelMeaning",
    "Language",
    "SpanGroup",
    "definition_of",
    "generic_words",
    "shipped",
]

Language: TypeAlias = Literal["en", "nl", "ja"]

_FOLDER = Path(__file__).with_name("definitions")
#: What is said of a task that nobody has defined.
GENERIC = "generic.toml"
_NUMBER = re.compile(r"Task([0-9]{3})_")
_NAME = "^[a-z][a-z0-9_{}]{0,59}$"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LabelMeaning(_Part):
    """What one label means; ``{n}`` in its words is its number, and so it stands for several.

    ``absent`` is the value that a report has which says nothing of it (None: then nothing is
    known). ``values`` maps classes, as text, to what they mean.
    """

    name: Annotated[str, Field(pattern=_NAME)]
    description: str
    unit: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    absent: Scalar | None = None
    evidence: bool = False
    merge: Merge | None = None
    values: Mapping[str, str] = Field(default_factory=dict)

    def numbered(self, number: int) -> LabelMeaning:
        """This one for the label ``number`` (from 1)."""
        told = {
            "name": self.name.replace("{n}", str(number)),
            "description": self.description.replace("{n}", str(number)),
        }
        return self.model_copy(update=told)


class SpanGroup(_Part):
    """Labels of entities that are asked for together, and how their stretches become tags.

    ``joined``: what stands side by side is one entity. ``part``: of what is quoted, the last match
    of this pattern is the entity, so that a quote can hold enough to be found only once.
    """

    name: Annotated[str, Field(pattern=_NAME)]
    description: str
    labels: Mapping[str, str] = Field(default_factory=dict)
    occurrences: Literal["all", "next"] = "all"
    joined: bool = False
    part: str | None = None

    @field_validator("part")
    @classmethod
    def _pattern(cls, given: str | None) -> str | None:
        if given is not None:
            re.compile(given)
        return given


class Definition(_Part):
    """A task in words.

    ``pattern`` is what the names of its jobs look like. ``seen`` says whether whoever wrote this
    saw labelled cases; otherwise it follows what is published. ``parts`` are what the parts of a
    text are called. Either ``labels`` or ``spans`` say what is asked for.
    """

    source: str
    pattern: str
    title: str
    language: Language
    seen: bool
    instruction: Annotated[str, Field(min_length=1)]
    parts: tuple[str, ...] = ()
    labels: tuple[LabelMeaning, ...] = ()
    spans: tuple[SpanGroup, ...] = ()

    @model_validator(mode="after")
    def _numbered_alone(self) -> Definition:
        if any("{n}" in each.name for each in self.labels) and len(self.labels) > 1:
            raise ValueError("a label that stands for several stands alone")
        return self

    def meaning(self, index: int, of: int) -> LabelMeaning | None:
        """What the label ``index`` (from 0) of ``of`` means; None when that cannot be told."""
        if len(self.labels) == 1 and "{n}" in self.labels[0].name:
            return self.labels[0].numbered(index + 1)
        # With another number of labels, none is where it was when this was written.
        return self.labels[index] if len(self.labels) == of else None


def definition_of(configuration: Configuration, language: Language | None = None) -> Definition:
    """The definition of the task of ``configuration``, or a generic one from its type alone.

    ``language`` is that of a task which nobody has defined (None: English).
    """
    numbered = _NUMBER.match(configuration.task_name)
    if numbered is not None:
        path = _FOLDER / f"task{numbered[1]}.toml"
        if path.is_file():
            found = _read(path)
            if fnmatchcase(configuration.task_name, found.pattern):
                return found
    return _generic(configuration, language or "en")


def shipped() -> tuple[Definition, ...]:
    """All definitions that come with sekisho, by the number of their task."""
    return tuple(_read(path) for path in sorted(_FOLDER.glob("task*.toml")))


def generic_words(language: Language) -> Mapping[str, Any]:
    """How things are called where no definition says it."""
    words: Mapping[str, Any] = _raw(_FOLDER / GENERIC)[language]
    return words


def _generic(configuration: Configuration, language: Language) -> Definition:
    words = generic_words(language)
    kind = configuration.type
    content: dict[str, Any] = {
        "source": "the type of the job and its labelled cases",
        "pattern": configuration.task_name,
        "title": configuration.task_name,
        "language": language,
        "seen": False,
        "instruction": words[kind.value],
    }
    if kind.entities:
        content["spans"] = [{"name": "entities", "description": words["entities"]}]
    elif kind.several:
        content["labels"] = [{"name": "label_{n}", "description": words["one_of_several"]}]
    else:
        content["labels"] = [{"name": "label", "description": words["single"]}]
    return Definition.model_validate(content)


@cache
def _read(path: Path) -> Definition:
    return Definition.model_validate(_raw(path))


@cache
def _raw(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))
