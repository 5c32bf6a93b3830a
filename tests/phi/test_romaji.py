from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.phi.romaji import kana_spellings, romaji_surnames


@pytest.mark.parametrize(
    ("surface", "latin"),
    [
        ("鈴木", "suzuki"),
        ("鈴木 一郎", "suzuki"),
        ("長谷川実", "hasegawa"),
        ("小野寺", "onodera"),
        ("服部", "hattori"),
        ("新谷", "shintani"),
        ("すずき", "suzuki"),
    ],
)
def test_a_surname_has_its_usual_latin_form(surface: str, latin: str) -> None:
    assert latin in romaji_surnames(surface)


@pytest.mark.parametrize("surface", ["", "Smith", "K.T.", "阿部", "佐藤", "顆粒", "\ud800"])
def test_a_short_or_unknown_or_latin_name_has_none(surface: str) -> None:
    assert romaji_surnames(surface) == ()


@pytest.mark.parametrize(
    ("word", "kana"),
    [
        ("Sato", "サトウ"),
        ("SATO", "サトウ"),
        ("Saitoh", "サイトウ"),
        ("Yuki", "ユウキ"),
        ("Hattori", "ハットリ"),
        ("Namba", "ナンバ"),
    ],
)
def test_a_latin_word_may_stand_for_several_kana(word: str, kana: str) -> None:
    assert kana in kana_spellings(word)


@pytest.mark.xfail(strict=True, reason="n before a vowel and n' are read one way only")
@pytest.mark.parametrize(
    ("word", "kana"),
    [
        ("Shinichi", "シンイチ"),
        ("Kenichi", "ケンイチ"),
        ("Jun'ichi", "ジュンイチ"),
    ],
)
def test_a_passport_spelling_is_understood(word: str, kana: str) -> None:
    assert kana in kana_spellings(word)


@pytest.mark.parametrize("word", ["", "xyz", "Ab1", "CT", "Rotterdam", "é", "Aaaaaaaaaaaaaaaa"])
def test_what_is_no_japanese_word_stands_for_none(word: str) -> None:
    assert kana_spellings(word) == ()


@settings(deadline=None, max_examples=200)
@given(st.text(alphabet="aiueokstnhmyrwgzdbpjfcl'-", max_size=13))
def test_the_number_of_guesses_is_bounded(word: str) -> None:
    spellings = kana_spellings(word)
    assert len(spellings) <= 3**4
    assert all("ァ" <= sign <= "ヿ" for spelling in spellings for sign in spelling)


def test_an_h_before_a_consonant_is_a_long_vowel() -> None:
    assert "オオノ" in kana_spellings("Ohno")
