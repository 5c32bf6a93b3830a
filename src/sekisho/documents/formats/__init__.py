"""Sources by format: which reader a file gets, and which files a folder holds.

The format of a file is the entry point of the group ``sekisho.formats`` that is named like the
file's suffix (``csv``, ``jsonl``, ...), or like the suffix it is another name of (``tsv`` is read
as ``csv``): a callable that takes a path and ``ReadOptions`` and returns a ``Reader``. A new format
is one such entry point.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from sekisho import plugins
from sekisho.documents.encodings import unreadable
from sekisho.documents.records import Reader, ReadOptions
from sekisho.errors import InputError

__all__ = ["Skipped", "Source", "Sources", "expand", "open_source"]

GROUP = "sekisho.formats"
_OTHER_NAMES = {"txt": "text", "tsv": "csv", "tab": "csv", "ndjson": "jsonl", "pq": "parquet"}


@dataclass(frozen=True, slots=True)
class Source:
    """An opened file: its path, its reader, and a relative path that no other source has.

    ``name`` is where its result goes below an output folder: the path inside the folder that was
    given, or the file's own name.
    """

    path: str
    name: str
    reader: Reader


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file or folder that is not read, and why; ``failed`` when it should have been."""

    path: str
    reason: str
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Sources:
    """All that the given paths stand for, in order, and what was left out."""

    sources: tuple[Source, ...]
    skipped: tuple[Skipped, ...] = ()


def open_source(path: str, options: ReadOptions) -> Reader:
    """Open the file at ``path`` with the format that its suffix names.

    Raises ``InputError`` when there is no such file or format or it cannot be read, ``UsageError``
    when the options do not fit it.
    """
    if os.path.isdir(path):
        raise InputError("is a folder, not a file", where=path, remedy="name a file in it")
    if not os.path.exists(path):
        raise InputError("no such file", where=path, remedy="check the path")
    name = _format(path)
    if name is None:
        raise InputError(
            f"files named *{PurePath(path).suffix} have no known format",
            where=path,
            remedy=f"rename or convert it; known: {_suffixes()}",
        )
    reader: Reader = plugins.load(GROUP, name)(path, options)
    return reader


def expand(paths: Sequence[str], options: ReadOptions) -> Sources:
    """Open all that ``paths`` (files and folders) stand for; folders with their subfolders, sorted.

    In a folder, hidden files, links to folders, files of unknown format and unreadable files are
    reported as skipped. A file that is named itself must be readable: raises as ``open_source``,
    and ``InputError`` for a folder without any file to read. ``UsageError`` is always raised: an
    option that does not fit one file of a folder is wrong for the folder.
    """
    sources: list[Source] = []
    skipped: list[Skipped] = []
    names: set[str] = set()

    def add(path: str, name: str, reader: Reader) -> None:
        sources.append(Source(path, _unused(name, names), reader))

    for path in paths:
        if not os.path.isdir(path):
            add(path, os.path.basename(path), open_source(path, options))
            continue
        before = len(sources)
        for found in _walk(path):
            if isinstance(found, Skipped):
                skipped.append(found)
                continue
            inside = os.path.relpath(found, path)
            try:
                reader = open_source(found, options)
            except InputError as error:
                skipped.append(Skipped(found, str(error), failed=_format(found) is not None))
            else:
                add(found, inside, reader)
        if len(sources) == before and not any(s.failed for s in skipped):
            raise InputError(
                "the folder holds no file that can be read",
                where=path,
                remedy=f"known: {_suffixes()}",
            )
    return Sources(tuple(sources), tuple(skipped))


def _format(path: str) -> str | None:
    suffix = PurePath(path).suffix.lower().removeprefix(".")
    known = plugins.names(GROUP)
    return next((n for n in (suffix, _OTHER_NAMES.get(suffix, "")) if n in known), None)


def _suffixes() -> str:
    names = plugins.names(GROUP)
    return ", ".join(sorted({*names, *(s for s, name in _OTHER_NAMES.items() if name in names)}))


def _walk(folder: str) -> Iterator[str | Skipped]:
    """The files below ``folder``, sorted by path, and what is not looked into."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        yield Skipped(folder, unreadable(folder, error).message, failed=True)
        return
    for entry in entries:
        if entry.name.startswith("."):
            yield Skipped(entry.path, "hidden")
        elif entry.is_dir():
            if entry.is_symlink():
                yield Skipped(entry.path, "a link to a folder")
            else:
                yield from _walk(entry.path)
        elif _format(entry.path) is None:
            yield Skipped(entry.path, "no known format")
        elif not entry.is_file():
            yield Skipped(entry.path, "no file that can be read", failed=True)
        else:
            yield entry.path


def _unused(name: str, names: set[str]) -> str:
    """``name``, numbered before its suffix when another source has it; noted in ``names``."""
    stem, suffix = os.path.splitext(name)
    copy = 1
    while name.lower() in names:
        copy += 1
        name = f"{stem}-{copy}{suffix}"
    names.add(name.lower())
    return name
