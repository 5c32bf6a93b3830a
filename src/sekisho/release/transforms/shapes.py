"""Numbers, addresses of machines and codes of the same shape, that belong to nobody if possible.

Numbers with a check digit fail it: insurers' numbers, the individual number (個人番号), the Dutch
BSN. American social security numbers begin with 000, which is never assigned. Telephone numbers
have a local exchange that begins with 0, which the Japanese numbering plan does not assign;
for service numbers (0120, 0570) and extensions there is no such range, so they may exist. Mail
and web hosts are those kept for documentation (RFC 2606, example.jp), IP addresses too (RFC 5737,
RFC 3849).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from sekisho.phi.categories import Category
from sekisho.release.numerals import narrowed, widened
from sekisho.release.transforms import Derive
from sekisho.release.wordlists import words

__all__ = ["Draw", "reshaped"]

_KANJI_DIGITS = "〇一二三四五六七八九"
_SERVICE = ("0120", "0800", "0570", "0990", "0180")


class Draw:
    """An endless keyed sequence of choices for one thing."""

    def __init__(self, derive: Derive, purpose: str, *parts: str) -> None:
        self._bytes = self._stream(derive, purpose, parts)

    @staticmethod
    def _stream(derive: Derive, purpose: str, parts: tuple[str, ...]) -> Iterator[int]:
        block = 0
        while True:
            yield from derive(purpose, *parts, str(block))
            block += 1

    def below(self, limit: int) -> int:
        """A number from 0 to ``limit`` - 1; ``limit`` up to 65,536, the bias below 1 in 100."""
        return (next(self._bytes) << 16 | next(self._bytes) << 8 | next(self._bytes)) % limit

    def digits(self, count: int) -> str:
        """``count`` digits."""
        return "".join(str(self.below(10)) for _ in range(count))


def _digits(surface: str) -> tuple[str, list[int]]:
    """The digits of ``surface`` and their places; kanji digits where there are no others."""
    plain = narrowed(surface)
    places = [i for i, c in enumerate(plain) if c in "0123456789"]
    if places:
        return "".join(plain[i] for i in places), places
    kanji = surface.replace("零", "〇").replace("○", "〇")
    places = [i for i, c in enumerate(kanji) if c in _KANJI_DIGITS]
    return "".join(str(_KANJI_DIGITS.index(kanji[i])) for i in places), places


def _put(surface: str, places: list[int], digits: str) -> str:
    """``digits`` in the places of the old ones, in the script of each."""
    text = list(surface)
    for place, digit in zip(places, digits, strict=True):
        old = text[place]
        if old in "0123456789":
            text[place] = digit
        elif narrowed(old) in "0123456789":
            text[place] = widened(digit)
        else:
            text[place] = _KANJI_DIGITS[int(digit)]
    return "".join(text)


def _letters(surface: str, draw: Draw) -> str:
    """ASCII letters, also full-width ones, replaced in their case and width."""

    def change(letter: str) -> str:
        plain = narrowed(letter)
        if not (plain.isascii() and plain.isalpha()):
            return letter
        new = chr((ord("A") if plain.isupper() else ord("a")) + draw.below(26))
        return new if plain == letter else widened(new)

    return "".join(map(change, surface))


def _number(old: str, draw: Draw) -> str:
    """As many digits, leading zeros kept."""
    zeros = len(old) - len(old.lstrip("0"))
    if zeros == len(old):
        return draw.digits(len(old))
    return "0" * zeros + str(1 + draw.below(9)) + draw.digits(len(old) - zeros - 1)


def _modulus10(digits: str) -> bool:
    """The check of insurers' numbers: weights 2, 1, 2, ... from the right, sums of products."""
    total = sum(
        sum(divmod(int(digit) * (2 - place % 2), 10))
        for place, digit in enumerate(reversed(digits[:-1]))
    )
    return (10 - total % 10) % 10 == int(digits[-1])


def _my_number(digits: str) -> bool:
    """The check of 個人番号 (総務省令 85号 5条)."""
    rest = sum(int(d) * w for d, w in zip(digits, (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2), strict=False))
    rest %= 11
    return (0 if rest <= 1 else 11 - rest) == int(digits[11])


def _bsn(digits: str) -> bool:
    """The eleven-test of the Dutch BSN."""
    return (
        sum(int(d) * w for d, w in zip(digits, (9, 8, 7, 6, 5, 4, 3, 2, -1), strict=True)) % 11 == 0
    )


_CHECKS: dict[int, Callable[[str], bool]] = {
    6: _modulus10,
    7: _modulus10,
    8: _modulus10,
    9: _bsn,
    12: _my_number,
}


def _invalid(digits: str) -> str:
    """``digits`` with the last one changed until no check digit of that length fits."""
    check = _CHECKS.get(len(digits))
    while check is not None and check(digits):
        digits = digits[:-1] + str((int(digits[-1]) + 1) % 10)
    return digits


def _phone(old: str, surface: str, draw: Draw) -> str:
    plain = narrowed(surface)
    if plain.lstrip().startswith("+81"):
        national = _phone("0" + old[2:].removeprefix("0"), plain.replace("+81", "0", 1), draw)
        return "81" + ("0" if old[2:3] == "0" else "") + national[1:]
    if len(old) == 10 and old[0] != "0":
        return f"{2 + draw.below(8)}{draw.digits(2)}55501{draw.digits(2)}"
    if not (old.startswith("0") and len(old) in (10, 11)):
        return _number(old, draw)
    if old.startswith(_SERVICE):
        return old[:4] + draw.digits(len(old) - 4)
    if len(old) == 11:
        prefix = "090" if old.startswith("080") else old[:3]
        return prefix + "0" + draw.digits(7)
    first = re.search("[0-9]{1,10}", plain)
    length = len(first[0]) if first and len(first[0]) < 6 else 2
    codes = [code for code in words("area_codes") if len(code) == length] or ["03"]
    area = codes[draw.below(len(codes))]
    return area + "0" + draw.digits(9 - len(area))


def _mail(surface: str, draw: Draw) -> str:
    plain = narrowed(surface)
    local, at, host = plain.rpartition("@")
    if not at:
        return _put_digits(_letters(surface, draw), draw)
    new = _put_digits(_letters(local, draw), draw) + "@" + _host(host)
    return widened(new) if plain != surface else new


def _host(host: str) -> str:
    ending = host.rsplit(".", 1)[-1].lower()
    return f"example.{ending}" if ending in ("jp", "com", "org", "net") else "example.com"


_IPV4 = re.compile("[0-9]{1,3}(?:[.][0-9]{1,3}){3}")
_URL = re.compile("(?P<scheme>[A-Za-z]{2,8}://)?(?P<host>[A-Za-z0-9.-]{1,253})(?P<rest>.*)", re.S)


def _url(surface: str, draw: Draw) -> str:
    plain = narrowed(surface)
    address = _IPV4.search(plain)
    if address:
        new = plain.replace(address[0], f"192.0.2.{1 + draw.below(254)}")
    elif plain.count(":") >= 2 and "://" not in plain and "." not in plain:
        new = f"2001:db8::{draw.below(65536):x}:{draw.below(65536):x}"
    elif (match := _URL.fullmatch(plain)) and "." in match["host"]:
        rest = _put_digits(_letters(match["rest"], draw), draw)
        new = (match["scheme"] or "") + _host(match["host"]) + rest
    else:
        new = _put_digits(_letters(plain, draw), draw)
    return widened(new) if plain != surface else new


def _put_digits(surface: str, draw: Draw) -> str:
    digits, places = _digits(surface)
    return _put(surface, places, draw.digits(len(digits)))


def reshaped(surface: str, category: str, draw: Draw) -> str:
    """``surface`` with other digits and letters, by the rules of this module."""
    if category == Category.EMAIL:
        return _mail(surface, draw)
    if category == Category.URL:
        return _url(surface, draw)
    old, places = _digits(surface)
    if category == Category.PHONE:
        return _put(surface, places, _phone(old, surface, draw))
    new = "".join(_number(run, draw) if run.isdigit() else "" for run in _runs(old, places))
    if category == Category.NATIONAL_ID and re.fullmatch(
        "[0-9]{3}-[0-9]{2}-[0-9]{4}", narrowed(surface)
    ):
        new = "000" + new[3:]
    if category in (Category.INSURANCE, Category.NATIONAL_ID):
        new = _invalid(new)
    return _put(_letters(surface, draw), places, new)


def _runs(digits: str, places: list[int]) -> Iterator[str]:
    """The runs of neighbouring digits."""
    start = 0
    for i in range(1, len(digits) + 1):
        if i == len(digits) or places[i] != places[i - 1] + 1:
            yield digits[start:i]
            start = i
