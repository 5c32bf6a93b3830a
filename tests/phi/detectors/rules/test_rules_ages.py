"""Ages of persons, not of pregnancies or in guidelines."""

from __future__ import annotations

import pytest
from ruled import found, surfaces


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("60歳男性", ["60歳"]),
        ("６０ 才", ["６０ 才"]),
        ("1歳6か月健診", ["1歳6か月"]),
        ("2歳半の男の子", ["2歳半"]),
        ("生後4ヶ月の女児", ["生後4ヶ月"]),
        ("生後14日 男児", ["生後14日"]),
        ("10ヶ月女児", ["10ヶ月"]),
        ("80代女性", ["80代"]),
        ("50歳代", ["50歳代"]),
        ("日齢5、月齢3", ["日齢5", "月齢3"]),
        ("満六十歳", ["満六十歳"]),
        ("二十代", ["二十代"]),
        ("享年85", ["享年85"]),
        ("068Y", ["068Y"]),
        ("年齢 69", ["69"]),
        ("60 y.o. male", ["60 y.o."]),
        ("a 60-year-old woman", ["60-year-old"]),
        ("74-jarige man", ["74-jarige"]),
        ("65F with fever", ["65"]),
        ("女/45", ["45"]),
    ],
)
def test_an_age_is_found(text: str, expected: list[str]) -> None:
    assert surfaces(text, "AGE") == expected


@pytest.mark.parametrize(
    "text",
    [
        *["在胎38週2日で出生", "修正37週1日", "妊娠30週4日", "18歳以上、65歳未満", "80代謝"],
        *["SpO2 90台", "脈拍80台", "3ヶ月前", "30年来", "第三者、十代目", "999歳", "18F-FDG"],
    ],
)
def test_what_is_no_age_stays(text: str) -> None:
    assert found(text, "AGE") == []
