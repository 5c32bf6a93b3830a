"""What a tagger is shown of a token: itself, its window, its place, and the tags before it.

Shapes stand for words that were never seen: ``XVIII`` and ``II`` are both runs of capitals, ``7.1``
and ``12.5`` both numbers. Features are strings; no word and no tag has a meaning here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

__all__ = ["History", "pieces", "shape", "window"]

_WINDOW = 3
#: Counts and distances from here on are called the same.
_FAR = 4
_ENDS = (".", "!", "?", "。")
#: What joins the parts of a list marker: II+III, 1-4, a/b.
_JOINTS = "+-/&,"


def shape(token: str) -> str:
    """The kinds of the characters, each run once: ``X`` capital, ``x`` small, ``9`` digit."""
    kinds = (
        "9" if char.isdecimal() else "X" if char.isupper() else "x" if char.isalpha() else char
        for char in token
    )
    return "".join(kind for kind, _ in groupby(kinds))


def pieces(token: str) -> list[str]:
    """The parts of a token like a list marker (capitals or digits, joined); none of any other."""
    for joint in _JOINTS:
        token = token.replace(joint, " ")
    parts = token.rstrip(".:)").split()
    return parts if parts and all(shape(part) in ("X", "9") for part in parts) else []


def window(tokens: Sequence[str]) -> list[list[str]]:
    """For each token: what it is, what stands around it, and where it stands."""
    words = [token.lower() for token in tokens]
    shapes = [shape(token) for token in tokens]
    seen: Counter[str] = Counter()
    shown: list[list[str]] = []
    number, ends, start = _FAR * 5, 0, 0
    marker = ""
    for at, word in enumerate(words):
        features = [
            "any",
            f"word={word}",
            f"shape={shapes[at]}",
            f"front={word[:3]}",
            f"back={word[-3:]}",
            f"seen={min(seen[word], 2)}",
            f"first={at == 0}",
            f"last={at == len(words) - 1}",
            f"first of sentence={at == start}",
            f"after number={_near(number)}",
            f"ends after number={min(ends, 3)}",
            f"ends after number={min(ends, 3)} sentence={min(at - start, 1)}",
            f"marker={marker}",
        ]
        for distance in range(1, _WINDOW + 1):
            for side, place in (("left", at - distance), ("right", at + distance)):
                inside = 0 <= place < len(words)
                features.append(f"{side} {distance}={words[place] if inside else ''}")
                features.append(f"{side} shape {distance}={shapes[place] if inside else ''}")
        features.append(f"pair={words[at - 1] if at else ''} {word}")
        features.append(f"pair={word} {words[at + 1] if at + 1 < len(words) else ''}>")
        shown.append(features)
        seen[word] += 1
        number += 1
        if "9" in shapes[at]:
            number, ends = 0, 0
        if pieces(tokens[at]):
            marker = shapes[at]
        if word.endswith(_ENDS) and "9" not in shapes[at]:
            ends, start = ends + 1, at + 1
    return shown


def _near(distance: int) -> int:
    """A distance, exact when small and by its power of two when not."""
    return distance if distance <= _FAR else _FAR + (distance // _FAR).bit_length()


@dataclass(frozen=True, slots=True)
class History:
    """The tags before a token, as far as they matter: two tags, open entity, entities so far."""

    last: str = ""
    before: str = ""
    length: int = 0
    kind: str = ""
    counts: tuple[tuple[str, int], ...] = ()

    def then(self, tag: str) -> History:
        """The history after one more tag."""
        mark, _, kind = tag.partition("-")
        counts, latest, length = self.counts, self.kind, self.length + 1
        if tag != "O" and (mark == "B" or kind != self.last.partition("-")[2]):
            number = dict(counts)
            number[kind] = min(number.get(kind, 0) + 1, 3)
            counts, latest, length = tuple(sorted(number.items())), kind, 1
        elif tag == "O" and self.last != "O":
            length = 1
        return History(tag, self.last, min(length, 2 * _FAR), latest, counts)

    def features(self, word: str, form: str) -> list[str]:
        """What these tags say about a token with the given lower-cased word and shape."""
        return [
            f"last={self.last}",
            f"last={self.last} before={self.before}",
            f"last={self.last} length={self.length}",
            f"last={self.last} word={word}",
            f"last={self.last} shape={form}",
            f"kind={self.kind}",
            f"kind={self.kind} word={word}",
            *(f"count {kind}={number}" for kind, number in self.counts),
        ]
