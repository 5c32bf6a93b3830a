"""Tags of tokens from stretches of text, by offsets alone.

The tokens are as given: they are joined to a text whose every offset is known, and each token that
a stretch overlaps is tagged. No token is ever split, searched for or compared.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from sekisho.extraction.dragon.cases import OUTSIDE

__all__ = [
    "Stretch",
    "Tokens",
    "entities",
    "last_part",
    "mended",
    "tag_lists",
    "tag_sequence",
]


@dataclass(frozen=True, slots=True, order=True)
class Stretch:
    """``text[start:end]`` in code points, with the label of an entity."""

    start: int
    end: int
    label: str


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens and the text that they are joined to, with a blank between any two."""

    text: str = field(repr=False)
    offsets: tuple[tuple[int, int], ...]

    @classmethod
    def join(cls, tokens: Iterable[str]) -> Tokens:
        """``tokens`` as one text."""
        offsets, at, parts = [], 0, []
        for token in tokens:
            offsets.append((at, at + len(token)))
            parts.append(token)
            at += len(token) + 1
        return cls(" ".join(parts), tuple(offsets))

    def covered(self, stretch: Stretch) -> tuple[int, int] | None:
        """The first token that ``stretch`` overlaps and the one after the last; None without."""
        inside = [
            index
            for index, (start, end) in enumerate(self.offsets)
            if start < stretch.end and stretch.start < end
        ]
        return (inside[0], inside[-1] + 1) if inside else None


def last_part(text: str, stretches: Iterable[Stretch], part: re.Pattern[str]) -> list[Stretch]:
    """``stretches`` narrowed to the last match of ``part`` in each; whole where there is none."""
    narrowed = []
    for stretch in stretches:
        found = list(part.finditer(text, stretch.start, stretch.end))
        start, end = found[-1].span() if found else (stretch.start, stretch.end)
        narrowed.append(Stretch(start, end, stretch.label) if start < end else stretch)
    return narrowed


def tag_sequence(
    tokens: Tokens, stretches: Iterable[Stretch], *, joined: Collection[str] = ()
) -> list[str]:
    """One tag for each token. Where stretches meet, the longest counts, then the first.

    Stretches of a label in ``joined`` that follow each other without a token between are one.
    """
    tags = [OUTSIDE] * len(tokens.offsets)
    placed = []
    for stretch in sorted(stretches, key=lambda each: (each.start - each.end, each)):
        covered = tokens.covered(stretch)
        if covered is None or any(tag != OUTSIDE for tag in tags[slice(*covered)]):
            continue
        first, behind = covered
        tags[first:behind] = [f"B-{stretch.label}"] + [f"I-{stretch.label}"] * (behind - first - 1)
        placed.append((first, stretch.label))
    for first, label in placed:
        if label in joined and first > 0 and tags[first - 1][2:] == label:
            tags[first] = f"I-{label}"
    return tags


def tag_lists(
    tokens: Tokens,
    stretches: Iterable[Stretch],
    *,
    order: Sequence[str],
    joined: Collection[str] = (),
) -> list[list[str]]:
    """A list of tags for each token, never empty, those of each label by themselves.

    ``order`` is that of the labels within a list.
    """
    by_label: defaultdict[str, list[Stretch]] = defaultdict(list)
    for stretch in stretches:
        by_label[stretch.label].append(stretch)
    lists: list[list[str]] = [[] for _ in tokens.offsets]
    for label in order:
        if label in by_label:
            sequence = tag_sequence(tokens, by_label[label], joined=joined)
            for tags, tag in zip(lists, sequence, strict=True):
                if tag != OUTSIDE:
                    tags.append(tag)
    return [tags or [OUTSIDE] for tags in lists]


def entities(tags: Sequence[str]) -> list[tuple[int, int, str]]:
    """The entities in a sequence of tags: first token, the one behind the last, label."""
    found: list[tuple[int, int, str]] = []
    before = OUTSIDE
    for index, tag in enumerate(tags):
        if tag != OUTSIDE:
            goes_on = tag.startswith("I-") and before[2:] == tag[2:]
            if goes_on:
                first, _, label = found[-1]
                found[-1] = (first, index + 1, label)
            else:
                found.append((index, index + 1, tag[2:]))
        before = tag
    return found


def mended(tags: Sequence[str]) -> list[str]:
    """``tags`` with ``B-`` for each ``I-`` that nothing goes before."""
    mended = []
    before = OUTSIDE
    for tag in tags:
        if tag.startswith("I-") and before[2:] != tag[2:]:
            tag = f"B-{tag[2:]}"
        mended.append(tag)
        before = tag
    return mended
