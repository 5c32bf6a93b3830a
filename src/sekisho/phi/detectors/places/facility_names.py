"""Where the name of an institution begins, and whether it is a name at all.

The ending (病院, クリニック, ...) is easily found; the work is on its left, where a name may be
written in any script and prose may touch it without a blank: 紹介元のこもれび内科クリニック,
術後東京病院へ, 緑が丘病院. All positions are those of folded text.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import cache, lru_cache

from sekisho.phi.detectors.places.characters import HIRAGANA, KANJI, KATAKANA, LATIN
from sekisho.phi.detectors.places.gazetteer import canonical, city_stems, prefecture_stems, towns
from sekisho.phi.lists import words
from sekisho.phi.morphology import Morpheme, is_person, is_place, morphemes
from sekisho.phi.wordtrie import trie

__all__ = ["CIRCLES", "is_generic", "is_proper", "left_end", "proper_inside", "right_end"]

_LONGEST = 32
#: What stands for letters that somebody has already blacked out.
CIRCLES = "〇○◯●◎△▲□■"
_SOLID = re.compile(f"[{KANJI}{KATAKANA}{LATIN}{CIRCLES}・'’&]{{1,{_LONGEST}}}\\Z")
_SOLID_RIGHT = re.compile(f"[{KANJI}{KATAKANA}{LATIN}0-9{CIRCLES}・]{{1,14}}")
_HOME_RIGHT = re.compile("[のが][里家丘森郷杜園街庭台]")
_COMPANY_KANA = re.compile(f"[{HIRAGANA}]{{2,6}}(?=[{KANJI}{KATAKANA}])")
_HOME_KANA = re.compile(f"[{HIRAGANA}]{{2,5}}の[里家森丘郷杜園街](?![{KANJI}])")
_NAME_KINDS = frozenset(("surname", "given", "person", "place", "proper", "noun"))
# A word that the analyser does not know is a name unless it ends like a verb or a particle.
_UNKNOWN_NAME = re.compile(f"[{HIRAGANA}]{{2,7}}[^るのいたてながはをにへともやかでくりず]")
_NUMBERED = re.compile("第[0-9]{1,3}\\Z")
_HIRAGANA_RUN = re.compile(f"[{HIRAGANA}]{{1,10}}\\Z")
_ONE_CHARACTER_HOME = frozenset("門丘里家森杜都郷街園庭山川海空風花木実台音泉浜岡")
_DATE_UNIT = re.compile(
    "(?:年|月|日|時|分|歳|代|週|回|度|号|階|ヶ月|か月|カ月|週間|日間|年間|時間|泊)(?:目|間|前|後|頃|以降|末|初め|半)?"
)


@cache
def _prose_before() -> re.Pattern[str]:
    return re.compile(trie(words("facility_before")))


@cache
def _kinds() -> tuple[str, ...]:
    return tuple(words("facility_kinds"))


@cache
def _no_names() -> tuple[str, ...]:
    return tuple(words("hiragana_no_names"))


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


def proper_inside(stem: str) -> bool:
    """Whether ``stem`` is, or begins with, the name of a person or a place."""
    return is_proper(stem) or any(is_proper(stem[:cut]) for cut in range(2, min(4, len(stem))))


def left_end(text: str, end: int, floor: int) -> int:
    """Where the name whose ending begins at ``end`` begins; ``end`` itself when there is none."""
    start = end
    limit = max(floor, end - _LONGEST)
    while start > limit:
        before = _step_left(text, start, end, limit)
        if before == start:
            break
        start = before
    return _without_prose(text, start, end)


def _step_left(text: str, start: int, end: int, limit: int) -> int:
    """``start`` moved over one more piece of the name that ends at ``end``."""
    solid = _SOLID.search(text, limit, start)
    if solid is not None:
        return solid.start()
    numbered = _NUMBERED.search(text, max(limit, start - 4), start)
    if numbered is not None:
        return numbered.start()
    kana = _HIRAGANA_RUN.search(text, max(limit, start - 10), start)
    if kana is None:
        return start
    known = words("facility_hiragana")
    for begin in range(kana.start(), start):
        if text[begin:start] in known:
            return begin
    if text[start - 1] in "のがつ":
        if _spans_town(text, start - 1):
            return start - 1
        home = end - start == 1 and text[start] in _ONE_CHARACTER_HOME
        return start - 1 if home and _can_own(text, start - 1) else start
    word = _word_ending_at(text, start)
    if word is not None and word.start >= kana.start():
        return word.start
    unknown = _UNKNOWN_NAME.fullmatch(kana.group()) is not None
    if not unknown or kana.group().endswith(_no_names()):
        return start
    return kana.start() if _free_on_the_left(text, kana.start()) else start


def _free_on_the_left(text: str, start: int) -> bool:
    """Whether nothing runs into ``start``, or only the kind of an institution: 特養みはらし苑."""
    before = text[max(0, start - 1) : start]
    if _SOLID.search(before) is None or text.endswith(_kinds(), 0, start):
        return True
    solid = _SOLID.search(text, max(0, start - 4), start)
    return solid is not None and is_proper(solid.group())


def right_end(text: str, start: int, *, company: bool = False) -> int:
    """Where the name that begins at ``start``, behind the kind of an institution, ends.

    Behind the form of a ``company`` even a word like ながら is a name (株式会社ながら印刷).
    """
    kana = (_COMPANY_KANA if company else _HOME_KANA).match(text, start)
    end = kana.end() if kana else start
    while end < min(len(text), start + _LONGEST // 2):
        solid = _SOLID_RIGHT.match(text, end)
        if solid is not None:
            end = solid.end()
            continue
        home = _HOME_RIGHT.match(text, end)
        if home is not None and end > start:
            return home.end()
        word = _word_starting_at(text, end)
        if word is None:
            break
        end = word.end
    return end


def _is_name_word(word: Morpheme) -> bool:
    return (
        word.kind in _NAME_KINDS
        and word.surface not in words("hiragana_no_names")
        and len(word.surface) > 1
    )


def _word_ending_at(text: str, end: int) -> Morpheme | None:
    """The noun in hiragana that ends at ``end``, if the analyser sees one there."""
    sequence = morphemes(text)
    index = bisect_left(sequence, end, key=lambda word: word.end)
    if index < len(sequence) and sequence[index].end == end and _is_name_word(sequence[index]):
        return sequence[index]
    return None


def _word_starting_at(text: str, start: int) -> Morpheme | None:
    sequence = morphemes(text)
    index = bisect_left(sequence, start, key=lambda word: word.start)
    if index < len(sequence) and sequence[index].start == start and _is_name_word(sequence[index]):
        return sequence[index]
    return None


def _spans_town(text: str, middle: int) -> bool:
    """Whether a listed town reaches over the kana at ``middle``: 緑が丘, 虎の門."""
    window = canonical(text[max(0, middle - 4) : middle + 4])
    centre = middle - max(0, middle - 4)
    return any(
        window[start:end] in towns()
        for start in range(centre)
        for end in range(centre + 2, len(window) + 1)
    )


def _can_own(text: str, end: int) -> bool:
    """Whether what stands left of の can be part of a name (風の丘), not a generic word."""
    solid = _SOLID.search(text, max(0, end - 8), end)
    if solid is None:
        return _word_ending_at(text, end) is not None
    return not is_generic(solid.group()) and len(solid.group()) <= 4


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
