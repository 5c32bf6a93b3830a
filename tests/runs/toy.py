"""Toy readers and toy work for the tests of runs; importable by worker processes."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sekisho.documents.records import Record
from sekisho.errors import DetectionError, InputError, UsageError
from sekisho.runs.outcome import Outcome


def record(row: int, text: str, *, id: str | None = None, problem: str | None = None) -> Record:
    """A record with one text column."""
    values = {"番号": f"{row:05}", "所見": text}
    return Record(id or str(row), "toy.jsonl", row, values, ("所見",), problem)


@dataclass
class ToyReader:
    """``count`` records made on the fly, written back as JSON lines."""

    count: int
    text: Callable[[int], str] = "所見 {}".format
    breaks_at: int | None = None
    full: bool = False
    columns: tuple[str, ...] | None = ("番号", "所見")
    suffix: str = ".jsonl"

    def __iter__(self) -> Iterator[Record]:
        for row in range(1, self.count + 1):
            if row == self.breaks_at:
                raise InputError("the line is cut off")
            yield record(row, self.text(row))

    def writer(self, path: str) -> ToyWriter:
        return ToyWriter("/dev/full" if self.full else path)


class ToyWriter:
    def __init__(self, path: str):
        self._file = open(path, "w", encoding="utf-8", errors="surrogatepass")  # noqa: SIM115

    def write(self, values: Mapping[str, Any]) -> None:
        self._file.write(json.dumps(dict(values), ensure_ascii=False) + "\n")

    def close(self) -> None:
        try:
            self._file.flush()
            if os.path.isfile(self._file.name):
                os.fsync(self._file.fileno())
        finally:
            self._file.close()


class Toy:
    """Work that obeys its text: ``所見 ...`` is released, commands misbehave."""

    def __init__(self, busy_s: float = 0.0, log: str | None = None):
        self._busy_s = busy_s
        self._log = log

    def __call__(self, record: Record) -> Outcome:
        text = record.values["所見"]
        if self._log:
            with open(self._log, "a") as file:
                file.write(f"{record.row}\n")
        command, _, argument = text.partition(" ")
        ref = f"d{record.row}"
        match command:
            case "die":
                os._exit(3)
            case "segfault":
                os.kill(os.getpid(), signal.SIGSEGV)
            case "die-once":
                marker = Path(argument)
                if not marker.exists():
                    marker.touch()
                    os._exit(3)
            case "raise":
                raise ValueError(f"cannot read {argument}")
            case "detector":
                raise DetectionError("the detector gave up")
            case "exit":
                raise SystemExit(1)
            case "sleep":
                time.sleep(float(argument))
            case "stuck":  # its own alarm cannot ring
                signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
                time.sleep(float(argument))
            case "swallow":
                with contextlib.suppress(Exception):
                    time.sleep(float(argument))
            case "lambda":
                return Outcome.released(ref, {"所見": lambda: 0})
            case "nothing":
                return None  # type: ignore[return-value]
            case "hold":
                spans = {"所見": [{"start": 0, "end": 4, "category": "NAME"}]}
                return Outcome.held(ref, "residual_identifier", "one is left", spans=spans)
        _burn(self._busy_s)
        released = hashlib.sha256(text.encode()).hexdigest()[:16]
        return Outcome.released(
            ref,
            {**record.values, "所見": released},
            spans={"所見": [{"start": 0, "end": 2, "category": "NAME", "score": 1.0}]},
            secret=text.encode(),
            counts={"NAME": 1},
            actions={"tag": 1},
            chars=len(text),
        )


def _burn(seconds: float) -> None:
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        hashlib.sha256(b"x" * 1000).digest()


@dataclass(frozen=True)
class MakeToy:
    """The picklable factory."""

    busy_s: float = 0.0
    log: str | None = None
    broken: str = ""

    def __call__(self) -> Toy:
        match self.broken:
            case "usage":
                raise UsageError("no such dictionary", remedy="install it")
            case "foreign":
                raise ValueError("山田")
            case "exit":
                os._exit(9)
        return Toy(self.busy_s, self.log)
