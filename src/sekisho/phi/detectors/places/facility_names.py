"""Where the name of an institution begins, and whether it is a name at all.

The ending (病院, クリニック, ...) is easily found; the work is on its left, where a name may be
written in any script and prose may touch it without a blank: 紹介元のさくら内科クリニック,
術後東京病院へ, 虎の門病院. All positions are those of folded text.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from sekisho.phi.detectors.places.characters import HIRAGANA, KANJI, KATAKANA, LATIN
from sekisho.phi.detectors.places.gazetteer import canonical, city_stems, prefecture_stems, towns
from sekisho.phi.lists import words
from sekisho.phi.morphology import is_person, is_place
from sekisho.phi.wordtrie import trie

__all__ = ["is_generic", "is_proper", "left_end"]

_LONGEST = 32
_CIRCLES = "〇○◯●◎△▲□■"
_SOLID = re.compile(f"[{KANJI}{KATAKANA}{LATIN}{_CIRCLES}・'’&]{{1,{_LONGEST}}}\\Z")
_NUMBERED = re.compile("第[0-9]{1,3}\\Z")
_HIRAGANA_RUN = re.compile(f"[{HIRAGANA}]{{1,10}}\\Z")
_ONE_CHARACTER_HOME = frozenset("門丘里家森杜郷街園庭山川海空風花木実台音泉木")
_DATE_UNIT = re.compile(
    "(?:年|月|日|時|分|歳|代|週|回|度|号|階|ヶ月|か月|カ月|週間|日間|年間|時間|泊)(?:目|間|前|後|頃|以降|末|初め|半)?"
)


@cache
def _prose_before() -> re.Pattern[str]:
    return re.compile(trie(words("facility_before")))


@cache
def _longest_generic() -> int:
    return max(map(len, words("facility_generic")))


@lru_cache(maxsize=4096)
def is_generic(name: str) -> bool:
    """Whether ``name`` is put together of describing words only (地域 + 連携, 二次 + 救急)."""
    vocabulary = words("facility_generic")
    reachable = {0}
    for end in range(1, len(name) + 1):
        if any(
            name[start:end] in vocabulary
            for start in range(max(0, end - _longest_generic()), end)
            if start in reachable
        ):
            reachable.add(end)
    return len(name) in reachable


@lru_cache(maxsize=4096)
def is_proper(name: str) -> bool:
    """Whether ``name`` is, by lists and dictionary, the name of a person or a place."""
    return (
        name in city_stems()
        or name in prefecture_stems()
        or name in words("facility_hiragana")
        or canonical(name) in towns()
        or is_person(name)
        or is_place(name)
    )


def left_end(text: str, end: int, floor: int) -> int:
    """Where the name whose ending begins at ``end`` begins; ``end`` itself when there is none."""
    start = end
    while start > max(floor, end - _LONGEST):
        solid = _SOLID.search(text, max(floor, end - _LONGEST), start)
        if solid is not None:
            start = solid.start()
            continue
        numbered = _NUMBERED.search(text, max(floor, start - 4), start)
        if numbered is not None:
            start = numbered.start()
            continue
        kana = _HIRAGANA_RUN.search(text, max(floor, start - 10), start)
        if kana is None:
            break
        taken = _hiragana_part(text, kana.start(), start, end)
        if taken == start:
            break
        whole = taken == kana.start()
        start = taken
        if not whole:
            break
    return _without_prose(text, start, end)


def _hiragana_part(text: str, start: int, end: int, name_end: int) -> int:
    """How much of the hiragana ``text[start:end]`` belongs to the name behind it."""
    known = words("facility_hiragana")
    for begin in range(start, end):
        if text[begin:end] in known:
            return begin
    if end - start == 1 and text[start] in "のがつヶケ":
        if _spans_town(text, start) or (
            name_end - end == 1 and text[end] in _ONE_CHARACTER_HOME and _names(text, start)
        ):
            return start
    run = text[start:end]
    if run[0] in "のはがをにへとも" and 3 <= len(run) <= 8 and run[1:] in known:
        return start + 1
    if run.endswith("の") and run[:-1] in known and end < name_end:
        return start
    return end


def _spans_town(text: str, middle: int) -> bool:
    """Whether a listed town reaches over the kana at ``middle``: 虎の門, 緑が丘."""
    window = canonical(text[max(0, middle - 4) : middle + 4])
    centre = middle - max(0, middle - 4)
    return any(
        window[start:end] in towns()
        for start in range(centre)
        for end in range(centre + 2, len(window) + 1)
    )


def _names(text: str, end: int) -> bool:
    """Whether what stands left of の can be part of a name (風の丘), not a generic word."""
    solid = _SOLID.search(text, max(0, end - 8), end)
    return solid is not None and not is_generic(solid.group()) and len(solid.group()) <= 4


def _without_prose(text: str, start: int, end: int) -> int:
    """``start`` moved behind words that belong to the sentence."""
    if start > 0 and text[start - 1].isdigit():
        unit = _DATE_UNIT.match(text, start, end)
        if unit is not None:
            start = unit.end()
    for match in _prose_before().finditer(text, start, end):
        if match.end() <= end:
            start = match.end()
    while start < end and text[start] in "・'’&ー":
        start += 1
    return start
