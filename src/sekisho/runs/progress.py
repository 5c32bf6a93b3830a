"""How far a run has come: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Protocol, TextIO

__all__ = ["Bar", "Lines", "Pace", "Progress", "Silent", "open_progress"]

Clock = Callable[[], float]


class Progress(Protocol):
    """What a run tells about its way."""

    def advance(self, count: int = 1, *, resumed: bool = False) -> None:
        """``count`` more records have their outcome; ``resumed`` ones had it before."""


class Pace:
    """Counts, speed and time left; records of an earlier run do not count for the speed."""

    def __init__(self, total: int | None, clock: Clock = time.monotonic):
        self.total = total
        self.done = 0
        self._fresh = 0
        self._clock = clock
        self._began = clock()

    def add(self, count: int, resumed: bool) -> None:
        """Count ``count`` more."""
        self.done += count
        if resumed:
            self._began = self._clock()
        else:
            self._fresh += count

    @property
    def rate(self) -> float:
        """Documents per second since the first that was new."""
        elapsed = self._clock() - self._began
        return self._fresh / elapsed if elapsed > 0 else 0.0

    @property
    def left_s(self) -> float | None:
        """Seconds left, or None when that cannot be told yet."""
        if self.total is None or not self.rate:
            return None
        return max(self.total - self.done, 0) / self.rate

    def __str__(self) -> str:
        rate = f"{self.rate:,.0f}/s" if self.rate >= 10 else f"{self.rate:.2g}/s"
        if self.total is None:
            return f"{self.done:,} documents, {rate}"
        share = 100 * self.done // self.total if self.total else 100
        text = f"{self.done:,} of {self.total:,} documents ({share} %), {rate}"
        return text if self.left_s is None else f"{text}, {_clock_face(self.left_s)} left"


def _clock_face(seconds: float) -> str:
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


class Silent:
    """Says nothing."""

    def __enter__(self) -> Silent:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def advance(self, count: int = 1, *, resumed: bool = False) -> None:
        """Nothing."""


class Lines:
    """A plain line every ``interval_s`` seconds or 10 %, and one at the end."""

    def __init__(
        self,
        total: int | None,
        stream: TextIO,
        *,
        interval_s: float = 5.0,
        clock: Clock = time.monotonic,
    ):
        self._pace = Pace(total, clock)
        self._stream = stream
        self._interval_s = interval_s
        self._clock = clock
        self._said_at = clock()
        self._said = 0

    def __enter__(self) -> Lines:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pace.done != self._said:
            self._say()

    def advance(self, count: int = 1, *, resumed: bool = False) -> None:
        """Count, and say so when it is time."""
        self._pace.add(count, resumed)
        now = self._clock()
        total = self._pace.total
        step = total is not None and 10 * (self._pace.done - self._said) >= total > 0
        # Short runs would fill a log with their tenths.
        if now - self._said_at >= (min(1.0, self._interval_s) if step else self._interval_s):
            self._say()

    def _say(self) -> None:
        self._said, self._said_at = self._pace.done, self._clock()
        self._stream.write(f"{self._pace}\n")
        self._stream.flush()


class Bar:
    """A bar with documents per second and the time left."""

    def __init__(self, total: int | None, stream: TextIO):
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        self._pace = Pace(total)
        self._drawing = Progress(
            BarColumn(),
            TextColumn("{task.description}"),
            console=Console(file=stream),
            transient=False,
            refresh_per_second=5,
        )
        self._task = self._drawing.add_task("", total=total)
        self._drawn_at = 0.0

    def __enter__(self) -> Bar:
        self._drawing.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._draw()
        self._drawing.stop()

    def advance(self, count: int = 1, *, resumed: bool = False) -> None:
        """Count; the bar follows a few times a second."""
        self._pace.add(count, resumed)
        if time.monotonic() - self._drawn_at >= 0.1:
            self._draw()

    def _draw(self) -> None:
        self._drawn_at = time.monotonic()
        self._drawing.update(self._task, completed=self._pace.done, description=str(self._pace))


def open_progress(total: int | None, stream: TextIO | None = None) -> Bar | Lines:
    """A bar when ``stream`` (standard error) is a terminal, else plain lines; a context manager.

    ``total`` is None when nobody knows how many documents will come.
    """
    stream = stream or sys.stderr
    return Bar(total, stream) if stream.isatty() else Lines(total, stream)
