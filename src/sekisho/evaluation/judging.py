"""Gold and predictions brought together: what was judged of each field, document by document.

Nothing that is judged is dropped. A document without a prediction, one that failed or was held,
and a field that its row lacks are *failed* fields, which are wrong whatever gold says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sekisho.errors import InputError
from sekisho.evaluation.extraction_rows import Answer, GoldRow, PredictedRows, Range, Status
from sekisho.evaluation.kinds import Kind, fits, same
from sekisho.evaluation.numeric import DEFAULT_TOLERANCE, Tolerance

__all__ = ["Judged", "JudgedField", "check_gold", "judged"]

_FAILED = Answer(Status.FAILED)


@dataclass(frozen=True, slots=True)
class Judged:
    """One field of one document: what is true, what was said, and whether it is right.

    ``document`` is the position of the document in gold. ``gold`` and the answer's value are None
    where nothing is mentioned. ``evidence`` is None where gold says nothing of it.
    """

    document: int
    gold: Any = field(repr=False)
    answer: Answer
    right: bool
    evidence: tuple[Range, ...] | None = None

    @property
    def found(self) -> bool:
        """Whether a value was given."""
        return self.answer.status is Status.FOUND


@dataclass(frozen=True, slots=True)
class JudgedField:
    """A field in all documents that judge it, out of ``documents`` in all.

    ``epsilon`` is the constant of R-SMAPE, in the field's unit.
    """

    name: str
    kind: Kind
    documents: int
    rows: tuple[Judged, ...]
    epsilon: float = 0.0
    tolerance: Tolerance = DEFAULT_TOLERANCE


def check_gold(gold: Sequence[GoldRow], kinds: Mapping[str, Kind]) -> None:
    """Raise ``InputError`` for the first value of gold that is not of its field's kind."""
    for row in gold:
        for name, value in row.fields.items():
            if name not in kinds:
                raise InputError(
                    f"gold judges the field {name!r}, which the task lacks",
                    where=row.where,
                    remedy=f"the task has {', '.join(kinds)}",
                )
            if value is not None and not fits(kinds[name], value):
                raise InputError(
                    f"the gold value of the field {name!r} is no {kinds[name].type} of the task",
                    where=row.where,
                    remedy="gold holds normalised values: numbers in the task's unit, dates as "
                    "2024-05-03, one of an enum's values, null for what is not mentioned",
                )


def judged(
    gold: Sequence[GoldRow], predicted: PredictedRows, kinds: Mapping[str, Kind]
) -> dict[str, JudgedField]:
    """Every field that gold judges, in the order of ``kinds``.

    An empty list says that there is nothing, as *not mentioned* does.
    """
    fields: dict[str, list[Judged]] = {name: [] for name in kinds}
    for position, row in enumerate(gold):
        prediction = predicted.rows.get(row.id)
        for name, value in row.fields.items():
            answer = _FAILED if prediction is None else prediction.fields.get(name, _FAILED)
            one = _judge(position, kinds[name], value, answer, row.evidence.get(name))
            fields[name].append(one)
    return {
        name: JudgedField(name, kinds[name], len(gold), tuple(rows))
        for name, rows in fields.items()
        if rows
    }


def _judge(
    position: int, kind: Kind, gold: Any, answer: Answer, evidence: tuple[Range, ...] | None
) -> Judged:
    truth = None if gold == [] else gold
    if answer.status is Status.FOUND and answer.value == []:
        answer = replace(answer, status=Status.NOT_MENTIONED, value=None)
    if answer.status is Status.FOUND:
        right = same(kind, truth, answer.value)
    else:
        right = answer.status is Status.NOT_MENTIONED and truth is None
    return Judged(position, truth, answer, right, evidence)
