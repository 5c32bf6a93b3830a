"""Points: the line through the published pairs, and what is summed when not all was measured."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.errors import UsageError
from sekisho.evaluation.points import (
    MAXIMA,
    Component,
    Speed,
    Total,
    efficiency_points,
    speed,
    total,
    total_of,
)
from sekisho.evaluation.trials import Trial

PAIRS = [(0.20, 9.8), (0.35, 9.3), (0.42, 8.8), (0.58, 6.3), (0.98, 4.1)]


def trial(*, failed: str = "", tokens: int = 0, seconds: float = 0.0) -> Trial:
    return Trial(document="d", characters=500, failed=failed, prompt_tokens=tokens, seconds=seconds)


def test_the_maxima_add_up_to_a_hundred_and_eighty_without_repeats_and_speed() -> None:
    assert list(MAXIMA.values()) == [20, 15, 15, 10, 10, 10, 10, 10]
    assert sum(MAXIMA.values()) == 100
    assert sum(MAXIMA.values()) - MAXIMA["stability"] - MAXIMA["efficiency"] == 80


@pytest.mark.parametrize(("seconds", "points"), PAIRS)
def test_the_published_pairs_come_out_to_the_last_digit(seconds: float, points: float) -> None:
    assert efficiency_points(seconds) == points


@pytest.mark.parametrize(
    ("seconds", "points"),
    [
        (0.0, 10.0),
        (0.10, 9.9),
        (0.275, 9.55),
        (0.50, 7.55),
        (0.78, 5.2),
        (1.38, 1.9),  # 4.1 less 0.4 s of 5.5 points a second, the slope between the last two
        (1.73, 0.0),
        (300.0, 0.0),
    ],
)
def test_between_and_beyond_the_pairs_lines_are_straight(seconds: float, points: float) -> None:
    assert efficiency_points(seconds) == pytest.approx(points)


@given(st.floats(0, 3), st.floats(0, 3))
def test_who_is_slower_never_has_more_points(first: float, second: float) -> None:
    fast, slow = sorted((first, second))
    assert 10 >= efficiency_points(fast) >= efficiency_points(slow) >= 0


@pytest.mark.parametrize("seconds", [-0.1, math.nan, math.inf])
def test_what_is_no_time_has_no_points(seconds: float) -> None:
    with pytest.raises(UsageError):
        efficiency_points(seconds)


def test_what_was_not_measured_is_out_of_both_figures() -> None:
    points: dict[str, float | None] = {**MAXIMA, "stability": None, "recall": 18.5}
    assert total(points) == Total(88.5, 90)
    parts = [Component(name, most, 0.5) for name, most in MAXIMA.items()]
    assert total_of([*parts[:-1], Component("efficiency", 10, None)]) == Total(45, 90)


@pytest.mark.parametrize(
    "change",
    [{"speed": 3.0}, {"recall": 20.1}, {"recall": -1.0}, {"recall": math.nan}],
)
def test_points_that_cannot_be_are_refused(change: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        total({**MAXIMA, **change})


def test_a_component_that_is_not_named_is_no_nought() -> None:
    with pytest.raises(UsageError, match="other components"):
        total({"recall": 20.0})


def test_speed_is_seconds_by_tokens_of_all_requests_failed_ones_too() -> None:
    read = speed(
        [trial(tokens=1000, seconds=2), trial(failed="model_timeout", tokens=500, seconds=4.3)]
    )
    assert read.seconds_per_100_tokens == pytest.approx(0.42)
    assert read.share == pytest.approx(0.88)


def test_characters_that_were_read_stand_in_where_no_tokens_are_counted() -> None:
    read = speed([trial(seconds=0.5), trial(seconds=0.5)])
    assert read.seconds_per_100_tokens is None
    assert read.share == pytest.approx(0.99)
    half = speed([trial(seconds=0.5), trial(failed="crashed", seconds=0.5)])
    assert half.seconds_per_100_tokens is None
    assert half.share == pytest.approx(0.98)


def test_a_system_that_read_nothing_was_not_fast() -> None:
    assert speed([trial(failed="model_unavailable", seconds=0.001)]) == Speed(None, 0.0)


def test_no_time_at_all_was_not_measured() -> None:
    assert speed([trial(tokens=100)]) == Speed(None, None)
