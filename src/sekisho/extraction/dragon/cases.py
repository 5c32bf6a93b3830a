"""The data sets of a job: cases with a text or its parts, and what is known of them.

A uid may be an identifier of a patient, so trouble names the number of an entry, never its uid.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sekisho.errors import InputError
from sekisho.extraction.dragon.configuration import Configuration, TaskType, read_json

__all__ = ["OUTSIDE", "Case", "is_class", "is_number", "is_tag", "read_cases"]

#: The tag of a token that belongs to nothing.
OUTSIDE = "O"
_LARGEST = 10**300


@dataclass(frozen=True, slots=True)
class Case:
    """One case. It has a text or parts, as the configuration says.

    ``uid`` is as it stands in the file. ``target`` is what is known of it, None for a case of the
    test set. ``row`` is the whole entry.
    """

    uid: str | int = field(repr=False)
    text: str = field(default="", repr=False)
    parts: tuple[str, ...] = field(default=(), repr=False)
    target: Any = field(default=None, repr=False)
    row: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to read."""
        return not (self.text.strip() or any(part.strip() for part in self.parts))


def read_cases(path: Path, configuration: Configuration, *, labelled: bool) -> tuple[Case, ...]:
    """The cases in ``path``; ``labelled`` ones must have a target of the type asked for.

    Raises ``InputError`` that names the entry (from 1) that is wrong.
    """
    given = read_json(path)
    if not isinstance(given, list):
        raise InputError("is no JSON list of cases", where=str(path))
    cases: list[Case] = []
    seen: dict[str, int] = {}
    width: int | None = None
    for number, row in enumerate(given, start=1):
        where = f"{path}, entry {number}"
        case = _case(row, configuration, labelled, where)
        earlier = seen.setdefault(str(case.uid), number)
        if earlier != number:
            raise InputError(f"it has the uid of entry {earlier}", where=where)
        if labelled and configuration.type.several:
            width = len(case.target) if width is None else width
            if len(case.target) != width:
                raise InputError(
                    f"{configuration.label_name} has {len(case.target)} values, and {width} before",
                    where=where,
                )
        cases.append(case)
    return tuple(cases)


def _case(row: Any, configuration: Configuration, labelled: bool, where: str) -> Case:
    if not isinstance(row, dict):
        raise InputError("is no JSON object", where=where)
    uid = row.get("uid")
    if not isinstance(uid, str | int) or isinstance(uid, bool) or uid == "":
        raise InputError("uid is missing, or neither text nor a whole number", where=where)
    text, parts = "", ()
    content = row.get(configuration.input_name)
    if configuration.input_name == "text":
        if not isinstance(content, str):
            raise InputError("text is missing, or no text", where=where)
        text = content
    else:
        if not isinstance(content, list) or not all(isinstance(part, str) for part in content):
            raise InputError("text_parts is missing, or no list of texts", where=where)
        parts = tuple(content)
    target = None
    if labelled:
        if configuration.label_name not in row:
            raise InputError(f"{configuration.label_name} is missing", where=where)
        target = row[configuration.label_name]
        problem = _problem(target, configuration.type, len(parts))
        if problem is not None:
            raise InputError(f"{configuration.label_name} {problem}", where=where)
    return Case(uid, text, parts, target, row)


def _problem(target: Any, kind: TaskType, tokens: int) -> str | None:
    """What is wrong with a target of ``kind``; None when nothing is."""
    if kind.entities:
        if not isinstance(target, list) or len(target) != tokens:
            return "does not have one entry for each token"
        if kind is TaskType.ENTITIES:
            return None if all(map(is_tag, target)) else "has an entry that is no tag"
        listed = all(isinstance(tags, list) and tags and all(map(is_tag, tags)) for tags in target)
        return None if listed else "has an entry that is no list of tags"
    if kind.several:
        if not isinstance(target, list) or not target:
            return "is no list of values"
        if not all(_fits(value, kind) for value in target):
            return "has a value of another type"
        return None
    return None if _fits(target, kind) else "is of another type"


def _fits(value: Any, kind: TaskType) -> bool:
    if kind.binary:
        return isinstance(value, bool | int | float) and value in (0, 1)
    if kind.regression:
        # A number that the report does not have is null, and the scorer leaves it out.
        return value is None or is_number(value)
    return is_class(value)


def is_number(value: Any) -> bool:
    """Whether ``value`` is a finite number, and no truth value."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    # An integer of any length is JSON, and no more than this is a number to anybody else.
    return math.isfinite(value) if isinstance(value, float) else abs(value) < _LARGEST


def is_class(value: Any) -> bool:
    """Whether ``value`` can be a class: a text that is not empty, a number or a truth value."""
    return (isinstance(value, str) and value != "") or isinstance(value, bool) or is_number(value)


def is_tag(value: Any) -> bool:
    """Whether ``value`` is a tag: ``O``, ``B-LABEL`` or ``I-LABEL``."""
    return isinstance(value, str) and (
        value == OUTSIDE or (value[:2] in ("B-", "I-") and len(value) > 2)
    )
