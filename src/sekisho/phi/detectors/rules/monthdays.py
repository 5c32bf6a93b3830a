"""Dates of two or three short numbers: 8/5, 24/8/5, 05-08-2024, which may be shares or scores."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from sekisho.phi.categories import Category
from sekisho.phi.detectors.rules.classes import HYPHENS, compiled
from sekisho.phi.detectors.rules.dating import dated, plausible
from sekisho.phi.detectors.rules.labels import data
from sekisho.phi.detectors.rules.reading import Hit, Reading
from sekisho.phi.wordtrie import trie

__all__ = ["find"]

_SHAPE = (
    "[0-9](?<![0-9A-Za-z./×^=+#][0-9])[0-9]?(?![0-9])"
    f"(?:(?P<sep>[/.{HYPHENS}])(?P<b>[0-9]{{1,2}})(?P=sep)(?P<c>(?:19|20)?[0-9]{{2}}|[0-9])"
    "(?![0-9]|(?P=sep)[0-9])"
    f"|(?P<s>[/.{HYPHENS}])(?P<d>[0-9]{{1,2}})(?![0-9]|(?P=s)[0-9]))"
)
_POSSIBLE = 0.1
_WEEKDAY = " ?\\([月火水木金土日](?:曜日?)?(?:[・、,]?(?:祝|休|祭)日?)?\\)|[月火水木金土日]曜"
_CLOCK = " ?(?:[0-2]?[0-9]:[0-5][0-9]|[0-2]?[0-9]時(?!間))"
_RANGE = f" ?[~〜{HYPHENS}→] ?(?:[0-9]{{1,2}}/)?[0-9]{{1,2}}(?![0-9/.]| ?[a-zA-Z%])"
_LAST_DAY = f"[~〜{HYPHENS}](?P<d>[1-9]|[12][0-9]|3[01])(?![0-9/.:時])"
_CLOCK_OR_RANGE = f"{_CLOCK}|{_RANGE}|[ :]{{1,2}}[0-9]{{1,3}}[.][0-9]"
_LINK = f"[ 、,・と~〜→&及び{HYPHENS}]{{1,3}}"


@cache
def _event() -> re.Pattern[str]:
    words = trie(data("contexts")["monthday"]["event"])
    return re.compile(f"[) 」]?(?:にて|に|の|は|、|,|も|:|時|には|付で)? ?{words}")


def find(reading: Reading) -> Iterator[Hit]:
    """All dates of short numbers whose neighbourhood says that they are dates."""
    if not reading.has_digits:
        return
    pairs: list[tuple[re.Match[str], float]] = []
    for match in compiled(_SHAPE).finditer(reading.text):
        if match["sep"]:
            if (score := _triple(reading, match)) > 0:
                yield dated(reading, match.start(), match.end(), "date-short", score, year=1)
        elif plausible(_first(match), int(match["d"])):
            pairs.append((match, _pair(reading, match)))
    for match, score in _linked(reading.text, pairs):
        yield dated(reading, match.start(), match.end(), "monthday", score)
        last = compiled(_LAST_DAY).match(reading.text, match.end())
        if last and not reading.unit_at(last.end()):
            yield Hit(*last.span("d"), Category.DATE, "date-tail", score)


def _first(match: re.Match[str]) -> int:
    return int(match.group()[: match.start("s" if match["s"] else "sep") - match.start()])


def _triple(reading: Reading, match: re.Match[str]) -> float:
    """How sure three numbers are a date: 0 is no."""
    text = reading.text
    start, end = match.span()
    a, b, c = _first(match), int(match["b"]), int(match["c"])
    separator = match["sep"]
    if reading.unit_at(end):
        return 0.0
    if len(match["c"]) == 4:
        return 0.85 if plausible(a, b) or plausible(b, a) else 0.0
    if not (plausible(b, c) or plausible(a, b) or plausible(b, a)):
        return 0.0
    if reading.kind_before(start, 4) in ("birth", "date"):
        return 0.95
    if compiled(_WEEKDAY).match(text, end):
        return 0.85
    padded = len(match.group()) == 8
    if separator == "/":
        return 0.7 if a >= 10 and len(match["c"]) <= 2 and (plausible(b, c) or padded) else 0.0
    if separator != "." and padded:
        return 0.6
    if a >= 10 and plausible(b, c) and _event().match(text, end):
        return 0.65
    return 0.0


def _pair(reading: Reading, match: re.Match[str]) -> float:
    """How sure two numbers are month and day: 0 is no."""
    text = reading.text
    start, end = match.span()
    if compiled(_WEEKDAY).match(text, end):
        return 0.85
    if match["s"] == "." and compiled("から|より|まで(?!は)|~|〜").match(text, end):
        return (
            0.0
            if reading.unit_at(end)
            or compiled("[A-Za-z<>=≧≦約]").search(text, max(0, start - 2), start)
            else 0.65
        )
    if match["s"] != "/":
        return 0.0
    month, day = _first(match), int(match["d"])
    share = month < day and day in (2, 3, 4, 5, 6, 8, 10)
    after = _after(text, end)
    if after != "event" and reading.unit_at(end):
        return 0.0
    before = text[max(0, start - 8) : start].rstrip(" :(=の")
    scored = before.endswith(_words("score"))
    if after == "event":
        return 0.0 if scored and share else 0.8
    if scored:
        return 0.0
    if reading.kind_before(start, 3) == "date":
        return 0.9
    if before.endswith(_words("before")):
        return 0.75
    if _line_start(text, start) and compiled("[ :、(]").match(text, end):
        return 0.0 if share and compiled(" ?(?:以上|程度|の|を|に)").match(text, end) else 0.7
    adjacent = text[max(0, start - 2) : start].rstrip(" ")
    if compiled("[A-Za-z]$").search(adjacent) and (day < 11 or day in (18, 28, 30)):
        return 0.0  # FAB 12/18: a score behind the name of its scale
    if share:
        # Between other days of a diary even 3/5 is a day, if it is set off like one.
        opened = text[start - 1 : start] in ("(", "、", ",", "・", "\n", " ", "。", ":", "は", "が")
        return _POSSIBLE if opened and compiled("[)、,の \n]").match(text, end) else 0.0
    if after:
        return 0.7
    # From the eleventh on hardly anything else is written with a stroke.
    return 0.6 if day >= 11 and not before.endswith(("<", ">", "≧", "≦", "=")) else _POSSIBLE


def _after(text: str, end: int) -> str:
    if _event().match(text, end) or compiled(_CLOCK_OR_RANGE).match(text, end):
        return "event"
    if compiled("\\)?(?:に(?![縮減低認分相なあ達改及満増わ])|には|、|[(:)]| ?[~〜])").match(
        text, end
    ):
        return "weak"
    return ""


@cache
def _words(kind: str) -> tuple[str, ...]:
    words: list[str] = data("contexts")["monthday"][kind]
    return tuple(words)


def _line_start(text: str, start: int) -> bool:
    return (
        compiled("(?:^|[\n。])[ ・*●○■□◆◎>(\\[-]{0,4}$").search(text, max(0, start - 5), start)
        is not None
    )


_WHOLE_DATE = "(?:19|20)[0-9]{2}[/.年-][0-9]|(?:令和|平成|[RH])(?:[0-9]{1,2}|元)[./年]"


def _in_diary(start: int, sure: list[int], dated: bool) -> bool:
    """Whether at least two days of the text are sure, one shortly before ``start``, or one with a
    whole date (``dated``)."""
    if dated:
        return True
    return len(sure) >= 2 or (bool(sure) and 0 < start - sure[0] <= 60)


def _linked(
    text: str, pairs: list[tuple[re.Match[str], float]]
) -> Iterator[tuple[re.Match[str], float]]:
    """The pairs that are days by themselves, as neighbours of one that is, or in a diary.

    Where two days are sure, other pairs that are no share and no score are days as well.
    """
    sure = [match.start() for match, score in pairs if score >= 0.7]
    dated = compiled(_WHOLE_DATE).search(text) is not None
    scores = [
        score if score != _POSSIBLE else 0.6 if _in_diary(match.start(), sure, dated) else 0.0
        for match, score in pairs
    ]
    link = compiled(_LINK)
    for order in (range(1, len(pairs)), range(len(pairs) - 2, -1, -1)):
        for index in order:
            neighbour = index - order.step
            if scores[index] or not scores[neighbour] or pairs[index][0]["s"] != "/":
                continue
            left, right = sorted((index, neighbour))
            between = text[pairs[left][0].end() : pairs[right][0].start()]
            if link.fullmatch(between):
                scores[index] = 0.7
    for (match, _), score in zip(pairs, scores, strict=True):
        if score > 0:
            yield match, score
