"""ADDRESS, as far as a number tells: the postal code. The rest of an address is the lexicon's."""

from __future__ import annotations

from collections.abc import Iterator

from sekisho.phi.categories import Category
from sekisho.phi.detectors.rules.classes import HYPHENS, compiled
from sekisho.phi.detectors.rules.reading import Hit, Reading

__all__ = ["find"]

_CODE = f"[0-9]{{3}} ?[{HYPHENS}]? ?[0-9]{{4}}(?![0-9])"
_MARKED = f"〒 ?{_CODE}"
#: Without the mark: in front of a prefecture, a city or a ward.
_BARE = (
    f"[0-9]{{3}}(?<![0-9A-Za-z{HYPHENS}/.][0-9]{{3}}) ?[{HYPHENS}] ?[0-9]{{4}}(?![0-9{HYPHENS}])"
    "(?=[ \n]{0,3}(?:東京都|北海道|(?:京都|大阪)府|[一-龥]{2,3}県|[一-龥]{1,5}[市区郡]))"
)
_DUTCH = (
    "[1-9](?<![0-9A-Za-z.,][1-9])[0-9]{3} ?"
    "(?!SA|SD|SS|MG|ML|KG|MM|CM|HU|IE|IU|MB|GB)[A-Z]{2}(?![A-Za-z0-9])"
)
_LABELLED = f"{_CODE}|[0-9]{{5}}(?:-[0-9]{{4}})?(?![0-9])|{_DUTCH}"


def find(reading: Reading) -> Iterator[Hit]:
    """All postal codes in ``reading``."""
    text = reading.text
    digits = reading.kanji_as_digits
    for source in (text,) if digits is None else (text, digits):
        if "〒" in source:
            for match in compiled(_MARKED).finditer(source):
                yield Hit(match.start(), match.end(), Category.ADDRESS, "postal", 0.95)
    if not reading.has_digits:
        return
    for match in compiled(_BARE).finditer(text):
        yield Hit(match.start(), match.end(), Category.ADDRESS, "postal", 0.8)
    for label in reading.of("postal"):
        found = compiled(_LABELLED).match(text, label.value)
        if found:
            yield Hit(found.start(), found.end(), Category.ADDRESS, "postal", 0.95)
    if reading.language == "nl":
        for match in compiled(_DUTCH).finditer(text):
            yield Hit(match.start(), match.end(), Category.ADDRESS, "postal", 0.75)
