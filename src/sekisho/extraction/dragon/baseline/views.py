"""Views of an input: the lists of features from which the models of a task may choose.

A text is seen by its n-grams or its characters. Of several parts, the later ones are seen beside
what they share with the part before: how many words and stems, which words are new, and whether
one of the two is negated (``negations.toml``).
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import pairwise, product

from sekisho.extraction.dragon.baseline.texts import characters, ngrams, tokens

__all__ = ["PARTS", "TEXT", "Input", "View", "joined"]

#: A text, or its parts.
Input = str | Sequence[str]
View = Callable[[Input], list[str]]

#: Words that share as many first letters are one stem.
_STEM = 5
_MOST = 5


def joined(value: Input) -> str:
    """An input as one text; its parts stand on lines of their own."""
    return value if isinstance(value, str) else "\n".join(value)


def _ngrams(value: Input) -> list[str]:
    return ngrams(joined(value))


def _characters(value: Input) -> list[str]:
    return characters(joined(value))


def _related(value: Input) -> list[str]:
    """The later parts, each with its relation to the part before."""
    parts = [value] if isinstance(value, str) else list(value)
    later = (
        f"{place}:{each}" for place, part in enumerate(parts[1:], 2) for each in ngrams(part, 3)
    )
    return [*later, *_relations(parts)]


def _related_characters(value: Input) -> list[str]:
    parts = [value] if isinstance(value, str) else list(value)
    later = (
        f"{place}/{each}" for place, part in enumerate(parts[1:], 2) for each in characters(part)
    )
    return [*_related(parts), *later]


def _crossed(value: Input) -> list[str]:
    """All parts, and each word of a part with each word of the next."""
    parts = [value] if isinstance(value, str) else list(value)
    words = [sorted({token.unit for token in tokens(part)}) for part in parts]
    pairs = (
        f"{one}>{other}" for here, after in pairwise(words) for one, other in product(here, after)
    )
    first = (f"1:{each}" for each in ngrams(parts[0] if parts else "", 2))
    return [*first, *_related(parts), *pairs]


TEXT: Mapping[str, View] = {"words": _ngrams, "characters": _characters}
PARTS: Mapping[str, View] = {
    "words": _ngrams,
    "related": _related,
    "related characters": _related_characters,
    "crossed": _crossed,
}


def _relations(parts: Sequence[str]) -> Iterator[str]:
    negations = _negations()
    words = [[token.unit for token in tokens(part)] for part in parts]
    for place, (before, after) in enumerate(pairwise(words), 2):
        here, there = set(before), set(after)
        stems = _stems(after)
        shared = len(stems & _stems(before))
        few = min(shared, 3)
        yield f"{place} shares words={min(len(here & there), _MOST)}"
        yield f"{place} shares stems={min(shared, _MOST)}"
        yield f"{place} covered={4 * shared // max(1, len(stems))}"
        yield f"{place} longer={(len(after) > len(before)) - (len(after) < len(before))}"
        yield f"{place} length={len(after) // 2}"
        yield f"{place} negated={bool(here & negations)}>{bool(there & negations)}"
        for word in sorted(there - here):
            yield f"{place} new={word}"
            yield f"{place} new={word} stems={few}"
        for word in sorted(there & here):
            yield f"{place} both={word}"


def _stems(words: Sequence[str]) -> set[str]:
    return {word[:_STEM] for word in words if len(word) > 3}


@cache
def _negations() -> frozenset[str]:
    path = files(__package__) / "negations.toml"
    table: Mapping[str, list[str]] = tomllib.loads(path.read_text(encoding="utf-8"))
    return frozenset(word for words in table.values() for word in words)
