"""``nlp-task-configuration.json``: what a DRAGON job asks for.

Format: DIAGNijmegen/dragon_baseline (Apache-2.0), version 1.0.
"""

from __future__ import annotations

import json
import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from sekisho.documents.strict_json import constant
from sekisho.errors import InputError

__all__ = ["FILENAME", "Configuration", "TaskType", "read_configuration", "read_json"]

FILENAME = "nlp-task-configuration.json"

_TARGET = "_target"
_LARGEST = 1 << 20
_FOLD = re.compile(r"-fold[0-9]{1,3}\Z")


class TaskType(StrEnum):
    """The eight types; each is the key under which its predictions are written."""

    BINARY = "single_label_binary_classification"
    MULTI_CLASS = "single_label_multi_class_classification"
    MULTI_LABEL_BINARY = "multi_label_binary_classification"
    MULTI_LABEL_MULTI_CLASS = "multi_label_multi_class_classification"
    REGRESSION = "single_label_regression"
    MULTI_LABEL_REGRESSION = "multi_label_regression"
    ENTITIES = "named_entity_recognition"
    MULTI_LABEL_ENTITIES = "multi_label_named_entity_recognition"

    @property
    def several(self) -> bool:
        """Whether an answer is a list with a value for each of several labels."""
        return self in (
            TaskType.MULTI_LABEL_BINARY,
            TaskType.MULTI_LABEL_MULTI_CLASS,
            TaskType.MULTI_LABEL_REGRESSION,
        )

    @property
    def binary(self) -> bool:
        """Whether an answer is a probability, or several."""
        return self in (TaskType.BINARY, TaskType.MULTI_LABEL_BINARY)

    @property
    def classes(self) -> bool:
        """Whether an answer is a class, or several."""
        return self in (TaskType.MULTI_CLASS, TaskType.MULTI_LABEL_MULTI_CLASS)

    @property
    def regression(self) -> bool:
        """Whether an answer is a number, or several."""
        return self in (TaskType.REGRESSION, TaskType.MULTI_LABEL_REGRESSION)

    @property
    def entities(self) -> bool:
        """Whether an answer has a tag, or a list of tags, for each token."""
        return self in (TaskType.ENTITIES, TaskType.MULTI_LABEL_ENTITIES)


class Configuration(BaseModel):
    """What a job asks for.

    ``recommended_truncation_side`` is where a reader that cannot read a whole text should cut it:
    ``left`` means that the end of the text matters most.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    jobid: int | str | None = None
    # Part of file names and of the name of a task.
    task_name: Annotated[str, Field(pattern="^[A-Za-z0-9][A-Za-z0-9_.-]{0,79}$")]
    input_name: Literal["text", "text_parts"]
    label_name: str
    recommended_truncation_side: Literal["left", "right"] = "left"
    version: str | None = None

    @field_validator("label_name")
    @classmethod
    def _known(cls, given: str) -> str:
        if given.removesuffix(_TARGET) not in set(TaskType) or not given.endswith(_TARGET):
            raise ValueError(f"none of {', '.join(each + _TARGET for each in TaskType)}")
        return given

    @property
    def type(self) -> TaskType:
        """What kind of answer is asked for."""
        return TaskType(self.label)

    @property
    def label(self) -> str:
        """The key of a prediction: that of the truth without its ending."""
        return self.label_name.removesuffix(_TARGET)

    def fits_folder(self, name: str) -> bool:
        """Whether the scorer finds predictions in a folder called ``name``."""
        return _FOLD.sub("", name) == self.task_name and bool(_FOLD.search(name))


def read_configuration(path: Path) -> Configuration:
    """The configuration in ``path``. Raises ``InputError`` that names the key that is wrong."""
    given = read_json(path, largest=_LARGEST)
    if not isinstance(given, dict):
        raise InputError("is no JSON object", where=str(path))
    try:
        configuration = Configuration.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise InputError(f"{place}: {first['msg']}", where=str(path)) from None
    if configuration.type.entities and configuration.input_name != "text_parts":
        raise InputError(
            "input_name: tags are given to tokens, so the input must be text_parts",
            where=str(path),
        )
    return configuration


def read_json(path: Path, *, largest: int = 1 << 31) -> Any:
    """The JSON value in ``path``, of at most ``largest`` bytes; NaN and infinities are no JSON.

    Raises ``InputError``, which tells nothing of the content.
    """
    try:
        if path.stat().st_size > largest:
            raise InputError("is far too large for what it should be", where=str(path))
        return json.loads(path.read_text(encoding="utf-8-sig"), parse_constant=constant)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(path)) from None
    except json.JSONDecodeError as error:
        raise InputError(f"is no JSON from line {error.lineno} on", where=str(path)) from None
    except (ValueError, RecursionError):
        raise InputError("is no JSON in UTF-8", where=str(path)) from None
