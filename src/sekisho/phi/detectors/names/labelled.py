"""Names behind a label: 氏名：…, 主治医 …, 術者：…, and the colleagues listed after them."""

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
    closes,
)
from sekisho.phi.lists import words
from sekisho.phi.romaji import is_romaji_surname
from sekisho.phi.wordtrie import trie

__all__ = ["colleagues", "colleagues_before", "labelled"]

#: Between label and name: a colon or bracket with at most one line end, or blanks, or nothing.
_MARK = r"[ *_|]{0,3}[:=>|〉》】\]）)]{1,2}[ *_|]{0,4}\n?[ ]{0,4}"
_OPEN = r"[ ]{0,2}[(（「『【<〈\[]{1,2}[ ]{0,2}"
_BLANK = r"[ |]{1,24}|[ ]{0,2}\n[ ]{0,2}"
_SEPARATOR = rf"(?P<mark>{_MARK})|(?P<open>{_OPEN})|(?P<blank>{_BLANK})|(?P<particle>[はのが、,])|"
_LATIN_BEFORE = "(?<![A-Za-z])"


def _pattern(labels: Iterable[str]) -> re.Pattern[str]:
    # The trie stands first and alone, so that the expression engine can skip by first characters.
    return re.compile(rf"(?P<label>{trie(labels)})(?P<stop>\.?)(?:{_SEPARATOR})")


def _is_label(text: str, match: re.Match[str]) -> bool:
    """Whether a Latin label (PT, Name) stands as a word of its own."""
    label = match["label"]
    if not label.isascii():
        return not match["stop"]
    start, end = match.span("label")
    before = text[start - 1] if start > 0 else " "
    behind = text[end] if end < len(text) else " "
    return not (before.isascii() and before.isalpha()) and not (
        behind.isascii() and behind.islower()
    )


def _spaced_out(labels: Iterable[str]) -> frozenset[str]:
    """氏　名: on forms a label of two characters is as wide as one of four."""
    return frozenset(
        f"{label[0]}{' ' * blanks}{label[1]}"
        for label in labels
        if len(label) == 2 and not label.isascii()
        for blanks in (1, 2, 3, 4)
    )


@cache
def _name_labels() -> re.Pattern[str]:
    return _pattern(words("name_labels") | _spaced_out(words("name_labels")))


@cache
def _staff_labels() -> re.Pattern[str]:
    return _pattern(words("staff_labels"))


_PREFIX_TITLE = re.compile(
    rf"{_LATIN_BEFORE}(?:Dr|DR|Ns|NS|Prof|ドクター)(?:\.|:)?[ ]{{0,2}}(?=[{KANJI}{HIRAGANA}{KATAKANA}])"
)


def labelled(text: str) -> Iterator[Candidate]:
    """Names whose label stands right before them."""
    yield from _behind(text, _name_labels(), "NAME", private=True)
    yield from _behind(text, _staff_labels(), "STAFF", private=False)


def _behind(
    text: str, pattern: re.Pattern[str], category: str, *, private: bool
) -> Iterator[Candidate]:
    for match in pattern.finditer(text):
        if not _is_label(text, match):
            continue
        # In a table the columns are set apart by blanks alone.
        marked = match["mark"] is not None or len(match["blank"] or "") >= 2
        opened = match["open"] is not None
        label = match["label"]
        if match["particle"] is not None and not (label in ("患者", "本人") or private):
            # 術者は高田 is a label too, 主治医の判断 is none: the name itself must be sure.
            found = name_after(text, match.end())
            if found is not None and found[1] in ("full", "surname"):
                yield Candidate(match.end(), found[0], category, "label", 0.85)
            continue
        known_only = match["blank"] is None and not marked and not opened
        found = name_after(
            text,
            match.end(),
            given=private and (marked or opened),
            unknown=match["mark"] is not None and not _many_uses(label),
            foreign=marked,
        )
        if found is None and match["mark"] is not None and label in _NICKNAMED:
            nickname = _NICKNAME.match(text, match.end())
            if nickname is not None:
                yield Candidate(match.end(), nickname.end(), category, "label", 0.9)
                continue
        if found is None and private and marked:
            spelled = _SPELLED.match(text, match.end())
            if spelled is not None:
                yield Candidate(match.end(), spelled.end(), category, "label", 0.9)
        if found is None:
            glued = known_only and not label.isascii() and _TWO_WORDS.match(text, match.end())
            if marked or opened or glued:
                yield from _latin_name(text, match.end(), category)
            continue
        end, kind = found
        if known_only and len(label) < 2:
            continue
        if kind == "surname" and known_only and end - match.end() < 2 and not _at_border(text, end):
            continue
        score = 0.95 if marked else 0.9
        if kind == "unknown":
            score = 0.9 if private else 0.75
        elif known_only:
            score = 0.85
        yield Candidate(match.end(), end, category, "label", score)
    if not private:
        yield from _prefixed(text)


_LATIN_NAME = re.compile(
    "[A-Z][A-Za-zÀ-ÿ'’-]{1,17}(?:[ ](?:(?:van|de|da|der|den|von|bin|al|el)[ ])?[A-Z][A-Za-zÀ-ÿ'’.-]{0,17}){0,4}"
)
_NICKNAMED = frozenset({"愛称", "呼称", "呼び名", "ニックネーム", "通称", "あだ名"})
_NICKNAME = re.compile(f"[{HIRAGANA}{KATAKANA}]{{2,8}}")
_TWO_WORDS = re.compile("[A-Z][a-zÀ-ÿ]{1,15}[ ][A-Z][a-zÀ-ÿ]{1,15}")
#: 降 旗 清 一: on forms, one box a character.
_SPELLED = re.compile(f"(?:[{KANJI}][ ]{{1,2}}){{2,5}}[{KANJI}](?![{KANJI}])")
_BORDER = re.compile("[ \n、。,・()（）/:」】→へがはにのもと]|より|から")


def _latin_name(text: str, start: int, category: str) -> Iterator[Candidate]:
    """A name in Latin letters right behind a label: two words, or one that is no term."""
    match = _LATIN_NAME.match(text, start)
    if match is None:
        return
    parts = match.group().split()
    if any(
        part in words("latin_medical") or part.lower() in words("latin_medical") for part in parts
    ):
        return
    if parts[0] in words("staff_titles") or parts[0] in words("staff_labels"):
        return
    if len(parts) > 1 or not parts[0].isupper() or is_romaji_surname(parts[0]):
        yield Candidate(start, match.end(), category, "label", 0.85)


def _at_border(text: str, end: int) -> bool:
    return end >= len(text) or _BORDER.match(text, end) is not None


def _many_uses(label: str) -> bool:
    """Labels that more often announce something else than a person."""
    return label in [
        "施行",
        "実施",
        "対応",
        "記録",
        "記載",
        "記入",
        "入力",
        "登録",
        "撮影",
        "検像",
        "承認",
        "受付",
        "窓口",
        "確認",
        "監査",
        "鑑査",
        "調剤",
        "介助",
        "回診",
        "麻酔",
        "執刀",
        "読影",
        "作成",
        "当直",
        "夜勤",
        "日直",
        "参加",
        "出席",
        "発表",
        "担当",
        "チーム",
        "メンバー",
        "文責",
        "通訳",
        "患者",
        "連絡者",
        "緊急連絡先",
        "緊急時連絡先",
        "PT",
        "OT",
        "ST",
        "CE",
        "ME",
        "MT",
        "RT",
        "DC",
        "主催",
        "幹事",
        "切出",
        "立会",
        "印",
        "サイン",
    ]


def _prefixed(text: str) -> Iterator[Candidate]:
    for match in _PREFIX_TITLE.finditer(text):
        found = name_after(text, match.end(), unknown=True)
        if found is None:
            continue
        yield Candidate(match.end(), found[0], "STAFF", "title", 0.95)


_LIST_GAP = re.compile(r"[ ]{0,2}(?:[、,・/&＆→]|と|及び|および|⇒|->)[ ]{0,2}")
_ROLE_IN_LIST = re.compile(r"[ ]{0,1}[(（][^()（）\n]{1,12}[)）]")


def colleagues(text: str, found: Iterable[Candidate]) -> Iterator[Candidate]:
    """Names listed right behind another one: 術者 高田、小野寺・南.

    A member of a list needs less proof than the first: the dictionary must know it as a surname,
    and it must end where a name can end.
    """
    taken = {candidate.start for candidate in found}
    for candidate in sorted(found):
        position = candidate.end
        for _ in range(20):
            title = _title_behind(text, position)
            gap = _LIST_GAP.match(text, title)
            if gap is None:
                break
            start = gap.end()
            if start in taken:
                break
            following = name_after(text, start)
            if following is None:
                latin = _LATIN_NAME.match(text, start) if " " not in gap.group() else None
                if latin is None or " " not in latin.group():
                    break
                following = (latin.end(), "full")
            if not _delimited(text, following[0], gap.group().strip()):
                break
            taken.add(start)
            yield Candidate(start, following[0], candidate.category, "list", 0.8)
            position = following[0]


@cache
def _behind_name() -> re.Pattern[str]:
    return re.compile(trie(words("staff_titles") | words("honorifics")))


_LIST_GAP_BEFORE = re.compile("(?:[、,・/&＆→]|と|または|及び|および)[ ]?$")


def colleagues_before(
    text: str, found: Iterable[Candidate], starts: frozenset[int] | set[int]
) -> Iterator[Candidate]:
    """Names listed right in front of another one: 福間と森脇が読影."""
    taken = {candidate.end for candidate in found}
    for candidate in sorted(found, reverse=True):
        position = candidate.start
        for _ in range(10):
            gap = _LIST_GAP_BEFORE.search(text, max(0, position - 4), position)
            if gap is None or gap.start() in taken:
                break
            name = name_before(text, gap.start(), starts)
            if name is None or name[1] not in ("full", "surname"):
                break
            start = name[0]
            if gap.start() - start == 1 and not _at_list_start(text, start):
                break
            taken.add(gap.start())
            yield Candidate(start, gap.start(), candidate.category, "list", 0.75)
            position = start


def _at_list_start(text: str, start: int) -> bool:
    return start == 0 or _BORDER.match(text[start - 1]) is not None


def _title_behind(text: str, position: int) -> int:
    title = _behind_name().match(text, position)
    if title is not None:
        position = title.end()
    role = _ROLE_IN_LIST.match(text, position)
    return role.end() if role is not None else position


def _delimited(text: str, end: int, gap: str) -> bool:
    if gap == "と":  # 佐藤と原因 must not become a list
        return closes(text, end) and (
            end >= len(text) or text[end] in "、。がはでにのらさ先医様氏( \n"
        )
    return closes(text, end)
