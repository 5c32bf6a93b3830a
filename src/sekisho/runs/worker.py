"""The working side of a run: one record at a time, whatever the work does.

``Guard`` turns everything that can go wrong with a record into an outcome. ``serve`` is the main
function of a worker process: it builds the work once and answers chunks of records until its
connection closes or its parent is gone.
"""

from __future__ import annotations

import os
import pickle
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from multiprocessing import connection as connections
from multiprocessing import parent_process
from multiprocessing.connection import Connection
from types import FrameType
from typing import TypeAlias

from sekisho.documents.records import Record
from sekisho.errors import SekishoError
from sekisho.runs.outcome import Outcome

__all__ = ["READY", "Guard", "Interrupted", "MakeWork", "Work", "serve", "timed_out"]

Work: TypeAlias = Callable[[Record], Outcome]
MakeWork: TypeAlias = Callable[[], Work]

#: What a worker says when its work is built.
READY = "ready"


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

    def _ring(self, _number: int, _frame: FrameType | None) -> None:
        if self._armed:
            raise _TimedOut

    def interrupt(self) -> None:
        """Drop the record in work, if any; to be called from a signal handler."""
        if self._armed:
            raise Interrupted

    def __call__(self, record: Record, limit_s: float) -> Outcome:
        """The outcome of ``record``; held with reason ``timeout`` after ``limit_s`` seconds."""
        began = time.perf_counter()
        try:
            try:
                self._armed = True
                if self._can_interrupt:
                    # Rings again each second: a ring may be lost in a finaliser or a callback.
                    signal.setitimer(signal.ITIMER_REAL, limit_s, 1.0)
                outcome = self._work(record)
            finally:
                self._armed = False
                if self._can_interrupt:
                    signal.setitimer(signal.ITIMER_REAL, 0)
            if not isinstance(outcome, Outcome):
                raise TypeError
        except _TimedOut:
            self._armed = False
            signal.setitimer(signal.ITIMER_REAL, 0)
            outcome = timed_out(limit_s)
        except SekishoError as error:
            outcome = Outcome.failed("", _code(error), error.message)
        except (Exception, SystemExit) as error:  # noqa: BLE001  one record must not end the run
            outcome = Outcome.failed("", _code(error), "the work ended with an unexpected error")
        if not outcome.seconds:
            outcome = replace(outcome, seconds=time.perf_counter() - began)
        return outcome


def _code(error: BaseException) -> str:
    return f"error:{type(error).__name__}"


def serve(connection: Connection, make_work: MakeWork) -> None:
    """Answer chunks ``[(record, limit_s), ...]`` with one outcome a message, in order.

    The first message is ``READY``, or the ``SekishoError`` that kept the work from being built.
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
            for record, limit_s in connection.recv():
                connection.send_bytes(_packed(guard(record, limit_s)))
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
