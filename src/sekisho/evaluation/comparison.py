"""Two predictions on the same gold: the differences of all measures, and who is right where.

Differences have intervals from the same resamples on both sides (paired bootstrap: Efron and
Tibshirani 1993, section 16.2; Koehn 2004). Right and wrong are compared by McNemar's test in its
exact form (McNemar 1947; Conover 1971): of the ``n`` documents in which only one of the two is
right, each is either's with the same chance when they are equally good. With many fields some
p-values are small by chance, so they are adjusted by Holm's procedure (1979) as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sekisho.evaluation.judging import Judged, JudgedField
from sekisho.evaluation.weighting import Measure, Measured, difference

__all__ = [
    "Comparison",
    "McNemar",
    "RightOrWrong",
    "contingency",
    "differences",
    "holm",
    "mcnemar",
    "tested",
]


@dataclass(frozen=True, slots=True)
class RightOrWrong:
    """In how many documents both predictions are right, only one is, or neither."""

    both: int
    only_first: int
    only_second: int
    neither: int


@dataclass(frozen=True, slots=True)
class McNemar:
    """The counts of one field, the exact p-value, and that adjusted for the number of fields."""

    counts: RightOrWrong
    p: float
    p_holm: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """The first prediction less the second, by field, and over all fields."""

    overall: Mapping[str, Measured]
    fields: Mapping[str, Mapping[str, Measured]]
    tests: Mapping[str, McNemar]
    all_right: McNemar


def mcnemar(only_first: int, only_second: int) -> float:
    """The two-sided exact p-value of ``only_first`` against ``only_second`` documents.

    ``min(1, 2 * P(X <= min))`` with X binomial of the sum and 1/2; 1 where there is none.
    """
    n, least = only_first + only_second, min(only_first, only_second)
    tail, term = 0, 1
    for k in range(least + 1):
        tail += term
        term = term * (n - k) // (k + 1)
    # Whole numbers of any length, so the quotient is right to the last digit.
    return min(1.0, 2 * tail / 2**n) if n else 1.0


def holm(ps: Sequence[float]) -> tuple[float, ...]:
    """Holm's adjusted p-values, in the order of ``ps``."""
    adjusted = [0.0] * len(ps)
    greatest = 0.0
    for rank, at in enumerate(sorted(range(len(ps)), key=lambda index: ps[index])):
        greatest = max(greatest, min(1.0, ps[at] * (len(ps) - rank)))
        adjusted[at] = greatest
    return tuple(adjusted)


def contingency(first: JudgedField, second: JudgedField) -> RightOrWrong:
    """The documents of one field by who is right; both judge the same ones."""
    counts = {(a, b): 0 for a in (True, False) for b in (True, False)}
    for one, other in zip(first.rows, second.rows, strict=True):
        counts[one.right, other.right] += 1
    return RightOrWrong(
        counts[True, True], counts[True, False], counts[False, True], counts[False, False]
    )


def tested(
    first: Mapping[str, JudgedField], second: Mapping[str, JudgedField]
) -> tuple[dict[str, McNemar], McNemar]:
    """McNemar's test of each field, adjusted for all of them, and that of whole documents."""
    tables = [contingency(one, second[name]) for name, one in first.items()]
    ps = [mcnemar(table.only_first, table.only_second) for table in tables]
    tests = map(McNemar, tables, ps, holm(ps))
    whole = contingency(_documents(first), _documents(second))
    p = mcnemar(whole.only_first, whole.only_second)
    return dict(zip(first, tests, strict=True)), McNemar(whole, p, p)


def differences(first: Iterable[Measure], second: Iterable[Measure]) -> list[Measure]:
    """``first`` less ``second`` of every measure that both have."""
    others = {one.key: one for one in second}
    return [
        Measure(
            one.name,
            min(one.n, others[one.key].n),
            difference(one.statistic, others[one.key].statistic),
            "one of the two has no value",
            one.group,
            one.part,
        )
        for one in first
        if one.key in others
    ]


def _documents(fields: Mapping[str, JudgedField]) -> JudgedField:
    """Whole documents as one field, right where all of theirs are."""
    rows: dict[int, Judged] = {}
    for one in fields.values():
        for row in one.rows:
            before = rows.get(row.document, row)
            rows[row.document] = replace(row, right=row.right and before.right)
    some = next(iter(fields.values()))
    return replace(some, rows=tuple(rows[place] for place in sorted(rows)))
