"""How things may be called in a clone: splits, columns, keys, categories, and nothing at all."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import cache
from importlib import resources
from typing import Any, Literal, TypeAlias

from sekisho.phi.categories import Category

__all__ = [
    "Split",
    "category_named",
    "is_missing",
    "is_none",
    "is_of_answers",
    "names",
    "plain",
    "split_named",
]

Split: TypeAlias = Literal["development", "held-out"]

_SIGNS = re.compile(r"[ \t\r\n_\-.・()\[\]<>「」【】#:]+")
_LAST_DIGITS = re.compile("[0-9]+$")
_HUMP = re.compile("(?<=[a-z])(?=[A-Z])")


def plain(name: str) -> str:
    """``name`` as names are compared: NFKC, lower case, no signs, no digits at the end."""
    bare = _SIGNS.sub("", unicodedata.normalize("NFKC", name).lower())
    return _LAST_DIGITS.sub("", bare) or bare


@cache
def names(section: str, key: str) -> tuple[str, ...]:
    """The names of a list of ``words.toml``, in its order, as ``plain`` makes them."""
    return tuple(map(plain, _words()[section][key]))


def category_named(label: str) -> Category | None:
    """The category that ``label`` means; None for a label that nobody mapped."""
    return _categories().get(plain(label))


def split_named(name: str) -> Split | None:
    """The split that ``name`` (of a path, a sheet, a cell) speaks of; None for none or both."""
    found: list[Split] = [split for split, pattern in _splits() if pattern.search(_spaced(name))]
    return found[0] if len(found) == 1 else None


def is_of_answers(name: str) -> bool:
    """Whether a part of a path says that answers of models or figures are in it."""
    return _pattern(tuple(_words()["files"]["answers"])).search(_spaced(name)) is not None


def is_missing(cell: str) -> bool:
    """Whether a cell says nothing: it is blank, or what programs write for a missing value."""
    return cell.strip().lower() in ("", *_words()["blank"]["missing"])


def is_none(cell: str) -> bool:
    """Whether a cell says in words that there is nothing."""
    said = unicodedata.normalize("NFKC", cell).strip().rstrip("。.").lower()
    return said in _words()["blank"]["none"]


@cache
def _words() -> dict[str, Any]:
    source = resources.files(__package__).joinpath("words.toml")
    return tomllib.loads(source.read_text(encoding="utf-8"))


@cache
def _categories() -> dict[str, Category]:
    return {
        plain(label): Category(category)
        for category, labels in _words()["categories"].items()
        for label in (category, *labels)
    }


@cache
def _splits() -> tuple[tuple[Split, re.Pattern[str]], ...]:
    words = _words()["splits"]
    order: tuple[Split, ...] = ("development", "held-out")
    return tuple((split, _pattern(tuple(words[split]))) for split in order)


def _spaced(name: str) -> str:
    return _HUMP.sub(" ", unicodedata.normalize("NFKC", name)).lower()


@cache
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    """Finds any of ``words``; a Latin one must not be a piece of a longer one."""
    each = "|".join(re.escape(word).replace(r"\ ", "[ _-]?") for word in words)
    return re.compile(f"(?<![a-z])(?:{each})(?![a-z])")
