"""Western dates: what is found, whole, and what is no date."""

from __future__ import annotations

import pytest
from ruled import found, surfaces


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("患者は2024/05/03に来院。", ["2024/05/03"]),
        ("2024-08-05 WBC 12,300", ["2024-08-05"]),
        ("2024.8.5〜8.12", ["2024.8.5", "8.12"]),
        ("２０２４年８月５日撮影", ["２０２４年８月５日"]),
        ("2024 年 8 月 5 日", ["2024 年 8 月 5 日"]),
        ("2024年\n8月5日", ["2024年\n8月5日"]),
        ("2024年8/5受診", ["2024年8/5"]),
        ("24年8月5日", ["24年8月5日"]),
        ("2024年8月に手術", ["2024年8月"]),
        ("2024/08: 3.8", ["2024/08"]),
        ("2024年8月上旬より", ["2024年8月上旬"]),
        ("8月5日(月)来院", ["8月5日"]),
        ("8月5日から7日まで", ["8月5日", "7日"]),
        ("8月5日、12日、19日に受診", ["8月5日", "12日", "19日"]),
        ("3月に受診", ["3月"]),
        ("2019年に発症", ["2019年"]),
        ("2010年代から", ["2010年代"]),
        ("2018年度健診", ["2018年度"]),
        ("2019〜2021年", ["2019", "2021年"]),
        ("since 2019, in 2020", ["2019", "2020"]),
        ("検査日 240805", ["240805"]),
        ("①2024年8月5日", ["2024年8月5日"]),
        ("2O23.l2.O5撮影", ["2O23.l2.O5"]),
        ("2O24年8月5日", ["2O24年8月5日"]),
    ],
)
def test_a_date_is_found_whole(text: str, expected: list[str]) -> None:
    assert surfaces(text, "DATE") == expected


@pytest.mark.parametrize(
    "text",
    [
        *["3ヶ月前、翌日、三年前", "10年前、5年生存率", "今年3月、昨年8月に手術"],
        *["TR/TE 2000/10", "TR/TE=600/15ms", "b=1000", "2000/10ms", "TE 2000"],
        *["大腸癌治療ガイドライン2019年版", "2024年間", "術後1日目、2日目", "1月1回"],
        *["42×35×38mm", "Ver 12.3.1", "12024年", "12345678mL", "99991301"],
    ],
)
def test_what_only_looks_like_a_date_stays(text: str) -> None:
    assert found(text, "DATE", "BIRTHDATE") == []


def test_a_compact_date_with_a_time_gives_both_parts() -> None:
    assert found("検査日:20231204-0930") == [("DATE", "20231204"), ("TIME", "0930")]
    assert found("20240805101530") == [("DATE", "20240805"), ("TIME", "101530")]


@pytest.mark.parametrize("text", ["CT値は平均19560120HU", "体積が19541101mm3", "値は19561001以上"])
def test_a_birth_date_in_the_disguise_of_a_measurement_is_found(text: str) -> None:
    assert [category for category, _ in found(text)] == ["BIRTHDATE"]
