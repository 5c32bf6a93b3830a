"""Numbers as reports write them: read exactly, in the unit that is asked for, or refused.

``約1.5 cm`` is 15 in mm, ``1万2千/μL`` is 12 in 10^3/μL. A statement that is no single value is
refused: a limit (``5未満``, ``<5``), a range or two sizes (``3-4 mm``), a fraction (``1/2``), and a
unit that is not known or does not fit. How separators are read is told at ``numerals.numeral``.

Values are exact until the end (fractions), so 1.5 cm is exactly 15.0 mm. No message of an error
holds any of the text.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Any

from sekisho.documents.folding import fold
from sekisho.extraction.answers.blanks import LATIN
from sekisho.extraction.values.numerals import NUMERAL, numeral, power_of_ten
from sekisho.extraction.values.units import (
    convert,
    marked,
    same_spelling,
    unit_pattern,
    units,
    unmarked,
)
from sekisho.phi.wordtrie import trie

__all__ = ["NumberAt", "number_within", "numbers_in", "read_number", "read_numbers"]

#: Characters of a statement, at most.
_LONGEST = 200

_NUMERAL = re.compile(NUMERAL)
_DIGITS = re.compile("[0-9]{1,30}(?![0-9])(?<![0-9]{31})")
_SIGN = re.compile("(?:^|(?<=[ \n(\\[:=~〜、,/約]))[-−‐–+]$")
_LETTER = re.compile(f"[{LATIN}]")
_EDGES = " \n()[]{}。、.,;:=｡\"'「」"


@dataclass(frozen=True, slots=True)
class NumberAt:
    """A number in a text, and its unit: ``text[start:end]`` holds both (code points).

    ``value`` is given in ``unit``, a symbol of ``units.toml`` or a compound of them; None where
    none stands there.
    """

    start: int
    end: int
    value: float = field(repr=False)
    unit: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class _Token:
    """A number with its unit in folded text; ``unit`` as it is written."""

    start: int
    end: int
    value: Fraction
    unit: str


def read_number(raw: str, *, unit: str | None = None, language: str = "ja") -> float:
    """The number that ``raw`` states, in ``unit``.

    A number without a unit is taken to be in ``unit``; without ``unit`` the number counts as it is
    written. ``language`` decides what separates decimals and thousands.

    Raises ``ValueError`` when ``raw`` does not state exactly one value, or its unit is not known or
    is of another dimension.
    """
    values = read_numbers(raw, unit=unit, language=language)
    if len(values) > 1:
        raise ValueError("there is more than one number")
    return values[0]


def read_numbers(raw: str, *, unit: str | None = None, language: str = "ja") -> tuple[float, ...]:
    """All numbers that ``raw`` states, as the two of ``12 x 8 mm`` or the ends of ``3-4 mm``.

    One without a unit has that of the number behind it, else of the one before it. Otherwise as
    ``read_number``.
    """
    if len(raw) > _LONGEST:
        raise ValueError("this is too long for a number")
    text = " ".join(fold(marked(raw)).text.split()).strip(_EDGES)
    text = _words().sub(lambda word: str(_data()["words"][word.group().lower()]), text)
    tokens = list(_tokens(text, language, strict=True))
    if not tokens:
        raise ValueError("there is no number")
    last = tokens[-1]
    if unit and not last.unit and same_spelling(unmarked(text[last.end :]), unit):
        tokens[-1] = replace(last, end=len(text), unit=unit)
    before = text[: tokens[0].start]
    if negative := _negative().search(before):
        before = before[: negative.start()]
        tokens[0] = replace(tokens[0], value=-tokens[0].value)
    _check_around(before.lower(), text[tokens[-1].end :].lower())
    if not all(_between("sizes", "lists").fullmatch(gap) for gap in _gaps(text, tokens)):
        raise ValueError("there is more than one number, or a fraction")
    linked = _shared(tokens, [True] * (len(tokens) - 1))
    return tuple(_in_unit(token, unit) for token in linked)


def number_within(
    raw: str, passage: str, *, unit: str | None = None, language: str = "ja"
) -> float:
    """The number that ``raw`` states, which was copied out of ``passage``.

    A number that was copied without its unit has the one that it has there: the 4.2 of
    ``4.2 x 3.1 cm`` is 42 in mm, and so is that of ``4.2 cm``. Where none stands there either it is
    taken to be in ``unit``.

    Raises ``ValueError`` as ``read_number`` does, and when the passage gives the number no unit
    that fits, or several that make different values of it.
    """
    number = read_number(raw, unit=unit, language=language)
    if unit is None or any(each.unit for each in numbers_in(raw, language=language)):
        return number
    bare = read_number(raw, language=language)
    same = [each for each in numbers_in(passage, language=language) if each.value == bare]
    if not same:
        return number
    readings: set[float] = set()
    for each in same:
        try:
            exact = Fraction(str(each.value))
            readings.add(float(convert(exact, each.unit, unit)) if each.unit else number)
        except ValueError:
            continue  # of another dimension: 12 weeks are no size
    if not readings:
        raise ValueError("the unit of the number is of another dimension")
    if len(readings) > 1:
        raise ValueError("the number stands there in several units")
    return readings.pop()


def numbers_in(text: str, *, language: str = "ja") -> list[NumberAt]:
    """All numbers of ``text`` with their units, in order; raises nothing.

    A numeral that cannot be one number is several (``1,5`` in Japanese: 1 and 5). Kanji numerals
    count only before a unit (二個, but not 二次). A number that is glued to a Latin word in front
    and has neither unit nor decimals is a part of a name (S8, T2) and left out. Of ``12 x 8 mm``
    and ``3-4 mm`` both numbers have the unit.
    """
    folded = fold(marked(text))
    tokens = list(_tokens(folded.text, language, strict=False))
    sizes = _between("sizes")
    linked = [sizes.fullmatch(gap) is not None for gap in _gaps(folded.text, tokens)]
    found = []
    for token in _shared(tokens, linked):
        start, end = folded.to_original(token.start, token.end)
        meant = units(token.unit)
        symbol = meant[0].symbol if meant else None
        found.append(NumberAt(start, end, float(token.value), symbol))
    return found


def _tokens(text: str, language: str, *, strict: bool) -> Iterator[_Token]:
    """The numbers of folded text whose raised digits are marked.

    ``strict``: the text states numbers and nothing else, so every numeral is one of them.
    """
    visible = unmarked(text)
    done = 0
    for start, end, value in _numerals(text, language, strict=strict):
        if start < done:
            continue  # the 10 of ×10^3, the 2 of mm2
        exponent, end = power_of_ten(text, end)
        unit = _unit().match(visible, end)
        if not strict and _is_no_quantity(text, start, end, unit is not None):
            continue
        value *= Fraction(10) ** exponent
        if _SIGN.search(text, max(0, start - 1), start):
            start -= 1
            value = value if text[start] == "+" else -value
        done = unit.end() if unit else end
        yield _Token(start, done, value, unit[1] if unit else "")


def _numerals(text: str, language: str, *, strict: bool) -> Iterator[tuple[int, int, Fraction]]:
    for match in _NUMERAL.finditer(text):
        try:
            value = numeral(match.group(), language)
        except ValueError:
            if strict:
                raise
            for digits in _DIGITS.finditer(text, *match.span()):
                yield *digits.span(), Fraction(int(digits.group()))
        else:
            yield *match.span(), value


def _is_no_quantity(text: str, start: int, end: int, has_unit: bool) -> bool:
    if text[start] not in "0123456789":
        return not has_unit or text[max(0, start - 1) : start] == "数"
    glued = start > 0 and _LETTER.match(text, start - 1) is not None
    return glued and not has_unit and not any(sign in text[start:end] for sign in ".,")


def _gaps(text: str, tokens: Sequence[_Token]) -> list[str]:
    return [text[one.end : other.start] for one, other in pairwise(tokens)]


def _shared(tokens: Sequence[_Token], linked: Sequence[bool]) -> list[_Token]:
    """``tokens`` with units: where two are linked, one without has that of the other."""
    shared = list(tokens)
    for at in reversed(range(len(linked))):
        if linked[at] and not shared[at].unit:
            shared[at] = replace(shared[at], unit=shared[at + 1].unit)
    for at, together in enumerate(linked):
        if together and not shared[at + 1].unit:
            shared[at + 1] = replace(shared[at + 1], unit=shared[at].unit)
    return shared


def _in_unit(token: _Token, unit: str | None) -> float:
    value = convert(token.value, token.unit, unit) if unit and token.unit else token.value
    return float(value)


def _check_around(before: str, after: str) -> None:
    """Raises ``ValueError`` unless a number between the two means what it says."""
    if _about("before").fullmatch(before) and _about("after").fullmatch(after):
        return
    if _limit().search(before) or _limit().search(after):
        raise ValueError("this is a limit or a range, not a value")
    raise ValueError("there is more than a number and a unit that is known")


@cache
def _data() -> dict[str, Any]:
    source = files(__package__) / "numbers.toml"
    return tomllib.loads(source.read_text(encoding="utf-8"))


@cache
def _unit() -> re.Pattern[str]:
    return re.compile(f" {{0,2}}({unit_pattern()})")


@cache
def _words() -> re.Pattern[str]:
    return re.compile(f"^{trie(_data()['words'])}(?![{LATIN}-])", re.IGNORECASE)


@cache
def _negative() -> re.Pattern[str]:
    return re.compile(f"{trie(_data()['negative']['words'])} ?$", re.IGNORECASE)


@cache
def _about(side: str) -> re.Pattern[str]:
    return re.compile(f"(?: {{0,2}}{trie(_data()['about'][side])}[:=はがの]? {{0,2}})*")


@cache
def _limit() -> re.Pattern[str]:
    limit = _data()["limit"]
    return re.compile(trie([*limit["signs"], *limit["words"]]))


@cache
def _between(*kinds: str) -> re.Pattern[str]:
    listed = [word for kind in kinds for word in _data()["between"][kind]]
    return re.compile(f" {{0,2}}{trie(listed)} {{0,2}}")
