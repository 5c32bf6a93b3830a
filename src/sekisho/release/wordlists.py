"""The word lists beside this package: plain text, one entry a line, ``#`` before a remark."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

__all__ = ["phrases", "rows", "words"]


@cache
def rows(name: str) -> tuple[tuple[str, ...], ...]:
    """The entries of ``lists/<name>.txt``, each split at its blanks."""
    text = (files("sekisho.release") / "lists" / f"{name}.txt").read_text(encoding="utf-8")
    lines = (line.split("#", 1)[0].split() for line in text.splitlines())
    return tuple(tuple(line) for line in lines if line)


@cache
def words(name: str) -> tuple[str, ...]:
    """The first column of ``lists/<name>.txt``, in the order of the file."""
    return tuple(row[0] for row in rows(name))


@cache
def _language(language: str) -> Mapping[str, Mapping[str, str]]:
    path = files("sekisho.release") / "lists" / "labels.toml"
    table: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    chosen: Mapping[str, Mapping[str, str]] = table[language]
    return chosen


def phrases(language: str, kind: str) -> Mapping[str, str]:
    """The ``labels`` of categories, or other fixed phrases, in ``language`` (ja, en, nl)."""
    return _language(language)[kind]
