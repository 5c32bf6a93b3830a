from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.documents.folding import fold
from sekisho.phi.morphology import (
    is_given_name,
    is_ordinary_word,
    is_person,
    is_place,
    is_surname,
    is_word,
    morphemes,
    readings,
)


def kinds(text: str) -> list[tuple[str, str]]:
    return [(word.surface, word.kind) for word in morphemes(text)]


def test_a_sentence_is_read_in_context() -> None:
    assert kinds("佐藤が確認") == [("佐藤", "surname"), ("が", "particle"), ("確認", "noun")]


def test_the_longest_units_are_taken() -> None:
    assert [word.surface for word in morphemes("国家公務員で")] == ["国家公務員", "で"]


def test_the_dictionary_knows_what_a_word_could_be_out_of_context() -> None:
    assert is_surname("林")
    assert is_ordinary_word("林")
    assert is_given_name("明子")
    assert is_person("佐藤")
    assert is_place("千葉")
    assert is_surname("千葉")
    assert is_word("腹痛")


@pytest.mark.parametrize("word", ["", "黴蠱鑿", "あ" * 25, "\ud800", "\0", "🩺🩺"])
def test_a_word_that_nobody_knows_has_no_reading(word: str) -> None:
    assert is_surname(word) is False
    assert is_ordinary_word(word) is False or readings(word)


def test_an_empty_text_has_no_morphemes() -> None:
    assert morphemes("") == ()


rich_text = st.lists(
    st.one_of(
        st.text(alphabet="佐藤明子は退院した。、\n ", max_size=8),
        st.text(alphabet="㍿ﾔﾏﾀﾞⅢ①Ⓐ…—〜🩺𩸽𠮷葛\U000e0100が\u3099", max_size=5),
        st.sampled_from(["\0", "\ud800", "\udfff", "İ", "ŉ", "\u200b", "ー" * 9, "\t", "CT/MRI"]),
        st.text(max_size=5),
    ),
    max_size=10,
).map("".join)


@settings(deadline=None, max_examples=200)
@given(rich_text)
def test_the_morphemes_cover_every_character_in_order(text: str) -> None:
    folded = fold(text).text
    position = 0
    for word in morphemes(folded):
        assert word.start == position
        assert word.end - word.start == len(word.surface)
        position = word.end
    assert position == len(folded)


@pytest.mark.parametrize("piece", ["𩸽", "佐藤明子は退院した", "あ。", "İ", "が、\n", "\ud800"])
def test_a_text_longer_than_the_analyser_takes_is_read_to_its_end(piece: str) -> None:
    text = piece * (60_000 // len(piece))
    words = morphemes(text)
    assert words[-1].end == len(text)
    assert all(left.end == right.start for left, right in pairwise(words))


def test_a_long_text_is_cut_between_words() -> None:
    sentence = "佐藤が確認した。"
    words = morphemes(sentence * 3_000)
    assert sum(word.surface == "佐藤" and word.kind == "surname" for word in words) == 3_000
