"""Chunks: they cover everything, overlap, and are no longer than they may be."""

from __future__ import annotations

import itertools

from hypothesis import example, given
from hypothesis import strategies as st

from sekisho.documents.document import Document
from sekisho.extraction.chunking import chunks

_TEXTS = st.text(st.sampled_from("あいう。\n ab.ﾀﾞ゛\u3099"), max_size=200)


@given(text=_TEXTS, longest=st.integers(4, 60), overlap=st.integers(0, 40))
@example(text="aa\u3099 aa", longest=4, overlap=2)
@example(text="aaﾞ aa", longest=4, overlap=2)
def test_all_of_the_text_is_in_some_chunk_and_chunks_go_forward(
    text: str, longest: int, overlap: int
) -> None:
    found = chunks(Document("d", text), longest, overlap)
    covered: set[int] = set()
    for start, end in found:
        covered.update(range(start, end))
    assert {at for at, sign in enumerate(text) if sign.strip()} <= covered
    assert all(a[0] < b[0] and a[1] < b[1] for a, b in itertools.pairwise(found))


@given(text=st.text(st.sampled_from("あいう。\n ab."), max_size=300), longest=st.integers(4, 60))
def test_no_chunk_is_longer_than_it_may_be(text: str, longest: int) -> None:
    assert all(e - s <= longest for s, e in chunks(Document("d", text), longest, 10))


def test_a_short_document_is_one_chunk() -> None:
    assert chunks(Document("d", "胸部CT。異常なし。"), 100, 20) == [(0, 10)]


def test_neighbours_share_whole_sentences() -> None:
    text = "".join(f"これは文の{at:03d}番である。" for at in range(100))
    found = chunks(Document("d", text), 200, 50)
    assert len(found) > 5
    for (_, end), (start, _) in itertools.pairwise(found):
        assert 0 < end - start <= 50
        assert text[start - 1] == "。"


def test_a_blank_document_has_no_chunk() -> None:
    assert chunks(Document("d", " \n　"), 100, 20) == []
