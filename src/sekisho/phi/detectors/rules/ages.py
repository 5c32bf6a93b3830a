"""AGE: how old a person is; not weeks of gestation, not the age limits of a guideline."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sekisho.phi.categories import Category
from sekisho.phi.detectors.rules.classes import AFTER_LATIN, KANJI_NUMERALS, MONTHS_UNIT, compiled
from sekisho.phi.detectors.rules.reading import Hit, Reading

__all__ = ["find"]

_LIMIT = "(?! ?(?:以上|以下|未満|超え?|を超える|より(?:上|下)))"
_REST = f"(?:半|(?: ?[0-9]{{1,2}} ?(?:{MONTHS_UNIT}|か月)(?: ?[0-9]{{1,2}} ?日)?))?"
_FIRST = "(?<![0-9][0-9])(?<![0-9][.][0-9])"
_DIGITS = (
    f"(?P<n>[0-9]{_FIRST}[0-9]{{0,2}})(?![0-9])(?:"
    f"(?P<years> ?[歳才](?:[代台]|{_REST})){_LIMIT}"
    "|(?P<decade>(?<=[1-9]0)代(?![謝替わ表償用目理金数]))"
    f"|(?P<infant> ?{MONTHS_UNIT}(?: ?[0-9]{{1,2}} ?日)?"
    "(?= ?の?(?:男児|女児|乳児|男の子|女の子|児(?![童科])|[男女](?![性子]))))"
    "|(?P<newborn> ?生日)"
    f"|(?P<dicom>(?<=[01][0-9]{{2}})[YMWD](?![A-Za-z0-9]))"
    "|(?P<english>[- ]?(?:(?:years?|yrs?|yr|months?|mos?|weeks?|wks?|days?)[- ]?old|y\\.?/?o\\.?"
    f"|jarige|jaar oud|mnd oud|maanden oud){AFTER_LATIN})"
    "|(?P<letter>(?<=[1-9][0-9])(?=[MF](?: (?:with|who|presenting|presents|presented|c/o|p/w|s/p"
    "|admitted|referred|has|here)(?![A-Za-z])|\\))))"
    "|(?P<y> ?[Yy](?![A-Za-z0-9]))(?= ?/? ?[MFmf]?(?![A-Za-z]))"
    ")"
)
_PREFIXED = (
    "(?:生後|修正月齢|修正年齢|修正|日齢|月齢|満|享年|行年|数え年?)"
    f"[ :は約]{{0,2}}(?P<n>[0-9]{{1,3}}|[{KANJI_NUMERALS}]{{1,5}})(?![0-9]|[./,-][0-9])"
    f"(?: ?(?P<unit>{MONTHS_UNIT}|日|週間?|年|時間|分|歳|才)(?:半|目)?"
    f"(?: ?[0-9]{{1,2}} ?(?:{MONTHS_UNIT}|日|週|分))?)?"
)
_KANJI = (
    f"(?<![{KANJI_NUMERALS}数])(?:[{KANJI_NUMERALS}]{{1,5}} ?[歳才](?:[代台])?{_LIMIT}"
    "|[一二三四五六七八九]?十代(?![謝替わ表目]))"
)
_LABELLED = "(?P<n>[0-9]{1,3})(?: ?[歳才]|[YMWD](?![A-Za-z0-9]))?(?![0-9]|[./-][0-9])"
_BESIDE_SEX = (
    "(?<=[男女MF]/)[0-9]{1,3}(?![0-9/.A-Za-z%]| ?[a-z%])"
    "|(?<![0-9A-Za-z./-])[1-9][0-9]{0,2}(?=/[男女MF](?![A-Za-z0-9一-龥]))"
)


def find(reading: Reading) -> Iterator[Hit]:
    """All ages in ``reading``."""
    text = reading.text
    if reading.has_digits:
        for match in compiled(_DIGITS).finditer(text):
            if hit := _digits(reading, match):
                yield hit
        if "/" in text:
            for match in compiled(_BESIDE_SEX).finditer(text):
                yield Hit(match.start(), match.end(), Category.AGE, "age", 0.75)
        for label in reading.of("age"):
            found = compiled(_LABELLED).match(text, label.value)
            if found and int(found["n"]) <= 130 and not reading.unit_at(found.end()):
                yield Hit(found.start(), found.end(), Category.AGE, "age-labelled", 0.95)
    for match in compiled(_PREFIXED).finditer(text):
        if match["unit"] or text.startswith(("日齢", "月齢", "享年", "行年"), match.start()):
            prefix = text[match.start()]
            if prefix == "修" and "週" in match.group():
                continue  # weeks of gestation
            if prefix in "満数" and match["unit"] not in ("歳", "才"):
                continue
            yield Hit(match.start(), match.end(), Category.AGE, "age", 0.9)
    for match in compiled(_KANJI).finditer(text):
        yield Hit(match.start(), match.end(), Category.AGE, "age-kanji", 0.85)


def _digits(reading: Reading, match: re.Match[str]) -> Hit | None:
    start, end = match.span()
    text = reading.text
    if int(match["n"]) > 130:
        return None
    if match["years"]:
        if text[max(0, start - 1) : start] in ("満",):
            start -= 1
        return Hit(start, end, Category.AGE, "age", 0.9)
    if match["y"]:
        near = compiled("[MF男女/(、, ]").search(
            text[max(0, start - 2) : start] + text[end : end + 2]
        )
        return Hit(start, end, Category.AGE, "age", 0.65) if near else None
    if match["decade"]:
        return Hit(start, end, Category.AGE, "age-decade", 0.8)
    return Hit(start, end, Category.AGE, "age", 0.85)
