"""The two ways of a run: with a release, or with a folder that holds the inputs themselves.

Without a release the journal does not hold the inputs once more. They are read again, in order, so
that every value comes back as its file has it.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from sekisho.documents.formats import Sources
from sekisho.errors import InputError
from sekisho.extraction.runs.choosing import Choice
from sekisho.extraction.runs.outputs import Line
from sekisho.extraction.runs.placing import Place
from sekisho.extraction.runs.rows import FAILED, absent
from sekisho.extraction.runs.work import make_work
from sekisho.release.keys import Keys
from sekisho.runs.engine import Confirm, Refer
from sekisho.runs.journal import Journal
from sekisho.runs.worker import MakeWork

__all__ = ["Unreleased", "Way"]


class Way(Protocol):
    """What a run does differently with and without a release.

    ``keys`` code names of files; ``coded`` says whether these codes are shown, and the names are
    not. ``journal_key`` seals the journal. ``unique_ids``: a record whose id came before is held.
    ``described`` is what the manifest says of the release.
    """

    @property
    def keys(self) -> Keys: ...
    @property
    def coded(self) -> bool: ...
    @property
    def journal_key(self) -> bytes | None: ...
    @property
    def unique_ids(self) -> bool: ...
    @property
    def described(self) -> Mapping[str, Any]: ...

    def identity(self, found: Sources) -> dict[str, str]:
        """Everything beside the extraction that the result depends on."""

    def working(self) -> MakeWork:
        """What makes the work on a record, in whatever process."""

    def referring(self, places: Sequence[Place]) -> Refer:
        """What names a record in the outputs."""

    def confirming(self, places: Sequence[Place]) -> Confirm | None:
        """What has the last word on an outcome."""

    def lines(self, journal: Journal, places: Sequence[Place], index: int) -> Iterator[Line]:
        """The lines of the place ``index``: every record that has an outcome, in order."""


@dataclass(frozen=True)
class Unreleased:
    """A run whose folder holds the inputs themselves.

    ``answers`` are the keys that kept answers are sealed with, None when none are kept.
    """

    choice: Choice
    answers: Keys | None = None
    # Codes are not shown, so nobody need be able to tell what they stand for.
    keys: Keys = field(default_factory=Keys.generate)
    coded: bool = False
    journal_key: bytes | None = None
    unique_ids: bool = False
    described: Mapping[str, Any] = field(default_factory=lambda: {"released": False})

    def identity(self, found: Sources) -> dict[str, str]:
        """Nothing beside the extraction."""
        return {}

    def working(self) -> MakeWork:
        """See ``work``."""
        return functools.partial(make_work, self.choice, self.answers)

    def referring(self, places: Sequence[Place]) -> Refer:
        """The records' own ids."""
        return lambda position, record: places[position.source].reference(record)

    def confirming(self, places: Sequence[Place]) -> Confirm | None:
        """Nobody."""
        return None

    def lines(self, journal: Journal, places: Sequence[Place], index: int) -> Iterator[Line]:
        """The records as they stand in their file, beside what became of them.

        Raises ``InputError`` when they are no longer those that the journal speaks of.
        """
        place = places[index]
        records = iter(place.reader)
        for position, outcome in journal.outcomes(index):
            record = next((each for each in records if each.row >= position.row), None)
            if record is None or record.row != position.row:
                raise InputError(
                    "the records are no longer those that were read",
                    where=place.reader.path,
                    remedy="begin anew in another --out",
                )
            if outcome.values is None:
                row: Mapping[str, Any] = absent(FAILED, outcome.reason or FAILED)
            else:
                row = outcome.values["extraction"]
            yield Line(position.row, outcome, record.values, row)
