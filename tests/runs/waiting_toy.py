"""Toy work that waits for somebody, and misbehaves before or behind the wait as its text says."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from sekisho.documents.records import Record
from sekisho.errors import DetectionError
from sekisho.runs.outcome import Outcome

__all__ = ["MakeWaitingToy", "WaitingToy"]


@dataclass
class WaitingToy:
    """``begin X`` does X before the wait, ``end X`` behind it; anything else is released.

    ``log`` says in what order; ``file`` gets the same from a process of its own.
    """

    log: list[str] = field(default_factory=list)
    file: str | None = None

    def __call__(self, record: Record) -> Outcome:
        return self.begin(record)()

    def begin(self, record: Record) -> Callable[[], Outcome]:
        moment, _, command = str(record.values["所見"]).partition(" ")
        self._note(f"begin {record.row}")
        if moment == "begin":
            result = misbehave(command, record)
            if result is not None:
                return result  # type: ignore[return-value]

        def end() -> Outcome:
            self._note(f"end {record.row}")
            if moment == "end":
                result = misbehave(command, record)
                if result is not None:
                    return result  # type: ignore[return-value]
            return Outcome.released(f"d{record.row}", {"所見": f"r{record.row}"})

        return end

    def close(self) -> None:
        self._note("close")

    def _note(self, line: str) -> None:
        self.log.append(line)
        if self.file is not None:
            with open(self.file, "a", encoding="utf-8") as file:
                file.write(f"{line}\n")


def misbehave(command: str, record: Record) -> object:
    verb, _, argument = command.partition(" ")
    match verb:
        case "sleep":
            time.sleep(float(argument))
        case "raise":
            raise ValueError(f"cannot read {argument}")
        case "detector":
            raise DetectionError("the detector gave up")
        case "exit":
            raise SystemExit(1)
        case "die-once":
            marker = Path(argument)
            if not marker.exists():
                marker.touch()
                os._exit(3)
        case "die":
            os._exit(3)
        case "stop":
            signal.raise_signal(signal.SIGINT)
            time.sleep(60)
        case "nothing":
            return "nothing"
    return None


@dataclass(frozen=True)
class MakeWaitingToy:
    """The picklable factory."""

    file: str | None = None

    def __call__(self) -> WaitingToy:
        return WaitingToy(file=self.file)
