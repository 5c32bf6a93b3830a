"""Which script a surface is written in."""

from __future__ import annotations

import pytest

from sekisho.evaluation.script import Script, script


@pytest.mark.parametrize(
    ("surface", "expected"),
    [
        ("架空花子", Script.KANJI),
        ("架空　花子", Script.KANJI),
        ("佐々木", Script.KANJI),
        ("髙﨑𠮷", Script.KANJI),
        ("昭和三十年一月十五日", Script.KANJI),
        ("〇三－一二三四－五六七八", Script.KANJI),
        ("龍ヶ崎", Script.KANJI),
        ("ヶ", Script.KATAKANA),
        ("さとう", Script.HIRAGANA),
        ("らーめん", Script.HIRAGANA),
        ("スズキ", Script.KATAKANA),
        ("ｽｽﾞｷ ｲﾁﾛｰ", Script.KATAKANA),
        ("ジョン・スミス", Script.KATAKANA),
        ("YAMADA^TARO", Script.ROMAJI),
        ("Ｋ．Ｔ．", Script.ROMAJI),
        ("José", Script.ROMAJI),
        ("03-1234-5678", Script.DIGITS),
        ("２０２４／０５／０３", Script.DIGITS),
        ("2024年5月3日", Script.MIXED),
        ("068Y", Script.MIXED),
        ("鈴木イチロー", Script.MIXED),
        ("みどりヶ丘", Script.MIXED),
        ("山ノ内", Script.MIXED),
        ("김", Script.OTHER),
        ("---", Script.OTHER),
        ("", Script.OTHER),
    ],
)
def test_a_surface_has_the_script_of_its_characters(surface: str, expected: Script) -> None:
    assert script(surface) is expected
