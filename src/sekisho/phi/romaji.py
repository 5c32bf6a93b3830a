"""Surnames in Latin letters, from their kanji or kana, and kana from Latin letters."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from sekisho.phi.lists import lines
from sekisho.phi.morphology import is_surname, surname_readings

__all__ = ["is_romaji_surname", "kana_spellings", "romaji_surnames"]

#: A shorter word (Abe, Oda, Mori) is too often something else in a report.
_SHORTEST = 5


@cache
def _syllables() -> dict[str, str]:
    return dict(line.split("\t") for line in lines("romaji"))


@cache
def _hepburn() -> dict[str, str]:
    """Katakana to Hepburn: of the spellings of one sound, the one that Hepburn prefers."""
    table: dict[str, str] = {}
    for latin, kana in _syllables().items():
        known = table.get(kana)
        if known is None or latin in _PREFERRED:
            table[kana] = latin
    return table


_PREFERRED = frozenset(
    [
        "shi",
        "chi",
        "tsu",
        "fu",
        "ji",
        "sha",
        "shu",
        "sho",
        "cha",
        "chu",
        "cho",
        "ja",
        "ju",
        "jo",
        "za",
        "zu",
    ]
)
_LATIN = re.compile("[A-Za-z]")
_LONG = re.compile("(?<=[oO])[uo]|(?<=[uU])u")


@lru_cache(maxsize=4_096)
def romaji_surnames(surface: str) -> tuple[str, ...]:
    """The surname of a Japanese name as it is usually written in Latin letters (suzuki, sato).

    Empty for a name that is Latin already, that the dictionary does not know, or whose Latin form
    has fewer than five letters.
    """
    if _LATIN.search(surface):
        return ()
    first = re.split("[ \n・^,]", surface.strip())[0]
    forms = set()
    for kana in surname_readings(first):
        latin = _LONG.sub("", _to_latin(kana))
        if len(latin) >= _SHORTEST:
            forms.add(latin)
    return tuple(sorted(forms))


def _to_latin(kana: str) -> str:
    table = _hepburn()
    latin = ""
    index = 0
    doubled = False
    while index < len(kana):
        pair, sign = kana[index : index + 2], kana[index]
        if sign == "ッ":
            doubled = True
            index += 1
            continue
        if sign == "ン":
            latin += "n"
            index += 1
            continue
        syllable = table.get(pair) if len(pair) == 2 else None
        step = 2
        if syllable is None:
            syllable, step = table.get(sign, ""), 1
        if doubled and syllable:
            syllable = syllable[0] + syllable
            doubled = False
        latin += syllable
        index += step
    return latin


def is_romaji_surname(word: str) -> bool:
    """Whether ``word`` spells a surname that the dictionary knows in kana."""
    return any(is_surname(kana) for kana in kana_spellings(word))


_VOWEL_MAY_BE_LONG = re.compile(
    "([オコソトノホモヨロゴゾドボポョ])|([ウクスツヌフムユルグズブプュ])"
)


@lru_cache(maxsize=8_192)
def kana_spellings(word: str) -> tuple[str, ...]:
    """The katakana that a romaji word may stand for, long vowels guessed both ways."""
    letters = word.lower().replace("'", "").replace("’", "")
    if not 3 <= len(letters) <= 12 or not letters.isascii() or not letters.isalpha():
        return ()
    kana = _to_kana(letters)
    if kana is None:
        return ()
    spellings = {kana}
    for slot in [match.end() for match in _VOWEL_MAY_BE_LONG.finditer(kana)][:4]:
        for spelling in tuple(spellings):
            cut = slot + len(spelling) - len(kana)
            if cut <= len(spelling):
                spellings |= {spelling[:cut] + vowel + spelling[cut:] for vowel in ("ウ", "オ")}
    return tuple(sorted(spellings))


def _to_kana(letters: str) -> str | None:
    syllables = _syllables()
    kana = ""
    index = 0
    while index < len(letters):
        here, behind = letters[index], letters[index + 1 : index + 2]
        if (here == "n" and (not behind or behind not in "aiueoy")) or (
            here == "m" and behind and behind in "bpm"
        ):
            kana += "ン"
            index += 1
        elif here == behind and here not in "aiueo":
            kana += "ッ"
            index += 1
        elif here == "h" and kana and (not behind or behind not in "aiueoy"):
            # Ohno, Itoh: the long vowel is guessed like every other.
            index += 1
        else:
            for size in (3, 2, 1):
                syllable = syllables.get(letters[index : index + size])
                if syllable is not None and index + size <= len(letters):
                    kana += syllable
                    index += size
                    break
            else:
                return None
    return kana
