"""Worker processes: fed in chunks, watched, and replaced when one dies.

Each worker answers record by record, so the parent always knows which record it is at: when the
process dies, that record is suspected and tried once more, alone, in a fresh process, and so is
the rest of its chunk. A record that two processes died of is held. The watchdog ends a worker whose
record is overdue even though its own alarm should have rung (native code that never returns).
"""

from __future__ import annotations

import contextlib
import multiprocessing
import pickle
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from multiprocessing import connection as connections
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from typing import Any

from sekisho.documents.records import Record
from sekisho.errors import SekishoError
from sekisho.runs.outcome import Outcome, Position
from sekisho.runs.worker import READY, MakeWork, serve, timed_out

__all__ = ["Pool", "Task"]

_CHUNK_S = 0.1  # work in a chunk: long against a round trip, short against a user's patience
_CHUNK_RECORDS = 64
_CHUNK_CHARS = 200_000
_POLL_S = 0.2
_GRACE_S = 5.0  # what a worker's own alarm gets before the watchdog bites
_STOP_S = 1.0  # what chunks in flight get after Ctrl-C
_DEATHS = 2
_FALSE_STARTS = 3


@dataclass(frozen=True, slots=True)
class Task:
    """A record on its way through the run, and the seconds it may take."""

    position: Position
    record: Record = field(repr=False)
    limit_s: float
    chars: int = 0
    deaths: int = 0


@dataclass(slots=True, eq=False)
class _Worker:
    process: BaseProcess
    connection: Connection
    ready: bool = False
    tasks: deque[Task] = field(default_factory=deque)
    since: float = 0.0

    def send(self) -> None:
        """Hand over the chunk; the worker is waiting for it, so this cannot block for long."""
        self.since = time.monotonic()
        with contextlib.suppress(OSError):  # a dead worker is noticed by the closed connection
            self.connection.send([(task.record, task.limit_s) for task in self.tasks])

    def overdue(self, now: float, ahead: int) -> bool:
        if not self.ready or not self.tasks:
            return False
        # Before its first outcome is heard of, a worker may begin with those behind it.
        begun = list(islice(self.tasks, ahead)) if ahead > 1 else []
        allowed = self.tasks[0].limit_s + sum(task.limit_s for task in begun)
        if now <= self.since + allowed + _GRACE_S:
            return False
        # It may be the parent that was late, held up by a slow disk.
        return not self.connection.poll()


class Pool:
    """Up to ``jobs`` worker processes; use it as a context manager, at its end none is left.

    Processes come from a fork server (a plain spawn where there is none): the parent may hold
    threads and open databases that a forked copy would break.
    """

    def __init__(self, make_work: MakeWork, jobs: int, ahead: int = 1):
        self._make_work = make_work
        self._jobs = jobs
        self._ahead = ahead
        self._context = _context()
        self._workers: list[_Worker] = []
        self._suspects: deque[Task] = deque()
        self._false_starts = 0
        self._mean_s = _CHUNK_S  # so the first chunks are single records

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.connection.close()
            if worker.tasks or not worker.ready:
                worker.process.kill()
        for worker in self._workers:
            worker.process.join(1.0)
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()
            worker.process.close()
        self._workers.clear()

    def carry(
        self, tasks: Iterator[Task], stopping: Callable[[], bool]
    ) -> Iterator[tuple[Task, Outcome] | None]:
        """The outcomes of ``tasks`` in the order they arrive, and None when time passed by.

        Takes from ``tasks`` only what idle workers can begin. Once ``stopping`` is true nothing
        is taken any more, and what is not done within a second is dropped.

        Raises ``SekishoError`` when the work cannot be built in the workers.
        """
        deadline: float | None = None
        while True:
            if not stopping():
                self._feed(tasks)
            elif deadline is None:
                deadline = time.monotonic() + _STOP_S
            if not any(worker.tasks for worker in self._workers):
                return
            if deadline is not None and time.monotonic() > deadline:
                return
            yield from self._collect()
            yield None

    def _feed(self, tasks: Iterator[Task]) -> None:
        while True:
            idle = next((worker for worker in self._workers if not worker.tasks), None)
            if idle is None and len(self._workers) >= self._jobs:
                return
            chunk = self._chunk(tasks)
            if not chunk:
                return
            worker = idle or self._start()
            worker.tasks.extend(chunk)
            if worker.ready:
                worker.send()

    def _chunk(self, tasks: Iterator[Task]) -> list[Task]:
        if self._suspects:
            return [self._suspects.popleft()]
        wanted = max(self._ahead, min(_CHUNK_RECORDS, int(_CHUNK_S / self._mean_s)))
        chunk: list[Task] = []
        chars = 0
        for task in tasks:
            chunk.append(task)
            chars += task.chars
            if len(chunk) >= wanted or chars >= _CHUNK_CHARS:
                break
        return chunk

    def _start(self) -> _Worker:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(  # type: ignore[attr-defined]
            target=serve, args=(theirs, self._make_work, self._ahead), daemon=True
        )
        with _without_interrupts():
            process.start()
        theirs.close()
        worker = _Worker(process, ours)
        self._workers.append(worker)
        return worker

    def _collect(self) -> Iterator[tuple[Task, Outcome]]:
        by_connection = {worker.connection: worker for worker in self._workers}
        ready = connections.wait(list(by_connection), timeout=_POLL_S)
        for connection in ready:
            worker = by_connection[connection]  # type: ignore[index]
            try:
                message = pickle.loads(worker.connection.recv_bytes())
            except (EOFError, OSError, pickle.UnpicklingError):
                yield from self._bury(worker)
                continue
            if isinstance(message, Outcome):
                now = time.monotonic()
                self._mean_s = 0.8 * self._mean_s + 0.2 * max(now - worker.since, 1e-6)
                worker.since = now
                yield worker.tasks.popleft(), message
            else:
                self._greet(worker, message)
        now = time.monotonic()
        for worker in [worker for worker in self._workers if worker.overdue(now, self._ahead)]:
            yield from self._put_down(worker)

    def _greet(self, worker: _Worker, message: Any) -> None:
        if message != READY:
            raise message if isinstance(message, SekishoError) else SekishoError("no such answer")
        self._false_starts = 0
        worker.ready = True
        worker.send()

    def _bury(self, worker: _Worker) -> Iterator[tuple[Task, Outcome]]:
        """Take leave of a worker that died, and see to what it had in hand."""
        cause = self._dismiss(worker)
        if not worker.ready:
            self._false_starts += 1
            if self._false_starts >= _FALSE_STARTS:
                raise SekishoError(
                    f"worker processes end while they start ({cause})",
                    remedy="try --jobs 1, and see whether memory suffices",
                )
            self._suspects.extend(worker.tasks)
            return
        if not worker.tasks:
            return
        suspect, *rest = worker.tasks
        suspect = replace(suspect, deaths=suspect.deaths + 1)
        self._suspects.extend(rest)
        if suspect.deaths < _DEATHS:
            self._suspects.appendleft(suspect)
        else:
            detail = f"{_DEATHS} worker processes ended at this record, the last by {cause}"
            yield suspect, Outcome.held("", "worker_died", detail)

    def _put_down(self, worker: _Worker) -> Iterator[tuple[Task, Outcome]]:
        """End a worker that its own alarm could not wake."""
        worker.process.kill()
        self._dismiss(worker)
        overdue, *rest = worker.tasks
        self._suspects.extend(rest)
        yield overdue, timed_out(overdue.limit_s)

    def _dismiss(self, worker: _Worker) -> str:
        self._workers.remove(worker)
        worker.connection.close()
        worker.process.join(5.0)
        if worker.process.is_alive():
            worker.process.kill()
            worker.process.join()
        code = worker.process.exitcode or 0
        worker.process.close()
        if code < 0:
            return f"signal {signal.Signals(-code).name}"
        return f"exit code {code}"


def _context() -> BaseContext:
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    # Imported once by the server, not by each worker.
    context.set_forkserver_preload(["__main__", "sekisho.runs.worker"])
    return context


@contextlib.contextmanager
def _without_interrupts() -> Iterator[None]:
    """Start a process deaf to Ctrl-C from its first instruction on."""
    if sys.platform == "win32":
        yield
        return
    from multiprocessing import resource_tracker

    # The tracker, if it had to be started inside, would open the mask again.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
