"""A real run, killed at any moment and taken up again."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from commanding import call, leaks, program, run

OUTPUTS = ("released.jsonl", "spans.jsonl", "held.jsonl")
RECORDS = 2000
KILLS = 20


def write_records(path: Path) -> None:
    """Short records of 700 patients; a few that will be held."""
    with path.open("w", encoding="utf-8") as file:
        for number in range(RECORDS):
            patient = number % 700
            text = f"山田太郎様、患者ID：9{patient:06}。電話 090-8765-{patient:04}。"
            text += f"{number % 9} mmの結節。"
            if number % 333 == 7:
                text += "\0"
            values = {"id": f"{number}", "key": f"P{patient}", "text": text}
            file.write(json.dumps(values, ensure_ascii=False) + "\n")


@pytest.mark.slow
def test_twenty_kills_at_any_moment_change_no_byte(home: Path, tmp_path: Path) -> None:
    source = tmp_path / "records.jsonl"
    write_records(source)
    options = ("--patient-column", "key", "--jobs", "2")
    whole = tmp_path / "whole"
    began = time.monotonic()
    assert run("deid", source, "--out", whole, *options).code == 3
    undisturbed_s = time.monotonic() - began
    expected = {name: (whole / name).read_bytes() for name in OUTPUTS}
    assert expected["held.jsonl"].count(b"\n") == len(range(7, RECORDS, 333))

    dice = random.Random(20240401)
    kills = finished = starts = 0
    out = tmp_path / "out-0"
    while kills < KILLS or finished == 0:
        command = [program(), "deid", str(source), "--out", str(out), *options, "--resume"]
        starts += 1
        started = subprocess.Popen(command, stderr=subprocess.PIPE, env=dict(os.environ))
        if kills < KILLS:
            try:
                started.wait(dice.uniform(0.1, 1.1 * undisturbed_s / (1 + kills % 3)))
            except subprocess.TimeoutExpired:
                started.kill()
        _, said = started.communicate(timeout=120)
        if started.returncode == -signal.SIGKILL:
            kills += 1
            continue
        # Ended by itself before the kill: this run is judged, and the next one begins anew.
        assert started.returncode == 3, said.decode()
        assert {name: (out / name).read_bytes() for name in OUTPUTS} == expected
        assert call("audit", "verify", out).code == 0
        assert not leaks(["山田", "太郎", "090-8765"], out, said.decode())
        finished += 1
        last, out = out, tmp_path / f"out-{finished}"
    assert kills == KILLS
    assert starts > KILLS
    assert call("reveal", last, "--out", tmp_path / "back").code == 0
    released = [line for line in source.read_bytes().splitlines() if b"\\u0000" not in line]
    assert (tmp_path / "back" / "records.jsonl").read_bytes().splitlines() == released
    assert call("vault", "check").code == 0
