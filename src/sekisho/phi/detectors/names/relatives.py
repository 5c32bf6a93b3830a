"""Names beside a kinship word, newborns named after their mother, and readings in kana."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

from sekisho.phi.detectors.names.candidate import (
    Candidate,
    name_after,
)
from sekisho.phi.detectors.names.name_before import (
    name_before,
)
from sekisho.phi.detectors.names.name_parts import (
    HIRAGANA,
    KANJI,
    KATAKANA,
)
from sekisho.phi.lists import words
from sekisho.phi.morphology import is_given_name, is_ordinary_word, is_person
from sekisho.phi.wordtrie import trie

__all__ = ["given_names_of_relatives", "newborns", "readings_beside", "relatives"]


@cache
def _kin_before() -> re.Pattern[str]:
    return re.compile(
        rf"(?:{trie(words('kinship'))})"
        r"(?P<gap>[ ]{0,2}[:・=/、,][ ]{0,2}|[ ]{0,2}[(（「][ ]{0,2}|[ ]{1,3}|の|である|は|)"
    )


@cache
def _kin_behind() -> re.Pattern[str]:
    kin = trie(words("kinship"))
    return re.compile(
        rf"[ ]{{0,2}}(?:[(（](?:患者の|本人の|続柄[:]?)?(?P<kin>{kin})|[:／/・][ ]?{kin}(?![{KANJI}]))"
    )


def relatives(text: str, starts: frozenset[int] | set[int]) -> Iterator[Candidate]:
    """妻 花子, 長男（健太）, 佐藤健太（長男）."""
    for match in _kin_before().finditer(text):
        gap = match["gap"].strip()
        sure = gap not in ("", "の", "は", "である", "、", ",") or match["gap"].startswith(" ")
        found = name_after(text, match.end(), given=True, unknown=False)
        if found is None:
            continue
        end, kind = found
        word = text[match.end() : end]
        if kind != "full" and is_ordinary_word(word) and not sure:
            continue
        if kind == "given" and len(word) == 1 and not sure:
            continue
        score = 0.95 if kind == "full" else (0.9 if sure else 0.75)
        if word in words("staff_titles"):
            continue
        yield Candidate(match.end(), end, "NAME", "kinship", score)
    for match in _kin_behind().finditer(text):
        found = name_before(text, match.start(), starts, given=True)
        if found is None or found[1] == "unknown":
            continue
        start, kind = found
        if kind != "full" and (match["kin"] is None or match.start() - start == 1):
            continue
        yield Candidate(start, match.start(), "NAME", "kinship", 0.95)


@cache
def _kin_and_given() -> re.Pattern[str]:
    kin = trie(words("kinship"))
    return re.compile(
        rf"(?:{kin})(?:(?P<kana>[{KATAKANA}]{{2,4}}|[{HIRAGANA}]{{2,4}})(?=[(（]|さん|様|ちゃん|くん|君)"
        rf"|(?P<katakana>[{KATAKANA}]{{2,4}})(?=[、。 \n])|(?P<kanji>[{KANJI}])(?=さん|様|[(（][0-9]))"
    )


def given_names_of_relatives(text: str) -> Iterator[Candidate]:
    """母みどり（51, 妻ハナ、, 息子匡さん: the given name glued to the relation."""
    for match in _kin_and_given().finditer(text):
        group = match.lastgroup or "kana"
        name = match[group]
        if name in words("not_names") or name in words("kinship"):
            continue
        if group == "kanji" and not is_given_name(name):
            continue
        if group == "kana" and is_ordinary_word(name) and not is_person(name):
            continue
        yield Candidate(*match.span(group), "NAME", "kinship", 0.85)


_NEWBORN = re.compile(
    r"[ ]?(?:ベビー|ベイビー|baby|Baby|BABY)[ ]?(?:[A-D](?![A-Za-z])|[1-4IⅠⅡ](?![0-9])|ちゃん)?"
)


def newborns(text: str, starts: frozenset[int] | set[int]) -> Iterator[Candidate]:
    """A newborn without a given name: the mother's name and ベビー１, ベビーA."""
    for match in _NEWBORN.finditer(text):
        found = name_before(text, match.start(), starts)
        if found is None:
            continue
        end = match.end()
        if text[:end].endswith("ちゃん"):
            end -= 3
        yield Candidate(found[0], end, "NAME", "newborn", 0.95)


_KANA = f"{HIRAGANA}{KATAKANA}"
_READING = re.compile(
    rf"[ ]?(?:[(（<〈\[「][ ]?(?P<bracketed>[{_KANA}][{_KANA} ・]{{1,18}}[{_KANA}])[ ]?[)）>〉\]」]"
    rf"|[ /,、／]{{1,3}}(?P<bare>[{KATAKANA}]{{2,8}}[ ]?[{KATAKANA}]{{2,8}}|[{HIRAGANA}]{{2,8}}[ ][{HIRAGANA}]{{2,8}})(?![{_KANA}]))"
)
_LATIN_READING = re.compile(
    rf"[ ]?[(（<\[][ ]?([A-Z][A-Za-zÀ-ÿ'^-]{{1,17}}(?:,?[ ^][A-Z][A-Za-zÀ-ÿ'.-]{{0,17}}){{1,3}}"
    rf"|[{KATAKANA}]{{2,12}}[・=＝ ][{KATAKANA}・=＝ ]{{1,30}})[ ]?[)）>\]]"
)
_CAPITALS = re.compile("[ ]{1,3}(?P<name>[A-Z]{2,14}[ ,]{1,2}[A-Z]{2,14})(?![A-Za-z0-9])")
_FURIGANA_FIRST = re.compile(rf"(?P<kana>[{_KANA}]{{2,8}}[ ][{_KANA}]{{2,8}})[ \n(（]{{1,3}}$")


def readings_beside(text: str, found: Iterable[Candidate]) -> Iterator[Candidate]:
    """The kana reading behind (or right before) a name written in kanji."""
    for candidate in found:
        latin = _LATIN_READING.match(text, candidate.end)
        if latin is not None and candidate.score >= 0.7:
            yield Candidate(latin.start(1), latin.end(1), candidate.category, "reading", 0.9)
        capitals = _CAPITALS.match(text, candidate.end)
        if capitals is not None and candidate.score >= 0.9:
            yield Candidate(*capitals.span("name"), candidate.category, "reading", 0.9)
        if not _all_kanji(text[candidate.start : candidate.end]):
            continue
        behind = _READING.match(text, candidate.end)
        if behind is not None:
            group = "bracketed" if behind["bracketed"] else "bare"
            word = behind[group]
            if word not in words("kinship") and (" " in word or not _is_remark(word)):
                yield Candidate(
                    behind.start(group), behind.end(group), candidate.category, "reading", 0.95
                )
        before = _FURIGANA_FIRST.search(text, max(0, candidate.start - 24), candidate.start)
        if before is not None and candidate.score >= 0.8:
            yield Candidate(
                before.start("kana"), before.end("kana"), candidate.category, "reading", 0.8
            )


_ALL_KANJI = re.compile(f"[{KANJI} \n]+")


def _all_kanji(word: str) -> bool:
    return _ALL_KANJI.fullmatch(word) is not None


def _is_remark(word: str) -> bool:
    """（キーパーソン）, （かかりつけ）: an ordinary word in brackets, not a reading."""
    return is_ordinary_word(word) or word in words("name_labels") or word in words("staff_labels")
