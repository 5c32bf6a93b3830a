"""One known day in every form a hospital writes it: western, era and kanji numerals, any signs.

1955-01-15 is also 1955年1月15日, 19550115, '55/1/15, S30.1.15, 昭30-01-15, 昭和三十年一月十五日 and
昭和三〇年一月一五日.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

__all__ = ["date_pattern", "read_date"]

#: Name, letter and first day of each era (source: National Astronomical Observatory of Japan).
_ERAS = (
    ("令和", "R", date(2019, 5, 1)),
    ("平成", "H", date(1989, 1, 8)),
    ("昭和", "S", date(1926, 12, 25)),
    ("大正", "T", date(1912, 7, 30)),
    ("明治", "M", date(1868, 1, 25)),
)
_CLOCK = "(?:[ T]{1,3}[0-9]{1,2}:[0-9]{1,2}(?::[0-9]{1,2}(?:[.][0-9]{1,9})?)?)?"
_WESTERN = re.compile(
    f"([12][0-9]{{3}})[^0-9]{{0,3}}([0-9]{{1,2}})[^0-9]{{0,3}}([0-9]{{1,2}})(?:{_CLOCK}|[^0-9]{{0,12}})"
)
_ERA = re.compile(
    "(明治|大正|昭和|平成|令和|[明大昭平令MTSHRmtshr])[ .]?"
    f"(?:([0-9]{{1,2}}|元)[^0-9]{{1,3}}([0-9]{{1,2}})[^0-9]{{1,3}}([0-9]{{1,2}})|([0-9]{{2}})([0-9]{{2}})([0-9]{{2}}))"
    f"(?:{_CLOCK}|[^0-9]{{0,12}})"
)
_KANJI_DIGITS = "〇一二三四五六七八九"
_NUMERALS = f"0-9{_KANJI_DIGITS}十"
_SIGN = r"[ ]{0,2}[年月/.,・\-‐-―ー−][ ]{0,2}|[ ]{1,3}"


def read_date(value: str) -> date | None:
    """The day that a folded ``value`` of a record states, or None when it is no whole date."""
    western = _WESTERN.fullmatch(value)
    era = _ERA.fullmatch(value)
    try:
        if western is not None:
            return date(int(western[1]), int(western[2]), int(western[3]))
        if era is not None:
            written, month, day = (era[2], era[3], era[4]) if era[2] else (era[5], era[6], era[7])
            for name, letter, first in _ERAS:
                if era[1].upper() in (name, name[0], letter):
                    year = 1 if written == "元" else int(written)
                    return date(first.year + year - 1, int(month), int(day))
    except ValueError:
        return None
    return None


def date_pattern(day: date) -> re.Pattern[str]:
    """Matches ``day`` in folded, lower-cased text, and no longer number that holds it."""
    month, of_month = _written(day.month), _written(day.day)
    years = "|".join(sorted(_years(day), key=len, reverse=True))
    compact = "|".join(sorted(_compact_years(day)))
    return re.compile(
        f"(?<![{_NUMERALS}a-z])(?:"
        f"(?:{years})(?:{_SIGN}){month}(?:{_SIGN}){of_month}(?![{_NUMERALS}])(?:[ ]{{0,2}}日)?"
        f"|(?:{compact}){day:%m%d}(?![0-9]))"
    )


def _years(day: date) -> Iterator[str]:
    yield f"{day.year}"
    yield _positional(day.year)
    yield f"['’]?{day.year % 100:02}"
    for name, letter, year in _eras_of(day):
        numbers = {f"0?{year}" if year < 10 else f"{year}", _read(year), _positional(year)}
        if year == 1:
            numbers.add("元")
        number = f"(?:{'|'.join(sorted(numbers))})"
        yield f"(?:{name}|{name[0]})[ .]?{number}"
        yield f"{letter.lower()}[ .]?{number}"


def _compact_years(day: date) -> Iterator[str]:
    yield f"{day.year}"
    for name, letter, year in _eras_of(day):
        yield f"{name}{year:02}"
        yield f"{letter.lower()}{year:02}"


def _eras_of(day: date) -> Iterator[tuple[str, str, int]]:
    for name, letter, first in _ERAS:
        if day >= first:
            yield name, letter, day.year - first.year + 1
            return


def _written(number: int) -> str:
    forms = {f"0?{number}" if number < 10 else f"{number}", _read(number), _positional(number)}
    return f"(?:{'|'.join(sorted(forms, key=len, reverse=True))})"


def _positional(number: int) -> str:
    """Digit by digit: 一九五五, 三〇."""
    return "".join(_KANJI_DIGITS[int(digit)] for digit in str(number))


def _read(number: int) -> str:
    """1..99 as it is read: 三十八, 十, 五."""
    tens, ones = divmod(number, 10)
    return (
        ("" if tens < 2 else _KANJI_DIGITS[tens])
        + ("十" if tens else "")
        + (_KANJI_DIGITS[ones] if ones else "")
    )
