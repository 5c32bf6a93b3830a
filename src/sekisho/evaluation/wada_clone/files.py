"""Which files of a clone may hold a split, told by their names: what is sealed is not opened."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sekisho.errors import InputError
from sekisho.evaluation.wada_clone.grids import SUFFIXES
from sekisho.evaluation.wada_clone.words import Split, is_of_answers, split_named

__all__ = ["Files", "files_of"]

_MOST_FILES = 20_000


@dataclass(frozen=True, slots=True)
class Files:
    """The tables to look into for a split.

    ``named`` are files whose path speaks of it, ``unnamed`` those whose path speaks of none or of
    both; files of the other split are not among them. ``answers`` counts files of models' answers
    and of figures, which are left out.
    """

    named: tuple[Path, ...]
    unnamed: tuple[Path, ...]
    answers: int


def files_of(path: Path, split: Split) -> Files:
    """The files for ``split`` in the clone at ``path``, or the one file that ``path`` is.

    No file is opened. Raises ``InputError`` when there is no clone at ``path``, or nothing in it
    that may hold ``split``.
    """
    if not path.exists():
        raise InputError("no such folder", where=str(path), remedy="name the folder of a clone")
    named, unnamed, answers = [], [], 0
    for file, parts in _tables(path):
        if path.is_dir() and any(map(is_of_answers, parts)):
            answers += 1
            continue
        told = _told(parts)
        if told == split:
            named.append(file)
        elif told is None:
            unnamed.append(file)
    if not named and not unnamed:
        raise InputError(
            f"holds no table of the {split} split",
            where=str(path),
            remedy=f"expected are files such as {_example(split)}",
        )
    return Files(tuple(named), tuple(unnamed), answers)


def _told(parts: Sequence[str]) -> Split | None:
    """The split that the nearest part of the path speaks of."""
    return next((split for split in map(split_named, reversed(parts)) if split), None)


def _tables(path: Path) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """Files with the suffix of a table, and the parts of their paths below ``path``."""
    if not path.is_dir():
        if path.suffix.lower() not in SUFFIXES:
            raise InputError("no table", where=str(path), remedy=f"one of {', '.join(SUFFIXES)}")
        yield path, (path.stem,)
        return
    seen = 0
    for folder, folders, files in os.walk(path):
        folders[:] = sorted(each for each in folders if not each.startswith("."))
        for name in sorted(files):
            seen += 1
            if seen > _MOST_FILES:
                raise InputError("holds too many files to be a clone", where=str(path))
            file = Path(folder, name)
            # A link could lead out of the clone, or to what is sealed under another name.
            if file.suffix.lower() in SUFFIXES and name[0] not in ".~" and not file.is_symlink():
                yield file, file.relative_to(path).with_suffix("").parts


def _example(split: Split) -> str:
    word = "development" if split == "development" else "held_out"
    return f"{word}.csv, or a sheet, key or column that says so"
