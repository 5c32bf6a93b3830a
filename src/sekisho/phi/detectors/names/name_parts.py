"""What Japanese names are made of, and how a string is judged to be a part of one."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from sekisho.phi.lists import words
from sekisho.phi.morphology import is_given_name, is_person, is_surname, is_word
from sekisho.phi.wordtrie import trie

__all__ = [
    "HIRAGANA",
    "KANJI",
    "KANJI_RUN",
    "KANJI_SIGN",
    "KATAKANA",
    "KATAKANA_NAME",
    "KATAKANA_WORD",
    "LETTER",
    "MIXED_GIVEN",
    "ONE_SCRIPT",
    "PARTICLE_LIKE",
    "RUN",
    "closes",
    "closing",
    "full_name_split",
    "given_after_blank",
    "given_after_gap",
    "is_given_part",
    "never_names",
    "same_script",
]

KANJI = "一-鿿㐀-䶿々〆ヶヵ\U00020000-\U000323af"
HIRAGANA = "ぁ-ゖゝゞー"
KATAKANA = "ァ-ヺーヽヾ"

LETTER = re.compile(f"[{KANJI}{HIRAGANA}{KATAKANA}]")
KANJI_SIGN = re.compile(f"[{KANJI}]")
RUN = re.compile(f"[{KANJI}{HIRAGANA}{KATAKANA}]{{1,14}}")
_LATIN_GIVEN = re.compile("[A-Z][a-zÀ-ÿ][A-Za-zÀ-ÿ'-]{0,16}(?![A-Za-z0-9])")
_LABEL_SIGN = re.compile("[ ]{0,2}[:=]")
#: ヨシ江, たけ子: given names of a generation, half in kana, seldom in a dictionary.
MIXED_GIVEN = re.compile(f"(?:[{KATAKANA}]{{1,3}}|[{HIRAGANA}]{{1,3}})[江子代枝美恵世乃緒]")
_KANJI_AND_DASH = re.compile(f"[{KANJI}]{{1,2}}ー")  # 良ー: a 一 that OCR took for a long vowel
_KANA = re.compile(f"[{HIRAGANA}]+|[{KATAKANA}]+")
KANJI_RUN = re.compile(f"[{KANJI}]{{1,6}}")
KATAKANA_NAME = re.compile(f"[{KATAKANA}]{{1,12}}(?:[・=＝ ][{KATAKANA}]{{1,12}}){{0,4}}")
ONE_SCRIPT = re.compile(f"(?:[{KANJI}]+|[{HIRAGANA}]+|[{KATAKANA}]+)")
#: A name may be written with a blank, or broken by a line end, between its two parts.
_GAP = re.compile("[ ]{0,2}[ \n・][ ]{0,2}")


@cache
def closing() -> re.Pattern[str]:
    # What may follow a name without a blank although it is written in kanji.
    return re.compile(
        trie(
            words("staff_titles")
            | words("honorifics")
            | words("staff_verbs")
            | {"宛", "作", "記", "印", "両", "同席", "立会", "夫妻", "親子", "姓", "宅", "家"}
        )
    )


def closes(text: str, end: int) -> bool:
    """Whether a name may end at ``end``: no kanji follows, or a title, an honorific, a duty."""
    if end >= len(text) or not KANJI_SIGN.match(text, end):
        return True
    return closing().match(text, end) is not None


@cache
def never_names() -> frozenset[str]:
    return words("not_names") | words("staff_labels") | words("name_labels") | words("staff_titles")


def _is_given_of(surname: str, given: str) -> bool:
    """Whether ``given`` can follow ``surname``; a foreign one (島田カルロス) need not be known."""
    if len(given) <= 5 and (is_given_name(given) or MIXED_GIVEN.fullmatch(given)):
        return True
    return (
        2 <= len(given) <= 8
        and KATAKANA_WORD.fullmatch(given) is not None
        and KANJI_SIGN.match(surname) is not None
        and (is_person(given) or not is_word(given))
    )


KATAKANA_WORD = re.compile(f"[{KATAKANA}]+")
PARTICLE_LIKE = frozenset(
    [
        "から",
        "まで",
        "より",
        "など",
        "にて",
        "です",
        "ます",
        "した",
        "して",
        "する",
        "ため",
        "こと",
        "もの",
        "とき",
        "ところ",
        "ほど",
        "のみ",
        "だけ",
        "では",
        "には",
        "へは",
        "とは",
        "にも",
        "でも",
        "のは",
        "のが",
        "のを",
        "さん",
        "くん",
        "ちゃん",
        "さま",
        "との",
        "への",
        "での",
    ]
)


@lru_cache(maxsize=16_384)
def full_name_split(word: str) -> int | None:
    """Where ``word`` splits into surname and given name, or None when it does not."""
    best: int | None = None
    for cut in range(1, min(len(word), 6)):
        surname, given = word[:cut], word[cut:]
        if not is_surname(surname) or not _is_given_of(surname, given):
            continue
        if not ONE_SCRIPT.fullmatch(surname):
            continue
        if not ONE_SCRIPT.fullmatch(given) and not MIXED_GIVEN.fullmatch(given):
            continue
        if len(given) == 1 and not KANJI_SIGN.match(given):
            continue
        if given in PARTICLE_LIKE or (len(given) == 1 and given in never_names()):
            continue
        # 小山田 | 太郎 and 小山 | 田太郎: the cut in the middle of a three-kanji surname is rarer.
        if best is None or (cut == 2 and best == 1) or (cut == 3 and is_given_name(given)):
            best = cut
    return best


def is_given_part(word: str) -> bool:
    if word in never_names() or word in PARTICLE_LIKE:
        return False
    if MIXED_GIVEN.fullmatch(word):
        return True
    if is_given_name(word):
        return len(word) > 1 or bool(KANJI_SIGN.match(word))
    return 1 < len(word) <= 4 and not is_word(word) and not _ends_in_title(word)


def _ends_in_title(word: str) -> bool:
    """誠一先生, 正様: the unknown word is a given name and what follows it."""
    return any(
        match.end() == len(word)
        for cut in range(1, len(word))
        if (match := closing().match(word, cut)) is not None
    )


def given_after_gap(text: str, end: int, *, sure: bool = False) -> int | None:
    """The end of a given name that follows behind a blank, a line end or a middle dot.

    With ``sure`` a label has announced a person: one kanji or a few kana are then a given name.
    """
    gap = _GAP.match(text, end)
    if gap is None:
        return None
    run = RUN.match(text, gap.end())
    if run is None:
        latin = _LATIN_GIVEN.match(text, gap.end())
        return latin.end() if sure and latin is not None else None
    word = run.group()
    for length in range(min(len(word), 5), 0, -1):
        part = word[:length]
        if not (
            ONE_SCRIPT.fullmatch(part)
            or _KANJI_AND_DASH.fullmatch(part)
            or (length == len(word) and (is_given_name(part) or MIXED_GIVEN.fullmatch(part)))
        ):
            continue
        if not is_given_part(part) and not (
            sure and length == len(word) and _short_word(word) and " " in gap.group()
        ):
            continue
        stop = gap.end() + length
        if _LABEL_SIGN.match(text, stop):
            continue  # 檜山 指導日: is a label behind the name, no given name
        if len(gap.group()) > 1 and not is_given_name(part):
            continue
        if text[gap.start() : gap.end()].strip() == "・" and is_surname(part):
            return None  # 小野寺・南: two colleagues, not one
        if not closes(text, stop):
            continue
        if length < len(word) and same_script(word[length - 1], word[length]):
            follower = closing().match(text, stop)
            if follower is None:
                continue
        if "\n" in gap.group() and not is_given_name(part):
            continue
        return stop
    return None


def given_after_blank(text: str, end: int) -> int | None:
    """The end of a given name one blank behind the surname that ends at ``end``."""
    if not text.startswith(" ", end) or text.startswith("  ", end):
        return None
    return given_after_gap(text, end, sure=True)


def _short_word(word: str) -> bool:
    """One kanji (蒼) or a few kana (あかり): a given name when a label has announced a person."""
    if word in never_names() or word in PARTICLE_LIKE:
        return False
    if len(word) == 1:
        return KANJI_SIGN.match(word) is not None
    if len(word) <= 4 and _KANA.fullmatch(word) is not None:
        return True
    return _KANJI_AND_DASH.fullmatch(word) is not None


def same_script(left: str, right: str) -> bool:
    return ONE_SCRIPT.fullmatch(left + right) is not None
