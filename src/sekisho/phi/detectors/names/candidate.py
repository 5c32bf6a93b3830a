"""Candidates for names, and the name that begins at a place a cue points at.

All offsets count code points of the *folded* text; the detector maps them back once.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from sekisho.phi.detectors.names.name_parts import (
    KANJI_RUN,
    KANJI_SIGN,
    KATAKANA_NAME,
    KATAKANA_WORD,
    MIXED_GIVEN,
    ONE_SCRIPT,
    PARTICLE_LIKE,
    RUN,
    closes,
    closing,
    full_name_split,
    given_after_gap,
    never_names,
    same_script,
)
from sekisho.phi.lists import words
from sekisho.phi.morphology import is_given_name, is_ordinary_word, is_person, is_surname

__all__ = ["Candidate", "name_after"]


class Candidate(NamedTuple):
    """``folded[start:end]`` may be a name; ``rule`` says why, ``score`` how surely."""

    start: int
    end: int
    category: str
    rule: str
    score: float


def name_after(
    text: str, start: int, *, given: bool = False, unknown: bool = False, foreign: bool = False
) -> tuple[int, str] | None:
    """The name that begins at ``start``: its end and its kind (full, surname, given, unknown).

    ``given`` admits a given name alone, ``unknown`` a short word that no dictionary knows; both
    are for places where a label or a relation has already said that a name follows; ``foreign``
    admits an unknown word in katakana only.
    """
    run = RUN.match(text, start)
    if run is None:
        return None
    word = run.group()
    surname_end = None
    best: tuple[int, str] | None = None
    for cut in range(min(len(word), 6), 0, -1):
        part = word[:cut]
        if cut == 1:
            if not KANJI_SIGN.match(part):
                continue
            # 担当技師：椎 needs no dictionary, 術者 奥 no plainer word; elsewhere both are asked.
            if part in words("not_names") and not (unknown and is_surname(part)):
                continue
            if not unknown and part not in words("single_surnames"):
                continue
        elif not is_surname(part) or part in words("not_names"):
            continue
        stop = start + cut
        for length in range(min(len(word) - cut, 8), 0, -1):
            full = word[: cut + length]
            if full_name_split(full) is None or not closes(text, stop + length):
                continue
            candidate = (stop + length, "full")
            if best is None or candidate[0] > best[0]:
                best = candidate
            break
        gapped = given_after_gap(text, stop, sure=unknown or given)
        if gapped is not None and (best is None or gapped > best[0]):
            best = (gapped, "full")
        ends = closes(text, stop) and (cut > 1 or _single_closes(text, stop))
        if surname_end is None and ends and not _runs_on(word, cut):
            surname_end = stop
    if best is not None:
        return best
    if surname_end is not None:
        return surname_end, "surname"
    if given:
        mixed = MIXED_GIVEN.match(text, start)
        if mixed is not None and closes(text, mixed.end()):
            return mixed.end(), "given"
        for cut in range(min(len(word), 5), 0, -1):
            part = word[:cut]
            if (
                ONE_SCRIPT.fullmatch(part)
                and is_given_name(part)
                and part not in words("not_names")
                and part not in PARTICLE_LIKE
                and (cut > 1 or KANJI_SIGN.match(part))
                and closes(text, start + cut)
                and not _runs_on(word, cut)
            ):
                return start + cut, "given"
    if unknown or (foreign and KATAKANA_WORD.match(text, start)):
        return _unknown_after(text, start)
    return None


_SINGLE_CLOSES = re.compile("[ \n、。,・()（）/:」】→がはにともので=|*]|より|から|にて|まで|へ|ら")


def _single_closes(text: str, end: int) -> bool:
    """Behind one kanji only a border or a particle: 申し送り does not begin with a colleague."""
    if end >= len(text) or _SINGLE_CLOSES.match(text, end):
        return True
    return closing().match(text, end) is not None or text[end].isascii()


def _runs_on(word: str, cut: int) -> bool:
    """Whether a kana word is cut in its middle (さとう in さとうきび)."""
    return (
        cut < len(word)
        and not KANJI_SIGN.match(word[cut])
        and same_script(word[cut - 1], word[cut])
    )


def _with_known_given(text: str, end: int) -> tuple[int, str] | None:
    whole = given_after_gap(text, end)
    if whole is None or not is_given_name(text[end:whole].strip(" \n・")):
        return None
    return whole, "full"


def _unknown_after(text: str, start: int) -> tuple[int, str] | None:
    match = KANJI_RUN.match(text, start) or KATAKANA_NAME.match(text, start)
    if match is None:
        return None
    part = match.group()
    title = closing().search(part, 1)
    if title is not None and title.end() == len(part):
        part = part[: title.start()]
    if part in never_names() or part.endswith(("担当医", "主治医", "当直医", "担当者", "責任者")):
        return None
    length = len(part)
    if not 2 <= length <= 12:
        return None
    if is_ordinary_word(part) and not is_person(part):
        # 碧海 修: the given name behind the blank shows that the word is a surname here.
        return _with_known_given(text, start + length)
    if length > 6 and KANJI_SIGN.match(part):
        return None
    end = start + length
    if not closes(text, end):
        return None
    gapped = given_after_gap(text, end, sure=True)
    return (gapped or end), "unknown"
