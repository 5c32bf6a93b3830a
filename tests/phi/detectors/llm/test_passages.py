"""A long text in passages: all of it, cut where nothing is lost."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.documents.cutting import halves
from sekisho.documents.document import Document
from sekisho.documents.folding import fold
from sekisho.phi.detectors.llm.passages import LONGEST, passages

#: Line ends, blanks, ends of sentences, and what is folded together with its neighbour.
TEXTS = st.text("あ蓼ﾀﾞ\u3099\u200bか。、. \n\r\u3000㍻🩺", max_size=80)


def pieces(text: str, longest: int = LONGEST) -> list[str]:
    return [text[start:end] for start, end in passages(Document("d", text), longest)]


@settings(deadline=None, max_examples=300)
@given(TEXTS, st.integers(1, 20))
def test_the_passages_are_the_text_in_order_without_what_is_blank(text: str, longest: int) -> None:
    found = passages(Document("d", text), longest)
    assert all(left[1] <= right[0] for left, right in pairwise(found))
    inside = {place for start, end in found for place in range(start, end)}
    assert not "".join(sign for at, sign in enumerate(text) if at not in inside).strip()
    assert all(text[start:end].strip() for start, end in found)


@settings(deadline=None, max_examples=300)
@given(TEXTS, st.integers(1, 20))
def test_no_passage_ends_inside_of_what_is_folded_together(text: str, longest: int) -> None:
    whole = fold(text)
    for start, end in passages(Document("d", text), longest):
        assert fold(text[start:end]).text == whole.text[slice(*whole.to_folded(start, end))]


@settings(deadline=None, max_examples=200)
@given(st.text("あ蓼。、. \n", max_size=80), st.integers(1, 20))
def test_no_passage_is_longer_than_asked(text: str, longest: int) -> None:
    assert all(len(piece) <= longest for piece in pieces(text, longest))


def test_a_usual_report_is_one_passage() -> None:
    assert pieces("あ。\n\n" * 600) == ["あ。\n\n" * 600]
    assert len(pieces("あ。\n\n" * 601)) == 2


@pytest.mark.parametrize("blank", ["", " ", "\n\r\n\u3000\t"])
def test_a_blank_text_has_no_passages(blank: str) -> None:
    assert pieces(blank) == []


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("あああああい\n\nう\nえ。お、か", "あああああい\n\n"),
        ("あああああい\r\n\u3000\r\nう。え、お", "あああああい\r\n\u3000\r\n"),
        ("ああああああい\nう。え、お", "ああああああい\n"),
        ("ああああああい。う、え お", "ああああああい。"),
        ("Seen by J. Doe, MD", "Seen by J. "),
        ("ああああああああ、いいいい", "ああああああああ、"),
        ("あああああああああああああい", "ああああああああああああ"),
        ("い\nああああああああああああああ", "い\nああああああああああ"),
    ],
)
def test_a_text_is_cut_at_the_best_place_of_its_second_half(text: str, first: str) -> None:
    assert pieces(text, 12)[0] == first


def test_only_running_text_is_read() -> None:
    document = Document("d", "key: あああ\nid: 12\nreport: いいい", prose=((5, 8), (23, 26)))
    assert passages(document) == [(5, 8), (23, 26)]
    assert passages(Document("d", "あああ", prose=())) == []


@settings(deadline=None, max_examples=300)
@given(TEXTS.filter(bool), st.data())
def test_halves_are_parts_that_make_up_the_whole(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    parts = halves(Document("d", text), start, end)
    assert [place for part in parts for place in range(*part)] == list(range(start, end))


@settings(deadline=None, max_examples=200)
@given(st.text("あ蓼。、. \n", min_size=2, max_size=80))
def test_a_half_is_shorter_than_the_whole(text: str) -> None:
    parts = halves(Document("d", text), 0, len(text))
    assert len(parts) > 1
    # However it is cut, cutting again and again comes to an end soon.
    assert all(end - start <= max(1, 0.7 * len(text)) for start, end in parts)


def test_what_cannot_be_cut_is_one_half() -> None:
    assert halves(Document("d", "あ"), 0, 1) == [(0, 1)]
    assert halves(Document("d", "か" + "\u3099" * 9), 0, 10) == [(0, 10)]
