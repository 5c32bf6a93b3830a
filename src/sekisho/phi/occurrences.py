"""The parts of a name that can stand for it, and whether an occurrence is a word of its own.

A name that is known, or was found once, is searched again by its surname and its given name. What
is found so must not be a piece of another word: 宮本 in 子宮本体, まり in つまり.
"""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet

from sekisho.phi.detectors.names.name_parts import (
    HIRAGANA,
    KANJI,
    KATAKANA,
    closes,
    full_name_split,
)
from sekisho.phi.lists import words
from sekisho.phi.morphology import is_ordinary_word, is_surname

__all__ = ["cuts_a_word", "is_whole_name", "parts", "pieces", "stands_alone"]

_KANJI = re.compile(f"[{KANJI}]")
_HIRAGANA = re.compile(f"[{HIRAGANA}]")
_ONE_WORD = (re.compile(f"[{KATAKANA}]"), re.compile("[A-Za-zÀ-ÿ]"))
_GAP = re.compile("[ \n・^,]+")


def pieces(name: str) -> list[str]:
    """A folded ``name`` cut at its blanks or, without any, between surname and given name."""
    cut = [piece for piece in _GAP.split(name) if piece]
    if len(cut) == 1 and not is_surname(name):
        split = full_name_split(name)
        if split is not None:
            return [name[:split], name[split:]]
    return cut


def is_whole_name(name: str) -> bool:
    """Whether a folded ``name`` is surname and given name, and long enough to be found anywhere."""
    return len(_GAP.sub("", name)) >= 3 and len(pieces(name)) > 1


def parts(name: str) -> list[str]:
    """Surname and given name of a folded ``name``, each where it can stand for the person.

    A part that is also an ordinary word (はな) cannot, nor one kanji that is no surname. Empty when
    the name has one part only.
    """
    found = pieces(name)
    if len(found) < 2:
        return []
    usable = []
    for position, piece in enumerate(found):
        if len(piece) == 1:
            if position == 0 and len(name) > 2 and piece in words("single_surnames"):
                usable.append(piece)
        elif piece not in words("not_names") and not _says_something_else(piece, position):
            usable.append(piece)
    return usable


def _says_something_else(piece: str, position: int) -> bool:
    if not is_ordinary_word(piece):
        return False
    if position > 0:
        return True
    # サトウ is also sugar, but more often the patient; セキ is more often a cough.
    return not _KANJI.match(piece) and not (len(piece) > 2 and is_surname(piece))


def cuts_a_word(text: str, start: int, end: int) -> bool:
    """Whether a katakana or Latin word goes on beyond ``text[start:end]``."""
    for script in _ONE_WORD:
        if start > 0 and script.match(text[start]) and script.match(text[start - 1]):
            return True
        if end < len(text) and script.match(text[end - 1]) and script.match(text[end]):
            return True
    return False


def stands_alone(text: str, start: int, end: int, starts: AbstractSet[int]) -> bool:
    """Whether a part of a name at ``text[start:end]`` (folded) is a word of its own.

    ``starts`` are the offsets where morphemes begin.
    """
    if cuts_a_word(text, start, end):
        return False
    first = text[start]
    before = text[start - 1] if start > 0 else " "
    behind = text[end] if end < len(text) else " "
    if _HIRAGANA.match(first) and end - start < 4:
        if _HIRAGANA.match(before):
            return False
        if _HIRAGANA.match(behind) and end not in starts:
            return False
    if not _KANJI.match(first):
        return True
    if end - start == 1:
        return not _KANJI.match(before) and _single_ends(text, end)
    if _KANJI.match(before) and start not in starts:
        return False
    return closes(text, end) or (end in starts and is_surname(text[start:end]))


_SINGLE_END = re.compile("[ \n、。,・()（）/:」]|様|さん|氏|先生|医師|Dr|が|より|から|にて")


def _single_ends(text: str, end: int) -> bool:
    return end >= len(text) or _SINGLE_END.match(text, end) is not None
