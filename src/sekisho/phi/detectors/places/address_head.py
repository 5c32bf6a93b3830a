"""The coarse end of an address: postal code, prefecture, district, city, ward, town or village.

A component is known by its last character and looked up backwards; from the leftmost one on the
address is read to its end. All positions are those of canonical folded text.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from sekisho.phi.detectors.places.address_tail import GAP, behind_block, block, wrapped_tail
from sekisho.phi.detectors.places.characters import HYPHENS, KANJI, KATAKANA
from sekisho.phi.detectors.places.gazetteer import (
    first_in,
    last_in,
    municipalities,
    prefecture_stems,
    prefectures,
    towns,
)
from sekisho.phi.lists import words
from sekisho.phi.wordtrie import trie

__all__ = ["LIKELY", "NAME_CHARACTER", "SURE", "Found", "from_end", "with_postal_code"]

#: An address with company: two components, numbers, a postal code, a label, words of residence.
SURE = 0.95
#: A municipality by itself.
LIKELY = 0.75

#: A character that a place name could run on with.
NAME_CHARACTER = re.compile(f"[{KANJI}{KATAKANA}]")

_POSTAL_BEFORE = re.compile(
    rf"(?:〒[ ]?[0-9]{{3}}[{HYPHENS}]?[0-9]{{4}}"
    rf"|(?<![0-9{HYPHENS}])[0-9]{{3}}[{HYPHENS}][0-9]{{4}})"
    r"[ ]{0,3}(?:\n[ ]{0,6})?\Z"
)
_SHAPE = re.compile(f"(?<![{KANJI}{KATAKANA}])[{KANJI}{KATAKANA}]{{1,6}}\\Z")

# What may not follow: 中央区域, 市中肺炎, 市販薬, and what makes the name part of an institution.
_NEVER_BEFORE = {
    "区": re.compile("[域間画分別切立民]|役所"),
    "市": re.compile(
        "中(?:肺炎|感染|病)|[販場立]|民病|民会|民セ|役所|消防|警察|議会|大学|大病|大附|医師会|総合病|保健所"
    ),
    "町": re.compile("立|役場|[田山野井上本中川岡松瀬木島越沢](?![0-9])"),
    "村": re.compile("立|役場|[田山野井上本中川岡松瀬木島越沢](?![0-9])"),
    "郡": re.compile("[山上市立]"),
}


@cache
def _lives_here() -> re.Pattern[str]:
    cues = trie(words("residence_cues") | {"にある"})
    return re.compile(f"(?:内|周辺|近郊)?[ ]?{cues}")


class Found(NamedTuple):
    """One address in folded text."""

    start: int
    end: int
    score: float


def from_end(text: str, end: int, floor: int) -> Found | None:
    """The address whose leftmost component ends at ``end``; nothing left of ``floor`` is read."""
    kind = text[end - 1]
    if kind in "都道府県":
        start = last_in(prefectures(), text, end, 3)
        return _from_component(text, start, end, floor) if start >= floor else None
    start = last_in(municipalities(), text, end)
    if start >= floor:
        found = _from_component(text, start, end, floor)
        if found is not None:
            return found
    return _lone_town(text, end, floor) if kind in "町村" else None


def with_postal_code(text: str, start: int, floor: int) -> tuple[int, bool]:
    """``start`` moved before a postal code that stands right in front, and whether there is one."""
    match = _POSTAL_BEFORE.search(text, max(floor, start - 24), start)
    return (match.start(), True) if match else (start, False)


def _from_component(text: str, start: int, end: int, floor: int) -> Found | None:
    prefecture = text[end - 1] in "都道府県"
    if _excluded(text, end):
        return None
    name, position, count = text[start:end], end, 1
    while True:
        gap = GAP.match(text, position)
        following = first_in(municipalities(), text, gap.end() if gap else position)
        if following < 0 or _excluded(text, following):
            break
        position, count = following, count + 1
    if not prefecture:
        stem = last_in(prefecture_stems(), text, start)
        if stem >= floor:
            start, prefecture = stem, True
    rest = wrapped_tail(text, position)
    end = rest.end
    resident = _lives_here().match(text, end) is not None
    if not rest.numbered and text.startswith("内", end) and not text.startswith("内科", end):
        end += 1
    start, postal = with_postal_code(text, start, floor)
    sure = rest.numbered or resident or postal or count > 1
    if not sure:
        if name in prefectures():
            return None
        if not prefecture and not _stands_alone(text, start, name):
            return None
    return Found(start, end, SURE if sure or prefecture else LIKELY)


def _excluded(text: str, end: int) -> bool:
    guard = _NEVER_BEFORE.get(text[end - 1])
    return guard is not None and guard.match(text, end) is not None


def _stands_alone(text: str, start: int, name: str) -> bool:
    """Whether one municipality without any company is one, and no piece of a longer word."""
    inside = start > 0 and NAME_CHARACTER.match(text[start - 1]) is not None
    if name[-1] == "市":
        return len(name) > 2 or not inside
    if name[-1] == "区":
        return len(name) > 2
    return len(name) > 2 and not inside


def _lone_town(text: str, end: int, floor: int) -> Found | None:
    """A town or village by itself: 桜木町で, or with numbers: 桜木町3-5-2."""
    if _excluded(text, end):
        return None
    after = block(text, end, trusted=False)
    start = last_in(towns(), text, end, 3)
    if start < floor:
        shape = _SHAPE.search(text, max(floor, end - 6), end)
        if shape is None or after == end:
            return None
        start = shape.start()
    elif after == end and start > 0 and NAME_CHARACTER.match(text[start - 1]):
        return None
    start, postal = with_postal_code(text, start, floor)
    if after > end:
        return Found(start, behind_block(text, after), SURE)
    sure = postal or _lives_here().match(text, end) is not None
    return Found(start, end, SURE if sure else 0.6)
