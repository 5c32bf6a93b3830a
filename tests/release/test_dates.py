from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.errors import ReleaseError
from sekisho.release.dates import parse_date, weekday_end
from sekisho.release.numerals import Numeral, widened


def shifted(surface: str, days: int, language: str = "ja") -> str:
    written = parse_date(surface, language)
    assert written is not None
    return written.write(written.near(date(2024, 6, 1)) + timedelta(days=days))


@pytest.mark.parametrize(
    ("surface", "days", "expected"),
    [
        ("2024年8月5日", 40, "2024年9月14日"),
        ("２０２４年８月５日", 40, "２０２４年９月１４日"),
        ("2024/08/05", -40, "2024/06/26"),
        ("2024/8/5", -30, "2024/7/6"),
        ("2024.8.5", 140, "2024.12.23"),
        ("2024-08-05", 40, "2024-09-14"),
        ("２０２４－０８－０５", 40, "２０２４－０９－１４"),
        ("20240805", 40, "20240914"),
        ("20231204-0930", 40, "20240113-0930"),
        ("2024-08-05T10:15", 40, "2024-09-14T10:15"),
        ("令和6年8月5日", 40, "令和6年9月14日"),
        ("R6.8.5", 40, "R6.9.14"),
        ("Ｒ６．８．５", 40, "Ｒ６．９．１４"),
        ("R06/08/05", 40, "R06/09/14"),
        ("R060805", 40, "R060914"),
        ("令6.8.5", 40, "令6.9.14"),
        ("昭和三十年一月十五日", 40, "昭和三十年二月二十四日"),
        ("二〇二四年八月五日", 40, "二〇二四年九月十四日"),
        ("2024年 8月 5日", 40, "2024年 9月 14日"),
        ("2024年8月5日(月)", 40, "2024年9月14日(土)"),
        ("2024年8月5日（月曜日）", 40, "2024年9月14日（土曜日）"),
        ("5 August 2024", 40, "14 September 2024"),
        ("Aug 5, 2024", 40, "Sep 14, 2024"),
        ("05AUG2024", 40, "14SEP2024"),
        ("8/5", 40, "9/14"),
        ("8月5日", 40, "9月14日"),
        ("2024年8月", 40, "2024年9月"),
        ("2024/08", 40, "2024/09"),
        ("'24/8/5", 200, "'25/2/21"),
        ("15/8/2024", 2, "17/8/2024"),
    ],
)
def test_a_shifted_date_keeps_its_form(surface: str, days: int, expected: str) -> None:
    assert shifted(surface, days) == expected


@pytest.mark.parametrize(
    ("surface", "days", "expected"),
    [
        ("令和元年5月10日", -30, "平成31年4月10日"),
        ("平成31年4月10日", 30, "令和元年5月10日"),
        ("H31.4.10", 30, "R1.5.10"),
        ("平成元年1月20日", -30, "昭和63年12月21日"),
        ("昭和64年1月3日", 30, "平成元年2月2日"),
        ("大正15年12月20日", 30, "昭和2年1月19日"),
        ("令和1年5月10日", 1, "令和1年5月11日"),
        ("令和元年12月1日", 60, "令和2年1月30日"),
        ("平成三十一年四月十日", 30, "令和元年五月十日"),
        ("平成31年", -365, "平成30年"),
        ("昭和64年1月", 40, "平成元年2月"),
    ],
)
def test_a_shift_respects_the_eras(surface: str, days: int, expected: str) -> None:
    assert shifted(surface, days) == expected


@pytest.mark.parametrize(
    "surface",
    [
        "令和35年1月1日",
        "2024/2/30",
        "2023年2月29日",
        "2024年13月1日",
        "2O23.l2.O5",
        "平成31年5月1日",
        "令和元年4月30日",
        "昭和65年1月1日",
        "8/5/2024",
        "昨年8月",
        "2024年度",
        "3ヶ月前",
        "450/80",
        "5 Brumaire 2024",
        "",
        "年月日",
        "1" * 500,
    ],
)
def test_what_is_no_certain_date_is_not_read(surface: str) -> None:
    assert parse_date(surface) is None


def test_the_order_of_day_and_month_follows_the_language() -> None:
    american, dutch = parse_date("8/5/2024", "en"), parse_date("8-5-2024", "nl")
    assert american is not None
    assert dutch is not None
    assert american.near(None) == date(2024, 8, 5)
    assert dutch.near(None) == date(2024, 5, 8)


def test_a_dutch_month_is_written_in_dutch() -> None:
    assert shifted("5 mei 2024", 61, "nl") == "5 juli 2024"
    assert shifted("12 apr 2024", -30, "nl") == "13 mrt 2024"


def test_a_day_without_a_year_is_taken_next_to_the_last_date() -> None:
    written = parse_date("12/28")
    assert written is not None
    assert written.near(date(2024, 1, 5)) == date(2023, 12, 28)
    with pytest.raises(ReleaseError):
        written.near(None)


def test_the_29th_of_february_without_a_year_is_in_a_leap_year() -> None:
    written = parse_date("2月29日")
    assert written is not None
    assert written.near(date(2023, 1, 5)) == date(2024, 2, 29)


@pytest.mark.parametrize(
    ("surface", "month", "year"),
    [
        ("1955年1月15日", "1955年1月", "1955年"),
        ("1955/01/15", "1955/01", "1955"),
        ("19550115", "195501", "1955"),
        ("S30.1.15", "S30.1", "S30年"),
        ("昭和三十年一月十五日", "昭和三十年一月", "昭和三十年"),
        ("Ｓ３０年１月１５日", "Ｓ３０年１月", "Ｓ３０年"),
        ("15 January 1955", "January 1955", "1955"),
        ("Jan 15, 1955", "Jan 1955", "1955"),
        ("1955年 1月 15日", "1955年 1月", "1955年"),
    ],
)
def test_a_date_is_cut_to_its_month_or_year_in_its_own_form(
    surface: str, month: str, year: str
) -> None:
    written = parse_date(surface)
    assert written is not None
    assert (written.to_month(), written.to_year()) == (month, year)


def test_a_day_without_a_year_has_no_month_of_a_year() -> None:
    written = parse_date("8/5")
    assert written is not None
    with pytest.raises(ReleaseError):
        written.to_month()
    with pytest.raises(ReleaseError):
        written.to_year()


@pytest.mark.parametrize("text", ["(月)", "（月）", "（月曜日）", " (Mon)", "（ 月 ）"])
def test_a_weekday_in_parentheses_behind_a_date_is_seen(text: str) -> None:
    assert weekday_end("8/5" + text + "受診", 3) == 3 + len(text)


def test_other_parentheses_behind_a_date_are_no_weekday() -> None:
    assert weekday_end("8/5(月経)", 3) == 3


days = st.dates(date(1930, 1, 1), date(2047, 12, 31))


@given(days, st.integers(-364, 364), st.sampled_from(["half", "full"]), st.sampled_from("/.-"))
@settings(deadline=None, max_examples=200)
def test_any_padded_date_is_shifted_by_exactly_the_days(
    day: date, step: int, width: str, separator: str
) -> None:
    def form(value: date) -> str:
        text = value.strftime(f"%Y{separator}%m{separator}%d")
        return widened(text) if width == "full" else text

    assert shifted(form(day), step) == form(day + timedelta(days=step))


@given(days, st.integers(-364, 364))
@settings(deadline=None, max_examples=200)
def test_a_shift_and_the_opposite_shift_give_the_same_day(day: date, step: int) -> None:
    surface = f"{day.year}年{day.month}月{day.day}日"
    assert shifted(shifted(surface, step), -step) == surface


@given(st.integers(1, 9999))
def test_a_kanji_number_is_read_as_it_is_written(value: int) -> None:
    text = Numeral.read("十").write(value)
    assert Numeral.read(text).value == value


def test_there_is_no_year_zero() -> None:
    assert parse_date("0年") is None


@given(st.text(alphabet="0123456789年月日/.-令和元平成SHR()（）月 〇一十二", max_size=30))
@settings(deadline=None, max_examples=300)
def test_no_surface_makes_the_reader_fail(surface: str) -> None:
    written = parse_date(surface)
    if written is not None and written.year is not None:
        written.write(written.near(None))
