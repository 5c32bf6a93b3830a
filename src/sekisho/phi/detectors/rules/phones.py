"""PHONE: telephone, mobile, fax and extension numbers in every way that they are written."""

from __future__ import annotations

from collections.abc import Iterator

from sekisho.phi.categories import Category
from sekisho.phi.detectors.rules.classes import HYPHENS, compiled
from sekisho.phi.detectors.rules.numbers import OCR_TO_ASCII, digits_only
from sekisho.phi.detectors.rules.reading import Hit, Reading

__all__ = ["find", "shaped"]

_H = f"[{HYPHENS}]"
#: Between the groups of a number: a hyphen with room around it, brackets, a dot, a slash, a space.
_SEP = f"(?: ?{_H} ?\n?|[ ./・_]| ?[()] ?| ?[×x*,、] ?)"
_DOMESTIC = (
    "\\(?0(?<![0-9A-Za-z]0)(?<![0-9A-Za-z]\\(0)(?<![0-9][.,]0)[0-9]{0,4}(?:"
    f"{_SEP}\\(?[0-9]{{1,4}}{_SEP}[0-9]{{3,4}}"
    f"|{_H}[0-9]{{5,8}}|\\)[0-9]{{6,8}}|(?<=06)(?:[ -][0-9]{{2}}){{4}}|[0-9]{{5,10}}"
    ")(?![0-9])"
)
_INTERNATIONAL = (
    "(?:\\+|00(?<![0-9]00)(?=[1-9]))(?<![0-9A-Za-z]\\+)[1-9][0-9]{0,14}"
    f"(?:[ ./(){HYPHENS}]{{1,2}}[0-9]{{1,12}}\\)?){{0,6}}(?![0-9])"
)
_AMERICAN = (
    "\\(?[2-9](?<![0-9A-Za-z./-][2-9])[0-9]{2}(?:\\) ?|[-.]|(?<=[0-9]) )"
    "[2-9][0-9]{2}[-.][0-9]{4}(?![0-9]|[-.][0-9])"
)
_LABELLED = (
    f"\\+?\\(?[0-9OoQlI]{{1,13}}(?:(?: ?{_H} ?\n?|[ ./・_]|[()]{{1,2}} ?)"
    "\\(?[0-9OoQlI]{1,8}){0,5}\\)?"
)
_PLAIN = f"[()0-9 \n{HYPHENS}]{{1,60}}"
_GROUPED = f"[()\n{HYPHENS}]"
_GOES_ON = f"{_H}[0-9]"
_EXTENSION = f"[0-9]{{1,8}}(?:{_H}[0-9]{{1,5}})?(?![0-9])"
_MISREAD = (
    f"[0O](?<![0-9A-Za-z{HYPHENS}][0O])[0-9OolI]{{1,4}}{_H}[0-9OolI]{{1,4}}{_H}[0-9OolI]{{3,4}}"
    "(?![0-9A-Za-z])"
)
_NEXT = " ?(?:[、,/・]|または|or) ?"


def find(reading: Reading) -> Iterator[Hit]:
    """All telephone numbers in ``reading``."""
    text = reading.text
    if reading.has_digits:
        yield from _shapes(reading, text)
        yield from _labelled(reading)
        yield from _extensions(reading, text)
    if (digits := reading.kanji_as_digits) is not None:
        for hit in (*_shapes(reading, digits), *_extensions(reading, digits)):
            if not text[hit.start : hit.end].isascii():
                yield hit


def shaped(surface: str) -> bool:
    """Whether the whole ``surface`` is a Japanese number by its shape: 047-123-4567."""
    match = compiled(_DOMESTIC).fullmatch(surface)
    return match is not None and _length(surface)


def _length(surface: str) -> bool:
    """Whether the digits are as many as Japan's numbering plan has for this beginning.

    Eleven with an ordinary area code is a slip that fiction and forms contain; it stays a number.
    """
    digits = digits_only(surface)
    if digits.startswith(("050", "060", "070", "080", "090", "0800")):
        return len(digits) == 11 or (len(digits) == 10 and not surface.isdigit())
    if len(digits) == 11:
        return not surface.isdigit()
    return len(digits) == 10 and digits[1] != "0"


def _shapes(reading: Reading, text: str) -> Iterator[Hit]:
    for match in compiled(_DOMESTIC).finditer(text):
        start, end = match.span()
        surface = match.group()
        if not _length(surface):
            continue
        if surface.startswith("(") and ")" not in surface:
            start, surface = start + 1, surface[1:]
        if compiled(_GOES_ON).match(text, end):
            continue
        if surface.isdigit():
            score = 0.8 if surface.startswith(("090", "080", "070", "050", "0120")) else 0.7
        elif compiled(_PLAIN).fullmatch(surface):
            score = 0.85 if compiled(_GROUPED).search(surface) else 0.65
        else:
            score = 0.65
        if reading.unit_at(end):
            # A size never begins with a nought and another digit: a number in disguise.
            score = max(score, 0.9) if surface[1:2] != "." else 0.0
        elif score == 0.65 and compiled("[×x*,、]").search(surface):
            score = 0.6
        if score:
            yield Hit(start, end, Category.PHONE, "phone", score)
    if "+" in text or "00" in text:
        for match in compiled(_INTERNATIONAL).finditer(text):
            if 9 <= len(digits_only(match.group())) <= 15:
                yield Hit(match.start(), match.end(), Category.PHONE, "phone-international", 0.85)
    if "O" in text or "l" in text or "I" in text:
        for match in compiled(_MISREAD).finditer(text):
            plain = match.group().translate(OCR_TO_ASCII)
            if (
                not match.group().isdigit()
                and shaped(plain)
                and len(digits_only(match.group())) > 5
            ):
                yield Hit(match.start(), match.end(), Category.PHONE, "phone-misread", 0.75)
    for match in compiled(_AMERICAN).finditer(text):
        start = match.start() + (match.group().startswith("(") and ")" not in match.group())
        yield Hit(start, match.end(), Category.PHONE, "phone-american", 0.75)


def _labelled(reading: Reading) -> Iterator[Hit]:
    text = reading.text
    pattern = compiled(_LABELLED)
    for label in reading.of("phone"):
        position = label.value
        for _ in range(4):
            match = pattern.match(text, position)
            if match is None:
                break
            start, end = match.span()
            surface = match.group()
            count = len(digits_only(surface.translate(OCR_TO_ASCII)))
            if not 4 <= count <= 15 or not digits_only(surface) or reading.unit_at(end):
                break
            if compiled("[年月日時歳]|/[0-9]").match(text, end) or (
                count < 7 and compiled("[0-9]{1,2}/[0-9]{1,2}|[0-9]{4} ").match(text, start)
            ):
                break
            if surface.startswith("(") and ")" not in surface:
                start += 1
            elif compiled("[0-9]{1,13}\\)[0-9]").match(surface) and text[start - 1] == "(":
                start -= 1
            elif surface.endswith(")") and "(" not in surface:
                end -= 1
            yield Hit(start, end, Category.PHONE, "phone-labelled", 0.95 if count >= 8 else 0.8)
            following = compiled(_NEXT).match(text, end)
            if following is None:
                break
            position = following.end()


def _extensions(reading: Reading, text: str) -> Iterator[Hit]:
    pattern = compiled(_EXTENSION)
    for label in reading.of("extension"):
        position = label.value
        for _ in range(6):
            match = pattern.match(text, position)
            if match is None or len(match.group()) < 2 or reading.unit_at(match.end()):
                break
            yield Hit(match.start(), match.end(), Category.PHONE, "extension", 0.95)
            following = compiled(_NEXT).match(text, match.end())
            if following is None:
                break
            position = following.end()
