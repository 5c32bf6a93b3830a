"""Postal codes."""

from __future__ import annotations

import pytest
from ruled import found, surfaces


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("〒150-0042 東京都", "〒150-0042"),
        ("〒１５０−００４２", "〒１５０−００４２"),
        ("〒1500042", "〒1500042"),
        ("郵便番号 1500042", "1500042"),
        ("100-0001 東京都千代田区", "100-0001"),
    ],
)
def test_a_postal_code_is_found(text: str, code: str) -> None:
    assert surfaces(text, "ADDRESS") == [code]


def test_a_dutch_postcode_is_found_in_dutch_text_only() -> None:
    assert surfaces("Amsterdam 1012 AB", "ADDRESS", language="nl") == ["1012 AB"]
    assert found("1012 AB", "ADDRESS") == []
    assert found("dosis 1000 MG", "ADDRESS", language="nl") == []


def test_a_short_number_with_a_hyphen_alone_is_no_postal_code() -> None:
    assert found("100-2000 回", "ADDRESS") == []
