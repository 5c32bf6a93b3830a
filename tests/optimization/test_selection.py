"""Who goes on: checked on the phase-2 scores that were published."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sekisho.evaluation.published import published
from sekisho.optimization.selection import best, halves, strong


def test_the_published_scores_select_the_models_that_the_study_went_on_with() -> None:
    phase = published().second_phase
    scores = phase.scores
    chosen = best(scores, 4)
    assert set(chosen) == {name for name, score in scores.items() if score >= phase.selected_from}
    assert len(chosen) == 4


def test_the_published_scores_fall_into_the_two_groups_of_the_study() -> None:
    phase = published().second_phase
    scores = phase.scores
    groups = strong(scores, phase.split)
    assert len(groups) == 9
    assert min(scores[name] for name in groups) == 77
    assert max(score for name, score in scores.items() if name not in groups) == 74


def test_whoever_has_the_score_of_the_last_goes_on_too() -> None:
    assert best({"a": 3.0, "b": 2.0, "c": 2.0, "d": 1.0}, 2) == ("a", "b", "c")
    assert best({"a": 3.0}, 5) == ("a",)


@given(st.lists(st.integers(), min_size=2, unique=True), st.integers(0, 99))
def test_halves_share_nothing_and_lose_nothing(items: list[int], seed: int) -> None:
    learn, judge = halves(items, seed)
    assert sorted((*learn, *judge)) == sorted(items)
    assert 0 <= len(judge) - len(learn) <= 1
    assert (learn, judge) == halves(items, seed)
