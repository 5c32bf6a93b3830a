"""The best one-to-one matching of two lists."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.evaluation.item_matching import best_assignment, matched

ITEMS = st.lists(st.tuples(*[st.integers(0, 2)] * 3), max_size=6)


def likeness(left: tuple[int, ...], right: tuple[int, ...]) -> int:
    return sum(a == b for a, b in zip(left, right, strict=True))


def best_total(gold: list[tuple[int, ...]], given: list[tuple[int, ...]]) -> int:
    if len(gold) > len(given):
        gold, given = given, gold
    return max(
        sum(likeness(a, b) for a, b in zip(gold, order, strict=True))
        for order in permutations(given, len(gold))
    )


@settings(deadline=None, max_examples=300)
@given(ITEMS, ITEMS)
def test_no_other_matching_has_a_greater_likeness(
    gold: list[tuple[int, ...]], given: list[tuple[int, ...]]
) -> None:
    pairs = matched(gold, given, likeness, 3)
    assert sum(value for _, _, value in pairs) == best_total(gold, given)
    assert all(value == likeness(gold[a], given[b]) > 0 for a, b, value in pairs)
    for side in (0, 1):
        places = [pair[side] for pair in pairs]
        assert len(set(places)) == len(places)


@settings(deadline=None, max_examples=100)
@given(ITEMS, ITEMS)
def test_equal_items_are_paired_as_often_as_they_can_be(
    gold: list[tuple[int, ...]], given: list[tuple[int, ...]]
) -> None:
    pairs = matched(gold, given, likeness, 3)
    possible = sum(min(gold.count(item), given.count(item)) for item in set(gold))
    assert sum(value == 3 for _, _, value in pairs) == possible


@pytest.mark.parametrize("shape", [(1, 1), (3, 7), (7, 3), (30, 30), (40, 25)])
def test_assignments_are_as_good_as_scipys(shape: tuple[int, int]) -> None:
    optimize = pytest.importorskip("scipy.optimize")
    generator = np.random.default_rng(shape[0])
    for _ in range(10):
        worth = generator.integers(0, 9, size=shape)
        ours = best_assignment(worth)
        rows, columns = optimize.linear_sum_assignment(worth, maximize=True)
        assert len(ours) == min(shape)
        assert sum(worth[place] for place in ours) == worth[rows, columns].sum()


def test_an_early_taker_gives_way_to_a_better_whole() -> None:
    # Taking the greatest first (9) would leave 1: 10 in all instead of 16.
    assert best_assignment(np.array([[9, 8], [8, 1]])) == [(0, 1), (1, 0)]


def test_nothing_is_matched_with_nothing() -> None:
    assert matched([], [(1, 2, 3)], likeness, 3) == []
    assert matched([(0, 0, 0)], [], likeness, 3) == []
    assert matched([(0, 0, 0)], [(1, 1, 1)], likeness, 3) == []


def test_the_same_lists_are_always_matched_in_the_same_way() -> None:
    gold = [(0, 1, 1), (0, 2, 2), (0, 1, 2)]
    given = [(0, 2, 1), (0, 1, 0), (0, 0, 2)]
    first = matched(gold, given, likeness, 3)
    assert all(matched(gold, given, likeness, 3) == first for _ in range(5))
