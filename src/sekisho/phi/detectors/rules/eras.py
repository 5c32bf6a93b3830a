"""Dates by Japanese eras (昭和38年11月15日, S38.11.15, 令6.8.5) and dates in kanji numerals."""

from __future__ import annotations

from collections.abc import Iterator

from sekisho.phi.detectors.rules.classes import KANJI_DIGITS, KANJI_NUMERALS, compiled
from sekisho.phi.detectors.rules.dating import (
    BORN,
    GAP,
    SEP,
    THIRD,
    dated,
    integer,
    plausible,
    with_tails,
)
from sekisho.phi.detectors.rules.numbers import number
from sekisho.phi.detectors.rules.reading import Hit, Reading

__all__ = ["find"]

_SINCE = " ?(?:頃|ごろ|に(?!分類)|から|より|以降|~|〜|月)"
_ERA = (
    "[明大昭平令](?:(?P<long>[治正和成]) ?)?(?P<y>元|[0-9]{1,2})(?:"
    f"{GAP}年{GAP}(?P<m1>[0-9]{{1,2}}){GAP}(?:月{GAP}(?:(?P<d1>[0-9]{{1,2}}){GAP}日|{THIRD})"
    "|/(?P<d2>[0-9]{1,2})(?![0-9]))"
    f"| ?{SEP} ?(?P<m3>[0-9]{{1,2}}) ?{SEP} ?(?P<d3>[0-9]{{1,2}})(?![0-9])"
    f"|{SEP}(?P<m4>[0-9]{{1,2}})(?![0-9]|{SEP}[0-9])"
    "|(?P<year> ?年(?:度|代)?)"
    "|(?![0-9])(?P<bare>))"
)

_LETTER = (
    "[MTSHRmtshr](?<![0-9A-Za-zÀ-ÿ][MTSHRmtshr])[.]? ?(?P<y>元|[0-9]{1,2})(?:"
    f"{GAP}年{GAP}(?P<m1>[0-9]{{1,2}}){GAP}月{GAP}(?:(?P<d1>[0-9]{{1,2}}){GAP}日|{THIRD})"
    f"| ?(?P<sep>{SEP}) ?(?P<m3>[0-9]{{1,2}}) ?(?P=sep) ?(?P<d3>[0-9]{{1,2}})"
    "(?![0-9]|(?P=sep)[0-9])"
    f"|[./](?P<m4>[0-9]{{1,2}})(?![0-9]|{SEP}[0-9])"
    "|(?P<year> ?年(?:度|代)?)"
    "|(?P<compact>(?<=[0-9]{2})(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])(?![0-9])))"
)

_N = f"[{KANJI_NUMERALS}]"
_KANJI_GATE = f"[{KANJI_NUMERALS}元]{GAP}[年月][{KANJI_NUMERALS}\n 度代生に頃の、。]?"
_KANJI = (
    f"(?<!{_N})(?:(?:(?:明治|大正|昭和|平成|令和) ?(?P<era>{_N}{{1,3}}|元)"
    f"|(?P<west>[{KANJI_DIGITS}]{{4}}|[一二]千{_N}{{0,6}}))"
    f"{GAP}年(?:度|代)?(?:{GAP}(?P<m1>{_N}{{1,3}}){GAP}月(?:{GAP}(?P<d1>{_N}{{1,3}}){GAP}日)?)?"
    f"|(?P<m2>{_N}{{1,2}})月(?P<d2>{_N}{{1,3}})日)"
)


def find(reading: Reading) -> Iterator[Hit]:
    """All dates that name an era, in full or by its letter, or use kanji numerals."""
    if reading.has_digits:
        yield from with_tails(reading, _era(reading))
        yield from _letter(reading)
    yield from _kanji(reading)


def _era(reading: Reading) -> Iterator[Hit]:
    text = reading.text
    for match in compiled(_ERA).finditer(text):
        start, end = match.span()
        day = match["d1"] or match["d2"] or match["d3"]
        month = match["m1"] or match["m3"] or match["m4"]
        if month and not plausible(int(month), integer(day)):
            continue
        if not match["long"] and not (day or (text[start] == "昭" and (month or match["year"]))):
            continue  # 水平5, 拡大3: one kanji needs the whole date
        if match["bare"] is not None and reading.kind_before(start, 3) not in ("birth", "date"):
            continue
        rule = "date-era" if month else "year-era"
        yield dated(reading, start, end, rule, 0.9, year=1)


def _letter(reading: Reading) -> Iterator[Hit]:
    text = reading.text
    for match in compiled(_LETTER).finditer(text):
        start, end = match.span()
        year = number(match["y"])
        kind = reading.kind_before(start, 4)
        labelled = kind in ("birth", "date")
        month = integer(match["m1"] or match["m3"] or match["m4"])
        day = integer(match["d1"] or match["d3"])
        if match["compact"]:
            if labelled or compiled(BORN).match(text, end):
                yield dated(reading, start, end, "date-era", 0.8, year=1)
        elif match["year"] is not None:
            if text[start] not in "mt" and text[end : end + 1] != "間":
                yield dated(reading, start, end, "year-era", 0.8, year=1)
        elif month is None or not plausible(month, day) or year > 64:
            continue
        elif match["m4"]:
            # S38.1 and H25.3 are also codes of diseases.
            if _segments(text[start], year, month, None):
                continue
            if labelled or compiled(_SINCE).match(text, end):
                yield dated(reading, start, end, "date-era", 0.75, year=1)
        elif labelled or match["m1"] or not _segments(text[start], year, month, day):
            score = 0.85 if text[start].isupper() else 0.65
            yield dated(reading, start, end, "date-era", score, year=1)


def _segments(letter: str, year: int, month: int, day: int | None) -> bool:
    """Whether S6/8/9 or T1/2/3 rather names segments or stages than a day."""
    return letter in "STMstm" and year <= 10 and month <= 10 and (day or 0) <= 10


def _kanji(reading: Reading) -> Iterator[Hit]:
    text = reading.text
    if not compiled(_KANJI_GATE).search(text):
        return
    for match in compiled(_KANJI).finditer(text):
        start, end = match.span()
        month, day = match["m1"] or match["m2"], match["d1"] or match["d2"]
        try:
            if month and not plausible(number(month), number(day) if day else None):
                continue
            if match["west"] and not 1868 <= number(match["west"]) <= 2100:
                continue
        except ValueError:
            continue
        rule = "date-kanji" if month else "year-kanji"
        yield dated(reading, start, end, rule, 0.9 if match["era"] else 0.85, year=1)
