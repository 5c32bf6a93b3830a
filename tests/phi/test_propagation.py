from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.documents.document import Document, Span
from sekisho.evaluation.markup import parse
from sekisho.phi.propagation import propagate


def carried(annotated: str, score: float = 0.95) -> list[tuple[str, str]]:
    """(category, surface) of what propagation adds to the annotations of a text."""
    text, annotations = parse(annotated, where="test")
    spans = [Span(start, end, label, ("test",), score) for start, end, label in annotations]
    found = propagate(Document("d", text), spans)
    return sorted({(str(s.category), text[s.start : s.end]) for s in found})


@pytest.mark.parametrize(
    ("annotated", "surface"),
    [
        ("⟦NAME|佐藤明子⟧様。佐藤が来院", "佐藤"),
        ("⟦NAME|佐藤 明子⟧様。佐藤が来院", "佐藤"),
        ("⟦NAME|佐藤明子⟧様。明子が来院", "明子"),
        ("⟦NAME|佐藤⟧様。佐藤が来院", "佐藤"),
        ("⟦NAME|佐藤明子⟧様。佐藤明子退院", "佐藤明子"),
        ("⟦NAME|佐藤明子⟧様。患者佐藤 明子は", "佐藤 明子"),
        ("⟦NAME|佐藤明子⟧様。佐藤\r\n明子は", "佐藤\r\n明子"),
        ("⟦NAME|髙橋⟧様。高橋は", "高橋"),
        ("⟦NAME|さとうあきこ⟧様。サトウアキコは", "サトウアキコ"),
        ("⟦NAME|サトウ アキコ⟧様。ｻﾄｳは", "ｻﾄｳ"),
        ("⟦NAME|ゆうこ⟧さん。ユウコは", "ユウコ"),
        ("⟦NAME|YAMADA^TARO⟧ Yamadaは", "Yamada"),
        ("⟦NAME|林⟧様。林が来院", "林"),
        ("⟦NAME|林 太郎⟧様。林より電話", "林"),
    ],
)
def test_a_name_is_carried_to_its_other_occurrences(annotated: str, surface: str) -> None:
    assert ("NAME", surface) in carried(annotated)


@pytest.mark.parametrize(
    ("annotated", "category", "surface"),
    [
        ("電話 ⟦PHONE|03-1234-5678⟧、0312345678", "PHONE", "0312345678"),
        ("ID ⟦ID|00123456⟧、ＩＤ００１２３４５６", "ID", "００１２３４５６"),
        ("⟦NATIONAL_ID|1234-5678-9018⟧ 123456789018", "NATIONAL_ID", "123456789018"),
        ("⟦FACILITY|みどり台病院⟧より。みどり台病院へ", "FACILITY", "みどり台病院"),
        ("⟦EMAIL|a.b@example.jp⟧ A.B@EXAMPLE.JP", "EMAIL", "A.B@EXAMPLE.JP"),
        ("⟦ADDRESS|見晴町⟧在住。見晴町の自宅", "ADDRESS", "見晴町"),
        ("⟦STAFF|高田⟧医師。高田と相談", "STAFF", "高田"),
    ],
)
def test_other_identifiers_are_carried_too(annotated: str, category: str, surface: str) -> None:
    assert (category, surface) in carried(annotated)


@pytest.mark.parametrize(
    "annotated",
    [
        "⟦NAME|宮本⟧様。子宮本体の腫大",
        "⟦NAME|林⟧様。森林浴、林間学校、林道",
        "⟦NAME|まり⟧さん。つまり、あまり",
        "⟦NAME|ゆうこ⟧さん。ゆうこうと判断",
        "⟦NAME|マリア⟧さん。マリアージュ",
        "⟦NAME|Taro⟧様。Tarotと",
        "⟦NAME|Li Na⟧様。Carolinaと",
        "⟦ID|1234⟧ 12345 と 01234",
        "⟦ID|123⟧ と 123",
        "⟦AGE|58歳⟧ 58歳、⟦DATE|5/8⟧ 5/8",
    ],
)
def test_nothing_is_carried_into_a_longer_word_or_number(annotated: str) -> None:
    assert carried(annotated) == []


def test_a_guess_is_not_carried() -> None:
    assert carried("⟦NAME|佐藤⟧様。佐藤が来院", score=0.6) == []


def test_what_is_found_already_is_not_found_again() -> None:
    assert carried("⟦NAME|佐藤明子⟧様。⟦NAME|佐藤⟧様。⟦STAFF|明子⟧さん") == []


def test_a_name_stays_a_patients_name_where_it_was_both() -> None:
    assert carried("⟦STAFF|佐藤⟧医師と⟦NAME|佐藤⟧様。佐藤が来院") == [("NAME", "佐藤")]


def test_what_is_carried_is_plausible_but_no_proof() -> None:
    document = Document("d", "佐藤様。佐藤が来院")
    (span,) = propagate(document, [Span(0, 2, "NAME", score=0.95)])
    assert span.sources == ("propagation",)
    assert 0.5 <= span.score < 0.9


@settings(deadline=None, max_examples=150)
@given(
    st.lists(
        st.one_of(
            st.sampled_from(["佐藤明子", "佐藤", "ｻﾄｳ", "林", "1234-5678", "𠮷田", "\r\n", "㍻"]),
            st.text(max_size=3),
        ),
        min_size=1,
        max_size=8,
    ),
    st.data(),
)
def test_what_is_carried_lies_in_the_original_text(pieces: list[str], data: st.DataObject) -> None:
    text = "".join(pieces)
    if not text:
        return
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    label = data.draw(st.sampled_from(["NAME", "ID", "ADDRESS"]))
    for span in propagate(Document("d", text), [Span(start, end, label)]):
        assert 0 <= span.start < span.end <= len(text)
        assert span.category == label
