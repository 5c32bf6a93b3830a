"""The published figures are complete and agree with each other where the study's own do."""

from __future__ import annotations

import math

import pytest

from sekisho.evaluation.points import MAXIMA, efficiency_points, total
from sekisho.evaluation.published import PublishedSystem, published

STUDY = published()
#: Eight figures, each rounded to 0.1, are together at most this far off.
ROUNDING = 8 * 0.05
#: Our sum of the published components less the published total.
DIFFERENCES = {
    "GPT-4.1": 4.84,
    "Gemini-2.5-Flash": 3.95,
    "Mistral-Small-3.2 + Self-Refine": 0.06,
    "Claude Sonnet 4": 2.97,
    "EZO2.5-Gemma-3": 1.35,
    "Mistral-Small-3.2": 1.07,
}


@pytest.mark.parametrize("system", STUDY.systems, ids=lambda system: system.name)
def test_our_sum_of_the_published_components(system: PublishedSystem) -> None:
    ours = total(system.points)
    assert list(system.points) == list(MAXIMA)
    assert ours.out_of == 100
    assert ours.points == pytest.approx(sum(system.points.values()))
    difference = ours.points - system.total
    assert difference == pytest.approx(DIFFERENCES[system.name], abs=0.005), (
        f"{system.name}: our sum {ours.points:.2f}, published {system.total}, {difference:+.2f}"
    )


def test_the_total_reproduces_where_the_arithmetic_of_the_study_holds() -> None:
    holds = [
        system
        for system in STUDY.systems
        if abs(total(system.points).points - system.total) <= ROUNDING
    ]
    assert [system.name for system in holds] == ["Mistral-Small-3.2 + Self-Refine"]
    for system in holds:
        assert total(system.points).points == pytest.approx(system.total, abs=0.1)


def test_the_published_totals_stand_in_the_order_of_the_table() -> None:
    totals = [system.total for system in STUDY.systems]
    assert totals == sorted(totals, reverse=True)


def test_every_published_efficiency_is_that_of_a_published_speed() -> None:
    points = {pair.points: pair.seconds for pair in STUDY.efficiency}
    assert len(points) == 5
    for system in STUDY.systems:
        seconds = points[system.points["efficiency"]]
        assert efficiency_points(seconds) == system.points["efficiency"]


def test_reviews_and_comparisons_are_differences_of_the_published_totals() -> None:
    totals = {system.name: system.total for system in STUDY.systems}
    for review in STUDY.reviews:
        assert review.baseline == totals[review.system]
        assert review.refined - review.baseline == pytest.approx(review.gain, abs=0.005)
    for pair in STUDY.comparisons:
        difference = totals[pair.first] - totals[pair.second]
        assert difference == pytest.approx(pair.difference, abs=0.005)


def test_the_second_phase_took_four_of_fourteen_models() -> None:
    phase = STUDY.second_phase
    assert len(phase.scores) == 14
    best = [model for model, score in phase.scores.items() if score >= phase.selected_from]
    assert best == ["gemma3:12b", "mistral-small3.2:24b", "phi4:14b", "EZO2.5-gemma-3"]
    assert sum(score > phase.split for score in phase.scores.values()) == 9
    assert max(phase.scores.values()) < phase.out_of == 90


def test_every_phase_was_better_than_the_one_before() -> None:
    assert len(STUDY.phase_means) == 5
    assert list(STUDY.phase_means) == sorted(STUDY.phase_means)


def test_what_was_still_wrong_is_told_by_kind_and_by_script() -> None:
    remaining = STUDY.remaining
    assert sum(remaining.errors.values()) == 39
    assert math.isclose(remaining.errors["missed clock times"] / 39, 0.795, abs_tol=0.0005)
    assert all(0 < found <= of for found, of in remaining.scripts.values())


def test_figures_cannot_be_changed_by_who_reads_them() -> None:
    with pytest.raises(TypeError):
        MAXIMA["recall"] = 30  # type: ignore[index]
