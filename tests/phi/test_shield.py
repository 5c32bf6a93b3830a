from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.documents.document import Document, Span
from sekisho.phi.merging import outvote
from sekisho.phi.shield import marks


def marked(text: str) -> set[str]:
    return {text[mark.start : mark.end] for mark in marks(Document("d", text))}


def falls(text: str, surface: str) -> bool:
    """Whether a weak claim for ``surface`` falls to the shield."""
    start = text.index(surface)
    span = Span(start, start + len(surface), "NAME", score=0.85)
    return outvote([span], marks(Document("d", text))) == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("橋本病の既往", "橋本"),
        ("川崎病後", "川崎"),
        ("菊池病疑い", "菊池"),
        ("木村病", "木村"),
        ("原田病", "原田"),
        ("高安動脈炎", "高安"),
        ("山田Ⅲ型の隆起", "山田"),
        ("木村・竹本分類", "木村"),
        ("木村・竹本分類 C-2", "竹本"),
        ("葛西手術後", "葛西"),
        ("Willis動脈輪", "Willis"),
        ("Douglas窩に腹水", "Douglas"),
        ("Baker嚢胞", "Baker"),
        ("Schatzki輪", "Schatzki"),
        ("Ｄｏｕｇｌａｓ窩", "Ｄｏｕｇｌａｓ"),
        ("バセドウ病", "バセドウ"),
        ("子宮本体の腫大", "宮本"),
        ("太田母斑", "太田"),
    ],
)
def test_a_name_in_medical_language_falls(text: str, name: str) -> None:
    assert falls(text, name)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("橋本様は退院", "橋本"),
        ("橋本さんは橋本病", "橋本"),
        ("橋本病院に紹介", "橋本"),
        ("橋本病院", "橋本病院"),
        ("川崎病院", "川崎病院"),
        ("川崎病棟", "川崎"),
        ("橋本が確認", "橋本"),
        ("主治医 原田", "原田"),
        ("木村、竹本が同席", "木村"),
        ("Baker医師", "Baker"),
        ("葛西に報告", "葛西"),
    ],
)
def test_a_name_in_plain_language_stands(text: str, name: str) -> None:
    assert not falls(text, name)


def test_proof_of_its_own_stands_even_inside_an_eponym() -> None:
    span = Span(0, 2, "NAME", score=0.95)
    assert outvote([span], marks(Document("d", "橋本病"))) == [span]


@pytest.mark.parametrize("text", ["", "佐藤が確認した。", "ID 12345678", "\0\ud800"])
def test_plain_text_bears_no_mark(text: str) -> None:
    assert marked(text) == set()


def test_a_mark_has_a_reason() -> None:
    assert {mark.reason for mark in marks(Document("d", "橋本病、子宮本体"))} == {
        "eponym",
        "anatomy",
    }


@settings(deadline=None, max_examples=150)
@given(
    st.lists(
        st.one_of(
            st.sampled_from(["橋本病", "Douglas窩", "ﾊﾞｾﾄﾞｳ病", "佐藤", "\r\n", "𠮷", "㍻", "院"]),
            st.text(max_size=3),
        ),
        max_size=8,
    ).map("".join)
)
def test_marks_lie_in_the_original_text_and_are_sorted(text: str) -> None:
    found = marks(Document("d", text))
    assert list(found) == sorted(found)
    assert all(0 <= mark.start < mark.end <= len(text) for mark in found)
