from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.extraction.dragon.baseline.choosing import (
    area,
    folds,
    kappa,
    macro_f1,
    nested_f1,
    rsmape,
    spans,
)

TAGS = st.sampled_from(["O", "B-X", "I-X", "B-Y", "I-Y"])


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=60), st.integers(0, 5))
def test_every_label_is_dealt_out_evenly(labels: list[str], seed: int) -> None:
    dealt = folds(labels, seed).tolist()
    assert dealt == folds(labels, seed).tolist()
    for label in set(labels):
        often = Counter(fold for fold, its in zip(dealt, labels, strict=True) if its == label)
        counts = [often[fold] for fold in range(max(dealt) + 1)]
        assert max(counts) - min(counts) <= 1


def test_another_seed_deals_otherwise() -> None:
    assert folds([0] * 30, 1).tolist() != folds([0] * 30, 2).tolist()


@pytest.mark.parametrize(
    ("tags", "wanted"),
    [
        (["B-X", "I-X", "B-X", "O"], {("X", 0, 2), ("X", 2, 3)}),
        (["I-X", "I-X", "I-Y"], {("X", 0, 2), ("Y", 2, 3)}),
        (["name", "name", "O", "name"], {("name", 0, 2), ("name", 3, 4)}),
        (["O", "O"], set()),
        ([], set()),
    ],
)
def test_entities_are_runs_of_tags(tags: list[str], wanted: set[tuple[str, int, int]]) -> None:
    assert spans(tags) == wanted


@given(st.lists(st.tuples(TAGS, TAGS), min_size=1, max_size=30))
def test_macro_f1_is_that_of_seqeval(pairs: list[tuple[str, str]]) -> None:
    metrics = pytest.importorskip("seqeval.metrics")
    truth, said = [list(tags) for tags in zip(*pairs, strict=True)]
    if not spans(truth) or {kind for kind, *_ in spans(said)} - {kind for kind, *_ in spans(truth)}:
        # seqeval leaves out, with a warning, kinds that are not in the truth.
        return
    theirs = metrics.f1_score([truth], [said], average="macro", zero_division=0)
    assert macro_f1([truth], [said]) == pytest.approx(theirs)


@given(
    st.lists(
        st.tuples(*[st.sampled_from([["O"], ["B-0-a"], ["I-0-a"], ["B-0-a", "B-1-a"]])] * 2),
        min_size=1,
        max_size=20,
    )
)
def test_nested_f1_is_that_of_the_benchmark(pairs: list[tuple[list[str], list[str]]]) -> None:
    evaluation = pytest.importorskip("dragon_eval.evaluation")
    pandas = pytest.importorskip("pandas")
    truth, said = [list(tags) for tags in zip(*pairs, strict=True)]
    if ["O"] * len(truth) == [tags[0] for tags in truth]:
        return
    theirs = evaluation.score_multi_label_f1(
        y_true=pandas.Series([truth]), y_pred=pandas.Series([said])
    )
    assert nested_f1([truth], [said]) == pytest.approx(theirs)


def test_rsmape_is_one_at_best_and_symmetric() -> None:
    assert rsmape([3.0, 0.0], [3.0, 0.0], 3.0) == 1.0
    assert rsmape([3.0], [5.0], 4.0) == rsmape([5.0], [3.0], 4.0) == 1 - 2 / 8.4


def test_metrics_have_a_value_where_there_is_nothing_to_tell_apart() -> None:
    pytest.importorskip("sklearn")
    assert area([True, True], [0.1, 0.9]) == 0.5
    assert kappa([1, 1], [1, 1], ordered=False) == 1.0
    assert kappa([0, 1, 2], [0, 1, 1], ordered=True) > kappa([0, 1, 2], [0, 1, 0], ordered=True)
