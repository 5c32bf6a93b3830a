"""Extraction with a real llama.cpp server, whose model is random: all it says is nonsense.

So nothing here tells how well anything is extracted. It tells that whatever a model says, every row
fits the task or says why it does not, and that a run that is killed goes on as if it had not been.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

if os.environ.get("SEKISHO_REQUIRE_LLAMA") != "1":
    pytest.importorskip("gguf", reason="a model is written with the extra [train]")
    pytest.importorskip("xllamacpp", reason="a GGUF file needs the extra [llama]")

from counting_proxy import CountingProxy
from llama_server import LlamaServer
from random_model import random_llama

from commanding import program, rows
from extracting import manifest
from sekisho.extraction.results import FieldStatus
from sekisho.extraction.tasks import task_file
from sekisho.extraction.tasks.task import (
    AnyOfField,
    BooleanField,
    DateField,
    EnumField,
    IntegerField,
    ListField,
    NumberField,
    StringField,
    Task,
)

#: At this temperature, these weights find most fields in some reports and not in others, and quote
#: what is not there.
TEMPERATURE, LONG_WINDED, BRIEF = 1.0, 3, 1
NUMBER = 200
OUTPUTS = ("extracted.jsonl", "extractions.jsonl", "failures.jsonl")
REPORT = re.compile("Report ([0-9]+):")
FAILURES = {"model_invalid", "model_truncated", "model_refused", "unwritable"}

PLAIN = """
name = "random"
language = "en"
instruction = "Say what the report states."
evidence = false

[fields.nodule]
type = "boolean"

[fields.side]
type = "enum"
values = ["left", "right"]

[fields.grade]
type = "integer"
minimum = 1
maximum = 5
"""
QUOTED = (
    PLAIN
    + """
[fields.share]
type = "number"
minimum = 0
maximum = 100

[fields.note]
type = "string"
max_length = 12

[fields.tags]
type = "list"
items = { type = "enum", values = ["solid", "calcified"] }
max_items = 3

[fields.size]
type = "number"
unit = "mm"
minimum = 1
maximum = 50
evidence = true

[fields.seen]
type = "date"
evidence = true
"""
)


def weights(folder: Path, seed: int) -> Path:
    """A model of a hundred thousand random weights."""
    return random_llama(folder / "random.gguf", seed=seed, hidden=64, layers=1)


def reports(folder: Path) -> Path:
    path = folder / "in.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for number in range(NUMBER):
            side = "left" if number % 2 else "right"
            text = f"Report {number}: a nodule of {number % 30} mm in the {side} lung, 2024-05-03."
            file.write(json.dumps({"id": f"r{number}", "text": text}) + "\n")
    return path


def configured(folder: Path, base_url: str, *, in_flight: int, extra: str = "") -> Path:
    """A configuration with the model at ``base_url``; its key stands in the environment."""
    path = folder / f"sekisho-{in_flight}-{len(list(folder.iterdir()))}.toml"
    path.write_text(
        f'[models.m]\nkind = "openai"\nbase_url = "{base_url}"\nmodel = ""\n'
        f'api_key_env = "SEKISHO_TEST_KEY"\nin_flight = {in_flight}\n{extra}\n'
    )
    return path


def command(folder: Path, task: str, out: Path, config: Path, *options: str) -> list[str]:
    place = folder / "task.toml"
    place.write_text(task, encoding="utf-8")
    return [
        *(program(), "extract", str(place), str(folder / "in.jsonl"), "--out", str(out)),
        *("--model", "m", "--config", str(config), "--attempts", "1"),
        *("--temperature", str(TEMPERATURE), *options),
    ]


def fits(field: AnyOfField, value: Any) -> bool:
    """Whether ``value`` is one that ``field`` may have."""
    match field:
        case BooleanField():
            return isinstance(value, bool)
        case EnumField():
            return value in [each.value for each in field.values]
        case IntegerField():
            return type(value) is int and field.minimum <= value <= field.maximum
        case NumberField():
            return isinstance(value, float) and field.minimum <= value <= field.maximum
        case StringField():
            return isinstance(value, str) and 0 < len(value) <= field.max_length
        case DateField():
            return re.fullmatch("[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?", value) is not None
        case ListField():
            inside = all(fits(field.item, each) for each in value)
            return inside and 0 < len(value) <= field.max_items
        case _:
            return False


def check(row: Mapping[str, Any], text: str, task: Task) -> None:
    """Everything that must be true of a row, whatever the model said."""
    if row["status"] == "failed":
        assert row["reason"] in FAILURES
        assert row["fields"] == {}
        return
    assert row["status"] == "extracted"
    assert list(row["fields"]) == list(task.fields)
    for name, result in row["fields"].items():
        status = FieldStatus(result["status"])
        if status is FieldStatus.FOUND:
            assert fits(task.fields[name], result["value"]), (name, result["value"])
            assert result.get("evidence") or not task.needs_evidence(name)
        else:
            assert "value" not in result
            assert ("problem" in result) == (status is not FieldStatus.NOT_MENTIONED)
        for evidence in result.get("evidence", ()):
            assert 0 <= evidence["start"] < evidence["end"] <= len(text)
            assert text[evidence["start"] : evidence["end"]] == evidence["quote"]


def checked(out: Path, source: Path, task: Path) -> Counter[tuple[str, str]]:
    """How often each field has each status, in a run in which every row is as it must be."""
    asked, made = task_file.load(task), rows(out / "extractions.jsonl")
    given = rows(source)
    assert [row["id"] for row in made] == [row["id"] for row in given]
    for row, document in zip(made, given, strict=True):
        check(row, document["text"], asked)
    failures = rows(out / "failures.jsonl")
    failed = [row["id"] for row in made if row["status"] == "failed"]
    assert [row["id"] for row in failures if row["kind"] == "document"] == failed
    assert manifest(out)["counts"]["statuses"] == {
        "extracted": NUMBER - len(failed),
        "failed": len(failed),
    }
    return Counter(
        (name, result["status"]) for row in made for name, result in row["fields"].items()
    )


@pytest.mark.slow
def test_whatever_a_model_says_every_row_fits_or_says_why_not(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = reports(tmp_path)
    seen = {}
    with LlamaServer(weights(tmp_path, LONG_WINDED), slots=4, context=4096) as server:
        monkeypatch.setenv("SEKISHO_TEST_KEY", server.key)
        config = configured(tmp_path, server.url, in_flight=4)
        for name, task in (("quoted", QUOTED), ("plain", PLAIN)):
            out = tmp_path / name
            words = command(tmp_path, task, out, config)
            ended = subprocess.run(words, capture_output=True, timeout=300, check=False)
            assert ended.returncode in (0, 3), ended.stderr.decode()
            seen[name] = checked(out, source, tmp_path / "task.toml")
    # The weights are such that this is no test of empty rows.
    for counts in seen.values():
        assert sum(counts[field, "found"] for field, _ in counts) > NUMBER
        assert sum(counts[field, "not_mentioned"] for field, _ in counts) > 0
    assert min(seen["quoted"][field, "invalid"] for field in ("size", "seen", "share")) > 0


def outcomes(out: Path) -> dict[int, bytes]:
    """What the journal of a run that was killed holds, by row."""
    connection = sqlite3.connect(out / "journal.db")
    try:
        return dict(connection.execute("SELECT row, body FROM outcome").fetchall())
    finally:
        connection.close()


def asked_about(proxy: CountingProxy, before: int) -> set[int]:
    """The rows that a model was asked about after the first ``before`` chats."""
    said = (REPORT.search(text) for _, text in proxy.chats[before:])
    return {int(found[1]) + 1 for found in said if found is not None}


def wait_for_commits(proxy: CountingProxy, before: int, started: subprocess.Popen[bytes]) -> None:
    """Wait until a run has stored some of what it heard: it does so once a second."""
    until = time.monotonic() + 240
    while time.monotonic() < until:
        assert started.poll() is None, "the run ended before it could be killed"
        moments = [moment for moment, _ in proxy.chats[before:]]
        # An outcome is stored before the one after the next is asked for.
        if len(moments) > 20 and moments[-4] - moments[0] > 1.2:
            return
        time.sleep(0.02)
    raise AssertionError("the run came to nothing")


@pytest.mark.slow
def test_a_run_that_is_killed_twice_ends_as_if_it_had_not_been(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, whole, out = reports(tmp_path), tmp_path / "whole", tmp_path / "killed"
    # One request at a time, none with what another left in the cache: the same sums, to the bit.
    extra = "extra = { cache_prompt = false }"
    with (
        LlamaServer(weights(tmp_path, BRIEF), slots=1, context=4096) as server,
        CountingProxy(server.root, delay_s=0.015) as proxy,
    ):
        monkeypatch.setenv("SEKISHO_TEST_KEY", server.key)
        config = configured(tmp_path, server.url, in_flight=1, extra=extra)
        words = command(tmp_path, QUOTED, whole, config)
        ended = subprocess.run(words, capture_output=True, timeout=300, check=False)
        assert ended.returncode in (0, 3), ended.stderr.decode()

        config = configured(tmp_path, f"{proxy.url}/v1", in_flight=1, extra=extra)
        words = command(tmp_path, QUOTED, out, config, "--resume")
        done: dict[int, bytes] = {}
        for kills_left in (2, 1, 0):
            before = len(proxy.chats)
            started = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            if kills_left:
                wait_for_commits(proxy, before, started)
                started.kill()
            _, said = started.communicate(timeout=300)
            # What was stored before is not asked for again.
            assert not asked_about(proxy, before) & done.keys()
            if kills_left:
                assert started.returncode == -signal.SIGKILL
                stored = outcomes(out)
                assert {row: stored.get(row) for row in done} == done
                assert len(done) < len(stored) < NUMBER
                done = stored
        assert started.returncode == ended.returncode, said.decode()
        assert asked_about(proxy, 0) == set(range(1, NUMBER + 1))

    for name in OUTPUTS:
        assert (out / name).read_bytes() == (whole / name).read_bytes(), name
    assert {row: body for row, body in outcomes(out).items() if row in done} == done
    assert manifest(out)["run"]["resumed"] == len(done)
    seen = checked(out, source, tmp_path / "task.toml")
    assert {status for _, status in seen} >= {"found", "not_mentioned", "invalid"}
