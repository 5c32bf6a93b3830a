"""The decoder gives the best well-formed sequence, and leans towards finding."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sekisho.phi.detectors.tagger.decoding import Tagged, decode, probabilities

OUT, B0, I0, B1, I1 = range(5)


def scores(*rows: dict[int, float]) -> np.ndarray:
    table = np.full((len(rows), 5), -9.0, dtype=np.float32)
    for place, row in enumerate(rows):
        for label, value in row.items():
            table[place, label] = value
    return table


def well_formed(labels: tuple[int, ...]) -> bool:
    return all(
        now == 0 or now % 2 == 1 or (place > 0 and labels[place - 1] in (now - 1, now))
        for place, now in enumerate(labels)
    )


def covered(found: list[Tagged]) -> list[tuple[int, int, int]]:
    return [(each.start, each.end, each.category) for each in found]


def test_a_begin_and_its_insides_are_one_span() -> None:
    found = decode(scores({OUT: 9}, {B0: 9}, {I0: 9}, {OUT: 9}))
    assert covered(found) == [(1, 3, 0)]
    assert found[0].probability > 0.99


def test_two_begins_are_two_spans() -> None:
    assert covered(decode(scores({B0: 9}, {B0: 9}, {I0: 9}))) == [(0, 1, 0), (1, 3, 0)]


def test_an_inside_never_follows_another_category() -> None:
    # Label by label the best would be B0 I1, which is no sequence at all.
    found = decode(scores({B0: 9}, {I1: 5, I0: 4.5}))
    assert covered(found) == [(0, 2, 0)]


def test_an_inside_never_begins_a_text() -> None:
    assert covered(decode(scores({I0: 3, B0: 2.9}, {I0: 9}))) == [(0, 2, 0)]


def test_doubt_is_decided_for_finding_by_the_lean() -> None:
    doubtful = scores({OUT: 9}, {OUT: 1.0, B0: 0.2}, {OUT: 9})
    assert decode(doubtful) == []
    assert covered(decode(doubtful, lean=1.0)) == [(1, 2, 0)]


def test_the_lean_does_not_change_how_sure_a_span_is() -> None:
    table = scores({OUT: 1.0, B0: 2.0})
    assert decode(table)[0].probability == decode(table, lean=3.0)[0].probability


def test_a_higher_temperature_is_less_sure() -> None:
    table = scores({OUT: 0.0, B0: 4.0})
    assert decode(table, temperature=2.0)[0].probability < decode(table)[0].probability


def test_nothing_is_found_in_nothing() -> None:
    assert decode(np.zeros((0, 5), dtype=np.float32)) == []


@settings(max_examples=150, deadline=None)
@given(
    arrays(
        np.float32,
        st.tuples(st.integers(1, 5), st.just(5)),
        elements=st.floats(-4, 4, width=32).map(lambda value: round(value, 2)),
    )
)
def test_no_other_well_formed_sequence_is_better(table: np.ndarray) -> None:
    likely = np.log(probabilities(table.copy(), 1.0))
    every = [labels for labels in product(range(5), repeat=len(table)) if well_formed(labels)]
    best = max(sum(likely[place, label] for place, label in enumerate(each)) for each in every)
    labels = [0] * len(table)
    for start, end, category, _ in decode(table.copy()):
        labels[start:end] = [1 + 2 * category, *[2 + 2 * category] * (end - start - 1)]
    assert well_formed(tuple(labels))
    reached = sum(likely[place, label] for place, label in enumerate(labels))
    assert reached == pytest.approx(best, abs=1e-3)
