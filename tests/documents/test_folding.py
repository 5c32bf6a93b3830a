from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sekisho.documents.folding import Folded, fold

EVERY_CODE_POINT = [chr(code) for code in range(sys.maxunicode + 1)]

rich_text = st.lists(
    st.one_of(
        st.text(alphabet="山田太郎様髙﨑濵をはがぱ、。ーヽ々", max_size=4),
        st.text(alphabet="ﾔﾏﾀﾞﾊﾟｶﾞｰｯﾞﾟ･｡", max_size=6),
        st.text(alphabet="０１２３ＡＢｃ：／－‐−～〜", max_size=4),
        st.text(alphabet="㍻㈱①ﷺ½㎝℃㌀…゛¨ﬁǆⅢ㋿㏂㌔", max_size=3),
        st.sampled_from(["𠮷", "𡈽", "𝐀", "👨\u200d👩", "\U0001d15e", "\U00011935\U00011930"]),
        st.sampled_from(["\r\n", "\r", "\n", "\t", "\u3000", "\u00a0", "\u2028", "\x1f", "\x0b"]),
        st.sampled_from(["\u200b", "\ufe0f", "\U000e0101", "\ufeff", "\u00ad", "\u3164", "\u034f"]),
        st.sampled_from(["\u3099", "\u309a", "\u0301", "\u0316", "\u0344", "\u20dd", "\u093c"]),
        st.text(alphabet="각ㄱㅏㅠ가ﾡￂ", max_size=4),
        st.sampled_from(["\0", "\ud800", "\udc00", "\udfff", "\x7f"]),
        st.text(max_size=5),
    ),
    max_size=12,
).map("".join)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("ﾔﾏﾀﾞ ﾊﾟﾊﾟ ｳﾞ", "ヤマダ パパ ヴ"),
        ("か\u3099ぎ", "がぎ"),
        ("２０２４年５月３日　ＣＴ", "2024年5月3日 CT"),
        ("㍻30年 ㋿元年 ㈱ ①", "平成30年 令和元年 (株) 1"),
        ("髙橋 山﨑 𠮷野 濵田 濱田", "高橋 山崎 吉野 浜田 浜田"),
        ("渡邊 渡邉 斎藤 齋藤 齊藤", "渡邊 渡邉 斎藤 齋藤 齊藤"),
        ("葛\U000e0101城 神\ufe00", "葛城 神"),
        ("山\u200b田\ufeff太郎", "山田太郎"),
        ("か\u200b\u3099", "が"),
        ("a\r\nb\rc\nd", "a\nb\nc\nd"),
        ("a\tb\u00a0c\u2028d\x0be\u2003f", "a b c d e f"),
        ("１５㎝ ½ ３７℃", "15cm 1⁄2 37°C"),
        ("03－1234‐5678ー９ｰ", "03-1234‐5678ー9ー"),
        ("a\0b\ud800c", "a\0b\ud800c"),
        ("頰部の搔痒", "頬部の掻痒"),
        ("", ""),
        ("\ufeff\u200b", ""),
    ],
)
def test_each_way_of_writing_folds_to_the_usual_one(text: str, folded: str) -> None:
    assert fold(text).text == folded


def test_offsets_lead_through_characters_that_shrink_and_grow() -> None:
    text = "㍻\r\nﾔﾏﾀﾞ様"
    folded = fold(text)
    assert folded.text == "平成\nヤマダ様"
    start = folded.text.index("ヤマダ")
    assert folded.to_original(start, start + 3) == (3, 7)
    assert text[3:7] == "ﾔﾏﾀﾞ"
    assert folded.to_folded(3, 7) == (start, start + 3)
    assert folded.to_original(1, 2) == (0, 1)
    assert folded.to_original(0, 2) == (0, 1)
    assert folded.to_folded(0, 1) == (0, 2)
    assert folded.to_folded(6, 7) == (5, 6)


def test_what_cannot_be_seen_belongs_to_the_character_before_or_at_the_start_to_the_first() -> None:
    assert fold("山\u200b田").to_original(0, 1) == (0, 2)
    assert fold("\ufeff山田").to_original(0, 1) == (0, 2)
    assert fold("\ufeff山田").to_folded(0, 1) == (0, 1)


def test_plain_text_needs_no_offset_map() -> None:
    text = "胸部単純写真にて結節影を認める。\nNo change."
    folded = fold(text)
    assert folded.clusters is None
    assert folded.text is text
    assert fold("２０２４年　山田").clusters is None


def test_offsets_outside_the_text_are_refused() -> None:
    folded = fold("㈱山")
    for start, end in [(-1, 1), (2, 1), (0, 5)]:
        with pytest.raises(ValueError, match="no range"):
            folded.to_original(start, end)
    with pytest.raises(ValueError, match="no range"):
        folded.to_folded(0, 3)


def test_folding_any_single_code_point_twice_changes_nothing_more() -> None:
    for character in EVERY_CODE_POINT:
        if unicodedata.category(character) in {"Lo", "Cn", "Co"} and character > "\u3400":
            continue  # ideographs and syllables; the next test has them
        once = fold(character).text
        assert fold(once).text == once, hex(ord(character))


def test_all_code_points_in_one_text_fold_as_the_whole_text_normalised() -> None:
    text = " ".join(c for c in EVERY_CODE_POINT if unicodedata.category(c) not in {"Cf", "Cc"})
    folded = fold(text)
    _check_all(folded, text, step=9973)
    assert fold(folded.text).text == folded.text


def test_no_character_that_joins_the_one_before_hides_a_beginning_inside() -> None:
    # The map and the idempotence rest on this property of the Unicode tables.
    from sekisho.documents.folding import _rules

    extenders = _rules().extenders
    for character in extenders - _rules().invisible:
        for part in unicodedata.normalize("NFKC", character):
            assert part in extenders, hex(ord(character))


def test_no_glyph_variant_leads_to_another() -> None:
    from sekisho.documents.folding import _variants

    for variant, usual in _variants().items():
        assert len(variant) == len(usual) == 1
        assert usual not in _variants()
        assert unicodedata.normalize("NFKC", variant) == variant
        assert unicodedata.normalize("NFKC", usual) == usual


@given(rich_text)
@example("か\u3099")
@example("\u200b\u3099\u200bㄱㅏ")
@example("a" + "\u0344" * 40)
@example("ﷺ" + "\u0301\u0316" * 32)
@settings(max_examples=300, deadline=None)
def test_folding_is_idempotent(text: str) -> None:
    once = fold(text).text
    assert fold(once).text == once


@given(rich_text)
@settings(max_examples=300, deadline=None)
def test_folding_is_what_nfkc_of_the_whole_text_says(text: str) -> None:
    from sekisho.documents.folding import _invisible

    seen = "".join(c for c in text.replace("\r\n", "\n") if c not in _invisible())
    whole = unicodedata.normalize("NFKC", seen)
    # White space and glyph variants are one character for one.
    assert len(fold(text).text) == len(whole) or "\r" in text
    if "\r" not in text:
        for ours, theirs in zip(fold(text).text, whole, strict=True):
            assert ours == theirs or theirs.isspace() or ours in "高崎浜吉土"


@given(rich_text)
@settings(max_examples=200, deadline=None)
def test_every_range_goes_there_and_back_covered(text: str) -> None:
    _check_all(fold(text), text)


def _check_all(folded: Folded, text: str, step: int = 1) -> None:
    lengths = (len(text), len(folded.text))
    for there, back, (source, target) in (
        (folded.to_folded, folded.to_original, lengths),
        (folded.to_original, folded.to_folded, lengths[::-1]),
    ):
        previous = (0, 0)
        for start in range(0, source, step):
            for end in {start + 1, min(start + 3, source), source}:
                first, last = there(start, end)
                assert 0 <= first <= last <= target
                if folded.text:
                    assert first < last
                    again = back(first, last)
                    assert again[0] <= start
                    assert end <= again[1]
                    # Covering is stable: a range of whole clusters maps to itself.
                    assert there(*again) == (first, last)
            one = there(start, start + 1)
            assert one >= previous
            previous = one
            assert there(start, start) == (one[0], one[0])
        assert there(source, source) == (target, target) or not folded.text


def test_a_text_that_holds_an_endless_cluster_stays_fast() -> None:
    text = "a" + "\u0300\u0316" * 200_000
    folded = fold(text)
    assert len(folded.text) == len(text)
    assert folded.to_original(0, 1) == (0, len(text))
