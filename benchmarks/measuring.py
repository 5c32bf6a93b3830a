"""Measuring other processes: how long they took, and how much memory they held at most."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

__all__ = ["SEKISHO", "Finished", "finished", "first_output", "middle", "written"]

#: The command line of the environment that this program runs in.
SEKISHO = (str(Path(sys.executable).with_name("sekisho")),)


@dataclass(frozen=True)
class Finished:
    """A process that ended: wall seconds, peak resident memory in MiB, standard output."""

    seconds: float
    peak_mib: float
    output: str


def finished(
    command: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    core: int | None = None,
    expected: tuple[int, ...] = (0,),
) -> Finished:
    """Run ``command`` to its end, on one ``core`` if given.

    The peak is that of the process or of the largest of its children. (A child begins with the
    memory of its parent, so whoever calls this must stay small.) Raises ``SystemExit`` when it ends
    with another code than ``expected``.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8") as errors:
        began = time.perf_counter()
        with subprocess.Popen(
            list(command),
            stdout=subprocess.PIPE,
            stderr=errors,
            env=_environment(environment),
            preexec_fn=_pinned(core),
            encoding="utf-8",
        ) as process:
            assert process.stdout is not None
            output = process.stdout.read()
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - began
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in expected:
            errors.seek(0)
            named = " ".join(command)
            raise SystemExit(f"{named} ended with {process.returncode}:\n{errors.read()}")
    return Finished(seconds, usage.ru_maxrss / 1024, output)


def first_output(command: Sequence[str], environment: Mapping[str, str] | None = None) -> float:
    """Seconds from the start of ``command`` to its first byte of standard output."""
    began = time.perf_counter()
    with subprocess.Popen(
        list(command),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=_environment(environment),
    ) as process:
        assert process.stdout is not None
        byte = process.stdout.read(1)
        seconds = time.perf_counter() - began
        process.stdout.read()
    if not byte:
        raise SystemExit(f"{' '.join(command)} wrote nothing")
    return seconds


def middle(values: Sequence[float]) -> tuple[float, str]:
    """The median of ``values`` and, in words, between what they lie."""
    if len(values) == 1:
        return values[0], "measured once"
    low, high = written(min(values)), written(max(values))
    return median(values), f"median of {len(values)}, {low} to {high}"


def written(value: float) -> str:
    """``value`` with three digits or so."""
    digits = 0 if value >= 1000 else 1 if value >= 10 else 2
    return f"{value:,.{digits}f}"


def _environment(more: Mapping[str, str] | None) -> dict[str, str]:
    return {**os.environ, "PYTHONUTF8": "1", **(more or {})}


def _pinned(core: int | None) -> Callable[[], None] | None:
    if core is None or not hasattr(os, "sched_setaffinity"):
        return None
    return lambda: os.sched_setaffinity(0, {core})
