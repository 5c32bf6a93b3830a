"""Whether a word is the subject, or the addressee, of what a colleague does."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from sekisho.phi.detectors.names.name_parts import KANJI_SIGN
from sekisho.phi.lists import lines, words
from sekisho.phi.morphology import Morpheme, is_surname

__all__ = ["on_duty"]

_DUTY_PARTICLES = frozenset({"が", "は", "にて", "より", "から", "に", "へ", "と", "も"})


def on_duty(text: str, sequence: Sequence[Morpheme], index: int, word: Morpheme) -> bool:
    """佐藤が確認, 千葉に連絡, 林にて施行: a particle, then what a colleague does."""
    if not is_surname(word.surface) or word.surface in words("not_names"):
        return False
    if len(word.surface) == 1 and word.surface not in words("single_surnames"):
        return False
    if word.start > 0 and KANJI_SIGN.match(text[word.start - 1]):
        return False
    if index + 2 >= len(sequence):
        return False
    particle = sequence[index + 1]
    following = sequence[index + 2]
    if particle.surface == "の":
        return len(word.surface) > 1 and following.surface in words("staff_nouns")
    if particle.surface not in _DUTY_PARTICLES:
        return False
    duty = _duty_in_clause(sequence, index + 2)
    if duty is None:
        return False
    if duty > index + 2 and particle.surface not in ("が", "より", "から", "へ"):
        # は, も and に begin many a clause; only a word that is read as a surname is trusted there.
        return word.kind == "surname" and len(word.surface) > 1
    if len(word.surface) == 1 or word.kind != "surname":
        # 南に連絡通路, 森に紹介: one ordinary character needs the subject's particle.
        return particle.surface in ("が", "にて", "より", "から", "へ") or (
            word.kind == "place" and particle.surface == "に"
        )
    return True


@cache
def _verb_stems() -> tuple[str, ...]:
    return lines("staff_verb_stems")


def _duty_in_clause(sequence: Sequence[Morpheme], first: int) -> int | None:
    """The index of a duty among the next morphemes of the clause."""
    for position in range(first, min(first + 8, len(sequence))):
        surface = sequence[position].surface
        if surface in words("staff_verbs"):
            return position
        if sequence[position].kind == "verb" and surface.startswith(_verb_stems()):
            return position
        if surface in "。、\n":
            return None
    return None
