"""The vocabulary of the corpus: lists of words from the TOML files beside this module."""

from __future__ import annotations

import random
import tomllib
from functools import cache
from pathlib import Path

__all__ = ["drawn", "words"]

_FOLDER = Path(__file__).parent


@cache
def _lists() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name in ("words", "people"):
        text = (_FOLDER / f"{name}.toml").read_text(encoding="utf-8")
        for key, entries in tomllib.loads(text)["words"].items():
            found[key] = tuple(entries)
    found["traps"] = tuple(
        tomllib.loads((_FOLDER / "traps.toml").read_text(encoding="utf-8"))["traps"]
    )
    return found


def words(name: str) -> tuple[str, ...]:
    """The list called ``name``; raises ``KeyError`` when there is none."""
    return _lists()[name]


def drawn(rng: random.Random, name: str) -> str:
    """One word of a list."""
    return rng.choice(words(name))
