"""Prompts are files: what is read from them, and how their places are filled."""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["fill", "said"]

_PLACE = re.compile(r"\{([a-z]+)\}")


def fill(template: str, **values: str) -> str:
    """``template`` with its ``{name}`` places filled in one pass.

    What is filled in is never read as a template: a report may hold ``{answer}``. Raises
    ``KeyError`` for a place that has no value.
    """
    return _PLACE.sub(lambda place: values[place[1]], template)


def said(path: Path) -> str:
    """The prompt in the file at ``path``; lines that begin with ``#`` say where it comes from."""
    lines = path.read_text(encoding="utf-8").split("\n")
    return "\n".join(line for line in lines if not line.startswith("#")).strip()
