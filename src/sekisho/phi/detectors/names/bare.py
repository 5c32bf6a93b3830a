"""Names without any cue: what the analyser reads as a surname or a full name in the sentence.

In hospital prose about two thirds of the staff names carry neither title nor honorific
(佐藤が確認、以後経過観察), so a surname read in context counts, at a score that the shield can
outvote.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from sekisho.phi.detectors.names.candidate import (
    Candidate,
)
from sekisho.phi.detectors.names.duty import on_duty
from sekisho.phi.detectors.names.name_parts import (
    KANJI,
    MIXED_GIVEN,
    closes,
    full_name_split,
    given_after_blank,
)
from sekisho.phi.lists import words
from sekisho.phi.morphology import Morpheme, is_given_name, is_ordinary_word, is_surname

__all__ = ["bare"]

_KANJI = re.compile(f"[{KANJI}]")
_KATAKANA_OR_LATIN = re.compile("[ァ-ヺーA-Za-z]")
#: After these a surname is part of a place, a firm, a method or a disease, not a person.
_NOT_A_PERSON_BEFORE = frozenset(
    [
        "病",
        "症",
        "法",
        "式",
        "型",
        "分類",
        "徴候",
        "症候群",
        "反射",
        "線",
        "管",
        "膜",
        "窩",
        "輪",
        "孔",
        "嚢胞",
        "結節",
        "腺",
        "手術",
        "術",
        "術式",
        "切開",
        "切痕",
        "試験",
        "テスト",
        "反応",
        "スケール",
        "スコア",
        "基準",
        "靭帯",
        "動脈",
        "静脈",
        "神経",
        "野",
        "体",
        "斑",
        "疹",
        "熱",
        "貧血",
        "麻痺",
        "腫瘍",
        "肉腫",
        "リンパ腫",
        "甲状腺炎",
        "脳症",
        "奇形",
        "骨折",
        "ヘルニア",
        "憩室",
        "弁",
        "鉗子",
        "氏法",
        "氏病",
        "染色",
        "培地",
        "変法",
        "処置",
        "操作",
        "県",
        "府",
        "市",
        "区",
        "町",
        "村",
        "郡",
        "駅",
        "線",
        "川",
        "山",
        "島",
        "湾",
        "港",
        "空港",
        "通り",
        "大学",
        "病院",
        "医院",
        "クリニック",
        "製作所",
        "工業",
        "建設",
        "産業",
        "薬品",
        "製薬",
        "電機",
        "商店",
        "運輸",
        "交通",
        "学園",
        "高校",
        "中学",
        "小学校",
        "銀行",
        "家具",
        "屋",
        "寺",
        "神社",
        "城",
        "橋",
        "団地",
    ]
)


def bare(text: str, words_in_order: Sequence[Morpheme]) -> Iterator[Candidate]:
    """Full names and surnames by their reading in context."""
    count = len(words_in_order)
    index = 0
    while index < count:
        word = words_in_order[index]
        following = words_in_order[index + 1] if index + 1 < count else None
        kind = word.kind
        if kind in ("surname", "place", "given", "noun", "person"):
            found, step = _judge(text, words_in_order, index, word, following)
            if found is not None:
                yield found
                index += step
                continue
        index += 1


def _judge(
    text: str,
    sequence: Sequence[Morpheme],
    index: int,
    word: Morpheme,
    following: Morpheme | None,
) -> tuple[Candidate | None, int]:
    if word.kind in ("surname", "place") and following is not None:
        full = _full_name(text, sequence, index)
        if full is not None:
            end, step = full
            return Candidate(word.start, end, "STAFF", "reading-in-context", 0.85), step
    if word.kind == "surname":
        found = _surname(text, sequence, index, word)
        if found is not None and len(word.surface) > 1 and _KANJI.match(word.surface):
            whole = given_after_blank(text, word.end)
            if whole is not None:
                return Candidate(word.start, whole, "STAFF", "reading-in-context", 0.75), 1
        return found, 1
    if word.kind == "person" and full_name_split(word.surface) is not None:
        return Candidate(word.start, word.end, "STAFF", "reading-in-context", 0.7), 1
    if word.kind in ("place", "noun") and len(word.surface) > 1 and is_surname(word.surface):
        whole = given_after_blank(text, word.end)
        if whole is not None and _is_given(text[word.end + 1 : whole]):
            return Candidate(word.start, whole, "STAFF", "reading-in-context", 0.75), 1
    if word.kind == "place" or word.kind == "noun":
        if on_duty(text, sequence, index, word):
            return Candidate(word.start, word.end, "STAFF", "duty", 0.7), 1
        if len(word.surface) > 1 and _signs(text, word):
            return Candidate(word.start, word.end, "STAFF", "signature", 0.7), 1
        if (
            word.surface in words("common_surnames")
            and _boundary_around(text, word)
            and not _place_follows(text, word.end)
        ):
            return Candidate(word.start, word.end, "STAFF", "common-surname", 0.6), 1
        return None, 1
    if word.kind == "given" and _given_alone(text, word, following):
        return Candidate(word.start, word.end, "NAME", "given-in-context", 0.55), 1
    return None, 1


def _is_given(word: str) -> bool:
    return is_given_name(word) or MIXED_GIVEN.fullmatch(word) is not None


def _full_name(text: str, sequence: Sequence[Morpheme], index: int) -> tuple[int, int] | None:
    """A surname followed by a given name, at most one blank or line end between them."""
    word = sequence[index]
    if word.kind == "place" and not is_surname(word.surface):
        return None
    if _inside_word(text, word.start):
        return None
    second = index + 1
    gap = False
    if sequence[second].kind in ("space", "symbol") and sequence[second].surface in " \n":
        second += 1
        gap = True
    if second >= len(sequence):
        return None
    given = sequence[second]
    surface = given.surface
    plain_given = given.kind == "given" or (
        is_given_name(surface)
        and given.kind in ("surname", "noun", "proper", "person")
        and not (gap and is_ordinary_word(surface))
    )
    if not plain_given or surface in words("not_names"):
        return None
    if gap and given.kind != "given":
        return None
    if word.kind == "place" and given.kind != "given":
        return None
    if len(surface) == 1 and not _KANJI.match(surface):
        return None
    if not closes(text, given.end) and not _next_is_word(sequence, second):
        return None
    return given.end, second - index + 1


def _next_is_word(sequence: Sequence[Morpheme], index: int) -> bool:
    return index + 1 >= len(sequence) or sequence[index + 1].kind != "suffix"


def _inside_word(text: str, start: int) -> bool:
    """Whether a katakana or Latin word runs straight into the candidate."""
    return (
        start > 0
        and _KATAKANA_OR_LATIN.match(text[start - 1]) is not None
        and (_KATAKANA_OR_LATIN.match(text[start]) is not None)
    )


def _surname(
    text: str, sequence: Sequence[Morpheme], index: int, word: Morpheme
) -> Candidate | None:
    surface = word.surface
    if surface in words("not_names") or _inside_word(text, word.start):
        return None
    following = sequence[index + 1] if index + 1 < len(sequence) else None
    if following is not None and following.surface in _NOT_A_PERSON_BEFORE:
        return None
    if _TYPE.match(text, word.end):
        return None
    if (
        following is not None
        and following.kind == "suffix"
        and following.surface
        not in (words("honorifics") | words("staff_titles") | {"ら", "達", "たち", "等", "宛"})
    ):
        return None
    previous = sequence[index - 1] if index > 0 else None
    if previous is not None and previous.kind == "prefix":
        return None
    duty = on_duty(text, sequence, index, word)
    if len(surface) == 1 and not duty:
        if surface in words("single_surnames") and _boundary_around(text, word):
            return Candidate(word.start, word.end, "STAFF", "reading-in-context", 0.5)
        return None
    if not _KANJI.match(surface) and (is_ordinary_word(surface) or not duty):
        return None
    if duty:
        return Candidate(word.start, word.end, "STAFF", "duty", 0.85)
    if is_ordinary_word(surface):
        # 清水 or 大木 may be things; standing free between borders they are mostly people.
        score = 0.6 if _boundary_around(text, word) else 0.5
        return Candidate(word.start, word.end, "STAFF", "reading-in-context", score)
    return Candidate(word.start, word.end, "STAFF", "reading-in-context", 0.7)


#: 山田III型: a classification.
_TYPE = re.compile("[ ]?(?:[IVX]{1,4}|[0-9A-D]{1,2})[ ]?(?:型|度|期|群|法|分類)")
_BOUNDARY_BEFORE = re.compile("[ \n、。,・()（）/:「→⇒*のとはがもにへ|]")
_BOUNDARY_BEHIND = re.compile("[ \n、。,・()（）/:」→⇒*|]|が|は|に|も|と|へ|より|から|の")


def _boundary_around(text: str, word: Morpheme) -> bool:
    before = word.start == 0 or _BOUNDARY_BEFORE.match(text[word.start - 1])
    behind = word.end >= len(text) or _BOUNDARY_BEHIND.match(text, word.end)
    return bool(before and behind)


_PLACE_FOLLOWS = re.compile(
    "の(?:自宅|実家|病院|出身|方|会社|学校|親戚)|在住|出身|市|県|へ(?:旅行|帰省|転居|引っ越)"
)


def _place_follows(text: str, end: int) -> bool:
    return _PLACE_FOLLOWS.match(text, end) is not None


_SIGNATURE_BEFORE = re.compile("[(（/／]")
_SIGNATURE_BEHIND = re.compile("[)）、・/／\n]")


def _signs(text: str, word: Morpheme) -> bool:
    """（木戸）, /古屋: alone in brackets or behind a stroke, as colleagues sign."""
    if not is_surname(word.surface) or word.surface in words("not_names"):
        return False
    if word.start == 0 or not _SIGNATURE_BEFORE.match(text[word.start - 1]):
        return False
    return word.end >= len(text) or _SIGNATURE_BEHIND.match(text[word.end]) is not None


def _given_alone(text: str, word: Morpheme, following: Morpheme | None) -> bool:
    surface = word.surface
    if len(surface) < 2 or not _KANJI.match(surface) or surface in words("not_names"):
        return False
    if surface.isnumeric() or is_ordinary_word(surface) or not closes(text, word.end):
        return False
    if word.start > 0 and _KANJI.match(text[word.start - 1]):
        return False
    return (
        following is None or following.kind != "suffix" or following.surface in words("honorifics")
    )
