"""AUC, Brier score, calibration curve: alone, and on the probabilities of an extraction."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sekisho.evaluation.calibration import (
    auc_statistic,
    brier,
    calibration_error,
    curve,
    roc_auc,
    wilson,
)
from sekisho.evaluation.extraction_rows import Answer, Status
from sekisho.evaluation.forecasts import confidence_measures, curves_of, forecast_measures
from sekisho.evaluation.judging import Judged, JudgedField
from sekisho.evaluation.kinds import Kind, same
from sekisho.evaluation.weighting import plain

CHANCE = st.floats(0, 1)
JUDGED = st.lists(st.tuples(st.booleans(), CHANCE), min_size=2, max_size=60)


@pytest.fixture(scope="module")
def sklearn() -> ModuleType:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pytest.importorskip("sklearn.calibration")
        return pytest.importorskip("sklearn")


def scored(seed: int, n: int = 80, digits: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Random outcomes and scores with many ties."""
    generator = np.random.default_rng(seed)
    truth = generator.random(n) < 0.4
    return truth, np.round(np.clip(0.3 * truth + generator.random(n) * 0.7, 0, 1), digits)


# AUC


def test_auc_is_the_share_of_pairs_that_are_in_order() -> None:
    truth, scores = [1, 1, 0, 0], [0.9, 0.4, 0.4, 0.1]
    # 0.9 beats both, 0.4 beats 0.1 and ties with 0.4.
    assert roc_auc(truth, scores) == 3.5 / 4


@pytest.mark.parametrize("seed", range(10))
def test_auc_equals_scikit_learn_with_ties(sklearn: ModuleType, seed: int) -> None:
    truth, scores = scored(seed)
    theirs = sklearn.metrics.roc_auc_score(truth.astype(int), scores)
    assert roc_auc(truth, scores) == pytest.approx(theirs, abs=1e-12)


@given(JUDGED)
def test_auc_does_not_change_when_scores_are_stretched(pairs: list[tuple[bool, float]]) -> None:
    truth, scores = map(np.array, zip(*pairs, strict=True))
    ranks = np.unique(scores, return_inverse=True)[1]
    assert roc_auc(truth, scores) == roc_auc(truth, ranks.astype(float) ** 3 - 7)


@given(JUDGED)
def test_auc_of_the_opposite_is_one_less_it(pairs: list[tuple[bool, float]]) -> None:
    truth, scores = map(np.array, zip(*pairs, strict=True))
    area = roc_auc(truth, scores)
    assume(area is not None)
    assert area is not None
    assert 0 <= area <= 1
    assert roc_auc(truth, -scores) == pytest.approx(1 - area)
    assert roc_auc(~truth, scores) == pytest.approx(1 - area)
    assert roc_auc(truth, truth) == 1


def test_auc_needs_both_sides() -> None:
    assert roc_auc([1, 1], [0.1, 0.2]) is None
    assert roc_auc([0], [0.1]) is None
    assert roc_auc([], []) is None


def test_a_weighted_auc_is_that_of_the_repeated_documents() -> None:
    truth, scores = scored(4)
    weights = np.random.default_rng(1).integers(0, 4, size=(1, len(truth))).astype(float)
    repeated = np.repeat(np.arange(len(truth)), weights[0].astype(int))
    ours = float(auc_statistic(truth, scores)(weights)[0])
    assert ours == pytest.approx(roc_auc(truth[repeated], scores[repeated]), abs=1e-12)


def test_scores_that_are_none_and_lists_of_two_lengths_are_refused() -> None:
    for measure in (roc_auc, brier, calibration_error, curve):
        with pytest.raises(ValueError, match="not a number"):
            measure([1, 0], [0.1, float("nan")])
        with pytest.raises(ValueError, match="same length"):
            measure([1, 0], [0.1])


# Brier score and calibration


@pytest.mark.parametrize("seed", range(4))
def test_brier_equals_scikit_learn(sklearn: ModuleType, seed: int) -> None:
    truth, chances = scored(seed, digits=4)
    theirs = sklearn.metrics.brier_score_loss(truth.astype(int), chances)
    assert brier(truth, chances) == pytest.approx(theirs, abs=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_the_curve_equals_scikit_learn(sklearn: ModuleType, seed: int) -> None:
    truth, chances = scored(seed, digits=4)
    observed, stated = sklearn.calibration.calibration_curve(truth.astype(int), chances, n_bins=10)
    bins = curve(truth, chances)
    assert [one.observed for one in bins] == pytest.approx(observed.tolist(), abs=1e-12)
    assert [one.stated for one in bins] == pytest.approx(stated.tolist(), abs=1e-12)


def test_the_error_weighs_each_bin_by_what_is_in_it() -> None:
    truth, chances = [1, 1, 0, 1], [0.95, 0.95, 0.95, 0.2]
    # Bin 0.9..1: 2 of 3 came true, 0.95 was stated; bin 0.1..0.2: 1 of 1, 0.2.
    expected = 3 / 4 * abs(2 / 3 - 0.95) + 1 / 4 * 0.8
    assert calibration_error(truth, chances) == pytest.approx(expected)
    assert calibration_error([], []) is None
    assert brier([], []) is None


@given(JUDGED, st.sampled_from(["width", "mass"]), st.integers(1, 15))
def test_every_probability_is_in_one_bin_and_inside_of_it(
    pairs: list[tuple[bool, float]], binning: Any, bins: int
) -> None:
    truth, chances = zip(*pairs, strict=True)
    made = curve(truth, chances, binning=binning, bins=bins)
    assert sum(one.n for one in made) == len(pairs)
    assert len(made) <= bins
    for one in made:
        assert one.low - 1e-12 <= one.stated <= one.high + 1e-12
        assert 0 <= one.observed_low <= one.observed <= one.observed_high <= 1
    error = sum(one.n * abs(one.observed - one.stated) for one in made) / len(pairs)
    ours = calibration_error(truth, chances, binning=binning, bins=bins)
    assert ours == pytest.approx(error, abs=1e-9)


def test_bins_of_equal_mass_hold_about_as_many_documents_each() -> None:
    chances = np.random.default_rng(2).beta(1, 8, size=200)
    made = curve(chances < 0.1, chances, binning="mass")
    assert [one.n for one in made] == [20] * 10
    widths = [one.n for one in curve(chances < 0.1, chances)]
    assert max(widths) > 100


def test_equal_probabilities_share_a_bin() -> None:
    made = curve([1, 0] * 50, [0.5] * 100, binning="mass")
    assert [(one.n, one.stated, one.observed) for one in made] == [(100, 0.5, 0.5)]


def test_the_interval_of_a_bin_is_wilsons() -> None:
    # Newcombe 1998, table I: 81 of 263, and nothing of 20.
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    with pytest.raises(ValueError, match="at least one"):
        wilson(0, 0)


# The probabilities of an extraction

FINDING = Kind("enum", values=("benign", "malignant"))


def judged_field(
    kind: Kind, rows: Sequence[tuple[Any, Any, Mapping[str, float] | float | None]]
) -> JudgedField:
    """Gold, the value given (or a status), and its distribution or own probability."""
    judged = []
    for number, (gold, value, chance) in enumerate(rows):
        status = Status.NOT_MENTIONED if value is None else Status.FOUND
        if isinstance(value, Status):
            status, value = value, None
        answer = Answer(
            status,
            value,
            probability=chance if isinstance(chance, float) else None,
            distribution=chance if isinstance(chance, dict) else {},
        )
        right = status in (Status.FOUND, Status.NOT_MENTIONED) and same(kind, gold, value)
        judged.append(Judged(number, gold, answer, right))
    return JudgedField("f", kind, len(judged), tuple(judged))


def values(field: JudgedField) -> dict[tuple[str, str], float | None]:
    measures = [*forecast_measures(field), *confidence_measures(field)]
    return {(one.part, one.name): plain(one.statistic, field.documents) for one in measures}


def test_a_boolean_is_ranked_by_its_probability_of_true() -> None:
    field = judged_field(
        Kind("boolean"),
        [
            (True, True, {"true": 0.8, "false": 0.2}),
            (True, False, {"true": 0.4, "false": 0.6}),
            (False, False, {"true": 0.1, "false": 0.9}),
            (False, True, {"true": 0.7, "false": 0.3}),
        ],
    )
    found = values(field)
    assert found["", "auc"] == found["true", "auc"] == roc_auc([1, 1, 0, 0], [0.8, 0.4, 0.1, 0.7])
    assert found["", "brier"] == pytest.approx(brier([1, 1, 0, 0], [0.8, 0.4, 0.1, 0.7]))
    assert ("(not mentioned)", "auc") not in found


def test_not_mentioned_is_a_class_like_the_others() -> None:
    field = judged_field(
        Kind("boolean"),
        [
            (None, None, {"true": 0.1, "false": 0.2, "null": 0.7}),
            (True, True, {"true": 0.9, "false": 0.0, "null": 0.1}),
            (False, None, {"true": 0.1, "false": 0.3, "null": 0.6}),
        ],
    )
    assert values(field)["(not mentioned)", "auc"] == 1.0


def test_the_classes_of_an_enum_are_judged_one_against_the_rest(sklearn: ModuleType) -> None:
    generator = np.random.default_rng(8)
    names = ("a", "b", "c")
    gold = generator.integers(0, 3, size=60)
    chances = generator.dirichlet([1, 1, 1], size=60)
    chances[np.arange(60), gold] += 0.5
    chances /= chances.sum(axis=1, keepdims=True)
    rows = [
        (names[number], names[int(row.argmax())], dict(zip(names, row.tolist(), strict=True)))
        for number, row in zip(gold, chances, strict=True)
    ]
    found = values(judged_field(Kind("enum", values=names), rows))
    theirs = sklearn.metrics.roc_auc_score(gold, chances, multi_class="ovr", average="macro")
    assert found["", "auc"] == pytest.approx(theirs, abs=1e-12)
    for number, name in enumerate(names):
        truth = gold == number
        assert found[name, "auc"] == pytest.approx(roc_auc(truth, chances[:, number]))
        assert found[name, "brier"] == pytest.approx(brier(truth, chances[:, number]))
        error = calibration_error(truth, chances[:, number])
        assert found[name, "calibration_error"] == pytest.approx(error)
    outcome = np.eye(3)[gold]
    assert found["", "brier"] == pytest.approx(((chances - outcome) ** 2).sum(axis=1).mean())


def test_a_failed_answer_is_the_worst_forecast_and_stands_in_no_curve() -> None:
    sure = {"benign": 0.9, "malignant": 0.1}
    rows: list[Any] = [("benign", "benign", sure), ("malignant", "benign", sure)]
    failed: list[Any] = [("benign", Status.FAILED, None), ("malignant", Status.INVALID, None)]
    field = judged_field(FINDING, rows + failed)
    found = values(field)
    # Malignant: the failed one ranks lowest although it is; benign: the failed one highest.
    assert found["malignant", "auc"] == pytest.approx((0.5 + 0 + 0 + 0) / 4)
    assert found["malignant", "brier"] == pytest.approx((0.01 + 0.81 + 1 + 1) / 4)
    assert found["", "brier"] == pytest.approx((0.02 + 1.62 + 2 + 2) / 4)
    assert curves_of(field)["benign"].n == 2


def test_an_answer_without_a_distribution_stands_for_its_own_probability() -> None:
    rows: list[Any] = [
        ("benign", "benign", {"benign": 0.5, "malignant": 0.5}),
        ("malignant", "malignant", 0.6),
        ("benign", "benign", None),
    ]
    found = values(judged_field(FINDING, rows))
    # 0.6 for malignant leaves 0.4 to benign and to not mentioned; without any, it is certain.
    assert found["benign", "brier"] == pytest.approx((0.25 + 0.2**2 + 0) / 3)
    assert found["malignant", "brier"] == pytest.approx((0.25 + 0.16 + 0) / 3)


def test_keys_of_a_distribution_are_text_or_json() -> None:
    kind = Kind("enum", values=(1, 2.0, "x"))
    rows: list[Any] = [
        (1, 1, {"1": 0.7, "2.0": 0.1, '"x"': 0.2}),
        ("x", "x", {"x": 0.9, "1": 0.1}),
        (2.0, 2.0, {"2.0": 1.0}),
    ]
    found = values(judged_field(kind, rows))
    assert found["x", "brier"] == pytest.approx((0.04 + 0.01) / 3)
    assert found["1", "brier"] == pytest.approx((0.09 + 0.01) / 3)


def test_a_value_out_of_the_set_leaves_nothing_to_the_classes() -> None:
    rows: list[Any] = [("benign", "other", 0.8), ("benign", "benign", 0.8)]
    assert values(judged_field(FINDING, rows))["benign", "brier"] == pytest.approx((1 + 0.2**2) / 2)


def test_answers_without_probabilities_have_no_such_measures() -> None:
    assert values(judged_field(FINDING, [("benign", "benign", None)])) == {}
    assert values(judged_field(Kind("string"), [("a", "a", {"a": 1.0})])) == {}
    assert curves_of(judged_field(FINDING, [("benign", Status.FAILED, 0.5)])) == {}


def test_the_probability_of_any_answer_is_held_against_its_being_right() -> None:
    rows: list[Any] = [
        (5.0, 5.0, 0.9),
        (6.0, 7.0, 0.6),
        (None, None, 0.8),
        (None, 1.0, 0.3),
        (2.0, Status.FAILED, None),
        (2.0, 2.0, None),
    ]
    field = judged_field(Kind("number"), rows)
    found = values(field)
    truth, stated = [1, 0, 1, 0], [0.9, 0.6, 0.8, 0.3]
    assert found["", "confidence_auc"] == 1.0
    assert found["", "confidence_brier"] == pytest.approx(brier(truth, stated))
    assert found["", "confidence_error"] == pytest.approx(calibration_error(truth, stated))
    assert set(curves_of(field)) == {"confidence"}
    assert curves_of(field)["confidence"].n == 4
