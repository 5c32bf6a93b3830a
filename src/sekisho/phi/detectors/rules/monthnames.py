"""Dates with a month's name: 12 March 2024, March 12, 2024, 12-Mar-24, 3 maart 2024."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sekisho.phi.detectors.rules.classes import AFTER_LATIN, compiled
from sekisho.phi.detectors.rules.dating import dated
from sekisho.phi.detectors.rules.reading import Hit, Reading

__all__ = ["find"]

#: English and Dutch, the common abbreviations included.
_MONTH = (
    "(?P<mon>Jan(?:uar[yi])?|Feb(?:ruar[yi])?|Mar(?:ch)?|Maart|Mrt|Apr(?:il)?|May|Mei|June?|Juni"
    "|July?|Juli|Aug(?:ust(?:us)?)?|Sept?(?:ember)?|O[ck]t(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)"
)
_YEAR = "(?:(?:19|20)[0-9]{2}|['’]?[0-9]{2})(?![0-9])"
_DAY_FIRST = (
    "(?P<d>[0-9](?<![0-9A-Za-z.,/][0-9])[0-9]?)(?:st|nd|rd|th|e)?(?: of)?"
    f"[ ./-]{{0,2}}(?=[A-Za-z]){_MONTH}{AFTER_LATIN}\\.?(?P<y>[ ,./-]{{1,2}}{_YEAR})?"
)
_MONTH_FIRST = (
    f"(?<![A-Za-z]){_MONTH}{AFTER_LATIN}\\.?[ /-]{{0,2}}(?:"
    "(?P<d>[0-9]{1,2})(?:st|nd|rd|th)?(?![0-9A-Za-z:.%])"
    "(?P<y>[ ,./-]{1,2}(?:19|20)[0-9]{2}(?![0-9]))?"
    "|(?P<y2>(?:19|20)[0-9]{2}(?![0-9])|['’][0-9]{2}(?![0-9])))"
)


def find(reading: Reading) -> Iterator[Hit]:
    """All dates that spell their month in English or Dutch."""
    if not reading.has_digits:
        return
    text = reading.text
    for source in (_DAY_FIRST, _MONTH_FIRST):
        for match in compiled(source, re.IGNORECASE).finditer(text):
            groups = match.groupdict()
            full = bool(groups.get("y") or groups.get("y2"))
            if groups.get("d") and not 1 <= int(groups["d"]) <= 31:
                continue
            if not full and (not _is_name(groups["mon"]) or reading.unit_at(match.end())):
                continue
            score = 0.9 if full else 0.75
            yield dated(reading, match.start(), match.end(), "date-named", score, year=1)


def _is_name(month: str) -> bool:
    """Whether a month without a year is no other word: not may, mar, OCT (a method) or SEP."""
    return len(month) > 5 or (month[:1].isupper() and month[1:].islower())
