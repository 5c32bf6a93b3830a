"""Finding a known surface again, however it is spaced, cased or written in kana."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import NamedTuple

__all__ = ["Haystack", "comparable"]

_KATAKANA_TO_HIRAGANA = {code: code - 0x60 for code in range(ord("ァ"), ord("ヶ") + 1)}
_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
_COMPARABLE = _KATAKANA_TO_HIRAGANA | _LOWER

#: Between the parts of one name: blanks, one line end, a middle dot, DICOM's caret.
_NAME_SIGNS = re.compile("[ \n・^=＝,]+")
#: Between the digits of one number: blanks and the signs that group digits.
_NUMBER_SIGNS = re.compile(r"[ \-‐-―ー−﹣－.·・/()]+")
#: More signs than these in one place do not belong to one name or number.
_LONGEST_GAP = 3
#: Numbers are looked up by their first characters, since a long text may hold thousands.
_LONGEST_KEY = 8
_RUN = re.compile("[0-9]+|[a-z]+")


def comparable(folded: str) -> str:
    """Folded text with katakana as hiragana and Latin capitals lowered; the same length."""
    return folded.translate(_COMPARABLE)


class _Squeezed(NamedTuple):
    """A text without its signs; ``positions`` are the offsets of what is left."""

    text: str
    positions: array[int]


def _squeeze(text: str, signs: re.Pattern[str]) -> _Squeezed:
    pieces: list[str] = []
    positions = array("I")
    done = 0
    for match in signs.finditer(text):
        pieces.append(text[done : match.start()])
        positions.extend(range(done, match.start()))
        done = match.end()
    pieces.append(text[done:])
    positions.extend(range(done, len(text)))
    return _Squeezed("".join(pieces), positions)


class Haystack:
    """A folded text made ready to be searched many times.

    Blanks and signs are squeezed out once, so that every further needle is a plain string however
    the text spaces it. Needles are folded too; offsets are those of the folded text.
    """

    def __init__(self, folded: str) -> None:
        #: The text in comparable form.
        self.text = comparable(folded)
        self._by_key: dict[int, dict[str, list[int]]] = {}

    def names(self, needle: str) -> Iterator[tuple[int, int]]:
        """Where the name ``needle`` stands, blanks aside, in either kana and either case."""
        squeezed = _NAME_SIGNS.sub("", comparable(needle))
        return self._places(squeezed, self._for_names, _every(squeezed, self._for_names.text))

    def numbers(self, needle: str) -> Iterator[tuple[int, int]]:
        """Where the number or code ``needle`` stands, grouping signs aside.

        It must not be a part of a longer number: 1234 is not found in 12345.
        """
        # ー counts as a letter, but between digits it is a hyphen.
        squeezed = "".join(
            letter for letter in comparable(needle) if letter.isalnum() and letter != "ー"
        )
        starts: Iterable[int]
        if _RUN.match(squeezed):
            key = squeezed[:_LONGEST_KEY]
            starts = self._starts_by_key(len(key)).get(key, ())
        else:
            starts = _every(squeezed, self._for_numbers.text)
        for start, end in self._places(squeezed, self._for_numbers, starts):
            if not self.runs_on(start, end):
                yield start, end

    def runs_on(self, start: int, end: int) -> bool:
        """Whether a longer number or code holds what stands at ``start..end``."""
        text = self.text
        if start > 0 and _inside(text[start], text[start - 1]):
            return True
        return end < len(text) and _inside(text[end - 1], text[end])

    @cached_property
    def _for_names(self) -> _Squeezed:
        return _squeeze(self.text, _NAME_SIGNS)

    @cached_property
    def _for_numbers(self) -> _Squeezed:
        return _squeeze(self.text, _NUMBER_SIGNS)

    @cached_property
    def _run_starts(self) -> array[int]:
        """Where runs of digits or of letters begin in the squeezed text."""
        positions = self._for_numbers.positions
        return array("I", (bisect_left(positions, run.start()) for run in _RUN.finditer(self.text)))

    def _starts_by_key(self, length: int) -> dict[str, list[int]]:
        """The same by the first ``length`` characters that stand there."""
        starts = self._by_key.get(length)
        if starts is None:
            starts = self._by_key[length] = {}
            squeezed = self._for_numbers.text
            for at in self._run_starts:
                starts.setdefault(squeezed[at : at + length], []).append(at)
        return starts

    @staticmethod
    def _places(
        needle: str, squeezed: _Squeezed, starts: Iterable[int]
    ) -> Iterator[tuple[int, int]]:
        if not needle:
            return
        text, positions = squeezed
        for at in starts:
            if not text.startswith(needle, at):
                continue
            last = at + len(needle) - 1
            if all(positions[i + 1] - positions[i] <= _LONGEST_GAP + 1 for i in range(at, last)):
                yield positions[at], positions[last] + 1


def _every(needle: str, text: str) -> Iterator[int]:
    """Every offset of ``needle`` in ``text``, overlapping ones too."""
    at = text.find(needle) if needle else -1
    while at >= 0:
        yield at
        at = text.find(needle, at + 1)


_DIGIT = re.compile("[0-9]")
_LETTER_OR_DIGIT = re.compile("[0-9a-z]")


def _inside(edge: str, neighbour: str) -> bool:
    if _DIGIT.match(edge):
        return _DIGIT.match(neighbour) is not None
    return all(_LETTER_OR_DIGIT.match(character) for character in (edge, neighbour))
