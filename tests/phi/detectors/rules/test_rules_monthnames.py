"""Dates with the name of a month."""

from __future__ import annotations

import pytest
from ruled import found, surfaces


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("12 March 2024 admitted", "12 March 2024"),
        ("on March 12, 2024", "March 12, 2024"),
        ("12-Mar-24", "12-Mar-24"),
        ("5th of August 2024", "5th of August 2024"),
        ("Aug 2024", "Aug 2024"),
        ("Aug 5 clinic", "Aug 5"),
        ("opname 3 maart 2024", "3 maart 2024"),
        ("15 okt. 2023", "15 okt. 2023"),
    ],
)
def test_a_spelled_date_is_found(text: str, date: str) -> None:
    assert surfaces(text, "DATE") == [date]


@pytest.mark.parametrize("text", ["OCT 12", "may 5", "SEP 5 ms", "mar 3", "Decubitus 2", "March"])
def test_words_and_methods_stay(text: str) -> None:
    assert found(text, "DATE") == []
