"""What the labelled cases of a job teach: which answers there are, and how common each is."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from sekisho.errors import InputError
from sekisho.extraction.dragon.cases import OUTSIDE, Case
from sekisho.extraction.dragon.configuration import TaskType

__all__ = ["Class", "Known", "Position", "learn"]

Class: TypeAlias = str | bool | int | float


@dataclass(frozen=True, slots=True)
class Position:
    """One label of a job (a job with a single label has one).

    ``prior`` is what is said where nothing is known: the share of cases that are true, the
    commonest class, or the median. ``classes`` are those that were seen, in order, and ``shares``
    how often each was. ``least`` and
    ``greatest`` are the extremes of a number, None where there was none; ``can_be_missing`` says
    whether some cases had none.
    """

    prior: Class
    classes: tuple[Class, ...] = ()
    shares: tuple[float, ...] = ()
    least: float | None = None
    greatest: float | None = None
    can_be_missing: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """What was learnt from ``cases``: a position for each label, or the labels of entities."""

    type: TaskType
    positions: tuple[Position, ...] = ()
    entities: tuple[str, ...] = ()
    cases: int = 0


def learn(kind: TaskType, labelled: Sequence[Case], *, where: str) -> Known:
    """What ``labelled`` (training and validation cases) teach about a job of ``kind``.

    Raises ``InputError`` naming ``where`` when there is no labelled case, or when cases differ in
    their number of labels.
    """
    if not labelled:
        raise InputError("there is no labelled case to learn the answers from", where=where)
    targets = [case.target for case in labelled]
    if kind.entities:
        return _entities(kind, targets)
    rows = targets if kind.several else [[target] for target in targets]
    if len({len(row) for row in rows}) > 1:
        raise InputError("training and validation differ in their number of labels", where=where)
    columns = [list(column) for column in zip(*rows, strict=True)]
    positions = tuple(_position(kind, column) for column in columns)
    return Known(kind, positions, cases=len(labelled))


def _position(kind: TaskType, values: list[Any]) -> Position:
    if kind.binary:
        return Position(statistics.fmean(map(float, values)))
    if kind.regression:
        numbers = [float(value) for value in values if value is not None]
        if not numbers:
            return Position(0.0, can_be_missing=True)
        return Position(
            float(statistics.median(numbers)),
            least=min(numbers),
            greatest=max(numbers),
            can_be_missing=len(numbers) < len(values),
        )
    # Python takes True for 1 and 1.0; as classes they are three.
    counted = Counter((type(value).__name__, value) for value in values)
    classes = sorted(counted, key=lambda each: _order(each[1]))
    commonest = max(classes, key=lambda each: counted[each])
    return Position(
        commonest[1],
        classes=tuple(value for _, value in classes),
        shares=tuple(counted[each] / len(values) for each in classes),
    )


def _order(value: Class) -> tuple[int, float, str]:
    """Numbers by their size, written ones too, so that an ordinal scale is told in order."""
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    return (0, number, str(value)) if math.isfinite(number) else (1, 0.0, str(value))


def _entities(kind: TaskType, targets: Sequence[Sequence[Any]]) -> Known:
    labels = {
        tag[2:]
        for target in targets
        for token in target
        for tag in ([token] if kind is TaskType.ENTITIES else token)
        if tag != OUTSIDE
    }
    return Known(
        kind,
        # Of two labels of which one holds the other, the scorer takes the first in a token's list.
        entities=tuple(sorted(labels, key=lambda label: (len(label), label))),
        cases=len(targets),
    )
