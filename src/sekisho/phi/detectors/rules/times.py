"""TIME: the time of day, and neither a duration, a place on a clock face, a titre nor a ratio."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

from sekisho.phi.categories import Category
from sekisho.phi.detectors.rules.classes import HYPHENS, compiled
from sekisho.phi.detectors.rules.labels import data
from sekisho.phi.detectors.rules.reading import Hit, Reading
from sekisho.phi.wordtrie import trie

__all__ = ["after_dates", "find"]

_ABOUT = "(?: ?(?:頃|ごろ|ころ|過ぎ|すぎ|前後|前(?![0-9一-龥])|ちょうど|丁度|台))?"
_DAYTIME = "(?<![昨今翌前毎])(?:午前|午後|AM|PM|am|pm|早朝|深夜|未明|明け方|朝|昼|夕方|夕|夜間?)"
_HALF_DAY = "(?: ?[AaPp]\\.?[Mm]\\.?(?![A-Za-z]))?"
_COLON = f":[0-5][0-9](?::[0-5][0-9](?:\\.[0-9]{{1,6}})?)?(?![0-9:%]|[.,][0-9]){_HALF_DAY}"
_SPOKEN = (
    " ?時(?: ?(?:[0-5]?[0-9] ?分(?: ?[0-5]?[0-9] ?秒)?|半))?"
    "(?![間点代期的位計相差]|の?方向|の?位置|側"
    "|[~〜からより、・]{1,2}[0-9]{1,2}時(?:の?方向|の?位置|側))"
    f"{_ABOUT}"
)
_CLOCK = (
    "(?P<hour>[0-9](?<![0-9.,][0-9])(?<![0-9]:[0-9])[0-9]?)(?![0-9])(?:"
    f"(?P<colon>{_COLON})|(?P<spoken>{_SPOKEN})"
    "|(?P<h>[hH][0-5][0-9])(?![0-9A-Za-z])"
    "|(?P<half> ?(?:[AaPp]\\.[Mm]\\.|[AaPp][Mm])(?![A-Za-z]))"
    "|(?P<dutch> ?(?:uur|u)(?![A-Za-z])))"
)
_RANGE = f" ?[~〜{HYPHENS}] ?[0-2]?[0-9]{_COLON}"
_KANJI = (
    "(?<![同随臨常即当定毎何数第])(?:(?P<day>午前|午後|早朝|深夜|朝|夕方|夜) ?)?"
    "(?P<h>二?十[一二三四五六七八九]?|[零〇一二三四五六七八九])時"
    "(?:(?P<more>半|[一二三四五六七八九十]{1,3}分(?:[一二三四五六七八九十]{1,3}秒)?)"
    "|(?![間点代期的停相差刻々]))"
    f"(?P<about>{_ABOUT})"
)
_DAYTIME_BEFORE = f"{_DAYTIME} ?$"
_COMPACT = (
    "(?:[01][0-9]|2[0-3])[0-5][0-9](?:[0-5][0-9](?:[.][0-9]{1,6})?)?(?![0-9A-Za-z]|[.,/:-][0-9])"
)
_AFTER_DATE = "[ T_-]?(?P<time>(?:[01][0-9]|2[0-3])[0-5][0-9](?:[0-5][0-9])?)(?![0-9]|[.,/:-][0-9])"


def find(reading: Reading) -> Iterator[Hit]:
    """All times that carry a colon, 時, am/pm or a label."""
    if reading.has_digits:
        yield from _clock(reading)
        yield from _labelled(reading)
    yield from _kanji(reading)


def after_dates(reading: Reading, dates: Iterable[Hit]) -> Iterator[Hit]:
    """Four or six bare digits right behind a date: 20231204-0930, 2024/8/5 1015."""
    pattern = compiled(_AFTER_DATE)
    for hit in dates:
        if hit.category is not Category.DATE or not hit.rule.startswith("date"):
            continue
        match = pattern.match(reading.text, hit.end)
        if match is None or reading.unit_at(match.end()):
            continue
        # Glued on, only a compact date leaves no doubt where the time begins.
        if match.start("time") > hit.end or hit.rule.startswith("date-compact"):
            yield Hit(*match.span("time"), Category.TIME, "time-compact", 0.8)


def _clock(reading: Reading) -> Iterator[Hit]:
    text = reading.text
    done = 0
    for match in compiled(_CLOCK).finditer(text):
        start, end = match.span()
        if start < done:
            continue
        if int(match["hour"]) > 24:
            continue
        daytime = compiled(_DAYTIME_BEFORE).search(text, max(0, start - 5), start)
        score = 0.85
        if not daytime and compiled("[A-Za-z]").match(text, start - 1 if start else end):
            continue  # S3:18, a segment and its size
        if match["colon"]:
            if reading.unit_at(end):
                continue
            if reading.kind_before(start, 3) != "time" and _is_ratio(text, start, end):
                continue
            if tail := compiled(_RANGE).match(text, end):
                end = tail.end()
            elif about := compiled(_ABOUT).match(text, end):
                end = about.end()
        elif match["spoken"]:
            exact = "分" in match.group() or "半" in match.group()
            if not daytime and not exact and _on_a_face(text, start, end):
                continue
            score = 0.9 if daytime or "分" in match.group() else 0.75
        elif match["dutch"] and reading.language != "nl":
            continue
        elif match["h"] or match["half"]:
            score = 0.75
        done = end
        yield Hit(daytime.start() if daytime else start, end, Category.TIME, "time", score)


def _is_ratio(text: str, start: int, end: int) -> bool:
    """Whether 1:40 is a titre or a dilution."""
    if compiled(" ?(?:希釈|倍|の比)").match(text, end):
        return True
    before = text[max(0, start - 8) : start].rstrip(" =:(は")
    ratio: list[str] = data("contexts")["clock"]["ratio"]
    return any(word in before for word in ratio)


@cache
def _face() -> re.Pattern[str]:
    return re.compile(trie(data("contexts")["clock"]["face"]))


def _on_a_face(text: str, start: int, end: int) -> bool:
    """Whether 3時 is said of a breast, an eye or an anus near by in the same sentence."""
    before = text[max(0, start - 14) : start]
    cut = max(before.rfind("。"), before.rfind("\n"))
    return _face().search(before[cut + 1 :]) is not None or (
        compiled("[^。\n]{0,8}(?:方向|の位置|側)|に?(?:腫瘤|結節|病変|痔核|嚢胞|裂孔)").match(
            text, end
        )
        is not None
    )


def _labelled(reading: Reading) -> Iterator[Hit]:
    for label in reading.of("time"):
        match = compiled(_COMPACT).match(reading.text, label.value)
        if match and not reading.unit_at(match.end()):
            yield Hit(match.start(), match.end(), Category.TIME, "time-labelled", 0.9)


def _kanji(reading: Reading) -> Iterator[Hit]:
    text = reading.text
    if "時" not in text and "正午" not in text:
        return
    for match in compiled(_KANJI).finditer(text):
        if match["day"] or match["more"] or match["about"]:
            yield Hit(match.start(), match.end(), Category.TIME, "time-kanji", 0.8)
    for match in compiled("正午(?:頃|ごろ|過ぎ)?").finditer(text):
        yield Hit(match.start(), match.end(), Category.TIME, "time-noon", 0.7)
