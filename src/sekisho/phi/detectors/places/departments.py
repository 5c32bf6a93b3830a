"""Departments, wards and offices of a hospital.

Full names (循環器内科) are listed and must stand free of what makes them an adjective (外科的,
内科治療, 検査部位). Wards follow a grammar (3階東病棟, 西7病棟, 5東). Short forms (循内, 脳外, ER)
count only beside words of referral or transfer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache

from sekisho.documents.document import Document, Span
from sekisho.phi.categories import Category
from sekisho.phi.detection import STRONG
from sekisho.phi.detectors.places import facilities
from sekisho.phi.detectors.places.characters import KANJI, KATAKANA, LATIN, beginning
from sekisho.phi.detectors.places.intervals import Intervals
from sekisho.phi.lists import words
from sekisho.phi.morphology import Morpheme
from sekisho.phi.wordtrie import trie

__all__ = ["find"]

#: What a ward or a unit can begin with.
_BEGINNINGS = "0123456789一二三四五六七八九十東西南北中本新旧別第ABCDEGHILMNPRS"
_FLOOR = "(?:[0-9]{1,2}|[一二三四五六七八九十]{1,2})"
_SIDE = "(?:[東西南北中]|[A-E](?![A-Za-z]))"
_STAYS = (
    "(?=へ|に(?:転|入|移|帰)|より|から転|転棟|入院|看護師|N[sS]|[ ]{0,2}[0-9]{3,4}号"
    "|[ ]{1,3}[0-9]{3}(?![0-9])|の(?:看護|病室|[0-9]{3}))"
)
_UNITS = (
    "(?:(?:LDR|NICU|GCU|MFICU|PICU|EICU|SICU|CICU|NCU|HCU|SCU|CCU|RCU|ICU)(?:[ ]?病棟)?"
    "|ER(?=へ|に(?:て|搬|入)|より|から|で(?:の|は|診|対|初)|受診|搬送|当直|担当|看護師|医師|Dr|外来))"
    f"(?![{LATIN}])"
)


def find(document: Document, morphemes: Sequence[Morpheme] = ()) -> Iterator[Span]:
    """Spans of category DEPARTMENT in original offsets, sorted, without overlaps.

    A department inside the name of an institution is left to ``facilities``. ``morphemes`` is not
    used.
    """
    folded = document.folded
    institutions = Intervals(facilities.stretches(folded.text))
    for start, end, rule, score in _departments(folded.text):
        if institutions.touching(start, end) is None:
            yield Span(
                *folded.to_original(start, end),
                category=Category.DEPARTMENT,
                sources=(f"lexicon:{rule}",),
                score=score,
            )


def _wards() -> str:
    kinds = trie(words("ward_kinds"))
    return (
        f"(?:(?:[本新旧別東西南北中]館|[A-E]棟)?{_SIDE}?第?{_FLOOR}[ ]?(?:階|F|-)?[ ]?{_SIDE}?"
        f"(?:{kinds})?病棟)"
        f"|(?:(?:[本新旧]館)?{_SIDE}病棟|{kinds}病棟)"
        f"|{_FLOOR}階[東西南北](?![{KANJI}])"
        f"|(?:{_FLOOR}F?[東西南北]|[東西南北]{_FLOOR})(?![0-9]|条|丁){_STAYS}"
        f"|{_FLOOR}階[A-D](?=[0-9]{{3}}|[ へに])"
        f"|{_FLOOR}[A-D](?=入院|病棟|へ転|に転|より転|から転|[ ]{{1,2}}[0-9]{{3,4}}号室)"
        "|(?<=[、(\\[])[0-9]{1,2}[東西南北](?=[)\\]\n])"
        "|(?<![^\n])[0-9]{1,2}[東西南北](?=[ ]{1,2}[^0-9 ])"
    )


@cache
def _pattern() -> re.Pattern[str]:
    free = f"(?<![{KANJI}{KATAKANA}{LATIN}0-9])"
    described = f"(?!{trie(words('department_descriptions'))}|医(?![局師長員]))"
    cues = f"(?={trie(words('department_cues'))}|[{KANJI}]{{1,4}}(?:先生|医師|Dr))"
    referral = f"(?={trie(words('department_referral_cues'))})"
    lists = ("departments", "department_short_forms", "department_ambiguous_forms", "ward_kinds")
    return re.compile(
        f"{beginning(*lists, more=_BEGINNINGS)}(?:"
        f"(?P<ward>(?<![0-9{LATIN}.])(?:{_wards()}))"
        f"|(?P<unit>(?<![{LATIN}]){_UNITS})"
        f"|(?P<department>{trie(words('departments'))}(?:外来)?{described})"
        f"|(?P<short>{free}{trie(words('department_short_forms'))}{cues})"
        f"|(?P<ambiguous>{free}{trie(words('department_ambiguous_forms'))}{referral}))"
    )


@lru_cache(maxsize=2)
def _departments(text: str) -> tuple[tuple[int, int, str, float], ...]:
    found = []
    for match in _pattern().finditer(text):
        rule = match.lastgroup or ""
        if rule == "department" and _inside_word(text, match):
            continue
        found.append((match.start(), match.end(), rule, _SCORES[rule]))
    return tuple(found)


_BEFORE = re.compile(f"[他同全各諸本専両単教百学理文]\\Z|[{KATAKANA}]\\Z")
_SCORES = {"ambiguous": 0.6, "department": STRONG, "short": 0.7, "unit": STRONG, "ward": STRONG}


def _inside_word(text: str, match: re.Match[str]) -> bool:
    """Whether a short full name is the end of another word: 教科, 他内科."""
    before = _BEFORE.search(text, max(0, match.start() - 1), match.start())
    return before is not None and len(match.group()) <= 2
