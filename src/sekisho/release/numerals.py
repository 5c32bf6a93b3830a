"""Numbers as Japanese text writes them: half and full width, 二〇二四, 三十一, 元."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["KANJI", "Numeral", "narrowed", "widened"]

_DIGITS = "一二三四五六七八九"
_ZEROS = "〇零○◯"
_UNITS = {"十": 10, "百": 100, "千": 1000}

#: Every character of a kanji number.
KANJI = _ZEROS + _DIGITS + "".join(_UNITS)

_NARROW = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_WIDE = {narrow: wide for wide, narrow in _NARROW.items()}

Script = Literal["half", "full", "positional", "additive"]


def narrowed(text: str) -> str:
    """Full-width ASCII and the ideographic blank made half-width, one code point for one."""
    return text.translate(_NARROW)


def widened(text: str) -> str:
    """Half-width ASCII made full-width, one code point for one."""
    return text.translate(_WIDE)


def _additive_value(text: str) -> int:
    total = pending = 0
    for character in text:
        if character in _UNITS:
            total += max(pending, 1) * _UNITS[character]
            pending = 0
        else:
            pending = _DIGITS.find(character) + 1
    return total + pending


def _additive(value: int) -> str:
    text = ""
    for unit, weight in reversed(_UNITS.items()):
        count, value = divmod(value, weight)
        if count:
            text += ("" if count == 1 else _DIGITS[count - 1]) + unit
    return text + (_DIGITS[value - 1] if value else "")


@dataclass(frozen=True, slots=True)
class Numeral:
    """A number with the way it was written; ``script`` of a lone kanji digit is additive."""

    value: int
    script: Script
    zero: str = "〇"
    digits: int = 1

    @classmethod
    def read(cls, text: str) -> Numeral:
        """Read ``text``, which holds digits of one kind or kanji numerals, or 元 for 1."""
        if text == "元":
            return cls(1, "additive")
        if text[0] in KANJI:
            if any(unit in text for unit in _UNITS) or len(text) == 1:
                return cls(_additive_value(text), "additive", digits=len(text))
            plain = "".join("0" if c in _ZEROS else str(_DIGITS.find(c) + 1) for c in text)
            zero = next((c for c in text if c in _ZEROS), "〇")
            return cls(int(plain), "positional", zero, len(text))
        script: Script = "half" if text[0] in "0123456789" else "full"
        return cls(int(narrowed(text)), script, digits=len(text))

    def write(self, value: int, width: int = 1) -> str:
        """``value`` in the same script; ``width`` pads with zeros what is shorter."""
        if self.script == "additive":
            return _additive(value) if value else self.zero
        plain = f"{value:0{width}d}"
        if self.script == "half":
            return plain
        if self.script == "full":
            return widened(plain)
        return "".join((self.zero + _DIGITS)[int(c)] for c in plain)
