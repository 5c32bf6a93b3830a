"""The numbers of a text as candidates for an answer, each with what stands around it.

A target such as "the largest nodule" is one of the numbers in the report; which one, is told by
the words near it, its unit, its place, and how it compares with the other numbers. Features are
strings; no word has a meaning here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sekisho.extraction.dragon.baseline.quantities import unit_sizes
from sekisho.extraction.dragon.baseline.texts import Token, headed, sentences, tokens

__all__ = ["Candidate", "candidates", "closest", "scales", "standings"]

_LEFT, _RIGHT = 6, 3
#: Places from here on are called the same.
_FAR = 9
#: What rounding may do to a number between the report and the target.
_ROUNDING = 0.05


@dataclass(frozen=True, slots=True)
class Candidate:
    """A number of a text.

    ``base`` is its value in the base unit of ``dimension`` (empty: a bare number), ``context``
    what stands around it, ``keys`` name the groups in which it is compared with others.
    """

    base: float
    dimension: str
    context: tuple[str, ...]
    keys: tuple[str, ...]


def candidates(text: str) -> list[Candidate]:
    """The numbers of ``text`` from left to right."""
    found: list[Candidate] = []
    heading = ""
    for sentence in sentences(tokens(text)):
        heading, rest = headed(heading, sentence)
        for place, token in enumerate(rest):
            if token.quantity is not None:
                found.append(_candidate(heading, rest, place, len(found)))
    count = len(found)
    return [
        Candidate(
            each.base,
            each.dimension,
            (*each.context, f"from the end={min(count - 1 - place, _FAR)}"),
            each.keys,
        )
        for place, each in enumerate(found)
    ]


def _candidate(heading: str, sentence: Sequence[Token], place: int, order: int) -> Candidate:
    quantity = sentence[place].quantity
    assert quantity is not None
    left = [token.unit for token in sentence[max(0, place - _LEFT) : place]][::-1]
    right = [token.unit for token in sentence[place + 1 : place + 1 + _RIGHT]]
    context = [
        "any",
        f"unit={quantity.unit}",
        f"dimension={quantity.dimension}",
        f"size={sentence[place].size}",
        f"heading={heading}",
        f"order={min(order, _FAR)}",
        *(f"left {distance}={word}" for distance, word in enumerate(left, 1)),
        *(f"left={word}" for word in dict.fromkeys(left)),
        *(f"right {distance}={word}" for distance, word in enumerate(right, 1)),
        *(f"right={word}" for word in dict.fromkeys(right)),
    ]
    near = [*left[:3], "", "", ""]
    keys = (
        "all",
        f"dimension={quantity.dimension}",
        *(f"left {distance}={near[distance - 1]}" for distance in (1, 2, 3)),
    )
    return Candidate(quantity.base, quantity.dimension, tuple(context), keys)


def standings(found: Sequence[Candidate], values: Sequence[float]) -> list[list[str]]:
    """How each candidate compares with the others of its groups: largest, first, the only one."""
    groups: dict[str, list[int]] = defaultdict(list)
    for place, each in enumerate(found):
        for key in each.keys:
            groups[key].append(place)
    said: list[list[str]] = [[] for _ in found]
    for key, members in groups.items():
        said[members[0]].append(f"first of {key}")
        said[members[-1]].append(f"last of {key}")
        amounts = [values[place] for place in members]
        for place in members:
            if values[place] == max(amounts):
                said[place].append(f"largest of {key}")
            if values[place] == min(amounts):
                said[place].append(f"smallest of {key}")
            if len(members) == 1:
                said[place].append(f"only of {key}")
    return said


def closest(values: Sequence[float], target: float, step: float) -> list[int]:
    """The places of the values that are nearest to ``target``, when rounding explains the rest.

    ``step`` is the distance between possible targets (1 for whole numbers).
    """
    if not values:
        return []
    gap = min(abs(value - target) for value in values)
    if gap > max(0.5 * step, _ROUNDING * abs(target)) * (1 + 1e-9):
        return []
    return [place for place, value in enumerate(values) if abs(value - target) <= gap * (1 + 1e-9)]


def scales(
    documents: Sequence[Sequence[Candidate]], targets: Sequence[float], step: float
) -> dict[str, float]:
    """By dimension: the factor from its base unit to the unit in which the targets are written.

    The targets are taken to be in the unit in which most of them stand in their texts.
    """
    chosen = {"": 1.0}
    for dimension in sorted({each.dimension for found in documents for each in found} - {""}):

        def matched(factor: float, dimension: str = dimension) -> int:
            return sum(
                bool(
                    closest(
                        [each.base * factor for each in found if each.dimension == dimension],
                        target,
                        step,
                    )
                )
                for found, target in zip(documents, targets, strict=True)
            )

        factors = sorted(
            {1 / size for size in unit_sizes(dimension)},
            key=lambda factor: (abs(factor - 1), factor),
        )
        chosen[dimension] = max(factors, key=matched)
    return chosen
