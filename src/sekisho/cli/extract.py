"""``sekisho extract``: facts out of reports, each with a status and what it rests on."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sekisho.cli import asking, inputs
from sekisho.cli.console import ExitCode, run_command, show_error, show_note
from sekisho.cli.default_group import DefaultGroup
from sekisho.cli.extracting import EXAMPLES, chosen_examples, chosen_model, chosen_release
from sekisho.cli.tasks import check, import_, read_task
from sekisho.errors import OutputError, UsageError
from sekisho.models.seam import Origin

if TYPE_CHECKING:
    from sekisho.extraction.runs.run import Extracted

__all__ = ["extract_app"]

extract_app = typer.Typer(
    cls=DefaultGroup,
    no_args_is_help=True,
    help="Check tasks, and import those of llm_extractinator.",
)
extract_app.command("check")(check)
extract_app.command("import")(import_)


class Form(StrEnum):
    """The formats of tables."""

    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"


@extract_app.command("run", hidden=True)
@run_command
def run(
    task: Annotated[
        Path,
        typer.Argument(metavar="TASK", help="Task: TOML, JSON, or one of llm_extractinator."),
    ],
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Folder of the run, made when missing.")
    ],
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PATH", help="Text, CSV, TSV, JSON(L) or Parquet files, or folders."
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            metavar="M",
            help="Local model: a name in sekisho.toml, ollama:NAME, http://HOST:PORT/v1#NAME or "
            "gguf:FILE.",
        ),
    ] = None,
    formats: Annotated[
        list[Form] | None,
        typer.Option("--format", help="Format of the table, else the input's; repeatable."),
    ] = None,
    examples: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Examples (JSON or JSONL) instead of the task's own."),
    ] = None,
    num_examples: Annotated[
        int | None,
        typer.Option(min=0, metavar="N", help=f"Examples to show: {EXAMPLES} unless stated."),
    ] = None,
    examples_by: Annotated[
        str,
        typer.Option(
            metavar="WAY", help="The first ones (fixed), or the most similar: ngrams, embeddings:M."
        ),
    ] = "fixed",
    votes: Annotated[
        int,
        typer.Option(
            min=1, max=51, metavar="N", help="Answers to vote on where there are no probabilities."
        ),
    ] = 1,
    probabilities: Annotated[
        bool, typer.Option(help="Ask the server for log probabilities where it has them.")
    ] = True,
    reasoning: Annotated[
        bool | None,
        typer.Option(
            "--reasoning/--no-reasoning", help="Have the reasoning written down first, or not."
        ),
    ] = None,
    attempts: Annotated[
        int, typer.Option(min=1, max=10, metavar="N", help="Answers asked for at most.")
    ] = 3,
    temperature: Annotated[
        float,
        typer.Option(min=0.0, max=2.0, metavar="T", help="How much answers may vary; 0: not."),
    ] = 0.0,
    seed: Annotated[
        int, typer.Option(min=0, metavar="N", help="Seed of the model's sampling.")
    ] = 1,
    chunk_chars: Annotated[
        int,
        typer.Option(min=500, metavar="N", help="Longer documents are read in parts of N."),
    ] = 6000,
    overlap_chars: Annotated[
        int, typer.Option(min=0, metavar="N", help="Characters that two parts share.")
    ] = 300,
    translate: Annotated[
        bool, typer.Option("--translate", help="Experiment: read an English translation instead.")
    ] = False,
    release: Annotated[
        str | None,
        typer.Option(
            "--release",
            metavar="PROFILE",
            help="Release records as deid does; nothing else of them is written.",
        ),
    ] = None,
    detectors: Annotated[
        str | None,
        typer.Option("--detectors", metavar="LIST", help="Detectors for --release, in order."),
    ] = None,
    tagger: inputs.TaggerFile = None,
    text_column: inputs.TextColumns = None,
    id_column: inputs.IdColumn = None,
    patient_column: inputs.PatientColumn = None,
    known: inputs.Known = None,
    keep_column: Annotated[
        list[str] | None,
        typer.Option(metavar="C", help="Column that --release passes unread; repeatable."),
    ] = None,
    language: Annotated[
        str | None,
        typer.Option(help="Language of the reports of an imported task: ja, en or nl."),
    ] = None,
    encoding: inputs.Encoding = None,
    delimiter: inputs.Delimiter = None,
    config: asking.Config = None,
    answer_cache: asking.AnswerCache = None,
    vault: inputs.Vault = None,
    key_file: inputs.KeyFile = None,
    jobs: inputs.Jobs = 1,
    timeout: Annotated[
        float | None,
        typer.Option(min=1.0, metavar="S", help="Seconds a document may take: 1800."),
    ] = None,
    resume: inputs.Resume = False,
) -> None:
    """Extract what TASK asks for from every report, with its evidence, into a folder.

    Exit code 0 when something was extracted from every document, 3 when some failed or were held,
    2 when the command could not begin.
    """
    from sekisho.extraction.page.writing import Viewed, write_page
    from sekisho.extraction.reading import How
    from sekisho.extraction.runs.job import Job
    from sekisho.extraction.runs.run import run_extraction
    from sekisho.runs.progress import open_progress

    if overlap_chars * 2 > chunk_chars:
        raise UsageError("parts would share more than half of them", where="--overlap-chars")
    asked, imported = read_task(task, language)
    if reasoning is not None:
        asked = asked.model_copy(update={"reasoning": reasoning})
    if imported is not None:
        paths = paths or ([str(imported.data)] if imported.data else None)
        text_column = text_column or ([imported.text_column] if imported.text_column else None)
    if not paths:
        raise UsageError("nothing is named to extract from", where="PATH")
    how = How(
        attempts=attempts,
        longest=chunk_chars,
        overlap=overlap_chars,
        votes=votes,
        probabilities=probabilities,
        temperature=temperature,
        translate=translate,
        seed=seed,
    )
    shown = chosen_examples(asked, examples, num_examples, examples_by)
    job = Job(
        paths=tuple(paths),
        out=out,
        choice=chosen_model(model, asked, how, shown, config, answer_cache),
        options=inputs.read_options(
            text_columns=text_column,
            id_column=id_column,
            patient_column=patient_column,
            encoding=encoding,
            delimiter=delimiter,
            language=asked.language,
        ),
        formats=tuple(dict.fromkeys(form.value for form in formats or ())),
        releasing=chosen_release(release, detectors, tagger, known, keep_column),
        vault=vault,
        key_file=key_file,
        jobs=jobs,
        resume=resume,
        timeout_s=timeout,
    )
    seen = Viewed()
    try:
        ended = run_extraction(
            job, progress=open_progress, count_first=sys.stderr.isatty(), watch=seen
        )
        if ended.written is not None:
            write_page(out, asked, seen)
    except UsageError:
        raise
    except OutputError as error:
        show_error(error)
        raise typer.Exit(ExitCode.INCOMPLETE) from None
    _report(ended)
    raise typer.Exit(ended.summary.exit_code)


def _report(ended: Extracted) -> None:
    summary, written = ended.summary, ended.written
    for note in ended.notes:
        show_note(note)
    if summary.advice is not None:
        show_note(summary.advice)
    if written is not None:
        counts = ", ".join(f"{number:,} {what}" for what, number in written.documents.items())
        refused = f"{written.invalid:,} invalid value{'' if written.invalid == 1 else 's'}"
        show_note(f"{counts}; {refused}, in {summary.seconds:.1f} s; see {ended.out}")
    if ended.origin != Origin.MODEL:
        show_note(
            f"the language model's answers were {ended.origin}: no figure of this is a model's"
        )
