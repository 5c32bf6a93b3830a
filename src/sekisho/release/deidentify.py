"""One de-identification run from files to a folder: the use case behind ``sekisho deid``.

Files, processes, the vault and the clock meet here; what is decided about a record is decided in
``checkpoint``.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sekisho.documents.formats import Sources
from sekisho.documents.records import Record
from sekisho.errors import (
    ReleaseError,
    UsageError,
)
from sekisho.release.columns import Columns
from sekisho.release.job import Job, columns_of, fingerprint, inputs, profile_of
from sekisho.release.keys import Keys
from sekisho.release.opening import open_vault
from sekisho.release.profile import Profile
from sekisho.release.recording import record_run
from sekisho.release.reference import record_reference
from sekisho.release.sources import Source, place_sources
from sekisho.release.vault import Vault
from sekisho.release.work import asked_first, detectors_of, make_work
from sekisho.runs.beginning import PASSING, begun, count, files, make_folder, not_begun
from sekisho.runs.engine import Summary, run
from sekisho.runs.journal import Journal
from sekisho.runs.outcome import Outcome, Position
from sekisho.runs.progress import Progress, Silent

__all__ = ["Deidentified", "Job", "deidentify"]


@dataclass(frozen=True)
class Deidentified:
    """How a run ended, and what the user should know of it."""

    summary: Summary
    out: Path
    notes: tuple[str, ...]


def deidentify(
    job: Job,
    *,
    progress: Callable[[int | None], AbstractContextManager[Progress]] = lambda total: Silent(),
    count_first: bool = False,
) -> Deidentified:
    """Release or hold every document of ``job.paths`` into ``job.out``.

    ``progress`` makes the display for a number of documents (None when unknown); ``count_first``
    reads tables once more beforehand to know it. Raises ``OutputError`` when the run stopped
    after it had begun, and what was decided until then stays in the journal; any other
    ``SekishoError`` when it could not begin.
    """
    began = datetime.now(UTC)
    profile = profile_of(job)
    found = inputs(job)
    columns = columns_of(job, found.sources)
    # A wrong name, a damaged model or a silent server is told before anything is written.
    if job.jobs > 1 and job.llm is not None and job.llm.records():
        raise UsageError(
            "one process writes a recording", where="--jobs", remedy="use --jobs 1 to record"
        )
    chosen = asked_first(job)
    detectors = detectors_of(job, chosen)
    models = detectors.models
    detectors.close()
    reading = {} if chosen is None else chosen.told(job.options.language)
    make_folder(job.out)
    with ExitStack() as opened:
        with not_begun():
            vault = opened.enter_context(open_vault(job.vault, job.key_file, create=True))
            identity = fingerprint(job, profile, columns, found, vault, models, reading)
            key = vault.keys.derive("journal")
            journal = opened.enter_context(
                Journal.open(job.out, identity, resume=job.resume, key=key)
            )
        with begun():
            sources = place_sources(found, job.paths, vault.keys.derive)
            _remember_names(vault, journal.run_id, sources, profile)
            working = functools.partial(make_work, job, profile, vault.keys, columns)
            with progress(count(found.sources, read_tables=count_first)) as display:
                summary = run(
                    [source.reader for source in sources],
                    working,
                    journal,
                    jobs=job.jobs,
                    ahead=1 if job.llm is None else job.llm.ahead(),
                    timeout_s=job.limit_s,
                    before_commit=functools.partial(_keep_reversals, vault, journal.run_id),
                    progress=display,
                    unique_ids=bool(columns.identifiers),
                    refer=functools.partial(_refer, columns, vault.keys),
                    confirm=functools.partial(_writable, sources),
                    passing=PASSING,
                )
            if not summary.unfinished:
                record_run(job, profile, sources, journal, vault, summary, began, models, reading)
            notes = _notes(found, sources, journal)
    return Deidentified(summary, job.out, notes)


def _refer(columns: Columns, keys: Keys, _position: Position, record: Record) -> str:
    return record_reference(record, columns, keys.derive)


def _remember_names(vault: Vault, run_id: str, sources: Sequence[Source], profile: Profile) -> None:
    """Keep the true file names where only the key's owner sees them."""
    if profile.reversible:
        vault.put_reversals(
            run_id,
            [
                (f"source-{index}", source.relative.encode("utf-8", "surrogateescape"))
                for index, source in enumerate(sources)
            ],
        )


def _keep_reversals(vault: Vault, run_id: str, batch: Sequence[tuple[Position, Outcome]]) -> None:
    rows = [
        (f"{position.source}-{position.row}", outcome.secret)
        for position, outcome in batch
        if outcome.secret is not None
    ]
    if rows:
        vault.put_reversals(run_id, rows)


def _writable(sources: Sequence[Source], position: Position, outcome: Outcome) -> Outcome:
    """Hold a record whose replacements its own file cannot take, a kanji tag in Latin-1 say."""
    if outcome.values is None:
        return outcome
    try:
        sources[position.source].reader.check(outcome.values)
    except ReleaseError as error:
        return Outcome.held(
            outcome.ref,
            "unwritable",
            error.message,
            spans=outcome.spans,
            counts=outcome.counts,
            chars=outcome.chars,
            seconds=outcome.seconds,
        )
    return outcome


def _notes(found: Sources, sources: Sequence[Source], journal: Journal) -> tuple[str, ...]:
    notes = [
        f"{sources[index].name}: {reason}"
        for index, (_, reason) in sorted(journal.broken().items())
    ]
    passed_over = sum(not skipped.failed for skipped in found.skipped)
    if passed_over:
        notes.append(f"not read, hidden or of no known format: {files(passed_over)}")
    return tuple(notes)
