"""First answers that are wrong in known ways, and what a check and a reviewer make of them.

A right answer is spoilt item by item, so that for every mistake it is known whether a
deterministic check names it (the finding), what the cautious reviewer repairs (what was named and
nothing else) and what the thorough one answers (everything).
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TypeVar

from sekisho.phi.categories import Category
from training.nano.examples import Item, Passage, items

__all__ = ["Review", "spoilt"]

#: Kinds of identifier whose form a rule can see, so that their absence is named.
_HAS_FORM = frozenset({"DATE", "BIRTHDATE", "TIME", "PHONE", "ID", "AGE", "EMAIL"})
_NAMED = 0.8
_FALSE_ALARM = 0.06
_KANA = re.compile("[ぁ-んァ-ヴｦ-ﾟー・\u3000 ]+")
_BEFORE_TIME = re.compile("(?:[0-9０-９日）)]|[月火水木金土])[\u3000 ]?$")
_NUMBER = re.compile("[0-9０-９]{1,4}")
_WORD = re.compile("[一-龥]{2,4}|[ァ-ヴー]{3,6}")

_T = TypeVar("_T")


class _Fate(Enum):
    """What becomes of a right item in the spoilt answer."""

    KEPT = auto()
    DROPPED = auto()
    CHANGED = auto()
    SHIFTED = auto()
    MISTYPED = auto()
    MERGED = auto()


@dataclass(frozen=True)
class Review:
    """A spoilt answer, the findings about it (one a line), and the answers of both reviews."""

    first: list[Item] = field(repr=False)
    findings: str = field(repr=False)
    cautious: list[Item] = field(repr=False)
    thorough: list[Item] = field(repr=False)


@dataclass
class _Draft:
    """The three lists while they grow, in order of the text."""

    first: list[Item] = field(default_factory=list)
    cautious: list[Item] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)

    def unnoticed(self, *wrong: Item) -> None:
        self.first += wrong
        self.cautious += wrong

    def noticed(self, finding: str, wrong: list[Item], right: list[Item]) -> None:
        self.findings.append(f"- 「{finding}")
        self.first += wrong
        self.cautious += right


def spoilt(passage: Passage, rng: random.Random) -> Review:
    """A review of an answer to ``passage``: mostly wrong in one to four places, sometimes right."""
    right = items(passage)
    rate = rng.choice((0.0, 0.15, 0.3, 0.5, 1.0) if right else (0.0,))
    draft = _Draft()
    place = 0
    while place < len(right):
        place += _spoil(passage, right, place, rate, rng, draft)
    _add_wrong(passage, right, rng, draft)
    first, cautious = _once(draft.first), _once(draft.cautious)
    return Review(first, "\n".join(_once(draft.findings)) or "なし", cautious, right)


def _spoil(
    passage: Passage,
    right: list[Item],
    place: int,
    rate: float,
    rng: random.Random,
    draft: _Draft,
) -> int:
    """Writes item ``place``, spoilt or not, into the draft; how many items that used."""
    item = right[place]
    fate = _fate(item, rate, rng)
    if fate is _Fate.DROPPED:
        finding = _absence(passage, item, rng)
        if finding is not None:
            draft.noticed(finding, [], [item])
    elif fate is _Fate.CHANGED and (value := _changed(passage, item.value, rng)) is not None:
        draft.noticed(f"{value}」は報告書にない。", [item._replace(value=value)], [item])
    elif fate is _Fate.MERGED and (value := _merged(passage, right, place)) is not None:
        finding = f"{value}」には二つ以上の項目が混ざっている。"
        draft.noticed(finding, [item._replace(value=value)], right[place : place + 2])
        return 2
    elif fate is _Fate.SHIFTED and (value := _shifted(passage, item.value, rng)) is not None:
        draft.unnoticed(item._replace(value=value))
    elif fate is _Fate.MISTYPED:
        draft.unnoticed(item._replace(type=rng.choice([c for c in Category if c != item.type])))
    else:
        draft.unnoticed(item)
    return 1


def _fate(item: Item, rate: float, rng: random.Random) -> _Fate:
    easily_missed = item.type == "TIME" or (item.type == "NAME" and _KANA.fullmatch(item.value))
    if rng.random() >= rate * (1.6 if easily_missed else 1.0):
        return _Fate.KEPT
    if easily_missed:
        return rng.choice((_Fate.DROPPED, _Fate.DROPPED, _Fate.DROPPED, _Fate.MERGED))
    return rng.choices(
        (_Fate.DROPPED, _Fate.CHANGED, _Fate.SHIFTED, _Fate.MISTYPED, _Fate.MERGED),
        weights=(45, 15, 12, 8, 20),
    )[0]


def _absence(passage: Passage, item: Item, rng: random.Random) -> str | None:
    """What a check says of an item that is missing, if a check can see it and does."""
    if rng.random() >= _NAMED:
        return None
    if item.type == "TIME":
        before = passage.text[: passage.text.index(item.value)]
        if _BEFORE_TIME.search(before) and rng.random() < 0.7:
            return f"{item.value}」は日付の隣の時刻で、答えにない。"
    if item.type == "NAME" and _KANA.fullmatch(item.value):
        return f"{item.value}」は氏名の読みで、答えにない。"
    if item.type in _HAS_FORM:
        return f"{item.value}」は{item.type}の形をしているが、答えにない。"
    return None


def _changed(passage: Passage, value: str, rng: random.Random) -> str | None:
    """The value with one character changed, left out or doubled, so that the text lacks it."""
    place = rng.randrange(len(value))
    other = rng.choice((rng.choice(passage.text), "", value[place] * 2))
    changed = value[:place] + other + value[place + 1 :]
    return None if not changed.strip() or changed in passage.text else changed


def _shifted(passage: Passage, value: str, rng: random.Random) -> str | None:
    """A neighbouring stretch of the text: a character or two more or fewer at one end."""
    start = passage.text.index(value)
    end = start + len(value)
    low, high = start + rng.choice((-2, -1, 0, 1)), end + rng.choice((-1, 0, 1, 2))
    shifted = passage.text[max(low, 0) : high].strip()
    return shifted if len(shifted) > 1 and shifted != value else None


def _merged(passage: Passage, right: list[Item], place: int) -> str | None:
    """This item and the next in one value, where they stand side by side."""
    if place + 1 >= len(right):
        return None
    start = passage.text.index(right[place].value)
    end = start + len(right[place].value)
    following = passage.text.find(right[place + 1].value, end)
    if not end <= following <= end + 4:
        return None
    return passage.text[start : following + len(right[place + 1].value)]


def _add_wrong(passage: Passage, right: list[Item], rng: random.Random, draft: _Draft) -> None:
    """Sometimes an item too many, and sometimes a finding about what is no identifier."""
    known = {item.value for item in right}
    outside = "".join(
        "\n" if any(start <= place < end for start, end, _ in passage.spans) else sign
        for place, sign in enumerate(passage.text)
    )
    words = [word for word in _WORD.findall(outside) if word not in known]
    if words and rng.random() < 0.15:
        word = rng.choice(words)
        wrong = Item(rng.choice(list(Category)), word)
        if rng.random() < 0.5:
            draft.unnoticed(wrong)
        elif (absent := word[::-1] + word[0]) not in passage.text:
            draft.noticed(f"{absent}」は報告書にない。", [wrong._replace(value=absent)], [])
    numbers = [number for number in _NUMBER.findall(outside) if number not in known]
    if numbers and rng.random() < _FALSE_ALARM:
        kind = rng.choice(("TIME", "AGE", "ID", "DATE"))
        draft.findings.append(f"- 「{rng.choice(numbers)}」は{kind}の形をしているが、答えにない。")


def _once(listed: list[_T]) -> list[_T]:
    return list(dict.fromkeys(listed))
