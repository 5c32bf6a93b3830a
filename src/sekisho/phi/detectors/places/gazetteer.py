"""Place names by look-up: prefectures, municipalities and towns, in one spelling each."""

from __future__ import annotations

from collections.abc import Set
from functools import cache

from sekisho.phi.lists import words

__all__ = [
    "canonical",
    "city_stems",
    "first_in",
    "last_in",
    "municipalities",
    "prefecture_stems",
    "prefectures",
    "towns",
]

_LONGEST = 8


def canonical(text: str) -> str:
    """``text`` with the spellings of small words inside place names made one, length kept.

    保土ケ谷/保土ヶ谷 and 虎ノ門/虎の門 become equal.
    """
    return text.replace("ケ", "ヶ").replace("ヵ", "ヶ").replace("ノ", "の")


@cache
def prefectures() -> frozenset[str]:
    """東京都, 北海道, ..."""
    return words("prefectures")


@cache
def prefecture_stems() -> frozenset[str]:
    """東京, 北海道, 千葉, ...: prefectures as they are spoken."""
    return frozenset(name if name == "北海道" else name[:-1] for name in prefectures())


@cache
def municipalities() -> frozenset[str]:
    """札幌市, 中央区, 虻田郡, ニセコ町, ...: the components, today's and those merged away."""
    return words("municipalities") | words("former_municipalities")


@cache
def city_stems() -> frozenset[str]:
    """横浜, 松戸, ...: cities without their ending, of two characters or more."""
    stems = (name[:-1] for name in municipalities() if name[-1] == "市" and len(name) > 2)
    return frozenset(stems)


@cache
def towns() -> frozenset[str]:
    """Town names (町域) of two characters or more that are no ordinary words."""
    return words("towns")


def last_in(names: Set[str], text: str, end: int, shortest: int = 2) -> int:
    """The start of the longest of ``names`` that ends at ``end`` in canonical ``text``, or -1."""
    for start in range(max(0, end - _LONGEST), end - shortest + 1):
        if text[start:end] in names:
            return start
    return -1


def first_in(names: Set[str], text: str, start: int, shortest: int = 2) -> int:
    """The end of the longest of ``names`` that begins at ``start``, or -1."""
    for end in range(min(len(text), start + _LONGEST), start + shortest - 1, -1):
        if text[start:end] in names:
            return end
    return -1
