"""One de-identification run from files to a folder: the use case behind ``sekisho deid``.

Files, processes, the vault and the clock meet here; what is decided about a record is decided in
``checkpoint``.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sekisho.documents.formats import Source as Opened
from sekisho.documents.formats import Sources
from sekisho.documents.records import Record
from sekisho.errors import (
    ModelAccessError,
    ModelUnavailableError,
    OutputError,
    ReleaseError,
    SekishoError,
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
from sekisho.runs.engine import Summary, run
from sekisho.runs.journal import Journal
from sekisho.runs.outcome import Outcome, Position
from sekisho.runs.progress import Progress, Silent

__all__ = ["Deidentified", "Job", "deidentify"]


#: A model's server that does not answer, or not to us, is no fault of a document.
_PASSING = frozenset({ModelUnavailableError.reason, ModelAccessError.reason})


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
    begun = datetime.now(UTC)
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
    _make_folder(job.out)
    with ExitStack() as opened:
        with _not_begun():
            vault = opened.enter_context(open_vault(job.vault, job.key_file, create=True))
            identity = fingerprint(job, profile, columns, found, vault, models, reading)
            key = vault.keys.derive("journal")
            journal = opened.enter_context(
                Journal.open(job.out, identity, resume=job.resume, key=key)
            )
        with _begun():
            sources = place_sources(found, job.paths, vault.keys.derive)
            _remember_names(vault, journal.run_id, sources, profile)
            working = functools.partial(make_work, job, profile, vault.keys, columns)
            with progress(_total(found.sources, count_first)) as display:
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
                    passing=_PASSING,
                )
            if not summary.unfinished:
                record_run(job, profile, sources, journal, vault, summary, begun, models, reading)
            notes = _notes(found, sources, journal)
    return Deidentified(summary, job.out, notes)


def _make_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"the output folder cannot be made: {error.strerror}",
            where=str(out),
            remedy="choose another --out",
        ) from None


@contextmanager
def _not_begun() -> Iterator[None]:
    """Up to here, a place that cannot be written is a wrong choice: there is nothing to resume."""
    try:
        yield
    except OutputError as error:
        raise UsageError(
            error.message, where=error.where, remedy="choose another --out, --vault or --key-file"
        ) from None


@contextmanager
def _begun() -> Iterator[None]:
    """From here on, trouble leaves a run that can be resumed."""
    try:
        yield
    except UsageError:
        raise
    except SekishoError as error:
        remedy = error.remedy or "see to it, then run the same command with --resume"
        raise OutputError(error.message, where=error.where, remedy=remedy) from error


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


def _total(sources: Sequence[Opened], count_first: bool) -> int | None:
    if all(source.reader.columns is None for source in sources):
        return len(sources)
    if not count_first:
        return None
    return sum(1 for source in sources for _ in source.reader)


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
        notes.append(f"not read, hidden or of no known format: {_files(passed_over)}")
    return tuple(notes)


def _files(number: int) -> str:
    return "1 file" if number == 1 else f"{number:,} files"
