"""SEX: the sex of a person when stated as such; not hormones, types of baldness or schools."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sekisho.phi.categories import Category
from sekisho.phi.detectors.rules.classes import AFTER_LATIN, MONTHS_UNIT, compiled
from sekisho.phi.detectors.rules.labels import data
from sekisho.phi.detectors.rules.reading import Hit, Reading

__all__ = ["find"]

_JAPANESE = "(?:男|女)(?:性|児|子|の子|の赤ちゃん)?|[♂♀]"
_WORD = (
    "(?<![A-Za-z])(?:[Ff]emale|[Mm]ale|FEMALE|MALE|[Ww]oman|[Mm]an|[Gg]irl|[Bb]oy|[Vv]rouw|[Mm]eisje|[Jj]ongen)"
    + AFTER_LATIN
)
_AGE_BEFORE = (
    f"(?:[歳才](?:[代台])?|[0-9十][代台]|{MONTHS_UNIT}|日齢 ?[0-9]{{1,3}}|生後[ 0-9]{{1,4}}[日週年]"
    "|[0-9][YyMWD]|y\\.?o\\.?|old|jarige)(?:[ ,、。・:/()\n\t-]|の){0,3}$"
)
_AGE_AFTER = (
    "[ ,、・:/()性児]{0,3}"
    "(?:満? ?[0-9一二三四五六七八九十]{1,3} ?(?:[歳才代]|[Yy])|生後|[0-9]{1,3} ?y)"
)
_LETTER = (
    "[MFmf](?<![A-Za-z0-9][MFmf])(?![A-Za-z0-9^-])"
    "|(?<=[0-9])[MF](?![A-Za-z0-9-])"
    "|[MFmf](?<![A-Za-z0-9][MFmf])(?=[0-9]{1,3} ?(?:歳|才|y))"
)
_LETTER_AFTER_AGE = "(?:[歳才]|[0-9]生|[0-9]日生|[0-9][Yy]|[Yy]/?[Oo]|0[0-9]{2}Y|[0-9] ?/|[0-9]{8} )[ /,、・()-]{0,3}$"


def find(reading: Reading) -> Iterator[Hit]:
    """All statements of sex in ``reading``."""
    text = reading.text
    labelled = {label.value for label in reading.of("sex")}
    for match in compiled(_JAPANESE).finditer(text):
        if (score := _japanese(text, match, match.start() in labelled)) > 0:
            yield Hit(match.start(), match.end(), Category.SEX, "sex", score)
    if not compiled("[A-Za-z]").search(text):
        return
    for match in compiled(_WORD).finditer(text):
        start, end = match.span()
        if start in labelled or _beside_age(text, start, end):
            yield Hit(start, end, Category.SEX, "sex", 0.95)
        elif reading.language == "ja" and match.group().lower() in ("male", "female"):
            yield Hit(start, end, Category.SEX, "sex", 0.6)
        elif compiled(" (?:patient|gentleman|lady|infant|newborn|baby|pati[ëe]nt)").match(
            text, end
        ):
            yield Hit(start, end, Category.SEX, "sex", 0.7)
    for match in compiled(_LETTER).finditer(text):
        start, end = match.span()
        if start in labelled or _lettered(text, start, end):
            yield Hit(start, end, Category.SEX, "sex-letter", 0.9)
    for start in labelled:
        if found := compiled("[VvMmFfXx12](?![A-Za-z0-9])").match(text, start):
            yield Hit(start, found.end(), Category.SEX, "sex-letter", 0.9)


def _beside_age(text: str, start: int, end: int) -> bool:
    return (
        compiled(_AGE_BEFORE).search(text, max(0, start - 12), start) is not None
        or compiled(_AGE_AFTER).match(text, end) is not None
    )


def _japanese(text: str, match: re.Match[str], labelled: bool) -> float:
    start, end = match.span()
    surface = match.group()
    context = data("contexts")["sex"]
    if labelled:
        return 0.95
    if surface in "男女":
        return _single(text, start, end)
    if text.startswith(tuple(context["school"]), end) and surface in ("男子", "女子"):
        return 0.0
    if surface in "♂♀":
        return 0.8
    aged = _beside_age(text, start, end)
    if surface in ("男性", "女性") and text.startswith(tuple(context["after"]), end):
        # 60歳女性では is of the patient, 女性ホルモン never, whatever stands before it.
        return 0.95 if aged and not text.startswith(("ホルモン", "型", "化", "器"), end) else 0.0
    if aged:
        return 0.95
    if text[max(0, start - 6) : start].rstrip("のな ").endswith(tuple(context["before"])):
        return 0.0
    if start and text[start - 1] in "悪善次長":
        return 0.0
    return 0.7


def _single(text: str, start: int, end: int) -> float:
    """男 and 女 alone: beside an age, in brackets, or set off as a word of their own."""
    if compiled("[一-龥々ァ-ヺー]").match(text, end) and text[end] not in "歳才":
        return 0.0  # 男声, 女房, 長男坊
    if _beside_age(text, start, end):
        return 0.95
    before = text[max(0, start - 2) : start]
    after = text[end : end + 1]
    if before.rstrip(" ").endswith(("(", "/", "[")) and after in (")", "/", "]", " "):
        return 0.85
    if (not before or before[-1] in " \n:,、/|") and (not after or after in " \n,、/|"):
        return 0.75
    return 0.9 if compiled("性 ?[:=] ?$").search(text, max(0, start - 4), start) else 0.0


def _lettered(text: str, start: int, end: int) -> bool:
    """F or M beside an age: 60歳 F, 68Y/F, F/45歳, (60F) with a verb behind."""
    if compiled(_LETTER_AFTER_AGE).search(text, max(0, start - 12), start):
        return compiled("[0-9-]").match(text, end) is None
    if compiled(" ?[/,、 ]? ?[0-9]{1,3} ?(?:歳|才|[Yy](?![A-Za-z]))").match(text, end):
        return True
    if compiled("/[1-9][0-9](?![0-9/.A-Za-z%])").match(text, end):
        return True
    if compiled("(?<![0-9])[1-9][0-9]$").search(text, max(0, start - 3), start):
        if text[end : end + 1] == ")":
            return True
        words: list[str] = data("contexts")["sex"]["presentation"]
        return text.startswith(tuple(f" {word}" for word in words), end)
    return False
