"""``sekisho dragon``: run the jobs of the DRAGON benchmark, and score what came out."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sekisho.cli import asking, inputs
from sekisho.cli.console import (
    Column,
    ExitCode,
    run_command,
    show_error,
    show_note,
    show_table,
)
from sekisho.errors import OutputError, UsageError

if TYPE_CHECKING:
    from sekisho.extraction.dragon.run import Order, Ran
    from sekisho.extraction.dragon.scoring import Scores

__all__ = ["dragon_app"]

dragon_app = typer.Typer(
    name="dragon",
    help="Run the jobs of the DRAGON benchmark, and score predictions.",
    no_args_is_help=True,
)


class Baseline(StrEnum):
    """The yardsticks that learn from a job's own labelled cases."""

    LINEAR = "linear"


class Language(StrEnum):
    """The languages of reports."""

    EN = "en"
    NL = "nl"
    JA = "ja"


@dragon_app.callback()
def _group() -> None:
    """Run the jobs of the DRAGON benchmark, and score predictions."""


@dragon_app.command()
@run_command
def run(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="INPUT", help="Job folders, or folders of job folders."),
    ],
    out: Annotated[
        Path, typer.Option("--out", metavar="OUT", help="Folder of the run, made when missing.")
    ],
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            metavar="M",
            help="Local model that answers: a name in sekisho.toml, ollama:NAME, "
            "http://HOST:PORT/v1#NAME or gguf:FILE.",
        ),
    ] = None,
    baseline: Annotated[
        Baseline | None,
        typer.Option(help="Instead of a model: learn from the jobs' own labelled cases."),
    ] = None,
    num_examples: Annotated[
        int,
        typer.Option(min=0, max=50, metavar="N", help="Labelled cases shown before each case."),
    ] = 0,
    votes: Annotated[
        int,
        typer.Option(
            min=1,
            max=99,
            metavar="N",
            help="Answers to vote, where a server has no log probabilities.",
        ),
    ] = 1,
    reasoning: Annotated[
        bool, typer.Option("--reasoning", help="Let the model write down its reasoning first.")
    ] = False,
    language: Annotated[
        Language, typer.Option(help="Language of reports whose task has no definition.")
    ] = Language.EN,
    config: asking.Config = None,
    timeout: Annotated[
        float, typer.Option(min=1.0, metavar="S", help="Seconds a case may take.")
    ] = 1800.0,
    resume: inputs.Resume = False,
) -> None:
    """Answer the test cases of DRAGON jobs, into files that the scorer accepts.

    A case that could not be answered gets what is commonest among the labelled cases, and is
    counted. Exit code 0 when every case was answered, 3 when some were not, 2 when the command
    could not begin.
    """
    from sekisho.extraction.dragon.run import Order, run_jobs
    from sekisho.extraction.reading import How
    from sekisho.runs.progress import open_progress

    stated = {
        "--num-examples": num_examples != 0,
        "--votes": votes != 1,
        "--reasoning": reasoning,
        "--config": config is not None,
        "--model": model is not None,
    }
    given = [option for option, said in stated.items() if said]
    if baseline is not None and given:
        raise UsageError(
            "the baseline asks no model, and this is about one",
            where=", ".join(given),
            remedy="leave out either --baseline or these",
        )
    path = None if baseline is not None else asking.configuration_path(config)
    order = Order(
        paths=tuple(paths),
        out=out,
        model=None if baseline is not None else model or _default_model(path),
        baseline=None if baseline is None else "linear",
        how=How(votes=votes),
        shown=num_examples,
        reasoning=reasoning,
        language=language.value,
        configuration=path,
        remembered=asking.remembered(),
        resume=resume,
        timeout_s=timeout,
    )
    try:
        ended = run_jobs(order, progress=open_progress)
    except UsageError:
        raise
    except OutputError as error:
        show_error(error)
        raise typer.Exit(ExitCode.INCOMPLETE) from None
    _report(order, ended)
    raise typer.Exit(_exit_code(ended))


def _default_model(path: Path | None) -> str:
    from sekisho.models.configuration import read

    model = read(path).default_model
    if model is None:
        raise UsageError(
            "nothing was named that answers",
            where="--model",
            remedy="name a model, set default_model in sekisho.toml, or use --baseline linear",
        )
    return model


def _exit_code(ended: Ran) -> int:
    if ended.summary.unfinished:
        return ended.summary.exit_code
    return ExitCode.INCOMPLETE if ended.fallback else ExitCode.OK


def _report(order: Order, ended: Ran) -> None:
    if ended.summary.advice is not None:
        show_note(ended.summary.advice)
        return
    rows = [
        [
            result.job.name,
            f"{len(result.values):,}",
            f"{result.answered:,}",
            f"{result.fallback:,}",
            ", ".join(f"{reason} {count:,}" for reason, count in result.reasons.items()),
        ]
        for result in ended.results
    ]
    columns = (
        Column("job"),
        Column("cases", right=True),
        Column("answered", right=True),
        Column("fallback", right=True),
        Column("why"),
    )
    show_table("Predictions", columns, rows)
    for note in ended.notes:
        show_note(note)
    _note_stand_in(ended)
    show_note(f"{len(ended.results):,} jobs in {ended.summary.seconds:.1f} s; see {order.out}")


def _note_stand_in(ended: Ran) -> None:
    from sekisho.models.seam import Origin

    if ended.origin not in (None, Origin.MODEL):
        show_note(f"the language model's answers were {ended.origin}: no figure is a model's")


@dragon_app.command()
@run_command
def score(
    predictions: Annotated[
        Path,
        typer.Argument(help="Folder of <Task>-fold<k>/nlp-predictions-dataset.json.", exists=True),
    ],
    truth: Annotated[Path, typer.Option(help="Folder of <Task>.json with labels.", exists=True)],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write the metrics as JSON.")
    ] = None,
) -> None:
    """Score predictions with dragon-eval, each fold by itself.

    Only tasks with truth are scored. Exit code 3 when the scorer rejects a fold.
    """
    from sekisho.extraction.dragon.scoring import score as scored
    from sekisho.runs.files import write_whole

    scores = scored(predictions, truth)
    if out is not None:
        text = json.dumps(scores.as_json(), ensure_ascii=True, indent=2)
        write_whole(out, text.encode("ascii") + b"\n")
    _show_scores(scores)
    if scores.rejected:
        raise typer.Exit(ExitCode.INCOMPLETE)


def _show_scores(scores: Scores) -> None:
    from sekisho.extraction.dragon.scoring import BENCHMARK

    rows = [
        [fold.task, str(fold.fold), fold.metric, _figure(fold.value), fold.problem or ""]
        for fold in scores.folds
    ]
    columns = (
        Column("task"),
        Column("fold", right=True),
        Column("metric"),
        Column("score", right=True),
        Column("rejected"),
    )
    show_table(f"dragon-eval {scores.version}, by fold", columns, rows)
    means = [[task, _figure(mean), _figure(std)] for task, (mean, std) in scores.tasks.items()]
    name = "S_DRAGON" if scores.whole else f"mean of {len(means)} tasks"
    means.append([name, _figure(scores.mean), ""])
    of_means = (Column("task"), Column("mean", right=True), Column("std", right=True))
    show_table("By task", of_means, means)
    if not scores.whole:
        show_note(f"this is not S_DRAGON, which is the mean of all {BENCHMARK} benchmark tasks")
    for name in scores.no_truth:
        show_note(f"{name}: not scored, there is no truth for it")
    for name in scores.no_predictions:
        show_note(f"{name}: there is truth for it, and no predictions")


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
