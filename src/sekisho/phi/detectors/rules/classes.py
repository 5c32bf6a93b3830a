"""Explicit character classes and guards from which every rule is built.

Japanese sets no space between words, so a word border finds nothing between a digit and a
kanji, and the Unicode classes take kanji, kana and digits of every script together. The rules
therefore name the characters they mean, and say by look-around what may not stand beside a match.
The classes hold what folded text can hold (see ``sekisho.documents.folding``), where hyphens are
not unified.
"""

from __future__ import annotations

import re
from functools import cache

__all__ = [
    "AFTER_LATIN",
    "HYPHENS",
    "KANJI_DIGITS",
    "KANJI_NUMERALS",
    "MONTHS_UNIT",
    "compiled",
]

#: Everything that is written where a hyphen is meant between digits, the long vowel sign included.
HYPHENS = "\\-‐‑‒–—―−ー─━ｰ－﹣"


#: Numerals written digit by digit, and those of the positional system.
KANJI_DIGITS = "〇零○一二三四五六七八九"
KANJI_NUMERALS = f"{KANJI_DIGITS}十百千"

#: The counter for months of duration or age (ヶ月, か月, ...), never a month of the year.
MONTHS_UNIT = "(?:[ヶケかカヵ箇ヵ個]月)"

#: The Latin word ends here.
AFTER_LATIN = "(?![A-Za-zÀ-ÿ])"


@cache
def compiled(source: str, flags: int = 0) -> re.Pattern[str]:
    """The pattern of ``source``, compiled on first use and kept: importing a rule costs nothing."""
    return re.compile(source, flags)
