"""Names in Latin letters and initials: Yamada Taro, YAMADA^TARO, Dr. Smith, K.T., dhr. Jansen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache

from sekisho.phi.detectors.names.candidate import (
    Candidate,
)
from sekisho.phi.detectors.names.name_parts import (
    HIRAGANA,
    KANJI,
    KATAKANA,
)
from sekisho.phi.lists import lines, words
from sekisho.phi.morphology import (
    is_given_name,
    is_ordinary_word,
    is_person,
    is_surname,
    is_word,
    readings,
)
from sekisho.phi.romaji import kana_spellings
from sekisho.phi.wordtrie import trie

__all__ = ["latin"]

_WORD = r"[A-Z][A-Za-zÀ-ÿ'’]{1,17}(?:-[A-Z][A-Za-zÀ-ÿ]{1,17})?"
_UPPER = r"[A-Z]{2,14}"
_NO_LETTER_BEFORE = "(?<![A-Za-zÀ-ÿ0-9])"
_NO_LETTER_BEHIND = "(?![A-Za-zÀ-ÿ0-9])"

_DICOM = re.compile(
    rf"{_NO_LETTER_BEFORE}[A-Z][A-Za-z]{{1,17}}\^[A-Z][A-Za-z0-9]{{0,17}}(?:\^[A-Za-z0-9]{{0,12}}){{0,3}}"
)
_DICOM_WIDE = re.compile(
    f"[{KANJI}{HIRAGANA}{KATAKANA}]{{1,10}}\\^[{KANJI}{HIRAGANA}{KATAKANA}]{{1,10}}"
)
_PAIR = re.compile(
    rf"{_NO_LETTER_BEFORE}(?P<first>{_WORD}|{_UPPER})(?P<gap>[ ]|,[ ]?|\n)"
    rf"(?P<second>{_WORD}|{_UPPER}){_NO_LETTER_BEHIND}"
)
_INITIAL_AND_NAME = re.compile(
    rf"{_NO_LETTER_BEFORE}(?:[A-Z]\.[ ]?){{1,2}}(?P<name>{_WORD}){_NO_LETTER_BEHIND}"
)
_INITIALS = re.compile(
    rf"{_NO_LETTER_BEFORE}[A-Z][.][ ]?[A-Z](?:[.]|(?=様|さん|氏|殿|君)){_NO_LETTER_BEHIND}"
)
_HONOURED = re.compile(
    rf"{_NO_LETTER_BEFORE}(?P<name>(?:{_WORD}|{_UPPER}|[A-Z])(?:[ .・]{{1,2}}(?:{_WORD}|{_UPPER}|[A-Z]\.?)){{0,3}})"
    r"(?P<title>[ ]?(?:様|さん|氏(?!名)|殿|君|くん|ちゃん|先生|医師|看護師))"
)
_FOREIGN = re.compile(
    rf"(?<![{KATAKANA}・])[{KATAKANA}]{{2,12}}(?:[・=＝][{KATAKANA}]{{1,12}}){{1,4}}(?![{KATAKANA}・])"
)
_FOREIGN_SPACED = re.compile(
    rf"(?<![{KATAKANA}・])[{KATAKANA}]{{2,9}}(?:[ ][{KATAKANA}]{{2,9}}){{1,3}}(?![{KATAKANA}・])"
)
_HIRAGANA_NAME = re.compile(
    f"(?<![{HIRAGANA}{KANJI}])(?P<surname>[{HIRAGANA}]{{2,5}})[ ](?P<given>[{HIRAGANA}]{{2,4}})(?![{HIRAGANA}{KANJI}])"
)


@cache
def _western_titles() -> re.Pattern[str]:
    titles = {}
    for line in lines("western_titles"):
        title, _, category = line.partition("\t")
        titles[title] = category
    return re.compile(
        rf"{_NO_LETTER_BEFORE}(?P<title>{trie(titles)})(?:[.:][ ]{{0,2}}|[ ]{{1,2}}|(?<=Dr))"
        rf"(?P<name>(?:(?:van|de|der|den|ten|ter|von|la|le|el|[A-Z]\.)[ ]){{0,3}}{_WORD}"
        rf"(?:[ ](?:(?:van|de|der|den|von)[ ]){{0,2}}{_WORD}){{0,2}})"
    )


@cache
def _title_categories() -> dict[str, str]:
    return dict(line.split("\t") for line in lines("western_titles"))


def latin(text: str) -> Iterator[Candidate]:
    """Names in Latin letters, initials, and foreign names in katakana with middle dots."""
    if "^" in text:
        for match in _DICOM.finditer(text):
            yield Candidate(match.start(), match.end(), "NAME", "dicom", 0.95)
        for match in _DICOM_WIDE.finditer(text):
            yield Candidate(match.start(), match.end(), "NAME", "dicom", 0.95)
    for match in _western_titles().finditer(text):
        category = _title_categories()[match["title"]]
        first = match["name"].split()[0]
        if not _medical(first) and not (first.isupper() and len(first) <= 3):
            yield Candidate(match.start("name"), match.end("name"), category, "title", 0.95)
    for match in _PAIR.finditer(text):
        first, second = match["first"], match["second"]
        if match["gap"] == "\n" and not (first.istitle() and second.istitle()):
            continue
        if _medical(first) or _medical(second):
            continue
        if (_is_romaji_surname(first) and _is_romaji_given(second)) or (
            _is_romaji_given(first) and _is_romaji_surname(second)
        ):
            yield Candidate(match.start(), match.end(), "NAME", "romaji", 0.85)
        elif readings(first) & {"person", "given", "surname"} and readings(second) & {
            "person",
            "given",
            "surname",
        }:
            yield Candidate(match.start(), _whole(text, match.end()), "NAME", "foreign", 0.7)
        elif _strange(first) and _strange(second):
            yield Candidate(match.start(), _whole(text, match.end()), "NAME", "foreign", 0.6)
    for match in _INITIAL_AND_NAME.finditer(text):
        name = match["name"]
        if not _medical(name) and (_is_romaji_surname(name) or is_person(name)):
            yield Candidate(match.start(), match.end(), "STAFF", "romaji", 0.85)
    for match in _INITIALS.finditer(text):
        if match.group().replace(" ", "") not in words("initials_that_are_none"):
            yield Candidate(match.start(), match.end(), "NAME", "initials", 0.75)
    for match in _HONOURED.finditer(text):
        name = match["name"]
        title = match["title"].strip()
        if name in words("staff_titles") or name in words("staff_labels") or _medical(name):
            continue
        if title == "様" and not (_person_like(name)):
            continue
        category = "STAFF" if title in ("先生", "医師", "看護師") else "NAME"
        yield Candidate(match.start("name"), match.end("name"), category, "honorific", 0.9)
    for match in (*_FOREIGN.finditer(text), *_FOREIGN_SPACED.finditer(text)):
        parts = re.split("[・=＝ ]", match.group())
        start = match.start()
        if parts[0] in words("name_labels") or parts[0] in words("staff_labels"):
            start += len(parts[0]) + 1
            parts = parts[1:]
        people = sum(1 for part in parts if is_person(part))
        ordinary = sum(1 for part in parts if is_ordinary_word(part) and not is_person(part))
        stranger = is_person(parts[0]) and not is_ordinary_word(parts[0])
        if len(parts) > 1 and people and (people > ordinary or stranger):
            yield Candidate(start, match.end(), "NAME", "foreign", 0.75)
    for match in _HIRAGANA_NAME.finditer(text):
        if is_surname(match["surname"]) and (
            is_given_name(match["given"]) or not is_word(match["given"])
        ):
            yield Candidate(match.start(), match.end(), "NAME", "kana", 0.75)


_FURTHER = re.compile(rf"(?:[ ](?:{_WORD}|[A-Z]\.)){{1,2}}{_NO_LETTER_BEHIND}")


def _whole(text: str, end: int) -> int:
    """The end of a name of three or four words whose first two end at ``end``."""
    further = _FURTHER.match(text, end)
    if further is None or any(_medical(word) for word in further.group().split()):
        return end
    return further.end()


def _strange(word: str) -> bool:
    """Whether a capitalised word is in no dictionary: in a Japanese text then mostly a name."""
    return (
        len(word) >= 3
        and word.istitle()
        and not is_ordinary_word(word)
        and not is_word(word.lower())
        and not _medical(word)
    )


def _person_like(name: str) -> bool:
    """K様, K.T.様, Smith様 are people; CT様, MRI様 are comparisons."""
    letters = name.replace(".", "").replace(" ", "")
    return len(letters) <= 2 or not letters.isupper() or _is_romaji_surname(letters)


@cache
def _medical_words() -> frozenset[str]:
    return words("latin_medical")


def _medical(word: str) -> bool:
    return word in _medical_words() or word.lower() in _medical_words()


@lru_cache(maxsize=8_192)
def _is_romaji_surname(word: str) -> bool:
    return any("surname" in readings(kana) for kana in kana_spellings(word))


@lru_cache(maxsize=8_192)
def _is_romaji_given(word: str) -> bool:
    return any("given" in readings(kana) for kana in kana_spellings(word))
