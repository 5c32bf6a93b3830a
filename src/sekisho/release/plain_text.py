"""A text in plain characters, one for one, with its runs of digits: what inspection scans."""

from __future__ import annotations

import unicodedata
from functools import cache, cached_property

from sekisho.release.wordlists import words

__all__ = ["PlainText"]

_SIGNS = " :.#=-("
_KANJI_DIGITS = {"〇": "0", "零": "0"} | {c: str(i) for i, c in enumerate("一二三四五六七八九", 1)}


def _plain(character: str) -> str:
    """The plain form: digits, hyphens, blanks and width made equal; always one character."""
    if character in _KANJI_DIGITS:
        return _KANJI_DIGITS[character]
    if character in "\r\n\u2028\u2029\x0b\x0c\x85":
        return "\n"
    if character.isspace():
        return " "
    folded = unicodedata.normalize("NFKC", character)
    if len(folded) != 1:
        return character
    if folded.isdecimal():
        return str(unicodedata.decimal(folded))
    if unicodedata.category(folded) == "Pd" or folded in "−─":
        return "-"
    return folded


class _Table(dict[str, str]):
    """Plain characters, each worked out once."""

    def __missing__(self, character: str) -> str:
        plain = self[character] = _plain(character)
        return plain


_TABLE = _Table()


def _invisible(character: str) -> bool:
    return unicodedata.category(character) == "Cf"


class PlainText:
    """A text with invisible characters left out and every other made plain."""

    def __init__(self, text: str) -> None:
        self._places: list[int] | None = None
        if any(_invisible(c) for c in set(text)):
            hidden = {c for c in set(text) if _invisible(c)}
            self._places = [i for i, c in enumerate(text) if c not in hidden]
            text = "".join(text[i] for i in self._places)
        self.plain = "".join(map(_TABLE.__getitem__, text))

    @cached_property
    def lower(self) -> str:
        """The plain text in lower case, of the same length."""
        lower = self.plain.lower()
        if len(lower) == len(self.plain):
            return lower
        return "".join(c.lower() if len(c.lower()) == 1 else c for c in self.plain)

    @cached_property
    def runs(self) -> list[tuple[int, int]]:
        """The runs of digits, as ranges of the plain text."""
        runs = []
        start = -1
        for place, character in enumerate(self.plain):
            if "0" <= character <= "9":
                if start < 0:
                    start = place
            elif start >= 0:
                runs.append((start, place))
                start = -1
        if start >= 0:
            runs.append((start, len(self.plain)))
        return runs

    def range(self, start: int, end: int) -> tuple[int, int]:
        """A range of the plain text as one of the text it was made from."""
        if self._places is None:
            return start, end
        return self._places[start], self._places[end - 1] + 1

    def unremarkable(self, place: int) -> bool:
        """Whether a lot number, a reference or a version is announced before ``place``.

        The number may have parts before ``place``: doi:10.1016/1234567.
        """
        limit = max(place - 24, 0)
        while place > limit and self.plain[place - 1] in "0123456789./":
            place -= 1
        near = self.lower[max(place - 16, 0) : place].rstrip(_SIGNS)
        for _ in range(2):
            if any(_ends_in_word(near, word) for word in words("plain_numbers")):
                return True
            near = near.removesuffix("no").removesuffix("番号").rstrip(_SIGNS)
        return False

    def fraction(self, start: int, end: int) -> bool:
        """Whether a decimal point joins ``start..end`` with other digits."""
        plain = self.plain
        before = plain[max(start - 2, 0) : start]
        after = plain[end : end + 2]
        return (before[:1].isdecimal() and before[1:] == ".") or (
            after[:1] == "." and after[1:].isdecimal()
        )

    def measured(self, place: int) -> bool:
        """Whether a unit follows at ``place``.

        A capital by itself is no unit, but for one after a slash: 1234567 M is a number and a sex.
        """
        tail = self.plain[place : place + 9].lstrip(" ")
        per = tail[:1] in ("/", "×")
        tail = tail[per:].lstrip(" ")
        size = 0
        while size < len(tail) and tail[size].isascii() and tail[size].isalpha():
            size += 1
        unit = tail[:size]
        if size == 1 and unit.isupper() and not per:
            return False
        return unit.lower() in _units() if size else tail.startswith(_signs())


def _ends_in_word(text: str, word: str) -> bool:
    if not text.endswith(word):
        return False
    before = text[: -len(word)][-1:]
    return not (word[0].isascii() and before.isascii() and before.isalpha())


@cache
def _units() -> frozenset[str]:
    return frozenset(unit for unit in words("units") if unit.isascii())


@cache
def _signs() -> tuple[str, ...]:
    return tuple(unit for unit in words("units") if not unit.isascii() or unit == "%")
