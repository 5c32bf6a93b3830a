"""Jottings: days and times as they are noted in passing, 29日から, 先月三日, 8日0530, 1103追記.

A number with 日 is mostly a duration. It is a day where it stands at the head of a line, among other
days, or before what happens on a day, and where nothing before it counts days.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sekisho.phi.categories import Category
from sekisho.phi.detectors.rules.classes import KANJI_NUMERALS, compiled
from sekisho.phi.detectors.rules.reading import Hit, Reading

__all__ = ["find"]

_NUMBER = "(?:[12][0-9]|3[01]|[2-9])"
_DAY = (
    f"(?P<day>(?<![0-9.,/月第後前約計毎同翌当本即連全数何各~〜-]){_NUMBER}日"
    f"|(?<![{KANJI_NUMERALS}月第後前約計毎同翌当本即連全数何各])(?:二?十[一二三四五六七八九]?|三十一?|[二三四五六七八九])日)"
    "(?![間目後前分量齢毎])"
)
_EVENT = (
    "受診|来院|入院|退院|転院|転棟|手術|検査|施行|予定|予約|電話|CT|MRI|再診|採血|発熱|発症|転倒|外泊|帰宅|面談|訪問|抜糸|抜管|抜去"
    "|連絡|家族|再検|離脱|復温|決定|カンファ|組み|組む|説明|透析|分娩|外来|処置|開始|終了|中止|再開|死亡|永眠|紹介|報告|到着"
)
_BEFORE_EVENT = re.compile(
    f"{_DAY}(?=[ ]?(?:[(（][月火水木金土日](?:曜日?)?[)）]|から(?!も|[0-9一二三四五六七八九十]{{1,3}}日)|より(?!も)"
    "|の(?:朝|昼|夕|夜|午前|午後|未明|深夜|日中|検査|受診|外来|採血|CT|MRI|手術|透析|面談|カンファ|術前|術後|定期|会議|予約|持久走|遠足|面会)"
    "|午前|午後|朝|昼|夕|夜|未明|深夜|早朝"
    f"|(?:に(?:は|も)?|は|で|、)?[ ]?(?:{_EVENT})|付|[0-2]?[0-9]:[0-5][0-9]|[ ]?[0-2]?[0-9]時(?!間)|[ ]?[0-2][0-9][0-5][0-9](?![0-9])))"
)
_ALONE = re.compile(f"(?:(?<=\n)|(?<=[(（◎※]))[ ]?{_DAY}(?=[ ]{{1,3}}[^0-9 ]|[)）:：、は])")
_LISTED = re.compile(rf"(?<![0-9])(?:{_NUMBER}日[ 、,・]{{1,2}}){{2,12}}{_NUMBER}日")
_ONE_OF_LIST = re.compile(f"{_NUMBER}日")
_OF_MONTH = re.compile(
    f"[今先来翌同当前]月[ ]?(?P<day>{_NUMBER}日|1日|(?:二?十[一二三四五六七八九]?|三十一?|[一二三四五六七八九])日)(?!間)"
)
_COUNTED_BEFORE = re.compile(
    "(?:術後|産後|発症|受傷後|生後|日齢|投与|内服|入院後|在胎|過去|直近|あと|残り|およそ|合計|まる|最低|最大|週|処方|休薬|期間|分|[0-9]週)[ ]?$"
)

_MONTH_IN_KANJI = re.compile(
    f"(?<![{KANJI_NUMERALS}年箇か数何毎])(?P<month>十[一二]?|[一二三四五六七八九])月(?=に(?!わた)|の|から|頃|ごろ|より|上旬|中旬|下旬|末|初め|半ば|以降)"
)
_YEAR_ALONE = re.compile(
    "(?:^|(?<=\n)|(?<=[、,(（:;] )|(?<=[、,(（:;]))(?P<year>19[6-9][0-9]|20[0-4][0-9])(?=[ ][一-鿿ァ-ヺ])"
    "(?![ ]?(?:個|例|人|回|名|件|円|株|細胞|番|床|単位|歩))"
)
_ERA_MONTH = re.compile(
    "(?<![A-Za-z0-9.])(?<!ICD-10 )(?<!ICD10 )(?:R[1-9]|H(?:[12][0-9]|3[01]))[./](?:1[0-2]|0?[1-9])"
    "(?=[ 、。()（）にのよかま~〜-]|\n|$)(?![./-][0-9])"
)
_ERA_YEAR = re.compile(
    "(?<![A-Za-z0-9.])(?:S(?:1[1-9]|[2-5][0-9]|6[0-4])|H(?:[12][0-9]|3[01]))(?=に|年|頃|ごろ|の(?!域)|、)"
)
_SIX_DIGITS = re.compile(
    "(?<![0-9A-Za-z-])(?:1[5-9]|2[0-9])(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
    "(?=[ ]?(?:記載|記録|記|追記|作成|報告|受付|実施|撮影|採取|承認))"
)
_FOUR_DIGITS = re.compile(
    "(?:(?<=\n)|(?<=[。 ]))(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])(?=追記|記載|[ ]?[一-鿿]{1,4}記(?![録入]))"
)

_YEAR_IN_BRACKETS = re.compile("(?<=[(（])(?:19[6-9][0-9]|20[0-4][0-9])(?=[、)）])")
#: 9/1710:00: a day and a time without anything between them.
_DAY_AND_TIME = re.compile(
    "(?<![0-9A-Za-z./])(?P<day>(?:1[0-2]|[1-9])/(?:[12][0-9]|3[01]|[1-9]))(?P<time>(?:1[0-9]|2[0-3]|[1-9]):[0-5][0-9]|(?:1[0-9]|2[0-3]|[1-9])時(?!間))"
)
_HHMM = "(?:[01][0-9]|2[0-3])[0-5][0-9]"
_AFTER_DAY = re.compile(
    f"(?:(?<![0-9])[0-9]{{1,2}}/[0-9]{{1,2}}[ ]|[0-9]日[ ]?)(?P<first>{_HHMM})(?![0-9年A-Za-z])(?:[ ~〜-]{{1,3}}(?P<second>{_HHMM})(?![0-9年A-Za-z]))?"
)
_TO = re.compile(f"(?<![0-9]){_HHMM}[ ]?[~〜-][ ]?(?P<second>{_HHMM})(?![0-9年A-Za-z])")
_AT_LINE_START = re.compile(
    f"(?:^|(?<=\n))[ ]{{0,2}}(?P<time>{_HHMM})(?=[ ]{{1,4}}[一-鿿A-Za-zァ-ヺ0-9])"
)
_WITH_NOUGHT = re.compile("(?<![0-9A-Za-z.,/:-])0[0-9][0-5][0-9](?![0-9A-Za-z.,/:-])")
_DICOM_TIME = re.compile(
    f"(?:Time|TIME|時刻|TM)[^0-9\n]{{0,24}}(?P<time>{_HHMM}[0-5][0-9](?:[.][0-9]{{1,6}})?)(?![0-9])"
)
_GLUED = re.compile("(?<=[A-Za-z])(?P<time>(?:[01]?[0-9]|2[0-3]):[0-5][0-9])(?![0-9:])")


def find(reading: Reading) -> Iterator[Hit]:
    """Days and times noted in passing."""
    yield from _days(reading)
    yield from _months_and_years(reading)
    if reading.has_digits:
        yield from _times(reading)


def _days(reading: Reading) -> Iterator[Hit]:
    text = reading.text
    if "日" not in text:
        return
    for pattern, score in ((_BEFORE_EVENT, 0.65), (_ALONE, 0.6)):
        for match in pattern.finditer(text):
            start, end = match.span("day")
            if not _COUNTED_BEFORE.search(text, max(0, start - 6), start):
                yield Hit(start, end, Category.DATE, "day-alone", score)
    for match in _LISTED.finditer(text):
        for day in _ONE_OF_LIST.finditer(text, match.start(), match.end()):
            yield Hit(day.start(), day.end(), Category.DATE, "day-list", 0.65)
    for match in _OF_MONTH.finditer(text):
        yield Hit(*match.span("day"), Category.DATE, "day-of-month", 0.75)


def _months_and_years(reading: Reading) -> Iterator[Hit]:
    text = reading.text
    for match in _MONTH_IN_KANJI.finditer(text):
        yield Hit(match.start("month"), match.end(), Category.DATE, "month-kanji", 0.65)
    if not reading.has_digits:
        return
    for rule, pattern, score in (
        ("era-month", _ERA_MONTH, 0.65),
        ("era-year", _ERA_YEAR, 0.6),
        ("date-compact", _SIX_DIGITS, 0.65),
        ("date-compact", _FOUR_DIGITS, 0.6),
    ):
        for match in pattern.finditer(text):
            yield Hit(match.start(), match.end(), Category.DATE, rule, score)
    for match in _YEAR_IN_BRACKETS.finditer(text):
        yield Hit(match.start(), match.end(), Category.DATE, "year-alone", 0.55)
    for match in _DAY_AND_TIME.finditer(text):
        yield Hit(*match.span("day"), Category.DATE, "monthday", 0.7)
        yield Hit(*match.span("time"), Category.TIME, "time", 0.7)
    for match in _YEAR_ALONE.finditer(text):
        yield Hit(*match.span("year"), Category.DATE, "year-alone", 0.55)


def _times(reading: Reading) -> Iterator[Hit]:
    text = reading.text
    found = []
    for match in _AFTER_DAY.finditer(text):
        found.append(match.span("first"))
        if match["second"]:
            found.append(match.span("second"))
    found += [match.span("second") for match in _TO.finditer(text)]
    heads = [match.span("time") for match in _AT_LINE_START.finditer(text)]
    if len(heads) >= 2:
        found += heads
    if found or compiled("[0-2]?[0-9]:[0-5][0-9]|[0-9]時").search(text):
        # Where times are noted, four digits that begin with a nought are one of them.
        found += [match.span() for match in _WITH_NOUGHT.finditer(text)]
    found += [match.span("time") for match in _GLUED.finditer(text)]
    found += [match.span("time") for match in _DICOM_TIME.finditer(text)]
    for start, end in found:
        if not reading.unit_at(end):
            yield Hit(start, end, Category.TIME, "time-noted", 0.65)
