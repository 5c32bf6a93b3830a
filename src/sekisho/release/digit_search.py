"""Secrets of digits: found whatever separates the digits and whatever kind of digit they are.

Digits of any width, and 〇一二…九 one by one, are read as 0..9. A secret of seven digits or more is
found anywhere in a stream of digits with at most three separators (blanks, line ends, hyphens,
slashes, dots, colons, commas, parentheses, 年月日) between two of them. One of four to six digits
is found only as whole groups of digits, with nothing but hyphens between them or the separators of
the secret itself, and neither before a unit nor beside a decimal point: 1234 is found in 12-34, and
not in 12345, 12/34 or 1234.5. Fewer digits prove nothing and are not searched.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sekisho.release.letter_search import Hit
from sekisho.release.plain_text import PlainText

__all__ = ["DigitSecret", "digit_secret", "search_digits"]

_SEPARATORS = frozenset(" \n-/.:,()年月日・ー")
_LONG, _SHORT, _GAP = 7, 4, 3


@dataclass(frozen=True, slots=True)
class DigitSecret:
    """The digits of a secret, and its separators in order."""

    digits: str = field(repr=False)
    separators: tuple[str, ...]


def digit_secret(surface: str) -> DigitSecret | None:
    """``surface`` as a digit secret when it holds digits and separators alone, 4 at least."""
    plain = PlainText(surface).plain.strip()
    if not all(c in "0123456789" or c in _SEPARATORS for c in plain):
        return None
    digits = "".join(c for c in plain if c in "0123456789")
    separators = tuple("".join(c if c in _SEPARATORS else " " for c in plain).split())
    return DigitSecret(digits, separators) if digits else None


def _streams(text: PlainText) -> Iterator[Sequence[tuple[int, int]]]:
    """Digit runs in groups that only separators part."""
    group: list[tuple[int, int]] = []
    for run in text.runs:
        if group:
            between = text.plain[group[-1][1] : run[0]]
            if len(between) > _GAP or not all(c in _SEPARATORS for c in between):
                yield group
                group = []
        group.append(run)
    if group:
        yield group


def search_digits(text: PlainText, secrets: Sequence[tuple[int, DigitSecret]]) -> Iterator[Hit]:
    """Every place of ``text`` where one of ``secrets`` (number, digits) stands."""
    long: dict[str, int] = {}
    short: dict[str, list[tuple[int, DigitSecret]]] = {}
    lengths: set[int] = set()
    for number, secret in secrets:
        if len(secret.digits) >= _LONG:
            long.setdefault(secret.digits, number)
            lengths.add(len(secret.digits))
        elif len(secret.digits) >= _SHORT:
            short.setdefault(secret.digits, []).append((number, secret))
    for stream in _streams(text):
        yield from _long(text, stream, long, sorted(lengths))
        if short:
            yield from _short(text, stream, short)


def _long(
    text: PlainText, stream: Sequence[tuple[int, int]], secrets: dict[str, int], sizes: list[int]
) -> Iterator[Hit]:
    digits = "".join(text.plain[start:end] for start, end in stream)
    if not sizes or len(digits) < sizes[0]:
        return
    places = [place for start, end in stream for place in range(start, end)]
    for start in range(len(digits) - sizes[0] + 1):
        for size in sizes:
            number = secrets.get(digits[start : start + size])
            if number is not None and start + size <= len(digits):
                yield Hit(places[start], places[start + size - 1] + 1, number)


def _short(
    text: PlainText,
    stream: Sequence[tuple[int, int]],
    secrets: dict[str, list[tuple[int, DigitSecret]]],
) -> Iterator[Hit]:
    for first in range(len(stream)):
        digits, separators = "", []
        for last in range(first, min(first + 6, len(stream))):
            start, end = stream[last]
            if last > first:
                separators.append(text.plain[stream[last - 1][1] : start].strip() or " ")
            digits += text.plain[start:end]
            if len(digits) >= _LONG:
                break
            for number, secret in secrets.get(digits, ()):
                own = tuple(separators) == secret.separators
                joined = all(s in ("-", "ー") for s in separators)
                number_only = text.measured(end) or text.fraction(stream[first][0], end)
                if (own or joined) and not number_only:
                    yield Hit(stream[first][0], end, number)
