"""Runs that are killed, interrupted and measured from outside."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sqlite3
import time
from pathlib import Path

import pytest

OUTPUTS = ("released.jsonl", "spans.jsonl", "held.jsonl")
SPECIAL = {"7": "hold x", "700": "raise x", "1999": "所見 1998"}


def committed(directory: Path) -> int:
    connection = sqlite3.connect(directory / "journal.db")
    try:
        return connection.execute("SELECT count(*) FROM outcome").fetchone()[0]
    except sqlite3.OperationalError:
        return 0
    finally:
        connection.close()


def gone(started, within_s: float = 5.0) -> bool:
    end = time.monotonic() + within_s
    while started.family():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


@pytest.mark.slow
def test_twenty_kills_at_any_moment_change_no_byte(start, tmp_path):
    options = {"count": 2000, "busy": 0.001, "special": SPECIAL}
    code, _, _ = start(tmp_path / "undisturbed", jobs=1, **options).end()
    assert code == 3
    dice = random.Random(20240401)
    disturbed = tmp_path / "disturbed"
    kills = assembling = 0
    while kills < 20:
        jobs = dice.choice([1, 2])
        started = start(disturbed, jobs=jobs, **options)
        late = dice.random() < 0.25
        if late:
            started.wait_for("assembling")
            time.sleep(dice.uniform(0, 0.03))
        else:
            time.sleep(dice.uniform(0, 0.6))
        started.process.kill()
        if started.process.wait() == -signal.SIGKILL:
            kills += 1
            assembling += late
            assert gone(started)
        else:  # nothing was left to do: begin again, the kills so far have not harmed
            same(tmp_path / "undisturbed", disturbed)
            shutil.rmtree(disturbed)
    before = committed(disturbed) if (disturbed / "journal.db").exists() else 0
    code, said, err = start(disturbed, jobs=2, **options).end()
    assert (code, err) == (3, "")
    last = json.loads(said[-1])
    assert (last["resumed"], last["new"]) == (before, 2000 - before)
    same(tmp_path / "undisturbed", disturbed)
    assert assembling >= 2


def same(one: Path, other: Path) -> None:
    for name in OUTPUTS:
        assert (one / name).read_bytes() == (other / name).read_bytes(), name
    for directory in (one, other):
        vault = sqlite3.connect(directory / "vault.db")
        assert vault.execute("SELECT count(*) FROM v").fetchone() == (2000,)
        vault.close()
        assert not list(directory.glob(".partial*"))


@pytest.mark.parametrize("what", ["killed", "interrupted"])
def test_no_worker_outlives_its_parent(start, tmp_path, what):
    started = start(tmp_path / "run", count=10, jobs=2, text="sleep 30")
    started.wait_for("working")
    deadline = time.monotonic() + 10
    while len(started.family()) < 4 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(started.family()) >= 4
    started.process.send_signal(signal.SIGKILL if what == "killed" else signal.SIGINT)
    started.process.wait(10)
    assert gone(started)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("jobs", [1, 2])
def test_an_interrupted_run_ends_in_order_and_says_how_to_go_on(start, tmp_path, jobs, number):
    options = {"count": 600, "busy": 0.002, "special": {"300": "sleep 20"}, "batch": 20}
    started = start(tmp_path / "run", jobs=jobs, **options)
    started.wait_for("working")
    time.sleep(1.0 if jobs == 1 else 0.5)
    asked = time.monotonic()
    started.process.send_signal(number)
    code, said, err = started.end()
    assert time.monotonic() - asked < 4
    assert code == 130
    assert "--resume" in said[-1]
    assert err == ""
    done = committed(tmp_path / "run")
    assert f"after {done:,} documents" in said[-1]
    assert done >= 20
    assert gone(started)
    options["special"] = {}
    code, said, _ = start(tmp_path / "run", jobs=jobs, **options).end()
    assert (code, json.loads(said[-1])["resumed"]) == (0, done)


def test_ctrl_c_in_a_terminal_reaches_the_workers_without_a_word(start, tmp_path):
    for delay in (0.05, 0.1, 0.15, 0.2, 0.5):
        started = start(tmp_path / str(delay), count=5000, jobs=2, busy=0.001)
        started.wait_for("working")
        time.sleep(delay)
        os.killpg(started.process.pid, signal.SIGINT)
        code, said, err = started.end()
        assert (code, err) == (130, "")
        assert "--resume" in said[-1]


def test_a_second_ctrl_c_ends_at_once(start, tmp_path):
    started = start(tmp_path / "run", count=10, jobs=2, text="sleep 30")
    started.wait_for("working")
    time.sleep(0.5)
    started.process.send_signal(signal.SIGINT)
    time.sleep(0.1)
    asked = time.monotonic()
    started.process.send_signal(signal.SIGINT)
    started.process.wait(10)
    assert time.monotonic() - asked < 0.9
    assert gone(started)


@pytest.mark.slow
@pytest.mark.parametrize("jobs", [1, 2])
def test_memory_is_flat_from_a_thousand_to_a_hundred_thousand_records(start, tmp_path, jobs):
    peaks = []
    for count in (1_000, 100_000):
        code, said, _ = start(tmp_path / str(count), count=count, jobs=jobs).end()
        assert code == 0
        peaks.append(json.loads(said[-1])["peak_kib"])
    assert peaks[1] - peaks[0] < 12_000, peaks
