"""One extraction from files to a folder: the use case behind ``sekisho extract``.

Files, processes, keys and the clock meet here; what is found in a document is decided in
``reading``.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sekisho.documents.formats import Sources
from sekisho.errors import (
    OutputError,
    UsageError,
)
from sekisho.extraction.runs.job import Job, digests, fingerprint
from sekisho.extraction.runs.outputs import Watch, Written, write_outputs
from sekisho.extraction.runs.placing import place
from sekisho.extraction.runs.recording import write_manifest
from sekisho.extraction.runs.releasing import Plan, Released, plan_release
from sekisho.extraction.runs.tables import check_formats
from sekisho.extraction.runs.ways import Unreleased, Way
from sekisho.extraction.runs.work import asked_first
from sekisho.release.job import inputs
from sekisho.release.opening import open_vault
from sekisho.release.sources import place_sources
from sekisho.runs.beginning import PASSING, begun, count, files, make_folder, not_begun
from sekisho.runs.engine import Summary, run
from sekisho.runs.journal import Journal
from sekisho.runs.progress import Progress, Silent

__all__ = ["Extracted", "run_extraction"]


@dataclass(frozen=True)
class Extracted:
    """How a run ended, what was written (None while it is unfinished), what the user should know.

    ``origin`` says what stood in for a model, if anything did.
    """

    summary: Summary
    out: Path
    written: Written | None
    notes: tuple[str, ...]
    origin: str


def run_extraction(
    job: Job,
    *,
    progress: Callable[[int | None], AbstractContextManager[Progress]] = lambda total: Silent(),
    count_first: bool = False,
    watch: Watch | None = None,
) -> Extracted:
    """Extract from every document of ``job.paths`` into ``job.out``.

    ``progress`` makes the display for a number of documents (None when unknown); ``count_first``
    reads tables once more beforehand to know it; ``watch`` is told each document that something was
    extracted from, once all of them are done. Raises ``OutputError`` when the run stopped
    after it had begun, and what was decided until then stays in the journal; any other
    ``SekishoError`` when it could not begin.
    """
    began = datetime.now(UTC)
    choice = job.choice
    check_formats(job.formats)
    if job.jobs > 1 and choice.records():
        raise UsageError(
            "one process writes a recording", where="--jobs", remedy="use --jobs 1 to record"
        )
    found = inputs(job.deid)
    contents = digests(found)
    plan = plan_release(job, found)
    chosen = asked_first(choice, None, working=False)
    chosen.extractor.close()
    told = chosen.told()
    make_folder(job.out)
    with ExitStack() as opened:
        with not_begun():
            way = _way(job, plan, opened)
            identity = fingerprint(job, found, contents, told) | way.identity(found)
            journal = opened.enter_context(
                Journal.open(job.out, identity, resume=job.resume, key=way.journal_key)
            )
        with begun():
            sources = place_sources(found, job.paths, way.keys.derive)
            places = place(sources, coded=way.coded)
            with progress(count(found.sources, read_tables=count_first)) as display:
                summary = run(
                    [place.reader for place in places],
                    way.working(),
                    journal,
                    jobs=job.jobs,
                    ahead=choice.ahead(),
                    timeout_s=job.limit_s,
                    progress=display,
                    unique_ids=way.unique_ids,
                    refer=way.referring(places),
                    confirm=way.confirming(places),
                    passing=PASSING,
                )
            written = None
            if not summary.unfinished:
                lines = functools.partial(way.lines, journal, places)
                written = write_outputs(
                    job.out, journal, places, choice.task, job.formats, lines, watch
                )
                _check_unchanged(found, contents)
                write_manifest(job, places, journal, summary, began, written, told, way)
            notes = _notes(job, found, journal, written)
    return Extracted(summary, job.out, written, notes, told["origin"])


def _way(job: Job, plan: Plan | None, opened: ExitStack) -> Way:
    if not job.needs_key:
        return Unreleased(job.choice)
    vault = opened.enter_context(open_vault(job.vault, job.key_file, create=True))
    return Unreleased(job.choice, vault.keys) if plan is None else Released(plan, vault)


def _check_unchanged(found: Sources, contents: Sequence[str]) -> None:
    """What was extracted belongs to the files as they were at the beginning."""
    for source, before, now in zip(found.sources, contents, digests(found), strict=True):
        if before != now:
            raise OutputError(
                "the file was changed while it was read",
                where=source.path,
                remedy="begin anew in another --out",
            )


def _notes(job: Job, found: Sources, journal: Journal, written: Written | None) -> tuple[str, ...]:
    notes = []
    if job.translates:
        notes.append(
            "experiment: a translation was read instead of the documents; offsets count it"
        )
    if written is not None and written.renamed:
        pairs = (f"{wanted} -> {name}" for wanted, name in written.renamed.items())
        notes.append(f"the input has columns of these names, so: {', '.join(pairs)}")
    broken = len(journal.broken())
    if broken:
        notes.append(f"could not be read to their end: {files(broken)}; see failures.jsonl")
    passed_over = sum(not skipped.failed for skipped in found.skipped)
    if passed_over:
        notes.append(f"not read, hidden or of no known format: {files(passed_over)}")
    return tuple(notes)
