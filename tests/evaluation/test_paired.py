"""Paired comparison: the interval, the signed-rank test and the effect size."""

from __future__ import annotations

import itertools
import math
import warnings
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.errors import UsageError
from sekisho.evaluation.paired import EXACT_PAIRS, Paired, cohens_d, compare, signed_rank_p
from sekisho.evaluation.weighting import Measure, measure, quotient

#: Hundredths, so that ties and noughts are frequent and sums of floats are not quite equal.
QUALITIES = st.integers(0, 10_000).map(lambda hundredths: hundredths / 100)
COARSE = st.integers(0, 8).map(lambda eighths: 12.5 * eighths)


def two_systems(values: st.SearchStrategy[float]) -> st.SearchStrategy[list[tuple[float, float]]]:
    return st.lists(st.tuples(values, values), min_size=1, max_size=70)


EITHER = two_systems(QUALITIES) | two_systems(COARSE)


@pytest.fixture(scope="module")
def stats() -> ModuleType:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module: ModuleType = pytest.importorskip("scipy.stats")
        return module


def sides(pairs: list[tuple[float, float]]) -> tuple[list[float], list[float]]:
    return [first for first, _ in pairs], [second for _, second in pairs]


def enumerated_p(differences: list[float]) -> float:
    """The exact p-value by trying all signs, in whole numbers."""
    sizes = sorted(abs(value) for value in differences if value)
    # The first and last place of a size, counted from one: their sum is twice the midrank.
    doubled = [
        2 * sizes.index(abs(value)) + sizes.count(abs(value)) + 1 for value in differences if value
    ]
    signs = [value > 0 for value in differences if value]
    above = sum(rank for rank, sign in zip(doubled, signs, strict=True) if sign)
    least = min(above, sum(doubled) - above)
    sums = [
        sum(rank for rank, sign in zip(doubled, choice, strict=True) if sign)
        for choice in itertools.product((False, True), repeat=len(doubled))
    ]
    return min(1.0, 2 * sum(one <= least for one in sums) / len(sums))


def test_the_difference_is_the_first_less_the_second() -> None:
    paired = compare([90.0, 80.0, 85.0], [80.0, 80.0, 80.0])
    assert paired.difference.value == pytest.approx(5.0)
    assert paired.difference.n == 3
    assert paired.d == pytest.approx(1.0)
    assert paired.wilcoxon_p == pytest.approx(0.5)


def test_systems_that_never_differ_have_p_one_and_no_effect_size() -> None:
    paired = compare([80.0] * 12, [80.0] * 12)
    assert (paired.difference.value, paired.difference.low, paired.difference.high) == (0, 0, 0)
    assert (paired.wilcoxon_p, paired.d) == (1.0, None)


def test_rounding_is_no_difference() -> None:
    paired = compare([0.1 + 0.2, 50.0], [0.3, 50.0])
    assert paired == compare([0.3, 50.0], [0.3, 50.0])


def test_rounding_does_not_break_ties() -> None:
    rounded = [0.1 + 0.2, -0.3, 0.7 - 0.4, 1.0]
    assert rounded[0] != 0.3
    assert signed_rank_p(rounded) == signed_rank_p([0.3, -0.3, 0.3, 1.0])


def test_what_is_nought_but_for_rounding_is_dropped_like_nought() -> None:
    assert signed_rank_p([1e-12, -1e-13, 3.0, 2.0, 1.0]) == signed_rank_p([3.0, 2.0, 1.0]) == 0.25
    assert cohens_d([0.1 + 0.2, 0.3]) is None


def test_a_constant_difference_is_sure_but_has_no_effect_size() -> None:
    paired = compare([75.1] * 10, [70.0] * 10)
    assert paired.d is None
    assert paired.wilcoxon_p == pytest.approx(2 / 2**10)


def test_without_documents_there_is_no_value() -> None:
    paired = compare([], [])
    assert (paired.difference.value, paired.difference.n) == (None, 0)
    assert (paired.wilcoxon_p, paired.d) == (1.0, None)


def test_one_document_has_a_difference_and_shows_nothing() -> None:
    paired = compare([90.0], [80.0])
    assert (paired.difference.low, paired.difference.high) == (10, 10)
    assert (paired.wilcoxon_p, paired.d) == (1.0, None)


def test_systems_of_unequal_length_are_refused() -> None:
    with pytest.raises(UsageError, match="same documents"):
        compare([1.0, 2.0], [1.0])


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_what_is_no_number_is_refused(bad: float) -> None:
    with pytest.raises(UsageError, match="not a number"):
        compare([1.0, bad], [1.0, bad])


def test_an_interval_needs_resamples() -> None:
    with pytest.raises(UsageError, match="resample"):
        compare([1.0], [2.0], resamples=0)


@pytest.mark.parametrize("documents", [7, 1200])
def test_the_documents_drawn_are_those_of_every_other_measure(documents: int) -> None:
    # 1,200 documents are more than is kept between comparisons.
    differences = np.random.default_rng(5).normal(size=documents)
    wanted = Measure("difference", documents, quotient(differences, np.ones(documents)))
    (expected,) = measure([wanted], documents, seed=3)
    paired = compare(list(differences), [0.0] * documents, seed=3)
    assert expected.estimate.value is not None
    assert paired.difference.value == pytest.approx(expected.estimate.value)
    assert paired.difference.low == pytest.approx(expected.estimate.low)
    assert paired.difference.high == pytest.approx(expected.estimate.high)


def test_another_seed_draws_other_documents() -> None:
    first = list(np.random.default_rng(1).normal(80, 8, 30))
    second = [80.0] * 30
    assert compare(first, second, seed=1) == compare(first, second, seed=1)
    assert compare(first, second, seed=1).difference != compare(first, second, seed=2).difference


@given(EITHER)
@settings(deadline=None)
def test_swapping_the_systems_changes_the_sign_and_nothing_else(
    pairs: list[tuple[float, float]],
) -> None:
    first, second = sides(pairs)
    one, other = (compare(*both, resamples=50) for both in ((first, second), (second, first)))
    assert one.difference.value == pytest.approx(-_number(other.difference.value), abs=1e-9)
    assert one.difference.low == pytest.approx(-_number(other.difference.high), abs=1e-9)
    assert one.wilcoxon_p == other.wilcoxon_p
    assert one.d == (None if other.d is None else pytest.approx(-other.d))


@given(EITHER, st.floats(0.01, 1000))
@settings(deadline=None)
def test_the_unit_changes_neither_p_nor_the_effect_size(
    pairs: list[tuple[float, float]], scale: float
) -> None:
    first, second = sides(pairs)
    one = compare(first, second, resamples=20)
    other = compare([scale * x for x in first], [scale * x for x in second], resamples=20)
    assert one.wilcoxon_p == pytest.approx(other.wilcoxon_p)
    assert one.d == (None if other.d is None else pytest.approx(other.d, abs=1e-6))


@given(EITHER)
@settings(deadline=None)
def test_the_interval_holds_the_mean(pairs: list[tuple[float, float]]) -> None:
    estimate = compare(*sides(pairs), resamples=500).difference
    value, low, high = _number(estimate.value), _number(estimate.low), _number(estimate.high)
    assert low - 1e-9 <= value <= high + 1e-9


@given(st.lists(st.integers(-4, 4).map(float), max_size=9))
@settings(deadline=None)
def test_the_exact_test_counts_all_signs_with_ties_too(differences: list[float]) -> None:
    expected = enumerated_p(differences) if any(differences) else 1.0
    assert signed_rank_p(differences) == pytest.approx(expected, rel=1e-12, abs=0)


@pytest.mark.parametrize("n", [1, 2, 6, 10, 25, EXACT_PAIRS])
@pytest.mark.parametrize("shift", [0.0, 0.4, 3.0])
def test_without_ties_the_exact_test_is_that_of_scipy(
    stats: ModuleType, n: int, shift: float
) -> None:
    differences = np.random.default_rng(n).normal(shift, 1, n)
    expected = stats.wilcoxon(differences, method="exact").pvalue
    assert signed_rank_p(differences) == pytest.approx(float(expected), rel=1e-12, abs=0)


def test_with_ties_and_noughts_the_exact_test_is_that_of_scipys_permutations(
    stats: ModuleType,
) -> None:
    differences = [3.0, -1.0, 1.0, 0.0, 2.0, 2.0, -1.0, 3.0, 4.0, 0.0, 1.0]
    method = stats.PermutationMethod(n_resamples=np.inf)
    expected = stats.wilcoxon(differences, method=method, zero_method="wilcox").pvalue
    assert signed_rank_p(differences) == pytest.approx(float(expected), rel=1e-12, abs=0)


@pytest.mark.parametrize("n", [120, 250, 400])
@pytest.mark.parametrize("step", [0.001, 1.0, 3.0])
@pytest.mark.parametrize("shift", [0.0, 0.5, 2.0])
def test_of_many_pairs_the_test_is_scipys_approximation(
    stats: ModuleType, n: int, step: float, shift: float
) -> None:
    # The coarser the step, the more ties and noughts.
    noise = np.random.default_rng(n).normal(shift, 4, n)
    differences = np.round(noise / step) * step
    assert np.count_nonzero(differences) > EXACT_PAIRS
    expected = stats.wilcoxon(
        differences, method="asymptotic", correction=True, zero_method="wilcox"
    ).pvalue
    assert signed_rank_p(differences) == pytest.approx(float(expected), rel=1e-9, abs=0)


def test_a_small_p_keeps_its_digits(stats: ModuleType) -> None:
    # Far out in the tail, where one less the distribution function would be nought.
    differences = [1.0] * 250
    expected = float(stats.wilcoxon(differences, method="asymptotic", correction=True).pvalue)
    assert 0 < expected < 1e-50
    assert signed_rank_p(differences) == pytest.approx(expected, rel=1e-9, abs=0)


def test_a_sum_of_ranks_in_the_middle_has_p_one() -> None:
    balanced = [sign * float(size) for size in range(1, 41) for sign in (-1, 1)]
    assert signed_rank_p(balanced) == 1.0


def test_exact_and_approximate_p_meet_where_one_takes_over() -> None:
    generator = np.random.default_rng(2)
    many = generator.normal(0.3, 1, EXACT_PAIRS + 1)
    assert signed_rank_p(many[:-1]) == pytest.approx(signed_rank_p(many), rel=0.5)


@given(two_systems(COARSE))
@settings(deadline=None)
def test_p_is_a_probability(pairs: list[tuple[float, float]]) -> None:
    paired: Paired = compare(*sides(pairs), resamples=5)
    assert 0 < paired.wilcoxon_p <= 1


def test_the_effect_size_is_the_mean_by_the_standard_deviation() -> None:
    assert cohens_d([1.0, 2.0, 3.0, 6.0]) == pytest.approx(3 / math.sqrt(14 / 3))
    assert cohens_d([4.0]) is None
    assert cohens_d([]) is None


def test_under_no_difference_p_is_below_five_percent_in_about_five_percent() -> None:
    generator = np.random.default_rng(8)
    ps = [signed_rank_p(generator.normal(0, 5, 40)) for _ in range(1000)]
    assert 0.03 <= np.mean(np.array(ps) <= 0.05) <= 0.07


def _number(value: float | None) -> float:
    assert value is not None
    return value
