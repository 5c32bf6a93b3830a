"""The working side of a run: one record at a time, whatever the work does.

``Guard`` turns everything that can go wrong with a record into an outcome. ``in_order`` begins some
records ahead where the work has to wait for somebody. ``serve`` is the main function of a worker
process: it builds the work once and answers chunks of records until its connection closes or its
parent is gone.
"""

from __future__ import annotations

import os
import pickle
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from multiprocessing import connection as connections
from multiprocessing import parent_process
from multiprocessing.connection import Connection
from types import FrameType
from typing import Protocol, TypeAlias, TypeVar, runtime_checkable

from sekisho.documents.records import Record
from sekisho.errors import SekishoError
from sekisho.runs.outcome import Outcome

__all__ = [
    "READY",
    "Guard",
    "Interrupted",
    "MakeWork",
    "Waiting",
    "Work",
    "in_order",
    "serve",
    "timed_out",
]

T = TypeVar("T")
R = TypeVar("R")

Work: TypeAlias = Callable[[Record], Outcome]
MakeWork: TypeAlias = Callable[[], Work]

#: What a worker says when its work is built.
READY = "ready"


@runtime_checkable
class Waiting(Protocol):
    """Work that waits for somebody else, and so can be begun for several records at a time."""

    def __call__(self, record: Record) -> Outcome: ...

    def begin(self, record: Record) -> Callable[[], Outcome]:
        """Do what needs no waiting; the result waits when it is called, and has the outcome."""

    def close(self) -> None:
        """Give up what is under way and give back what is held open."""


class Interrupted(BaseException):
    """The user asked to stop while a record was in work; the record is dropped, not judged."""


class _TimedOut(BaseException):
    """The record's time is over. No ``Exception``, lest the work swallows it as an ordinary one."""


def timed_out(limit_s: float) -> Outcome:
    """The outcome of a record that took longer than ``limit_s`` seconds."""
    return Outcome.held("", "timeout", f"not finished within {limit_s:.0f} s")


class Guard:
    """Runs the work on one record after another and always has an outcome.

    An exception becomes *failed* with reason ``error:<class>``; only messages of sekisho's own
    errors are shown, for those of others may quote the document. Time-outs need the main thread
    of the process (SIGALRM); elsewhere the guard cannot interrupt.
    """

    def __init__(self, work: Work):
        self._work = work
        self._waiting = work if isinstance(work, Waiting) else None
        self._armed = False
        self._can_interrupt = (
            hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
        )
        if self._can_interrupt:
            self._previous = signal.signal(signal.SIGALRM, self._ring)

    def __enter__(self) -> Guard:
        return self

    def __exit__(self, *_: object) -> None:
        self._armed = False
        if self._can_interrupt:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, self._previous)
        if self._waiting is not None:
            self._waiting.close()

    def _ring(self, _number: int, _frame: FrameType | None) -> None:
        if self._armed:
            raise _TimedOut

    def interrupt(self) -> None:
        """Drop the record in work, if any; to be called from a signal handler."""
        if self._armed:
            raise Interrupted

    def __call__(self, record: Record, limit_s: float) -> Outcome:
        """The outcome of ``record``; held with reason ``timeout`` after ``limit_s`` seconds."""
        return self.begin(record, limit_s)()

    def begin(self, record: Record, limit_s: float) -> Callable[[], Outcome]:
        """Begin with ``record``; the result has its outcome.

        What comes before waiting and what comes behind it may take ``limit_s`` seconds each.
        """
        waiting = self._waiting
        if waiting is None:
            return lambda: self._watched(lambda: self._work(record), limit_s)
        ends: list[Callable[[], Outcome]] = []
        began = time.perf_counter()
        failed = self._caught(lambda: ends.append(waiting.begin(record)), limit_s)
        spent = time.perf_counter() - began
        if failed is not None:
            return lambda: replace(failed, seconds=spent)
        return lambda: self._watched(ends[0], limit_s)

    def _watched(self, work: Callable[[], Outcome], limit_s: float) -> Outcome:
        began = time.perf_counter()
        found: list[Outcome] = []
        failed = self._caught(lambda: found.append(_an_outcome(work())), limit_s)
        outcome = failed or found[0]
        if not outcome.seconds:
            outcome = replace(outcome, seconds=time.perf_counter() - began)
        return outcome

    def _caught(self, work: Callable[[], None], limit_s: float) -> Outcome | None:
        """Do ``work`` within ``limit_s`` seconds; what becomes of the record if it cannot."""
        try:
            try:
                self._armed = True
                if self._can_interrupt:
                    # Rings again each second: a ring may be lost in a finaliser or a callback.
                    signal.setitimer(signal.ITIMER_REAL, limit_s, 1.0)
                work()
            finally:
                self._armed = False
                if self._can_interrupt:
                    signal.setitimer(signal.ITIMER_REAL, 0)
        except _TimedOut:
            self._armed = False
            signal.setitimer(signal.ITIMER_REAL, 0)
            return timed_out(limit_s)
        except SekishoError as error:
            return Outcome.failed("", _code(error), error.message)
        except (Exception, SystemExit) as error:  # noqa: BLE001  one record must not end the run
            return Outcome.failed("", _code(error), "the work ended with an unexpected error")
        return None


def _an_outcome(value: object) -> Outcome:
    if not isinstance(value, Outcome):
        raise TypeError
    return value


def in_order(begun: Iterable[tuple[T, Callable[[], R]]], ahead: int) -> Iterator[tuple[T, R]]:
    """What each of ``begun`` ends with, in order; taking one from it begins it.

    ``ahead`` of them are begun at a time.
    """
    waiting: deque[tuple[T, Callable[[], R]]] = deque()
    for each in begun:
        waiting.append(each)
        if len(waiting) >= ahead:
            key, finish = waiting.popleft()
            yield key, finish()
    for key, finish in waiting:
        yield key, finish()


def _code(error: BaseException) -> str:
    return f"error:{type(error).__name__}"


def serve(connection: Connection, make_work: MakeWork, ahead: int = 1) -> None:
    """Answer chunks ``[(record, limit_s), ...]`` with one outcome a message, in order.

    ``ahead`` records are begun at a time. The first message is ``READY``, or the ``SekishoError``
    that kept the work from being built.
    """
    # Ctrl-C in a terminal reaches the whole process group; the parent decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _end_with_parent()
    try:
        guard = Guard(make_work())
    except SekishoError as error:
        connection.send(error)
        return
    except Exception as error:  # noqa: BLE001  told to the parent without the foreign message
        connection.send(SekishoError(f"the work could not be set up ({type(error).__name__})"))
        return
    try:
        connection.send(READY)
        while True:
            begun = ((None, guard.begin(*given)) for given in connection.recv())
            for _, outcome in in_order(begun, ahead):
                connection.send_bytes(_packed(outcome))
    except (EOFError, OSError):  # the parent closed its end
        return


def _packed(outcome: Outcome) -> bytes:
    try:
        return pickle.dumps(outcome, pickle.HIGHEST_PROTOCOL)
    except Exception as error:  # noqa: BLE001  a value that cannot travel
        return pickle.dumps(Outcome.failed("", _code(error), "the outcome cannot be passed on"))


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is None:
        return

    def watch(sentinel: int) -> None:
        connections.wait([sentinel])
        os._exit(1)

    threading.Thread(target=watch, args=(parent.sentinel,), daemon=True).start()
