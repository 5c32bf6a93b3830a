"""``sekisho evaluate``: how well were the identifiers found, how right are the extracted values?

``sekisho evaluate phi --json`` writes one object, whose keys stay as they are::

    {"format": 1,
     "documents": 93, "characters": 65594, "identifiers": 979,
     "ignored": ["AGE", "SEX"], "unused_predictions": 0,
     "resamples": 2000, "seed": 0, "level": 0.95,
     "overall": {METRIC: FIGURE, ...},
     "by_category": {"NAME": {METRIC: FIGURE, ...}, ...},
     "by_script": {"kanji": {...}, ...},
     "by_difficulty": {"7": {...}, ...},
     "further": {NAME: {"value": 0.1, "low": 0.0, "high": 0.2, "n": 93}, ...},
     "errors": [{"id": "r1", "category": "NAME", "script": "kanji", "difficulty": null,
                 "disguise": null, "start": 3, "end": 7, "bare": 4, "surface": "..."}, ...]}

METRIC is one of ``leaked_characters``, ``documents_with_direct_leak``, ``recall``,
``recall_exact_typed``, ``character_precision``, ``over_redaction`` (the parts have those that make
sense for them); FIGURE is ``{"value", "low", "high", "n", "count"}``, a share between 0 and 1 with
its interval, the number of units and how many of them were counted. ``value``, ``low`` and ``high``
are null where ``n`` is 0. ``errors`` is there with ``--errors`` only, and ``surface`` in it with
``--with-text`` only. ``further`` holds the metrics of other packages.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sekisho.cli.console import (
    Column,
    interval,
    percent,
    run_command,
    show_note,
    show_table,
    write_out,
)
from sekisho.cli.evaluate_extraction import extraction
from sekisho.errors import UnmappedLabelError, UsageError

if TYPE_CHECKING:
    from sekisho.evaluation.bootstrap import Estimate
    from sekisho.evaluation.metrics import Leak
    from sekisho.evaluation.phi import Figure, PhiReport

__all__ = ["evaluate_app"]

_FORMAT = 1

evaluate_app = typer.Typer(
    name="evaluate", help="Measure results against gold.", no_args_is_help=True
)


@evaluate_app.callback()
def _group() -> None:
    """Measure results against gold."""


evaluate_app.command()(extraction)


@evaluate_app.command()
@run_command
def phi(
    gold: Annotated[
        Path,
        typer.Option(
            help="Gold: JSONL rows, a marked .txt file, or a folder of them.", exists=True
        ),
    ],
    predicted: Annotated[
        Path,
        typer.Option(
            help="JSONL rows as 'detect' writes them, or the folder of a run.", exists=True
        ),
    ],
    ignore: Annotated[
        str, typer.Option(metavar="CAT,...", help="Categories to leave out of the count.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Write one JSON object.")] = False,
    resamples: Annotated[
        int, typer.Option(min=1, help="Resamples of the documents for the intervals.")
    ] = 2000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the resamples.")] = 0,
    errors: Annotated[
        bool, typer.Option("--errors", help="List the leaked identifiers, gravest first.")
    ] = False,
    with_text: Annotated[
        bool, typer.Option("--with-text", help="Show the surfaces in that list.")
    ] = False,
) -> None:
    """Compare predicted identifiers with gold, with bootstrap 95 % intervals.

    A character is leaked when no prediction covers it, whatever the prediction's category;
    recall counts the identifiers that are wholly covered. A document without a prediction is an
    error: nothing found must be said by an empty list.
    """
    if with_text and not errors:
        raise UsageError("--with-text shows the surfaces of --errors", remedy="add --errors")

    from sekisho.evaluation.gold import read_gold, read_predicted
    from sekisho.evaluation.phi import categories_of, evaluate

    try:
        ignored = categories_of(ignore)
    except UnmappedLabelError as error:
        raise UsageError(error.message, where="--ignore", remedy=error.remedy) from None
    documents = read_gold(gold)
    report = evaluate(
        documents,
        read_predicted(predicted, documents),
        ignore=ignored,
        resamples=resamples,
        seed=seed,
    )
    if as_json:
        write_out(json.dumps(_as_json(report, errors, with_text), ensure_ascii=False, indent=2))
    else:
        _show(report)
        if errors:
            _show_leaks(report, with_text)
    if report.unused:
        show_note(f"{report.unused} predictions have no gold document and were not used")


def _as_json(report: PhiReport, errors: bool, with_text: bool) -> dict[str, Any]:
    from sekisho.evaluation.bootstrap import LEVEL

    answer: dict[str, Any] = {
        "format": _FORMAT,
        "documents": report.documents,
        "characters": report.characters,
        "identifiers": report.identifiers,
        "ignored": [str(kind) for kind in report.ignored],
        "unused_predictions": report.unused,
        "resamples": report.resamples,
        "seed": report.seed,
        "level": LEVEL,
        "overall": _figures(report.figures),
        "by_category": {str(k): _figures(part) for k, part in report.by_category.items()},
        "by_script": {str(k): _figures(part) for k, part in report.by_script.items()},
        "by_difficulty": {str(k): _figures(part) for k, part in report.by_difficulty.items()},
        "further": {name: _estimate(estimate) for name, estimate in report.further.items()},
    }
    if errors:
        answer["errors"] = [_leak(leak, with_text) for leak in report.leaked]
    return answer


def _figures(figures: Mapping[str, Figure]) -> dict[str, Any]:
    return {
        name: {**_estimate(figure.estimate), "count": figure.count}
        for name, figure in figures.items()
    }


def _estimate(estimate: Estimate) -> dict[str, Any]:
    return {
        "value": estimate.value,
        "low": estimate.low,
        "high": estimate.high,
        "n": estimate.n,
    }


def _leak(leak: Leak, with_text: bool) -> dict[str, Any]:
    from sekisho.evaluation.script import script

    span = leak.span
    row: dict[str, Any] = {
        "id": leak.document,
        "category": str(span.category),
        "script": str(script(span.surface)),
        "difficulty": span.difficulty,
        "disguise": span.disguise,
        "start": span.start,
        "end": span.end,
        "bare": leak.bare,
    }
    return {**row, "surface": span.surface} if with_text else row


def _show(report: PhiReport) -> None:
    ignored = f"; ignored: {', '.join(report.ignored)}" if report.ignored else ""
    write_out(
        f"{report.documents:,} documents, {report.characters:,} characters, "
        f"{report.identifiers:,} identifiers{ignored}\n"
    )
    rows = [
        [
            figure.metric.title,
            percent(figure.estimate.value),
            interval(figure.estimate),
            f"{figure.count:,} of {figure.estimate.n:,} {figure.metric.unit}",
        ]
        for figure in report.figures.values()
    ]
    rows += [
        [name, _number(estimate.value), _bounds(estimate), f"n = {estimate.n:,}"]
        for name, estimate in report.further.items()
    ]
    columns = (Column("measure"), Column("value", True), Column("95 % interval", True), Column(""))
    show_table("Overall", columns, rows)
    _show_parts("By category", "category", report.by_category)
    _show_parts("By script", "script", report.by_script)
    _show_parts("By difficulty", "difficulty", report.by_difficulty)
    if any(figure.count == 0 for figure in report.figures.values()):
        write_out(
            "Nothing seen in n documents still allows up to 3/n of them; the intervals do not "
            "show that.\n"
        )


def _show_parts(title: str, first: str, parts: Mapping[str, Mapping[str, Figure]]) -> None:
    if not parts:
        return
    precise = any("character_precision" in figures for figures in parts.values())
    columns = [
        Column(first),
        Column("identifiers", True),
        Column("leaked chars", True),
        Column("95 % interval", True),
        Column("recall", True),
        Column("95 % interval", True),
        Column("exact, typed", True),
        *([Column("char precision", True)] if precise else []),
    ]
    rows = []
    for name, figures in parts.items():
        leaked, found = figures["leaked_characters"].estimate, figures["recall"].estimate
        row = [
            str(name),
            f"{found.n:,}",
            percent(leaked.value),
            interval(leaked),
            percent(found.value),
            interval(found),
            percent(figures["recall_exact_typed"].estimate.value),
        ]
        if precise:
            row.append(percent(figures["character_precision"].estimate.value))
        rows.append(row)
    show_table(title, columns, rows)


def _show_leaks(report: PhiReport, with_text: bool) -> None:
    columns = [
        Column("id"),
        Column("category"),
        Column("script"),
        Column("difficulty", True),
        Column("disguise"),
        Column("start", True),
        Column("end", True),
        Column("bare", True),
        *([Column("surface")] if with_text else []),
    ]
    rows = []
    for leak in report.leaked:
        row = _leak(leak, with_text)
        bare, length = row.pop("bare"), row["end"] - row["start"]
        surface = [row.pop("surface")] if with_text else []
        cells = ["-" if cell is None else str(cell) for cell in row.values()]
        rows.append([*cells, f"{bare} of {length}", *surface])
    show_table(f"Leaked identifiers: {len(rows)}", columns, rows)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


def _bounds(estimate: Estimate) -> str:
    if estimate.low is None or estimate.high is None:
        return "-"
    return f"{estimate.low:.4g} - {estimate.high:.4g}"
