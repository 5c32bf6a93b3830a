"""The figures of Wada et al. (Sci Rep 16, 5910, 2026), to measure our score and our phases by.

They stand in ``published.toml``, which says what was published and what is inferred.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

__all__ = [
    "EfficiencyPair",
    "Published",
    "PublishedComparison",
    "PublishedReview",
    "PublishedSystem",
    "Remaining",
    "SecondPhase",
    "published",
]


@dataclass(frozen=True, slots=True)
class EfficiencyPair:
    """The ``points`` (of 10) that a system got for its ``seconds`` per 100 tokens."""

    seconds: float
    points: float


@dataclass(frozen=True, slots=True)
class PublishedSystem:
    """A row of the table of held-out reports: the points of the eight components, and the total.

    The points are rounded to 0.1, and yet their sum may be several points off ``total``.
    """

    name: str
    total: float
    points: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class SecondPhase:
    """The generic prompts: ``scores`` (of ``out_of``) by model, and the rules of the phase.

    A baseline above ``split`` got the long prompt; models from ``selected_from`` on went on.
    """

    out_of: float
    split: float
    long_prompt_gain: float
    short_prompt_gain: float
    selected_from: float
    scores: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class PublishedReview:
    """The total of a system without review (``baseline``) and with one (``refined``)."""

    system: str
    baseline: float
    refined: float
    gain: float


@dataclass(frozen=True, slots=True)
class PublishedComparison:
    """The total of ``first`` less that of ``second``; ``below``: p is less than what is given.

    ``d`` is Cohen's d for pairs, None where the study gives none.
    """

    first: str
    second: str
    difference: float
    p: float
    below: bool
    d: float | None = None


@dataclass(frozen=True, slots=True)
class Remaining:
    """What the best local ``system`` still got wrong; ``scripts`` hold (found, of)."""

    system: str
    seconds_per_report: float
    errors: Mapping[str, int]
    scripts: Mapping[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Published:
    """Everything of the study that is used here; ``maxima`` are inferred."""

    source: str
    maxima: Mapping[str, float]
    efficiency: tuple[EfficiencyPair, ...]
    systems: tuple[PublishedSystem, ...]
    phase_means: tuple[float, ...]
    second_phase: SecondPhase
    reviews: tuple[PublishedReview, ...]
    comparisons: tuple[PublishedComparison, ...]
    remaining: Remaining


@cache
def published() -> Published:
    """The published figures, read once; efficiency pairs are sorted by their seconds."""
    source = files(__package__) / "published.toml"
    table = tomllib.loads(source.read_text(encoding="utf-8"))
    pairs = (EfficiencyPair(**pair) for pair in table["efficiency"])
    return Published(
        source=table["source"],
        maxima=_floats(table["maxima"]),
        efficiency=tuple(sorted(pairs, key=lambda pair: pair.seconds)),
        systems=tuple(
            PublishedSystem(row["name"], row["total"], _floats(row["points"]))
            for row in table["systems"]
        ),
        phase_means=tuple(table["phases"]["means"]),
        second_phase=SecondPhase(
            **(table["second_phase"] | {"scores": _floats(table["second_phase"]["scores"])})
        ),
        reviews=tuple(PublishedReview(**row) for row in table["reviews"]),
        comparisons=tuple(PublishedComparison(**row) for row in table["comparisons"]),
        remaining=_remaining(table["remaining"]),
    )


def _remaining(table: Mapping[str, Any]) -> Remaining:
    scripts = {name: (found, of) for name, (found, of) in table["scripts"].items()}
    return Remaining(
        system=table["system"],
        seconds_per_report=table["seconds_per_report"],
        errors=MappingProxyType(dict(table["errors"])),
        scripts=MappingProxyType(scripts),
    )


def _floats(table: Mapping[str, Any]) -> Mapping[str, float]:
    return MappingProxyType({name: float(value) for name, value in table.items()})
