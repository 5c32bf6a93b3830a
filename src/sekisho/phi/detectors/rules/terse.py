"""Terse notes: what wards write without labels, 63M, room 301-2, specimen 24K-118, 7l歳.

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
_ROOM_BEHIND_WARD = re.compile(
    r"(?<=病棟)[ ]{0,2}(?P<room>[1-9][0-9]{2,3})(?![0-9年月日:./%A-Za-z]|[ ]?(?:名|床|例|人|回))"
)
_NAMED_ROOM = re.compile(
    "(?:保護室|隔離室|個室|観察室|重症室|陣痛室|処置室)[ ]?[A-Z]?-?[0-9]{1,3}(?![0-9年月日時])"
)
_ROOM_WITHOUT_WORD = re.compile(
    "(?<![0-9A-Za-z第./-])[1-9][0-9]{2,3}号(?=の|、|へ|に|[ ])(?!線|車|棟|館)"
)
#: 312 佐藤様, 305田中さん: the room in front of its patient.
_ROOM_BEFORE_PATIENT = re.compile(
    "(?<![0-9A-Za-z./:,-])[1-9][0-9]{2}(?:-[0-9]{1,2})?(?=[ ]?[一-鿿]{1,4}(?:様|さん|氏|殿))"
)
_BED_IN_KANJI = re.compile(f"[{KANJI_NUMERALS}]{{1,3}}番(?:ベッド|床)")
#: Behind a ward, a floor or a building: B-507, 310-B, 521.
_ROOM_BEHIND_FLOOR = re.compile(
    "(?<=[病棟階館])(?P<gap>[ ]{0,3})(?P<room>[A-Z]-?[1-9][0-9]{2}|[1-9][0-9]{2}-[A-Z0-9]{1,2})(?![0-9A-Za-z/.])"
)
_BED_BEHIND_UNIT = re.compile(
    "(?:ICU|HCU|SCU|CCU|NICU|GCU)[ の]?(?P<bed>[0-9]{1,2}(?:番(?:ベッド)?)?)(?=[ に、。→へより\n])(?![ ]?[0-9]|日|泊|床)"
)
_SPECIMEN = re.compile(
    "(?<![0-9A-Za-z-])(?:"
    "[0-9]{2}-[A-Z]{1,2}-?[0-9]{3,6}|[A-Z]{1,2}[0-9]{0,2}-[0-9]{5,8}|[0-9]{2}[A-Z]{1,2}-?[0-9]{3,6}"
    "|[A-Z]{1,3}-[0-9]{2,4}-[0-9]{2,5}|[0-9]{2}-[0-9]{4}-[A-Z0-9]|[0-9]{2}-[0-9]{3}-[0-9]{3}"
    ")(?![0-9A-Za-z-])"
)
#: A number in form of a document's: 第1124号, No.8842, No.CD-24-3318.
_NUMBERED = re.compile(
    "第[0-9]{2,7}号(?!室)|(?<![A-Za-z])[Nn][Oo][.][ ]?(?:[0-9]{4,8}(?:-[0-9]{1,6})?|[A-Z]{1,3}-[0-9]{2,8}(?:-[0-9]{1,6})?)(?![0-9A-Za-z])"
)
_SLIP_NUMBER = re.compile(
    "(?:検体|標本|提出|伝票|搬送票|依頼票|受付|整理番号|番号|票)[ :(（]{0,2}(?P<id>[A-Z]{1,3}-[0-9]{3,6}(?:-[0-9]{1,4})?|[一-鿿]-[0-9]{2,6})(?![0-9A-Za-z])"
)
#: In a table: a name, the age, the sex. In brackets: (58) behind さん, (51、介護士) behind a relative.
_AGE_IN_TABLE = re.compile(
    rf"(?<=[{_LETTERS}a-z] )(?P<age>[1-9]?[0-9]|10[0-9])(?=[ ]{{1,3}}[男女](?![{_LETTERS}]))"
)
_AGE_IN_BRACKETS = re.compile(
    rf"(?:さん|様|氏|くん|ちゃん)[(（、](?P<age>[1-9]?[0-9]|10[0-9])[)）]"
    rf"|[{_LETTERS}][(（](?P<aged>[1-9][0-9])(?=[、,][ ]?(?:同居|独居|別居|会社員|主婦|無職|学生|大学生|高校生|[一-鿿]{{1,5}}[士師員婦業者]))"
)

#: 〇九〇の一二三四の五六七八: a telephone number as it is dictated.
_DICTATED = re.compile(
    "(?<![0-9〇零一二三四五六七八九])[〇零0][0-9〇零一二三四五六七八九]{1,4}[のノ][0-9〇零一二三四五六七八九]{1,4}[のノ][0-9〇零一二三四五六七八九]{3,4}(?![0-9〇零一二三四五六七八九])"
)
#: OCR took digits for letters: 7l歳, 2O21年, 1O:25.
_SLIP = "0-9OolI"
_SLIPPED = (
    (
        "age-slip",
        Category.AGE,
        re.compile(f"(?<![0-9A-Za-z])(?=[{_SLIP}]{{0,2}}[OolI])[{_SLIP}]{{2,3}}[歳才]"),
    ),
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
        re.compile(
            f"(?<![0-9A-Za-z:])(?=[{_SLIP}]{{1,2}}:[{_SLIP}]{{2}})(?=[{_SLIP}:]{{0,4}}[OolI])[{_SLIP}]{{1,2}}:[{_SLIP}]{{2}}(?![0-9A-Za-z:])"
        ),
    ),
)


def find(reading: Reading) -> Iterator[Hit]:
    """All that terse notes state without a label."""
    yield from _ages_and_sexes(reading)
    yield from _rooms(reading)
    for rule, label, pattern in _SLIPPED:
        for match in pattern.finditer(reading.text):
            if any(character.isdigit() for character in match.group()):
                yield Hit(match.start(), match.end(), label, rule, 0.8)
    for match in _DICTATED.finditer(reading.text):
        yield Hit(match.start(), match.end(), Category.PHONE, "phone-dictated", 0.9)
    for match in _NUMBERED.finditer(reading.text):
        before = reading.text[max(0, match.start() - 6) : match.start()].rstrip(" ")
        if before.endswith(("Lot", "LOT", "lot", "ロット", "製造", "様式", "型式", "S/N")):
            continue
        yield Hit(match.start(), match.end(), Category.ID, "numbered", 0.7)
    for match in _SLIP_NUMBER.finditer(reading.text):
        yield Hit(*match.span("id"), Category.ID, "slip", 0.75)
    for match in _SPECIMEN.finditer(reading.text):
        if reading.kind_before(match.start(), 3) != "thing":
            yield Hit(match.start(), match.end(), Category.ID, "specimen", 0.7)


def _ages_and_sexes(reading: Reading) -> Iterator[Hit]:
    text = reading.text
    for match in _AGE_IN_TABLE.finditer(text):
        yield Hit(*match.span("age"), Category.AGE, "age-in-table", 0.75)
    for match in _AGE_IN_BRACKETS.finditer(text):
        yield Hit(
            *match.span("age" if match["age"] else "aged"), Category.AGE, "age-in-brackets", 0.7
        )
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
    for match in _ROOM_BEFORE_PATIENT.finditer(text):
        yield Hit(match.start(), match.end(), Category.ID, "room", 0.65)
    for match in _ROOM_WITHOUT_WORD.finditer(text):
        yield Hit(match.start(), match.end(), Category.ID, "room", 0.65)
    for match in _BED_IN_KANJI.finditer(text):
        yield Hit(match.start(), match.end(), Category.ID, "room", 0.8)
    for pattern, group in (
        (_ROOM_BEHIND_WARD, "room"),
        (_ROOM_BEHIND_FLOOR, "room"),
        (_BED_BEHIND_UNIT, "bed"),
    ):
        for match in pattern.finditer(text):
            yield Hit(*match.span(group), Category.ID, "room", 0.75)
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
