"""``sekisho deid``: release clean text, hold what is not shown to be clean."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sekisho.cli import asking, inputs, recipes
from sekisho.cli.console import ExitCode, run_command, show_error, show_note
from sekisho.errors import OutputError, SekishoError, UsageError
from sekisho.phi.cascade import Consult

if TYPE_CHECKING:
    from sekisho.release.deidentify import Deidentified

__all__ = ["deid"]


@run_command
def deid(
    context: typer.Context,
    paths: inputs.Paths,
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Folder of the run, made when missing.")
    ],
    profile: Annotated[
        str, typer.Option(metavar="P", help="Profile: a built-in name or the path of a TOML file.")
    ] = "ja-pseudonymized",
    recipe: recipes.RecipeFile = None,
    detectors: inputs.Detectors = inputs.ALL_DETECTORS,
    tagger: inputs.TaggerFile = None,
    model: asking.Model = None,
    llm: asking.Consulting = Consult.ALWAYS,
    refine: asking.Refine = "never",
    review: asking.Review = asking.Wording.CONSERVATIVE,
    rounds: asking.Rounds = 1,
    keep: asking.KeepOption = asking.Keep.IMPROVED,
    capacity: asking.CapacityOption = None,
    ungrounded: asking.UngroundedOption = asking.Ungrounded.HOLD,
    answer_cache: asking.AnswerCache = None,
    config: asking.Config = None,
    text_column: inputs.TextColumns = None,
    id_column: inputs.IdColumn = None,
    patient_column: inputs.PatientColumn = None,
    known: inputs.Known = None,
    keep_column: Annotated[
        list[str] | None,
        typer.Option(metavar="C", help="Column to pass unread, on your word; repeatable."),
    ] = None,
    infer_columns: Annotated[
        bool,
        typer.Option(help="Take columns called 氏名, 生年月日 and the like for identifiers."),
    ] = True,
    numbering: Annotated[
        str | None,
        typer.Option(help="Tags numbered within a 'document', or 'keyed' across documents."),
    ] = None,
    language: inputs.Language = "ja",
    encoding: inputs.Encoding = None,
    delimiter: inputs.Delimiter = None,
    vault: inputs.Vault = None,
    key_file: inputs.KeyFile = None,
    jobs: inputs.Jobs = 1,
    timeout: Annotated[
        float | None,
        typer.Option(
            min=1.0,
            metavar="S",
            help="Seconds a document may take: 60 unless stated, 1800 with a model.",
        ),
    ] = None,
    resume: inputs.Resume = False,
) -> None:
    """Find identifiers, replace them as the profile says, inspect the result, write it.

    Exit code 0 when every document was released, 3 when some were held or failed, 2 when the
    command could not begin.
    """
    from sekisho.release.deidentify import Job, deidentify
    from sekisho.runs.progress import open_progress

    reader = recipes.reader(
        recipe,
        context=context,
        detectors=detectors,
        language=language,
        tagger=tagger,
        model=model,
        config=config,
        consult=llm,
        refine=refine,
        review=review,
        rounds=rounds,
        keep=keep,
        capacity=capacity,
        ungrounded=ungrounded,
        cache=answer_cache,
    )
    job = Job(
        paths=tuple(paths),
        out=out,
        profile=profile,
        detectors=reader.detectors,
        tagger=tagger,
        llm=reader.choice,
        options=inputs.read_options(
            text_columns=text_column,
            id_column=id_column,
            patient_column=patient_column,
            encoding=encoding,
            delimiter=delimiter,
            language=reader.language,
        ),
        known=inputs.known_columns(known),
        keep=frozenset(keep_column or ()),
        infer=infer_columns,
        numbering=numbering,
        vault=vault,
        key_file=key_file,
        jobs=jobs,
        resume=resume,
        timeout_s=timeout,
        recipe=reader.recipe,
    )
    try:
        ended = deidentify(job, progress=open_progress, count_first=sys.stderr.isatty())
    except UsageError:
        raise
    except OutputError as error:
        show_error(error)
        raise typer.Exit(ExitCode.INCOMPLETE) from None
    _report(ended)
    asking.note_stand_in(reader.choice)
    raise typer.Exit(ended.summary.exit_code)


def _report(ended: Deidentified) -> None:
    from sekisho.cli.report import write_report

    summary = ended.summary
    for note in ended.notes:
        show_note(note)
    if summary.advice is not None:
        show_note(summary.advice)
        return
    try:
        write_report(ended.out)
    except SekishoError as error:
        show_error(error)
        raise typer.Exit(ExitCode.INCOMPLETE) from None
    counts = summary.counts
    show_note(
        f"{counts.get('released', 0):,} released, {counts.get('held', 0):,} held, "
        f"{counts.get('failed', 0):,} failed in {summary.seconds:.1f} s; see {ended.out}"
    )
