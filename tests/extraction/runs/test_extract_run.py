"""Runs of an extraction: taken up again, never with other inputs, and without a word in logs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from vector_server import VectorServer

from commanding import Ended, leaks, rows
from extracting import (
    FINDINGS,
    NOTHING,
    SECRETS,
    TASK,
    answered,
    extract,
    manifest,
    scripted,
    task_file,
)

OUTPUTS = ("extracted.jsonl", "extractions.jsonl", "failures.jsonl")
REPORT = "山田太郎様。右肺に12 mmの結節を認める。"


@pytest.fixture(autouse=True)
def _alone(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test has a folder and a home of its own."""
    monkeypatch.chdir(tmp_path)


def reports(folder: Path, number: int = 4) -> Path:
    path = folder / "in.jsonl"
    lines = [
        json.dumps({"id": f"r{at}", "text": REPORT if at % 2 else f"所見なし {at}。"})
        for at in range(number)
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def written(out: Path) -> dict[str, bytes]:
    return {name: (out / name).read_bytes() for name in OUTPUTS}


def begin(folder: Path, *options: object, model: str | None = None, task: str = TASK) -> Ended:
    """Extract from ``in.jsonl`` into ``out``, both in ``folder``."""
    named = ("--out", folder / "out", "--model", model or scripted(folder))
    return extract(task_file(folder, task), folder / "in.jsonl", *named, *options)


def test_a_finished_run_is_written_again_without_asking(tmp_path: Path) -> None:
    reports(tmp_path)
    assert begin(tmp_path).code == 0
    before = written(tmp_path / "out")
    (tmp_path / "out" / "extracted.jsonl").unlink()
    ended = begin(tmp_path, "--resume")
    assert ended.code == 0
    assert written(tmp_path / "out") == before
    assert manifest(tmp_path / "out")["run"]["resumed"] == 4


def test_a_finished_run_is_not_begun_anew(tmp_path: Path) -> None:
    reports(tmp_path)
    assert begin(tmp_path).code == 0
    ended = begin(tmp_path)
    assert (ended.code, "--resume" in ended.err) == (2, True)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--votes", "3"), "--votes"),
        (("--temperature", "0.5"), "--temperature"),
        (("--seed", "7"), "--seed"),
        (("--attempts", "1"), "--attempts"),
        (("--chunk-chars", "1000"), "--chunk-chars"),
        (("--overlap-chars", "10"), "--overlap-chars"),
        (("--no-probabilities",), "--probabilities"),
        (("--reasoning",), "TASK"),
        (("--translate",), "--translate"),
        (("--text-column", "text"), "--text-column"),
        (("--release", "redact-all", "--detectors", "rules"), "--release"),
    ],
)
def test_a_run_is_not_resumed_in_another_way(
    options: tuple[str, ...], told: str, tmp_path: Path
) -> None:
    reports(tmp_path)
    assert begin(tmp_path).code == 0
    before = written(tmp_path / "out")
    ended = begin(tmp_path, "--resume", *options)
    assert (ended.code, len(ended.errors)) == (2, 1)
    assert told in ended.err or "another key" in ended.err
    assert written(tmp_path / "out") == before


def test_a_run_is_not_resumed_with_another_task_model_or_input(tmp_path: Path) -> None:
    reports(tmp_path)
    assert begin(tmp_path).code == 0
    ended = begin(tmp_path, "--resume", task=TASK.replace("結節について", "結節や腫瘤について"))
    assert (ended.code, "TASK" in ended.err) == (2, True)
    other = scripted(tmp_path, [answered(NOTHING)])
    ended = begin(tmp_path, "--resume", model=other)
    assert (ended.code, "--model" in ended.err) == (2, True)
    reports(tmp_path, 5)
    ended = begin(tmp_path, "--resume", model=scripted(tmp_path))
    assert (ended.code, "inputs" in ended.err) == (2, True)


def test_another_format_is_written_from_what_is_there(tmp_path: Path) -> None:
    reports(tmp_path)
    assert begin(tmp_path).code == 0
    assert begin(tmp_path, "--resume", "--format", "parquet").code == 0
    assert (tmp_path / "out" / "extracted.parquet").exists()


def test_two_processes_write_the_bytes_of_one(tmp_path: Path) -> None:
    reports(tmp_path, 40)
    assert begin(tmp_path).code == 0
    one = written(tmp_path / "out")
    (tmp_path / "out").rename(tmp_path / "one")
    assert begin(tmp_path, "--jobs", "2").code == 0
    assert written(tmp_path / "out") == one


def a_commit(journal: Path, started: subprocess.Popen[bytes]) -> None:
    """Wait until the run has written outcomes to its journal, or ended."""
    deadline = time.monotonic() + 120
    size, since = -1, time.monotonic()
    while time.monotonic() < deadline and started.poll() is None:
        now = journal.stat().st_size if journal.exists() else -1
        if now != size:
            # What comes after a pause is the first batch, and not the beginning of the journal.
            if size >= 0 and time.monotonic() - since > 0.6:
                return
            size, since = now, time.monotonic()
        time.sleep(0.01)


@pytest.mark.slow
def test_a_run_that_is_killed_loses_nothing_and_repeats_nothing(tmp_path: Path) -> None:
    number = 160
    source = reports(tmp_path, number)
    turns = {
        "12 mm": answered(FINDINGS, seconds=0.1),
        "default": answered(NOTHING, seconds=0.1),
    }
    model = scripted(tmp_path, turns)
    program = "from sekisho.cli.extract import extract_app; extract_app()"
    out = tmp_path / "killed"
    command = [
        *(sys.executable, "-c", program, str(task_file(tmp_path)), str(source)),
        *("--out", str(out), "--model", model, "--resume"),
    ]
    for kills_left in (2, 1, 0):
        started = subprocess.Popen(command, stderr=subprocess.PIPE, env=dict(os.environ))
        if kills_left:
            a_commit(out / "journal.db-wal", started)
            started.kill()
        _, said = started.communicate(timeout=240)
        assert started.returncode == (-signal.SIGKILL if kills_left else 0), said.decode()
        assert not leaks(SECRETS, said.decode())
    resumed = manifest(out)["run"]["resumed"]
    assert 0 < resumed < number
    # Each document is asked about once, and those that were under way when it was killed again.
    assert manifest(out)["run"]["llm"]["calls"] == number
    assert begin(tmp_path).code == 0
    assert written(out) == written(tmp_path / "out")


# Models that fail


@pytest.mark.parametrize(
    ("turn", "reason"),
    [
        ({"act": "refuse", "text": "いいえ"}, "model_refused"),
        ({"act": "garble"}, "model_invalid"),
        ({"act": "truncate", "text": "{"}, "model_truncated"),
        ({"act": "think_only", "text": "右肺に12 mm"}, "model_refused"),
        ({"act": "cut_prompt", "text": NOTHING}, "model_prompt_too_long"),
    ],
)
def test_a_document_without_an_answer_fails_with_a_reason(
    turn: dict[str, Any], reason: str, tmp_path: Path
) -> None:
    reports(tmp_path)
    model = scripted(tmp_path, {"12 mm": turn, "default": answered(NOTHING)})
    ended = begin(tmp_path, model=model)
    assert ended.code == 3
    failures = rows(tmp_path / "out" / "failures.jsonl")
    assert [(row["id"], row["reason"]) for row in failures] == [("r1", reason), ("r3", reason)]
    assert not leaks(SECRETS, *(json.dumps(row, ensure_ascii=False) for row in failures))
    made = rows(tmp_path / "out" / "extracted.jsonl")
    assert [row["extraction_status"] for row in made] == ["extracted", "failed"] * 2
    assert all(row["text"] for row in made)


def test_an_invalid_answer_is_asked_for_again(tmp_path: Path) -> None:
    reports(tmp_path, 2)
    turns = {"12 mm": [answered("kein JSON"), answered(FINDINGS)], "default": answered(NOTHING)}
    assert begin(tmp_path, model=scripted(tmp_path, turns)).code == 0
    found = {row["id"]: row["attempts"] for row in rows(tmp_path / "out" / "extractions.jsonl")}
    assert found == {"r0": 1, "r1": 2}


def test_a_document_that_takes_too_long_fails_alone(tmp_path: Path) -> None:
    reports(tmp_path, 2)
    turns = {"12 mm": {"act": "stall"}, "default": answered(NOTHING)}
    ended = begin(tmp_path, "--timeout", "1", model=scripted(tmp_path, turns))
    assert ended.code == 3
    (failure,) = rows(tmp_path / "out" / "failures.jsonl")
    assert (failure["id"], failure["reason"]) == ("r1", "timeout")


def test_a_server_that_is_down_ends_the_run_which_can_be_resumed(tmp_path: Path) -> None:
    reports(tmp_path, 30)
    turns = {"所見なし 0": answered(NOTHING), "default": {"act": "fail"}}
    path = Path(scripted(tmp_path, turns).removeprefix("scripted:"))
    config = tmp_path / "sekisho.toml"
    config.write_text(
        f'[models.m]\nkind = "scripted"\npath = "{path}"\nattempts = 1\nin_flight = 1\n'
    )
    ended = begin(tmp_path, model="m")
    assert ended.code == 3
    assert "--resume" in ended.err
    assert not (tmp_path / "out" / "extracted.jsonl").exists()


# Examples, reasoning, translation


EXAMPLE = {
    "text": "左肺に8 mmの結節。",
    "answer": {"nodule": True, "size": "8 mm", "side": "left"},
    "quotes": {"nodule": "結節", "size": "8 mm", "side": "左肺"},
}


@pytest.mark.parametrize("way", ["fixed", "ngrams"])
def test_examples_of_a_file_are_shown_and_told(way: str, tmp_path: Path) -> None:
    reports(tmp_path)
    examples = tmp_path / "examples.json"
    examples.write_text(json.dumps([EXAMPLE]), encoding="utf-8")
    ended = begin(tmp_path, "--examples", examples, "--examples-by", way)
    assert ended.code == 0
    told = manifest(tmp_path / "out")["examples"]
    assert (told["by"], told["count"], told["pool"]) == (way, 1, 1)
    examples.write_text(json.dumps([{**EXAMPLE, "reasoning": "x"}]), encoding="utf-8")
    ended = begin(tmp_path, "--examples", examples, "--examples-by", way, "--resume")
    assert (ended.code, "--examples" in ended.err) == (2, True)


def test_examples_are_chosen_by_the_vectors_of_another_model(tmp_path: Path) -> None:
    reports(tmp_path)
    examples = tmp_path / "examples.json"
    other = {"text": "異常所見を認めず。", "answer": {}}
    examples.write_text(json.dumps([EXAMPLE, other]), encoding="utf-8")
    with VectorServer() as server:
        way = f"embeddings:{server.url}/v1#tiny"
        options = ("--examples", examples, "--num-examples", "1", "--examples-by", way)
        assert begin(tmp_path, *options).code == 0
        asked = [text for each in server.asked if each.body for text in each.body["input"]]
        assert sorted(asked) == sorted([EXAMPLE["text"], other["text"], *texts(tmp_path)])
    told = manifest(tmp_path / "out")["examples"]
    assert (told["by"], told["count"], told["model"][:7]) == (way, 1, "stated:")


def texts(folder: Path) -> list[str]:
    return [str(row["text"]) for row in rows(folder / "in.jsonl")]


def test_the_document_itself_is_never_its_own_example(tmp_path: Path) -> None:
    """The script answers by a piece of the last question, so a leaked example would be seen."""
    source = tmp_path / "in.jsonl"
    source.write_text(json.dumps({"id": "r", "text": EXAMPLE["text"]}), encoding="utf-8")
    examples = tmp_path / "examples.jsonl"
    examples.write_text(json.dumps(EXAMPLE), encoding="utf-8")
    model = scripted(tmp_path, [answered(NOTHING)])
    assert begin(tmp_path, "--examples", examples, model=model).code == 0
    alone = manifest(tmp_path / "out")["run"]["llm"]["prompt_tokens"]
    (tmp_path / "out").rename(tmp_path / "with")
    assert begin(tmp_path, model=model).code == 0
    assert manifest(tmp_path / "out")["run"]["llm"]["prompt_tokens"] == alone


def test_an_example_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    reports(tmp_path)
    examples = tmp_path / "examples.json"
    examples.write_text(json.dumps([{**EXAMPLE, "answer": {"siez": 1}}]), encoding="utf-8")
    ended = begin(tmp_path, "--examples", examples)
    assert (ended.code, len(ended.errors)) == (2, 1)


def test_reasoning_is_kept_with_the_details(tmp_path: Path) -> None:
    reports(tmp_path, 2)
    turn = answered({"reasoning": "結節があるので。", **NOTHING})
    assert begin(tmp_path, "--reasoning", model=scripted(tmp_path, [turn])).code == 0
    assert {row["reasoning"] for row in rows(tmp_path / "out" / "extractions.jsonl")} == {
        "結節があるので。"
    }


def test_a_translation_is_marked_as_an_experiment(tmp_path: Path) -> None:
    reports(tmp_path, 2)
    english = {name: {"quote": None, "value": None} for name in FINDINGS} | {
        "nodule": {"quote": "a nodule", "value": True}
    }
    turns = {
        "There is": answered(english),
        "default": answered({"translation": "There is a nodule."}),
    }
    ended = begin(tmp_path, "--translate", model=scripted(tmp_path, turns))
    assert ended.code == 0
    assert "experiment" in ended.err
    assert manifest(tmp_path / "out")["experiment"] == ["translate"]
    for row in rows(tmp_path / "out" / "extractions.jsonl"):
        assert row["translation"] == "There is a nodule."
        (evidence,) = row["fields"]["nodule"]["evidence"]
        assert evidence == {"start": 9, "end": 17, "quote": "a nodule"}


# What is kept, and what is said


def test_answers_are_kept_and_asked_for_once(tmp_path: Path) -> None:
    reports(tmp_path)
    cache = tmp_path / "kept" / "answers.db"
    assert begin(tmp_path, "--answer-cache", cache).code == 0
    first = manifest(tmp_path / "out")
    (tmp_path / "out").rename(tmp_path / "first")
    assert begin(tmp_path, "--answer-cache", cache).code == 0
    assert written(tmp_path / "out") == written(tmp_path / "first")
    assert manifest(tmp_path / "out")["llm"] == first["llm"]
    assert not leaks(SECRETS, cache.parent)


def test_the_manifest_says_what_was_done(tmp_path: Path) -> None:
    reports(tmp_path)
    assert begin(tmp_path).code == 0
    told = manifest(tmp_path / "out")
    assert told["kind"] == "extraction"
    assert told["task"]["name"] == "nodules"
    assert told["llm"]["origin"] == "scripted"
    assert told["counts"]["statuses"] == {"extracted": 4, "failed": 0}
    assert told["fields"]["size"] == {"found": 2, "not_mentioned": 2}
    assert told["run"]["llm"]["calls"] == 4
    assert {output["path"] for output in told["outputs"]} == set(OUTPUTS)
    assert "experiment" not in told
    assert not leaks(SECRETS, (tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))


def test_nothing_else_stands_in_the_folder(tmp_path: Path) -> None:
    reports(tmp_path)
    assert begin(tmp_path).code == 0
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {*OUTPUTS, "journal.db", "manifest.json", "report.html"}
    # The journal holds what was found, not the inputs once more.
    assert "山田太郎".encode() not in (tmp_path / "out" / "journal.db").read_bytes()


def test_an_input_that_changes_meanwhile_is_no_input_of_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sekisho.extraction.runs.run as module

    source = reports(tmp_path)
    write = module.write_outputs

    def changing(*given: Any, **named: Any) -> Any:
        made = write(*given, **named)
        source.write_text(source.read_text(encoding="utf-8") + "\n", encoding="utf-8")
        return made

    monkeypatch.setattr(module, "write_outputs", changing)
    ended = begin(tmp_path)
    assert (ended.code, "changed" in ended.err) == (3, True)
    assert not (tmp_path / "out" / "manifest.json").exists()
