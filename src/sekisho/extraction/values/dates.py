"""Dates as reports write them, in one form: ``2024``, ``2024-05`` or ``2024-05-03``.

Read are western years and Japanese eras (令和6年5月3日, R6.5.3, 平成元年), kanji numerals
(二〇二四年五月三日), names of months in English and Dutch, 20240503, and numbers with signs between
them, in full width too. A weekday and a time of day beside the date are left out.

*Order.* A year of four digits in front is followed by month and day. With the year at the end,
``order`` says what comes first (``dmy``, ``mdy``); without it Dutch is read as ``dmy``, and
elsewhere such a date is read only when a single order makes a day of it.

*Years.* A year of two digits belongs to an era, or nobody knows its century. Days outside their era
(平成31年5月1日) do not exist; a year or month must share a day with it.

What states no year, more than one date, a limit (2024年以降) or a day that does not exist is
refused. No message of an error holds any of the text.
"""

from __future__ import annotations

import calendar
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from sekisho.documents.folding import fold
from sekisho.phi.detectors.rules.classes import HYPHENS, KANJI_NUMERALS
from sekisho.phi.detectors.rules.numbers import number
from sekisho.phi.wordtrie import trie

__all__ = ["read_date"]

#: Characters of a statement, at most.
_LONGEST = 100
_FIRST_YEAR, _LAST_YEAR = 1800, 2199

_EDGES = " ()[]{}、。,.;:=｡\"'「」"
_N = f"(?:[0-9]{{1,2}}|[{KANJI_NUMERALS}]{{1,4}})"
_YEAR = f"(?:[0-9]{{4}}|[{KANJI_NUMERALS}]{{4,8}})"
_SEP = f" ?[/.・{HYPHENS}] ?"
_MONTH_DAY = f"(?: ?(?P<m1>{_N}) ?月(?: ?(?P<d1>{_N}) ?日)?)?"
_SIGNED = f"(?P<sep>{_SEP})(?P<m2>[0-9]{{1,2}})(?:(?P=sep)(?P<d2>[0-9]{{1,2}}))?"
_TIME = (
    "(?:(?:[ ,t]{1,2}|(?<=[)日]))(?:(?:at|om) )?[0-9]{1,2}(?::[0-9]{2}){1,2}(?:[.,][0-9]{1,9})?"
    "(?: ?(?:am|pm|uur|z|[+-][0-9]{2}:?[0-9]{2}))?"
    "|[ ,]{1,2}(?:(?:at|om) )?[0-9]{1,2}(?:[.][0-9]{2})? ?(?:am|pm|uur)"
    "| ?(?:午前|午後)? ?[0-9]{1,2} ?時(?: ?[0-9]{1,2} ?分(?: ?[0-9]{1,2} ?秒)?|半)?"
    "| ?(?:午前|午後) ?[0-9]{1,2}:[0-9]{2})"
)


@dataclass(frozen=True, slots=True)
class _Era:
    year: int
    first: date
    last: date


def read_date(raw: str, *, language: str, order: str | None = None) -> str:
    """The date that ``raw`` states, as ISO 8601, as far as it is stated.

    ``order`` (``ymd``, ``mdy``, ``dmy``) is how 3/4/2024 is read; None: as is usual in
    ``language``. ``ymd`` says nothing about a year at the end.

    Raises ``ValueError`` when ``raw`` does not state exactly one date with its year, or one that
    does not exist.
    """
    if len(raw) > _LONGEST:
        raise ValueError("this is too long for a date")
    text = _bare(" ".join(fold(raw).text.split()).lower())
    for reader in (_with_era, _western, _compact, _named):
        if (found := reader(text)) is not None:
            return found
    if order is None and language == "nl":
        order = "dmy"
    if (found := _year_last(text, order)) is not None:
        return found
    raise ValueError(_why_not(text))


def _bare(text: str) -> str:
    """``text`` without a time, a weekday or a word beside the date."""
    text = _before().sub("", text.strip(_EDGES), count=1)
    return _behind().sub("", text, count=1).strip(_EDGES)


def _with_era(text: str) -> str | None:
    if (match := _era_pattern().fullmatch(text)) is None:
        return None
    era = _eras()[match["era"]]
    if six := match["six"]:
        count, month, day = int(six[:2]), _optional(six[2:4]), _optional(six[4:])
    else:
        count = number(match["y1"] or match["y2"] or match["y3"])
        month = _optional(match["m1"] or match["m2"])
        day = _optional(match["d1"] or match["d2"])
    if count < 1:
        raise ValueError("an era begins with its first year")
    year = era.year + count - 1
    if match["west"] and number(match["west"]) != year:
        raise ValueError("the two years of the date differ")
    found = _date(year, month, day)
    first, last = _ends(year, month, day)
    in_era = first <= era.last and last >= era.first
    if not in_era and not (month is None and era.year <= year <= era.last.year):
        raise ValueError("the date lies outside its era")
    return found


def _western(text: str) -> str | None:
    if (match := _western_pattern().fullmatch(text)) is None:
        return None
    year = number(match["y1"] or match["y2"])
    if match["era"]:
        count = number(match["count"])
        if count < 1 or _eras()[match["era"]].year + count - 1 != year:
            raise ValueError("the two years of the date differ")
    month, day = match["m1"] or match["m2"], match["d1"] or match["d2"]
    return _date(year, _optional(month), _optional(day))


def _compact(text: str) -> str | None:
    match = re.fullmatch("([12][0-9]{3})([0-9]{2})([0-9]{2})", text)
    return _date(*(int(part) for part in match.groups())) if match else None


def _named(text: str) -> str | None:
    for pattern in _named_patterns():
        if match := pattern.fullmatch(text):
            day = _optional(match.groupdict().get("d"))
            return _date(int(match["y"]), _months()[match["m"]], day)
    return None


def _year_last(text: str, order: str | None) -> str | None:
    match = re.fullmatch(f"([0-9]{{1,2}})(?:{_SEP}([0-9]{{1,2}}))?{_SEP}([0-9]{{4}})", text)
    if match is None:
        return None
    year = int(match[3])
    if match[2] is None:
        return _date(year, int(match[1]), None)
    a, b = int(match[1]), int(match[2])
    if order == "dmy":
        return _date(year, b, a)
    if order == "mdy":
        return _date(year, a, b)
    readings = set(_readings(year, a, b))
    if len(readings) > 1:
        raise ValueError("day and month of the date could be either, and no order is given")
    if not readings:
        raise ValueError("there is no such day")
    return readings.pop()


def _readings(year: int, a: int, b: int) -> Iterator[str]:
    for month, day in ((a, b), (b, a)):
        try:
            yield _date(year, month, day)
        except ValueError:
            continue


def _optional(written: str | None) -> int | None:
    return number(written) if written else None


def _date(year: int, month: int | None, day: int | None) -> str:
    """ISO 8601 of what is known; raises ``ValueError`` when no such day exists."""
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        raise ValueError("the year cannot be meant")
    if month is None:
        return f"{year:04}"
    if not 1 <= month <= 12:
        raise ValueError("there is no such month")
    if day is None:
        return f"{year:04}-{month:02}"
    if not 1 <= day <= calendar.monthrange(year, month)[1]:
        raise ValueError("there is no such day")
    return f"{year:04}-{month:02}-{day:02}"


def _ends(year: int, month: int | None, day: int | None) -> tuple[date, date]:
    """The first and the last day that a partial date can mean."""
    last_month = month or 12
    last_day = day or calendar.monthrange(year, last_month)[1]
    return date(year, month or 1, day or 1), date(year, last_month, last_day)


def _why_not(text: str) -> str:
    if not re.search(f"[0-9{KANJI_NUMERALS}元]", text):
        return "there is no date"
    if not re.search(f"[0-9]{{4}}|[{KANJI_NUMERALS}]{{4}}", text):
        return "the year of the date is not stated in full"
    return "this is not one date alone"


@cache
def _data() -> dict[str, Any]:
    source = files(__package__) / "dates.toml"
    return tomllib.loads(source.read_text(encoding="utf-8"))


@cache
def _eras() -> dict[str, _Era]:
    return {
        name: _Era(era["year"], era["first"], era["last"])
        for era in _data()["eras"]
        for name in era["names"]
    }


@cache
def _months() -> dict[str, int]:
    return {name: int(month) for month, names in _data()["months"].items() for name in names}


@cache
def _before() -> re.Pattern[str]:
    around = _data()["around"]
    word, weekday = trie(around["before"]), trie(around["weekdays"])
    return re.compile(f"^(?:西暦 ?|(?:{word} )?(?:{weekday}[.,]? )?(?:{word} )?)")


@cache
def _behind() -> re.Pattern[str]:
    around = _data()["around"]
    kanji = "".join(around["kanji"])
    weekday = f"(?:{trie(around['weekdays'])}|[{kanji}](?:曜日?|日)?)"
    return re.compile(
        f"(?: ?\\({weekday}(?:[・,、/]{weekday})?\\)?|,? {trie(around['weekdays'])}"
        f"|[ 、]?[{kanji}]曜日?)?{_TIME}?(?: ?{trie(around['after'])})?$"
    )


@cache
def _era_pattern() -> re.Pattern[str]:
    return re.compile(
        f"(?P<era>{trie(_eras())}) ?(?:"
        f"(?P<y1>元|{_N}) ?年(?: ?\\((?:西暦)?(?P<west>{_YEAR})年?\\))?{_MONTH_DAY}"
        f"|[.]?(?P<y2>元|[0-9]{{1,2}}){_SIGNED}|(?P<six>[0-9]{{6}})"
        f"|(?<=[治正和成])(?P<y3>元|{_N}))"
    )


@cache
def _western_pattern() -> re.Pattern[str]:
    era = f"(?: ?\\((?P<era>{trie(_eras())})(?P<count>元|{_N})年?\\))?"
    return re.compile(f"(?P<y1>{_YEAR}) ?年{era}{_MONTH_DAY}|(?P<y2>[0-9]{{4}})(?:{_SIGNED})?")


@cache
def _named_patterns() -> tuple[re.Pattern[str], ...]:
    month, year = f"(?P<m>{trie(_months())})[.]?", "(?P<y>[0-9]{4})"
    day, gap = "(?P<d>[0-9]{1,2})(?:st|nd|rd|th|e)?", f"[ ,./{HYPHENS}]{{0,3}}"
    written = (
        f"{day}(?: of)?{gap}{month}{gap}{year}",
        f"{month}{gap}{day}[ ,./{HYPHENS}]{{1,3}}{year}",
        f"{year}{gap}{month}(?:{gap}{day})?",
        f"{month}(?: of)?{gap}{year}",
    )
    return tuple(re.compile(pattern) for pattern in written)
