"""Edits: what is put in the place of each identifier, and the exact way there and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sekisho.errors import ReleaseError

__all__ = ["Applied", "Edit", "Placed", "apply", "moved", "revert"]


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Replace ``text[start:end]`` (original offsets) by ``replacement``.

    ``action`` names the transform that made it, which may be stricter than the one that the
    profile asked for (a date that cannot be shifted is tagged).
    """

    start: int
    end: int
    replacement: str
    category: str
    action: str


@dataclass(frozen=True, slots=True, order=True)
class Placed:
    """Where a replacement stands in the released text; ``start == end`` where one was removed."""

    start: int
    end: int
    category: str
    action: str


@dataclass(frozen=True, slots=True)
class Applied:
    """A released text and its replacements, in order."""

    text: str
    placed: tuple[Placed, ...]


def _check(edits: Sequence[Edit], length: int) -> None:
    before = 0
    for edit in edits:
        if not edit.start < edit.end <= length:
            raise ReleaseError("an edit lies outside the text or covers nothing of it")
        if edit.start < before:
            raise ReleaseError("two edits overlap or are out of order")
        before = edit.end


def apply(text: str, edits: Sequence[Edit]) -> Applied:
    """Make all ``edits``, which are sorted and free of overlap.

    Raises ``ReleaseError`` when they are not: overlapping edits are never spliced.
    """
    _check(edits, len(text))
    pieces: list[str] = []
    placed: list[Placed] = []
    taken = written = 0
    for edit in edits:
        pieces += (text[taken : edit.start], edit.replacement)
        start = written + edit.start - taken
        written = start + len(edit.replacement)
        taken = edit.end
        placed.append(Placed(start, written, edit.category, edit.action))
    pieces.append(text[taken:])
    return Applied("".join(pieces), tuple(placed))


def revert(released: str, placed: Sequence[Placed], originals: Sequence[str]) -> str:
    """Put ``originals[i]`` back in the place of ``placed[i]``: the inverse of ``apply``.

    Raises ``ReleaseError`` when the two do not pair up or do not fit the text.
    """
    if len(placed) != len(originals):
        raise ReleaseError("the replacements and their originals do not pair up")
    pieces: list[str] = []
    taken = 0
    for place, original in zip(placed, originals, strict=True):
        if not taken <= place.start <= place.end <= len(released):
            raise ReleaseError("a replacement lies outside the text or overlaps another")
        pieces += (released[taken : place.start], original)
        taken = place.end
    pieces.append(released[taken:])
    return "".join(pieces)


def moved(edits: Sequence[Edit], ranges: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Where untouched ``ranges`` of the original stand in the released text.

    Both arguments are sorted; linear in their lengths together. A range that an edit touches no
    longer stands anywhere as it was, so it is left out.
    """
    found: list[tuple[int, int]] = []
    shift = index = 0
    for start, end in ranges:
        while index < len(edits) and edits[index].end <= start:
            shift += len(edits[index].replacement) - (edits[index].end - edits[index].start)
            index += 1
        if index == len(edits) or edits[index].start >= end:
            found.append((start + shift, end + shift))
    return tuple(found)
