"""Cutting a text into highlighted segments."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.runs.report.model import DocumentView, Segment, segments


def test_a_text_is_cut_at_its_marks() -> None:
    assert segments("患者は花子様", [(3, 5, "NAME")]) == (
        Segment("患者は"),
        Segment("花子", "NAME"),
        Segment("様"),
    )


def test_of_overlapping_marks_the_earlier_keeps_the_shared_part() -> None:
    assert segments("abcdef", [(2, 5, "B"), (0, 3, "A")]) == (
        Segment("abc", "A"),
        Segment("de", "B"),
        Segment("f"),
    )


def test_a_mark_outside_the_text_is_refused() -> None:
    with pytest.raises(ValueError, match="outside"):
        segments("abc", [(1, 4, "A")])


def test_a_view_counts_what_was_found() -> None:
    view = DocumentView("r", segments("abcd", [(0, 1, "A"), (2, 3, "B")]), ())
    assert view.found == 2


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=30), st.data())
def test_no_character_is_lost(text: str, data: st.DataObject) -> None:
    place = st.integers(0, len(text))
    marks = data.draw(st.lists(st.tuples(place, place).map(lambda p: (min(p), max(p), "A"))))
    assert "".join(segment.text for segment in segments(text, marks)) == text
