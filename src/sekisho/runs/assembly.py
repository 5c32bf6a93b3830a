"""The outputs of a finished run, written from its journal in input order.

``released.*``  the released values of each source, in the form that its reader understood.
``spans.jsonl``  ``{"id", "spans": [...]}`` for each released or held document whose detection ran
to its end (with ``[]`` when nothing was found). With several text columns each span says which, as
``"column"``.
``held.jsonl``  ``{"id", "source", "row", "status", "reason", "detail"}`` for each held or failed
document; a source that broke off has one row with the id null and the reason
``unreadable_source``.

Each file is a pure function of the journal's outcomes, and appears whole or not at all.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from sekisho.documents.records import Reader
from sekisho.runs.files import digest_file, json_line, output_error, replacing
from sekisho.runs.journal import Journal
from sekisho.runs.outcome import Outcome, Position, Status

__all__ = ["HELD", "SPANS", "Output", "Target", "Totals", "assemble", "described"]

SPANS = "spans.jsonl"
HELD = "held.jsonl"


@dataclass(frozen=True)
class Target:
    """Where the released part of one source goes.

    ``path`` is relative to the folder of the run; ``name`` is how ``held.jsonl`` calls the source
    (a file name may be an identifier, so the caller chooses).
    """

    reader: Reader
    path: str
    name: str


@dataclass(frozen=True)
class Output:
    """A file that was written: its path in the folder, SHA-256 and bytes."""

    path: str
    sha256: str
    size: int


@dataclass
class Totals:
    """The sums over all outcomes of a run."""

    statuses: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    categories: Counter[str] = field(default_factory=Counter)
    actions: Counter[str] = field(default_factory=Counter)
    measures: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    chars: int = 0
    work_seconds: float = 0.0

    def add(self, outcome: Outcome) -> None:
        """Count ``outcome``."""
        self.statuses[outcome.status.value] += 1
        if outcome.reason is not None:
            self.reasons[outcome.reason] += 1
        self.categories.update(outcome.counts)
        self.actions.update(outcome.actions)
        for name, value in outcome.measures.items():
            self.measures[name] += value
        self.chars += outcome.chars
        self.work_seconds += outcome.seconds


def assemble(
    directory: Path, journal: Journal, targets: Sequence[Target]
) -> tuple[Totals, tuple[Output, ...]]:
    """Write the outputs of ``journal`` to ``directory``; ``targets`` are in the order of sources.

    Streams: memory does not grow with the number of records. Killed in between, it can simply be
    done again. Raises ``OutputError`` when a file cannot be written (the journal stays as it is)
    and ``JournalError`` when an entry was changed.
    """
    totals = Totals()
    broken = journal.broken()
    with ExitStack() as stack:
        spans = stack.enter_context(_appending(directory / SPANS))
        held = stack.enter_context(_appending(directory / HELD))
        for index, target in enumerate(targets):
            with replacing(directory / target.path) as partial:
                writer = target.reader.writer(str(partial))
                try:
                    for position, outcome in journal.outcomes(index):
                        totals.add(outcome)
                        if outcome.values is not None:
                            writer.write(outcome.values)
                        if outcome.spans is not None and outcome.status is not Status.FAILED:
                            spans.write(_span_line(outcome))
                        if outcome.status is not Status.RELEASED:
                            held.write(_held_line(target, position, outcome))
                finally:
                    writer.close()
            if index in broken:
                held.write(_broken_line(target, *broken[index]))
    names = [*(target.path for target in targets), SPANS, HELD]
    # A source without any released record may have left no file at all.
    return totals, tuple(described(directory, names, may_lack=True))


@contextmanager
def _appending(path: Path) -> Iterator[BinaryIO]:
    with replacing(path) as partial, partial.open("wb") as file:
        yield file


def _span_line(outcome: Outcome) -> bytes:
    columns = outcome.spans or {}
    rows: list[dict[str, Any]] = []
    for column, spans in columns.items():
        place = {"column": column} if len(columns) > 1 else {}
        rows.extend({**place, **span} for span in spans)
    return json_line({"id": outcome.ref, "spans": rows})


def _held_line(target: Target, position: Position, outcome: Outcome) -> bytes:
    row = {
        "id": outcome.ref,
        "source": target.name,
        "row": position.row,
        "status": outcome.status.value,
        "reason": outcome.reason,
        "detail": outcome.detail,
    }
    return json_line(row)


def _broken_line(target: Target, row: int, detail: str) -> bytes:
    entry = {
        "id": None,
        "source": target.name,
        "row": row,
        "status": Status.FAILED.value,
        "reason": "unreadable_source",
        "detail": detail,
    }
    return json_line(entry)


def described(directory: Path, names: Iterable[str], *, may_lack: bool = False) -> Iterator[Output]:
    """The files ``names`` that were written to ``directory``; with ``may_lack`` those there are.

    Raises ``OutputError`` when one cannot be read.
    """
    for name in names:
        path = directory / name
        try:
            if not may_lack or path.exists():
                yield Output(name, digest_file(path), path.stat().st_size)
        except OSError as error:
            raise output_error(error, path) from error
