"""NATIONAL_ID: numbers that a state gave to a person."""

from __future__ import annotations

from collections.abc import Iterator

from sekisho.phi.categories import Category
from sekisho.phi.detectors.rules import checkdigits
from sekisho.phi.detectors.rules.classes import HYPHENS, compiled
from sekisho.phi.detectors.rules.numbers import digits_only
from sekisho.phi.detectors.rules.reading import Hit, Reading

__all__ = ["find"]

_TWELVE = (
    f"[0-9](?<![0-9A-Za-z][0-9])(?<![0-9][ .,{HYPHENS}][0-9])[0-9]{{3}}"
    f"(?P<sep> ?[{HYPHENS}] ?| )?[0-9]{{4}}(?(sep)(?: ?[{HYPHENS}] ?| ))[0-9]{{4}}"
    f"(?![0-9]|[{HYPHENS}][0-9]| [0-9]{{4}}(?![0-9]))"
)
_RESIDENCE = "[A-Z]{2}(?<![A-Za-z0-9][A-Z]{2})[0-9]{8}[A-Z]{2}(?![A-Za-z0-9])"
_PASSPORT = "[A-Z]{2}(?<![A-Za-z0-9-][A-Z]{2})[0-9]{7}(?![A-Za-z0-9]|-[0-9])"
_PENSION = f"[0-9]{{4}}(?<![0-9A-Za-z{HYPHENS}/][0-9]{{4}})[{HYPHENS}][0-9]{{6}}(?![0-9{HYPHENS}/])"
_SSN = "[0-9]{3}(?<![0-9A-Za-z-][0-9]{3})-[0-9]{2}-[0-9]{4}(?![0-9]|-[0-9])"
_BSN = "[0-9](?<![0-9A-Za-z.,-][0-9])[0-9]{3}[. ]?[0-9]{2}[. ]?[0-9]{3}(?![0-9]|[.,-][0-9])"
_NUMBER = (
    f"(?:第 ?)?(?P<n>[A-Za-z]{{0,3}}[0-9](?:[0-9]|[ .{HYPHENS}](?=[0-9])){{3,20}}"
    "[A-Za-z]{0,2})(?![0-9])"
)


def find(reading: Reading) -> Iterator[Hit]:
    """All numbers of this kind in ``reading``, by label, by check digit or by shape."""
    text = reading.text
    if not reading.has_digits and reading.kanji_as_digits is None:
        return
    yield from _labelled(reading, text)
    yield from _individual(text)
    if (digits := reading.kanji_as_digits) is not None:
        for hit in (*_labelled(reading, digits), *_individual(digits)):
            if not text[hit.start : hit.end].isascii():
                yield hit
    for source, rule, score in (
        (_RESIDENCE, "residence-card", 0.9),
        (_PASSPORT, "passport", 0.75),
        (_PENSION, "pension", 0.7),
        (_SSN, "ssn", 0.8),
    ):
        for match in compiled(source).finditer(text):
            if reading.kind_before(match.start(), 3) not in ("thing", "id"):
                yield Hit(match.start(), match.end(), Category.NATIONAL_ID, rule, score)
    if reading.language == "nl":
        for match in compiled(_BSN).finditer(text):
            if checkdigits.bsn(digits_only(match.group())):
                yield Hit(match.start(), match.end(), Category.NATIONAL_ID, "bsn", 0.9)


def _individual(text: str) -> Iterator[Hit]:
    for match in compiled(_TWELVE).finditer(text):
        if checkdigits.my_number(digits_only(match.group())):
            yield Hit(match.start(), match.end(), Category.NATIONAL_ID, "my-number", 0.95)


def _labelled(reading: Reading, text: str) -> Iterator[Hit]:
    for label in reading.of("mynumber", "national"):
        match = compiled(_NUMBER).match(text, label.value)
        if match is None:
            continue
        start, end = match.span("n")
        shape = compiled("(?:19|20)[0-9]{2}[/.-][0-9]{1,2}[/.-]|[0-9]{1,4} ?[年月日]").match(
            text, start
        )
        if shape is None and len(digits_only(text[start:end])) >= 6:
            yield Hit(start, end, Category.NATIONAL_ID, "national-labelled", 0.95)
