"""Terse notes: what wards write without labels, 63M, room 301-2, on the 29th, 7l歳.

These forms carry less proof than the others; each asks its neighbourhood for a reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sekisho.phi.categories import Category
from sekisho.phi.detectors.rules.classes import KANJI_NUMERALS, compiled
from sekisho.phi.detectors.rules.reading import Hit, Reading

__all__ = ["find"]

_LETTERS = "一-鿿々ぁ-ゖァ-ヺー"

#: 菱沼 靖 63M, 喜多村 満 77 M, 72F: two digits and a letter, set off as a word.
_AGE_AND_SEX = re.compile(
    r"(?<![0-9A-Za-z.,/+×x~-])(?P<age>[1-9][0-9]|1[01][0-9])[ ]?(?P<sex>[MF])(?![A-Za-z0-9/-]|[ ]?[0-9]{1,3}[ ]?(?:mm|cm))"
)
#: 5F and 18F are catheters up to here, and what follows says so.
_FRENCH = 34
_CATHETER = re.compile(
    "[ ]?(?:シース|カテ|チューブ|ドレーン|バルーン|ステント|ダイレータ|ブジー|Sheath|sheath|cath|Cath|Foley|フォーリー|PTCD|ENBD|ENGBD|ERBD|胃管|イレウス)"
)
#: The head of a line of a ward list: room and bed, then a name.
_ROOM_AT_LINE_START = re.compile(
    rf"(?:^|(?<=\n))[ ・]{{0,2}}(?P<room>[1-9][0-9]{{2,3}}(?:[-－‐][0-9]{{1,2}})?)(?=[ ]{{1,4}}[{_LETTERS}])"
)
_ROOM_AND_BED = re.compile(r"(?<![0-9A-Za-z./:-])[1-9][0-9]{2}-[1-9][0-9]?(?![0-9A-Za-z/-])")
_WARD_WORDS = re.compile("号室|病室|部屋|ベッド|病棟|空床|室番")
_ROOM_BEHIND_WARD = re.compile(r"(?<=病棟)[ ]{0,2}(?P<room>[1-9][0-9]{2,3})(?![0-9年月日:./%A-Za-z]|[ ]?(?:名|床|例|人|回))")
_NAMED_ROOM = re.compile("(?:保護室|隔離室|個室|観察室|重症室|陣痛室|処置室)[ ]?[A-Z]?-?[0-9]{1,3}(?![0-9年月日時])")
_BED_IN_KANJI = re.compile(f"[{KANJI_NUMERALS}]{{1,3}}番(?:ベッド|床)")
_SPECIMEN = re.compile(
    "(?<![0-9A-Za-z-])(?:[0-9]{2}-[A-Z]{1,2}-?[0-9]{3,6}|[A-Z]{1,2}[0-9]{0,2}-[0-9]{5,8}|[0-9]{2}[A-Z]{1,2}[0-9]{4,6})(?![0-9A-Za-z-])"
)

#: 29日から, 四日の朝, 15日(木): a day of the month, and neither a duration nor a count.
_DAY = re.compile(
    rf"(?P<day>(?<![0-9.,/月第後前約計毎同翌当本即連全数何各~〜-])(?:[12][0-9]|3[01]|[1-9])日"
    rf"|(?<![{KANJI_NUMERALS}月第後前約計毎同翌当本即連全数何各])(?:二?十[一二三四五六七八九]?|三十一?|[三四五六七八九])日)"
    "(?=[ ]?(?:[(（][月火水木金土日](?:曜日?)?[)）]|から(?!も|[0-9一二三四五六七八九十]{1,3}日)|より(?!も)|の(?:朝|昼|夕|夜|夜中|午前|午後|未明|深夜|日中|検査|受診|外来|採血|CT|MRI|手術|透析|面談|カンファ)"
    "|午前|午後|朝|昼|夕|夜|未明|深夜|早朝|に(?:は|も)?[ ]?(?:受診|来院|入院|退院|転院|転棟|手術|検査|施行|予定|予約|電話|CT|MRI|再診|採血|発熱|発症|転倒|外泊|帰宅|面談|訪問|抜糸|抜管|抜去|連絡|家族|再検)"
    "|付|分娩|手術|退院|入院|受診|再診|外来|[0-2]?[0-9]:[0-5][0-9]|[ ][0-2]?[0-9]時))"
)
_COUNTED_BEFORE = re.compile(
    "(?:術後|産後|発症|発症後|受傷後|生後|日齢|投与|投与後|内服|入院後|在胎|過去|直近|あと|残り|およそ|合計|まる|最低|最大|週|に|[0-9]週)[ ]?$"
)

#: OCR took digits for letters: 7l歳, 2O21年, 1O:25.
_SLIP = "0-9OolI"
_SLIPPED = (
    ("age-slip", Category.AGE, re.compile(f"(?<![0-9A-Za-z])(?=[{_SLIP}]{{0,2}}[OolI])[{_SLIP}]{{2,3}}[歳才]")),
    (
        "date-slip",
        Category.DATE,
        re.compile(
            f"(?<![0-9A-Za-z])(?=[{_SLIP}]{{0,3}}[OolI])[12][{_SLIP}]{{3}}年(?:[{_SLIP}]{{1,2}}月(?:[{_SLIP}]{{1,2}}日)?)?"
        ),
    ),
    (
        "time-slip",
        Category.TIME,
        re.compile(f"(?<![0-9A-Za-z:])(?=[{_SLIP}]{{1,2}}:[{_SLIP}]{{2}})(?=[{_SLIP}:]{{0,4}}[OolI])[{_SLIP}]{{1,2}}:[{_SLIP}]{{2}}(?![0-9A-Za-z:])"),
    ),
)


def find(reading: Reading) -> Iterator[Hit]:
    """All that terse notes state without a label."""
    yield from _ages_and_sexes(reading)
    yield from _rooms(reading)
    yield from _days(reading)
    for rule, label, pattern in _SLIPPED:
        for match in pattern.finditer(reading.text):
            if any(character.isdigit() for character in match.group()):
                yield Hit(match.start(), match.end(), label, rule, 0.8)
    for match in _SPECIMEN.finditer(reading.text):
        if reading.kind_before(match.start(), 3) != "thing":
            yield Hit(match.start(), match.end(), Category.ID, "specimen", 0.7)


def _ages_and_sexes(reading: Reading) -> Iterator[Hit]:
    text = reading.text
    for match in _AGE_AND_SEX.finditer(text):
        if match["sex"] == "F" and int(match["age"]) <= _FRENCH:
            before = text[max(0, match.start() - 2) : match.start()]
            named = compiled(f"[{_LETTERS}][ ]?$").search(before)
            if not named or _CATHETER.match(text, match.end()):
                continue
        if compiled("[ ]?(?:走|先|以内|離れ|徒競走|T)").match(text, match.end()):
            continue
        yield Hit(*match.span("age"), Category.AGE, "age-and-sex", 0.8)
        yield Hit(*match.span("sex"), Category.SEX, "age-and-sex", 0.8)


def _rooms(reading: Reading) -> Iterator[Hit]:
    text = reading.text
    for match in _NAMED_ROOM.finditer(text):
        yield Hit(match.start(), match.end(), Category.ID, "room", 0.75)
    for match in _BED_IN_KANJI.finditer(text):
        yield Hit(match.start(), match.end(), Category.ID, "room", 0.8)
    for match in _ROOM_BEHIND_WARD.finditer(text):
        yield Hit(*match.span("room"), Category.ID, "room", 0.75)
    if not _WARD_WORDS.search(text):
        return
    heads = list(_ROOM_AT_LINE_START.finditer(text))
    if len(heads) < 2:
        return
    rooms = {match["room"] for match in heads}
    for match in heads:
        yield Hit(*match.span("room"), Category.ID, "room-list", 0.75)
    for match in _ROOM_AND_BED.finditer(text):
        yield Hit(match.start(), match.end(), Category.ID, "room-list", 0.7)
    for match in compiled("(?<![0-9A-Za-z./:-])[1-9][0-9]{2,3}(?![0-9A-Za-z./:%-])").finditer(text):
        if match.group() in rooms and not reading.unit_at(match.end()):
            yield Hit(match.start(), match.end(), Category.ID, "room-list", 0.7)


def _days(reading: Reading) -> Iterator[Hit]:
    text = reading.text
    for match in _DAY.finditer(text):
        if not _COUNTED_BEFORE.search(text, max(0, match.start() - 6), match.start()):
            yield Hit(*match.span("day"), Category.DATE, "day-alone", 0.65)
