"""A cut on the baseline below or above which a treatment helps."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sekisho.errors import UsageError
from sekisho.evaluation.cut import Cut, Group, fit
from sekisho.evaluation.weighting import draws

#: Deviations of ten documents: their sum is nought, the standard error of their mean is 1/3.
SPREAD = (1.0, -1.0) * 5


def group(baseline: float, gain: float, spread: float = 1.0) -> Group:
    """A system with these means; the standard error of its gain is a third of ``spread``."""
    return Group(
        tuple(baseline + 3 * one for one in SPREAD[::-1]),
        tuple(
            baseline + 3 * back + gain + spread * one
            for one, back in zip(SPREAD, SPREAD[::-1], strict=True)
        ),
    )


def planted(
    seed: int, helped: int = 4, harmed: int = 3, documents: int = 100, noise: float = 8.0
) -> tuple[list[Group], float, float]:
    """Systems below 87 that gain 3 to 7 and above 92 that lose 1 to 2, and the truth's two ends."""
    generator = np.random.default_rng(seed)
    baselines = np.concatenate(
        [generator.uniform(62, 87, helped), generator.uniform(92, 98, harmed)]
    )
    gains = np.concatenate([generator.uniform(3, 7, helped), generator.uniform(-2, -1, harmed)])
    # Some documents are hard for every system; the rest is the system's own.
    hard = generator.normal(0, 6, documents)
    own = generator.normal(0, 8, (helped + harmed, documents))
    change = generator.normal(0, noise, own.shape)
    without: NDArray[np.float64] = baselines[:, None] + hard + own
    groups = [
        Group(tuple(row), tuple(row + extra + gain))
        for row, extra, gain in zip(without, change, gains, strict=True)
    ]
    return groups, float(baselines[:helped].max()), float(baselines[helped:].min())


def test_the_cut_lies_in_the_middle_between_the_last_helped_and_the_first_harmed() -> None:
    cut = fit([group(70, 8), group(84, 4), group(90, -2), group(95, -3)])
    assert cut.at == pytest.approx(87)
    assert cut.between == pytest.approx((84, 90))
    assert cut.reason == ""
    assert cut.treats(80)
    assert not cut.treats(88)


def test_the_published_study_has_its_cut_between_its_two_models() -> None:
    # +6.91 at 84.6 and -0.07 at 89.2 were called "below 87 to 88".
    cut = fit([group(84.6, 6.91), group(89.2, -0.07)])
    assert cut.at == pytest.approx(86.9)
    # Half of the resamples draw one system twice and have no cut; nor have those of the others in
    # which the second seems to gain more than a standard error (about a tenth).
    assert 0.38 <= cut.support <= 0.5


def test_the_order_of_the_systems_does_not_matter() -> None:
    systems = [group(70, 8), group(84, 4), group(90, -2), group(95, -3)]
    one, other = fit(systems), fit(systems[::-1])
    assert one.at == pytest.approx(other.at)
    assert one.between == pytest.approx(other.between)


def test_a_treatment_that_helps_strong_systems_has_them_above_the_cut() -> None:
    cut = fit([group(70, -3), group(76, -1), group(80, 4), group(90, 5)], helps="above")
    assert cut.at == pytest.approx(78)
    assert cut.between == pytest.approx((76, 80))
    assert cut.low is not None
    assert cut.high is not None
    assert cut.low <= 76 + 1e-9
    assert cut.high >= 80 - 1e-9
    assert cut.treats(85)
    assert not cut.treats(75)


def test_a_treatment_that_helped_all_has_no_cut() -> None:
    cut = fit([group(70, 8), group(84, 4)], what="review")
    assert (cut.at, cut.low, cut.high) == (None, None, None)
    assert cut.between == pytest.approx((84, None))
    assert cut.reason == "review helped all of the systems"
    assert cut.treats(99)
    assert cut.support == 0.0


def test_a_treatment_that_helped_none_has_no_cut() -> None:
    cut = fit([group(70, -8), group(84, 0.1)], what="review")
    assert cut.at is None
    assert cut.between == pytest.approx((None, 70))
    assert cut.reason == "review helped none of the systems by more than a standard error"
    assert not cut.treats(10)


@pytest.mark.parametrize("gain", [5.0, -5.0])
def test_all_and_none_are_the_same_seen_from_above(gain: float) -> None:
    systems = [group(70, gain), group(84, gain)]
    below, above = fit(systems), fit(systems, helps="above")
    assert below.at is None
    assert above.at is None
    assert below.reason == above.reason
    assert below.treats(50) == above.treats(50) == (gain > 0)


@pytest.mark.parametrize(
    ("gain", "reason"),
    [
        (5.0, "review helped the only system"),
        (0.0, "review helped not even the only one by more than a standard error"),
    ],
)
def test_one_system_has_no_cut(gain: float, reason: str) -> None:
    cut = fit([group(80, gain)], what="review")
    assert (cut.at, cut.support, cut.reason) == (None, 0.0, reason)
    assert cut.treats(80) == (gain > 0)


def test_a_help_that_lies_above_harm_is_not_called_none_or_all() -> None:
    never = fit([group(60, -9), group(80, 3)])
    assert never.reason == (
        "the treatment helped 1 of 2 systems, and no cut does better than none of them"
    )
    always = fit([group(60, -1), group(80, 9)])
    assert always.reason == (
        "the treatment helped 1 of 2 systems, and no cut does better than all of them"
    )


def test_without_systems_there_is_a_reason_and_nothing_is_treated() -> None:
    cut = fit([])
    assert cut == Cut(None, None, None, (None, None), 0.0, "no system was measured")
    assert not cut.treats(50)


@pytest.mark.parametrize("documents", [0, 1])
def test_one_document_does_not_tell_gain_from_chance(documents: int) -> None:
    cut = fit([Group((80.0,) * documents, (90.0,) * documents)])
    assert cut.at is None
    assert cut.reason == "a cut needs two documents at least"
    assert not cut.treats(50)


def test_a_gain_that_may_be_chance_does_not_move_the_cut() -> None:
    clear = [group(70, 8), group(84, 4)]
    doubtful = fit([*clear, group(90, 0.3), group(94, -2)])
    assert doubtful.between == pytest.approx((84, 90))
    certain = fit([*clear, group(90, 1.5), group(94, -2)])
    assert certain.between == pytest.approx((90, 94))


@pytest.mark.parametrize(("gain", "kept"), [(0.33, False), (0.34, True)])
def test_chance_is_one_standard_error(gain: float, kept: bool) -> None:
    cut = fit([group(70, gain), group(90, -2)])
    assert (cut.at is not None) is kept


def test_resamples_draw_documents_and_systems_and_fit_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    generator = np.random.default_rng(3)
    documents, resamples = 12, 400
    without = np.array([70.0, 80.0, 85.0, 90.0, 95.0])[:, None] + generator.normal(
        0, 8, (5, documents)
    )
    after = without + np.array([-1.0, 6.0, 4.0, -1.0, -3.0])[:, None]
    after += generator.normal(0, 4, after.shape)
    drawn = {
        count: generator.multinomial(count, [1 / count] * count, size=resamples).astype(float)
        for count in (documents, 5)
    }
    # Two blocks of documents: those of the systems have to keep step.
    monkeypatch.setattr(
        "sekisho.evaluation.cut.draws",
        lambda count, *_: iter((drawn[count][:150], drawn[count][150:])),
    )
    expected = [
        one
        for systems, weights in zip(drawn[5], drawn[documents], strict=True)
        if (one := by_hand(without, after, systems, weights)) is not None
    ]
    cut = fit(
        [Group(tuple(a), tuple(b)) for a, b in zip(without, after, strict=True)],
        resamples=resamples,
    )
    assert 0 < cut.support < 1
    assert cut.support == len(expected) / resamples
    assert cut.at == pytest.approx(by_hand(without, after, np.ones(5), np.ones(documents)))
    left, right = cut.between
    assert left is not None
    assert right is not None
    low, high = np.quantile(expected, (0.025, 0.975))
    assert cut.low == pytest.approx(min(low, left))
    assert cut.high == pytest.approx(max(high, right))


def by_hand(
    without: NDArray[np.float64],
    after: NDArray[np.float64],
    systems: NDArray[np.float64],
    weights: NDArray[np.float64],
) -> float | None:
    """The cut of one resample, written out: rows and documents repeated as often as drawn."""
    times = weights.astype(int)
    points = []
    for index, count in enumerate(systems.astype(int)):
        baseline = np.repeat(without[index], times)
        gain = np.repeat(after[index], times) - baseline
        earned = gain.mean() - gain.std() / math.sqrt(len(gain) - 1)
        points += [(float(baseline.mean()), float(earned))] * count
    points.sort()
    best, benefit, total = 0, 0.0, 0.0
    for place, (_, earned) in enumerate(points, start=1):
        total += earned
        whole = place == len(points) or points[place][0] - points[place - 1][0] > 1e-9
        if whole and total > benefit + 1e-9:
            best, benefit = place, total
    return (points[best - 1][0] + points[best][0]) / 2 if 0 < best < len(points) else None


def test_documents_and_systems_are_drawn_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    # As many systems as documents: with one stream the first would be drawn with the first.
    blocks: list[NDArray[np.float64]] = []

    def kept(count: int, resamples: int, seed: int) -> Iterator[NDArray[np.float64]]:
        for block in draws(count, resamples, seed):
            blocks.append(block)
            yield block

    monkeypatch.setattr("sekisho.evaluation.cut.draws", kept)
    fit([group(70 + at, 5 - at) for at in range(10)], resamples=500)
    assert [block.shape for block in blocks] == [(500, 10), (500, 10)]
    one, other = (block.ravel() - 1 for block in blocks)
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.1


def test_how_often_a_system_is_drawn_counts() -> None:
    # Of the 256 ways to draw four systems 88 have a cut; 64 if drawn twice counted once.
    systems = [group(at, gain, 0.01) for at, gain in ((70, -3), (80, 2), (90, -1), (95, -1))]
    assert fit(systems).support == pytest.approx(88 / 256, abs=0.03)


def test_of_cuts_that_do_equally_well_the_one_with_the_fewest_treated_is_taken() -> None:
    unchanged = [Group((value, value + 2), (value, value + 2)) for value in (88.0, 92.0, 96.0)]
    helped = Group((80.0, 82.0), (86.0, 88.0))
    cut = fit([helped, *unchanged])
    assert cut.between == (81.0, 89.0)
    mirrored = fit([*unchanged, Group((98.0, 99.0), (99.0, 100.0))], helps="above")
    assert mirrored.between == (97.0, 98.5)


def test_sums_that_differ_by_rounding_are_equal() -> None:
    # -0.3 + 0.1 + 0.2 is a little more than nought in floats.
    points = ((52.0, -0.3), (63.4, 0.1), (65.3, 0.2))
    cut = fit([Group((at, at), (at + gain, at + gain)) for at, gain in points])
    assert cut.between == (None, 52.0)


def test_systems_of_one_baseline_are_not_cut_apart() -> None:
    cut = fit([group(80, 5), group(85, 6), group(85, -1), group(92, -2)])
    assert cut.at == pytest.approx(88.5)
    cut = fit([group(80, 5), group(85, 1), group(85, -6), group(92, -2)])
    assert cut.at == pytest.approx(82.5)


def test_the_same_seed_gives_the_same_interval_and_another_another() -> None:
    groups, _, _ = planted(1)
    assert fit(groups, seed=4, resamples=300) == fit(groups, seed=4, resamples=300)
    one, other = fit(groups, seed=4, resamples=300), fit(groups, seed=5, resamples=300)
    assert (one.low, one.high) != (other.low, other.high)
    assert one.at == other.at


def test_groups_of_unequal_length_are_refused() -> None:
    with pytest.raises(UsageError, match="same documents"):
        fit([Group((1.0, 2.0), (1.0, 2.0)), Group((1.0,), (1.0,))])
    with pytest.raises(UsageError, match="same documents"):
        fit([Group((1.0, 2.0), (1.0,))])


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(UsageError, match="not a number"):
        fit([Group((1.0, math.nan), (1.0, 2.0))])


def test_an_interval_of_a_cut_needs_resamples() -> None:
    with pytest.raises(UsageError, match="resample"):
        fit([group(80, 5)], resamples=0)


def test_qualities_are_not_shown() -> None:
    assert "70" not in repr(group(70, 8))


POINTS = st.lists(
    st.tuples(st.integers(400, 1000), st.integers(-100, 100)), min_size=1, max_size=8
).map(lambda points: [group(base / 10, gain / 10) for base, gain in points])


@given(POINTS)
@settings(deadline=None)
def test_helping_above_is_helping_below_in_a_mirror(groups: list[Group]) -> None:
    mirrored = [
        Group(
            tuple(-one for one in each.baseline),
            tuple(after - 2 * one for one, after in zip(each.baseline, each.other, strict=True)),
        )
        for each in groups
    ]
    below, above = fit(groups, resamples=30), fit(mirrored, helps="above", resamples=30)
    assert above.at == (None if below.at is None else pytest.approx(-below.at))
    assert above.support == below.support
    assert above.reason == below.reason
    assert _near(above.low, below.high, -1)
    assert _near(above.high, below.low, -1)


@given(POINTS, st.floats(-30, 30))
@settings(deadline=None)
def test_moving_all_baselines_moves_the_cut_along(groups: list[Group], shift: float) -> None:
    moved = [
        replace(
            each,
            baseline=tuple(one + shift for one in each.baseline),
            other=tuple(one + shift for one in each.other),
        )
        for each in groups
    ]
    one, other = fit(groups, resamples=30), fit(moved, resamples=30)
    assert other.at == (None if one.at is None else pytest.approx(one.at + shift, abs=1e-6))
    assert other.support == one.support


@given(POINTS)
@settings(deadline=None)
def test_a_cut_lies_within_its_gap_and_the_gap_within_its_interval(groups: list[Group]) -> None:
    cut = fit(groups, resamples=60)
    left, right = cut.between
    if cut.at is None:
        assert cut.reason
        return
    assert left is not None
    assert right is not None
    assert left < cut.at < right
    assert 0 <= cut.support <= 1
    assume(cut.support > 0)
    assert cut.low is not None
    assert cut.high is not None
    assert cut.low <= left
    assert right <= cut.high


@given(POINTS)
@settings(deadline=None)
def test_no_other_cut_earns_more(groups: list[Group]) -> None:
    cut = fit(groups, resamples=10)
    means = [float(np.mean(each.baseline)) for each in groups]
    earned = [
        float(np.mean(gains)) - float(np.std(gains, ddof=1)) / math.sqrt(len(gains))
        for gains in (np.subtract(each.other, each.baseline) for each in groups)
    ]
    chosen = sum(value for at, value in zip(means, earned, strict=True) if cut.treats(at))
    for place in [0.0, *(mean + 1e-6 for mean in means)]:
        other = sum(value for at, value in zip(means, earned, strict=True) if at < place)
        assert chosen >= other - 1e-6


def test_a_planted_cut_is_found_in_95_percent_of_studies_and_held_by_its_interval() -> None:
    found, held, studies = 0, 0, 150
    for seed in range(studies):
        groups, helped, harmed = planted(seed)
        cut = fit(groups, resamples=200, seed=seed)
        assert cut.at is not None
        assert cut.low is not None
        assert cut.high is not None
        found += helped < cut.at < harmed
        # Where between the two the truth lies was not planted; any of it would do.
        held += cut.low < harmed and cut.high > helped
    assert found / studies >= 0.95
    assert held / studies >= 0.95


def test_a_planted_cut_is_found_when_the_treatment_helps_above() -> None:
    studies = 100
    found = 0
    for seed in range(studies):
        groups, helped, harmed = planted(seed)
        mirrored = [
            Group(
                tuple(180 - one for one in each.baseline),
                tuple(180 + b - 2 * a for a, b in zip(each.baseline, each.other, strict=True)),
            )
            for each in groups
        ]
        cut = fit(mirrored, helps="above", resamples=20, seed=seed)
        assert cut.at is not None
        found += 180 - harmed < cut.at < 180 - helped
    assert found / studies >= 0.95


def test_systems_without_any_gain_seldom_move_the_cut_by_the_rule_and_often_without_it() -> None:
    generator = np.random.default_rng(6)
    kept = plain = 0
    studies = 200
    for _ in range(studies):
        without = np.array([70.0, 80.0, 85.0, 92.0, 94.0, 96.0])[:, None] + generator.normal(
            0, 4, (6, 100)
        )
        gains = np.array([6.0, 5.0, 4.0, 0.0, 0.0, 0.0])[:, None] + generator.normal(0, 8, (6, 100))
        cut = fit(
            [Group(tuple(a), tuple(a + b)) for a, b in zip(without, gains, strict=True)],
            resamples=1,
        )
        kept += cut.at is not None and 85.5 < cut.at < 91.5
        plain += int(np.argmax(np.cumsum(gains.mean(axis=1)))) == 2
    assert kept / studies >= 0.75
    assert kept - plain >= studies / 4


def _near(one: float | None, other: float | None, sign: int) -> bool:
    if one is None or other is None:
        return one is other
    return one == pytest.approx(sign * other, abs=1e-9)
