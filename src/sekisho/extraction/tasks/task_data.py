"""From keys and values to a task, and all that is wrong with them."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from sekisho.extraction.tasks.places import KeyPath
from sekisho.extraction.tasks.task import Task
from sekisho.extraction.tasks.task_sense import sense
from sekisho.extraction.tasks.task_shape import Finding, shape, survey, too_deep

__all__ = ["findings", "task_from"]

#: What pydantic calls it, and how it is told here; what stands in braces is its context.
_TOLD = {
    "greater_than_equal": "must be {ge} or more",
    "less_than_equal": "must be {le} or less",
    "string_too_short": "must not be empty",
    "string_too_long": "must have {max_length} characters at most",
    "too_short": "must not be empty",
    "too_long": "must have {max_length} entries at most",
    "value_error": "{error}",
}
_PATTERN = "must be made of A-Z a-z 0-9 _ . -, begin with a letter or digit, and be 80 long at most"


def findings(task: Task) -> list[Finding]:
    """What is wrong with a task that a program made, but for its examples."""
    return task_from(json.loads(json.dumps(task.model_dump(), default=str)))[1]


def task_from(data: Mapping[str, Any]) -> tuple[Task | None, list[Finding]]:
    """The task that ``data`` states, and what is wrong with it but for its examples.

    Without a task there is at least one finding; with findings the task is not to be used.
    """
    deep = too_deep(data)
    if deep is not None:
        return None, [deep]
    found = [*survey(data), *shape(data), *sense(data)]
    try:
        task = Task.model_validate(_plain(data))
    except (ValidationError, TypeError) as error:
        # Labels that cannot be keys are a TypeError.
        found += _unsaid(error, found) if isinstance(error, ValidationError) else ()
        return None, found or [Finding((), "this is no task")]
    return task, found or list(_same_paths(task))


def _plain(data: Mapping[str, Any]) -> dict[str, Any]:
    """``data`` with answers as JSON has them: dates as text, and nothing for null."""
    examples = data.get("examples")
    if not isinstance(examples, list):
        return dict(data)
    return {**data, "examples": [_answered(each) for each in examples]}


def _answered(example: Any) -> Any:
    if not isinstance(example, Mapping) or not isinstance(example.get("answer"), Mapping):
        return example
    return {**example, "answer": _bare(example["answer"])}


def _bare(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _bare(each) for key, each in value.items() if each is not None}
    if isinstance(value, list):
        return [_bare(each) for each in value]
    return value.isoformat() if isinstance(value, datetime.date | datetime.time) else value


def _unsaid(error: ValidationError, found: Iterable[Finding]) -> Iterator[Finding]:
    """What the task itself refuses, and no finding has told."""
    told = [each.path for each in found]
    for each in error.errors(include_url=False, include_input=False):
        path = _path(each["loc"])
        if any(path[: len(other)] == other[: len(path)] for other in told):
            continue
        if path == ("name",) and each["type"] == "string_pattern_mismatch":
            yield Finding(path, _PATTERN)
        else:
            form = _TOLD.get(each["type"], "does not fit here")
            yield Finding(path, form.format_map(each.get("ctx", {})))


def _path(location: tuple[str | int, ...]) -> KeyPath:
    """A place in the file from one of pydantic's, which names the types of fields in between."""
    path: KeyPath = ()
    rest = location
    while rest:
        taken = 2 if rest[0] == "fields" else 1
        path, beyond = (*path, *rest[:taken]), rest[taken:]
        if rest[0] in ("values", "labels"):
            return path  # they have other places than in the file, where they may be a table
        if rest[0] not in ("fields", "items"):
            return (*path, *beyond)
        rest = beyond[1:]
    return path


def _same_paths(task: Task) -> Iterator[Finding]:
    seen: set[str] = set()
    for path, _ in task.walk():
        if path in seen:
            yield Finding(("fields",), f"two fields are called {path} where results are told")
        seen.add(path)
