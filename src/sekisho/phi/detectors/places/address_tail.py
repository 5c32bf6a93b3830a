"""The fine end of an address: town, block numbers, building and room.

Every function takes canonical folded text (see ``gazetteer.canonical``) and a position, and gives
the position behind what it could read, or the same position when there is nothing to read.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from sekisho.phi.detectors.places.characters import (
    HYPHENS,
    KANJI,
    KATAKANA,
    NAMED,
    NUMERALS,
)
from sekisho.phi.detectors.places.gazetteer import first_in, towns
from sekisho.phi.lists import words
from sekisho.phi.morphology import is_ordinary_word, is_place
from sekisho.phi.wordtrie import trie

__all__ = ["GAP", "Tail", "behind_block", "block", "next_field", "tail", "wrapped_tail"]

#: A blank or one broken line between two parts of an address.
GAP = re.compile(r"[ ]{0,3}(?:\n[ ]{0,40})?")
_LINE_GAP = re.compile(r"[ ]{0,3}")

_STEP = f"(?:[0-9]{{1,5}}|[{NUMERALS}]{{1,6}})"
_UNIT = "(?:丁目|番地|番丁|番|号(?!室)|条|線|地割|街区|丁)"
_PLACED = f"(?:[東西南北甲乙丙丁イロハニホ](?={_STEP}))?{_STEP}(?:{_UNIT}[東西南北]?)?"
_BETWEEN = f"(?:[ ]?[{HYPHENS}][ ]?|の|(?<=[目地番条])[ ])?"
_BLOCK = re.compile(f"{_PLACED}(?:{_BETWEEN}{_PLACED}){{0,7}}")
_ARABIC_PAIR = re.compile(f"[0-9{NUMERALS}][ ]?[{HYPHENS}][ ]?[0-9{NUMERALS}]")
_SURE_UNIT = re.compile(
    f"丁目|番地|地割|番丁|番[0-9{NUMERALS}]{{1,5}}号|条[東西南北]?[0-9{NUMERALS}]"
)
_ANY_UNIT = re.compile(f"{_UNIT}")
#: A bare number in front of these counts something and is no part of an address.
_COUNTER = re.compile(
    "[0-9]|[.,:/×xX~〜][0-9]|[%°℃]|[年月日歳才回度人名例件時分秒週代世割倍位種型期級点本枚個台床室か箇ヶつ箱錠階]|"
    f"か月|カ月|番目|号室|mm|cm|kg|mg|ml|mL|[{HYPHENS}][0-9]"
)

_INSTITUTION = re.compile("病院|医院|クリニック|診療所|薬局|医療センター|学校|大学")
_PIECE = re.compile(f"[{NAMED}.]{{2,24}}")
_STOP = re.compile(
    "に(?!し)|で(?!ん)|は|を|へ|から|より|まで|が(?![丘岡])|と(?!う)|在住|居住|在勤|の(?![丘里森杜郷街])"
)
_ROOM = re.compile(
    f"[ ]{{0,2}}#?(?:[A-Z0-9]{{1,3}}棟)?[A-Z]?[{HYPHENS}]?[0-9]{{1,4}}[A-Z]?"
    "(?P<unit>号[室棟館]?|階|F|室|棟)?"
)
_KANJI_RUN = re.compile(f"[{KANJI}]{{2,4}}(?![{KANJI}{KATAKANA}])")
_ROOM_ALONE = re.compile(f"[ ]{{0,2}}[A-Z]?[{HYPHENS}]?[0-9]{{1,4}}[A-Z]?号[室棟館]?")

_UNKNOWN_TOWN = re.compile(
    f"[{KANJI}{KATAKANA}の]{{1,12}}?(?=[0-9東西南北甲乙丙丁]|[{NUMERALS}]{{1,4}}(?:丁|番|地割))"
)
_KYOTO = re.compile(
    f"(?:[{KANJI}{KATAKANA}の0-9]{{1,14}}?"
    "(?:上[ルる]|下[ルる]|上がる|下がる|[東西]入[ルる]?)){1,3}"
)

_WRAP = re.compile(f"[{NAMED}0-9{HYPHENS}]{{0,8}}(?P<gap>[ ]{{0,3}}\\n[ ]{{0,40}})(?=[{NAMED}0-9])")


class Tail(NamedTuple):
    """Where an address ends, and whether it holds a town and block numbers."""

    end: int
    town: bool
    numbered: bool


@cache
def next_field() -> re.Pattern[str]:
    """電話, 氏名, 男性, ...: words that go on behind an address and are no building."""
    return re.compile(trie(words("address_next_fields")))


@cache
def _building_word() -> re.Pattern[str]:
    return re.compile(trie(words("address_buildings")))


def block(text: str, start: int, *, trusted: bool) -> int:
    """The end of block numbers (1-2-3, 三丁目五番地, 北10条西5丁目) that begin at ``start``.

    A number alone, without a unit or a hyphen, is taken only when ``trusted`` (behind a known town)
    and when it counts nothing.
    """
    match = _BLOCK.match(text, start)
    if match is None:
        return start
    end = match.end()
    found = match.group()
    if _SURE_UNIT.search(found):
        return end
    if _ANY_UNIT.search(found[-2:]):
        return end if trusted else start
    if _COUNTER.match(text, end):
        return start
    if _ARABIC_PAIR.search(found):
        return end
    return end if trusted and found[-1].isdigit() and found[-1].isascii() else start


def _room(text: str, start: int) -> int:
    end = start
    for _ in range(3):
        match = _ROOM.match(text, end)
        if match is None or (match["unit"] is None and _COUNTER.match(text, match.end())):
            break
        end = match.end()
    return end


def _building(text: str, start: int) -> int:
    """The end of a building with its room, e.g. コーポ桜305号室, or ``start``."""
    gap = GAP.match(text, start)
    begin = end = gap.end() if gap else start
    broken = "\n" in text[start:begin]
    for _ in range(3):
        piece = _PIECE.match(text, end)
        if piece is None or next_field().match(text, end) or _INSTITUTION.search(piece.group()):
            return start
        word = _building_word().search(text, end, piece.end())
        if word is not None:
            stop = _STOP.search(text, word.end(), piece.end())
            return _room(text, stop.start() if stop else piece.end())
        if _STOP.search(text, end, piece.end()):
            return start
        room = _room(text, piece.end())
        if room > piece.end() and (not broken or text[room - 1] in "号室階F棟"):
            return room
        if text[piece.end() : piece.end() + 1] != " ":
            return start
        end = piece.end() + 1
    return start


def behind_block(text: str, start: int) -> int:
    """The end of a room, or of a building with its room, behind block numbers, or ``start``."""
    alone = _ROOM_ALONE.match(text, start)
    return alone.end() if alone else _building(text, start)


def _town(text: str, start: int) -> int:
    """The end of up to three known towns in a row, 大字 and 字 between them."""
    end = start
    for _ in range(3):
        if text.startswith("大字", end):
            end += 2
        elif text.startswith("字", end):
            end += 1
        known = first_in(towns(), text, end)
        if known < 0:
            break
        end = known
    return end


def tail(text: str, start: int) -> Tail:
    """Everything that follows the last municipality of an address at ``start``."""
    in_town = text[start - 1 : start] in ("町", "村")
    kyoto = _KYOTO.match(text, start)
    position = kyoto.end() if kyoto else start
    town = _town(text, position)
    candidates = [town]
    gap = _LINE_GAP.match(text, town)
    wide = GAP.match(text, town)
    candidates += [match.end() for match in (gap, wide) if match and match.end() > town]
    for candidate in candidates:
        named = candidate
        if candidate > town or town == position:
            named = _town(text, candidate)
        after = block(text, named, trusted=in_town or named > position or kyoto is not None)
        if after == named and named > start and text[named : named + 1] == " ":
            after = block(text, named + 1, trusted=True)
            after = after if after > named + 1 else named
        if after == named:
            unknown = _UNKNOWN_TOWN.match(text, named)
            if unknown is not None and text[named] != "の":
                after = block(text, unknown.end(), trusted=False)
                after = after if after > unknown.end() else named
        if after > named:
            return Tail(behind_block(text, _next_line(text, after)), True, True)
    if town == position:
        town = _unlisted_town(text, position)
    return Tail(town, town > position or kyoto is not None, False)


def _unlisted_town(text: str, start: int) -> int:
    """A town that only the dictionary knows, right behind a municipality: 呉市焼山から."""
    run = _KANJI_RUN.match(text, start)
    known = run is not None and is_place(run.group()) and not is_ordinary_word(run.group())
    return run.end() if run is not None and known else start


def _next_line(text: str, end: int) -> int:
    """Block numbers that go on in the next line: 三丁目, line end, 18-5."""
    gap = GAP.match(text, end)
    if gap is None or "\n" not in gap.group() or text[end - 1] not in "目番地":
        return end
    after = block(text, gap.end(), trusted=True)
    return after if after > gap.end() else end


def wrapped_tail(text: str, start: int) -> Tail:
    """``tail``, reading over one line end that cuts through a town or a number."""
    plain = tail(text, start)
    wrap = _WRAP.match(text, plain.end)
    if plain.numbered or wrap is None:
        return plain
    gap = wrap.span("gap")
    joined = tail(text[start : gap[0]] + text[gap[1] : gap[1] + 60], 0)
    if not joined.numbered or joined.end <= gap[0] - start:
        return plain
    if not _SURE_UNIT.search(text, gap[0] - 6, joined.end + start + gap[1] - gap[0]):
        return plain
    return Tail(start + joined.end + gap[1] - gap[0], True, True)
