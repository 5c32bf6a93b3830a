"""Records: one row of a table, one line of JSONL, or one text file, on its way in and out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

__all__ = ["ReadOptions", "Reader", "Record", "Writer"]


@dataclass(frozen=True)
class ReadOptions:
    """How to read a file: what the user said, None where the file itself must tell."""

    text_columns: tuple[str, ...] = ()
    id_column: str | None = None
    patient_column: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    language: str = "ja"


@dataclass(frozen=True)
class Record:
    """One unit of input, released, held or failed as a whole.

    ``values`` keeps the input's columns in order, each value as it stood (a table's cells are
    strings; JSONL may hold any JSON value). ``text_columns`` names those that hold report text.
    ``row`` counts records of a source from 1. ``problem`` is set when the row could be found but
    not understood (too many fields, undecodable bytes): such a record is held with that reason,
    and the message holds no text of the row.
    """

    id: str
    source: str
    row: int
    values: Mapping[str, Any]
    text_columns: tuple[str, ...]
    problem: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)


class Writer(Protocol):
    """Writes released values in the form that the reader of the same file understood."""

    def write(self, values: Mapping[str, Any]) -> None:
        """Append one record's values (same columns, same order as they were read)."""

    def close(self) -> None:
        """Finish the file and flush it to the disk."""


class Reader(Protocol):
    """One opened source: knows its columns and dialect, streams its records.

    ``columns`` is None for a source that is no table; ``text_columns`` and ``id_column`` are those
    that were chosen among them. ``encoding`` and ``delimiter`` are what was found or named, None
    where there is no such thing; a text file's encoding is known once it was read.
    """

    path: str
    suffix: str
    columns: tuple[str, ...] | None
    text_columns: tuple[str, ...]
    id_column: str | None
    encoding: str | None
    delimiter: str | None

    def __iter__(self) -> Iterator[Record]:
        """All records in order, from the beginning each time."""

    def check(self, values: Mapping[str, Any]) -> None:
        """Raise the ``ReleaseError`` that a writer of this source would raise for ``values``."""

    def writer(self, path: str) -> Writer:
        """A writer that gives ``path`` this source's encoding, delimiter and line ends."""
