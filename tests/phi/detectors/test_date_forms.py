from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.phi.detectors.date_forms import date_pattern, read_date

DAYS = st.dates(date(1868, 1, 25), date(2060, 12, 31))


@settings(deadline=None, max_examples=200)
@given(DAYS)
def test_every_day_is_read_from_and_found_in_its_western_forms(day: date) -> None:
    for form in (f"{day:%Y-%m-%d}", f"{day:%Y%m%d}", f"{day.year}年{day.month}月{day.day}日"):
        assert read_date(form) == day
        match = date_pattern(day).search(f"（{form}）")
        assert match is not None
        assert match.group() == form


@settings(deadline=None, max_examples=200)
@given(DAYS, DAYS)
def test_no_day_is_found_in_another(day: date, other: date) -> None:
    for form in (f"{other:%Y-%m-%d}", f"{other:%Y%m%d}", f"{other.year}/{other.month}/{other.day}"):
        assert (date_pattern(day).fullmatch(form) is not None) == (day == other)


@pytest.mark.parametrize(
    ("value", "day"),
    [
        ("昭和64年1月7日", date(1989, 1, 7)),
        ("平成元年1月8日", date(1989, 1, 8)),
        ("H31.4.30", date(2019, 4, 30)),
        ("令和元年5月1日", date(2019, 5, 1)),
        ("T1.7.30", date(1912, 7, 30)),
        ("明治45年7月29日", date(1912, 7, 29)),
        ("s300105", date(1955, 1, 5)),
        ("1955/1/5 0:00", date(1955, 1, 5)),
        ("1955-01-05 00:00:00", date(1955, 1, 5)),
    ],
)
def test_a_day_is_read_in_its_era_and_with_a_clock(value: str, day: date) -> None:
    assert read_date(value) == day


@pytest.mark.parametrize(
    "value", ["", "不明", "1955", "1955-01", "1955-02-30", "昭和", "5/1", "12345678901", "X30.1.5"]
)
def test_what_is_no_whole_date_is_none(value: str) -> None:
    assert read_date(value) is None


def test_the_last_day_of_an_era_is_not_written_in_the_next() -> None:
    assert date_pattern(date(1989, 1, 7)).search("昭和64年1月7日")
    assert not date_pattern(date(1989, 1, 7)).search("平成1年1月7日")
