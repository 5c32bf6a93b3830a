"""Names by the place they stand in: behind a unit, in the patient's line, at the end of a line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from sekisho.phi.detectors.names.candidate import (
    Candidate,
    name_after,
)
from sekisho.phi.detectors.names.name_parts import (
    HIRAGANA,
    KANJI,
    KATAKANA,
    closes,
    full_name_split,
)
from sekisho.phi.lists import words
from sekisho.phi.morphology import is_given_name, is_ordinary_word, is_place, is_surname, is_word
from sekisho.phi.wordtrie import trie

__all__ = ["behind_units", "in_patient_lines", "receivers", "signatures"]


@cache
def _units() -> re.Pattern[str]:
    return re.compile(rf"(?:{trie(words('units'))})(?P<gap>の|から|より|は|[ ]{{1,2}}|[(（]|/|)")


_BORDER = re.compile("[ \n、。,・()（）/:「」】→がよはにとでもへの]|より|から")


def behind_units(text: str) -> Iterator[Candidate]:
    """リハ科の戸田, 栄養科遠山、, 病理診断科（角）: a unit, then the colleague who belongs to it."""
    for match in _units().finditer(text):
        gap = match["gap"]
        found = name_after(text, match.end())
        if found is None or found[1] not in ("full", "surname"):
            continue
        end, kind = found
        if kind == "surname":
            border = end >= len(text) or _BORDER.match(text, end) is not None
            single = end - match.end() == 1
            if single and not (border and (gap in ("(", "（", "の", "から") or _ends(text, end))):
                continue
            if gap.strip() in ("", "は", "から", "より") and not border and not closes(text, end):
                continue
        yield Candidate(match.end(), end, "STAFF", "unit", 0.85 if kind == "full" else 0.75)


_END = re.compile("[、。・)）\n]|が|へ")


def _ends(text: str, end: int) -> bool:
    return end >= len(text) or _END.match(text, end) is not None


_TABLE_AGE = "[0-9]{1,3}[ ]{1,3}(?:男|女|M|F)(?![A-Za-z一-鿿])"
_DEMOGRAPHICS = (
    "生後|(?:男|女|男性|女性|男児|女児|M|F|♂|♀)(?![A-Za-z一-鿿])"
    "|(?:満|年齢)?[0-9]{1,3}[ ]?(?:歳|才|[MFｙy](?![a-z])|か月|ヶ月)"
)
_GIVEN = f"(?:[{KANJI}]{{1,4}}ー?|[{HIRAGANA}]{{2,6}}|[{KATAKANA}]{{2,8}}|[{KATAKANA}{HIRAGANA}]{{1,3}}[{KANJI}]{{1,2}})"
_PATIENT_LINE = re.compile(
    rf"(?<![{KANJI}{HIRAGANA}{KATAKANA}A-Za-z])(?P<name>[{KANJI}]{{1,5}}(?:[ \n]{_GIVEN}|[{KATAKANA}]{{2,5}}|[{HIRAGANA}]{{2,4}})"
    r"|[A-Z][a-zÀ-ÿ]{1,15}(?:[ ][A-Z][a-zÀ-ÿ]{1,15}){1,3})"
    rf"(?=[ ]?(?:様|さん|氏|殿)?[ ]{{0,3}}(?:[(（][{HIRAGANA}{KATAKANA} ・]{{3,20}}[)）])?[ 、,/(（]{{0,4}}"
    rf"(?:{_DEMOGRAPHICS}|{_TABLE_AGE}))"
)


_LEADING_KANJI = re.compile(f"[{KANJI}]{{1,4}}")


def in_patient_lines(text: str) -> Iterator[Candidate]:
    """A name of two parts right before sex or age is the patient's, known to a dictionary or not."""
    for match in _PATIENT_LINE.finditer(text):
        parts = re.split("[ \n]", match["name"])
        if any(part in _never() or part.lower() in words("latin_medical") for part in parts):
            continue
        surname, given = parts[0], parts[-1]
        known = given != surname and (is_surname(surname) or is_given_name(given))
        if len(parts) == 1 and full_name_split(surname) is None:
            kanji = _LEADING_KANJI.match(surname)
            if kanji is None or not is_surname(kanji.group()):
                continue
        if not known and not surname.isascii() and (len(surname) > 4 or len(given) > 3):
            continue
        yield Candidate(
            match.start("name"), match.end("name"), "NAME", "patient-line", 0.95 if known else 0.75
        )


@cache
def _never() -> frozenset[str]:
    return words("not_names") | words("staff_labels") | words("staff_titles") | words("name_labels")


_LINE_END = re.compile(rf"(?<=[0-9 。)）」])(?P<name>[{KANJI}]{{1,4}})[ ]{{0,2}}(?:記|印)?(?=\n|$)")


_ARROW = re.compile("[→⇒][ ]?")
_SPACED_NAME = re.compile(
    f"(?<![{KANJI}{HIRAGANA}{KATAKANA}])(?P<surname>[{KANJI}])[ ](?P<given>[{KANJI}]{{1,3}})(?=[(（\n]|[ ]{{2}})"
)


def receivers(text: str) -> Iterator[Candidate]:
    """⇒吉良, 朴 正姫（: behind an arrow, or a spaced name whose surname is one character."""
    for match in _ARROW.finditer(text):
        found = name_after(text, match.end())
        if found is not None and (found[0] >= len(text) or _BORDER.match(text, found[0])):
            yield Candidate(match.end(), found[0], "STAFF", "arrow", 0.7)
    for match in _SPACED_NAME.finditer(text):
        given = match["given"]
        if match["surname"] not in words("single_surnames") or given in _never():
            continue
        if is_given_name(given) or not is_word(given):
            yield Candidate(match.start(), match.end(), "NAME", "spaced", 0.7)


def signatures(text: str) -> Iterator[Candidate]:
    """A surname that ends a line behind a date, a full stop or a blank signs the entry."""
    for match in _LINE_END.finditer(text):
        name = match["name"]
        if name in _never() or not is_surname(name):
            continue
        if len(name) == 1:
            if name not in words("single_surnames") or text[match.start() - 1] not in "。)）":
                continue
            yield Candidate(match.start("name"), match.end("name"), "STAFF", "signature", 0.7)
        elif name in words("common_surnames") or _only_a_surname(name):
            yield Candidate(match.start("name"), match.end("name"), "STAFF", "signature", 0.7)


def _only_a_surname(name: str) -> bool:
    return not is_ordinary_word(name) and not is_place(name)
