"""Places told more coarsely: addresses to a prefecture or municipality, departments to a field."""

from __future__ import annotations

import re
from functools import cache

from sekisho.errors import ReleaseError
from sekisho.release.numerals import narrowed
from sekisho.release.wordlists import rows, words

__all__ = ["Address", "coarse_department", "region", "us_region"]

_POSTAL = re.compile("〒?[ ]{0,2}(?P<head>[0-9]{3})(?P<tail>[ ]?[-‐−–ーｰ][ ]?[0-9]{4}|[0-9]{4})?")
_GAP = re.compile("[ \t\r\n,、]{0,4}")
_GUN = "(?:[^0-9 \t\r\n市区町村郡]{1,5}郡)?"
_TOWN = re.compile(f"{_GUN}[^0-9 \t\r\n市区町村郡]{{1,6}}[市区町村]")


class Address:
    """The parts of an address as ranges of its surface; ``rest`` is where the town begins."""

    def __init__(self, surface: str) -> None:
        self.surface = surface
        plain = narrowed(surface)
        place = 0
        self.postal: tuple[int, int] | None = None
        self.postal_tail: tuple[int, int] | None = None
        match = _POSTAL.match(plain)
        if match and (match["tail"] or plain.startswith("〒")):
            self.postal = match.span()
            self.postal_tail = match.span("tail") if match["tail"] else None
            place = self._skip(plain, match.end())
        self.prefecture: tuple[int, int] | None = None
        name = next((p for p in _prefectures() if plain.startswith(p, place)), None)
        if name is not None:
            self.prefecture = (place, place + len(name))
            place = self._skip(plain, place + len(name))
        self.municipality: tuple[int, int] | None = None
        length = _municipality(plain[place : place + 24])
        if length:
            self.municipality = (place, place + length)
            place += length
        self.rest = place

    @staticmethod
    def _skip(plain: str, place: int) -> int:
        gap = _GAP.match(plain, place)
        return gap.end() if gap else place

    @property
    def tail(self) -> str:
        """What stands below the municipality: town, numbers, building."""
        return self.surface[self.rest :]

    def part(self, part: tuple[int, int] | None) -> str:
        """The text of a part, empty when there is none."""
        return self.surface[part[0] : part[1]] if part else ""


@cache
def _prefectures() -> tuple[str, ...]:
    """The forty-seven names with their suffix, then without, longest first."""
    full = words("prefectures")
    bare = tuple(name[:-1] for name in full if name != "北海道")
    return (*full, *bare)


def _municipality(text: str) -> int:
    """The length of the municipality that ``text`` begins with; names like 四日市市 are listed."""
    listed = max((len(w) for w in words("municipalities") if text.startswith(w)), default=0)
    if listed:
        return listed
    match = _TOWN.match(text)
    return match.end() if match else 0


def region(surface: str, municipality: bool, cut_postal: bool) -> str:
    """An address without what lies below its prefecture (or municipality).

    ``cut_postal`` keeps 〒123-**** of a postal code, else it is dropped. Raises ``ReleaseError``
    when the text does not tell the prefecture and there is no postal code to cut either.
    """
    address = Address(surface)
    postal = ""
    if cut_postal and address.postal is not None:
        head = address.surface[: (address.postal_tail or address.postal)[0]]
        tail = address.part(address.postal_tail)
        if tail:
            star = "＊" if narrowed(tail) != tail else "*"
            postal = head + "".join(star if narrowed(c) in "0123456789" else c for c in tail)
        else:
            postal = address.part(address.postal)
    if address.prefecture is None and (not postal or address.municipality or address.tail):
        raise ReleaseError("an address that does not tell its prefecture")
    name = address.part(address.prefecture)
    if municipality:
        name += address.part(address.municipality)
    gap = " " if postal and name else ""
    return postal + gap + name


_ZIP = re.compile("(?<![0-9])([0-9]{3})[0-9]{2}(?:-[0-9]{4})?(?![0-9])")


def us_region(surface: str) -> str:
    """The state of an American address and the first three digits of its ZIP code.

    Those are 000 for areas of 20,000 people or fewer (45 CFR 164.514(b)(2)(i)(B)). Raises
    ``ReleaseError`` when neither state nor ZIP code is there.
    """
    zips = [match[1] for match in _ZIP.finditer(surface)]
    code = ""
    if zips:
        code = ("000" if zips[-1] in words("small_zip_areas") else zips[-1]) + "**"
    tokens = re.split("[ ,.\n]{1,3}", _ZIP.sub("", surface))
    names = {" ".join(row[1:]).lower(): row for row in rows("us_states")}
    state = ""
    for size in (3, 2, 1):
        for first in range(max(len(tokens) - size, -1), -1, -1):
            piece = " ".join(tokens[first : first + size])
            if piece.lower() in names or (size == 1 and piece in {r[0] for r in rows("us_states")}):
                state = piece
                break
        if state:
            break
    if not state and not code:
        raise ReleaseError("an address that tells neither state nor ZIP code")
    return " ".join(part for part in (state, code) if part)


def coarse_department(surface: str) -> str:
    """The field of a department (消化器内科 -> 内科系), by the ending that fits first.

    Raises ``ReleaseError`` for one that has none.
    """
    for ending, field in rows("departments"):
        if surface.endswith(ending):
            return field
    raise ReleaseError("a department of no known field")
