from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.errors import ReleaseError
from sekisho.release.edits import Applied, Edit, apply, moved, revert


@st.composite
def edited(draw: st.DrawFn) -> tuple[str, list[Edit]]:
    text = draw(st.text(alphabet="山田ab 1\n𠮷髙", max_size=40))
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=10)))
    edits = [
        Edit(start, end, draw(st.text(max_size=6)), "NAME", "tag")
        for start, end in zip(cuts[::2], cuts[1::2], strict=False)
    ]
    return text, edits


@given(edited())
@settings(deadline=None)
def test_reverting_what_was_applied_gives_the_original(case: tuple[str, list[Edit]]) -> None:
    text, edits = case
    applied = apply(text, edits)
    assert revert(applied.text, applied.placed, [text[e.start : e.end] for e in edits]) == text


@given(edited())
@settings(deadline=None)
def test_each_replacement_stands_where_it_was_placed(case: tuple[str, list[Edit]]) -> None:
    text, edits = case
    applied = apply(text, edits)
    assert [applied.text[p.start : p.end] for p in applied.placed] == [e.replacement for e in edits]


@given(edited())
@settings(deadline=None)
def test_an_untouched_range_is_found_again_after_the_move(case: tuple[str, list[Edit]]) -> None:
    text, edits = case
    applied = apply(text, edits)
    free = [
        (place, place + 1)
        for place in range(len(text))
        if not any(e.start <= place < e.end for e in edits)
    ]
    ranges = moved(edits, free)
    assert [applied.text[a:b] for a, b in ranges] == [text[a:b] for a, b in free]


def test_a_range_that_an_edit_touches_is_not_moved() -> None:
    assert moved([Edit(2, 4, "xyz", "ID", "tag")], [(0, 2), (1, 3), (3, 6), (4, 6)]) == (
        (0, 2),
        (5, 7),
    )


def test_overlapping_edits_are_refused_and_never_spliced() -> None:
    with pytest.raises(ReleaseError, match="overlap"):
        apply("山田太郎", [Edit(0, 3, "x", "NAME", "tag"), Edit(2, 4, "y", "NAME", "tag")])


@pytest.mark.parametrize("edit", [Edit(3, 9, "", "ID", "tag"), Edit(2, 2, "x", "ID", "tag")])
def test_an_edit_outside_the_text_or_of_nothing_is_refused(edit: Edit) -> None:
    with pytest.raises(ReleaseError):
        apply("abcd", [edit])


def test_a_reversal_that_does_not_fit_is_refused() -> None:
    applied: Applied = apply("山田は", [Edit(0, 2, "[氏名1]", "NAME", "tag")])
    with pytest.raises(ReleaseError):
        revert(applied.text, applied.placed, [])
    with pytest.raises(ReleaseError):
        revert("[氏", applied.placed, ["山田"])
