"""Occupations of patients and relatives.

Listed words count wherever they stand free (会社員, 元教員, 専業主婦), except those that a
hospital's own staff carry or that mean other things too (看護師, 運転手, 農業): these need words of
work beside them (看護師として勤務, 農業を営む). Behind a label (職業：) any value counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache

from sekisho.documents.document import Document, Span
from sekisho.phi.categories import Category
from sekisho.phi.detection import STRONG
from sekisho.phi.detectors.places.characters import KANJI, KATAKANA, LATIN, beginning
from sekisho.phi.detectors.places.intervals import Intervals
from sekisho.phi.lists import words
from sekisho.phi.morphology import Morpheme
from sekisho.phi.wordtrie import trie

__all__ = ["find"]

_LIKELY = 0.8
_LABEL = re.compile(
    f"(?<![{KANJI}{KATAKANA}])(?:職業歴|職業|職種|職歴|仕事|ご職業|生業|業種|Occupation|occupation)"
    r"[\"”』」)\]】]{0,2}"
    r"(?:[ ]{0,3}[:=][ ]{0,3}|は[、 ]?|[ ]{1,3}(?=[^ \n]{2,10}(?:[ \n]|\Z)))[\"“「]?"
)
_VALUE = re.compile(r"[^\n、。,;|\"”」』\]】]{1,30}")
_VALUE_END = re.compile("[ ]{2}|[ ](?=[^ :=\n]{1,8}[ ]?[:=])|[(](?![^)\n]{1,20}[)])")
#: A person's particulars in a list: (66歳、パート).
_PARTICULARS_BEFORE = re.compile("(?:[歳代女男才][)]?[ 、,の(]|[(、](?:現在|元|職業)?)[ ]?\\Z")
_STATED = re.compile("の(?:患者|男性|女性|方|夫|妻|父|母|息子|娘)|[)、。\n ]|\\Z|で")
_PREDICATE = re.compile("で|だ(?:った)?|を|に(?:勤|従)|と(?:の|して)")
_FORMER = (
    f"[{KANJI}{KATAKANA}の]{{1,12}}?[係員師士工屋業職手将者主長](?=[、。)]|で(?![はも])|だった)"
)
_COMPOUND = (
    f"[{KANJI}{KATAKANA}]{{1,8}}"
    "(?:(?:会社|企業|メーカー|工場|商店|食堂|飲食店|関係|関連)(?:勤務|経営|の(?:社員|パート|事務))"
    "|(?:作業員|作業者|職人|屋(?=を(?:や|営|経営|し)|で働)|場勤務|成型工|加工業|製造業|販売業|小売業|整備工|組立工))"
)


def find(document: Document, morphemes: Sequence[Morpheme] = ()) -> Iterator[Span]:
    """Spans of category OCCUPATION in original offsets, sorted, without overlaps.

    ``morphemes`` is not used.
    """
    folded = document.folded
    for start, end, rule, score in _occupations(folded.text):
        yield Span(
            *folded.to_original(start, end),
            category=Category.OCCUPATION,
            sources=(f"lexicon:{rule}",),
            score=score,
        )


@cache
def _pattern() -> re.Pattern[str]:
    context = words("occupations_in_context")
    free = f"(?:(?<![{KANJI}{KATAKANA}{LATIN}])|(?<=現在|以前|当時|職業|男性|女性|本人))"
    return re.compile(
        f"(?P<compound>{free}{_COMPOUND})"
        f"|{beginning('occupations', more='元')}(?:"
        f"(?P<plain>{free}元?{trie(words('occupations') - context)})"
        f"(?![{KATAKANA}ー]|仕事|湿疹|道具)"
        f"|(?P<former>(?<![{KANJI}])元(?![々来気通の]){_FORMER})"
        f"|(?P<context>{free}元?{trie(context)})(?![{KATAKANA}ー]))"
    )


@cache
def _work() -> re.Pattern[str]:
    return re.compile(f"[ ]?(?:{trie(words('work_cues'))}|業\\Z)")


@cache
def _kin_before() -> re.Pattern[str]:
    kin = trie(words("kinship") | {"本人", "患者"})
    return re.compile(f"(?:勤務[の、]|{kin}(?:[ ]?[(:]|は|が|も)|(?:職業|仕事)[はが:(])[ ]?\\Z")


@cache
def _no_value() -> re.Pattern[str]:
    return re.compile(f"{trie(words('occupation_no_values'))}|無\\Z")


@lru_cache(maxsize=2)
def _occupations(text: str) -> tuple[tuple[int, int, str, float], ...]:
    found = [(start, end, "occupation_label", STRONG) for start, end in _labelled(text)]
    taken = Intervals((start, end) for start, end, _, _ in found)
    for match in _pattern().finditer(text):
        start, end = match.span()
        stated = match.lastgroup != "context" or _stated(text, start, end)
        if stated and taken.add(start, end):
            found.append((start, end, "occupation", _LIKELY))
    return tuple(sorted(found))


def _stated(text: str, start: int, end: int) -> bool:
    if text[start] == "元" or _work().match(text, end):
        return True
    if _STATED.match(text, end) is None:
        return False
    window = max(0, start - 8)
    if _kin_before().search(text, window, start):
        return True
    staff = text[start:end] in words("occupations_of_staff")
    return not staff and _PARTICULARS_BEFORE.search(text, window, start) is not None


def _labelled(text: str) -> Iterator[tuple[int, int]]:
    for match in _LABEL.finditer(text):
        value = _VALUE.match(text, match.end())
        if value is None or _no_value().match(value.group()):
            continue
        stop = _VALUE_END.search(text, value.start(), value.end())
        end = stop.start() if stop else value.end()
        if match.group().rstrip(" 、").endswith("は"):
            end = _predicate(text, value.start(), end)
        end = value.start() + len(text[value.start() : end].rstrip())
        if end > value.start():
            yield value.start(), end


def _predicate(text: str, start: int, end: int) -> int:
    """職業は会社員で...: the value ends where its sentence goes on."""
    stop = _PREDICATE.search(text, start, end)
    return stop.start() if stop else end
