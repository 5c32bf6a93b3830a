from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sekisho.runs.journal import Journal

HERE = Path(__file__).parent


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal.open(tmp_path / "run", {}) as journal:
        yield journal


class Started:
    """A toy run in a process of its own; ``family`` are the pids that descend from it."""

    def __init__(self, directory: Path, options: dict[str, object]):
        self.mark = uuid.uuid4().hex
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "toy_run.py"), str(directory), json.dumps(options)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "TOY_MARK": self.mark},
            start_new_session=True,
        )

    def wait_for(self, line: str) -> None:
        assert self.process.stdout is not None
        for said in self.process.stdout:
            if said.strip() == line:
                return
        pytest.fail(f"ended without saying {line!r}")

    def end(self) -> tuple[int, list[str], str]:
        """Exit code, the remaining lines of output, and standard error."""
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, out.splitlines(), err

    def family(self) -> list[int]:
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    if self.mark.encode() in (entry / "environ").read_bytes():
                        found.append(int(entry.name))
                except OSError:
                    continue
        return found


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Started]]:
    all_started: list[Started] = []

    def start_(directory: Path, **options: object) -> Started:
        started = Started(directory, options)
        all_started.append(started)
        return started

    yield start_
    for started in all_started:
        if started.process.poll() is None:
            started.process.kill()
        started.process.communicate()
