"""Character classes of folded Japanese text, for use inside ``[...]``.

They name what they mean: the classes of ``re`` take kanji, kana and digits of every script
together.
"""

from __future__ import annotations

import re

from sekisho.phi.lists import words

__all__ = [
    "HIRAGANA",
    "HYPHENS",
    "KANJI",
    "KATAKANA",
    "LATIN",
    "NAMED",
    "NUMERALS",
    "beginning",
]

HIRAGANA = "ぁ-ゖゝゞ"
KATAKANA = "ァ-ヺヽヾー"
#: The iteration mark and the small ヶ inside names count as kanji.
KANJI = "㐀-䶿一-鿿々〆ヶ\U00020000-\U0003134f"
LATIN = "A-Za-zÀ-ÖØ-öø-ÿ"
#: Everything that is written for a hyphen between numbers, the long vowel mark included.
HYPHENS = "\\-‐‑‒–—―−ー─━"
#: Kanji numerals.
NUMERALS = "〇一二三四五六七八九十百千"
#: What the proper name of an institution or a building is written in, digits apart. Circles stand
#: for letters that somebody has already blacked out.
NAMED = f"{KANJI}{KATAKANA}{HIRAGANA}{LATIN}〇○◯●◎△▲□■・'’&"


def beginning(*lists: str, more: str = "") -> str:
    """A look-ahead for the first characters of the terms of ``lists`` and of ``more``.

    In front of many branches it spares trying each of them where none can begin.
    """
    first = {term[0] for name in lists for term in words(name)} | set(more)
    return f"(?=[{''.join(re.escape(character) for character in sorted(first))}])"
