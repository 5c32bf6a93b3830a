"""ID: numbers that an institution gave: charts, examinations, specimens, rooms, staff."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from sekisho.phi.categories import Category
from sekisho.phi.detectors.rules import checkdigits, phones
from sekisho.phi.detectors.rules.classes import HYPHENS, KANJI_NUMERALS, compiled
from sekisho.phi.detectors.rules.labels import Label, data
from sekisho.phi.detectors.rules.numbers import digits_only
from sekisho.phi.detectors.rules.reading import Hit, Reading

__all__ = ["find"]

_VALUE = (
    f"(?:[ぁ-んァ-ヺ一-龥][{HYPHENS}])?[A-Za-z0-9]{{1,40}}"
    f"(?:[{HYPHENS}_/.#:]{{1,2}}[A-Za-z0-9]{{1,40}}){{0,16}}"
)
_BEGIN = "(?<![0-9A-Za-z])(?<![0-9A-Za-z][-_./])"
#: 20231204-0930 is a date with a time.
_STAMP = (
    "(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
    f"[{HYPHENS}]?(?:[01][0-9]|2[0-3])[0-5][0-9](?:[0-5][0-9])?(?![0-9{HYPHENS}])"
    f"|(?:19|20)[0-9]{{2}}[{HYPHENS}](?:19|20)[0-9]{{2}}(?![0-9{HYPHENS}])"
)
#: Shapes, the surest first. Each begins with letters or digits that nothing of the kind precedes.
_SHAPES = (
    # 1.2.840.113619...: unique identifiers of DICOM
    ("uid", 0.9, "[12]\\.[0-9]{1,3}(?:\\.[0-9]{1,30}){4,14}(?![0-9])"),
    # KS19640401: initials and a birth date
    (
        "initials",
        0.85,
        "[A-Z]{1,4}[-_.]?(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])(?![0-9A-Za-z])",
    ),
    # MR2024-78234, CT-2024-0012
    (
        "accession",
        0.85,
        "[A-Z]{1,6}[-_]?(?:19|20)[0-9]{2}[-_][0-9]{2,8}(?:[-_][0-9A-Z]{1,6})?(?![0-9A-Za-z])",
    ),
    # CT-ABD-0913, ER-TR-1218, CCTA-24-110
    (
        "accession",
        0.85,
        "[A-Z]{1,6}(?:-[A-Z]{1,8}){1,3}-[0-9]{3,8}(?![0-9A-Za-z]|-[A-Za-z])",
    ),
    ("accession", 0.8, "[A-Z]{1,5}[0-9]{0,2}-[0-9]{2}-[0-9]{3,6}(?![0-9A-Za-z])"),
    # H24-12345: pathology
    ("specimen", 0.8, "[A-Z]{1,2}[0-9]{2}-[0-9]{4,6}(?![0-9A-Za-z]|-[0-9])"),
    ("accession", 0.7, "[A-Z]{2,6}-[0-9]{4,12}(?![0-9A-Za-z]|-[A-Za-z])"),
    ("number", 0.7, "[A-Z]{1,3}[0-9]{6,12}(?![0-9A-Za-z])"),
    (
        "number",
        0.7,
        f"(?!{_STAMP})[0-9]{{2,8}}[{HYPHENS}][0-9]{{4,8}}(?:[{HYPHENS}][0-9]{{1,6}})?(?![0-9A-Za-z{HYPHENS}]|[.,][0-9])",
    ),
    ("number", 0.65, f"(?!{_STAMP})(?:[0-9]{{7,40}}|0[0-9]{{5}})(?![0-9A-Za-z]|[.,:/][0-9])"),
)
#: 3500-9000: both ends are round and without a nought in front.
_INTERVAL = f"([1-9][0-9]{{1,5}}0)[{HYPHENS}]([1-9][0-9]{{1,5}}0)"
_ANY_SHAPE = f"{_BEGIN}(?:{'|'.join(f'(?P<s{i}>{s})' for i, (_, _, s) in enumerate(_SHAPES))})"
_ROOM = (
    f"(?<![0-9A-Z{KANJI_NUMERALS}])(?:"
    f"(?:(?:[0-9]{{1,2}}[A-Z東西南北]{{1,2}}[{HYPHENS}])?[A-Z]{{0,2}}[{HYPHENS}]?"
    f"[0-9]{{1,5}}(?:[{HYPHENS}][0-9]{{1,3}})?|[{KANJI_NUMERALS}]{{2,5}}) ?号(?:病?室|ベッド)"
    "(?:[ のー-]?[0-9]{1,2} ?(?:番ベッド|番(?![号目])|床(?!目)|ベッド))?"
    "|[0-9]{1,3} ?(?:番|号) ?ベッド"
    "|[0-9]{2,4}室(?= ?[0-9]{1,2}番?(?:ベッド|床)))"
)
_ROOM_VALUE = (
    f"[A-Z東西南北新本]{{0,3}}-?[0-9]{{1,5}}(?:[{HYPHENS}][0-9A-Z]{{1,3}})?(?: ?号室|号)?(?![0-9])"
)
_CARD = (
    f"[0-9]{{4}}(?<![0-9A-Za-z{HYPHENS}][0-9]{{4}})(?:[ {HYPHENS}]?[0-9]{{4}}){{3}}"
    f"(?![0-9{HYPHENS}])"
)


def find(reading: Reading) -> Iterator[Hit]:
    """All numbers of this kind in ``reading``, by label or by shape."""
    yield from _labelled(reading)
    if reading.has_digits:
        yield from _shapes(reading)
        yield from _rooms(reading)
        for match in compiled(_CARD).finditer(reading.text):
            if checkdigits.luhn(digits_only(match.group())):
                yield Hit(match.start(), match.end(), Category.ID, "card", 0.9)
    elif "号" in reading.text:
        yield from _rooms(reading)


def _labelled(reading: Reading) -> Iterator[Hit]:
    for label in reading.of("id", "number"):
        position = label.value
        for _ in range(3):
            match = compiled(_VALUE).match(reading.text, position)
            if match is None:
                match = _kanji_value(reading, position)
            if match is None or not _is_value(reading, label, match):
                break
            if not phones.shaped(match.group()):
                score = 0.95 if label.kind == "id" else 0.9
                category = _category(reading, label)
                yield Hit(match.start(), match.end(), category, "id-labelled", score)
            following = compiled(" ?[、,/・] ?").match(reading.text, match.end())
            if following is None:
                break
            position = following.end()


def _category(reading: Reading, label: Label) -> Category:
    """番号 behind 記号 is the number of an insurance card."""
    insured = label.kind == "number" and compiled("保険|記号").search(
        reading.text, max(0, label.start - 16), label.start
    )
    return Category.INSURANCE if insured else Category.ID


def _kanji_value(reading: Reading, position: int) -> re.Match[str] | None:
    digits = reading.kanji_as_digits
    if digits is None:
        return None
    return compiled("[0-9]{4,12}|[0-9]{1,8}(?:の[0-9]{1,6}){1,2}").match(digits, position)


def _is_value(reading: Reading, label: Label, match: re.Match[str]) -> bool:
    text = reading.text
    surface = match.group()
    digits = digits_only(surface)
    glued = match.start() == label.stop
    if not digits:
        # CXR-PORT: letters in groups; but not a word.
        return label.kind == "id" and not glued and surface.isupper() and "-" in surface
    if surface[0].isalpha() and glued and surface[0].isascii() and text[label.stop - 1].isascii():
        return False
    least = 2 if label.kind == "id" else 4
    if len(digits) < least or (label.kind == "number" and len(surface) < 4):
        return False
    if reading.unit_at(match.end()) and len(digits) < 8:
        return False
    dated = compiled("(?:19|20)?[0-9]{2}[/.-]([0-9]{1,2})[/.-]([0-9]{1,2})").fullmatch(surface)
    if dated and 1 <= int(dated[1]) <= 12 and 1 <= int(dated[2]) <= 31:
        return False
    return not (
        surface.isdigit()
        and len(digits) <= 4
        and compiled(" ?[年月日時歳才代:]").match(text, match.end())
    )


def _shapes(reading: Reading) -> Iterator[Hit]:
    text = reading.text
    excluded = _prefixes()
    for match in compiled(_ANY_SHAPE).finditer(text):
        index = int((match.lastgroup or "s0")[1:])
        rule, score, _ = _SHAPES[index]
        start, end = match.span()
        surface = match.group()
        if reading.kind_before(start, 3) == "thing":
            continue
        # In a table another cell (T.N., M) may follow a long number; its unit would be glued on.
        apart = compiled(" (?:[A-Z][.]|[MF](?![A-Za-z0-9]))").match(text, end)
        if not apart and reading.unit_at(end):
            continue
        if _no_identifier(text, start, surface):
            continue
        if score <= 0.8 and surface.startswith(excluded) and _prefix(surface) in excluded:
            continue
        if rule == "number" and (phones.shaped(surface) or _postal(text, start, surface)):
            continue
        yield Hit(start, end, Category.ID, rule, score)


def _no_identifier(text: str, start: int, surface: str) -> bool:
    """Whether it is a laboratory value, a range of such, or a product, lot or expiry of GS1."""
    if match := compiled(_INTERVAL).fullmatch(surface):
        low, high = match.groups()
        return int(low) < int(high) and len(high) - len(low) <= 1
    if not surface.isdigit():
        return False
    before = text[max(0, start - 12) : start]
    names = data("contexts")["labs"]["names"]
    return before.rstrip(" :=は").endswith(tuple(names)) or before.endswith(
        ("(01)", "(10)", "(11)", "(17)")
    )


def _postal(text: str, start: int, surface: str) -> bool:
    return text[max(0, start - 2) : start].strip() == "〒" and len(digits_only(surface)) == 7


@cache
def _prefixes() -> tuple[str, ...]:
    return tuple(data("contexts")["codes"]["prefixes"])


def _prefix(surface: str) -> str:
    match = compiled("[A-Z]{1,8}").match(surface)
    return match.group() if match else ""


def _rooms(reading: Reading) -> Iterator[Hit]:
    text = reading.text
    if "室" in text or "ベッド" in text:
        for match in compiled(_ROOM).finditer(text):
            yield Hit(match.start(), match.end(), Category.ID, "room", 0.9)
    for label in reading.of("room"):
        found = compiled(_ROOM_VALUE).match(text, label.value)
        if found is None or reading.unit_at(found.end()):
            continue
        # "Room" and 部屋 need something between; 病室712 and ベッド3 do not.
        if label.value == label.stop and text[label.start] not in "ベ病床個":
            continue
        if not compiled("[/:.年月日時階名分]").match(text, found.end()):
            yield Hit(found.start(), found.end(), Category.ID, "room", 0.85)
