"""Parts found by name: the entry-point groups that built-ins and other packages register in.

A new detector, format, transform or metric is one installed entry point; nothing in sekisho has to
change for it. The built-ins come the same way, so the path is used every day.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from sekisho.errors import UsageError

__all__ = ["load", "names"]


@cache
def _group(group: str) -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=group)}


def names(group: str) -> list[str]:
    """The registered names of ``group``, sorted."""
    return sorted(_group(group))


def load(group: str, name: str) -> Any:
    """The object registered as ``name`` in ``group``.

    Raises ``UsageError`` when there is none of that name.
    """
    entry = _group(group).get(name)
    if entry is None:
        kind = group.removeprefix("sekisho.").removesuffix("s")
        raise UsageError(
            f"no {kind} is called {name!r}", remedy=f"known: {', '.join(names(group)) or 'none'}"
        )
    return entry.load()
