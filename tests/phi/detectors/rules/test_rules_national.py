"""Numbers that a state gave to a person."""

from __future__ import annotations

import pytest
from ruled import found, spans, surfaces


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("123456789018", "123456789018"),
        ("個人番号：1234-5678-9018", "1234-5678-9018"),
        ("マイナンバー 1234 5678 9018", "1234 5678 9018"),
        ("マイナンバー 123456789012", "123456789012"),
        ("住民票コード 12345678901", "12345678901"),
        ("旅券番号 TK1234567", "TK1234567"),
        ("パスポートTK1234567", "TK1234567"),
        ("AB12345678CD", "AB12345678CD"),
        ("在留カード番号：ＡＢ１２３４５６７８ＣＤ", "ＡＢ１２３４５６７８ＣＤ"),
        ("基礎年金番号は1234－567890", "1234－567890"),
        ("免許証番号 第 305012345678 号", "305012345678"),
        ("SSN 123-45-6789", "123-45-6789"),
        ("BSN: 111222333", "111222333"),
    ],
)
def test_a_national_number_is_found(text: str, number: str) -> None:
    assert surfaces(text, "NATIONAL_ID") == [number]


def test_a_check_digit_is_strong_proof() -> None:
    assert spans("123456789018")[0].score >= 0.9


def test_a_wrong_check_digit_leaves_a_plain_number() -> None:
    assert found("123456789012") == [("ID", "123456789012")]


def test_nine_digits_are_a_bsn_in_dutch_text_only() -> None:
    assert surfaces("nummer 111222333", "NATIONAL_ID", language="nl") == ["111222333"]
    assert surfaces("111222333", "NATIONAL_ID") == []
