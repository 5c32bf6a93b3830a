from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.documents.document import KnownIdentifier, Span
from sekisho.errors import ReleaseError
from sekisho.release.columns import Path
from sekisho.release.edits import Edit, apply
from sekisho.release.joint import Joint, join

_CELLS = st.dictionaries(
    st.tuples(st.sampled_from("abcd"), st.integers(0, 3)), st.text(max_size=6), max_size=6
)


def joined(*texts: str) -> Joint:
    cells: dict[Path, str] = {("c", place): text for place, text in enumerate(texts)}
    return join("1", cells, language="ja")


def test_cells_are_found_again_where_they_stand() -> None:
    joint = joined("山田", "", "太郎")
    texts = [joint.document.text[cell.start : cell.end] for cell in joint.cells]
    assert texts == ["山田", "", "太郎"]
    assert [cell.path for cell in joint.cells] == [("c", 0), ("c", 1), ("c", 2)]


def test_what_the_record_knows_goes_into_the_document() -> None:
    known = (KnownIdentifier("NAME", "山田"),)
    document = join("7", {("a",): "x"}, language="en", known=known, patient="p").document
    assert (document.id, document.language, document.patient) == ("7", "en", "p")
    assert document.known == known


def test_no_cell_is_an_empty_document() -> None:
    joint = join("1", {}, language="ja")
    assert (joint.document.text, joint.cells) == ("", ())


def test_a_border_is_no_white_space_so_nothing_is_read_across_it() -> None:
    between = joined("a", "b").document.folded.text[1:-1]
    assert between.strip("\n ")


def test_a_span_across_a_border_is_cut_there() -> None:
    joint = joined("山田", "太郎")
    (first, second) = joint.cells
    spans = joint.clip([Span(1, second.end - 1, "NAME")])
    assert [(span.start, span.end) for span in spans] == [
        (1, first.end),
        (second.start, second.end - 1),
    ]


def test_a_span_on_a_border_is_dropped() -> None:
    joint = joined("山田", "太郎")
    assert joint.clip([Span(joint.cells[0].end, joint.cells[1].start, "NAME")]) == []


@settings(max_examples=200, deadline=None)
@given(_CELLS, st.data())
def test_clipped_spans_lie_inside_cells_and_lose_no_code_point_of_them(
    cells: dict[Path, str], data: st.DataObject
) -> None:
    joint = join("1", cells, language="ja")
    length = len(joint.document.text)
    ends = st.integers(0, max(length, 1))
    pairs = data.draw(st.lists(st.tuples(ends, ends), max_size=4))
    spans = [Span(a, b, "NAME") for a, b in pairs if a < b <= length]
    clipped = joint.clip(spans)
    inside = {at for cell in joint.cells for at in range(cell.start, cell.end)}
    claimed = {at for span in spans for at in range(span.start, span.end)}
    assert {at for span in clipped for at in range(span.start, span.end)} == inside & claimed


@settings(max_examples=200, deadline=None)
@given(_CELLS, st.data())
def test_edits_by_cell_are_the_edits_of_the_whole(
    cells: dict[Path, str], data: st.DataObject
) -> None:
    joint = join("1", cells, language="ja")
    edits = []
    for cell in joint.cells:
        if cell.end > cell.start and data.draw(st.booleans()):
            start = data.draw(st.integers(cell.start, cell.end - 1))
            end = data.draw(st.integers(start + 1, cell.end))
            edits.append(Edit(start, end, "[X]", "NAME", "tag"))
    changed = dict(cells)
    for cell, local in joint.split(edits):
        changed[cell.path] = apply(cells[cell.path], local).text
    whole = join("1", changed, language="ja").document.text
    assert whole == apply(joint.document.text, edits).text


@pytest.mark.parametrize("at", [(1, 6), (3, 4), (2, 5)])
def test_an_edit_beyond_its_cell_is_refused(at: tuple[int, int]) -> None:
    joint = joined("山田", "太郎")
    edit = Edit(*at, "[X]", "NAME", "tag")
    with pytest.raises(ReleaseError, match="beyond its cell"):
        list(joint.split([edit]))


def test_running_text_is_told_from_the_rest() -> None:
    cells: dict[Path, str] = {("a",): "長い文章", ("b",): "", ("c",): "007"}
    joint = join("1", cells, language="ja", is_prose=lambda path, text: path != ("c",))
    assert joint.document.prose == ((0, 4),)
