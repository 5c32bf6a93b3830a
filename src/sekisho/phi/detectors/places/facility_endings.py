"""Institutions by what their names end in: こもれび内科クリニック, 青葉大学医学部附属病院."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from sekisho.phi.detectors.places.characters import (
    HIRAGANA,
    KANJI,
    KATAKANA,
    LATIN,
    NAMED,
    beginning,
)
from sekisho.phi.detectors.places.facility_names import (
    CIRCLES,
    is_generic,
    left_end,
    proper_inside,
)
from sekisho.phi.lists import words
from sekisho.phi.wordtrie import trie

__all__ = ["LEGAL_FORMS", "SURE", "Found", "by_ending", "endings", "is_only_described"]

SURE = 0.95

#: Legal forms of the owner of an institution, with no name of its own.
LEGAL_FORMS = ("医療法人", "医療法人社団", "医療法人財団", "社会福祉法人", "学校法人")

_NAME = f"{KANJI}{KATAKANA}{LATIN}"
_NAME_SIGN = re.compile(f"[{_NAME}]")
_BETWEEN = re.compile(f"[{_NAME}・]{{0,12}}\\Z")
# ホームページ, 交通事故, 運送業, 銀行員: the ending is the beginning of another word.
_NOT_AFTER = re.compile(
    "(?<=ホーム)(?:ページ|ヘルパー|ドクター|ラン|ステイ|レス|シック)"
    "|(?<=建設)(?:的|現場|作業|業|会社|中|予定)"
    "|(?<=交通)(?:事故|外傷|整理|費|機関|性|枝|手段)"
    "|(?<=印刷)[物業]|(?<=運[送輸])(?:業|会社|中)|(?<=工業)(?:用|地帯|化)"
    "|(?<=銀行)員|(?<=商店)街|(?<=タクシー)(?:運転|会社)|(?<=スーパー)[ァ-ヺ]"
    "|(?<=の[里家森丘園杜])[一-鿿]|(?<=センター)(?:ライン|ビル)|(?<=成型)[工品]|(?<=事務所)名|(?<=病院)日"
)
# 医療法人社団原田胃腸科医院: the form is glued to the name and says nothing of its own.
_GLUED_FORM = re.compile(
    "(?:(?:特定|社会)?医療法人(?:社団|財団)?|社会福祉法人|学校法人)"
    f"(?=[{_NAME}{HIRAGANA}]{{1,20}}\\Z)(?![{_NAME}{HIRAGANA}]{{0,8}}[会 ])"
)
_SUPPLEMENT = re.compile("[ ]?(?:高度)?救命救急センター")
_FACULTY = re.compile(
    f"(?:大学院)?(?:[{KANJI}]{{1,6}}(?:学部|研究科|学類))?(?:[附付]属)?(?=[^{KANJI}]|病院|\\Z)"
)
_MOST_ENDINGS = 6


class Found(NamedTuple):
    """One institution in folded text, and the rule that found it."""

    start: int
    end: int
    score: float
    rule: str


class _Chain(NamedTuple):
    """Endings that touch: 大学 + 医学部附属 + 病院."""

    start: int
    end: int
    last: str
    between: tuple[str, ...]


@cache
def endings() -> re.Pattern[str]:
    """病院, クリニック, 小学校, 製作所, ..."""
    return re.compile(beginning("facility_suffixes") + trie(words("facility_suffixes")))


@cache
def _workplace() -> re.Pattern[str]:
    return re.compile(f"[ ]?{trie(words('workplace_cues'))}")


@cache
def _corporation_before() -> re.Pattern[str]:
    forms = trie(words("facility_corporations"))
    return re.compile(f"{forms}[{NAMED}]{{0,15}}[ ]?\\Z")


@cache
def _makers() -> tuple[str, ...]:
    return tuple(words("makers"))


def by_ending(text: str) -> Iterator[Found]:
    """Every named institution whose ending is listed."""
    floor = 0
    for chain in _chains(text):
        start = left_end(text, chain.start, floor)
        end = _right_end(text, chain)
        if _is_named(text, chain, start, end):
            start = _with_owner(text, start, chain.start, floor)
            yield Found(start, end, SURE, "facility")
            floor = end


def is_only_described(name: str) -> bool:
    """Whether ``name`` is a listed ending behind describing words: 地域の病院, 建設会社."""
    last = None
    for match in endings().finditer(name):
        last = match
    return last is not None and last.end() == len(name) and is_generic(name[: last.start()])


def _chains(text: str) -> Iterator[_Chain]:
    """Endings in order, those that belong to one name joined."""
    start = end = -1
    last = ""
    between: tuple[str, ...] = ()
    for match in endings().finditer(text):
        if _NOT_AFTER.match(text, match.end()):
            continue
        joint = _BETWEEN.match(text, end, match.start()) if end >= 0 else None
        joins = joint is not None and not joint.group().endswith("科")
        if joint is not None and joins and len(between) < _MOST_ENDINGS:
            between = (*between, joint.group())
        else:
            if end >= 0:
                yield _Chain(start, end, last, between)
            start, between = match.start(), ()
        end, last = match.end(), match.group()
    if end >= 0:
        yield _Chain(start, end, last, between)


def _right_end(text: str, chain: _Chain) -> int:
    end = chain.end
    if chain.last in ("大学", "大学院"):
        faculty = _FACULTY.match(text, end)
        end = faculty.end() if faculty else end
    supplement = _SUPPLEMENT.match(text, end)
    return supplement.end() if supplement else end


def _is_named(text: str, chain: _Chain, start: int, end: int) -> bool:
    stem = text[start : chain.start]
    inner = "".join(chain.between)
    if stem.startswith(_makers()) or (is_generic(stem) and all(map(is_generic, chain.between))):
        return False
    blackened = not _NAME_SIGN.search(stem + inner) and not stem.strip(CIRCLES)
    if blackened and len(stem) < 2 and not inner:
        return False
    if inner or chain.last not in words("facility_weak_suffixes"):
        return True
    quoted = text[start - 1 : start] in ("「", "『", "“") and text[end : end + 1] in (
        "」",
        "』",
        "”",
    )
    return quoted or proper_inside(stem) or _workplace().match(text, end) is not None


def _with_owner(text: str, start: int, ending: int, floor: int) -> int:
    """``start`` moved before 医療法人社団桜会, behind a legal form without a name."""
    owner = _corporation_before().search(text, max(floor, start - 40), start)
    if owner is not None:
        start = owner.start()
    glued = _GLUED_FORM.match(text, start, ending)
    return glued.end() if glued and glued.end() < ending else start
