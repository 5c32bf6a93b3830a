"""Arms against each other on the same reports, with everything that keeps a difference honest."""

from __future__ import annotations

from collections.abc import Sequence

from sekisho.evaluation.comparison import holm, mcnemar
from sekisho.evaluation.paired import compare
from sekisho.evaluation.sample_size import needed, too_few
from sekisho.optimization.arms import figure
from sekisho.optimization.result import Comparison

__all__ = ["NO_ERROR", "Side", "against", "comparisons"]

#: A report is read without any error from this quality on; below it is rounding.
NO_ERROR = 100 - 1e-9

#: An arm's name and the quality of each report.
Side = tuple[str, Sequence[float]]


def comparisons(
    pairs: Sequence[tuple[Side, Side]], *, resamples: int, seed: int = 0
) -> tuple[Comparison, ...]:
    """Each pair compared; p-values are adjusted for their number."""
    tests = [compare(one[1], other[1], resamples=resamples, seed=seed) for one, other in pairs]
    exact = [_mcnemar(one[1], other[1]) for one, other in pairs]
    adjusted = holm([test.wilcoxon_p for test in tests])
    adjusted_exact = holm(exact)
    made = []
    for place, ((one, other), test) in enumerate(zip(pairs, tests, strict=True)):
        made.append(
            Comparison(
                first=one[0],
                second=other[0],
                difference=figure(test.difference),
                d=test.d,
                p=test.wilcoxon_p,
                p_holm=adjusted[place],
                mcnemar=exact[place],
                mcnemar_holm=adjusted_exact[place],
                needed=needed(test.d),
                enough=not too_few(len(one[1]), test.d),
            )
        )
    return tuple(made)


def against(first: Side, others: Sequence[Side]) -> list[tuple[Side, Side]]:
    """``first`` with each of ``others``."""
    return [(first, other) for other in others if other[0] != first[0]]


def _mcnemar(first: Sequence[float], second: Sequence[float]) -> float:
    right = [(one >= NO_ERROR, other >= NO_ERROR) for one, other in zip(first, second, strict=True)]
    return mcnemar(right.count((True, False)), right.count((False, True)))
