"""The script that an identifier is written in, the first thing that decides how it can be found."""

from __future__ import annotations

import unicodedata
from enum import StrEnum

__all__ = ["Script", "script"]


class Script(StrEnum):
    """One script, or ``MIXED`` of two or more; ``OTHER`` for what is none of them."""

    KANJI = "kanji"
    HIRAGANA = "hiragana"
    KATAKANA = "katakana"
    ROMAJI = "romaji"
    DIGITS = "digits"
    MIXED = "mixed"
    OTHER = "other"


#: Ranges of code points, both ends included, by the script they belong to.
_RANGES = (
    (0x3041, 0x3096, Script.HIRAGANA),
    (0x309F, 0x309F, Script.HIRAGANA),
    (0x30A1, 0x30FA, Script.KATAKANA),
    (0x30FF, 0x30FF, Script.KATAKANA),
    (0x31F0, 0x31FF, Script.KATAKANA),
    (0x3005, 0x3007, Script.KANJI),  # 々〆〇
    (0x3021, 0x3029, Script.KANJI),
    (0x3400, 0x4DBF, Script.KANJI),
    (0x4E00, 0x9FFF, Script.KANJI),
    (0xF900, 0xFAFF, Script.KANJI),
    (0x20000, 0x3FFFF, Script.KANJI),
)
#: Small ke and ka between kanji are read as part of them (三ヶ日, 一ヵ所).
_KANJI_JOINERS = frozenset("ヶヵ")


def script(surface: str) -> Script:
    """The script of ``surface``.

    Widths are folded first. White space, punctuation and symbols belong to no script, and neither
    do the long-vowel mark and the marks of voicing and repeated kana, which follow their
    neighbours; ヶ and ヵ count as kanji beside kanji. So ``2024/05/03`` is digits, ``2024年`` mixed
    and ``山田　太郎`` kanji.
    """
    scripts = {
        found
        for character in unicodedata.normalize("NFKC", surface)
        if (found := _script_of(character)) is not None
    }
    joined = _KANJI_JOINERS.intersection(surface)
    if joined and scripts == {Script.KANJI, Script.KATAKANA} and _only_joiners(surface):
        return Script.KANJI
    if len(scripts) > 1:
        return Script.MIXED
    return scripts.pop() if scripts else Script.OTHER


def _script_of(character: str) -> Script | None:
    if "0" <= character <= "9":
        return Script.DIGITS
    code = ord(character)
    for first, last, found in _RANGES:
        if first <= code <= last:
            return found
    kind = unicodedata.category(character)
    if kind.startswith("L") and kind != "Lm":
        return Script.ROMAJI if "LATIN" in unicodedata.name(character, "") else Script.OTHER
    return Script.OTHER if kind.startswith("N") else None


def _only_joiners(surface: str) -> bool:
    return all(
        character in _KANJI_JOINERS
        for character in surface
        if _script_of(character) is Script.KATAKANA
    )
