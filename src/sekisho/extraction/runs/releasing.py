"""Extraction with a release: of a record, only what passes the checkpoint is ever written.

The checkpoint sees the record with the words that were extracted from it as further cells, so that
a name is replaced in them as it is in the text. See ``letting_go`` for what else may leave.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sekisho.documents.formats import Sources
from sekisho.documents.records import Record
from sekisho.errors import ModelError, ReleaseError
from sekisho.extraction.results import Extraction
from sekisho.extraction.runs.choosing import Choice
from sekisho.extraction.runs.extractor import Extractor
from sekisho.extraction.runs.job import Job
from sekisho.extraction.runs.letting_go import Passage, released, words
from sekisho.extraction.runs.outputs import Line
from sekisho.extraction.runs.placing import Place
from sekisho.extraction.runs.rows import BORDER, absent, detailed, typed
from sekisho.extraction.runs.work import UNWRITABLE, asked_first, begun, measured
from sekisho.release import job as deid
from sekisho.release.checkpoint import Checkpoint, Held
from sekisho.release.columns import Columns
from sekisho.release.edits import Edit
from sekisho.release.job import columns_of, profile_of
from sekisho.release.keys import Keys
from sekisho.release.profile import Profile
from sekisho.release.reference import record_reference
from sekisho.release.vault import Vault
from sekisho.release.work import detectors_of
from sekisho.runs.engine import Confirm, Refer
from sekisho.runs.journal import Journal
from sekisho.runs.outcome import Outcome, Position
from sekisho.runs.worker import MakeWork, Work

__all__ = ["Plan", "Released", "plan_release"]

#: The column of a record in which its extracted words pass the checkpoint; none is called so.
_WORDS = "sekisho extraction words"


@dataclass(frozen=True)
class Plan:
    """How the records of a run are to be released; ``models`` are digests of detectors' models."""

    job: Job
    profile: Profile
    columns: Columns
    models: Mapping[str, str]


def plan_release(job: Job, found: Sources) -> Plan | None:
    """How the records of ``job`` are released; None where they are not.

    Raises ``UsageError`` for a profile, a column or a detector that is wrong.
    """
    if job.releasing is None:
        return None
    profile = profile_of(job.deid)
    columns = columns_of(job.deid, found.sources)
    headers = None if columns.headers is None else columns.headers | {_WORDS}
    detectors = detectors_of(job.deid, None)
    models = detectors.models
    detectors.close()
    return Plan(job, profile, replace(columns, headers=headers), models)


@dataclass(frozen=True)
class Released:
    """A run of which only released records are written; a ``Way``."""

    plan: Plan
    vault: Vault
    coded: bool = True

    @property
    def keys(self) -> Keys:
        """The keys of the vault."""
        return self.vault.keys

    @property
    def journal_key(self) -> bytes:
        """As for any release."""
        return self.keys.derive("journal")

    @property
    def unique_ids(self) -> bool:
        """Whether a record whose id came before is held."""
        return bool(self.plan.columns.identifiers)

    @property
    def described(self) -> Mapping[str, Any]:
        """The profile, and what finds identifiers."""
        profile = self.plan.profile
        return {
            "released": True,
            "profile": {"name": profile.name, "sha256": profile.digest},
            "models": dict(self.plan.models),
        }

    def identity(self, found: Sources) -> dict[str, str]:
        """Everything that the release depends on; see ``release.job.fingerprint``."""
        plan = self.plan
        return deid.fingerprint(
            plan.job.deid, plan.profile, plan.columns, found, self.vault, plan.models, {}
        )

    def working(self) -> MakeWork:
        """Extract, then pass the checkpoint."""
        plan = self.plan
        return functools.partial(
            _make_work, plan.job.choice, plan.job.deid, plan.profile, self.keys, plan.columns
        )

    def referring(self, places: Sequence[Place]) -> Refer:
        """What a record may be called outside."""
        derive = self.keys.derive
        return lambda _, record: record_reference(record, self.plan.columns, derive)

    def confirming(self, places: Sequence[Place]) -> Confirm | None:
        """What holds a record whose replacements do not fit the types of a Parquet file."""
        return functools.partial(_confirmed, places)

    def lines(self, journal: Journal, places: Sequence[Place], index: int) -> Iterator[Line]:
        """The records as the journal has them; the inputs are not read again."""
        for position, outcome in journal.outcomes(index):
            values = outcome.values
            if values is None:
                status = outcome.status.value
                row: Mapping[str, Any] = absent(status, outcome.reason or status)
                yield Line(position.row, outcome, None, row)
            else:
                yield Line(position.row, outcome, values["columns"], values["extraction"])


def _make_work(
    choice: Choice, job: deid.Job, profile: Profile, keys: Keys, columns: Columns
) -> Work:
    detectors = detectors_of(job, None)
    checkpoint = Checkpoint(detectors, profile, keys.derive, columns, job.options.language)
    return _Releasing(asked_first(choice, keys, working=True).extractor, checkpoint)


@dataclass(frozen=True)
class _Releasing:
    """The work on a record: extract, then pass the checkpoint with it."""

    extractor: Extractor
    checkpoint: Checkpoint

    def __call__(self, record: Record) -> Outcome:
        return self.begin(record)()

    def begin(self, record: Record) -> Callable[[], Outcome]:
        text = typed(record)
        reading = begun(self.extractor, record, text)
        reference = self.checkpoint.reference(record)
        if isinstance(reading, Outcome):
            settled = replace(reading, ref=reference)
            return lambda: settled

        def finish() -> Outcome:
            waited = time.perf_counter()
            try:
                extraction = reading()
            except ModelError as error:
                return Outcome.held(reference, error.reason, error.message, chars=len(text))
            outcome = self._passed(record, text, extraction)
            return replace(outcome, seconds=round(time.perf_counter() - waited, 4))

        return finish

    def close(self) -> None:
        self.extractor.close()
        self.checkpoint.stack.close()

    def _passed(self, record: Record, text: str, extraction: Extraction) -> Outcome:
        task = self.extractor.task
        facts: dict[str, Any] = {"chars": len(text), "measures": measured(extraction)}
        found = words(task, extraction)
        passage = self.checkpoint.examine(
            replace(record, values={**record.values, _WORDS: found}) if found else record
        )
        if isinstance(passage, Held):
            return Outcome.held(passage.reference, passage.reason, passage.detail, **facts)
        values = dict(passage.values)
        passed = values.pop(_WORDS, [])
        whole = Passage(text, tuple(_joined(record, passage.edits)))
        leaving = released(task, extraction, passed, whole)
        return Outcome.released(
            passage.reference,
            {"columns": values, "extraction": detailed(leaving, whole.released)},
            **facts,
        )


def _joined(record: Record, edits: Mapping[str, Sequence[Edit]]) -> Iterator[Edit]:
    """The edits of all text columns, in offsets of the text that was read (see ``rows``)."""
    start = 0
    for column in record.text_columns:
        text = record.values[column]
        if isinstance(text, str):
            for edit in edits.get(column, ()):
                yield replace(edit, start=edit.start + start, end=edit.end + start)
            start += len(text) + len(BORDER)


def _confirmed(places: Sequence[Place], position: Position, outcome: Outcome) -> Outcome:
    place = places[position.source]
    if outcome.values is None or place.form != "parquet":
        return outcome
    try:
        place.reader.check(outcome.values["columns"])
    except ReleaseError as error:
        return Outcome.held(outcome.ref, UNWRITABLE, error.message, chars=outcome.chars)
    return outcome
