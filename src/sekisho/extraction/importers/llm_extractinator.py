"""Tasks of llm_extractinator (0.1 to 0.7.1), so that its users run their files unchanged.

A task file names its parser (a Pydantic class in a Python file, or an inline object), its data and
its examples. The parser is read as syntax and never executed. That package has no evidence and
bounds nothing, so an imported task asks for no quotes, and ends texts and lists at a length.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError

from sekisho.errors import UsageError
from sekisho.extraction.importers import few_shot, inline_parser, python_classes
from sekisho.extraction.importers.files import as_json, first_there
from sekisho.extraction.importers.specs import Notes, Spec, closest, suggestion
from sekisho.extraction.tasks.task import Task

__all__ = ["Imported", "looks_like", "read"]

#: Bytes of a task file.
_LARGEST = 1 << 20
_LONGEST_NAME = 80

_TABLE = tomllib.loads(
    files(__package__).joinpath("llm_extractinator.toml").read_text(encoding="utf-8")
)
_READ: tuple[str, ...] = tuple(_TABLE["keys"]["read"])
_WITHOUT_EFFECT: tuple[str, ...] = tuple(_TABLE["keys"]["without_effect"])
_PLACES: Mapping[str, list[str]] = _TABLE["places"]
_STARTED: Mapping[str, list[str]] = _TABLE["places"]["started"]
_INSTRUCTIONS: Mapping[str, str] = _TABLE["instruction"]

_FILE_NAME = re.compile(r"Task[0-9]{3}(?![0-9]).*\.json")
_GOOD_NAME = re.compile(f"[A-Za-z0-9][A-Za-z0-9_.-]{{0,{_LONGEST_NAME - 1}}}")
_NOT_IN_NAMES = re.compile("[^A-Za-z0-9.-]+")
#: Keys of this program's own task files.
_OWN = {"instruction", "fields"}

_NO_EVIDENCE = (
    "no field needs evidence, since that package has none: a task file of this program can ask "
    "for it"
)


@dataclass(frozen=True, slots=True)
class Imported:
    """A task of that package, and what else its file says.

    ``data`` and ``examples_path`` are files that exist; ``notes`` tell, without any text of the
    examples, what was understood differently or left out.
    """

    task: Task
    data: Path | None
    text_column: str | None
    examples_path: Path | None
    notes: tuple[str, ...]


def looks_like(path: Path) -> bool:
    """Whether the file at ``path`` is a task of that package, not one of this program.

    A file that cannot be read is one when it is called like one, as ``Task001_name.json``.
    """
    try:
        written, _ = as_json(path, _LARGEST)
    except UsageError:
        return path.is_file() and _FILE_NAME.fullmatch(path.name) is not None
    if not isinstance(written, Mapping) or _OWN & written.keys():
        return False
    return any(closest(key, _READ) for key in written)


def read(path: Path, *, language: str = "en") -> Imported:
    """The task in the file at ``path``, whose reports are in ``language``.

    A parser alone (a Python file) is a task without data, which its docstring describes. Raises
    ``UsageError`` when the task, its parser or its examples are missing, or hold what cannot be
    understood; the message names the file and, where it is known, the line.
    """
    path = Path(path)
    if language not in get_args(Task.model_fields["language"].annotation):
        raise UsageError(f"no task is in the language {language!r}", remedy="use ja, en or nl")
    notes = Notes()
    alone = path.suffix == ".py"
    written = {"Parser_Format": str(path.absolute())} if alone else _task_file(path, notes)
    fields, described = _parser(path, written["Parser_Format"], notes)
    notes.add(_NO_EVIDENCE)
    parts = (
        _text(written, "Description", path) or described or _INSTRUCTIONS[language],
        _text(written, "Extra_Instructions", path),
    )
    try:
        task = Task.model_validate(
            {
                "name": _name(path, notes),
                "language": language,
                "instruction": "\n\n".join(part for part in parts if part),
                "fields": fields,
                "evidence": False,
            }
        )
    except ValidationError as error:
        raise _invalid(path, error) from None
    examples = _examples_file(path, written, notes)
    if examples is not None:
        task = task.model_copy(update={"examples": few_shot.read(examples, task, notes)})
    return Imported(
        task=task,
        data=_data_file(path, written, notes),
        text_column=_text(written, "Input_Field", path, trimmed=False) or None,
        examples_path=examples,
        notes=notes.told(),
    )


def _task_file(path: Path, notes: Notes) -> Mapping[str, Any]:
    if not path.exists():
        near = [each.name for each in path.parent.glob("*.json")] if path.parent.is_dir() else []
        meant = closest(path.name, near)
        remedy = f"did you mean {meant}?" if meant else "check the path"
        raise UsageError("no such task", where=str(path), remedy=remedy)
    written, encoding = as_json(path, _LARGEST)
    if not isinstance(written, Mapping):
        raise UsageError("is no task: no JSON object", where=str(path))
    for key in written:
        if key in _WITHOUT_EFFECT:
            notes.add("has no effect, there as here", key)
        elif key not in _READ:
            remedy = suggestion(key, _READ)
            raise UsageError(f"unknown key {key!r}", where=str(path), remedy=remedy)
    if written.get("Parser_Format") in (None, ""):
        raise UsageError(
            "has no Parser_Format", where=str(path), remedy="name a file in its folder parsers"
        )
    if encoding not in ("utf-8", "utf-8-sig"):
        notes.add(f"the task file was read as {encoding}; UTF-8 leaves no doubt")
    return written


def _parser(path: Path, named: Any, notes: Notes) -> tuple[Mapping[str, Spec], str]:
    """The fields of a parser, and what its docstring says."""
    if isinstance(named, Mapping):
        return inline_parser.fields(named, where=str(path), notes=notes), ""
    if not isinstance(named, str):
        raise UsageError(
            "Parser_Format is neither the name of a file nor an object", where=str(path)
        )
    found, usual = _look("parser", path, named)
    if found is None:
        near = [each.name for each in usual.parent.glob("*.py")] if usual.parent.is_dir() else []
        meant = closest(usual.name, near)
        raise UsageError(
            "no such parser",
            where=str(usual),
            remedy=f"did you mean {meant}?" if meant else "check Parser_Format",
        )
    classes = python_classes.read(found)
    for note in classes.notes:
        notes.add(note)
    return classes.fields, classes.description


def _examples_file(path: Path, written: Mapping[str, Any], notes: Notes) -> Path | None:
    named = written.get("Example_Path")
    if named is None or named == "":
        return None
    found, usual = _look("examples", path, _text(written, "Example_Path", path))
    if found is None:
        raise UsageError(
            "no such file of examples",
            where=str(usual),
            remedy="check Example_Path or leave it out",
        )
    return found


def _data_file(path: Path, written: Mapping[str, Any], notes: Notes) -> Path | None:
    named = _text(written, "Data_Path", path)
    if not named:
        return None
    found, usual = _look("data", path, named)
    if found is None:
        notes.add(f"its data are not at {usual}: name them on the command line")
    return found


def _look(kind: str, path: Path, named: str) -> tuple[Path | None, Path]:
    """A file that a task names: beside the task, else from where this program was started."""
    places = tuple(Path(place) for place in _PLACES[kind])
    found, usual = first_there(path.parent, places, named)
    if found is None:
        started = tuple(Path(place) for place in _STARTED[kind])
        found, _ = first_there(Path.cwd(), started, named)
    return found, usual


def _text(written: Mapping[str, Any], key: str, path: Path, *, trimmed: bool = True) -> str:
    found = written.get(key)
    if found is None:
        return ""
    if not isinstance(found, str):
        raise UsageError(f"{key} is no text", where=str(path), remedy='write it in "..."')
    return found.strip() if trimmed else found


def _name(path: Path, notes: Notes) -> str:
    if _GOOD_NAME.fullmatch(path.stem):
        return path.stem
    cleaned = _NOT_IN_NAMES.sub("_", path.stem).strip("_.-")[:_LONGEST_NAME] or "Task"
    notes.add(f"the task is called {cleaned}")
    return cleaned


def _invalid(path: Path, error: ValidationError) -> UsageError:
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return UsageError(f"makes no valid task: {place}: {first['msg']}", where=str(path))
