"""Finding a known surface again, however it is spaced, cased or written in kana."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

__all__ = ["comparable", "digit_occurrences", "name_occurrences", "runs_on"]

_KATAKANA_TO_HIRAGANA = {code: code - 0x60 for code in range(ord("ァ"), ord("ヶ") + 1)}
_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
_COMPARABLE = _KATAKANA_TO_HIRAGANA | _LOWER


def comparable(folded: str) -> str:
    """Folded text with katakana as hiragana and Latin capitals lowered; the same length."""
    return folded.translate(_COMPARABLE)


#: Between the parts of one name: blanks, one line end, a middle dot, DICOM's caret.
_NAME_GAP = "[ \n・^=＝,]{0,3}"
#: Between the digits of one number: blanks and the signs that group digits.
_DIGIT_GAP = r"[ \-‐-―ー−﹣－.·・/()]{0,3}"


@lru_cache(maxsize=4_096)
def _spaced(needle: str, gap: str) -> re.Pattern[str]:
    return re.compile(gap.join(re.escape(character) for character in needle))


_BLANKS = re.compile("[ \n・^=＝,]")


def name_occurrences(haystack: str, needle: str) -> Iterator[tuple[int, int]]:
    """Where ``needle`` stands in ``haystack`` (both comparable), blanks in it aside."""
    squeezed = _BLANKS.sub("", needle)
    if not squeezed:
        return
    for match in _spaced(squeezed, _NAME_GAP).finditer(haystack):
        yield match.start(), match.end()


_DIGIT = re.compile("[0-9]")
_LETTER_OR_DIGIT = re.compile("[0-9a-z]")


def digit_occurrences(haystack: str, needle: str) -> Iterator[tuple[int, int]]:
    """Where a number stands in ``haystack`` (both comparable), grouping signs aside.

    It must not be a part of a longer number: 1234 is not found in 12345.
    """
    # ー counts as a letter, but between digits it is a hyphen.
    squeezed = "".join(letter for letter in needle if letter.isalnum() and letter != "ー")
    if not squeezed:
        return
    for match in _spaced(squeezed, _DIGIT_GAP).finditer(haystack):
        if not runs_on(haystack, *match.span()):
            yield match.span()


def runs_on(haystack: str, start: int, end: int) -> bool:
    """Whether a longer number or code holds what stands at ``haystack[start:end]``."""
    if start > 0 and _inside(haystack[start], haystack[start - 1]):
        return True
    return end < len(haystack) and _inside(haystack[end - 1], haystack[end])


def _inside(edge: str, neighbour: str) -> bool:
    if _DIGIT.match(edge):
        return _DIGIT.match(neighbour) is not None
    return (
        _LETTER_OR_DIGIT.match(edge) is not None and _LETTER_OR_DIGIT.match(neighbour) is not None
    )
