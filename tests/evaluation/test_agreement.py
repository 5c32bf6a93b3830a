"""Kappa, F1 by class, R-SMAPE, tag scores: their values, and that they equal the usual programs."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.evaluation.agreement import cohen_kappa, confusion, disagreement, f1_by_class
from sekisho.evaluation.agreement import kappa_statistic as kappa_of
from sekisho.evaluation.calibration import roc_auc
from sekisho.evaluation.comparison import holm, mcnemar
from sekisho.evaluation.numeric import Tolerance, median_statistic, rsmape
from sekisho.evaluation.tag_scores import entities, entity_f1, multi_label_f1
from sekisho.evaluation.weighting import draws, plain

CLASSES = st.lists(st.sampled_from("abcd"), min_size=1, max_size=40)
PAIRS = st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("abcd")), min_size=1)


@contextmanager
def quiet() -> Iterator[None]:
    """Other packages warn of divisions by nought and of their own future."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@pytest.fixture(scope="module")
def sklearn_metrics() -> ModuleType:
    with quiet():
        return pytest.importorskip("sklearn.metrics")


@pytest.fixture(scope="module")
def dragon() -> ModuleType:
    with quiet():
        return pytest.importorskip("dragon_eval.evaluation")


@pytest.fixture(scope="module")
def seqeval() -> ModuleType:
    with quiet():
        return pytest.importorskip("seqeval.metrics")


def random_classes(seed: int, classes: int = 5) -> tuple[list[int], list[int]]:
    generator = np.random.default_rng(seed)
    gold = generator.integers(0, classes, size=60)
    noise = generator.integers(0, classes, size=60)
    return gold.tolist(), np.where(generator.random(60) < 0.6, gold, noise).tolist()


# Kappa


def test_kappa_is_what_cohen_computed() -> None:
    # Cohen 1960, table 1, in counts of 200: 0.492.
    table = [[88, 14, 18], [10, 40, 10], [2, 6, 12]]
    gold = [row for row, counts in enumerate(table) for _ in range(sum(counts))]
    given = [c for counts in table for c, count in enumerate(counts) for _ in range(count)]
    kappa = cohen_kappa(gold, given)
    assert kappa == pytest.approx((0.70 - 0.41) / (1 - 0.41))
    assert round(kappa, 3) == 0.492


@pytest.mark.parametrize("weighting", ["none", "linear", "quadratic"])
@pytest.mark.parametrize("seed", range(8))
def test_kappa_equals_scikit_learn(sklearn_metrics: ModuleType, weighting: str, seed: int) -> None:
    gold, given = random_classes(seed, classes=2 + seed % 5)
    theirs = sklearn_metrics.cohen_kappa_score(
        gold, given, weights=None if weighting == "none" else weighting
    )
    assert cohen_kappa(gold, given, weighting=weighting) == pytest.approx(theirs, abs=1e-12)  # type: ignore[arg-type]


@pytest.mark.parametrize("weighting", ["linear", "quadratic"])
def test_a_class_that_never_occurs_keeps_its_place_in_a_given_order(
    sklearn_metrics: ModuleType, weighting: str
) -> None:
    gold, given, order = [0, 0, 3, 4, 4], [0, 3, 3, 0, 4], list(range(5))
    theirs = sklearn_metrics.cohen_kappa_score(gold, given, labels=order, weights=weighting)
    ours = cohen_kappa(gold, given, labels=order, weighting=weighting)  # type: ignore[arg-type]
    assert ours == pytest.approx(theirs, abs=1e-12)
    assert ours != cohen_kappa(gold, given, weighting=weighting)  # type: ignore[arg-type]


@given(CLASSES)
def test_a_perfect_answer_has_kappa_one_or_none_with_one_class(gold: list[str]) -> None:
    kappa = cohen_kappa(gold, gold, weighting="linear")
    assert kappa == (1.0 if len(set(gold)) > 1 else None)


@given(PAIRS, st.sampled_from(["none", "linear", "quadratic"]))
def test_kappa_is_symmetric_and_at_most_one(pairs: list[tuple[str, str]], weighting: Any) -> None:
    gold, given = zip(*pairs, strict=True)
    there = cohen_kappa(gold, given, weighting=weighting)
    back = cohen_kappa(given, gold, weighting=weighting)
    assert (there is None) == (back is None)
    if there is not None:
        assert there == pytest.approx(back, abs=1e-12)
        assert -1 - 1e-12 <= there <= 1


def test_a_near_miss_costs_less_than_a_far_one() -> None:
    gold = [1, 2, 3, 4]
    near, far = [2, 2, 3, 4], [4, 2, 3, 4]
    for weighting in ("linear", "quadratic"):
        close = cohen_kappa(gold, near, labels=gold, weighting=weighting)  # type: ignore[arg-type]
        wide = cohen_kappa(gold, far, labels=gold, weighting=weighting)  # type: ignore[arg-type]
        assert close is not None
        assert wide is not None
        assert close > wide


def test_classes_outside_of_the_order_weigh_as_much_as_the_greatest_distance() -> None:
    table = disagreement(3, "linear", outside=1)
    assert table.tolist() == [[0, 0.5, 1, 1], [0.5, 0, 0.5, 1], [1, 0.5, 0, 1], [1, 1, 1, 0]]
    assert disagreement(1, "quadratic").tolist() == [[0]]


def test_a_weighted_document_counts_as_so_many() -> None:
    gold, given = np.array([0, 0, 1, 1, 2]), np.array([0, 1, 1, 1, 0])
    weights = np.array([[2.0, 0, 1, 3, 1]])
    repeated = np.repeat(np.arange(5), weights[0].astype(int))
    statistic = kappa_of(gold, given, disagreement(3, "linear"))
    ours = cohen_kappa(
        gold[repeated].tolist(), given[repeated].tolist(), labels=[0, 1, 2], weighting="linear"
    )
    assert float(statistic(weights)[0]) == pytest.approx(ours)


def test_documents_that_were_not_judged_are_left_out() -> None:
    gold, given = np.array([0, -1, 1, 0]), np.array([0, -1, 0, 0])
    assert plain(kappa_of(gold, given, disagreement(2)), 4) == cohen_kappa([0, 1, 0], [0, 0, 0])


def test_lists_of_two_lengths_and_unknown_labels_are_refused() -> None:
    with pytest.raises(ValueError, match="same length"):
        cohen_kappa(["a"], ["a", "b"])
    with pytest.raises(ValueError, match="same length"):
        f1_by_class(["a"], ["a", "b"])
    with pytest.raises(ValueError, match="none of the labels"):
        cohen_kappa(["a"], ["b"], labels=["a"])


def test_nothing_has_no_kappa_and_no_f1() -> None:
    assert cohen_kappa([], []) is None
    assert f1_by_class([], []) is None


def test_a_confusion_matrix_counts_pairs() -> None:
    table = confusion(np.array([0, 0, 1]), np.array([0, 2, 1]), 2, 3)
    assert table.tolist() == [[1, 0, 1], [0, 1, 0]]


# F1


@pytest.mark.parametrize("average", ["macro", "weighted"])
@pytest.mark.parametrize("seed", range(8))
def test_f1_equals_scikit_learn(sklearn_metrics: ModuleType, average: str, seed: int) -> None:
    gold, given = random_classes(seed, classes=2 + seed % 5)
    theirs = sklearn_metrics.f1_score(gold, given, average=average)
    assert f1_by_class(gold, given, average=average) == pytest.approx(theirs, abs=1e-12)  # type: ignore[arg-type]


@given(PAIRS, st.sampled_from(["macro", "weighted"]))
def test_f1_lies_between_nought_and_one(pairs: list[tuple[str, str]], average: Any) -> None:
    gold, given = zip(*pairs, strict=True)
    score = f1_by_class(gold, given, average=average)
    assert score is not None
    assert 0 <= score <= 1 + 1e-12
    assert f1_by_class(gold, gold, average=average) == pytest.approx(1)


def test_only_the_wanted_classes_are_averaged() -> None:
    assert f1_by_class(["a", "a", "b"], ["a", "x", "x"], labels=["a", "b"]) == pytest.approx(1 / 3)


# Numbers


@pytest.mark.parametrize("epsilon", [4, 0.4, 0.04, [4.0, 0.4, 0.04]])
def test_r_smape_equals_the_scorer_of_dragon(dragon: ModuleType, epsilon: Any) -> None:
    generator = np.random.default_rng(5)
    gold = generator.gamma(2, 10, size=90)
    given = np.where(generator.random(90) < 0.3, gold, generator.gamma(2, 10, size=90))
    given[::7] = np.nan
    gold[3::11] = np.nan
    with quiet():
        theirs = dragon.score_rsmape(
            y_true=gold, y_pred=given.copy(), epsilon=epsilon, ignore_missing_targets=True
        )
    assert rsmape(gold, given, epsilon=epsilon) == pytest.approx(theirs, abs=1e-12)


def test_a_missing_number_can_be_wholly_wrong_instead_of_nought() -> None:
    gold, given = [0.0, 2.0], [np.nan, 2.0]
    assert rsmape(gold, given, epsilon=4, missing="zero") == 1.0
    assert rsmape(gold, given, epsilon=4, missing="wrong") == 0.5


def test_r_smape_without_epsilon_knows_that_nought_is_nought() -> None:
    assert rsmape([0.0, 1.0], [0.0, 3.0], epsilon=0) == pytest.approx(1 - 0.5 / 2)
    assert rsmape([], [], epsilon=4) is None
    assert rsmape([np.nan], [1.0], epsilon=4) is None


def test_r_smape_refuses_lengths_that_do_not_fit() -> None:
    for gold, epsilon in (([1.0, 2.0], 4), ([1.0], [1.0, 2.0]), ([1.0], [])):
        with pytest.raises(ValueError, match="do not fit"):
            rsmape(gold, [1.0], epsilon=epsilon)


FINITE = st.floats(-1e6, 1e6)


@given(st.lists(st.tuples(FINITE, FINITE), min_size=1), st.floats(0, 100))
def test_r_smape_is_symmetric_and_between_nought_and_one(
    pairs: list[tuple[float, float]], epsilon: float
) -> None:
    gold, given = zip(*pairs, strict=True)
    score = rsmape(gold, given, epsilon=epsilon)
    assert score is not None
    assert -1e-12 <= score <= 1
    assert score == pytest.approx(rsmape(given, gold, epsilon=epsilon), abs=1e-12)
    assert rsmape(gold, gold, epsilon=epsilon) == 1


@given(st.lists(st.tuples(FINITE, st.integers(0, 4)), min_size=1, max_size=20))
def test_a_weighted_median_is_the_median_of_the_repeated_values(
    values: list[tuple[float, int]],
) -> None:
    errors = np.array([value for value, _ in values])
    weights = np.array([[float(times) for _, times in values]])
    repeated = np.repeat(errors, weights[0].astype(int))
    ours = float(median_statistic(errors)(weights)[0])
    if repeated.size:
        assert ours == pytest.approx(float(np.median(repeated)), abs=1e-9)
    else:
        assert np.isnan(ours)


def test_a_tolerance_is_absolute_or_a_share_of_gold() -> None:
    assert Tolerance(0.1).holds(10, 11)
    assert not Tolerance(0.1).holds(10, 11.1)
    assert Tolerance(0.5, relative=False).holds(0.3, 0.8)
    assert not Tolerance(0.5, relative=False).holds(100, 101)
    assert not Tolerance(0.1).holds(1, float("nan"))
    assert (str(Tolerance(0.1)), str(Tolerance(2, relative=False))) == ("10 %", "2")
    with pytest.raises(ValueError, match="not negative"):
        Tolerance(-1)


# Tags


def test_entities_are_read_as_conlleval_reads_them() -> None:
    tags = ["I-a", "I-a", "I-b", "O", "B-b", "B-b", "I-b", "B-"]
    assert list(entities(tags)) == [("a", 0, 1), ("b", 2, 2), ("b", 4, 4), ("b", 5, 6), ("_", 7, 7)]


def test_what_is_no_tag_is_refused() -> None:
    with pytest.raises(ValueError, match="begins with B- or I-"):
        list(entities(["E-a"]))
    with pytest.raises(ValueError, match="as many tags"):
        entity_f1([["O"]], [["O", "O"]])
    with pytest.raises(ValueError, match="same length"):
        entity_f1([["O"]], [])


def random_tags(seed: int, names: list[str]) -> list[list[str]]:
    generator = np.random.default_rng(seed)
    tags = ["O", "O", *(f"{mark}-{name}" for name in names for mark in "BI")]
    return [
        [tags[number] for number in generator.integers(0, len(tags), size=size)]
        for size in generator.integers(1, 30, size=12)
    ]


def mixed(gold: list[list[str]], other: list[list[str]], seed: int) -> list[list[str]]:
    generator = np.random.default_rng(seed)
    return [
        [a if generator.random() < 0.7 else b for a, b in zip(one, two, strict=True)]
        for one, two in zip(gold, other, strict=True)
    ]


@pytest.mark.parametrize("average", ["micro", "macro", "weighted"])
@pytest.mark.parametrize("seed", range(6))
def test_entity_f1_equals_seqeval(seqeval: ModuleType, average: str, seed: int) -> None:
    gold = random_tags(seed, ["a", "b", "c"])
    generator = np.random.default_rng(seed)
    noise = [list(generator.permutation(tags)) for tags in gold]
    given = mixed(gold, [[str(tag) for tag in tags] for tags in noise], seed)
    with quiet():
        theirs = seqeval.f1_score(gold, given, average=average)
    assert entity_f1(gold, given, average=average) == pytest.approx(theirs, abs=1e-12)  # type: ignore[arg-type]


@pytest.mark.parametrize("names", [["a", "b", "c"], ["lesion", "lesion-2", "volume"]])
@pytest.mark.parametrize("seed", range(4))
def test_multi_label_f1_equals_the_scorer_of_dragon(
    dragon: ModuleType, names: list[str], seed: int
) -> None:
    pandas = pytest.importorskip("pandas")
    generator = np.random.default_rng(seed)
    tags = [f"{mark}-{name}" for name in names for mark in "BI"]

    def token() -> list[str]:
        some = [tag for tag in tags if generator.random() < 0.25]
        return some or ["O"]

    gold = [[token() for _ in range(size)] for size in generator.integers(2, 20, size=10)]
    given = [[one if generator.random() < 0.6 else token() for one in each] for each in gold]
    with quiet():
        theirs = dragon.score_multi_label_f1(
            y_true=pandas.Series(gold), y_pred=pandas.Series(given), average="weighted"
        )
    assert multi_label_f1(gold, given) == pytest.approx(theirs, abs=1e-12)


@settings(max_examples=50)
@given(st.integers(0, 10_000))
def test_a_perfect_tagging_scores_one(seed: int) -> None:
    tags = random_tags(seed, ["a", "b"])
    single = entity_f1(tags, tags, average="macro")
    several = multi_label_f1(*[[[[tag] for tag in one] for one in tags]] * 2)
    assert single in (None, pytest.approx(1))
    assert several in (None, pytest.approx(1))
    assert (single is None) == (several is None)


def test_tags_without_an_entity_have_no_score() -> None:
    assert entity_f1([["O"]], [["O"]]) is None
    assert multi_label_f1([[["O"]]], [[["B-a"]]]) is None
    assert entity_f1([["O"]], [["B-a"]], average="weighted") == 0.0


# Two predictions


def test_mcnemar_is_a_fair_coin_tossed_as_often_as_the_two_differ() -> None:
    assert mcnemar(0, 0) == 1.0
    assert mcnemar(3, 3) == 1.0
    assert mcnemar(0, 5) == 2 / 32
    assert mcnemar(1, 7) == pytest.approx(2 * (1 + 8) / 256)
    assert mcnemar(7, 1) == mcnemar(1, 7)
    assert 0 < mcnemar(400, 600) < 1e-9


def test_mcnemar_equals_the_binomial_test() -> None:
    stats = pytest.importorskip("scipy.stats")
    for first, second in ((2, 9), (10, 30), (57, 48), (0, 1)):
        theirs = stats.binomtest(first, first + second, 0.5).pvalue
        assert mcnemar(first, second) == pytest.approx(theirs, rel=1e-12)


def test_holm_adjusts_the_smallest_most_and_keeps_the_order() -> None:
    assert holm([0.04, 0.01, 0.03]) == pytest.approx((0.06, 0.03, 0.06))
    assert holm([0.9, 0.8]) == (1.0, 1.0)
    assert holm([]) == ()


def test_draws_are_those_of_the_other_bootstrap() -> None:
    from sekisho.evaluation.bootstrap import resampled_totals

    counts = np.arange(24, dtype=np.int64).reshape(12, 2)
    ours = np.concatenate([weights @ counts for weights in draws(12, 50, seed=9)])
    assert (ours == resampled_totals(counts, 50, seed=9)).all()


# The reference figures of DRAGON


def of_dragon(folder: Path, task: str) -> tuple[list[Any], list[Any]]:
    """Gold and the reference predictions of ``task`` in the same order."""
    truth = json.loads((folder / "ground-truth" / f"{task}.json").read_text(encoding="utf-8"))
    place = folder / "reference-predictions" / f"{task}-fold0" / "nlp-predictions-dataset.json"
    answers = {row["uid"]: row for row in json.loads(place.read_text(encoding="utf-8"))}
    target = next(key for key in truth[0] if key.endswith("_target"))
    name = target.removesuffix("_target")
    return [row[target] for row in truth], [answers[row["uid"]][name] for row in truth]


def flat(rows: list[list[Any]]) -> list[Any]:
    return [value for row in rows for value in row]


SCORES: dict[str, Callable[[list[Any], list[Any]], float | None]] = {
    "Task101_Example_sl_bin_clf": roc_auc,
    "Task102_Example_sl_mc_clf": lambda gold, given: cohen_kappa(gold, given, weighting="linear"),
    "Task105_Example_ml_mc_clf": lambda gold, given: cohen_kappa(flat(gold), flat(given)),
    "Task106_Example_sl_reg": lambda gold, given: rsmape(gold, given, epsilon=4),
    "Task108_Example_sl_ner": entity_f1,
    "Task109_Example_ml_ner": multi_label_f1,
}


@pytest.mark.skipif(
    "SEKISHO_DRAGON_DATA" not in os.environ, reason="needs the folder SEKISHO_DRAGON_DATA"
)
@pytest.mark.parametrize("task", SCORES)
def test_the_figures_equal_the_reference_of_dragon(task: str) -> None:
    folder = Path(os.environ["SEKISHO_DRAGON_DATA"])
    reference = json.loads((folder / "reference-metrics.json").read_text(encoding="utf-8"))
    gold, given = of_dragon(folder, task)
    expected = reference["case"][task][f"{task}-fold0"]
    assert SCORES[task](gold, given) == pytest.approx(expected, abs=1e-9)
