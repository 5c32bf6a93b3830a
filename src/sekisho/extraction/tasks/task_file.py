"""Task files: TOML or JSON that people write, read strictly and explained line by line.

A key that nobody knows is an error and never left out of account; so is everything else that would
be regretted after a night of extraction. All that is wrong is told at once, each with its line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sekisho.errors import UsageError
from sekisho.extraction.tasks.places import KeyPath, Places
from sekisho.extraction.tasks.task import Task
from sekisho.extraction.tasks.task_data import findings, task_from
from sekisho.extraction.tasks.task_shape import Finding
from sekisho.extraction.tasks.task_source import read_source
from sekisho.extraction.tasks.task_text import task_text

__all__ = ["Problem", "check", "load", "problems", "write"]

_BARE = re.compile("[A-Za-z0-9_\u3040-\u30ff\u3400-\u9fff々-]{1,80}")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in line ``line`` (from 1) of a task file, and what to do about it.

    ``place`` is the key, as in ``fields.size.minimum`` or ``rules[0].holds`` (items count from 0);
    it is empty where the file as a whole is meant. No text and no answer of an example is told.
    """

    line: int
    place: str
    message: str
    remedy: str | None = None

    def __str__(self) -> str:
        place = f"{self.place}: " if self.place else ""
        advice = f" ({self.remedy})" if self.remedy else ""
        return f"line {self.line}: {place}{self.message}{advice}"


def load(path: Path) -> Task:
    """The task in the TOML or JSON file ``path``.

    Raises ``UsageError`` that names the line of the first problem and how many more there are.
    """
    task, found = _examined(path)
    if task is None:
        first = found[0]
        place = f"{first.place}: " if first.place else ""
        more = f"; and {len(found) - 1} more" if len(found) > 1 else ""
        raise UsageError(
            f"{place}{first.message}{more}",
            where=f"{path}:{first.line}",
            remedy=f"sekisho extract check {path}",
        )
    return task


def problems(path: Path) -> tuple[Problem, ...]:
    """All that is wrong with the task file ``path``, by lines; empty when it can be used.

    Raises ``UsageError`` when it cannot be read at all, or is neither ``.toml`` nor ``.json``.
    """
    return _examined(path)[1]


def check(task: Task) -> None:
    """Raises ``UsageError`` for what ``problems`` would tell of ``task``, were it in a file."""
    found = [_problem(each, 1, task.fields) for each in findings(task)]
    for first in found or _example_problems(task, Places()):
        raise UsageError(first.message, where=first.place or None, remedy=first.remedy)


def write(task: Task) -> str:
    """``task`` as the text of a TOML file that ``load`` reads as an equal task.

    Raises ``UsageError`` when an example holds what TOML cannot hold (null in a list).
    """
    return task_text(task)


def _examined(path: Path) -> tuple[Task | None, tuple[Problem, ...]]:
    """The task or, where there is none, at least one problem."""
    source = read_source(path)
    if source.data is None:
        faults = [Problem(each.line, "", each.message, each.remedy) for each in source.faults]
        return None, tuple(faults)
    fields = source.data.get("fields")
    known = fields if isinstance(fields, Mapping) else {}
    found = [
        _problem(Finding(path, "this key stands there twice", "remove one of them"), line, known)
        for path, line in source.places.twice
    ]
    task, wrong = task_from(source.data)
    found += [_problem(each, source.places.line(each.path), known) for each in wrong]
    if task is not None and not found:
        found += _example_problems(task, source.places)
    if task is None or found:
        return None, tuple(dict.fromkeys(sorted(found, key=lambda each: (each.line, each.place))))
    return task, ()


def _problem(finding: Finding, line: int, known: Mapping[str, Any]) -> Problem:
    remedy = None if finding.remedy is None else _printable(finding.remedy)
    return Problem(line, _told(finding.path, known), _printable(finding.message), remedy)


def _printable(text: str) -> str:
    """``text`` without what could move a cursor or break a line."""
    return "".join(each if each.isprintable() else "�" for each in text)


def _told(path: KeyPath, known: Mapping[str, Any]) -> str:
    """``path`` as it is shown; in an answer only as far as it names fields that are ``known``."""
    if path[:1] == ("examples",) and len(path) > 3:
        path = path[:4] if path[3] in known else path[:3]
    parts = ""
    for part in path:
        if isinstance(part, int):
            parts += f"[{part}]"
        else:
            written = _printable(json.dumps(part[:80], ensure_ascii=False))
            parts += f".{part if _BARE.fullmatch(part) else written}"
    return parts.removeprefix(".")


def _example_problems(task: Task, places: Places) -> Iterator[Problem]:
    if not task.examples:
        return
    # This takes in all that reads answers, which a task without examples does not need.
    from sekisho.extraction.few_shot.example_check import example_problems

    lines: dict[str, int] = {}
    for path, line in places.lines.items():
        if path[0] == "examples":
            inner = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
            lines[inner.removeprefix(".")] = line
    for number, example in enumerate(task.examples):
        here = f"examples[{number}]"
        for place, wrong in example_problems(task, example):
            if place.startswith("rules["):
                own, message = f"{here}.answer", f"breaks {place}: {wrong.removeprefix('broken: ')}"
            else:
                own, message = f"{here}.{place}", wrong
            near = own
            while near and near not in lines:
                near = near[: max(near.rfind("."), near.rfind("["), 0)]
            yield Problem(lines.get(near, 1), own, message)
