"""Names in front of a title or an honorific: …医師, …先生, …様, …さん, …氏."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from sekisho.phi.detectors.names.candidate import (
    Candidate,
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
from sekisho.phi.morphology import is_ordinary_word, is_person, is_word
from sekisho.phi.wordtrie import trie

__all__ = ["titled"]


@cache
def _titles() -> re.Pattern[str]:
    # One trie without groups: only so does the expression engine skip by first characters.
    return re.compile(trie(words("staff_titles") | words("honorifics")))


def _runs_on(text: str, end: int) -> bool:
    """Whether a Latin title (PT, Dr) is the beginning of a longer word."""
    return (
        end < len(text) and text[end - 1].isascii() and text[end].isascii() and text[end].isalpha()
    )


_KANA_TAIL = re.compile(f"[{KATAKANA}]{{1,12}}(?:[・=＝ ][{KATAKANA}]{{1,12}}){{0,4}}$")
_HIRAGANA_TAIL = re.compile(f"[{HIRAGANA}]{{2,6}}$")
_ONLY_FOR_PROFESSIONALS = 0.95
#: 記, 師 or 主任 alone prove little: the word before must be a known name.
_WEAK = frozenset({"記", "拝", "師", "助手", "事務", "事務員", "記載", "記録", "課長", "係長"})


def titled(text: str, starts: frozenset[int] | set[int]) -> Iterator[Candidate]:
    """Names that a title or an honorific follows, the title itself left outside."""
    for match in _titles().finditer(text):
        end, opened = _end_of_name(text, match.start())
        word = match.group()
        if _runs_on(text, match.end()):
            continue
        honorific = word in words("honorifics")
        if honorific and word in ("君", "氏", "殿") and _continues_word(text, match.end()):
            continue
        found = name_before(
            text, end, starts, given=honorific or word == "先生", single=not honorific
        )
        if found is not None:
            start, kind = found
            if opened and kind == "unknown":
                continue
            if kind == "unknown" and (word in _WEAK or _doubtful(word)):
                continue
            if (
                kind in ("surname", "given")
                and end - start == 1
                and _kanji_before(text, start)
                and not UNIT_BEFORE.search(text, max(0, start - 4), start)
            ):
                continue
            score = 0.95 if kind != "unknown" else (0.9 if honorific else 0.75)
            if word in _WEAK:
                score = 0.8
            category = "NAME" if honorific else "STAFF"
            yield Candidate(start, end, category, "honorific" if honorific else "title", score)
        elif honorific and not opened:
            yield from _kana_name(text, end, word)
        elif not opened and word in _TITLES_OF_PERSONS:
            yield from _foreign_colleague(text, end)


_TITLES_OF_PERSONS = frozenset({"先生", "医師", "看護師", "Dr", "Dr.", "ドクター", "教授", "技師"})


def _foreign_colleague(text: str, end: int) -> Iterator[Candidate]:
    """ジェームズ先生: katakana that is a name, or that no dictionary knows."""
    match = _KANA_TAIL.search(text[max(0, end - 40) : end])
    if match is None or len(match.group()) < 2 or match.group() in words("not_names"):
        return
    word = match.group()
    if is_person(word) or "・" in word or not is_word(word):
        yield Candidate(end - len(word), end, "STAFF", "title", 0.85)


def _doubtful(word: str) -> bool:
    """様 mostly means 'like' behind an unknown word (顆粒様); titles in Latin letters mean much."""
    return word in ("様", "PT", "OT", "ST", "ME", "CE", "RT", "MT", "CM", "MD", "NS")


def _continues_word(text: str, end: int) -> bool:
    return end < len(text) and text[end] in "名子主様下達方父母"


def _kanji_before(text: str, start: int) -> bool:
    return start > 0 and KANJI_CHARACTER.match(text[start - 1]) is not None


#: What stands right before a colleague's name without a particle: the unit he belongs to.
UNIT_BEFORE = re.compile("(?:科|外|内|整形|麻酔|病理|放射線|形成|皮膚|病棟|室|部|課|隊|署|局|班)$")
KANJI_CHARACTER = re.compile(f"[{KANJI}]")


_READING_IN_BRACKETS = re.compile(f"[(（][{HIRAGANA}{KATAKANA} ・]{{2,20}}[)）][ ]?$")


def _end_of_name(text: str, position: int) -> tuple[int, bool]:
    """Where the name in front of a title ends: blanks and one opening bracket lie between."""
    opened = False
    reading = _READING_IN_BRACKETS.search(text, max(0, position - 24), position)
    if reading is not None:
        position = reading.start()  # 佐藤 明子（サトウ アキコ）様
    if position > 0 and text[position - 1] in "(（":
        position -= 1
        opened = True
    while position > 0 and text[position - 1] == " ":
        position -= 1
    return position, opened


def _kana_name(text: str, end: int, honorific: str) -> Iterator[Candidate]:
    window = text[max(0, end - 40) : end]
    match = _KANA_TAIL.search(window)
    if match is not None:
        word = match.group()
        start = end - len(word)
        if len(word) < 2 or word in words("not_names"):
            return
        if is_person(word) or "・" in word or not is_word(word) or honorific in ("くん", "ちゃん"):
            yield Candidate(start, end, "NAME", "honorific", 0.9)
        return
    match = _HIRAGANA_TAIL.search(window)
    if match is None:
        return
    word = match.group()
    parts = [word[cut:] for cut in range(len(word) - 1)]
    if any(part in words("not_names") for part in parts):
        return
    for part in parts:
        if is_person(part) and (len(part) > 2 or not is_ordinary_word(part)):
            yield Candidate(end - len(part), end, "NAME", "honorific", 0.9)
            return
    if honorific in ("ちゃん", "くん"):
        nickname = word
        before = text[end - len(word) - 1] if end > len(word) else " "
        if before not in "、。 \n「『(（・,:":
            nickname = _BEHIND_PARTICLE.sub("", word)
        if 2 <= len(nickname) <= 5:
            yield Candidate(end - len(nickname), end, "NAME", "nickname", 0.9)


_BEHIND_PARTICLE = re.compile("^.*の|^[はがとにもやで]")
