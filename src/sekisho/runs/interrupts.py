"""Ctrl-C and SIGTERM: the first one asks, the second one ends."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

__all__ = ["Stop"]


class Stop:
    """Whether the user asked to stop; a context manager that listens while its block runs.

    The first SIGINT or SIGTERM sets ``requested`` and calls ``hook``; the next one has its usual
    effect. Outside the main thread nothing is listened to.
    """

    def __init__(self) -> None:
        self.requested = False
        self.hook: Callable[[], None] | None = None
        self._previous: dict[signal.Signals, Any] = {}

    def __call__(self) -> bool:
        return self.requested

    def __enter__(self) -> Stop:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                # Under nohup and the like the signal is ignored, and stays so.
                if signal.getsignal(number) is not signal.SIG_IGN:
                    self._previous[number] = signal.signal(number, self._request)
        return self

    def _request(self, _number: int, _frame: FrameType | None) -> None:
        self.requested = True
        for number in self._previous:
            hard = signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
            signal.signal(number, hard)
        if self.hook is not None:
            self.hook()

    def __exit__(self, *_: object) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)
