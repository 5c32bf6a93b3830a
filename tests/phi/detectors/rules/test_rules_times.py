"""The time of day, not a duration, a clock face or a ratio."""

from __future__ import annotations

import pytest
from ruled import found, surfaces


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("検査時刻：11:30", ["11:30"]),
        ("10:15:30", ["10:15:30"]),
        ("10時15分", ["10時15分"]),
        ("10時半に", ["10時半"]),
        ("午後3時頃より腹痛", ["午後3時頃"]),
        ("15時過ぎに帰宅", ["15時過ぎ"]),
        ("昨夜2時頃", ["2時頃"]),
        ("AM9:30~10:00", ["AM9:30~10:00"]),
        ("at 3 p.m.", ["3 p.m."]),
        ("検査時刻 1015", ["1015"]),
        ("2024/8/5 1015", ["1015"]),
        ("0時、6時、12時、18時に測定", ["0時", "6時", "12時", "18時"]),
        ("午後三時半に帰室", ["午後三時半"]),
        ("正午頃", ["正午頃"]),
    ],
)
def test_a_time_is_found(text: str, expected: list[str]) -> None:
    assert surfaces(text, "TIME") == expected


@pytest.mark.parametrize(
    "text",
    [
        *["左乳房6時方向に腫瘤", "3時から6時方向", "肛門の7時に痔核", "3時間後に撮影", "3時点"],
        *["抗核抗体 1:40", "1:10希釈", "I:E=1:20", "TR/TE 450/80", "S3:18mm", "10:1", "25:61"],
        *["一時的に改善", "同時に", "一時間後", "3時相造影", "1015", "三時のおやつ"],
    ],
)
def test_what_is_no_time_stays(text: str) -> None:
    assert found(text, "TIME") == []


def test_a_date_and_its_time_are_two_spans() -> None:
    assert found("2024/8/5 10:15") == [("DATE", "2024/8/5"), ("TIME", "10:15")]
