"""Numerals."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.phi.detectors.rules.numbers import digits_only, kanji_number, number

_DIGITS = "〇一二三四五六七八九"


def spelled(value: int) -> str:
    """``value`` below 10,000 in the positional system: 2024 -> 二千二十四."""
    text = ""
    for power, sign in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = value // power % 10
        if digit:
            text += ("" if digit == 1 and sign else _DIGITS[digit]) + sign
    return text


@given(st.integers(1, 9999))
def test_a_numeral_is_read_in_both_systems(value: int) -> None:
    assert kanji_number(spelled(value)) == value
    assert kanji_number("".join(_DIGITS[int(digit)] for digit in str(value))) == value


def test_the_first_year_of_an_era_is_one() -> None:
    assert kanji_number("元") == 1


@pytest.mark.parametrize("text", ["", "年", "三x"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        kanji_number(text)


def test_digits_of_either_script_are_numbers() -> None:
    assert number("38") == number("三十八") == 38


def test_only_ascii_digits_count_as_digits() -> None:
    assert digits_only("03-12(34) 五６") == "031234"
