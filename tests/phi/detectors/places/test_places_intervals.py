from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sekisho.phi.detectors.places.intervals import Intervals

STRETCH = st.tuples(st.integers(0, 40), st.integers(1, 8)).map(lambda pair: (pair[0], sum(pair)))


@given(st.lists(STRETCH, max_size=20))
def test_only_stretches_free_of_the_earlier_ones_are_taken_in(stretches: list) -> None:
    intervals = Intervals()
    kept: list[tuple[int, int]] = []
    for start, end in stretches:
        free = all(end <= left or right <= start for left, right in kept)
        assert intervals.add(start, end) == free
        if free:
            kept.append((start, end))


def test_the_first_touching_stretch_is_told() -> None:
    intervals = Intervals([(5, 8), (1, 3)])
    assert intervals.touching(2, 6) == (1, 3)
    assert intervals.touching(3, 5) is None
