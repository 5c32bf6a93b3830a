"""One de-identification run from files to a folder: the use case behind ``sekisho deid``.

Files, processes, the vault and the clock meet here; what is decided about a record is decided in
``checkpoint``.
"""

from __future__ import annotations

import functools
import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from sekisho import __version__
from sekisho.documents.document import Span
from sekisho.documents.formats import Source as Opened
from sekisho.documents.formats import Sources, expand
from sekisho.documents.records import ReadOptions, Record
from sekisho.errors import InputError, ReleaseError, UsageError
from sekisho.phi import stack
from sekisho.release.checkpoint import Checkpoint, Passed
from sekisho.release.columns import Columns
from sekisho.release.keys import Keys
from sekisho.release.opening import open_vault
from sekisho.release.profile import Profile, load_profile
from sekisho.release.recording import Source, place_sources, record_run
from sekisho.release.vault import Vault
from sekisho.runs.engine import Summary, Work, run
from sekisho.runs.files import digest_file
from sekisho.runs.journal import Journal
from sekisho.runs.outcome import Outcome, Position
from sekisho.runs.progress import Progress, Silent

__all__ = ["Deidentified", "Job", "deidentify"]


@dataclass(frozen=True)
class Job:
    """What a run is asked to do; everything that changes its result is part of its fingerprint."""

    paths: tuple[str, ...]
    out: Path
    profile: str = "ja-pseudonymized"
    detectors: tuple[str, ...] = stack.DEFAULT
    options: ReadOptions = field(default_factory=ReadOptions)
    known: Mapping[str, str] = field(default_factory=dict)
    keep: frozenset[str] = frozenset()
    infer: bool = True
    numbering: str | None = None
    vault: str | None = None
    key_file: Path | None = None
    jobs: int = 1
    resume: bool = False
    timeout_s: float = 60.0


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
    reads tables once more beforehand to know it. Raises ``SekishoError`` when the run cannot
    begin or its outputs cannot be written; what was decided until then stays in the journal.
    """
    begun = datetime.now(UTC)
    profile = _profile(job)
    found = _inputs(job)
    columns = _columns(job, found.sources)
    reading = stack.build(job.detectors)
    _make_folder(job.out)
    with open_vault(job.vault, job.key_file, create=True) as vault:
        fingerprint = _fingerprint(job, profile, columns, found.sources, vault)
        with Journal.open(
            job.out, fingerprint, resume=job.resume, key=vault.keys.derive("journal")
        ) as journal:
            sources = place_sources(found.sources, reading, vault.keys.derive)
            _remember_names(vault, journal.run_id, sources, profile)
            make_work = functools.partial(
                _make_work, job.detectors, profile, vault.keys, columns, job.options.language
            )
            total = _total(found.sources, count_first)
            with progress(total) as display:
                summary = run(
                    [source.reader for source in sources],
                    make_work,
                    journal,
                    jobs=job.jobs,
                    timeout_s=job.timeout_s,
                    before_commit=functools.partial(_keep_reversals, vault, journal.run_id),
                    progress=display,
                    unique_ids=columns.identifier is not None,
                    confirm=functools.partial(_writable, sources),
                )
            if not summary.interrupted:
                record_run(job, profile, sources, journal, vault, summary, begun)
    return Deidentified(summary, job.out, _notes(found))


def _profile(job: Job) -> Profile:
    profile = load_profile(job.profile)
    if job.numbering is None or job.numbering == profile.numbering:
        return profile
    return Profile.model_validate(profile.model_dump() | {"numbering": job.numbering})


def _inputs(job: Job) -> Sources:
    found = expand(job.paths, job.options)
    out = job.out.resolve()
    sources = tuple(
        source for source in found.sources if out not in Path(source.path).resolve().parents
    )
    if not sources:
        raise InputError(
            "there is nothing to read here",
            where=", ".join(job.paths),
            remedy="name text, CSV, TSV, JSONL or Parquet files, or a folder of them",
        )
    return replace(found, sources=sources)


def _columns(job: Job, sources: Sequence[Opened]) -> Columns:
    present = [source.reader.columns for source in sources if source.reader.columns is not None]
    for name in (*job.known, *job.keep):
        if present and not any(name in columns for columns in present):
            raise UsageError(
                f"no file has a column {name!r}", remedy=f"columns: {', '.join(present[0])}"
            )
    identifiers = [source.reader.id_column for source in sources if source.reader.id_column]
    return Columns(
        known=dict(job.known),
        keep=job.keep,
        patient=job.options.patient_column,
        identifier=identifiers[0] if identifiers else None,
        infer=job.infer,
    )


def _make_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"the output folder cannot be made: {error.strerror}", where=str(out)
        ) from None


def _fingerprint(
    job: Job, profile: Profile, columns: Columns, sources: Sequence[Opened], vault: Vault
) -> dict[str, str]:
    inputs = hashlib.sha256()
    for source in sources:
        inputs.update(f"{source.name}\0{digest_file(source.path)}\0".encode("utf-8", "replace"))
    options = job.options
    return {
        "inputs": inputs.hexdigest(),
        "--profile": profile.digest,
        "--detectors": ",".join(job.detectors),
        "--text-column": "\0".join(options.text_columns),
        "--id-column": options.id_column or "",
        "--patient-column": options.patient_column or "",
        "--known": repr(sorted(columns.known.items())),
        "--keep-column": repr(sorted(columns.keep)),
        "--encoding": f"{options.encoding} {options.delimiter}",
        "--vault": vault.id,
        "sekisho version": __version__,
    }


def _remember_names(
    vault: Vault, run_id: str, sources: Sequence[Source], profile: Profile
) -> None:
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


def _keep_reversals(
    vault: Vault, run_id: str, batch: Sequence[tuple[Position, Outcome]]
) -> None:
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


def _make_work(
    detectors: Sequence[str], profile: Profile, keys: Keys, columns: Columns, language: str
) -> Work:
    checkpoint = Checkpoint(stack.build(detectors), profile, keys.derive, columns, language)
    return functools.partial(_work, checkpoint)


def _work(checkpoint: Checkpoint, record: Record) -> Outcome:
    began = time.perf_counter()
    passage = checkpoint.examine(record)
    spans = passage.spans
    facts = {
        "spans": None if spans is None else {name: _rows(found) for name, found in spans.items()},
        "counts": _counts(spans or {}),
        "chars": sum(
            len(text)
            for column in record.text_columns
            if isinstance(text := record.values.get(column), str)
        ),
        "seconds": round(time.perf_counter() - began, 4),
    }
    if isinstance(passage, Passed):
        actions = {
            f"{label}:{action}": count
            for label, counted in passage.actions.items()
            for action, count in counted.items()
        }
        return Outcome.released(
            passage.reference, passage.values, secret=passage.reversal, actions=actions, **facts
        )
    return Outcome.held(passage.reference, passage.reason, passage.detail, **facts)


def _rows(spans: Sequence[Span]) -> list[dict[str, object]]:
    return [
        {
            "start": span.start,
            "end": span.end,
            "category": str(span.category),
            "score": round(span.score, 3),
            "sources": list(span.sources),
        }
        for span in spans
    ]


def _counts(spans: Mapping[str, Sequence[Span]]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for found in spans.values():
        for span in found:
            counts[str(span.category)] = counts.get(str(span.category), 0) + 1
    return counts


def _notes(found: Sources) -> tuple[str, ...]:
    failed = sum(skipped.failed for skipped in found.skipped)
    passed_over = len(found.skipped) - failed
    notes = []
    if passed_over:
        notes.append(f"{passed_over} files of no known format, or hidden, were not read")
    if failed:
        notes.append(f"{failed} files could not be read")
    return tuple(notes)
