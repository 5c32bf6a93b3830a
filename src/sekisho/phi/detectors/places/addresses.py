"""Addresses, and towns or municipalities that tell where somebody lives or comes from.

Five things announce an address: the last character of a component (市, 区, 町, ...), a label
(住所：), words of residence (横浜在住), a numbered block (三丁目) and three numbers joined by
hyphens behind a town. All of them are rare in clinical text; only there are the place lists asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache, lru_cache

from sekisho.documents.document import Document, Span
from sekisho.phi.categories import Category
from sekisho.phi.detection import STRONG
from sekisho.phi.detectors.places import facilities
from sekisho.phi.detectors.places.address_head import (
    LIKELY,
    NAME_CHARACTER,
    SURE,
    Found,
    from_end,
    with_postal_code,
)
from sekisho.phi.detectors.places.address_tail import behind_block, block, next_field, tail
from sekisho.phi.detectors.places.characters import HYPHENS, KANJI, KATAKANA, NAMED, NUMERALS
from sekisho.phi.detectors.places.gazetteer import (
    canonical,
    city_stems,
    first_in,
    last_in,
    municipalities,
    prefecture_stems,
    prefectures,
    towns,
)
from sekisho.phi.detectors.places.intervals import Intervals
from sekisho.phi.lists import words
from sekisho.phi.morphology import Morpheme, is_ordinary_word, is_place, is_surname
from sekisho.phi.wordtrie import trie

__all__ = ["find"]

_POSTAL_LABELS = ("現住所", "住所", "居住地", "所在地", "本籍", "住居", "Address")
_LABEL = (
    rf"(?:{'|'.join(_POSTAL_LABELS)}|自宅|実家|転居先|帰省先|出身|出生)[地]?"
    r"[\"”』」)\]】]{0,2}[ ]{0,3}(?:[:=|][ ]{0,3}|は[、 ]?)[\"“「(]?"
)
_OF_HOUSE = "の(?=病院|総合病院|大学病院|クリニック|医院|施設|会社|職場|現場|勤務先|高校|「)"
_COMPONENT = re.compile("[都道府県市区郡町村]")
_POSTAL_AHEAD = re.compile(rf"〒?[ ]?[0-9]{{3}}[{HYPHENS}]?[0-9]{{4}}[ ]{{0,3}}(?:\n[ ]{{0,6}})?")
_QUOTED_HOUSE = re.compile(f"「[{NAMED} ]{{1,24}}[科院所園苑局ムク館校社]」")
_RUN_BEFORE = re.compile(f"(?:[{KANJI}{KATAKANA}]|(?<=[{KANJI}])の){{1,8}}\\Z")
_TOWN_SHAPE = re.compile(f"(?<![{KANJI}{KATAKANA}])[{KANJI}]{{1,4}}[町村島字浜崎]\\Z")
_NUMBER_CHARACTERS = frozenset("0123456789" + NUMERALS + HYPHENS.replace("\\", ""))
_TIME_WORDS = ("現在", "以前", "元々", "生来", "長年", "当時", "普段", "両親", "退院後", "患者")
_VALUE = re.compile(r"[^\n、。,;|\"」』)\]】(]{2,60}")
_FIELD_END = re.compile(r"[ ]{2}|[ ](?=[^ :=\n]{1,8}[ ]?[:=])")
_BUILDING_LEFT = re.compile(
    f'[ ]?[{NAMED}]{{2,20}}(?:[ ]?[A-Z0-9{HYPHENS}]{{1,6}}(?:号室?)?)?(?=[ \n、。,;|"」)(]|\\Z)'
)
_HONORIFICS = ("様", "さん", "氏")
_NUMBERED_PLOT = re.compile(f"[{KANJI}]{{0,6}}[ ]?[0-9]{{1,5}}(?![0-9年月日歳人名])")
_PROSE = re.compile("[にはをでがの]")
_ADDRESS_LIKE = re.compile(f"[都道府県市区町村郡島字丁番]|[{KANJI}][0-9{NUMERALS}]")


@cache
def _trigger() -> re.Pattern[str]:
    residence, travel = trie(words("residence_cues")), trie(words("travel_cues"))
    return re.compile(
        f"(?P<label>{_LABEL})|(?P<residence>{residence})|(?P<visit>{_OF_HOUSE}|{travel})"
        "|(?P<component>[都道府県市区郡町村])|(?P<unit>丁目|番地)"
        f"|(?P<particular>(?<=[(、])(?=[{KANJI}]{{2,5}}[、)]))"
        f"|(?P<triple>[0-9]{{1,4}}(?:[{HYPHENS}][0-9]{{1,4}}){{2}}(?![0-9{HYPHENS}]))"
    )


def find(document: Document, morphemes: Sequence[Morpheme] = ()) -> Iterator[Span]:
    """Spans of category ADDRESS in original offsets, sorted, without overlaps.

    A place inside the name of an institution is left to ``facilities``. ``morphemes`` is not
    used: the dictionary is asked only about names beside words of residence.
    """
    folded = document.folded
    institutions = Intervals(facilities.stretches(folded.text))
    for found in _addresses(folded.text):
        other = institutions.touching(found.start, found.end)
        # A building called like an institution stays in its address.
        if other is None or (found.start < other[0] and other[1] <= found.end):
            yield Span(
                *folded.to_original(found.start, found.end),
                category=Category.ADDRESS,
                sources=("lexicon:address",),
                score=found.score,
            )


@lru_cache(maxsize=2)
def _addresses(folded: str) -> tuple[Found, ...]:
    text = canonical(folded)
    found: list[Found] = []
    done = 0
    for match in _trigger().finditer(text):
        if match.start() < done:
            continue
        hit = _READERS[match.lastgroup or ""](text, match, done)
        if hit is not None:
            found.append(hit)
            done = hit.end
    return tuple(found)


def _read_component(text: str, match: re.Match[str], floor: int) -> Found | None:
    return from_end(text, match.end(), floor)


def _read_unit(text: str, match: re.Match[str], floor: int) -> Found | None:
    """栄三丁目5番地: numbers with a unit behind a town that nothing else announces."""
    number = match.start()
    while number > floor and text[number - 1] in _NUMBER_CHARACTERS:
        number -= 1
    if number == match.start():
        return None
    start = last_in(towns(), text, number)
    if start < floor:
        shape = _RUN_BEFORE.search(text, max(floor, number - 8), number)
        if shape is None:
            return None
        start = shape.start()
    end = behind_block(text, max(block(text, number, trusted=True), match.end()))
    return Found(with_postal_code(text, start, floor)[0], end, SURE)


def _read_triple(text: str, match: re.Match[str], floor: int) -> Found | None:
    """丸の内1-9-1: three numbers joined by hyphens right behind a known town."""
    start = last_in(towns(), text, match.start())
    if start < floor:
        return None
    end = behind_block(text, match.end())
    return Found(with_postal_code(text, start, floor)[0], end, STRONG)


def _read_particular(text: str, match: re.Match[str], floor: int) -> Found | None:
    """(横須賀、トラック運転手): a city among the particulars of a person."""
    start = match.start()
    end = first_in(city_stems(), text, start)
    if end < 0 or text[end : end + 1] not in ("、", ")"):
        return None
    name = text[start:end]
    of_person = text.endswith(_HONORIFICS, 0, start - 1)
    return Found(start, end, 0.6) if of_person or not is_surname(name) else None


def _read_residence(text: str, match: re.Match[str], floor: int) -> Found | None:
    """横浜在住, 下北沢のアパート: a name without ending in front of words of residence."""
    end = match.start()
    of_house = match.lastgroup == "visit"
    if of_house and text.startswith("「", end + 1) and not _QUOTED_HOUSE.match(text, end + 1):
        return None
    inner = end - 1 if text.startswith("内", end - 1) else end
    start = _place_before(text, inner, floor, listed_only=of_house)
    return None if start < 0 else Found(start, end, LIKELY if of_house else STRONG)


def _place_before(text: str, end: int, floor: int, *, listed_only: bool) -> int:
    for start in range(max(floor, end - 8), end - 1):
        name = text[start:end]
        if not NAME_CHARACTER.match(name) and not listed_only and name not in towns():
            continue
        glued = start > 0 and NAME_CHARACTER.match(text[start - 1])
        if (glued and not text.endswith(_TIME_WORDS, 0, start)) or name in words("not_places"):
            continue
        if name in city_stems() or name in prefecture_stems() or name in prefectures():
            return start
        if listed_only:
            continue
        if name in towns() or (is_place(name) and not is_ordinary_word(name)):
            return start
    shape = None if listed_only else _TOWN_SHAPE.search(text, max(floor, end - 6), end)
    return shape.start() if shape else -1


def _read_label(text: str, match: re.Match[str], floor: int) -> Found | None:
    """住所：... up to the end of its field."""
    begin = match.end()
    postal = _POSTAL_AHEAD.match(text, begin)
    start = postal.end() if postal else begin
    value = _VALUE.match(text, start)
    if value is None:
        return None
    field_end = _FIELD_END.search(text, start, value.end())
    limit = field_end.start() if field_end else value.end()
    for component in _COMPONENT.finditer(text, start, min(start + 9, len(text))):
        read = from_end(text, component.end(), begin)
        if read is not None and read.start <= start:
            plot = _NUMBERED_PLOT.match(text, read.end, limit)
            end = plot.end() if plot else read.end
            return Found(begin, _with_building(text, end, limit), SURE)
    return _free_value(text, match, begin, start, limit)


def _with_building(text: str, end: int, limit: int) -> int:
    """In a field of its own the address may end in a building that looks like no building."""
    if end >= limit or not text[end - 1].isdigit() or next_field().match(text, end + 1):
        return end
    rest = _BUILDING_LEFT.match(text, end, limit)
    return end if rest is None or _PROSE.search(rest.group()) else rest.end()


def _free_value(
    text: str, match: re.Match[str], begin: int, start: int, limit: int
) -> Found | None:
    listed = first_in(_all_places(), text, start)
    if listed > 0 and not NAME_CHARACTER.match(text, listed):
        return Found(begin, tail(text, listed).end, STRONG)
    name = text[start:limit].strip()
    if not match.group().startswith(_POSTAL_LABELS) or match.group().rstrip("、 ").endswith("は"):
        return None
    if name in words("not_places") or not _ADDRESS_LIKE.search(name):
        return None
    return Found(begin, start + len(text[start:limit].rstrip()), STRONG)


@cache
def _all_places() -> frozenset[str]:
    return towns() | municipalities() | city_stems() | prefecture_stems() | prefectures()


_READERS: dict[str, Callable[[str, re.Match[str], int], Found | None]] = {
    "component": _read_component,
    "label": _read_label,
    "particular": _read_particular,
    "residence": _read_residence,
    "triple": _read_triple,
    "unit": _read_unit,
    "visit": _read_residence,
}
