"""Folding: one spelling for what is written in many, with a map back to the original text.

A clinical text writes the same digit in two widths, the same kana in three ways and the same
surname with 高 or 髙. Rules and lists look at the folded text; spans are always told in offsets of
the original. ``fold`` applies, in this order:

1. CR LF and lone CR become LF; what nobody sees (``invisible.txt``: zero-width characters,
   variation selectors) joins the character before it and vanishes;
2. NFKC (Unicode Standard Annex 15): full-width letters and digits become ASCII, half-width kana
   becomes full-width kana composed with its voicing mark, ㈱ becomes (株), ㍻ becomes 平成;
3. every other white space becomes one space each;
4. glyph variants of kanji become the usual form (``variants.txt``).

Hyphens, dashes and the long vowel mark ー stay what NFKC makes them. NUL, other control characters
and lone surrogates stay as they are.

Folding goes cluster by cluster. A cluster begins at a character that NFKC can never join to what
stands before it, so the clusters' foldings put together are the folding of the whole, and
``fold(fold(text).text).text == fold(text).text``. Nearly all clusters are one character that folds
to one character; only the others are remembered in the offset map.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources

__all__ = ["Folded", "fold"]

# A cluster longer than this (no writing system has one) is folded character by character:
# canonical reordering takes quadratic time on a hostile run of combining marks.
_LONGEST_CLUSTER = 64

# Where Unicode has characters with a combining class or a decomposition; the blocks left out hold
# ideographs and Hangul syllables, which need neither here.
_BLOCKS = (
    range(0x80, 0x3400),
    range(0xA000, 0xAC00),
    range(0xF900, 0x20000),
    range(0x2F800, 0x2FA20),
    range(0xE0000, 0xE1000),
)
_JAMO = (range(0x1161, 0x1176), range(0x11A8, 0x11C3))
_LOW, _HIGH, _ANY = "\0-\uffff", "\U00010000-\U0010ffff", "\0-\U0010ffff"
_ASTRAL = re.compile(f"[{_HIGH}]")


@dataclass(frozen=True, slots=True, eq=False)
class _Clusters:
    """Where the clusters that are not one character for one character stand in both texts."""

    folded_starts: array[int]
    folded_ends: array[int]
    original_starts: array[int]
    original_ends: array[int]


@dataclass(frozen=True, slots=True, eq=False)
class Folded:
    """A folded text and the way back.

    ``text`` is the folded text, ``length`` the number of code points of the original. ``clusters``
    says where the two run out of step; None when they never do.
    """

    text: str
    length: int
    clusters: _Clusters | None = None

    def to_original(self, start: int, end: int) -> tuple[int, int]:
        """The smallest range of the original that covers ``text[start:end]``.

        An empty range gives an empty range. Raises ``ValueError`` outside the text.
        """
        _check(start, end, len(self.text))
        if (to := self.clusters) is None:
            return start, end
        source = (to.folded_starts, to.folded_ends)
        return _convert(start, end, source, (to.original_starts, to.original_ends))

    def to_folded(self, start: int, end: int) -> tuple[int, int]:
        """The smallest range of the folded text that covers what ``original[start:end]`` became.

        An empty range gives an empty range, and so does a text of which nothing can be seen.
        Raises ``ValueError`` outside the text.
        """
        _check(start, end, self.length)
        if (to := self.clusters) is None:
            return start, end
        source = (to.original_starts, to.original_ends)
        return _convert(start, end, source, (to.folded_starts, to.folded_ends))


def fold(text: str) -> Folded:
    """Fold ``text`` for comparison; see the module for what that means.

    Takes any string. Linear in its length.
    """
    rules = _rules()
    pattern = rules.irregular_anywhere if _ASTRAL.search(text) else rules.irregular
    pieces: list[str] = []
    folded_starts, folded_ends = array("I"), array("I")
    original_starts, original_ends = array("I"), array("I")
    done = position = 0

    def take(start: int, end: int) -> None:
        nonlocal done, position
        folded = _fold_cluster(text[start:end])
        if end - start == 1 == len(folded):
            return
        pieces.extend((text[done:start], folded))
        original_starts.append(start)
        original_ends.append(end)
        position += start - done
        folded_starts.append(position)
        position += len(folded)
        folded_ends.append(position)
        done = end

    after = 0
    if text and text[0] in rules.invisible:
        # Nothing stands before them, so they join the first character that can be seen.
        head = rules.head.match(text)
        after = head.end() if head else 0
        take(0, after)
    extenders = rules.extenders
    for match in pattern.finditer(text, after):
        start, end = match.span()
        if start > done and text[start] in extenders:
            start -= 1
        take(start, end)
    if not pieces:
        folded = text.translate(_one_to_one())
        return Folded(text if folded == text else folded, len(text))
    pieces.append(text[done:])
    folded = "".join(pieces).translate(_one_to_one())
    clusters = _Clusters(folded_starts, folded_ends, original_starts, original_ends)
    return Folded(folded, len(text), clusters)


def _check(start: int, end: int, length: int) -> None:
    if not 0 <= start <= end <= length:
        raise ValueError(f"{start}..{end} is no range of a text of {length} characters")


_Ranges = tuple["array[int]", "array[int]"]


def _convert(start: int, end: int, source: _Ranges, target: _Ranges) -> tuple[int, int]:
    before = bisect_right(source[0], start) - 1
    if before < 0:
        first = start
    elif start < source[1][before]:
        first = target[0][before]
    else:
        first = target[1][before] + start - source[1][before]
    if start == end:
        return first, first
    before = bisect_left(source[0], end) - 1
    if before < 0:
        return first, end
    return first, target[1][before] + max(0, end - source[1][before])


class _OneToOne(dict[int, int]):
    """What one code point folds to by itself; filled as code points are met."""

    def __missing__(self, code: int) -> int:
        folded = unicodedata.normalize("NFKC", chr(code))
        if folded == "\r":
            folded = "\n"
        elif folded != "\n" and folded.isspace():
            folded = " "
        # Several characters are left to the clusters.
        self[code] = ord(_variants().get(folded, folded)) if len(folded) == 1 else code
        return self[code]


@cache
def _one_to_one() -> _OneToOne:
    return _OneToOne()


def _fold_cluster(cluster: str) -> str:
    return _fold_short(cluster) if len(cluster) <= 4 else _fold_any(cluster)


def _fold_any(cluster: str) -> str:
    visible = cluster.replace("\r\n", "\n").translate(_rules().removal)
    if len(visible) > _LONGEST_CLUSTER:
        folded = "".join(unicodedata.normalize("NFKC", character) for character in visible)
    else:
        folded = unicodedata.normalize("NFKC", visible)
    return folded.translate(_one_to_one())


_fold_short = lru_cache(maxsize=8192)(_fold_any)


@dataclass(frozen=True, slots=True)
class _Rules:
    """What the Unicode tables of this Python say about clusters.

    ``extenders`` are characters that belong to the cluster of the character before them,
    ``irregular`` finds every stretch that is not one for one (an extender's own base excepted),
    first in texts of the Basic Multilingual Plane, then anywhere.
    """

    invisible: frozenset[str]
    extenders: frozenset[str]
    removal: dict[int, None]
    head: re.Pattern[str]
    irregular: re.Pattern[str]
    irregular_anywhere: re.Pattern[str]


@cache
def _rules() -> _Rules:
    invisible = _invisible()
    seconds = {chr(code) for block in _JAMO for code in block}
    decomposing = []
    extenders = set(invisible)
    for block in _BLOCKS:
        for code in block:
            character = chr(code)
            if unicodedata.combining(character):
                extenders.add(character)
            mapping = unicodedata.decomposition(character)
            if not mapping:
                continue
            decomposing.append(character)
            parts = mapping.split(" ")
            if len(parts) == 2 and parts[0][0] != "<":
                pair = "".join(chr(int(part, 16)) for part in parts)
                if unicodedata.normalize("NFC", pair) == character:
                    seconds.add(pair[1])
    extenders |= seconds
    expanding = set()
    for character in decomposing:
        if unicodedata.normalize("NFKD", character)[0] in extenders:
            extenders.add(character)
        elif len(unicodedata.normalize("NFKC", character)) != 1:
            expanding.add(character)
    # A class with characters of both planes is slow on every character of the lower one.
    special = extenders | expanding | {"\r"}
    low, high = _class(special, _LOW), _class(special, _HIGH)
    low_extender, high_extender = _class(extenders, _LOW), _class(extenders, _HIGH)
    extender = f"(?:[{low_extender}]|(?=[{_HIGH}])[{high_extender}])"
    return _Rules(
        invisible=invisible,
        extenders=frozenset(extenders),
        removal={ord(character): None for character in invisible},
        head=re.compile(f"[{_class(invisible)}]+(?:\r\n|(?s:.))?{extender}*"),
        irregular=re.compile(f"[{low}](?:(?<=\r)\n)?[{low_extender}]*"),
        irregular_anywhere=re.compile(
            f"(?:[{low}]|(?=[{_HIGH}])[{high}])(?:(?<=\r)\n)?{extender}*"
        ),
    )


def _class(characters: Iterable[str], plane: str = _ANY) -> str:
    """The inside of a pattern's character class for ``characters`` of a plane, as ranges."""
    ranges: list[list[int]] = []
    for code in sorted(ord(c) for c in characters if plane[0] <= c <= plane[-1]):
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges)


def _data(name: str) -> list[tuple[str, str]]:
    """The pairs that a data file lists, one on a line."""
    text = resources.files("sekisho.documents").joinpath(name).read_text(encoding="utf-8")
    lines = (line.partition(" ") for line in text.split("\n") if line and line[0] != "#")
    return [(left, right) for left, _, right in lines]


@cache
def _variants() -> dict[str, str]:
    return dict(_data("variants.txt"))


@cache
def _invisible() -> frozenset[str]:
    return frozenset(
        chr(code)
        for first, last in _data("invisible.txt")
        for code in range(int(first, 16), int(last, 16) + 1)
    )
