"""The name that ends at a place a cue points at: in front of a title, a relation, a list."""

from __future__ import annotations

from sekisho.phi.detectors.names.name_parts import (
    KANJI_RUN,
    KANJI_SIGN,
    LETTER,
    MIXED_GIVEN,
    ONE_SCRIPT,
    full_name_split,
    is_given_part,
)
from sekisho.phi.lists import words
from sekisho.phi.morphology import is_given_name, is_ordinary_word, is_surname, is_word, readings

__all__ = ["name_before"]


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
    while low > 0 and end - low < 12 and LETTER.match(text[low - 1]):
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
            if earlier is not None and (kind == "given" or is_given_part(text[start:end])):
                return earlier, "full"
        return best
    return _unknown_before(text, low, end, starts)


def _may_be_surname(word: str) -> bool:
    """Most surnames are places too; in front of Dr or 先生 a place (宮代Dr) is a person."""
    return (
        2 <= len(word) <= 3
        and KANJI_RUN.fullmatch(word) is not None
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
    if not ONE_SCRIPT.fullmatch(word):
        return None
    if is_surname(word) and (len(word) > 1 or word in words("single_surnames")):
        return "surname"
    if given and is_given_name(word) and (len(word) > 1 or KANJI_SIGN.match(word)):
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
        if not ONE_SCRIPT.fullmatch(part):
            continue
        if low > 0 and low not in starts and LETTER.match(text[low - 1]):
            continue
        if low > 0 and KANJI_SIGN.match(text[low - 1]) and low not in starts:
            continue
        if is_surname(part) and part not in words("not_names"):
            return low
    return None


def _unknown_before(
    text: str, low: int, end: int, starts: frozenset[int] | set[int]
) -> tuple[int, str] | None:
    """A short word that no dictionary knows, or a given name unknown behind a known surname."""
    kanji_low = end
    while kanji_low > low and KANJI_SIGN.match(text[kanji_low - 1]):
        kanji_low -= 1
    word = text[kanji_low:end]
    if 1 <= len(word) <= 3:
        earlier = _surname_before_gap(text, kanji_low, starts)
        if earlier is not None and is_given_part(word):
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
