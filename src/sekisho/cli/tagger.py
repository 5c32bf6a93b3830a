"""``sekisho tagger``: look at the trained detector, or train it on a hospital's own documents.

``--json`` of ``train`` writes ``{"format": 1, "model", "sha256", "learnt", "held_back",
"figures": {NAME: {"before": {...}, "after": {...}}}}`` with ``value``, ``low``, ``high`` and ``n``
of each figure.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
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
from sekisho.errors import MissingExtraError, OutputError, UsageError

if TYPE_CHECKING:
    from sekisho.evaluation.bootstrap import Estimate
    from sekisho.evaluation.gold import GoldDocument
    from sekisho.evaluation.phi import PhiReport

__all__ = ["tagger_app"]

_FORMAT = 1

tagger_app = typer.Typer(
    help="The trained detector: what it is, and training it further.", no_args_is_help=True
)


@tagger_app.command("show")
@run_command
def show(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="A model file; else the shipped one.")
    ] = None,
) -> None:
    """Show the card of a model: what it was trained on, how, and how well it did."""
    from sekisho.phi.detectors.tagger.modelfile import SHIPPED, card_of

    write_out(json.dumps(card_of(file or SHIPPED), ensure_ascii=False, indent=2))


@tagger_app.command("train")
@run_command
def train(
    gold: Annotated[
        Path,
        typer.Option(
            "--gold", metavar="FILE", help="Annotated documents: JSONL, or a folder of marked text."
        ),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The model file to write.")],
    start: Annotated[
        Path | None,
        typer.Option(
            "--from", metavar="FILE", help="Model to continue from; else the shipped one."
        ),
    ] = None,
    held_back: Annotated[
        float,
        typer.Option(min=0.05, max=0.9, metavar="SHARE", help="Share to measure on, not learnt."),
    ] = 0.25,
    passes: Annotated[
        float, typer.Option(min=0.1, metavar="N", help="Passes over the documents.")
    ] = 12.0,
    seed: Annotated[int, typer.Option(metavar="N", help="Of the split and of the training.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Write one JSON object.")] = False,
) -> None:
    """Continue training on annotated documents; report before and after on a held-back part.

    The result is used by --tagger FILE. It has learnt from patients' documents: keep it where
    those are kept.
    """
    from sekisho.evaluation.gold import read_gold
    from sekisho.phi.detectors.tagger.modelfile import SHIPPED, digest_of, load
    from sekisho.runs.files import digest_file

    onsite, plan_of = _learning()
    begin = start or SHIPPED
    load(begin)  # a damaged file is told before hours are spent
    documents = read_gold(gold)
    parts = onsite.split(documents, held_back, seed)
    if not out.parent.is_dir():
        raise UsageError("the folder of --out does not exist", where=str(out.parent))
    measured = [documents[index] for index in parts.held_back]
    show_note(f"{len(parts.learnt):,} documents to learn from, {len(measured):,} held back")
    before = _evaluated(measured, begin)
    partial = out.with_name(out.name + ".partial")
    try:
        onsite.continue_training(
            [documents[index] for index in parts.learnt],
            begin,
            partial,
            plan_of(passes=passes, rate=4e-4, size=256, batch=8, seed=seed),
            card={"gold": "" if gold.is_dir() else digest_file(str(gold)), "seed": seed},
            told=show_note,
        )
        partial.replace(out)
    except OSError as error:
        raise OutputError(error.strerror or "cannot be written", where=str(out)) from None
    after = _evaluated(measured, out)
    if as_json:
        figures = {
            name: {"before": asdict(figure.estimate), "after": asdict(after.figures[name].estimate)}
            for name, figure in before.figures.items()
        }
        answer = {
            "format": _FORMAT,
            "model": str(out),
            "sha256": digest_of(out.read_bytes()),
            "learnt": len(parts.learnt),
            "held_back": len(measured),
            "figures": figures,
        }
        write_out(json.dumps(answer, ensure_ascii=False, indent=2))
        return
    rows = [
        [name, _shown(figure.estimate), _shown(after.figures[name].estimate)]
        for name, figure in before.figures.items()
    ]
    columns = (Column("all detectors, held-back part"), Column("before"), Column("after"))
    show_table(f"{len(measured)} documents held back", columns, rows)


def _learning() -> tuple[Any, Any]:
    try:
        from sekisho.phi.learning import onsite
        from sekisho.phi.learning.fitting import Plan
    except ImportError as error:
        raise MissingExtraError(
            f"training needs {error.name or 'a package'} that is not installed",
            remedy="pip install 'sekisho[train]'",
        ) from None
    return onsite, Plan


def _evaluated(documents: Sequence[GoldDocument], model: Path) -> PhiReport:
    """What the default detectors leak and over-redact with ``model``."""
    from sekisho.evaluation.phi import evaluate, predict
    from sekisho.phi.stack import build

    stack = build(tagger=model)
    return evaluate(documents, predict(documents, lambda document: stack.read(document).spans))


def _shown(estimate: Estimate) -> str:
    return f"{percent(estimate.value)} ({interval(estimate)})"
