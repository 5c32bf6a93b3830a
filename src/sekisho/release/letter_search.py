"""Search of a released text for what is known to be secret, however it is written there.

Both the text and the secrets are folded character by character: compatibility forms and accents
(NFKD), case, katakana to hiragana, variants of a glyph (髙, 﨑), and everything that shows nothing
(blanks, line ends, zero-width and control characters) left out. That is coarser than the folding
that detectors read through, and shares no code with it.

What counts as found:

- a surface of two or more characters anywhere, but for these guards against chance, all judged by
  the neighbours in the released text itself:

  * Latin: no Latin letter on either side; one or two letters alone (CT, KT) only before an
    honorific;
  * kana of up to three: no kana on either side, or an honorific behind it;
  * a surface that begins or ends with a digit: no digit there;
  * two characters with a blank or line end between them: a border, or an honorific, on each side;
  * inside an ordinary longer word (子宮本体 holds 宮本): ``lists/longer_words.txt``;

- a word of ordinary language (a sex, an age, a department, an occupation, a clock time) only with a
  border on both sides: 内科 is found in 内科、 and neither in 内科的治療 nor in 消化器内科;
- a surface of one kanji only with a border on both sides, or a border before and an honorific
  behind it; one letter, kana or digit never;
- a surface of digits and separators alone: see ``sekisho.release.digit_search``.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from functools import cache
from itertools import accumulate

from sekisho.release.wordlists import rows, words

__all__ = ["Hit", "Letters", "fold_letter", "folded_letters", "search"]

_VOICING = "\u3099\u309a"


@dataclass(frozen=True, slots=True)
class Hit:
    """A secret (by its number in the sequence that was searched) at a range of the text."""

    start: int
    end: int
    secret: int


@cache
def _variants() -> dict[str, str]:
    return {row[0]: row[1] for row in rows("glyph_variants")}


def fold_letter(character: str) -> str:
    """What a character compares as; empty when it shows nothing."""
    folded = ""
    for part in unicodedata.normalize("NFKD", _variants().get(character, character)).casefold():
        kind = unicodedata.category(part)
        if kind[0] == "Z" or kind in ("Cc", "Cf") or (kind == "Mn" and part not in _VOICING):
            continue
        if "ァ" <= part <= "ヶ":
            part = chr(ord(part) - 0x60)
        folded += "-" if kind == "Pd" or part == "−" else _variants().get(part, part)
    return folded


class _Table(dict[str, str]):
    """Folded characters, each worked out once."""

    def __missing__(self, character: str) -> str:
        folded = self[character] = fold_letter(character)
        return folded


_TABLE = _Table()


def folded_letters(text: str) -> str:
    """``text`` folded for the search."""
    return "".join(map(_TABLE.__getitem__, text))


class Letters:
    """A text with its folded form and the way back to its own offsets."""

    def __init__(self, text: str) -> None:
        self.text = text
        pieces = list(map(_TABLE.__getitem__, text))
        self.folded = "".join(pieces)
        self._ends = list(accumulate(map(len, pieces)))

    def range(self, start: int, end: int) -> tuple[int, int]:
        """The range of the text that a range of the folded text was made from."""
        return bisect_right(self._ends, start), bisect_right(self._ends, end - 1) + 1


def _kind(character: str) -> str:
    """h(an), k(ana), l(atin), d(igit), or a border."""
    if "㐀" <= character <= "鿿" or character in "々〆ヶ" or "豈" <= character <= "﫿":
        return "h"
    if "ぁ" <= character <= "ヿ" and character != "・":
        return "k"
    if "ｦ" <= character <= "ﾟ":
        return "k"
    if character >= "𠀀" and character < "𳄀":
        return "h"
    if character.isdecimal():
        return "d"
    return "l" if character.isalpha() else " "


def _honorific(text: str, place: int) -> bool:
    tail = text[place : place + 5].lstrip(" \u3000")
    return tail.startswith(words("honorifics"))


def _covered(letters: Letters, start: int, end: int) -> bool:
    """Whether folded ``start..end`` lies inside a longer ordinary word."""
    surface = letters.folded[start:end]
    for word in words("longer_words"):
        if surface == word or surface not in word:
            continue
        first = max(start - len(word) + end - start, 0)
        place = letters.folded.find(word, first, end + len(word) - (end - start))
        if 0 <= place <= start and end <= place + len(word):
            return True
    return False


def _counts(letters: Letters, start: int, end: int, ordinary: bool) -> bool:
    """Whether the folded match ``start..end`` is the secret and no chance, as the module says."""
    folded = letters.folded
    if end < len(folded) and folded[end] in _VOICING:
        return False
    first, last = letters.range(start, end)
    text = letters.text
    before = _kind(text[first - 1]) if first else " "
    after = _kind(text[last]) if last < len(text) else " "
    surface = folded[start:end]
    kinds = {_kind(c) for c in surface if c not in _VOICING}
    size = sum(c not in _VOICING for c in surface)
    titled = _honorific(text, last)
    bordered = before == " " and (after == " " or titled)
    if size == 1 or ordinary:
        return (size > 1 or kinds == {"h"}) and bordered
    if "d" in (_kind(surface[0]), _kind(surface[-1])) and (
        (_kind(surface[0]) == "d" and before == "d") or (_kind(surface[-1]) == "d" and after == "d")
    ):
        return False
    if kinds <= {"l"}:
        return before != "l" and after != "l" and (size > 2 or titled)
    if kinds <= {"k"} and size <= 3:
        return before != "k" and (after != "k" or titled)
    if size == 2 and last - first > sum(1 for c in text[first:last] if _TABLE[c]):
        return bordered
    return not (kinds <= {"h"} and _covered(letters, start, end))


class _Index:
    """Folded secrets by their first two characters, so that one pass finds them all."""

    def __init__(self, secrets: Iterable[tuple[int, str]]) -> None:
        self.whole: dict[str, int] = {}
        self.single: dict[str, int] = {}
        lengths: dict[str, set[int]] = {}
        for number, secret in secrets:
            if len(secret) == 1:
                self.single.setdefault(secret, number)
            elif secret:
                self.whole.setdefault(secret, number)
                lengths.setdefault(secret[:2], set()).add(len(secret))
        self.lengths = {head: sorted(sizes, reverse=True) for head, sizes in lengths.items()}

    def matches(self, folded: str) -> Iterator[tuple[int, int, int]]:
        """(start, end, secret) of every match."""
        lengths, whole = self.lengths, self.whole
        for start, pair in enumerate(map(str.__add__, folded, folded[1:])):
            if pair in lengths:
                for size in lengths[pair]:
                    number = whole.get(folded[start : start + size])
                    if number is not None:
                        yield start, start + size, number
        for character, number in self.single.items():
            place = folded.find(character)
            while place >= 0:
                yield place, place + 1, number
                place = folded.find(character, place + 1)


def search(
    letters: Letters, secrets: Sequence[tuple[int, str]], ordinary: Set[int] = frozenset()
) -> Iterator[Hit]:
    """Every place of ``letters`` where one of ``secrets`` (number, folded surface) stands.

    Those whose number is in ``ordinary`` are words of ordinary language.
    """
    taken: dict[int, int] = {}
    for start, end, number in _Index(secrets).matches(letters.folded):
        # Overlapping repetitions of one secret tell nothing new.
        if start >= taken.get(number, 0) and _counts(letters, start, end, number in ordinary):
            taken[number] = end
            yield Hit(*letters.range(start, end), number)
