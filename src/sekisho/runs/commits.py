"""Outcomes on their way to the journal: in batches, and not when the world outside is to blame."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from typing import TypeAlias

from sekisho.runs.journal import Journal
from sekisho.runs.outcome import Outcome, Position, encode
from sekisho.runs.progress import Progress

__all__ = ["IN_A_ROW", "BeforeCommit", "Commits", "Misfortune"]

#: So many records in a row held for a reason outside of them end a run.
IN_A_ROW = 10
_BATCH_S = 1.0
_BATCH_CHARS = 2_000_000

BeforeCommit: TypeAlias = Callable[[Sequence[tuple[Position, Outcome]]], None]


class Commits:
    """Outcomes on their way to the journal."""

    def __init__(
        self, journal: Journal, batch: int, before: BeforeCommit | None, progress: Progress
    ):
        self.count = 0
        self.progress = progress
        self._journal = journal
        self._batch = batch
        self._before = before
        self._waiting: list[tuple[Position, Outcome, bytes]] = []
        self._chars = 0
        self._flushed_at = time.monotonic()

    def add(self, position: Position, outcome: Outcome, chars: int) -> None:
        """Take ``outcome``; it is stored by a later flush."""
        try:
            body = encode(outcome)
        except (TypeError, ValueError, RecursionError) as error:
            reason = f"error:{type(error).__name__}"
            outcome = Outcome.failed(outcome.ref, reason, "a value cannot be kept in the journal")
            body = encode(outcome)
        self._waiting.append((position, outcome, body))
        self._chars += chars
        self.count += 1
        self.progress.advance()

    def flush_if_due(self) -> None:
        """Flush when the batch is full or a second old."""
        if self._waiting and (
            len(self._waiting) >= self._batch
            or self._chars >= _BATCH_CHARS
            or time.monotonic() - self._flushed_at >= _BATCH_S
        ):
            self.flush()

    def flush(self) -> None:
        """Hand the batch to ``before_commit``, then to the journal."""
        if self._waiting:
            self._waiting.sort(key=lambda entry: entry[0])
            if self._before is not None:
                self._before([(position, outcome) for position, outcome, _ in self._waiting])
            self._journal.commit(self._waiting)
        self._waiting = []
        self._chars = 0
        self._flushed_at = time.monotonic()


class Misfortune:
    """Outcomes held for a reason outside of their records, kept back while they may be a row."""

    def __init__(self, passing: Collection[str], commits: Commits):
        self.gave_up: str | None = None
        self._passing = passing
        self._commits = commits
        self._row: list[tuple[Position, Outcome, int]] = []

    def add(self, position: Position, outcome: Outcome, chars: int) -> bool:
        """Take ``outcome``; True when the run is to be given up."""
        if outcome.reason not in self._passing:
            self.settle()
            self._commits.add(position, outcome, chars)
            return False
        self._row.append((position, outcome, chars))
        if len(self._row) >= IN_A_ROW:
            self.gave_up = outcome.reason
        return self.gave_up is not None

    def settle(self) -> None:
        """It was no row: the records stay held."""
        for each in self._row:
            self._commits.add(*each)
        self._row.clear()
