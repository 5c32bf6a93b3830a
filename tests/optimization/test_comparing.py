"""Arms against each other: on whose side a difference is, and how sure it is made to be."""

from __future__ import annotations

import pytest

from sekisho.evaluation.comparison import holm, mcnemar
from sekisho.evaluation.paired import compare
from sekisho.evaluation.sample_size import needed
from sekisho.optimization.comparing import NO_ERROR, Side, against, comparisons

PERFECT: Side = ("perfect", [100.0] * 8)
#: Worse in every report, by something else in each.
WORSE: Side = ("worse", [99.0, 97.0, 95.0, 93.0, 91.0, 89.0, 87.0, 85.0])
#: Different in two reports only.
NEAR: Side = ("near", [100.0] * 6 + [90.0, 80.0])


def test_a_difference_is_the_first_less_the_second() -> None:
    (compared,) = comparisons([(PERFECT, WORSE)], resamples=200)
    assert (compared.first, compared.second) == ("perfect", "worse")
    assert compared.difference.value == pytest.approx(8.0)
    assert compared.difference.low is not None
    assert 0 < compared.difference.low < 8.0
    assert compared.difference.n == 8
    assert compared.d is not None
    assert compared.d > 0
    (turned,) = comparisons([(WORSE, PERFECT)], resamples=200)
    assert turned.difference.value == pytest.approx(-8.0)
    assert turned.p == compared.p


def test_p_values_are_adjusted_for_the_number_of_comparisons() -> None:
    pairs = [(PERFECT, WORSE), (PERFECT, NEAR), (NEAR, WORSE)]
    compared = comparisons(pairs, resamples=200)
    ps = [compare(one[1], other[1], resamples=1).wilcoxon_p for one, other in pairs]
    assert [each.p for each in compared] == ps
    assert tuple(each.p_holm for each in compared) == holm(ps)
    exact = [each.mcnemar for each in compared]
    assert tuple(each.mcnemar_holm for each in compared) == holm(exact)
    assert compared[0].p_holm > compared[0].p
    assert exact != ps


def test_reports_without_any_error_are_told_from_all_others() -> None:
    (all_better,) = comparisons([(PERFECT, WORSE)], resamples=100)
    assert all_better.mcnemar == mcnemar(8, 0) < 0.05
    (two_better,) = comparisons([(PERFECT, NEAR)], resamples=100)
    assert two_better.mcnemar == mcnemar(2, 0) > 0.05
    # Where nobody is without error, right and wrong say nothing.
    poor: Side = ("poor", [value - 50 for value in WORSE[1]])
    (none_right,) = comparisons([(WORSE, poor)], resamples=100)
    assert none_right.mcnemar == 1.0
    rounded: Side = ("rounded", [100 - 1e-12] * 8)
    assert all(value >= NO_ERROR for value in rounded[1])


def test_it_is_told_whether_there_were_reports_enough() -> None:
    sure, unsure = comparisons([(PERFECT, WORSE), (PERFECT, NEAR)], resamples=100)
    assert sure.needed == needed(sure.d)
    assert sure.needed is not None
    assert unsure.needed is not None
    assert sure.needed <= 8 < unsure.needed
    assert sure.enough
    assert not unsure.enough


def test_intervals_are_drawn_alike_each_time() -> None:
    assert comparisons([(PERFECT, NEAR)], resamples=150) == comparisons(
        [(PERFECT, NEAR)], resamples=150
    )


def test_nobody_is_compared_with_itself() -> None:
    assert against(PERFECT, [PERFECT, WORSE]) == [(PERFECT, WORSE)]
    assert comparisons([], resamples=100) == ()
