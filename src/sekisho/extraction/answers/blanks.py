"""Text without the blanks that mean nothing, so that plain search sees through how it is spaced.

Between Japanese characters, and between them and others, blanks and line breaks mean nothing.
Between Latin letters a blank separates words; a line break there may be a blank or nothing, and a
hyphen before it a part of the word or only of its division. Between the digits of numbers, a
decimal sign included, a blank separates two numbers.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Sequence
from dataclasses import dataclass

from sekisho.documents.folding import Folded

__all__ = ["DECIMAL_SIGNS", "DIGITS", "LATIN", "Form", "with_borders", "without_blanks"]

#: Letters of the scripts that set blanks between words (the inside of a character class).
LATIN = "A-Za-zÀ-ÖØ-öø-ɏḀ-ỿ"
DIGITS = frozenset("0123456789")
DECIMAL_SIGNS = frozenset(".,")

_LETTER = re.compile(f"[{LATIN}]")
_BLANKS = re.compile("[ \n]+")
_HYPHENS = frozenset("-‐")

#: Folding makes digits of them, yet they belong to no number: they number a list.
_ENUMERATORS = re.compile("[①-⑳⒈-⒛⓪㉑-㉟㊱-㊿]")
_BORDER = "●"


@dataclass(frozen=True, slots=True, repr=False)
class Form:
    """A text made ready for plain search: what is left of it, and where that stood."""

    text: str
    positions: Sequence[int]


def with_borders(original: str, folded: Folded) -> str:
    """The folded text with a border instead of each enumerator; of the same length."""
    pieces: list[str] = []
    done = 0
    for match in _ENUMERATORS.finditer(original):
        start, end = folded.to_folded(*match.span())
        pieces += (folded.text[done:start], _BORDER * (end - start))
        done = end
    return "".join(pieces) + folded.text[done:] if pieces else folded.text


def without_blanks(
    text: str, borders: str, *, words: bool = False, divisions: bool = False
) -> Form:
    """``text`` without the blanks that mean nothing.

    ``words``: letters on both sides of a line break belong to one word. ``divisions``: a hyphen
    before a line break only divides a word.
    """
    pieces: list[str] = []
    positions = array("I")
    done = 0
    for run in _BLANKS.finditer(text):
        start, end = run.span()
        stop, blank = start, False
        broken = "\n" in run.group()
        if start > 0 and end < len(text):
            if _LETTER.match(borders, end) and _LETTER.match(borders, start - 1):
                blank = not (words and broken)
            elif divisions and broken and _divides(borders, start, end):
                stop -= 1
            else:
                blank = _in_number(borders, start, end)
        pieces.append(text[done:stop])
        positions.extend(range(done, stop))
        if blank:
            pieces.append(" ")
            positions.append(start)
        done = end
    pieces.append(text[done:])
    positions.extend(range(done, len(text)))
    return Form("".join(pieces), positions)


def _divides(text: str, start: int, end: int) -> bool:
    """Whether a hyphen between Latin letters stands before the blanks at ``start..end``."""
    return (
        start > 1
        and text[start - 1] in _HYPHENS
        and _LETTER.match(text, start - 2) is not None
        and _LETTER.match(text, end) is not None
    )


def _in_number(text: str, start: int, end: int) -> bool:
    """Whether the blanks at ``start..end`` stand between digits, or beside a decimal sign there."""
    left, right = text[start - 1], text[end]
    if right in DIGITS:
        return left in DIGITS or (left in DECIMAL_SIGNS and start > 1 and text[start - 2] in DIGITS)
    return left in DIGITS and right in DECIMAL_SIGNS and text[end + 1 : end + 2] in DIGITS
