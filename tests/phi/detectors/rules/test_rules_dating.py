"""BIRTHDATE or DATE: labels and neighbours decide."""

from __future__ import annotations

import pytest
from ruled import found, spans


@pytest.mark.parametrize(
    ("text", "birth"),
    [
        ("生年月日:1963年11月15日", "1963年11月15日"),
        ("生 年 月 日  1963/11/15", "1963/11/15"),
        ("生年月日\nS38.11.15", "S38.11.15"),
        ("DOB 01/15/1955", "01/15/1955"),
        ("geb. 03-05-1950", "03-05-1950"),
        ("1955.1.15生 69歳", "1955.1.15"),
        ("1963年11月15日（60歳）", "1963年11月15日"),
        ("平成元年生", "平成元年生"),
        ("昭和39年生まれの男性", "昭和39年生まれ"),
        ("2024年12月4日に出生", "2024年12月4日"),
        ("ｾｲﾈﾝｶﾞｯﾋﾟ S30.1.1", "S30.1.1"),
        ("生年月日 551115", "551115"),
    ],
)
def test_a_date_of_birth_is_told_by_its_label_or_neighbours(text: str, birth: str) -> None:
    assert ("BIRTHDATE", birth) in found(text)


@pytest.mark.parametrize(
    "text",
    ["2024年8月5日生検施行", "検査日 2024年8月5日(60歳時)", "生年月日 不明、検査日 2024/8/5"],
)
def test_another_date_near_by_stays_a_date(text: str) -> None:
    assert found(text, "BIRTHDATE") == []
    assert len(found(text, "DATE")) == 1


def test_a_label_makes_a_date_strong() -> None:
    assert spans("検査日 2024/8/5")[0].score >= 0.9
    assert spans("生年月日 2024/8/5")[0].score >= 0.9
