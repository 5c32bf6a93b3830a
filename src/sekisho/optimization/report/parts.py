"""Recall by category, script, difficulty and disguise: an arm a row, a part a column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from sekisho.evaluation.script import Script
from sekisho.optimization.report.wording import finite
from sekisho.optimization.result import ArmResult, Figure
from sekisho.phi.categories import Category

__all__ = ["FEW", "KINDS", "Column", "Kind", "Parts", "columns_of", "of", "parts"]

Kind: TypeAlias = Literal["category", "script", "difficulty", "disguise"]
KINDS: tuple[Kind, ...] = ("category", "script", "difficulty", "disguise")
#: A recall of fewer identifiers than these is shown with a warning: one more or less is 10 %.
FEW = 10
_KNOWN: Mapping[Kind, tuple[str, ...]] = {
    "category": tuple(str(kind) for kind in Category),
    "script": tuple(str(script) for script in Script),
    "difficulty": (),
    "disguise": (),
}


@dataclass(frozen=True, slots=True)
class Column:
    """A part; ``n`` identifiers are in it, at most, in any of the arms."""

    name: str
    n: int


@dataclass(frozen=True, slots=True)
class Parts:
    """The table of one kind; a figure is None where the arm has none for the part."""

    kind: Kind
    columns: tuple[Column, ...]
    rows: tuple[tuple[ArmResult, tuple[Figure | None, ...]], ...]


def parts(kind: Kind, arms: Sequence[ArmResult]) -> Parts:
    """The table of ``arms``, in their order; parts in their own order, unknown ones behind."""
    names = columns_of(kind, arms)
    return Parts(
        kind,
        tuple(
            Column(name, max(of(arm, kind)[name].n for arm in arms if name in of(arm, kind)))
            for name in names
        ),
        tuple((arm, tuple(_measured(of(arm, kind).get(name)) for name in names)) for arm in arms),
    )


def columns_of(kind: Kind, arms: Sequence[ArmResult]) -> tuple[str, ...]:
    """The names of the parts of ``kind`` that any of ``arms`` has."""
    found = {name for arm in arms for name in of(arm, kind)}
    order = {name: at for at, name in enumerate(_KNOWN[kind])}
    return tuple(sorted(found, key=lambda name: (order.get(name, len(order)), *_natural(name))))


def of(arm: ArmResult, kind: Kind) -> Mapping[str, Figure]:
    """The parts of ``kind`` of one arm."""
    return {
        "category": arm.by_category,
        "script": arm.by_script,
        "difficulty": arm.by_difficulty,
        "disguise": arm.by_disguise,
    }[kind]


def _measured(figure: Figure | None) -> Figure | None:
    return None if figure is None or finite(figure.value) is None else figure


def _natural(name: str) -> tuple[int, str]:
    """Numbers by their size, before words."""
    return (int(name), name) if name.isascii() and name.isdigit() else (10**9, name)
