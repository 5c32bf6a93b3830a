"""Inline annotation: ``⟦TYPE|surface⟧`` in a plain text, parsed strictly and written back.

The brackets are U+27E6 and U+27E7 and have no other use in a marked file; annotations do not nest,
the surface is verbatim and may hold spaces and line feeds. Removing the markup gives the document.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from sekisho.errors import InputError, OutputError
from sekisho.phi.categories import Category

__all__ = ["mark", "parse"]

_OPEN, _BAR, _CLOSE = "⟦", "|", "⟧"
_BRACKET = re.compile("[⟦⟧]")
_LONGEST_TYPE = max(map(len, Category))


def parse(marked: str, *, where: str) -> tuple[str, tuple[tuple[int, int, Category], ...]]:
    """The plain text of ``marked`` and its annotations ``(start, end, category)`` in text order.

    Offsets count code points of the plain text. Raises ``InputError`` naming ``where`` (a file) and
    the line for anything but well-formed markup: an unclosed or nested annotation, a bracket that
    closes nothing, an unknown type, an empty surface.
    """
    pieces: list[str] = []
    spans: list[tuple[int, int, Category]] = []
    length = 0
    position = 0
    opened: int | None = None

    for bracket in _BRACKET.finditer(marked):
        at = bracket.start()
        if bracket.group() == _OPEN:
            if opened is not None:
                raise _problem("an annotation opens inside another", marked, at, where)
            pieces.append(marked[position:at])
            length += at - position
            opened = at
        else:
            if opened is None:
                raise _problem("a bracket ⟧ closes nothing", marked, at, where)
            category, surface = _inside(marked, opened, at, where)
            pieces.append(surface)
            spans.append((length, length + len(surface), category))
            length += len(surface)
            opened = None
        position = at + 1
    if opened is not None:
        raise _problem("an annotation is never closed", marked, opened, where)
    pieces.append(marked[position:])
    return "".join(pieces), tuple(spans)


def mark(text: str, spans: Iterable[tuple[int, int, str]]) -> str:
    """``text`` with ``⟦TYPE|surface⟧`` around each span, the inverse of :func:`parse`.

    Raises ``OutputError`` when the markup cannot say it: overlapping, empty or outlying spans, or a
    text that holds the brackets itself.
    """
    if _BRACKET.search(text):
        raise OutputError("a text that holds ⟦ or ⟧ cannot be marked")
    pieces: list[str] = []
    position = 0
    for start, end, label in sorted(spans):
        if not position <= start < end <= len(text):
            raise OutputError(
                "spans that overlap, are empty or lie outside the text cannot be marked",
                remedy="write them as JSONL rows",
            )
        pieces += [text[position:start], _OPEN, label, _BAR, text[start:end], _CLOSE]
        position = end
    pieces.append(text[position:])
    return "".join(pieces)


def _inside(marked: str, opened: int, closed: int, where: str) -> tuple[Category, str]:
    bar = marked.find(_BAR, opened + 1, min(closed, opened + 2 + _LONGEST_TYPE))
    # The label is not shown: where the bar is missing, it is text of the document.
    if bar < 0 or marked[opened + 1 : bar] not in set(Category):
        raise _problem(
            "an annotation has no known type",
            marked,
            opened,
            where,
            remedy=f"write ⟦TYPE|surface⟧ with one of {', '.join(Category)}",
        )
    surface = marked[bar + 1 : closed]
    if not surface:
        raise _problem("an annotation has no surface", marked, opened, where)
    return Category(marked[opened + 1 : bar]), surface


def _problem(
    message: str, marked: str, at: int, where: str, remedy: str | None = None
) -> InputError:
    line = marked.count("\n", 0, at) + 1
    return InputError(message, where=f"{where}, line {line}", remedy=remedy)
