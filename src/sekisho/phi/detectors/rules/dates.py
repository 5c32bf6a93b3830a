"""Western dates that carry a year or a month with its kanji, compact and misread ones included.

Eras and kanji numerals are in ``eras``, forms of short numbers (8/5) in ``monthdays``, spelled
months in ``monthnames``; all classify through ``dating.dated``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from sekisho.phi.categories import Category
from sekisho.phi.detectors.rules.classes import HYPHENS, compiled
from sekisho.phi.detectors.rules.dating import (
    GAP,
    SEP,
    THIRD,
    dated,
    integer,
    plausible,
    with_tails,
)
from sekisho.phi.detectors.rules.labels import data
from sekisho.phi.detectors.rules.numbers import OCR_TO_ASCII, digits_only
from sekisho.phi.detectors.rules.reading import Hit, Reading
from sekisho.phi.wordtrie import trie

__all__ = ["find"]

#: Begins with two literals, so the scan is quick; the guards follow them.
_WESTERN = (
    "(?:19|20)[0-9]{2}(?<![0-9][0-9]{4})(?<![0-9][.,][0-9]{4})(?:"
    f"{GAP}年{GAP}(?P<m1>[0-9]{{1,2}}){GAP}(?:月{GAP}(?:(?P<d1>[0-9]{{1,2}}){GAP}日|{THIRD})"
    "|/(?P<d2>[0-9]{1,2})(?![0-9]))"
    f"| ?(?P<sep>{SEP}) ?(?P<m3>[0-9]{{1,2}}) ?(?P=sep) ?(?P<d3>[0-9]{{1,2}})"
    "(?![0-9]|(?P=sep)[0-9])"
    "|(?P<m4>0[1-9]|1[0-2])(?P<d4>0[1-9]|[12][0-9]|3[01])"
    "(?:(?![0-9])|(?=(?:[01][0-9]|2[0-3])[0-5][0-9](?:[0-5][0-9])?(?![0-9])))"
    f"|(?P<sep5>[/.{HYPHENS}])(?P<m5>0[1-9]|1[0-2]|[1-9])(?![0-9]|{SEP}[0-9A-Za-z])"
    "|(?P<year>(?: ?年)(?:度|代)?)"
    "|(?![0-9A-Za-z]|[.,][0-9])(?P<bare>))"
)

_SHORT = (
    "[0-9](?<![0-9OoQlI|][0-9])(?<![0-9][.,][0-9])[0-9]?"
    f"{GAP}(?:年{GAP}(?P<m1>[0-9]{{1,2}}){GAP}月(?:{GAP}(?P<d1>[0-9]{{1,2}}){GAP}日)?"
    f"|月{GAP}(?:(?P<d2>[0-9]{{1,2}}){GAP}日|{THIRD}))"
)

_ERA_BEFORE = "(?:明治|大正|昭和|平成|令和|[MTSHRmtshr]) ?$"
_TO_YEAR = f" ?[~〜{HYPHENS}] ?(?:19|20)[0-9]{{2}}(?![0-9{HYPHENS}])"
_FROM_YEAR = f"(?<![0-9])(?:19|20)[0-9]{{2}}年? ?[~〜{HYPHENS}] ?$"

_MISREAD = (
    "[12lI|Z](?<![0-9A-Za-z][12lI|Z])[90OoQ][0-9OoQlI|]{2}(?:"
    "[-/.年] ?(?P<m>[0-9OoQlI|]{1,2}) ?[-/.月] ?(?P<d>[0-9OoQlI|]{1,2})(?:日|(?![0-9A-Za-z]))"
    "|(?P<compact>[0-9OoQlI|]{4})(?![0-9A-Za-z]))"
)

_MEASURED = "値[はが]?[: ]{0,2}(?:平均|約)?$|(?:平均|約|=)$|体積[がは]?約?$"
_PARAMETER = "(?:TR|TE|TI|FOV|ETL)[ :=/(A-Z]{0,6}$"
_SIX = "(?P<y>[0-9]{2})(?P<m>0[1-9]|1[0-2])(?P<d>0[1-9]|[12][0-9]|3[01])(?![0-9]|[.,/-][0-9])"


def find(reading: Reading) -> Iterator[Hit]:
    """All dates of these forms in ``reading``."""
    if reading.has_digits:
        yield from with_tails(reading, _western(reading))
        yield from with_tails(reading, _short(reading))
        yield from _misread(reading)
        yield from _six(reading)


def _western(reading: Reading) -> Iterator[Hit]:
    text = reading.text
    for match in compiled(_WESTERN).finditer(text):
        start, end = match.span()
        year = int(text[start : start + 4])
        if match["m4"]:
            yield _compact(reading, start, end, year)
        elif match["year"] is not None:
            if not _editions().match(text, match.start("year")) and text[end : end + 1] != "間":
                yield dated(reading, start, end, "year", 0.75, year=year)
        elif match["bare"] is not None:
            if (score := _bare_year(reading, start, end)) > 0:
                yield dated(reading, start, end, "year", score, year=year)
        elif match["m5"]:
            if (score := _year_month(reading, match)) > 0:
                yield dated(reading, start, end, "date", score, year=year)
        else:
            month = int(match["m1"] or match["m3"])
            day = integer(match["d1"] or match["d2"] or match["d3"])
            if plausible(month, day):
                score = 0.9 if match["m1"] else 0.85
                yield dated(reading, start, end, "date", score, year=year)


@cache
def _editions() -> re.Pattern[str]:
    return re.compile(f" ?{trie(data('contexts')['editions']['after'])}")


def _compact(reading: Reading, start: int, end: int, year: int) -> Hit:
    """YYYYMMDD. With a unit behind it is no measurement: nothing is measured as 19640401 HU."""
    hit = dated(reading, start, end, "date-compact", 0.75, year=year)
    if hit.category is Category.DATE and reading.kind_before(start) != "date" and year < 2000:
        hit = Hit(start, end, Category.BIRTHDATE, "birth-compact", 0.8)
    if hit.score < 0.9 and reading.unit_at(end):
        return Hit(start, end, Category.BIRTHDATE, "birth-disguised", 0.9)
    if hit.score < 0.9 and compiled(_MEASURED).search(reading.text, max(0, start - 6), start):
        return Hit(start, end, hit.category, f"{hit.rule}-disguised", 0.9)
    return hit


def _year_month(reading: Reading, match: re.Match[str]) -> float:
    """2024/8: a date unless it stands where sequence parameters and sizes do."""
    text = reading.text
    start, end = match.span()
    if reading.unit_at(end) or text[max(0, start - 1) : start] in ("=", "/", "×", "x", ".", "-"):
        return 0.0
    if compiled(_PARAMETER).search(text, max(0, start - 10), start):
        return 0.0
    if reading.kind_before(start, 4) in ("date", "birth"):
        return 0.95
    if match["sep5"] == "/":
        return 0.75
    if len(match["m5"]) == 2 and match["sep5"] != ".":
        return 0.65
    return 0.7 if compiled(" ?(?:頃|ごろ|に|から|より|以降|~|〜|手術|月)").match(text, end) else 0.0


def _bare_year(reading: Reading, start: int, end: int) -> float:
    """A year without 年: only behind a word for it, or as the first of a range of years."""
    text = reading.text
    if compiled(_TO_YEAR).match(text, end) or compiled(_FROM_YEAR).search(
        text, max(0, start - 9), start
    ):
        return 0.65 if compiled("[A-Za-z=/.]").match(text, start - 1) is None else 0.0
    if reading.kind_before(start, 3) == "birth":
        return 0.95
    if reading.unit_at(end):
        return 0.0
    word = compiled("(?:[A-Za-z]{2,8}|西暦) ?$").search(text, max(0, start - 10), start)
    if word and word.group().strip().lower() in data("contexts")["bareyear"]["before"]:
        return 0.7
    return 0.0


def _short(reading: Reading) -> Iterator[Hit]:
    text = reading.text
    if "月" not in text:
        return
    for match in compiled(_SHORT).finditer(text):
        start, end = match.span()
        head = compiled("[0-9]{1,2}").match(text, start)
        month = int(match["m1"] or (head.group() if head else 0))
        day = integer(match["d1"] or match["d2"])
        if not plausible(month, day):
            continue
        if match["m1"]:
            if compiled(_ERA_BEFORE).search(text, max(0, start - 3), start):
                continue
            if day or text[end : end + 1] not in ("間", "齢"):
                yield dated(reading, start, end, "date", 0.85 if day else 0.65, year=1)
        elif day or text[end - 1] != "月":
            yield dated(reading, start, end, "date", 0.85)
        elif _month_alone(text, start, end):
            yield dated(reading, start, end, "month", 0.6)


def _month_alone(text: str, start: int, end: int) -> bool:
    """8月 is a month of the year, but not in 今年3月 (relative), 3月間, 月齢 or 1月1回."""
    before = text[max(0, start - 4) : start]
    if compiled("(?:[昨今来去本翌同前々年]年|一昨年|年の|生後|齢|後|約|第)[ の]?$").search(before):
        return False
    return compiled("[間齢例以数]|に?[0-9一二三]回").match(text, end) is None


def _six(reading: Reading) -> Iterator[Hit]:
    """YYMMDD, which only a label makes a date."""
    for label in reading.of("birth", "date"):
        if match := compiled(_SIX).match(reading.text, label.value):
            yield dated(reading, match.start(), match.end(), "date-compact", 0.9, year=1)


def _misread(reading: Reading) -> Iterator[Hit]:
    text = reading.text
    if not compiled("[0-9][OoQlI|]|[OoQlI|][0-9]").search(text):
        return
    for match in compiled(_MISREAD).finditer(text):
        surface = match.group()
        if len(digits_only(surface)) < 3 or not compiled("[A-Za-z|]").search(surface):
            continue
        plain = surface.translate(OCR_TO_ASCII)
        year = int(plain[:4])
        month = plain[4:6] if match["compact"] else match["m"].translate(OCR_TO_ASCII)
        day = plain[6:8] if match["compact"] else match["d"].translate(OCR_TO_ASCII)
        if 1880 <= year <= 2100 and plausible(int(month), int(day)):
            yield dated(reading, match.start(), match.end(), "date-misread", 0.8, year=year)
