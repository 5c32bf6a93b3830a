"""INSURANCE: numbers of insurers and cards (告知要求制限), and of public expense (公費)."""

from __future__ import annotations

from collections.abc import Iterator

from sekisho.phi.categories import Category
from sekisho.phi.detectors.rules import checkdigits
from sekisho.phi.detectors.rules.classes import HYPHENS, compiled
from sekisho.phi.detectors.rules.reading import Hit, Reading

__all__ = ["find"]

_INSURER = f"[0-9](?<![0-9][0-9])(?:[ {HYPHENS}]?[0-9]){{5,7}}(?![0-9])"
#: A symbol may hold kana and kanji (協会-12, 東京あ), so a digit must come soon.
_SYMBOL = (
    f"(?:第 ?)?(?:[一-龥ぁ-んァ-ヺーA-Za-z]{{1,6}}[{HYPHENS}・ ]?)?[0-9](?<![0-9][0-9])"
    f"(?:[0-9A-Za-z]|[{HYPHENS}・/.](?=[0-9A-Za-zぁ-んァ-ヺ])){{0,20}}(?![0-9])"
)
_MORE = (
    f"(?:[ ・,、/{HYPHENS}]{{0,3}}(?:番号|枝番)? ?[:は]? ?[(]?(?:枝番)? ?[:]? ?)"
    "(?P<n>[0-9]{1,12})(?![0-9年月日歳/:.])"
)
_NEAR = "(?:保険|公費|被保)[^\n]{0,20}$"
_EIGHT = f"[0-9](?<![0-9A-Za-z.,{HYPHENS}][0-9])[0-9]{{7}}(?![0-9A-Za-z]|[.,{HYPHENS}][0-9])"


def find(reading: Reading) -> Iterator[Hit]:
    """All insurance numbers in ``reading``."""
    if not reading.has_digits and reading.kanji_as_digits is None:
        return
    text = reading.text
    for label in reading.of("insurer"):
        if match := compiled(_INSURER).match(text, label.value):
            yield Hit(match.start(), match.end(), Category.INSURANCE, "insurer", 0.95)
    for label in reading.of("insurance"):
        if match := compiled(_SYMBOL).match(text, label.value):
            yield from _card(reading, match.start(), match.end(), label.start)
    if "保" in text or "公費" in text:
        for match in compiled(_EIGHT).finditer(text):
            if checkdigits.insurer(match.group()) and compiled(_NEAR).search(
                text, max(0, match.start() - 30), match.start()
            ):
                yield Hit(match.start(), match.end(), Category.INSURANCE, "insurer-checked", 0.9)


def _card(reading: Reading, start: int, end: int, label: int) -> Iterator[Hit]:
    text = reading.text
    if reading.unit_at(end) or compiled("[0-9]{1,4} ?[年月日割歳]|(?:19|20)[0-9]{2}/").match(
        text, start
    ):
        return
    yield Hit(start, end, Category.INSURANCE, "insurance", 0.95)
    for _ in range(2):
        more = compiled(_MORE).match(text, end)
        if more is None or reading.unit_at(more.end()):
            return
        if compiled("[ ・,、/()番号枝:は]").search(text, end, more.start("n")) is None:
            return
        yield Hit(more.start("n"), more.end("n"), Category.INSURANCE, "insurance", 0.9)
        end = more.end()
