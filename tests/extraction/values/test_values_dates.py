from __future__ import annotations

import calendar
import contextlib
import re
from datetime import date, timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sekisho.extraction.values.dates import read_date


@pytest.mark.parametrize(
    ("raw", "iso"),
    [
        ("2024", "2024"),
        ("2024年", "2024"),
        ("西暦2024年", "2024"),
        ("二〇二四年", "2024"),
        ("2024-05", "2024-05"),
        ("2024/5", "2024-05"),
        ("2024.5", "2024-05"),
        ("2024年5月", "2024-05"),
        ("2024年5月上旬", "2024-05"),
        ("2024年5月頃", "2024-05"),
        ("2024-05-03", "2024-05-03"),
        ("2024/5/3", "2024-05-03"),
        ("2024.5.3", "2024-05-03"),
        ("2024 / 05 / 03", "2024-05-03"),
        ("２０２４．５．３", "2024-05-03"),
        ("20240503", "2024-05-03"),
        ("2024年5月3日", "2024-05-03"),
        ("2024 年 5 月 3 日", "2024-05-03"),
        ("2024年5月\n3日", "2024-05-03"),
        ("２０２４年５月３日", "2024-05-03"),
        ("二〇二四年五月三日", "2024-05-03"),
        ("二千二十四年十二月三十一日", "2024-12-31"),
        ("2024年(令和6年)5月3日", "2024-05-03"),
        ("令和6年（2024年）5月3日", "2024-05-03"),
        # eras
        ("令和6年5月3日", "2024-05-03"),
        ("令和６年５月３日", "2024-05-03"),
        ("令和六年五月三日", "2024-05-03"),
        ("㋿6年5月", "2024-05"),
        ("R6.5.3", "2024-05-03"),
        ("Ｒ６．５．３", "2024-05-03"),
        ("r6/5/3", "2024-05-03"),
        ("R06-05-03", "2024-05-03"),
        ("R060503", "2024-05-03"),
        ("R6年5月3日", "2024-05-03"),
        ("令6.5.3", "2024-05-03"),
        ("令和6", "2024"),
        ("R6年", "2024"),
        ("H25.3", "2013-03"),
        ("平成元年", "1989"),
        ("H元年2月", "1989-02"),
        ("平成二十九年十二月", "2017-12"),
        ("S38.11.15", "1963-11-15"),
        ("昭和38年11月15日生", "1963-11-15"),
        ("T12.9.1", "1923-09-01"),
        ("M45.7.30", "1912-07-30"),
        # names of months
        ("5 May 2024", "2024-05-05"),
        ("5 may 2024", "2024-05-05"),
        ("05-May-2024", "2024-05-05"),
        ("5th of May 2024", "2024-05-05"),
        ("May 5, 2024", "2024-05-05"),
        ("May 5th 2024", "2024-05-05"),
        ("2024 May 5", "2024-05-05"),
        ("May 2024", "2024-05"),
        ("Sept. 2024", "2024-09"),
        ("3 mei 2024", "2024-05-03"),
        ("3 mrt. 2024", "2024-03-03"),
        ("augustus 2024", "2024-08"),
        # times and weekdays
        ("2024年5月3日(金) 10:30", "2024-05-03"),
        ("2024年5月3日（金曜日）", "2024-05-03"),
        ("2024年5月3日（金・祝）午前10時半頃", "2024-05-03"),
        ("2024年5月3日金曜日10時30分", "2024-05-03"),
        ("2024/05/03 9:05", "2024-05-03"),
        ("2024/5/3(金)9:05:00", "2024-05-03"),
        ("2024-05-03T10:30:00+09:00", "2024-05-03"),
        ("2024-05-03T10:30:00Z", "2024-05-03"),
        ("2024-05-03 10:30:00.000", "2024-05-03"),
        ("Friday, 3 May 2024", "2024-05-03"),
        ("3 May 2024 at 10:30 am", "2024-05-03"),
        ("vrijdag 3 mei 2024 om 10.30 uur", "2024-05-03"),
        ("d.d. 3 mei 2024", "2024-05-03"),
        ("(2024-05-03)", "2024-05-03"),
        ("2024年5月3日。", "2024-05-03"),
        # a year at the end that leaves no choice
        ("13/05/2024", "2024-05-13"),
        ("05/13/2024", "2024-05-13"),
        ("05-05-2024", "2024-05-05"),
        ("05/2024", "2024-05"),
    ],
)
def test_a_date_is_read_in_every_form(raw: str, iso: str) -> None:
    for language in ("ja", "en"):
        assert read_date(raw, language=language) == iso


@pytest.mark.parametrize(
    ("raw", "language", "order", "iso"),
    [
        ("03-05-2024", "nl", None, "2024-05-03"),
        ("3/5/2024", "nl", None, "2024-05-03"),
        ("3.5.2024", "en", "dmy", "2024-05-03"),
        ("3/5/2024", "en", "mdy", "2024-03-05"),
        ("3/5/2024", "ja", "dmy", "2024-05-03"),
        ("3/5/2024", "nl", "mdy", "2024-03-05"),
        ("13/5/2024", "en", "ymd", "2024-05-13"),
        ("2024-05-03", "en", "dmy", "2024-05-03"),
        ("2024/5/3", "nl", "mdy", "2024-05-03"),
    ],
)
def test_numbers_before_the_year_are_read_in_the_order_that_is_given_or_usual(
    raw: str, language: str, order: str | None, iso: str
) -> None:
    assert read_date(raw, language=language, order=order) == iso


@pytest.mark.parametrize(
    ("raw", "language", "order"),
    [
        ("3/5/2024", "en", None),
        ("3/5/2024", "ja", None),
        ("3/5/2024", "en", "ymd"),
        ("3/5/2024", "nl", "ymd"),
        ("13/5/2024", "en", "mdy"),
        ("5/13/2024", "nl", None),
        ("31-04-2024", "nl", None),
        ("13/13/2024", "en", None),
    ],
)
def test_an_order_is_never_guessed(raw: str, language: str, order: str | None) -> None:
    with pytest.raises(ValueError):
        read_date(raw, language=language, order=order)


@pytest.mark.parametrize(
    "raw",
    [
        *(
            "2024-02-30",
            "2023-02-29",
            "2024-13",
            "2024年13月",
            "2024年4月31日",
            "20241301",
            "2024-00",
        ),
        *("令和0年", "令和00年5月", "平成31年5月1日", "平成32年", "令和元年4月30日", "令和元年4月"),
        *("昭和64年1月8日", "昭和65年", "平成元年1月7日", "大正16年", "S64.2.1", "明治5年12月1日"),
        *("明治46年", "R6.13.1", "R061301", "0999年", "3024年"),
        *("2024年(令和5年)5月3日", "令和6年(2023年)5月3日"),
    ],
)
def test_a_day_that_does_not_exist_is_no_date(raw: str) -> None:
    with pytest.raises(ValueError):
        read_date(raw, language="ja")


@pytest.mark.parametrize(
    "raw",
    [
        *(
            "5月3日",
            "5月",
            "5/3",
            "24/5/3",
            "'24/5/3",
            "05-03-24",
            "May 5",
            "3 mei",
            "5 May 24",
            "R6",
        ),
        *(
            "",
            " ",
            "結節",
            "昨日",
            "3日前",
            "今年5月",
            "平成",
            "年",
            "月",
            "去年",
            "yesterday",
            "May",
        ),
        *("2024年以降", "2024年度", "2024年まで", "before 2024", "since May 2024", "2024?"),
        *("2024年5月3日〜5日", "2024/5/3-2024/5/10", "2024-2025", "2023年と2024年", "2024/5.3"),
        *("2024年5月3日から", "検査日2024年5月3日", "2024.5.3.1", "120240503", "2024-5-3-1"),
        *("1" * 500, "2024-05-03 25", "2024年" * 10),
    ],
)
def test_what_is_not_one_date_with_its_year_is_refused(raw: str) -> None:
    for language in ("ja", "en", "nl"):
        with pytest.raises(ValueError):
            read_date(raw, language=language)


@pytest.mark.parametrize(
    "raw", ["山田2024", "平成99年", "山田", "5月3日", "2024年13月山田", "3/5/2024"]
)
def test_no_error_tells_what_was_written(raw: str) -> None:
    with pytest.raises(ValueError) as caught:
        read_date(raw, language="ja")
    assert not re.search("[0-9]", str(caught.value))
    assert str(caught.value).isascii()


@pytest.mark.parametrize(
    ("day", "era"),
    [
        (date(1912, 7, 30), "大正元年"),
        (date(1926, 12, 24), "大正15年"),
        (date(1926, 12, 25), "昭和元年"),
        (date(1989, 1, 7), "昭和64年"),
        (date(1989, 1, 8), "平成元年"),
        (date(2019, 4, 30), "平成31年"),
        (date(2019, 5, 1), "令和元年"),
    ],
)
def test_an_era_begins_and_ends_on_its_day(day: date, era: str) -> None:
    assert read_date(f"{era}{day.month}月{day.day}日", language="ja") == day.isoformat()


ERAS = (
    ("令和", "R", date(2019, 5, 1)),
    ("平成", "H", date(1989, 1, 8)),
    ("昭和", "S", date(1926, 12, 25)),
    ("大正", "T", date(1912, 7, 31)),
    ("明治", "M", date(1873, 1, 1)),
)
FIGURES = "〇一二三四五六七八九"
DUTCH = "januari februari maart april mei juni juli augustus september oktober november december"


def kanji(number: int) -> str:
    tens, ones = divmod(number, 10)
    return (FIGURES[tens] if tens > 1 else "") + "十" * bool(tens) + (FIGURES[ones] if ones else "")


def forms(day: date) -> list[str]:
    """``day`` as reports write it."""
    name, letter, first = next(era for era in ERAS if day >= era[2])
    count = day.year - (1868 if name == "明治" else first.year) + 1
    in_kanji = "".join(FIGURES[int(figure)] for figure in str(day.year))
    wide = str.maketrans({code: code + 0xFEE0 for code in range(0x21, 0x7F)})
    weekday = "月火水木金土日"[day.weekday()]
    western = f"{day.year}年{day.month}月{day.day}日"
    english = f"{day.day} {calendar.month_name[day.month]} {day.year}"
    written_era = "元" if count == 1 else str(count)
    return [
        day.isoformat(),
        f"{day:%Y%m%d}",
        f"{day.year}/{day.month}/{day.day}",
        f"{day.year}.{day.month:02}.{day.day:02}",
        western,
        western.translate(wide),
        f"{western}（{weekday}）10:30",
        f"{western}{weekday}曜日 午後3時",
        f"{in_kanji}年{kanji(day.month)}月{kanji(day.day)}日",
        f"{name}{written_era}年{day.month}月{day.day}日",
        f"{name}{written_era}年{day.month}月{day.day}日".translate(wide),
        f"{name}{'元' if count == 1 else kanji(count)}年{kanji(day.month)}月{kanji(day.day)}日",
        f"{letter}{count}.{day.month}.{day.day}",
        f"{letter}{count:02}{day:%m%d}",
        f"{letter.lower()}{count}年{day.month}月{day.day}日",
        f"{name[0]}{count}/{day.month}/{day.day}",
        english,
        f"{calendar.day_name[day.weekday()]}, {english}",
        f"{calendar.month_abbr[day.month]} {day.day}, {day.year}",
        f"{day.day} {DUTCH.split()[day.month - 1]} {day.year}",
        f"{day.isoformat()}T23:59:59+09:00",
    ]


@settings(deadline=None, max_examples=300)
@given(st.dates(date(1873, 1, 1), date(2099, 12, 31)))
def test_every_form_of_a_day_is_read_back(day: date) -> None:
    for language in ("ja", "en", "nl"):
        for form in forms(day):
            assert read_date(form, language=language) == day.isoformat(), form
    assert read_date(f"{day:%d-%m-%Y}", language="nl") == day.isoformat()
    assert read_date(f"{day:%m/%d/%Y}", language="en", order="mdy") == day.isoformat()
    assert read_date(f"{day.year}年{day.month}月", language="ja") == f"{day:%Y-%m}"
    assert read_date(f"{day.year}", language="ja") == f"{day:%Y}"


@settings(deadline=None, max_examples=200)
@given(st.sampled_from(ERAS[:4]), st.integers(2, 360))
def test_a_day_of_the_first_year_before_its_era_is_never_read(
    era: tuple[str, str, date], before: int
) -> None:
    name, letter, first = era
    earlier = first - timedelta(days=before)
    assume(earlier.year == first.year)
    for written in (f"{name}元年{earlier.month}月{earlier.day}日", f"{letter}01{earlier:%m%d}"):
        with pytest.raises(ValueError, match="era"):
            read_date(written, language="ja")


@settings(deadline=None, max_examples=500)
@given(
    st.text("0123456789年月日/-. 令和RH元五十(金)Tt:May,de", max_size=20),
    st.sampled_from(["ja", "en", "nl"]),
)
def test_whatever_is_read_is_a_date(text: str, language: str) -> None:
    with contextlib.suppress(ValueError):
        found = read_date(text, language=language)
        parts = [int(part) for part in found.split("-")]
        assert date(*([*parts, 1, 1])[:3])
        assert re.fullmatch("[0-9]{4}(-[0-9]{2}){0,2}", found)
