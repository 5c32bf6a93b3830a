"""Intervals from resampled documents."""

from __future__ import annotations

import numpy as np
import pytest

from sekisho.evaluation import bootstrap
from sekisho.evaluation.bootstrap import Estimate, ratio, resampled_totals


def test_each_resample_draws_as_many_documents_as_there_are() -> None:
    totals = resampled_totals(np.ones((7, 1), dtype=np.int64), resamples=50, seed=1)
    assert totals.shape == (50, 1)
    assert (totals == 7).all()


def test_the_same_seed_draws_the_same_and_another_does_not() -> None:
    counts = np.arange(20, dtype=np.int64).reshape(10, 2)
    first = resampled_totals(counts, 30, seed=3)
    assert (first == resampled_totals(counts, 30, seed=3)).all()
    assert (first != resampled_totals(counts, 30, seed=4)).any()


def test_memory_blocks_do_not_change_the_draw(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = np.arange(20, dtype=np.int64).reshape(10, 2)
    whole = resampled_totals(counts, 30, seed=3)
    monkeypatch.setattr(bootstrap, "_BLOCK_CELLS", 40)
    assert (whole == resampled_totals(counts, 30, seed=3)).all()


def test_no_documents_give_empty_totals() -> None:
    assert (resampled_totals(np.zeros((0, 2), dtype=np.int64), 5) == 0).all()


def test_the_interval_holds_the_middle_95_percent() -> None:
    counts = np.arange(1001, dtype=np.float64)
    estimate = ratio(500, 1000, counts, np.full(1001, 1000.0))
    assert (estimate.value, estimate.n) == (0.5, 1000)
    assert estimate.low == pytest.approx(0.025)
    assert estimate.high == pytest.approx(0.975)


def test_nothing_to_measure_has_no_value() -> None:
    nothing = np.zeros(5)
    assert ratio(0, 0, nothing, nothing) == Estimate(None, None, None, 0)


def test_resamples_with_nothing_to_measure_are_left_out() -> None:
    counts, ns = np.array([0.0, 1.0, 0.0]), np.array([0.0, 2.0, 0.0])
    assert ratio(1, 2, counts, ns) == Estimate(0.5, 0.5, 0.5, 2)
    assert ratio(1, 2, np.zeros(3), np.zeros(3)) == Estimate(0.5, None, None, 2)


def test_one_document_gives_an_interval_of_no_width() -> None:
    totals = resampled_totals(np.array([[1, 4]]), 20)
    assert ratio(1, 4, totals[:, 0], totals[:, 1]) == Estimate(0.25, 0.25, 0.25, 4)


def test_intervals_cover_the_truth_about_as_often_as_they_claim() -> None:
    # Documents differ in size and in their own leak rate, as real ones do; the ratio of
    # expectations is 0.1 (Beta(1, 9)), since size and rate are independent.
    generator = np.random.default_rng(11)
    covered, trials = 0, 300
    for trial in range(trials):
        sizes = generator.integers(20, 200, size=60)
        leaked = generator.binomial(sizes, generator.beta(1, 9, size=60))
        totals = resampled_totals(np.column_stack([leaked, sizes]), 400, seed=trial)
        estimate = ratio(int(leaked.sum()), int(sizes.sum()), totals[:, 0], totals[:, 1])
        assert estimate.low is not None
        assert estimate.high is not None
        covered += estimate.low <= 0.1 <= estimate.high
    # A percentile interval of 60 skewed documents is known to cover a little less than it claims.
    assert 0.89 <= covered / trials <= 0.98
