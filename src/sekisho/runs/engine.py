"""One run over many records: fed in order, worked on here or in processes, committed in batches.

Every record of every source gets exactly one outcome. Memory is bounded by the batch and the
chunks in flight, whatever the number of records. Killed at any moment, the journal holds whole
batches; the next run with the same journal skips what is done.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TypeAlias

from sekisho.documents.records import Record
from sekisho.errors import SekishoError, UsageError
from sekisho.runs.commits import IN_A_ROW, BeforeCommit, Commits, Misfortune
from sekisho.runs.interrupts import Stop
from sekisho.runs.journal import Journal
from sekisho.runs.outcome import Outcome, Position, Status
from sekisho.runs.pool import Pool, Task
from sekisho.runs.progress import Progress, Silent
from sekisho.runs.worker import Guard, Interrupted, MakeWork, Work, in_order

__all__ = ["CHARS_PER_S", "BeforeCommit", "Confirm", "Refer", "Summary", "Work", "reference", "run"]

#: Slower than this many characters a second (a twentieth of the usual), a text is given up.
CHARS_PER_S = 3000

Confirm: TypeAlias = Callable[[Position, Outcome], Outcome]
Refer: TypeAlias = Callable[[Position, Record], str]


@dataclass(frozen=True)
class Summary:
    """How a run ended. ``counts`` covers the whole journal, earlier runs included.

    ``gave_up`` is the reason of outcomes that followed each other without end.
    """

    counts: dict[str, int]
    new: int
    resumed: int
    broken: tuple[str, ...]
    interrupted: bool
    seconds: float
    gave_up: str | None = None

    @property
    def unfinished(self) -> bool:
        """Whether documents are left for another run with ``--resume``."""
        return self.interrupted or self.gave_up is not None

    @property
    def exit_code(self) -> int:
        """0 all released; 3 some held, failed or unreadable, or given up; 130 interrupted."""
        if self.interrupted:
            return 130
        if self.gave_up is not None:
            return 3
        unreleased = sum(n for status, n in self.counts.items() if status != Status.RELEASED)
        return 3 if unreleased or self.broken else 0

    @property
    def advice(self) -> str | None:
        """What the user should be told at the end, one line, or None."""
        if not self.unfinished:
            return None
        done = sum(self.counts.values())
        if self.gave_up is not None:
            return (
                f"given up after {done:,} documents, as {IN_A_ROW} in a row were held with "
                f"{self.gave_up}; see to it, then run the same command with --resume"
            )
        return f"stopped after {done:,} documents; run the same command with --resume to go on"


def reference(position: Position, record: Record) -> str:
    """The default public id of a document: its place in the input, as in ``1-17``."""
    return f"{position.source + 1}-{position.row}"


def run(
    sources: Sequence[Iterable[Record]],
    make_work: MakeWork,
    journal: Journal,
    *,
    jobs: int = 1,
    ahead: int = 1,
    timeout_s: float = 60.0,
    before_commit: BeforeCommit | None = None,
    progress: Progress | None = None,
    batch: int = 256,
    unique_ids: bool = False,
    refer: Refer = reference,
    confirm: Confirm | None = None,
    passing: Collection[str] = (),
) -> Summary:
    """Give every record of ``sources`` an outcome in ``journal``.

    Each source yields its records in ascending ``row``, the same at each reading. ``make_work``
    builds the work; with ``jobs`` above 1 it is called in each worker process and must be
    picklable. ``ahead`` records are begun at a time in each process, where the work waits for
    somebody. A record may take ``timeout_s`` seconds and a second more for each ``CHARS_PER_S``
    characters. ``before_commit`` gets each batch, in input order, before the journal has it; after
    a crash it may get the same positions again. ``unique_ids`` holds a record whose id came
    before. ``refer`` names a document where the work could not. ``confirm`` has the last word on
    an outcome, in this process: it may hold a record whose values its own file cannot take.
    ``passing`` are reasons that lie outside of a record, such as a server that is down: when
    several records in a row are held for one, the run is given up and they are left to the next.

    Held here: ``unreadable_row``, ``duplicate_id``, ``timeout``, ``worker_died``. Failed here:
    ``error:<class>``. A source that raises is given up at that point and stands in
    ``Summary.broken``. With ``jobs=1`` the work runs in this process, where native code that never
    returns, or crashes, cannot be survived.

    The first SIGINT or SIGTERM ends the run in order (``Summary.interrupted``), a second one at
    once. Raises ``SekishoError`` when the work cannot be built or a result not be stored; what was
    committed stays.
    """
    began = time.monotonic()
    journal.forget_broken()
    commits = Commits(journal, batch, before_commit, progress or Silent())
    intake = _Intake(sources, journal, commits, timeout_s, unique_ids, refer)
    carry = _here if jobs <= 1 else _in_processes
    misfortune = Misfortune(passing, commits)
    with Stop() as stop:
        with closing(carry(intake.tasks(stop), make_work, jobs, ahead, stop)) as steps:
            for step in steps:
                if step is not None:
                    task, outcome = step
                    if not outcome.ref:
                        outcome = replace(outcome, ref=refer(task.position, task.record))
                    if confirm is not None:
                        outcome = confirm(task.position, outcome)
                    if misfortune.add(task.position, outcome, task.chars):
                        break
                commits.flush_if_due()
        if misfortune.gave_up is None and not stop.requested:
            misfortune.settle()
        commits.flush()
        if not stop.requested and not intake.broken and misfortune.gave_up is None:
            journal.finish()
    return Summary(
        counts=journal.status_counts(),
        new=commits.count,
        resumed=intake.resumed,
        broken=tuple(intake.broken),
        interrupted=stop.requested,
        seconds=time.monotonic() - began,
        gave_up=misfortune.gave_up,
    )


class _Intake:
    """Reads the sources in order and settles what needs no work."""

    def __init__(
        self,
        sources: Sequence[Iterable[Record]],
        journal: Journal,
        commits: Commits,
        timeout_s: float,
        unique_ids: bool,
        refer: Refer,
    ):
        self.resumed = 0
        self.broken: list[str] = []
        self._sources = sources
        self._journal = journal
        self._commits = commits
        self._timeout_s = timeout_s
        self._unique_ids = unique_ids
        self._refer = refer

    def tasks(self, stopping: Callable[[], bool]) -> Iterator[Task]:
        """The records that need work."""
        for position, record in self._records():
            if stopping():
                return
            chars = sum(_length(record.values.get(column)) for column in record.text_columns)
            settled = self._settled(position, record)
            if settled is not None:
                self._commits.add(position, settled, chars)
                self._commits.flush_if_due()
                continue
            limit_s = self._timeout_s + chars / CHARS_PER_S
            yield Task(position, record, limit_s, chars)

    def _records(self) -> Iterator[tuple[Position, Record]]:
        for index, source in enumerate(self._sources):
            finished = self._journal.finished_rows(index)
            next_finished = next(finished, None)
            row = 0
            try:
                for record in source:
                    if record.row <= row:
                        raise ValueError("rows must ascend")
                    row = record.row
                    while next_finished is not None and next_finished < row:
                        next_finished = next(finished, None)
                    if next_finished == row:
                        self.resumed += 1
                        self._commits.progress.advance(resumed=True)
                    else:
                        yield Position(index, row), record
            except UsageError:
                raise
            except SekishoError as error:
                self._give_up(index, row + 1, error.message)
            except Exception as error:  # noqa: BLE001  its message may quote the file
                self._give_up(index, row + 1, f"unreadable ({type(error).__name__})")

    def _give_up(self, index: int, row: int, problem: str) -> None:
        detail = f"{problem}; nothing was read from row {row} on"
        detail = " ".join(detail.encode("utf-8", "backslashreplace").decode().split())
        self._journal.note_broken(index, row, detail)
        self.broken.append(f"source {index + 1}: {detail}")

    def _settled(self, position: Position, record: Record) -> Outcome | None:
        if record.problem is not None:
            ref = self._refer(position, record)
            return Outcome.held(ref, "unreadable_row", record.problem)
        if not self._unique_ids:
            return None
        first = self._journal.first_seen(record.id, position)
        if first is None:
            return None
        place = f"row {first.row}"
        if first.source != position.source:
            place += f" of source {first.source + 1}"
        return Outcome.held(self._refer(position, record), "duplicate_id", f"same id as {place}")


def _length(cell: object) -> int:
    return len(cell) if isinstance(cell, str) else 0


def _here(
    tasks: Iterator[Task], make_work: MakeWork, _jobs: int, ahead: int, stop: Stop
) -> Generator[tuple[Task, Outcome] | None, None, None]:
    with Guard(make_work()) as guard:
        stop.hook = guard.interrupt
        try:
            begun = ((task, guard.begin(task.record, task.limit_s)) for task in tasks)
            yield from in_order(begun, ahead)
        except Interrupted:
            return
        finally:
            stop.hook = None


def _in_processes(
    tasks: Iterator[Task], make_work: MakeWork, jobs: int, ahead: int, stop: Stop
) -> Generator[tuple[Task, Outcome] | None, None, None]:
    with Pool(make_work, jobs, ahead) as pool:
        yield from pool.carry(tasks, stop)
