"""Word lists: one term a line, with the source and licence of each list in its first lines.

The files are stored already folded (as ``sekisho.documents.folding`` would leave them), so that
they can be compared with folded text without further work. Lists are read on first use.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

__all__ = ["lines", "names", "words"]


def names() -> list[str]:
    """The names of all lists, sorted."""
    folder = files(__name__)
    return sorted(
        entry.name.removesuffix(".txt") for entry in folder.iterdir() if entry.name.endswith(".txt")
    )


@cache
def lines(name: str) -> tuple[str, ...]:
    """The terms of the list ``name`` in file order, without comments and empty lines.

    Raises ``FileNotFoundError`` when there is no such list.
    """
    text = files(__name__).joinpath(f"{name}.txt").read_text(encoding="utf-8")
    while text.startswith("#"):
        _, _, text = text.partition("\n")
    if "#" not in text and " " not in text and "\t" not in text:
        # The large generated lists have nothing left to clean.
        return tuple(text.split())
    return tuple(
        line for line in map(str.strip, text.splitlines()) if line and not line.startswith("#")
    )


@cache
def words(name: str) -> frozenset[str]:
    """The terms of the list ``name`` as a set.

    Raises ``FileNotFoundError`` when there is no such list.
    """
    return frozenset(lines(name))
