"""One numeral as an exact number: separators by language, kanji, powers of ten."""

from __future__ import annotations

import re
from fractions import Fraction

from sekisho.extraction.answers.blanks import LATIN
from sekisho.phi.detectors.rules.numbers import kanji_number

__all__ = ["NUMERAL", "numeral", "power_of_ten"]

_KANJI = "〇零一二三四五六七八九十百千"
_LARGE = {"万": 10**4, "億": 10**8, "兆": 10**12}
_ANY_KANJI = _KANJI + "".join(_LARGE)

#: Digits with separators, or kanji, or both: 12,500 / 三十二 / 1万2千 / 三・五.
NUMERAL = (
    f"(?:[0-9]+(?:[.,][0-9]+)*(?:[百千{''.join(_LARGE)}](?:[0-9{_ANY_KANJI}]|[.,](?=[0-9]))*)?"
    f"|[{_ANY_KANJI}]+(?:[・.点][{_KANJI}]+)?)"
)
_GROUPS = {sign: re.compile(f"[1-9][0-9]{{0,2}}(?:{re.escape(sign)}[0-9]{{3}})+") for sign in ",."}
_ONLY_DIGITS = re.compile("[0-9]+")
_SECTION = re.compile(f"([^{''.join(_LARGE)}]*)([{''.join(_LARGE)}])")
_DIGITS_AND_KANJI = re.compile(f"([0-9.,]*)([{_KANJI}]*)")
#: No quantity of a report has more digits.
_LONGEST = 30
#: ×10^3, x10**3, ×10 with a raised 3, e3 (signs of raised digits: ``units.marked``).
_POWER = re.compile(
    r" ?[×x*・·] ?10(?:(?:\^|\*\*) ?(?P<written>[-−+]?[0-9]{1,2})|(?P<raised>[\ufdd0-\ufddb]{1,3}))"
    f"|[eE](?P<e>[-−+]?[0-9]{{1,2}})(?![0-9{LATIN}.,])"
)


def numeral(text: str, language: str) -> Fraction:
    """The value of a numeral in folded text.

    Separators: the decimal sign is a comma in Dutch and a point elsewhere, the other one groups
    thousands. So ``1,500`` is 1.5 in Dutch and 1500 elsewhere, ``1.500`` the reverse. A numeral
    with both has the decimal sign last; one with two groups of three digits or more has no decimal
    sign. In Dutch a point that cannot group (``1.5``, ``0.125``) is a decimal sign as well;
    elsewhere a comma that cannot (``1,5``) is an error: it may separate two numbers.

    Raises ``ValueError`` for what cannot be one number.
    """
    if not 0 < len(text) <= _LONGEST:
        raise ValueError("the number has too many digits")
    if all(sign in "0123456789.," for sign in text):
        return _digits(text, language)
    return _japanese(text, language)


def _digits(text: str, language: str) -> Fraction:
    decimal, group = (",", ".") if language == "nl" else (".", ",")
    signs = [sign for sign in text if sign in ".,"]
    if not signs:
        return Fraction(int(text))
    if len(set(signs)) == 2:
        whole, _, part = text.rpartition(signs[-1])
        if _GROUPS[signs[0]].fullmatch(whole) and _ONLY_DIGITS.fullmatch(part):
            return _decimal(whole.replace(signs[0], ""), part)
        raise ValueError("the separators of the number contradict each other")
    sign = signs[0]
    grouped = _GROUPS[sign].fullmatch(text) is not None
    if grouped and (sign == group or len(signs) > 1):
        return Fraction(int(text.replace(sign, "")))
    if len(signs) == 1 and (sign == decimal or language == "nl"):
        return _decimal(*text.split(sign))
    raise ValueError("the separators of the number group no thousands")


def _decimal(whole: str, part: str) -> Fraction:
    return Fraction(int(whole + part), 10 ** len(part))


def _japanese(text: str, language: str) -> Fraction:
    """Kanji numerals, and digits before kanji powers: 二十三, 1万2千, 三・五, 1.2万."""
    whole, sign, part = re.sub("[点・]", ".", text).partition(".")
    if sign and part and all(each in _KANJI[:11] for each in whole + part):
        figures = "".join(str(kanji_number(each)) for each in part)
        return _decimal(str(kanji_number(whole)), figures)
    total, done, last = Fraction(0), 0, 10**16
    for section in _SECTION.finditer(text):
        size = _LARGE[section[2]]
        if size >= last:
            raise ValueError("the powers of ten of the number do not fall")
        total += (_section(section[1], language) if section[1] else 1) * size
        done, last = section.end(), size
    return total + (_section(text[done:], language) if done < len(text) else 0)


def _section(text: str, language: str) -> Fraction:
    """What stands before 万, 億 or the end: 12, 1.2, 三十二, 2千, 2千5百."""
    total, done = Fraction(0), 0
    while done < len(text):
        match = _DIGITS_AND_KANJI.match(text, done)
        if match is None or not match.group():
            raise ValueError("not one number")
        digits, kanji = match.groups()
        done = match.end()
        if not digits:
            total += kanji_number(kanji)
        elif not kanji:
            total += _digits(digits, language)
        elif kanji[0] in "十百千":
            total += _digits(digits, language) * kanji_number(kanji[0])
            total += kanji_number(kanji[1:]) if len(kanji) > 1 else 0
        else:
            raise ValueError("not one number")
    return total


def power_of_ten(text: str, at: int) -> tuple[int, int]:
    """The exponent of a power of ten that begins at ``at``, and where it ends; 0 without one.

    ``text`` is folded, with raised digits marked.
    """
    if (match := _POWER.match(text, at)) is None:
        return 0, at
    written = match["written"] or match["e"]
    if match["raised"]:
        written = "".join("0123456789-+"[ord(sign) - 0xFDD0] for sign in match["raised"])
    if not re.fullmatch("[-−+]?[0-9]{1,2}", written):
        return 0, at
    return int(written.replace("−", "-")), match.end()
