"""Numbers of insurance and public expense."""

from __future__ import annotations

import pytest
from ruled import found, surfaces


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("保険者番号：33120015", ["33120015"]),
        ("国保 138123", ["138123"]),
        ("記号・番号：1234・567（枝番）01", ["1234・567", "01"]),
        ("記号 12 番号 3456 枝番 00", ["12", "3456", "00"]),
        ("記号番号 東あ・123-4567", ["東あ・123-4567"]),
        ("被保険者証の記号 協会 番号 12345", ["12345"]),
        ("公費負担者番号 54016027 受給者番号 1234567", ["54016027", "1234567"]),
        ("介護保険被保険者番号0000123456", ["0000123456"]),
        ("保険証を確認（３３１２００１５）", ["３３１２００１５"]),
    ],
)
def test_an_insurance_number_is_found(text: str, expected: list[str]) -> None:
    assert surfaces(text, "INSURANCE") == expected


@pytest.mark.parametrize("text", ["記号は凡例参照", "健康保険証 2024年8月更新", "保険 3割負担"])
def test_a_label_without_a_number_finds_nothing(text: str) -> None:
    assert found(text, "INSURANCE") == []
