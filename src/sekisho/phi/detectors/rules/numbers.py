"""Numerals: kanji numbers, and digits that a scanner misread."""

from __future__ import annotations

__all__ = ["KANJI_TO_ASCII", "OCR_TO_ASCII", "digits_only", "kanji_number", "number"]

_DIGITS = {"〇": 0, "零": 0, "○": 0} | {sign: n for n, sign in enumerate("一二三四五六七八九", 1)}
_POWERS = {"十": 10, "百": 100, "千": 1000}

#: One-to-one, so that offsets survive the translation.
KANJI_TO_ASCII = str.maketrans({sign: str(value) for sign, value in _DIGITS.items()})
#: Letters that optical character recognition puts in the place of a digit.
OCR_TO_ASCII = str.maketrans("OoQDlI|ZSB", "0000111258")


def kanji_number(text: str) -> int:
    """The value of a kanji numeral: 三十八, 三八, 二〇二四 and 二千二十四 alike; 元 is 1.

    Raises ``ValueError`` for anything else.
    """
    if text == "元":
        return 1
    if not text:
        raise ValueError("an empty numeral")
    if not any(sign in _POWERS for sign in text):
        return int("".join(str(_value(sign)) for sign in text))
    total = 0
    pending: int | None = None
    for sign in text:
        if sign in _POWERS:
            total += (1 if pending is None else pending) * _POWERS[sign]
            pending = None
        else:
            pending = (pending or 0) * 10 + _value(sign)
    return total + (pending or 0)


def _value(sign: str) -> int:
    if sign not in _DIGITS:
        raise ValueError("not a kanji numeral")
    return _DIGITS[sign]


def number(text: str) -> int:
    """The value of a number in ASCII digits or in kanji.

    Raises ``ValueError`` for anything else.
    """
    return int(text) if text.isascii() else kanji_number(text)


def digits_only(text: str) -> str:
    """The ASCII digits of ``text``, everything else left out."""
    return "".join(sign for sign in text if "0" <= sign <= "9")
