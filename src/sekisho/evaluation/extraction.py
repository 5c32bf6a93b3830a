"""The whole measurement of an extraction: each field, all fields together, two predictions.

All figures come from the same resamples of the documents, so two rows of a table can be compared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import numpy as np

from sekisho import plugins
from sekisho.errors import UsageError
from sekisho.evaluation.bootstrap import RESAMPLES
from sekisho.evaluation.class_measures import Confusion, confusion_of
from sekisho.evaluation.comparison import Comparison, differences, tested
from sekisho.evaluation.extraction_rows import GoldRow, PredictedRows, Status
from sekisho.evaluation.forecasts import Curves, curves_of
from sekisho.evaluation.judging import Judged, JudgedField, check_gold, judged
from sekisho.evaluation.kinds import Kind
from sekisho.evaluation.mistakes import Mistake, mistakes
from sekisho.evaluation.numeric import Tolerance
from sekisho.evaluation.shares import by_document
from sekisho.evaluation.weighting import Floats, Measure, Measured, measure, quotient

__all__ = [
    "ALL_RIGHT",
    "GROUP",
    "ExtractionReport",
    "FieldReport",
    "evaluate_extraction",
]

#: A family of measures: those that a field has, none where they make no sense for it.
Family: TypeAlias = Callable[[JudgedField], Iterable[Measure]]
#: The entry points of all families, the built-in ones too.
GROUP = "sekisho.field_metrics"
#: The order in which families are shown; those of other packages follow.
_ORDER = (
    "common",
    "class",
    "forecast",
    "confidence",
    "number",
    "date",
    "string",
    "item",
    "span",
    "evidence",
)
ALL_RIGHT = "documents_all_right"


@dataclass(frozen=True, slots=True)
class FieldReport:
    """What was measured of one field.

    ``n`` documents judge it, ``statuses`` counts how it ended in them. ``parts`` maps a group
    (``classes``, ``labels``, ``subfields``) to its parts and those to their measures.
    """

    judged: JudgedField
    statuses: Mapping[str, int]
    measures: Mapping[str, Measured]
    parts: Mapping[str, Mapping[str, Mapping[str, Measured]]]
    confusion: Confusion | None
    curves: Mapping[str, Curves]

    @property
    def n(self) -> int:
        """The documents that judge the field."""
        return len(self.judged.rows)


@dataclass(frozen=True, slots=True)
class ExtractionReport:
    """All figures of one evaluation.

    ``missing`` are gold documents without a prediction, ``lost`` counts those whose row says
    ``failed`` or ``held``; both count as failed in every field. ``unjudged`` are predicted
    documents without gold, ``unjudged_fields`` predicted fields that gold never judges.
    """

    documents: int
    judged: int
    missing: tuple[str, ...]
    lost: Mapping[str, int]
    unjudged: tuple[str, ...]
    unjudged_fields: tuple[str, ...]
    origins: Mapping[str, int]
    resamples: int
    seed: int
    overall: Mapping[str, Measured]
    fields: Mapping[str, FieldReport]
    comparison: Comparison | None
    mistakes: tuple[Mistake, ...] = field(repr=False)


def evaluate_extraction(
    gold: Sequence[GoldRow],
    predicted: PredictedRows,
    kinds: Mapping[str, Kind],
    *,
    against: PredictedRows | None = None,
    epsilons: Mapping[str, float] | None = None,
    tolerances: Mapping[str, Tolerance] | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> ExtractionReport:
    """Measure ``predicted`` against ``gold``, and against another prediction if there is one.

    ``kinds`` says what each field is; ``epsilons`` (the constant of R-SMAPE, default 0) and
    ``tolerances`` (default 10 % of gold) are by field. Raises ``InputError`` when gold does not fit
    the kinds, ``UsageError`` when an option names a field that is no judged number.
    """
    check_gold(gold, kinds)
    options = _options(epsilons or {}, tolerances or {})
    first = _fields(gold, predicted, kinds, options)
    second = None if against is None else _fields(gold, against, kinds, options)
    plan = _Plan()
    ours = _all_measures(first)
    for place, measures in ours.items():
        plan.add(("value", place), measures)
    if second is not None:
        for place, measures in _all_measures(second).items():
            plan.add(("difference", place), differences(ours[place], measures))
    done = plan.carry_out(len(gold), resamples, seed)
    named = {name for row in predicted.rows.values() for name in row.fields}
    statuses = Counter(row.status for row in predicted.rows.values())
    return ExtractionReport(
        documents=len(gold),
        judged=sum(len(one.rows) for one in first.values()),
        missing=tuple(row.id for row in gold if row.id not in predicted.rows),
        lost={status: statuses[status] for status in ("failed", "held")},
        unjudged=predicted.others,
        unjudged_fields=tuple(sorted(named - set(first))),
        origins=predicted.origins,
        resamples=resamples,
        seed=seed,
        overall=_whole(done["value", None]),
        fields={name: _report(one, done["value", name]) for name, one in first.items()},
        comparison=None if second is None else _compared(first, second, done),
        mistakes=tuple(mistakes(gold, first)),
    )


_Options: TypeAlias = Mapping[str, Mapping[str, Any]]
#: What is measured and where: ``value`` or ``difference``, and a field.
_Place: TypeAlias = tuple[str, str | None]


class _Plan:
    """Measures of many things, carried out on the same resamples."""

    def __init__(self) -> None:
        self._measures: list[Measure] = []
        self._places: dict[_Place, slice] = {}

    def add(self, place: _Place, measures: Iterable[Measure]) -> None:
        """Plan ``measures``, to be found under ``place``."""
        begin = len(self._measures)
        self._measures += measures
        self._places[place] = slice(begin, len(self._measures))

    def carry_out(
        self, documents: int, resamples: int, seed: int
    ) -> dict[_Place, tuple[Measured, ...]]:
        """All results by place."""
        done = measure(self._measures, documents, resamples=resamples, seed=seed)
        return {place: done[part] for place, part in self._places.items()}


def _options(epsilons: Mapping[str, float], tolerances: Mapping[str, Tolerance]) -> _Options:
    options: dict[str, dict[str, Any]] = {}
    for name, epsilon in epsilons.items():
        if not (np.isfinite(epsilon) and epsilon >= 0):
            raise UsageError(f"the epsilon of {name!r} is a number that is not negative")
        options.setdefault(name, {})["epsilon"] = epsilon
    for name, tolerance in tolerances.items():
        options.setdefault(name, {})["tolerance"] = tolerance
    return options


def _fields(
    gold: Sequence[GoldRow],
    predicted: PredictedRows,
    kinds: Mapping[str, Kind],
    options: _Options,
) -> dict[str, JudgedField]:
    fields = judged(gold, predicted, kinds)
    numbers = [name for name, one in fields.items() if one.kind.type in ("integer", "number")]
    for name in options:
        if name not in numbers:
            raise UsageError(
                f"{name!r} is no number that gold judges",
                remedy=f"numbers are: {', '.join(numbers) or 'none'}",
            )
    return {name: replace(one, **options.get(name, {})) for name, one in fields.items()}


def _all_measures(fields: Mapping[str, JudgedField]) -> dict[str | None, list[Measure]]:
    """The measures of each field, and under None those of all together."""
    return {None: _overall(fields), **{name: _measures(one) for name, one in fields.items()}}


def _measures(one: JudgedField) -> list[Measure]:
    found: dict[tuple[str, str, str], Measure] = {}
    for family in _families():
        for each in family(one):
            found.setdefault(each.key, each)
    return list(found.values())


def _families() -> Iterator[Family]:
    names = plugins.names(GROUP)
    shown = [name for name in _ORDER if name in names]
    for name in (*shown, *(name for name in names if name not in _ORDER)):
        yield plugins.load(GROUP, name)


def _overall(fields: Mapping[str, JudgedField]) -> list[Measure]:
    """Documents in which all is right, and the shares of all fields together (micro)."""

    def total(value: Callable[[Judged], float]) -> Floats:
        whole = np.zeros(next(iter(fields.values())).documents)
        for one in fields.values():
            whole += by_document(one, [value(row) for row in one.rows])
        return whole

    counted = total(lambda row: 1)
    right = total(lambda row: row.right)
    found = total(lambda row: row.found)
    stands = total(lambda row: row.gold is not None)
    hits = total(lambda row: row.right and row.found)
    judged_at_all = np.sign(counted)
    all_right = judged_at_all * (right == counted)
    answered = total(lambda row: row.answer.status in (Status.FOUND, Status.NOT_MENTIONED))
    pairs: Sequence[tuple[str, Floats, Floats, Floats]] = (
        (ALL_RIGHT, all_right, judged_at_all, judged_at_all),
        ("accuracy", right, counted, counted),
        ("answered", answered, counted, counted),
        ("precision", hits, found, found),
        ("recall", hits, stands, stands),
        ("f1", 2 * hits, found + stands, stands),
    )
    return [
        Measure(name, round(float(n.sum())), quotient(above, below), "there is no value")
        for name, above, below, n in pairs
    ]


def _report(one: JudgedField, done: Sequence[Measured]) -> FieldReport:
    parts: dict[str, dict[str, dict[str, Measured]]] = {}
    for each in done:
        if each.measure.group:
            group = parts.setdefault(each.measure.group, {})
            group.setdefault(each.measure.part, {})[each.measure.name] = each
    counts = Counter(row.answer.status for row in one.rows)
    return FieldReport(
        judged=one,
        statuses={str(status): counts[status] for status in Status},
        measures=_whole(done),
        parts=parts,
        confusion=confusion_of(one),
        curves=curves_of(one),
    )


def _whole(done: Sequence[Measured]) -> dict[str, Measured]:
    return {each.measure.name: each for each in done if not each.measure.group}


def _compared(
    first: Mapping[str, JudgedField],
    second: Mapping[str, JudgedField],
    done: Mapping[_Place, Sequence[Measured]],
) -> Comparison:
    tests, all_right = tested(first, second)
    return Comparison(
        overall=_whole(done["difference", None]),
        fields={name: _whole(done["difference", name]) for name in first},
        tests=tests,
        all_right=all_right,
    )
