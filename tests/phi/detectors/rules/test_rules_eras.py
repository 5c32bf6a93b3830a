"""Dates by era, by its letter, and in kanji numerals."""

from __future__ import annotations

import pytest
from ruled import found, surfaces


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("令和元年5月1日に入院", ["令和元年5月1日"]),
        ("㋿6年8月5日", ["㋿6年8月5日"]),
        ("平成30年度健診", ["平成30年度"]),
        ("令和6.8から", ["令和6.8"]),
        ("令6.8.5", ["令6.8.5"]),
        ("昭38年", ["昭38年"]),
        ("R6.8.5 手術", ["R6.8.5"]),
        ("Ｒ６．８．５に", ["Ｒ６．８．５"]),
        ("R6/8/5外来、R6年9月2日再診", ["R6/8/5", "R6年9月2日"]),
        ("H30.4頃より", ["H30.4"]),
        ("H25年、S40年頃", ["H25年", "S40年"]),
        ("昭和五十五年三月", ["昭和五十五年三月"]),
        ("二〇二四年八月五日", ["二〇二四年八月五日"]),
        ("二千二十四年八月五日", ["二千二十四年八月五日"]),
        ("八月五日受診", ["八月五日"]),
    ],
)
def test_a_date_by_era_is_found_whole(text: str, expected: list[str]) -> None:
    assert surfaces(text, "DATE") == expected


@pytest.mark.parametrize(
    "text",
    [
        *["S6/8/10に結節", "S5/8腫瘤", "T1/2/3", "T10.5.6", "ICD-10 H25.3", "S38.1"],
        *["水平5年", "拡大3", "三年前、十年来", "三月前", "H2O"],
    ],
)
def test_segments_codes_and_durations_stay(text: str) -> None:
    assert found(text, "DATE", "BIRTHDATE") == []
