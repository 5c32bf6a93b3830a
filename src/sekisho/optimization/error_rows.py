"""The errors of arms as offsets, for tables and pages; documents are told by their number."""

from __future__ import annotations

from collections.abc import Iterator

from sekisho.evaluation.entries import errors
from sekisho.optimization.bench import Measured
from sekisho.optimization.records import Rule
from sekisho.optimization.result import ErrorRow

__all__ = ["error_rows", "name_of_document"]


def name_of_document(split: str, number: int) -> str:
    """What the ``number``-th document of a data set is called in a report: an id may tell who."""
    return f"{split} {number}"


def error_rows(arm: str, measured: Measured, rule: Rule | None) -> Iterator[ErrorRow]:
    """The errors of the first reading of each document, in order."""
    trials = measured.trials(rule)[0]
    for number, (gold, trial) in enumerate(zip(measured.gold, trials, strict=True), start=1):
        for error in errors(gold, trial, ignore=measured.ignore):
            yield ErrorRow(
                arm=arm,
                document=name_of_document(measured.split, number),
                kind=error.kind,
                category=error.category,
                start=error.start,
                end=error.end,
                script=error.script,
                disguise=error.disguise or "",
                difficulty=error.difficulty,
            )
