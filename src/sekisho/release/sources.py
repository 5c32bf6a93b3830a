"""The sources of a run: where the released part of each goes, and what its records are called.

Paths below the inputs may hold names, and the same name may stand in two folders. So every source
gets a path that may be shown, and every record an id that no other record of the run has.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath, PurePosixPath
from typing import Any, NoReturn

from sekisho.documents.formats import Skipped, Sources
from sekisho.documents.records import Reader, Record, Writer
from sekisho.errors import InputError
from sekisho.release.reference import NAME, REFERENCE, public_reference
from sekisho.release.transforms import Derive

__all__ = ["NamedReader", "Source", "place_sources"]

#: Before an id that a record got from its place: no id of a file begins so.
_PLACE = "\0"


@dataclass(frozen=True)
class Source:
    """One input file: its reader, its path below the inputs, and where its released part goes.

    ``relative`` may hold an identifier and stays inside; ``path`` and ``name`` may be shown. A
    source that is not ``opened`` breaks before its first record.
    """

    reader: Reader
    relative: str
    path: str
    name: str
    opened: bool = True


class NamedReader:
    """A reader whose every record has an id that no other of the run has.

    A record without an id of its own is called by its place: a text file by its path, a row by
    its number, after ``place`` when there are several sources. ``reference`` is what the record
    of a text file may be called outside.
    """

    def __init__(self, reader: Reader, relative: str, place: str, reference: str) -> None:
        self.path, self.suffix = reader.path, reader.suffix
        self.columns, self.text_columns = reader.columns, reader.text_columns
        self.id_column = reader.id_column
        self.encoding, self.delimiter = reader.encoding, reader.delimiter
        self._reader, self._relative = reader, relative
        self._place, self._reference = place, reference

    def __iter__(self) -> Iterator[Record]:
        for record in self._reader:
            # A text file's encoding is known once it was read.
            self.encoding = self._reader.encoding
            yield self._named(record)

    def check(self, values: Mapping[str, Any]) -> None:
        """Raise the ``ReleaseError`` that a writer of this source would raise for ``values``."""
        self._reader.check(values)

    def writer(self, path: str) -> Writer:
        """A writer of the released part; that of a text file begins with its one record."""
        return _Late(self._reader, path) if self.columns is None else self._reader.writer(path)

    def _named(self, record: Record) -> Record:
        if self.columns is None:
            known = {NAME: PurePosixPath(self._relative).stem, REFERENCE: self._reference}
            return replace(record, id=_PLACE + self._relative, metadata=known)
        if self.id_column is not None and str(record.values.get(self.id_column)) == record.id:
            return record
        place = f"{self._place}{record.row}"
        return replace(record, id=_PLACE + place, metadata={NAME: place, REFERENCE: place})


class _Late:
    """A writer that opens its file with the first record: a text that is held leaves none.

    Nor would there be a way to write it, when its encoding could not be found out.
    """

    def __init__(self, reader: Reader, path: str) -> None:
        self._reader, self._path = reader, path
        self._writer: Writer | None = None

    def write(self, values: Mapping[str, Any]) -> None:
        if self._writer is None:
            self._writer = self._reader.writer(self._path)
        self._writer.write(values)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()


class _Unopened:
    """A file that should have been read and cannot: a source that breaks at its first record."""

    columns: tuple[str, ...] | None = None
    text_columns: tuple[str, ...] = ()
    id_column: str | None = None
    encoding: str | None = None
    delimiter: str | None = None

    def __init__(self, skipped: Skipped) -> None:
        self.path = skipped.path
        # What stands after the dot of a folder may be anything.
        self.suffix = "" if os.path.isdir(skipped.path) else PurePath(skipped.path).suffix
        self.reason = skipped.reason.removeprefix(f"{skipped.path}: ")

    def __iter__(self) -> Iterator[Record]:
        self._refuse()

    def check(self, values: Mapping[str, Any]) -> None:
        """There are no values to check."""
        self._refuse()

    def writer(self, path: str) -> Writer:
        """There is nothing to write."""
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise InputError(self.reason, where=self.path)


def place_sources(found: Sources, roots: Sequence[str], derive: Derive) -> tuple[Source, ...]:
    """Where each source goes in the run's folder; files that cannot be read come last.

    One file is ``released.*``; several keep their folders and names under ``released/``, each
    part of the path replaced by a keyed code where it could name a patient. ``roots`` are the
    files and folders that were given.
    """
    opened: list[tuple[Reader, str]] = [
        (source.reader, PurePath(source.name).as_posix()) for source in found.sources
    ]
    opened += [
        (_Unopened(skipped), _below(roots, skipped.path))
        for skipped in found.skipped
        if skipped.failed
    ]
    single = len(opened) == 1 and "/" not in opened[0][1]
    stems = Counter(_stem(relative) for reader, relative in opened if reader.columns is None)
    taken: set[str] = set()
    sources = []
    for index, (reader, relative) in enumerate(opened):
        name = _unused(_public(relative, reader.suffix, derive), taken)
        stem = _stem(relative)
        sources.append(
            Source(
                NamedReader(
                    reader,
                    relative,
                    place="" if len(opened) == 1 else f"{index + 1}-",
                    reference=public_reference(stem, derive) if stems[stem] == 1 else name,
                ),
                relative,
                path=f"released{reader.suffix}" if single else f"released/{name}",
                name=name,
                opened=not isinstance(reader, _Unopened),
            )
        )
    return tuple(sources)


def _stem(relative: str) -> str:
    return PurePosixPath(relative).stem


def _below(roots: Sequence[str], path: str) -> str:
    root = next((root for root in roots if PurePath(path).is_relative_to(root)), "")
    return PurePath(os.path.relpath(path, root or os.path.dirname(path))).as_posix()


def _public(relative: str, suffix: str, derive: Derive) -> str:
    *folders, name = PurePosixPath(relative).parts
    shown = [public_reference(part, derive) for part in folders]
    return "/".join([*shown, public_reference(name.removesuffix(suffix), derive) + suffix])


def _unused(name: str, taken: set[str]) -> str:
    path = PurePosixPath(name)
    unique, copy = name, 1
    while unique in taken:
        copy += 1
        unique = str(path.with_name(f"{path.stem}-{copy}{path.suffix}"))
    taken.add(unique)
    return unique
