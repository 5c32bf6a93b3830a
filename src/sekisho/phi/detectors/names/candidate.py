"""What the name rules hand to each other, and how a string is judged to be a person's name.

All offsets here count code points of the *folded* text; the detector maps them back once.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import NamedTuple

from sekisho.phi.lists import words
from sekisho.phi.morphology import (
    is_given_name,
    is_ordinary_word,
    is_person,
    is_surname,
    is_word,
    readings,
)
from sekisho.phi.wordtrie import trie

__all__ = [
    "HIRAGANA",
    "KANJI",
    "KATAKANA",
    "MIXED_GIVEN",
    "Candidate",
    "closes",
    "full_name_split",
    "given_after_blank",
    "name_after",
    "name_before",
]

KANJI = "一-鿿㐀-䶿々〆ヶヵ\U00020000-\U000323af"
HIRAGANA = "ぁ-ゖゝゞー"
KATAKANA = "ァ-ヺーヽヾ"

_LETTERS = re.compile(f"[{KANJI}{HIRAGANA}{KATAKANA}]")
_KANJI = re.compile(f"[{KANJI}]")
_RUN = re.compile(f"[{KANJI}{HIRAGANA}{KATAKANA}]{{1,14}}")
_LATIN_GIVEN = re.compile("[A-Z][a-zÀ-ÿ][A-Za-zÀ-ÿ'-]{0,16}(?![A-Za-z0-9])")
_LABEL_SIGN = re.compile("[ ]{0,2}[:=]")
#: ヨシ江, たけ子: given names of a generation, half in kana, seldom in a dictionary.
MIXED_GIVEN = re.compile(f"(?:[{KATAKANA}]{{1,3}}|[{HIRAGANA}]{{1,3}})[江子代枝美恵世乃緒]")
_KANJI_AND_DASH = re.compile(f"[{KANJI}]{{1,2}}ー")  # 良ー: a 一 that OCR took for a long vowel
_KANA = re.compile(f"[{HIRAGANA}]+|[{KATAKANA}]+")
_KANJI_RUN = re.compile(f"[{KANJI}]{{1,6}}")
_KATAKANA_NAME = re.compile(f"[{KATAKANA}]{{1,12}}(?:[・=＝ ][{KATAKANA}]{{1,12}}){{0,4}}")
_ONE_SCRIPT = re.compile(f"(?:[{KANJI}]+|[{HIRAGANA}]+|[{KATAKANA}]+)")
#: A name may be written with a blank, or broken by a line end, between its two parts.
_GAP = re.compile("[ ]{0,2}[ \n・][ ]{0,2}")


class Candidate(NamedTuple):
    """``folded[start:end]`` may be a name; ``rule`` says why, ``score`` how surely."""

    start: int
    end: int
    category: str
    rule: str
    score: float


@cache
def _closing() -> re.Pattern[str]:
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
    if end >= len(text) or not _KANJI.match(text, end):
        return True
    return _closing().match(text, end) is not None


@cache
def _never_names() -> frozenset[str]:
    return words("not_names") | words("staff_labels") | words("name_labels") | words("staff_titles")


def _is_given_of(surname: str, given: str) -> bool:
    """Whether ``given`` can follow ``surname``; a foreign one (島田カルロス) need not be known."""
    if len(given) <= 5 and (is_given_name(given) or MIXED_GIVEN.fullmatch(given)):
        return True
    return (
        2 <= len(given) <= 8
        and _KATAKANA_WORD.fullmatch(given) is not None
        and _KANJI.match(surname) is not None
        and (is_person(given) or not is_word(given))
    )


_KATAKANA_WORD = re.compile(f"[{KATAKANA}]+")
_PARTICLE_LIKE = frozenset(
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
        if not _ONE_SCRIPT.fullmatch(surname):
            continue
        if not _ONE_SCRIPT.fullmatch(given) and not MIXED_GIVEN.fullmatch(given):
            continue
        if len(given) == 1 and not _KANJI.match(given):
            continue
        if given in _PARTICLE_LIKE or (len(given) == 1 and given in _never_names()):
            continue
        # 小山田 | 太郎 and 小山 | 田太郎: the cut in the middle of a three-kanji surname is rarer.
        if best is None or (cut == 2 and best == 1) or (cut == 3 and is_given_name(given)):
            best = cut
    return best


def _is_given_part(word: str) -> bool:
    if word in _never_names() or word in _PARTICLE_LIKE:
        return False
    if MIXED_GIVEN.fullmatch(word):
        return True
    if is_given_name(word):
        return len(word) > 1 or bool(_KANJI.match(word))
    return 1 < len(word) <= 4 and not is_word(word) and not _ends_in_title(word)


def _ends_in_title(word: str) -> bool:
    """誠一先生, 正様: the unknown word is a given name and what follows it."""
    return any(
        match.end() == len(word)
        for cut in range(1, len(word))
        if (match := _closing().match(word, cut)) is not None
    )


def _given_after_gap(text: str, end: int, *, sure: bool = False) -> int | None:
    """The end of a given name that follows behind a blank, a line end or a middle dot.

    With ``sure`` a label has announced a person: one kanji or a few kana are then a given name.
    """
    gap = _GAP.match(text, end)
    if gap is None:
        return None
    run = _RUN.match(text, gap.end())
    if run is None:
        latin = _LATIN_GIVEN.match(text, gap.end())
        return latin.end() if sure and latin is not None else None
    word = run.group()
    for length in range(min(len(word), 5), 0, -1):
        part = word[:length]
        if not (
            _ONE_SCRIPT.fullmatch(part)
            or _KANJI_AND_DASH.fullmatch(part)
            or (length == len(word) and (is_given_name(part) or MIXED_GIVEN.fullmatch(part)))
        ):
            continue
        if not _is_given_part(part) and not (
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
        if length < len(word) and _same_script(word[length - 1], word[length]):
            follower = _closing().match(text, stop)
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
    return _given_after_gap(text, end, sure=True)


def _short_word(word: str) -> bool:
    """One kanji (蒼) or a few kana (あかり): a given name when a label has announced a person."""
    if word in _never_names() or word in _PARTICLE_LIKE:
        return False
    if len(word) == 1:
        return _KANJI.match(word) is not None
    if len(word) <= 4 and _KANA.fullmatch(word) is not None:
        return True
    return _KANJI_AND_DASH.fullmatch(word) is not None


def _same_script(left: str, right: str) -> bool:
    return _ONE_SCRIPT.fullmatch(left + right) is not None


def name_after(
    text: str, start: int, *, given: bool = False, unknown: bool = False, foreign: bool = False
) -> tuple[int, str] | None:
    """The name that begins at ``start``: its end and its kind (full, surname, given, unknown).

    ``given`` admits a given name alone, ``unknown`` a short word that no dictionary knows; both
    are for places where a label or a relation has already said that a name follows; ``foreign``
    admits an unknown word in katakana only.
    """
    run = _RUN.match(text, start)
    if run is None:
        return None
    word = run.group()
    surname_end = None
    best: tuple[int, str] | None = None
    for cut in range(min(len(word), 6), 0, -1):
        part = word[:cut]
        if cut == 1:
            if not _KANJI.match(part):
                continue
            # 担当技師：椎 needs no dictionary, 術者 奥 no plainer word; elsewhere both are asked.
            if part in words("not_names") and not (unknown and is_surname(part)):
                continue
            if not unknown and part not in words("single_surnames"):
                continue
        elif not is_surname(part) or part in words("not_names"):
            continue
        stop = start + cut
        for length in range(min(len(word) - cut, 8), 0, -1):
            full = word[: cut + length]
            if full_name_split(full) is None or not closes(text, stop + length):
                continue
            candidate = (stop + length, "full")
            if best is None or candidate[0] > best[0]:
                best = candidate
            break
        gapped = _given_after_gap(text, stop, sure=unknown or given)
        if gapped is not None and (best is None or gapped > best[0]):
            best = (gapped, "full")
        ends = closes(text, stop) and (cut > 1 or _single_closes(text, stop))
        if surname_end is None and ends and not _runs_on(word, cut):
            surname_end = stop
    if best is not None:
        return best
    if surname_end is not None:
        return surname_end, "surname"
    if given:
        mixed = MIXED_GIVEN.match(text, start)
        if mixed is not None and closes(text, mixed.end()):
            return mixed.end(), "given"
        for cut in range(min(len(word), 5), 0, -1):
            part = word[:cut]
            if (
                _ONE_SCRIPT.fullmatch(part)
                and is_given_name(part)
                and part not in words("not_names")
                and part not in _PARTICLE_LIKE
                and (cut > 1 or _KANJI.match(part))
                and closes(text, start + cut)
                and not _runs_on(word, cut)
            ):
                return start + cut, "given"
    if unknown or (foreign and _KATAKANA_WORD.match(text, start)):
        return _unknown_after(text, start)
    return None


_SINGLE_CLOSES = re.compile("[ \n、。,・()（）/:」】→がはにともので=|*]|より|から|にて|まで|へ|ら")


def _single_closes(text: str, end: int) -> bool:
    """Behind one kanji only a border or a particle: 申し送り does not begin with a colleague."""
    if end >= len(text) or _SINGLE_CLOSES.match(text, end):
        return True
    return _closing().match(text, end) is not None or text[end].isascii()


def _runs_on(word: str, cut: int) -> bool:
    """Whether a kana word is cut in its middle (さとう in さとうきび)."""
    return (
        cut < len(word) and not _KANJI.match(word[cut]) and _same_script(word[cut - 1], word[cut])
    )


def _with_known_given(text: str, end: int) -> tuple[int, str] | None:
    whole = _given_after_gap(text, end)
    if whole is None or not is_given_name(text[end:whole].strip(" \n・")):
        return None
    return whole, "full"


def _unknown_after(text: str, start: int) -> tuple[int, str] | None:
    match = _KANJI_RUN.match(text, start) or _KATAKANA_NAME.match(text, start)
    if match is None:
        return None
    part = match.group()
    closing = _closing().search(part, 1)
    if closing is not None and closing.end() == len(part):
        part = part[: closing.start()]
    if part in _never_names() or part.endswith(("担当医", "主治医", "当直医", "担当者", "責任者")):
        return None
    length = len(part)
    if not 2 <= length <= 12:
        return None
    if is_ordinary_word(part) and not is_person(part):
        # 碧海 修: the given name behind the blank shows that the word is a surname here.
        return _with_known_given(text, start + length)
    if length > 6 and _KANJI.match(part):
        return None
    end = start + length
    if not closes(text, end):
        return None
    gapped = _given_after_gap(text, end, sure=True)
    return (gapped or end), "unknown"


def name_before(
    text: str,
    end: int,
    starts: frozenset[int] | set[int],
    *,
    given: bool = False,
    single: bool = False,
) -> tuple[int, str] | None:
    """The name that ends at ``end``: its start and its kind (full, surname, given, unknown).

    ``starts`` are the offsets where morphemes begin, so that 宮本 is not cut out of a longer word;
    ``single`` lets a surname of one kanji (原先生, 長看護師) do without that.
    """
    low = end
    while low > 0 and end - low < 12 and _LETTERS.match(text[low - 1]):
        low -= 1
    if low == end:
        return None
    best: tuple[int, str] | None = None
    for start in range(max(low, end - 8), end):
        word = text[start:end]
        lone = single and end - start == 1 and word in words("single_surnames")
        if start != low and start not in starts and not lone:
            continue
        kind = "surname" if lone else _kind_of(word, given=given)
        if kind is None and single and _may_be_surname(word):
            kind = "surname"
        if kind is None:
            continue
        if start > 0 and start == low and end - low >= 12:
            continue
        best = (start, kind)
        break
    if best is not None:
        start, kind = best
        if kind in ("surname", "given") and start == low:
            earlier = _surname_before_gap(text, start, starts)
            if earlier is not None and (kind == "given" or _is_given_part(text[start:end])):
                return earlier, "full"
        return best
    return _unknown_before(text, low, end, starts)


def _may_be_surname(word: str) -> bool:
    """Most surnames are places too; in front of Dr or 先生 a place (宮代Dr) is a person."""
    return (
        2 <= len(word) <= 3
        and _KANJI_RUN.fullmatch(word) is not None
        and readings(word) == {"place"}
        and word not in words("prefectures")
    )


def _kind_of(word: str, *, given: bool) -> str | None:
    if word in words("not_names"):
        return None
    if full_name_split(word) is not None:
        return "full"
    if given and MIXED_GIVEN.fullmatch(word):
        return "given"
    if not _ONE_SCRIPT.fullmatch(word):
        return None
    if is_surname(word) and (len(word) > 1 or word in words("single_surnames")):
        return "surname"
    if given and is_given_name(word) and (len(word) > 1 or _KANJI.match(word)):
        return "given"
    return None


def _surname_before_gap(text: str, start: int, starts: frozenset[int] | set[int]) -> int | None:
    """The start of a surname that stands before a blank or line end in front of ``start``."""
    stop = start
    while stop > 0 and start - stop < 3 and text[stop - 1] in " \n":
        stop -= 1
    if stop == start or stop == 0:
        return None
    for low in range(max(0, stop - 5), stop):
        part = text[low:stop]
        if not _ONE_SCRIPT.fullmatch(part):
            continue
        if low > 0 and low not in starts and _LETTERS.match(text[low - 1]):
            continue
        if low > 0 and _KANJI.match(text[low - 1]) and low not in starts:
            continue
        if is_surname(part) and part not in words("not_names"):
            return low
    return None


def _unknown_before(
    text: str, low: int, end: int, starts: frozenset[int] | set[int]
) -> tuple[int, str] | None:
    """A short word that no dictionary knows, or a given name unknown behind a known surname."""
    kanji_low = end
    while kanji_low > low and _KANJI.match(text[kanji_low - 1]):
        kanji_low -= 1
    word = text[kanji_low:end]
    if 1 <= len(word) <= 3:
        earlier = _surname_before_gap(text, kanji_low, starts)
        if earlier is not None and _is_given_part(word):
            return earlier, "full"
    if not 2 <= len(word) <= 6 or word in words("not_names"):
        return None
    for cut in range(min(4, len(word) - 1), 1, -1):
        if is_surname(word[:cut]) and len(word) - cut <= 3 and not is_ordinary_word(word[cut:]):
            return kanji_low, "full"
    if len(word) <= 4 and not is_word(word) and not _has_ordinary_tail(word, starts, kanji_low):
        return kanji_low, "unknown"
    return None


def _has_ordinary_tail(word: str, starts: frozenset[int] | set[int], low: int) -> bool:
    """Whether the unknown word ends in an ordinary one (担当看護 in front of 師)."""
    return any(
        low + cut in starts and len(word) - cut >= 2 and is_ordinary_word(word[cut:])
        for cut in range(len(word) - 1)
    )
