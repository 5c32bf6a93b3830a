"""Which columns of a table hold the text and the document's id: named by the user, or recognised.

Messages list column names, which say nothing about a patient. A first row that looks like data
rather than names is not listed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from sekisho.documents.records import ReadOptions
from sekisho.errors import UsageError

__all__ = ["Columns", "choose", "unique_keys"]

_LONGEST_NAME = 40
_DATA = re.compile("[\r\n]|[0-9]{5}|^[0-9 ./:-]+$")


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a source by key, and the part that some of them play."""

    keys: tuple[str, ...]
    text: tuple[str, ...]
    id: str | None


def unique_keys(names: Sequence[str]) -> tuple[str, ...]:
    """A key for each column of a header: its name, numbered when it is empty or used before."""
    keys: list[str] = []
    taken = set(names)
    for number, name in enumerate(names, start=1):
        key, copy = name or f"column {number}", 1
        while key in keys or (key != name and key in taken):
            copy += 1
            key = f"{name or f'column {number}'} ({copy})"
        keys.append(key)
    return tuple(keys)


def choose(names: Sequence[str], options: ReadOptions, where: str) -> Columns:
    """Choose the columns of a source whose header is ``names``.

    Raises ``UsageError`` when a column that the options name is missing, or when none is named and
    none is recognised as text.
    """
    keys = unique_keys(names)
    by_name: dict[str, list[str]] = {}
    for name, key in zip(names, keys, strict=True):
        by_name.setdefault(name, []).append(key)
        if key != name:
            by_name.setdefault(key, []).append(key)

    def find(name: str, option: str) -> list[str]:
        if name not in by_name:
            raise UsageError(
                f"there is no column {name!r}",
                where=where,
                remedy=f"{_listing(keys)}; name one with {option}",
            )
        return by_name[name]

    # A name that stands twice in the header means both: neither may pass unread.
    text = [key for name in options.text_columns for key in find(name, "--text-column")]
    if options.patient_column is not None:
        find(options.patient_column, "--patient-column")
    if options.id_column is not None:
        identity: str | None = find(options.id_column, "--id-column")[0]
    else:
        known = _recognised()["id"]
        identity = next((k for n, k in zip(names, keys, strict=True) if _plain(n) in known), None)
    if not options.text_columns:
        known = _recognised()["text"]
        if any(_plain(name) in known for name in names):
            known |= _recognised()["beside"]
        text = [key for name, key in zip(names, keys, strict=True) if _plain(name) in known]
        if not text:
            raise UsageError(
                "no column is recognised as the text",
                where=where,
                remedy=f"{_listing(keys)}; name one with --text-column",
            )
    return Columns(keys, tuple(dict.fromkeys(text)), identity)


def _listing(keys: Sequence[str]) -> str:
    if any(len(key) > _LONGEST_NAME or _DATA.search(key) for key in keys):
        return "the first row does not look like column names"
    return f"columns: {', '.join(keys)}"


def _plain(name: str) -> str:
    return unicodedata.normalize("NFKC", name).strip().lower()


@cache
def _recognised() -> dict[str, frozenset[str]]:
    """The lists of ``columns.txt`` by section."""
    text = resources.files(__package__).joinpath("columns.txt").read_text(encoding="utf-8")
    sections: dict[str, set[str]] = {}
    section: set[str] = set()
    for line in text.splitlines():
        if line.startswith("["):
            section = sections.setdefault(line.strip("[]"), set())
        elif line and not line.startswith("#"):
            section.add(line)
    return {name: frozenset(names) for name, names in sections.items()}
