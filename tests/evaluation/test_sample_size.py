"""How many documents a difference needs, and what few documents can show."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.errors import UsageError
from sekisho.evaluation.paired import signed_rank_p
from sekisho.evaluation.sample_size import (
    clean_needed,
    detectable,
    least_to_rank,
    needed,
    ranking_warning,
    too_few,
    unseen,
)


@pytest.mark.parametrize(("d", "expected"), [(0.2, 208), (0.5, 35), (0.8, 15)])
def test_small_medium_and_large_effects_need_what_the_tables_say(d: float, expected: int) -> None:
    # (1.95996 + 0.84162)^2 / d^2 + 1.92073, times pi / 3.
    by_hand = ((1.959964 + 0.841621) ** 2 / d**2 + 1.959964**2 / 2) * math.pi / 3
    assert needed(d) == math.ceil(by_hand) == expected


@pytest.mark.parametrize("d", [0.4, 0.8])
def test_with_the_documents_needed_the_test_sees_the_effect_as_often_as_promised(
    d: float,
) -> None:
    n = needed(d)
    assert n is not None
    generator = np.random.default_rng(17)
    seen = [signed_rank_p(generator.normal(d, 1, n)) <= 0.05 for _ in range(1500)]
    assert np.mean(seen) == pytest.approx(0.8, abs=0.04)


def test_no_effect_has_no_number() -> None:
    assert needed(None) is None
    assert needed(0.0) is None
    assert needed(1e-9) is None


@pytest.mark.parametrize(("alpha", "least"), [(0.05, 6), (0.01, 8), (0.05 / 15, 10), (0.5, 2)])
def test_no_effect_is_so_large_that_the_test_could_not_show_it(alpha: float, least: int) -> None:
    assert needed(1000.0, alpha=alpha) == least
    assert signed_rank_p([1.0] * least) <= alpha + 1e-12
    assert signed_rank_p([1.0] * (least - 1)) > alpha


@given(st.floats(1e-3, 5), st.floats(1e-3, 5))
@settings(deadline=None)
def test_a_smaller_effect_needs_no_fewer_documents(one: float, other: float) -> None:
    some, more = needed(max(one, other)), needed(min(one, other))
    assert some is not None
    assert more is not None
    assert some <= more


@given(st.floats(0.01, 3))
@settings(deadline=None)
def test_the_sign_of_an_effect_does_not_matter(d: float) -> None:
    assert needed(d) == needed(-d)


@given(st.integers(6, 100_000), st.floats(0.1, 50))
@settings(deadline=None)
def test_what_n_documents_detect_needs_n_documents(n: int, sd: float) -> None:
    difference = detectable(n, sd)
    assert difference is not None
    assert needed(difference / sd) == n


@pytest.mark.parametrize("n", [0, 1, 5])
def test_five_documents_show_no_difference_at_all(n: int) -> None:
    assert detectable(n, 10.0) is None


def test_more_power_needs_more_documents() -> None:
    assert (needed(0.5, power=0.9) or 0) > (needed(0.5, power=0.8) or 0)
    assert (needed(0.5, alpha=0.01) or 0) > (needed(0.5, alpha=0.05) or 0)


def test_too_few_documents_are_fewer_than_the_effect_needs() -> None:
    assert too_few(34, 0.5)
    assert not too_few(35, 0.5)
    assert too_few(34, -0.5)


@pytest.mark.parametrize("d", [None, 0.0])
def test_where_nothing_varies_there_must_still_be_some_documents(d: float | None) -> None:
    assert too_few(14, d)
    assert not too_few(15, d)


def test_more_systems_need_more_documents_to_be_ranked() -> None:
    assert [least_to_rank(systems) for systems in (1, 2, 6, 14)] == [0, 15, 28, 37]


def test_ten_reports_rank_no_two_systems_and_the_warning_says_so() -> None:
    text = ranking_warning(10, 2)
    assert "10 of at least 15 documents" in text
    assert "below 1.0" in text
    assert "no difference would show" in ranking_warning(3, 6)


def test_enough_documents_give_no_warning() -> None:
    assert ranking_warning(15, 2) == ""
    assert ranking_warning(60, 14) == ""
    assert ranking_warning(1, 1) == ""


def test_no_leak_in_n_documents_is_about_three_in_n() -> None:
    assert unseen(60) == pytest.approx(3 / 60, rel=0.05)
    assert unseen(1) == pytest.approx(0.95)
    assert unseen(0) == 1.0


def test_to_say_below_one_in_a_hundred_takes_299_clean_documents() -> None:
    assert clean_needed(0.01) == 299


@given(st.integers(1, 100_000))
@settings(deadline=None)
def test_as_many_clean_documents_as_were_read_are_needed_for_what_they_show(n: int) -> None:
    assert clean_needed(unseen(n)) == n


@pytest.mark.parametrize(
    "call",
    [
        lambda: needed(math.nan),
        lambda: needed(math.inf),
        lambda: needed(0.5, power=1.0),
        lambda: needed(0.5, power=0.01),
        lambda: needed(0.5, alpha=0.0),
        lambda: needed(None, alpha=1.0),
        lambda: detectable(-1),
        lambda: detectable(10, -1.0),
        lambda: detectable(10, math.nan),
        lambda: least_to_rank(0),
        lambda: unseen(-1),
        lambda: unseen(5, alpha=2.0),
        lambda: clean_needed(0.0),
        lambda: clean_needed(1.0),
    ],
)
def test_what_makes_no_sense_is_refused(call: object) -> None:
    assert callable(call)
    with pytest.raises(UsageError):
        call()
