"""``sekisho evaluate extraction``: how right are the extracted values?

With ``--json`` one object is written, with ``--out`` the same as ``metrics.json``; its keys stay as
they are (``evaluation.extraction_json``), after ``"kinds_from"`` (``task`` or ``gold``), ``"task"``
(its name, or null) and ``"files"`` (what ``--out`` holds beside it, by field).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sekisho.cli.console import run_command, show_note, write_out
from sekisho.errors import OutputError, UsageError

if TYPE_CHECKING:
    from sekisho.evaluation.extraction import ExtractionReport
    from sekisho.evaluation.extraction_rows import GoldRow
    from sekisho.evaluation.kinds import Kind
    from sekisho.evaluation.numeric import Tolerance
    from sekisho.extraction.tasks.task import AnyOfField

__all__ = ["extraction"]

#: Bytes of a field's name in a file name, at most.
_LONGEST_NAME = 60


@run_command
def extraction(
    gold: Annotated[
        Path,
        typer.Option(help='Gold: JSONL rows {"id", "fields"}.', exists=True, dir_okay=False),
    ],
    predicted: Annotated[
        Path, typer.Option(help="extractions.jsonl, or the folder of a run.", exists=True)
    ],
    against: Annotated[
        Path | None,
        typer.Option(help="Another prediction to compare with, on the same gold.", exists=True),
    ] = None,
    task: Annotated[
        Path | None,
        typer.Option(help="The task file; without it types are guessed from gold.", exists=True),
    ] = None,
    enum: Annotated[
        list[str] | None,
        typer.Option(metavar="FIELD", help="Without --task: the field's values are classes."),
    ] = None,
    ordered: Annotated[
        list[str] | None,
        typer.Option(metavar="FIELD", help="The values of this enum stand in order."),
    ] = None,
    epsilon: Annotated[
        list[str] | None,
        typer.Option(metavar="FIELD=X", help="Constant of R-SMAPE, in the field's unit."),
    ] = None,
    tolerance: Annotated[
        list[str] | None,
        typer.Option(metavar="FIELD=X[%]", help="How far a number may be off. Default: 10 %."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder for metrics.json, confusion matrices and plots.", file_okay=False
        ),
    ] = None,
    plots: Annotated[
        bool, typer.Option("--plots", help="Draw reliability and confusion, as SVG and PNG.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Write one JSON object.")] = False,
    resamples: Annotated[
        int, typer.Option(min=1, help="Resamples of the documents for the intervals.")
    ] = 2000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the resamples.")] = 0,
    errors: Annotated[
        bool, typer.Option("--errors", help="List every wrong field of every document.")
    ] = False,
    with_text: Annotated[
        bool, typer.Option("--with-text", help="Show the values in that list.")
    ] = False,
) -> None:
    """Compare extracted values with gold, field by field, with bootstrap 95 % intervals.

    Nothing that gold judges is left out: a document without a prediction, and a field that is
    invalid or failed, is wrong.
    """
    if with_text and not errors:
        raise UsageError("--with-text shows the values of --errors", remedy="add --errors")
    if plots and out is None:
        raise UsageError("--plots needs a folder", remedy="add --out DIR")
    if task is not None and enum:
        raise UsageError("the task says what is an enum", remedy="leave out --enum or --task")

    from sekisho.evaluation.extraction import evaluate_extraction
    from sekisho.evaluation.extraction_json import as_json as to_json
    from sekisho.evaluation.extraction_json import mistake_rows
    from sekisho.evaluation.extraction_rows import read_extractions, read_gold_fields

    if plots:
        from sekisho.evaluation.plots import check_plots

        check_plots()
    rows = read_gold_fields(gold)
    ids = [row.id for row in rows]
    if task is None:
        name, kinds = None, _guessed(rows, enum or ())
    else:
        name, kinds = _of_task(task)
    report = evaluate_extraction(
        rows,
        read_extractions(predicted, ids),
        _in_order(kinds, ordered or ()),
        against=None if against is None else read_extractions(against, ids),
        epsilons={field: _size(text, "--epsilon") for field, text in _pairs(epsilon, "--epsilon")},
        tolerances={field: _tolerance(text) for field, text in _pairs(tolerance, "--tolerance")},
        resamples=resamples,
        seed=seed,
    )
    files = {} if out is None else _write_fields(report, out, plots=plots)
    answer = {
        "kinds_from": "gold" if task is None else "task",
        "task": name,
        "files": files,
        **to_json(report),
    }
    if errors:
        answer["errors"] = mistake_rows(report.mistakes, with_text=with_text)
    written = json.dumps(answer, ensure_ascii=False, indent=2)
    if out is not None:
        _write(out / "metrics.json", (written + "\n").encode("utf-8", "backslashreplace"))
    if as_json:
        write_out(written)
        return

    from sekisho.cli.extraction_tables import show_extraction, show_mistakes

    show_extraction(report, guessed=task is None)
    if errors:
        show_mistakes(report.mistakes, with_text=with_text)


def _of_task(path: Path) -> tuple[str, dict[str, Kind]]:
    from sekisho.extraction.tasks.task_file import load

    task = load(path)
    return task.name, {name: _kind(field) for name, field in task.fields.items()}


def _kind(field: AnyOfField) -> Kind:
    from sekisho.evaluation.kinds import Kind
    from sekisho.extraction.tasks.task import EnumField, ListField, ObjectField, SpansField

    match field:
        case EnumField():
            values = tuple(each.value for each in field.values)
            return Kind("enum", values=values, ordered=field.ordered or _are_numbers(values))
        case SpansField():
            return Kind("spans", labels=tuple(field.labels))
        case ObjectField():
            return Kind("object", fields=_kinds(field.fields))
        case ListField():
            item = field.item
            if isinstance(item, ObjectField):
                return Kind("list", fields=_kinds(item.fields))
            return Kind("list", item=_kind(item))
    return Kind(field.type)


def _kinds(fields: Mapping[str, AnyOfField]) -> dict[str, Kind]:
    return {name: _kind(field) for name, field in fields.items()}


def _are_numbers(values: Sequence[Any]) -> bool:
    return all(isinstance(each, int | float) and not isinstance(each, bool) for each in values)


def _guessed(rows: Sequence[GoldRow], enums: Sequence[str]) -> dict[str, Kind]:
    from sekisho.evaluation.kinds import inferred

    names = list(dict.fromkeys(name for row in rows for name in row.fields))
    for name in enums:
        if name not in names:
            raise UsageError(f"gold judges no field {name!r}", where="--enum")
    return {
        name: inferred((row.fields.get(name) for row in rows), closed=name in enums)
        for name in names
    }


def _in_order(kinds: Mapping[str, Kind], names: Sequence[str]) -> dict[str, Kind]:
    found = dict(kinds)
    for name in names:
        if name not in kinds or kinds[name].type != "enum":
            raise UsageError(f"{name!r} is no enum", where="--ordered")
        found[name] = replace(kinds[name], ordered=True)
    return found


def _pairs(given: Sequence[str] | None, option: str) -> list[tuple[str, str]]:
    pairs = []
    for each in given or ():
        name, equals, text = each.rpartition("=")
        if not equals:
            raise UsageError("it is written FIELD=NUMBER", where=option)
        pairs.append((name, text))
    return pairs


def _size(text: str, option: str) -> float:
    try:
        size = float(text)
    except ValueError:
        raise UsageError("there is no number behind the =", where=option) from None
    if not 0 <= size < float("inf"):
        raise UsageError("the number must not be negative", where=option)
    return size


def _tolerance(text: str) -> Tolerance:
    from sekisho.evaluation.numeric import Tolerance

    share = text.removesuffix("%")
    size = _size(share, "--tolerance")
    return Tolerance(size / 100) if share != text else Tolerance(size, relative=False)


def _write_fields(
    report: ExtractionReport, out: Path, *, plots: bool
) -> dict[str, dict[str, list[str]]]:
    """Write the matrices and plots of all fields; answers their paths within ``out``."""
    from sekisho.evaluation.extraction_json import confusion_csv

    files: dict[str, dict[str, list[str]]] = {}
    for number, (name, one) in enumerate(report.fields.items(), start=1):
        stem = f"{number:02}-{_file_name(name)}"
        its: dict[str, list[str]] = {}
        if one.confusion is not None:
            place = f"confusion/{stem}.csv"
            # With a mark that spreadsheets know it is UTF-8 by.
            _write(
                out / place, confusion_csv(one.confusion).encode("utf-8-sig", "backslashreplace")
            )
            its["confusion"] = [place]
        if plots:
            its |= _draw_field(name, report, out, stem)
        if its:
            files[name] = its
    return files


def _draw_field(name: str, report: ExtractionReport, out: Path, stem: str) -> dict[str, list[str]]:
    from sekisho.evaluation.plots import MOST_CLASSES, confusion_picture, reliability_picture

    one = report.fields[name]
    drawn = {}
    if one.confusion is not None:
        drawn["confusion_plot"] = confusion_picture(name, one.confusion)
        if drawn["confusion_plot"] is None:
            show_note(f"{name}: more than {MOST_CLASSES} classes are not drawn")
    drawn["reliability_plot"] = reliability_picture(name, one.curves)
    files = {}
    for kind, picture in drawn.items():
        if picture is None:
            continue
        places = {form: f"plots/{stem}-{kind.removesuffix('_plot')}.{form}" for form in picture}
        for form, content in picture.items():
            _write(out / places[form], content)
        files[kind] = list(places.values())
    return files


def _file_name(name: str) -> str:
    """A field's name as part of a file name: letters and digits of any script."""
    safe = "".join(each if each.isalnum() or each in "-_" else "_" for each in name)
    return safe.encode("utf-8")[:_LONGEST_NAME].decode("utf-8", "ignore")


def _write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise OutputError(
            f"cannot be written: {error.strerror or type(error).__name__}", where=str(path)
        ) from None
