"""The sex of a person when stated as such."""

from __future__ import annotations

import pytest
from ruled import found, surfaces


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("60歳男性", ["男性"]),
        ("生後4ヶ月の女児", ["女児"]),
        ("性別：男", ["男"]),
        ("性 別 女", ["女"]),
        ("性別 F", ["F"]),
        ("60歳 F", ["F"]),
        ("068Y/M", ["M"]),
        ("（60歳・男）", ["男"]),
        ("山田 女 1955年", ["女"]),
        ("5歳の女の子", ["女の子"]),
        ("67歳♀", ["♀"]),
        ("a 60-year-old woman", ["woman"]),
        ("69 y/o M with chest pain", ["M"]),
        ("geslacht: V", ["V"]),
        ("八十代女性", ["女性"]),
    ],
)
def test_a_stated_sex_is_found(text: str, expected: list[str]) -> None:
    assert surfaces(text, "SEX") == expected


@pytest.mark.parametrize(
    "text",
    [
        *["女性ホルモン、男性型脱毛", "女性化乳房", "男性に多い疾患", "東京女子医科大学"],
        *["長男、次女、三男", "男声", "20F catheter", "3F 病棟", "18F-FDG", "T M N", "女性外来"],
        *["60歳代の女性ホルモン補充"],
    ],
)
def test_what_is_no_sex_of_a_patient_stays(text: str) -> None:
    assert found(text, "SEX") == []
