"""What looks like an identifier by its shape alone: a scanner over runs of characters.

No pattern language: one pass collects the runs of digits, and each run, or row of runs joined by
single separators, is judged by its lengths, its first digits and its check digit; everything else
starts from a character that is rare in reports (@, 〒, ://, an era). A number before a unit is a
measurement, and one after a word like lot or PMID names no patient: neither is reported.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from sekisho.phi.categories import Category
from sekisho.release.plain_text import PlainText

__all__ = ["Shape", "scan"]

_LONG_RUN = 7
_MOBILE = ("050", "060", "070", "080", "090")
_SERVICE = ("0120", "0570", "0800", "0990", "0180")
_ERAS = ("明治", "大正", "昭和", "平成", "令和")
_NUMERALS = frozenset("0123456789十百元")
_LOCAL = frozenset("abcdefghijklmnopqrstuvwxyz0123456789._%+-")


@dataclass(frozen=True, slots=True)
class Shape:
    """A shape at a range of the plain text."""

    kind: str
    category: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Row:
    """Digit groups joined by single separators, as ``groups`` of digits and their ``joints``."""

    start: int
    end: int
    groups: tuple[str, ...]
    joints: tuple[str, ...]

    @property
    def digits(self) -> str:
        return "".join(self.groups)

    @property
    def sizes(self) -> tuple[int, ...]:
        return tuple(map(len, self.groups))


_JOINTS = frozenset({"-", "ー", ".", "/", ":", " ", "(", ")", ")-", ") ", " (", "年", "月", " - "})
_ROW = 4


def _rows(text: PlainText) -> Iterator[list[tuple[int, int]]]:
    """Neighbouring runs that one joint each connects."""
    row: list[tuple[int, int]] = []
    for run in text.runs:
        if row and (run[0] - row[-1][1] > 3 or text.plain[row[-1][1] : run[0]] not in _JOINTS):
            yield row
            row = []
        row.append(run)
    if row:
        yield row


def _cut(text: PlainText, runs: list[tuple[int, int]]) -> _Row:
    groups = tuple(text.plain[start:end] for start, end in runs)
    joints = tuple(text.plain[a[1] : b[0]].strip() or " " for a, b in pairwise(runs))
    return _Row(runs[0][0], runs[-1][1], groups, joints)


def _real_day(year: str, month: str, day: str) -> bool:
    return (
        len(year) == 4
        and year[:2] in ("19", "20")
        and 1 <= len(month) <= 2
        and 1 <= len(day) <= 2
        and 1 <= int(month) <= 12
        and 1 <= int(day) <= 31
    )


def _my_number(digits: str) -> bool:
    """The check digit of 個人番号: weights 6 5 4 3 2 7 6 5 4 3 2, modulus 11."""
    rest = 0
    for place, digit in enumerate(digits[:11]):
        rest += int(digit) * ((6 - place) if place < 5 else (12 - place))
    rest %= 11
    return int(digits[11]) == (11 - rest if rest > 1 else 0)


def _bsn(digits: str) -> bool:
    """The eleven-test of the Dutch burgerservicenummer."""
    total = sum(int(digit) * (9 - place) for place, digit in enumerate(digits[:8]))
    return digits[0] != digits[1:].strip(digits[0]) and (total - int(digits[8])) % 11 == 0


def _is_phone(row: _Row) -> bool:
    digits, sizes = row.digits, row.sizes
    if not digits.startswith("0") or len(sizes) > 3 or len(digits) not in (10, 11):
        return False
    if any(joint in (":", "/", "年", "月") for joint in row.joints):
        return False
    if len(digits) == 11:
        known = digits.startswith((*_MOBILE, "0800"))
        return known and (len(sizes) == 1 or sizes in ((3, 4, 4), (4, 3, 4), (3, 8), (4, 7)))
    if digits[1] == "0":
        return False
    if len(sizes) == 1:
        return True
    service = digits.startswith(_SERVICE) and sizes in ((4, 3, 3), (4, 6), (4, 2, 4))
    return service or (sizes[-1] == 4 and 2 <= sizes[0] <= 6 and min(sizes) >= 1)


def _is_abroad(row: _Row, before: str) -> bool:
    """+81 and other country codes: a plus sign, then eight digits or more in several groups."""
    return before == "+" and 10 <= len(row.digits) <= 15 and ":" not in row.joints


def _judge_row(text: PlainText, row: _Row) -> tuple[str, Category] | None:
    """What a whole row of groups is, if anything."""
    before = text.plain[row.start - 1 : row.start] if row.start else ""
    digits, sizes = row.digits, row.sizes
    if text.measured(row.end) and len(sizes) == 1:
        return None
    if _is_abroad(row, before) or _is_phone(row):
        return "phone", Category.PHONE
    hyphens = all(joint in ("-", " ", "ー") for joint in row.joints)
    if sizes in ((12,), (4, 4, 4)) and hyphens and _my_number(digits):
        return "my-number", Category.NATIONAL_ID
    if sizes == (3, 2, 4) and set(row.joints) == {"-"}:
        area = row.groups[0]
        if area not in ("000", "666") and area[0] != "9" and int(row.groups[1]):
            return "ssn", Category.NATIONAL_ID
    if len(sizes) == 3 and _real_day(*row.groups):
        joints = row.joints
        if joints == ("年", "月") or (joints[0] == joints[1] and joints[0] in "-/."):
            return "date", Category.DATE
    if len(sizes) == 4 and set(row.joints) == {"."} and all(len(g) <= 3 for g in row.groups):
        return ("ip", Category.URL) if all(int(g) <= 255 for g in row.groups) else None
    return None


def _judge_run(text: PlainText, start: int, end: int) -> tuple[str, Category] | None:
    """What a run of digits is by itself."""
    digits = text.plain[start:end]
    if len(digits) == 8 and _real_day(digits[:4], digits[4:6], digits[6:]):
        return "date", Category.DATE
    if len(digits) == 12 and _my_number(digits):
        return "my-number", Category.NATIONAL_ID
    if len(digits) == 9 and _bsn(digits):
        return "bsn", Category.NATIONAL_ID
    if len(digits) >= _LONG_RUN and not text.fraction(start, end):
        return "digits", Category.ID
    return None


def _numbers(text: PlainText) -> Iterator[Shape]:
    for runs in _rows(text):
        first = 0
        while first < len(runs):
            for last in range(min(len(runs), first + _ROW), first, -1):
                start, end = runs[first][0], runs[last - 1][1]
                judged = _judge_row(text, _cut(text, runs[first:last]))
                if judged is None and last - first == 1 and not text.measured(end):
                    judged = _judge_run(text, start, end)
                if judged and not text.unremarkable(start):
                    yield Shape(*judged, start, end)
                    first = last
                    break
            else:
                first += 1


def _places(text: str, mark: str) -> Iterator[int]:
    place = text.find(mark)
    while place >= 0:
        yield place
        place = text.find(mark, place + len(mark))


def _postal(text: PlainText) -> Iterator[Shape]:
    for mark in ("〒", "〶", "郵便番号"):
        for place in _places(text.plain, mark):
            behind = place + len(mark)
            if any("0" <= c <= "9" for c in text.plain[behind : behind + 3]):
                yield Shape("postal", Category.ADDRESS, place, behind + 3)


def _mail(text: PlainText) -> Iterator[Shape]:
    lower = text.lower
    for place in _places(lower, "@"):
        start, end = place, place + 1
        while start and lower[start - 1] in _LOCAL and place - start < 64:
            start -= 1
        while end < len(lower) and lower[end] in _LOCAL and end - place < 254:
            end += 1
        host = lower[place + 1 : end].rstrip(".-")
        name, dot, ending = host.rpartition(".")
        if start < place and dot and name and len(ending) >= 2 and ending.isalpha():
            yield Shape("email", Category.EMAIL, start, place + 1 + len(host))


def _web(text: PlainText) -> Iterator[Shape]:
    for mark in ("://", "www."):
        for place in _places(text.lower, mark):
            end = place + len(mark)
            before, behind = text.lower[max(place - 1, 0) : place], text.lower[end : end + 1]
            scheme = before.isascii() and before.isalpha()
            if behind.isalnum() and scheme == (mark == "://"):
                yield Shape("url", Category.URL, place, end)


def _skip(plain: str, place: int, wanted: frozenset[str] | str, most: int) -> int:
    end = place
    while end < len(plain) and end - place < most and plain[end] in wanted:
        end += 1
    return end


def _era_dates(text: PlainText) -> Iterator[Shape]:
    """An era, then a year, month and day with their units."""
    plain = text.plain
    for era in _ERAS:
        for place in _places(plain, era):
            end = place + len(era)
            for unit in "年月日":
                number = _skip(plain, end, " \n", 2)
                end = _skip(plain, number, _NUMERALS, 5)
                unit_place = _skip(plain, end, " \n", 2)
                if end == number or plain[unit_place : unit_place + 1] != unit:
                    break
                end = unit_place + 1
            else:
                yield Shape("era-date", Category.DATE, place, end)


def _short_era_dates(text: PlainText) -> Iterator[Shape]:
    """S30.1.15 and R6/8/5; bronchi and liver segments end at S10, so S begins at 11 here.

    Letters of other eras are left alone: T10/11/12 and M1 are vertebrae and muscles.
    """
    plain, runs = text.plain, text.runs
    for first, second, third in zip(runs, runs[1:], runs[2:], strict=False):
        letter = plain[first[0] - 1 : first[0]] if first[0] else ""
        if letter not in ("S", "H", "R") or any(end - start > 2 for start, end in (first, second)):
            continue
        before = plain[first[0] - 2 : first[0] - 1] if first[0] > 1 else ""
        joints = plain[first[1] : second[0]], plain[second[1] : third[0]]
        year, month = int(plain[slice(*first)]), int(plain[slice(*second)])
        day = int(plain[slice(*third)]) if third[1] - third[0] <= 2 else 0
        limits = {"S": (11, 64), "H": (1, 31), "R": (1, 31)}[letter]
        if (
            joints[0] == joints[1]
            and joints[0] in (".", "/", "-")
            and not before.isalnum()
            and limits[0] <= year <= limits[1]
            and 1 <= month <= 12
            and 1 <= day <= 31
            and not text.measured(third[1])
        ):
            yield Shape("era-date", Category.DATE, first[0] - 1, third[1])


def scan(text: PlainText) -> Iterator[Shape]:
    """Every shape in ``text``, family by family."""
    for family in (_numbers, _postal, _mail, _web, _era_dates, _short_era_dates):
        yield from family(text)
