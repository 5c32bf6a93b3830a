"""Fictional places: facilities that keep what they are, addresses that keep their prefecture."""

from __future__ import annotations

import re

from sekisho.errors import ReleaseError
from sekisho.release.numerals import KANJI, Numeral
from sekisho.release.transforms.places import Address
from sekisho.release.transforms.shapes import Draw
from sekisho.release.wordlists import words

__all__ = ["address", "facility"]

_FORMS = ("株式会社", "有限会社", "合同会社")
_COUNTED = f"[{KANJI}]{{1,4}}(?=丁目|番地|番|号|条|階|[-ー−－])"
_RUNS = re.compile(
    f"[0-9０-９]{{1,6}}|{_COUNTED}|[ァ-ヺー]{{2,30}}|[A-Za-zＡ-Ｚａ-ｚ]{{1,30}}"
    f"|(?:(?!{_COUNTED})[々ヶ㐀-䶿一-鿿ぁ-ゖ]){{1,30}}"
)
_JAPANESE = re.compile("[々ヶ㐀-䶿一-鿿ぁ-ゖァ-ヺ]")


def facility(surface: str, draw: Draw) -> str:
    """A fictional facility of the same kind: 病院 stays 病院.

    Raises ``ReleaseError`` for a name that is not written in Japanese.
    """
    if not _JAPANESE.search(surface):
        raise ReleaseError("a facility whose name is not Japanese has no surrogate")
    form = next((form for form in _FORMS if surface.startswith(form)), "")
    body = surface[len(form) :]
    endings = [ending for ending in words("facility_endings") if body.endswith(ending)]
    ending = max(endings, key=len, default="")
    stems = words("facility_stems")
    return form + stems[draw.below(len(stems))] + ending


def _named(run: str, draw: Draw) -> str:
    """A run of letters below the municipality: units stay, names become fictional."""
    unit = next((u for u in words("address_units") if run.endswith(u)), "")
    name = run[: len(run) - len(unit)]
    if not name:
        return run
    kind = "building_stems" if "ァ" <= name[0] <= "ヺ" else "town_stems"
    if name[0].isascii() or "Ａ" <= name[0] <= "ｚ":
        return _letters_like(name, draw) + unit
    stems = words(kind)
    return stems[draw.below(len(stems))] + unit


def _letters_like(name: str, draw: Draw) -> str:
    """As many letters, in the case and width of the first."""
    first = {"a": "a", "A": "A"}.get(name[0]) or next(
        base for base in "aAａＡ" if 0 <= ord(name[0]) - ord(base) < 26
    )
    return "".join(chr(ord(first) + draw.below(26)) for _ in name)


def _count(run: str, draw: Draw) -> str:
    numeral = Numeral.read(run)
    floor = 10 ** (len(str(max(numeral.value, 1))) - 1)
    return numeral.write(floor + draw.below(min(9 * floor, 60_000)), numeral.digits)


def _below(text: str, draw: Draw) -> str:
    def change(match: re.Match[str]) -> str:
        run = match[0]
        counted = all(c in "0123456789０１２３４５６７８９" or c in KANJI for c in run)
        return _count(run, draw) if counted else _named(run, draw)

    return _RUNS.sub(change, text)


def address(surface: str, draw: Draw) -> str:
    """A fictional address of the same form in the same prefecture.

    The postal code becomes 000-nnnn, which is not in use. Municipality and town are invented; the
    kind of municipality (市区町村), units and the number of digits stay.
    """
    parts = Address(surface)
    start = 0
    text = ""
    if parts.postal is not None:
        old = parts.part(parts.postal)
        fresh = iter("000" + draw.digits(4))
        text = "".join(Numeral.read(c).write(int(next(fresh))) if c.isdigit() else c for c in old)
        start = parts.postal[1]
    if parts.prefecture is not None:
        text += surface[start : parts.prefecture[1]]
        start = parts.prefecture[1]
    if parts.municipality is not None:
        text += surface[start : parts.municipality[0]]
        name = parts.part(parts.municipality)
        stems = words("town_stems")
        county, found, _ = name.partition("郡")
        if found and county and not name.endswith("郡"):
            text += stems[draw.below(len(stems))] + "郡"
        text += stems[draw.below(len(stems))] + name[-1]
        start = parts.municipality[1]
    return text + _below(surface[start:], draw)
