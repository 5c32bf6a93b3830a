"""Units of measurement: what a report may call them, and exact conversion within a dimension.

Units are data (``units.toml``). Compounds are put together: ``mg/dL`` is mass per volume, ``/μL``
and ``個/μL`` are numbers per volume, ``10^9/L`` and ``万/μL`` are multiples of those. A unit is
never converted into one of another dimension, so days never become months, nor mmol mg.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, lru_cache
from importlib.resources import files
from itertools import product

from sekisho.documents.folding import fold
from sekisho.extraction.answers.blanks import LATIN
from sekisho.phi.wordtrie import trie

__all__ = [
    "Unit",
    "convert",
    "marked",
    "plain",
    "same_dimension",
    "same_spelling",
    "unit_pattern",
    "units",
    "unmarked",
]

#: Digits that stand above the line or below it keep their place in signs that no text holds.
_RAISED = str.maketrans({sign: chr(0xFDD0 + at) for at, sign in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺")})
_LOWERED = {0xFDD0 + at: sign for at, sign in enumerate("0123456789-+")}

#: A power of ten before a unit, in exponents or in kanji.
_TENS = re.compile(r"[x×*]? ?10(?:\^|\*\*?)([0-9]{1,2}) ?|(千|万|億)")
_KANJI_TENS = {"千": 3, "万": 4, "億": 8}

#: In a compound numbers of these are plain numbers.
_COUNTED = frozenset({"count", "occasions"})
_LONGEST = 40
_MOST_PARTS = 4


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: ``size`` is that in the base unit of its ``dimension``, at ``shift`` from its zero.

    A value ``v`` is ``(v + shift) * size`` in the base unit.
    """

    symbol: str
    dimension: str
    size: Fraction
    shift: Fraction = Fraction(0)


def marked(text: str) -> str:
    """Raised digits as signs that folding keeps apart from others; of the same length."""
    return text.translate(_RAISED)


def unmarked(text: str) -> str:
    """Marked digits as digits."""
    return text.translate(_LOWERED)


def plain(text: str) -> str:
    """``text`` folded, a raised exponent behind a digit written with ``^``, others as digits."""
    raised = "".join(map(chr, _LOWERED))
    folded = fold(marked(text)).text
    return unmarked(re.sub(f"(?<=[0-9])(?=[{raised}])", "^", folded))


def units(written: str) -> tuple[Unit, ...]:
    """The units that ``written`` may mean, the usual one first; none when it is not known."""
    return _units(_tidied(written)) if len(written) <= _LONGEST else ()


def same_spelling(one: str, other: str) -> bool:
    """Whether both are one unit by their letters alone, known or not."""
    return _tidied(one) == _tidied(other)


def same_dimension(one: str, other: str) -> bool:
    """Whether values of the one unit can be given in the other; unknown units only if alike."""
    if same_spelling(one, other):
        return True
    dimensions = {unit.dimension for unit in units(one)}
    return any(unit.dimension in dimensions for unit in units(other))


def convert(value: Fraction, written: str, wanted: str) -> Fraction:
    """``value``, given in the unit ``written``, in the unit ``wanted``; exact.

    Raises ``ValueError`` for a unit that is not known, or of another dimension.
    """
    if same_spelling(written, wanted):
        return value
    sources, targets = units(written), units(wanted)
    if not sources:
        raise ValueError("the unit of the number is not known")
    if not targets:
        raise ValueError("the unit of the field is not known, and the number has another")
    for target, source in product(targets, sources):
        if source.dimension == target.dimension:
            return (value + source.shift) * source.size / target.size - target.shift
    raise ValueError("the unit of the number is of another dimension than that of the field")


@cache
def unit_pattern() -> str:
    """Matches a unit, compounds too, where one begins in folded text; the longest that fits."""
    latin: list[str] = []
    others: list[str] = []
    for spelling in _spellings():
        (latin if spelling[-1].isascii() and spelling[-1].isalpha() else others).append(spelling)
    words = trie(word for word in latin if len(word) > 1)
    signs = trie(word for word in latin if len(word) == 1)
    part = (
        # 8mm2個 are two of 8 mm.
        f"(?:{trie(word for word in others if word[-1].isdigit())}(?![0-9個本枚ヶかカ箇])"
        f"|(?i:{words})(?![{LATIN}])|{signs}(?![{LATIN}0-9])"
        f"|{trie(word for word in others if not word[-1].isdigit())})"
    )
    power = r"(?:[x×] ?10\^[0-9]{1,2} ?|[千万億](?=/))"
    return f"(?:{power}?(?:{part}(?: ?/ ?{part}){{0,3}}|(?:/ ?{part}){{1,3}}))"


def _tidied(written: str) -> str:
    text = " ".join(plain(written).split())
    text = text.strip("[]() ").replace(" per ", "/").replace("毎", "/")
    text = re.sub(" ?/ ?", "/", text)
    return text[:-1] if text.endswith(".") and text not in _spellings() else text


@lru_cache(maxsize=512)
def _units(written: str) -> tuple[Unit, ...]:
    if known := _single(written):
        return known
    factor = Fraction(1)
    if power := _TENS.match(written):
        factor = Fraction(10) ** (int(power[1]) if power[1] else _KANJI_TENS[power[2]])
        written = written[power.end() :]
    top, *below = written.split("/")
    if not below or len(below) >= _MOST_PARTS:
        return ()
    parts = [_single(part) for part in below]
    tops = _single(top) if top else (Unit("", "", Fraction(1)),)
    return tuple(dict.fromkeys(_compounds(factor, tops, parts, named=factor == 1)))


def _compounds(
    factor: Fraction, tops: tuple[Unit, ...], below: list[tuple[Unit, ...]], *, named: bool
) -> Iterator[Unit]:
    for top, *others in product(tops, *below):
        if any(unit.shift for unit in (top, *others)):
            continue  # degrees have no zero that could be divided
        size = factor * top.size
        for unit in others:
            size /= unit.size
        over = "" if top.dimension in _COUNTED else top.dimension
        symbol = "" if over == "" else top.symbol
        dimension = "/".join([over, *sorted(unit.dimension for unit in others)])
        if not named:
            exponent = len(str(factor.numerator)) - 1
            symbol = f"10^{exponent}{symbol}"
        yield Unit("/".join([symbol, *(unit.symbol for unit in others)]), dimension, size)


def _single(written: str) -> tuple[Unit, ...]:
    """What a spelling means that is listed, in other letters too where that cannot mislead."""
    known = _spellings().get(written)
    if known is not None:
        return known
    # mBq is no MBq; but MM, mmhg and Jaar are what they seem to be.
    if len(written) > 1 and (len(written) > 3 or written.isupper() or written.islower()):
        found = _lowered().get(written.casefold(), ())
        sizes = {unit.dimension: unit.size for unit in found}
        if all(sizes[unit.dimension] == unit.size for unit in found):
            return found
    return ()


@cache
def _spellings() -> Mapping[str, tuple[Unit, ...]]:
    table = tomllib.loads((files(__package__) / "units.toml").read_text(encoding="utf-8"))
    found: dict[str, list[Unit]] = {}
    for dimension, listed in table.items():
        for symbol, stated in listed.items():
            if isinstance(stated, dict):
                size, shift, also = stated["size"], stated["shift"], stated["also"]
            else:
                (size, *also), shift = stated, "0"
            unit = Unit(symbol, dimension, Fraction(size), Fraction(shift))
            for spelling in (symbol, *also):
                folded = fold(spelling).text
                for form in {folded: 0, folded.replace("μ", "u"): 0}:
                    found.setdefault(form, []).append(unit)
    return {spelling: tuple(meant) for spelling, meant in found.items()}


@cache
def _lowered() -> Mapping[str, tuple[Unit, ...]]:
    found: dict[str, tuple[Unit, ...]] = {}
    for spelling, meant in _spellings().items():
        key = spelling.casefold()
        found[key] = tuple(dict.fromkeys((*found.get(key, ()), *meant)))
    return found
