"""Ordinary words put where names stand, so that the place alone never makes a name.

The nouns are those of the kind files themselves, without any that the dictionary also knows as a
name of a person or place; phrases that stand for an institution without naming one are a list.
"""

from __future__ import annotations

import re
from functools import cache

from sekisho.phi.morphology import morphemes, readings
from training.corpus.words import drawn, words
from training.corpus.writer import Piece, Writer

__all__ = ["nobody", "nowhere"]

#: How often a slot for a person, or for an institution, holds an ordinary word.
PEOPLE_SHARE = 0.045
FACILITY_SHARE = 0.05

_NAMES = frozenset({"surname", "given", "person", "place", "country", "proper"})
_SOURCES = ("traps", "doses", "roles", "relative_times", "anatomy", "diseases", "drugs")
_SLOT = re.compile(r"\{[^}]*\}")


def nobody(writer: Writer) -> list[Piece] | None:
    """Now and then a word that names nobody, for a slot that wants a person; else None."""
    if not writer.chance(PEOPLE_SHARE):
        return None
    word = writer.rng.choice(_nouns())
    if writer.chance(0.15):
        word = writer.rng.choice(_nouns()) + word
    return [Piece(word)]


def nowhere(writer: Writer) -> list[Piece] | None:
    """Now and then a phrase that names no institution, for a slot that wants one; else None."""
    if not writer.chance(FACILITY_SHARE):
        return None
    return [Piece(drawn(writer.rng, "generic_institutions"))]


@cache
def _nouns() -> tuple[str, ...]:
    from training.corpus.compose import kinds

    texts = [text for kind in kinds() for entries in kind.lists.values() for text in entries]
    texts += [entry for source in _SOURCES for entry in words(source)]
    found = set()
    for text in texts:
        for literal in re.split(r"[\[\]|\\]", _SLOT.sub("|", text)):
            for word in morphemes(literal):
                if word.kind == "noun" and 1 < len(word.surface) < 7:
                    found.add(word.surface)
    return tuple(sorted(word for word in found if _NAMES.isdisjoint(readings(word))))
