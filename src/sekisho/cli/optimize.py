"""``sekisho optimize``: measure models and prompts in five phases, and freeze the best."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sekisho.cli import asking, inputs
from sekisho.cli.console import ExitCode, run_command, show_error, show_note
from sekisho.errors import OutputError
from sekisho.optimization import RESULT

if TYPE_CHECKING:
    from sekisho.optimization.budget import Expected, Purse
    from sekisho.optimization.outcome import Outcome
    from sekisho.optimization.result import StudyResult
    from sekisho.optimization.running import Job
    from sekisho.optimization.study import Study

__all__ = ["optimize"]

#: Seconds between two lines about readings.
_INTERVAL_S = 5.0


@run_command
def optimize(
    study: Annotated[
        Path, typer.Argument(metavar="STUDY.toml", help="The study: systems, reports, budget.")
    ],
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Folder of the study, made when missing.")
    ],
    resume: inputs.Resume = False,
    reopen: Annotated[
        bool,
        typer.Option(
            "--reopen",
            help="With --resume: open the sealed reports once more; the report shows it.",
        ),
    ] = False,
    plan_only: Annotated[
        bool, typer.Option("--plan", help="Say what the study would cost, and stop.")
    ] = False,
    config: asking.Config = None,
) -> None:
    """Measure the systems of a study in five phases, and freeze the best one as a recipe.

    Exit code 0 when the study came to its end, 3 when the budget or a server stopped it (go on
    with --resume), 2 when it could not begin.
    """
    from sekisho.optimization.outputs import write_outputs
    from sekisho.optimization.running import Job, run
    from sekisho.optimization.study import read_study
    from sekisho.runs.beginning import begun, make_folder, now

    settings = read_study(study)
    telling = _Telling()
    if plan_only:
        _plan(settings, telling)
        return
    make_folder(out)
    job = Job(
        study=settings,
        out=out.resolve(),
        configuration=_absolute(asking.configuration_path(config)),
        remembered=asking.remembered(),
        resume=resume,
        reopen=reopen,
    )
    if _finished(job):
        return
    written: list[StudyResult] = []

    def write(outcome: Outcome) -> None:
        written.append(write_outputs(outcome, job.out, at=now()))

    try:
        with begun():
            outcome = asyncio.run(run(job, telling, now, write))
    except OutputError as error:
        show_error(error)
        raise typer.Exit(ExitCode.INCOMPLETE) from None
    _report(written[-1], out)
    if outcome.stopped is not None:
        show_error(outcome.stopped)
        raise typer.Exit(ExitCode.INCOMPLETE)


def _finished(job: Job) -> bool:
    """Whether there is nothing left to do but to say so."""
    from sekisho.optimization.outputs import load_result, write_views
    from sekisho.optimization.running import planned_fingerprint

    if not job.resume or job.reopen or not (job.out / RESULT).is_file():
        return False
    result = load_result(job.out)
    if not result.ended or result.fingerprint != planned_fingerprint(job.study):
        return False
    if result.recipe and not (job.out / result.recipe).is_file():
        show_note(f"the recipe {result.recipe} is not in the folder any more")
        result = result.model_copy(update={"recipe": ""})
    show_note("this study came to its end before; its page and tables are written again")
    write_views(result, job.out)
    _report(result, job.out)
    return True


def _plan(settings: Study, telling: _Telling) -> None:
    from sekisho.optimization.running import planned

    telling.plan(planned(settings), settings)


def _report(result: StudyResult, out: Path) -> None:
    if result.marks:
        show_note(f"{', '.join(result.marks)}: these figures are of no model that could be used")
    for warning in result.warnings:
        show_note(warning)
    if result.recipe:
        show_note(f"recipe: {out / result.recipe}")
    show_note(f"see {out / 'report.html'}")


def _absolute(path: Path | None) -> Path | None:
    return None if path is None else path.resolve()


class _Telling:
    """Lines on stderr: what is begun and decided, and now and then how far it has come."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._said_at = clock()
        self._arm, self._of, self._done = "", 0, 0

    def plan(self, calls: Expected, study: Study) -> None:
        """What the study is expected to take."""
        phases = ", ".join(f"phase {number}: {n:,}" for number, n in calls.calls.items() if n)
        show_note(f"expected: {calls.total:,} calls, one an answer ({phases or 'none'})")
        bounds = study.budget.model_dump(exclude_none=True)
        stated = ", ".join(f"{bound:,g} {name}" for name, bound in bounds.items())
        show_note(f"budget: {stated or 'no bound was set'}")
        most = study.budget.calls
        if most is not None and most < calls.total:
            show_note("the budget may end the study before its last phase; --resume goes on")

    def phase(self, number: int, title: str, calls: int) -> None:
        """A phase begins."""
        show_note(f"phase {number}: {title}" + (f" ({calls:,} calls expected)" if calls else ""))

    def arm(self, name: str, readings: int) -> None:
        """So many readings of one system begin."""
        self._arm, self._of, self._done = name, readings, 0

    def reading(self, spent: Purse) -> None:
        """One reading more."""
        self._done += 1
        now = self._clock()
        if now - self._said_at < _INTERVAL_S:
            return
        self._said_at = now
        cost = spent.total
        tokens = cost.prompt_tokens + cost.answer_tokens
        show_note(
            f"{self._arm}: {self._done:,} of {self._of:,}; so far {cost.calls:,} calls, "
            f"{tokens:,} tokens, {cost.seconds:,.0f} s of answers"
        )

    def note(self, line: str) -> None:
        """Something was decided."""
        show_note(f"  {line}")
