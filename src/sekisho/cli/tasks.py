"""Task files on the command line: read, checked, and made from those of llm_extractinator."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sekisho.cli.console import ExitCode, run_command, show_note, write_out
from sekisho.errors import UsageError

if TYPE_CHECKING:
    from sekisho.extraction.importers.llm_extractinator import Imported
    from sekisho.extraction.tasks.task import Task

__all__ = ["check", "import_", "read_task"]

#: The language of reports of which nothing is said.
ENGLISH = "en"


@run_command
def check(task: Annotated[Path, typer.Argument(metavar="TASK", help="Task to check.")]) -> None:
    """Say what is wrong with a task, line by line, or what it asks for."""
    from sekisho.extraction.tasks import task_file

    problems = task_file.problems(task)
    for problem in problems:
        remedy = f" ({problem.remedy})" if problem.remedy else ""
        place = f"{problem.place}: " if problem.place else ""
        write_out(f"{task}:{problem.line}: {place}{problem.message}{remedy}")
    if problems:
        raise typer.Exit(ExitCode.USAGE)
    write_out(_asks(task_file.load(task)))


@run_command
def import_(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Task (JSON) or parser of llm_extractinator.")
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="TASK.toml", help="Where to write it, else shown."),
    ] = None,
    language: Annotated[
        str, typer.Option("--language", help="Language of the reports: ja, en or nl.")
    ] = ENGLISH,
) -> None:
    """Make a task file of one that was written for llm_extractinator; nothing in it is executed."""
    from sekisho.extraction.importers import llm_extractinator
    from sekisho.extraction.tasks import task_file

    imported = llm_extractinator.read(file, language=language)
    for note in imported.notes:
        show_note(note)
    text = task_file.write(imported.task)
    if out is None:
        write_out(text.removesuffix("\n"))
        return
    try:
        with out.open("x", encoding="utf-8") as written:
            written.write(text)
    except FileExistsError:
        raise UsageError(
            "there is already a file", where=str(out), remedy="choose another --out"
        ) from None


def read_task(path: Path, language: str | None) -> tuple[Task, Imported | None]:
    """The task in ``path``; beside it what was understood of one of llm_extractinator.

    Those say nothing of the ``language`` of their reports; any other says it itself. What was
    understood differently is told. Raises ``UsageError`` when it cannot be used.
    """
    from sekisho.extraction.importers import llm_extractinator
    from sekisho.extraction.tasks import task_file

    if not path.is_file():
        raise UsageError("there is no such task", where=str(path), remedy="check the path")
    if not llm_extractinator.looks_like(path):
        if language is not None:
            raise UsageError(
                "the task says itself in which language its reports are", where="--language"
            )
        return task_file.load(path), None
    imported = llm_extractinator.read(path, language=language or ENGLISH)
    for note in imported.notes:
        show_note(f"{path.name}: {note}")
    return imported.task, imported


def _asks(task: Task) -> str:
    """What ``task`` asks for, in one line."""
    number = len(task.fields)
    fields = "1 field" if number == 1 else f"{number} fields"
    listed = ", ".join(f"{name} ({field.type})" for name, field in task.fields.items())
    extra = [
        f"{count} {what if count == 1 else what + 's'}"
        for what, count in (("rule", len(task.rules)), ("example", len(task.examples)))
        if count
    ]
    return "; ".join([f"{task.name} ({task.language}) asks for {fields}: {listed}", *extra])
