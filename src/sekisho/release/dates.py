"""Dates as they are written: read with their form, written again in the same form.

A form is width, kanji numerals, era notation, zero padding and separators. What is not understood
without a doubt (an OCR slip, a day that no calendar has, a year outside its era) is not read at
all: the caller then hides it instead of changing it.

Eras begin as the cabinet's 元号 orders say (明治 1868-01-25, 大正 1912-07-30, 昭和 1926-12-25,
平成 1989-01-08, 令和 2019-05-01).
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from typing import Literal

from sekisho.errors import ReleaseError
from sekisho.release.numerals import KANJI, Numeral, narrowed, widened
from sekisho.release.wordlists import rows

__all__ = ["EARLIEST", "LATEST", "WrittenDate", "parse_date", "weekday_end"]

Precision = Literal["day", "month", "year", "month-day"]

_ERAS = (
    ("明治", "M", date(1868, 1, 25)),
    ("大正", "T", date(1912, 7, 30)),
    ("昭和", "S", date(1926, 12, 25)),
    ("平成", "H", date(1989, 1, 8)),
    ("令和", "R", date(2019, 5, 1)),
)

EARLIEST = _ERAS[0][2]
#: A clinical record does not plan further ahead than this; 令和35年 (2053) is a slip.
LATEST = date(2049, 12, 31)

_WEEKDAYS = "月火水木金土日"
_ENGLISH_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

_GAP = "[ \t\r\n]{0,3}"
_ERA = "(?P<era>明治|大正|昭和|平成|令和|[明大昭平令]|[MTSHRmtshr])"
_WITH_ERA = f"(?:{_ERA}{_GAP}[.]?)?"
_YEAR = f"(?P<y>[0-9]{{1,4}}|[{KANJI}]{{1,8}}|元)"
_MONTH = f"(?P<m>[0-9]{{1,2}}|[{KANJI}]{{1,3}})"
_DAY = f"(?P<d>[0-9]{{1,2}}|[{KANJI}]{{1,3}})"
_SEP = f"(?P<sep>{_GAP}[-./・‐‑‒–—−ー]{_GAP})"
_WEEKDAY = (
    f"(?P<weekday>{_GAP}[(]{_GAP}(?:(?P<w>[{_WEEKDAYS}])(?:曜日?)?"
    f"|(?P<ew>{'|'.join(_ENGLISH_DAYS)})[.]?){_GAP}[)])"
)
_CLOCK = "(?P<clock>[-T_ ]{1,2}[0-9]{4}(?:[0-9]{2})?|[T ]{1,2}[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?)"
_BORN = "(?:生まれ|生れ|生)?"
_WORD = "(?P<word>[A-Za-zé]{3,9}[.]?)"

#: Layouts from the most to the least explicit; the first that fits the whole surface counts.
_LAYOUTS = tuple(
    re.compile(f"{body}{_WEEKDAY}?{_CLOCK}?{_BORN}")
    for body in (
        f"{_WITH_ERA}{_YEAR}{_GAP}年{_GAP}{_MONTH}{_GAP}月{_GAP}{_DAY}{_GAP}日?",
        f"{_WITH_ERA}{_YEAR}{_GAP}年{_GAP}{_MONTH}{_GAP}月",
        f"{_WITH_ERA}{_YEAR}{_GAP}年",
        f"{_MONTH}{_GAP}月{_GAP}{_DAY}{_GAP}日?",
        f"{_ERA}{_GAP}[.]?{_YEAR}{_SEP}{_MONTH}(?P=sep){_DAY}日?",
        f"(?P<y>[0-9]{{4}}|[{KANJI}]{{4}}){_SEP}{_MONTH}(?P=sep){_DAY}日?",
        f"(?P<first>[0-9]{{1,2}}){_SEP}(?P<second>[0-9]{{1,2}})(?P=sep)(?P<y>[0-9]{{4}})",
        f"['’]?(?P<y>[0-9]{{2}}){_SEP}{_MONTH}(?P=sep){_DAY}日?",
        f"{_ERA}{_GAP}[.]?{_YEAR}{_SEP}{_MONTH}",
        f"(?P<y>[0-9]{{4}}|[{KANJI}]{{4}}){_SEP}{_MONTH}",
        f"{_MONTH}{_SEP}{_DAY}日?",
        "(?P<compact>(?P<y>[0-9]{4})(?P<m>[0-9]{2})(?P<d>[0-9]{2}))",
        f"{_ERA}(?P<compact>(?P<y>[0-9]{{2}})(?P<m>[0-9]{{2}})(?P<d>[0-9]{{2}}))",
        "(?P<compact>(?P<y>(?:19|20)[0-9]{2})(?P<m>0[1-9]|1[0-2]))",
        "(?P<compact>(?P<y>[0-9]{2})(?P<m>[0-9]{2})(?P<d>[0-9]{2}))",
        f"{_ERA}{_GAP}[.]?{_YEAR}",
        "(?P<y>(?:18|19|20)[0-9]{2})",
        f"(?P<d>[0-9]{{1,2}})(?:[-. ]{{0,2}}){_WORD}(?:[-. ]{{0,2}})(?P<y>[0-9]{{4}})",
        f"{_WORD} {{1,2}}(?P<d>[0-9]{{1,2}}),? {{1,2}}(?P<y>[0-9]{{4}})",
        f"{_WORD},? {{0,2}}(?P<y>[0-9]{{4}})",
        f"(?P<d>[0-9]{{1,2}}) {{1,2}}{_WORD}",
        f"{_WORD} {{1,2}}(?P<d>[0-9]{{1,2}})",
    )
)

_AFTER = re.compile(_WEEKDAY)


@cache
def _month_words(preferred: str) -> dict[str, tuple[int, int, str]]:
    """Each month word in lower case with its month, its column (form) and its language.

    Where two languages share a word (april), ``preferred`` has it, else the first in the list.
    """
    words: dict[str, tuple[int, int, str]] = {}
    for language, number, *forms in sorted(rows("months"), key=lambda row: row[0] != preferred):
        for form, word in enumerate(forms):
            words.setdefault(word.lower(), (int(number), form, language))
    return words


def _era_of(text: str) -> int:
    return next(i for i, era in enumerate(_ERAS) if text.upper() in (era[0], era[0][0], era[1]))


@dataclass(frozen=True, slots=True)
class WrittenDate:
    """A date read from ``surface``; the parts that the surface leaves out are None.

    ``places`` holds the range of each part in the surface (era, y, m, d, w, ew, word, clock).
    """

    surface: str = field(repr=False)
    year: int | None = field(repr=False)
    month: int | None = field(repr=False)
    day: int | None = field(repr=False)
    places: Mapping[str, tuple[int, int]]
    compact: bool
    language: str = "ja"

    @property
    def precision(self) -> Precision:
        """How much of a date it is."""
        if self.year is None:
            return "month-day"
        if self.month is None:
            return "year"
        return "month" if self.day is None else "day"

    @property
    def clock(self) -> bool:
        """Whether a clock time is glued to it."""
        return "clock" in self.places

    def near(self, reference: date | None) -> date:
        """The day that stands for it.

        The 15th stands for a month and the 1st of July for a year. A month and day without a year
        are taken in the year that brings them next to ``reference``. Raises ``ReleaseError`` when
        that is needed and missing.
        """
        if self.year is not None:
            return date(self.year, self.month or 7, self.day or (15 if self.month else 1))
        if reference is None:
            raise ReleaseError("a day without a year, and no full date in the document")
        month, day = self.month or 1, self.day or 1
        leap = [y for y in range(reference.year - 4, reference.year + 5) if calendar.isleap(y)]
        years = leap if (month, day) == (2, 29) else [reference.year + step for step in (-1, 0, 1)]
        return min((date(y, month, day) for y in years), key=lambda d: abs(d - reference))

    def text(self, part: str) -> str:
        """The characters of a part, or the empty string."""
        start, end = self.places.get(part, (0, 0))
        return self.surface[start:end]

    def _padded(self) -> bool:
        """Whether months and days below ten are written with a zero."""
        parts = [self.text(part) for part in ("m", "d") if part in self.places]
        if self.compact or any(narrowed(p)[0] == "0" or p[0] in "〇零" for p in parts):
            return True
        if any(len(part) == 1 for part in parts):
            return False
        return bool(parts) and "月" not in self.surface and "word" not in self.places

    def _number(self, part: str, value: int) -> str:
        numeral = Numeral.read(self.text(part))
        width = 2 if self._padded() else 1
        if part == "y":
            glued = self.compact or "era" not in self.places
            width = numeral.digits if glued or self.text(part)[0] in "0０" else width
            if glued and numeral.digits == 2:
                value %= 100
        return numeral.write(value, width)

    def _era(self, new: date) -> tuple[str, int]:
        """The era of ``new`` in the form of the surface, and the year in it."""
        if new < EARLIEST:
            raise ReleaseError("a shifted date lies before all eras")
        name, letter, begin = [era for era in _ERAS if era[2] <= new][-1]
        old = self.text("era")
        if len(old) == 2:
            written = name
        elif old in "明大昭平令":
            written = name[0]
        else:
            written = letter if narrowed(old).isupper() else letter.lower()
            written = widened(written) if narrowed(old) != old else written
        return written, new.year - begin.year + 1

    def _word(self, new: date) -> str:
        old = self.text("word")
        dot = "." if old.endswith(".") else ""
        _, form, language = _month_words(self.language)[old.removesuffix(".").lower()]
        word = next(
            forms[form]
            for tongue, number, *forms in rows("months")
            if tongue == language and int(number) == new.month
        )
        if old.isupper():
            return word.upper() + dot
        return (word.capitalize() if old[0].isupper() else word.lower()) + dot

    def write(self, new: date) -> str:
        """``new`` in the form of the surface; a weekday in it is set right, a clock time stays.

        Raises ``ReleaseError`` when the form cannot say ``new``.
        """
        parts: dict[str, str] = {}
        year = new.year
        if "era" in self.places:
            parts["era"], year = self._era(new)
        for part, value in (("y", year), ("m", new.month), ("d", new.day)):
            if part in self.places:
                parts[part] = self._number(part, value)
        long_era = "era" in self.places and self.text("era") not in "MTSHRmtshrＭＴＳＨＲｍｔｓｈｒ"
        was_one = "y" in self.places and Numeral.read(self.text("y")).value == 1
        if long_era and year == 1 and (self.text("y") == "元" or not was_one):
            parts["y"] = "元"
        elif self.text("y") == "元":
            sibling = self.text("m") or "1"
            parts["y"] = Numeral.read(sibling).write(year)
        if "word" in self.places:
            parts["word"] = self._word(new)
        if "w" in self.places:
            parts["w"] = _WEEKDAYS[new.weekday()]
        if "ew" in self.places:
            parts["ew"] = _ENGLISH_DAYS[new.weekday()]
        written, taken = "", 0
        for part, (start, end) in sorted(self.places.items(), key=lambda item: item[1]):
            if part in parts:
                written += self.surface[taken:start] + parts[part]
                taken = end
        return written + self.surface[taken:]

    def _with_unit(self, part: str, unit: str) -> int:
        """The end of ``part``, its unit included when the surface writes it."""
        end = self.places[part][1]
        after = self.surface[end:]
        return end + len(after) - len(after.lstrip()) + 1 if after.lstrip()[:1] == unit else end

    def to_month(self) -> str:
        """Without the day, in the form of the surface; raises ``ReleaseError`` without a year."""
        if self.year is None or self.month is None:
            raise ReleaseError("no year and month to keep")
        name = "word" if "word" in self.places else "m"
        month, year = self.places[name], self.places["y"]
        if year < month:
            return self.surface[: self._with_unit(name, "月")]
        between = " " if name == "word" else self.text("sep")
        return self.surface[month[0] : month[1]] + between + self.text("y")

    def to_year(self) -> str:
        """The year alone, in the form of the surface; raises ``ReleaseError`` without a year."""
        if self.year is None:
            raise ReleaseError("no year to keep")
        start = self.places.get("era", self.places["y"])[0]
        end = self._with_unit("y", "年")
        text = self.surface[start:end]
        lone = "era" in self.places or len(self.text("y")) == 2
        return text + "年" if lone and not text.endswith("年") else text


def _era_holds(era: int, first: date, last: date) -> bool:
    begin = _ERAS[era][2]
    end = _ERAS[era + 1][2] - timedelta(days=1) if era + 1 < len(_ERAS) else date.max
    return begin <= last and first <= end


def _order(first: int, second: int, separator: str, language: str) -> tuple[str, str] | None:
    """Which of the two numbers before a year is the month: American 8/5/2024, Dutch 5-8-2024."""
    if first > 12 or second > 12:
        return ("d", "m") if first > 12 else ("m", "d")
    if language == "ja" and first != second:
        return None
    return ("m", "d") if language == "en" and "/" in separator else ("d", "m")


def _year(text: str, era: int | None) -> int:
    year = Numeral.read(text).value
    if era is not None:
        return _ERAS[era][2].year + year - 1
    if len(text) == 2:
        return year + (2000 if year < 70 else 1900)
    return year


def _places(match: re.Match[str], language: str) -> dict[str, tuple[int, int]] | None:
    places = {name: match.span(name) for name, text in match.groupdict().items() if text}
    if "first" in places:
        order = _order(int(match["first"]), int(match["second"]), match["sep"], language)
        if order is None:
            return None
        places[order[0]], places[order[1]] = places.pop("first"), places.pop("second")
    return places


def parse_date(surface: str, language: str = "ja") -> WrittenDate | None:
    """Read ``surface`` as one date, or None when it is none, or none that can exist.

    ``language`` decides between 8/5/2024 (en) and 5/8/2024 (nl); in Japanese text neither is
    certain, so that order is read only where one number is above 12. Two-digit years up to 69 are
    20xx. ``O`` for 0 and other slips are not guessed.
    """
    plain = narrowed(surface)
    if len(plain) > 60:
        return None
    match = next((m for layout in _LAYOUTS if (m := layout.fullmatch(plain))), None)
    places = _places(match, language) if match else None
    if match is None or places is None:
        return None
    part = {name: plain[start:end] for name, (start, end) in places.items()}
    month = Numeral.read(part["m"]).value if "m" in part else None
    if "word" in part:
        known = _month_words(language).get(part["word"].removesuffix(".").lower())
        if known is None:
            return None
        month = known[0]
    day = Numeral.read(part["d"]).value if "d" in part else None
    era = _era_of(part["era"]) if "era" in part else None
    year = _year(part["y"], era) if "y" in part else None
    written = WrittenDate(surface, year, month, day, places, "compact" in places, language)
    return written if _exists(written, era) else None


def _exists(written: WrittenDate, era: int | None) -> bool:
    year = 2024 if written.year is None else written.year
    month, day = written.month, written.day
    try:
        first = date(year, month or 1, day or 1)
        last = date(year, month or 12, day or calendar.monthrange(year, month or 12)[1])
    except (ValueError, calendar.IllegalMonthError):
        return False
    if written.year is not None and not (EARLIEST.year <= first.year <= LATEST.year):
        return False
    return era is None or _era_holds(era, first, last)


def weekday_end(text: str, end: int) -> int:
    """The end of a weekday in parentheses that begins at ``end`` of ``text``, else ``end``."""
    match = _AFTER.match(narrowed(text[end : end + 20]))
    return end + match.end() if match else end
