"""``sekisho dragon run`` and ``sekisho dragon score``."""

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
import typer.testing

from commanding import Ended, arguments, leaks
from sekisho.cli.dragon import dragon_app

KIND = "single_label_binary_classification"
TASK = "Task101_Example_sl_bin_clf"
FILE = "nlp-predictions-dataset.json"
SECRET = "Mulder-1953"


@pytest.fixture(autouse=True)
def _alone(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test has a folder, a home and a configuration of its own."""
    monkeypatch.chdir(tmp_path)


def dragon(*values: object) -> Ended:
    """Run the command in this process."""
    result = typer.testing.CliRunner().invoke(dragon_app, arguments(values))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Ended(result.exit_code, result.stdout, result.stderr)


def job(folder: Path, count: int = 4) -> Path:
    """A job whose test cases are true at even numbers."""
    path = folder / f"{TASK}-fold0"
    path.mkdir(parents=True)
    configuration = {
        "task_name": TASK,
        "input_name": "text",
        "label_name": f"{KIND}_target",
        "recommended_truncation_side": "left",
    }
    known = [
        {"uid": f"k{n}", "text": f"A lesion of {n} mm.", f"{KIND}_target": n % 2 == 0}
        for n in range(10)
    ]
    asked = [{"uid": f"t{n}", "text": f"{SECRET}: lesion number {n} here."} for n in range(count)]
    for name, content in {
        "nlp-task-configuration.json": configuration,
        "nlp-training-dataset.json": known,
        "nlp-validation-dataset.json": [],
        "nlp-test-dataset.json": asked,
    }.items():
        (path / name).write_text(json.dumps(content))
    return path


def truth(folder: Path, count: int = 4) -> Path:
    folder.mkdir()
    rows = [{"uid": f"t{n}", "text": SECRET, f"{KIND}_target": n % 2 == 0} for n in range(count)]
    (folder / f"{TASK}.json").write_text(json.dumps(rows))
    return folder


def script(path: Path, count: int = 4, **more: Any) -> str:
    """A scripted model that is right about each of ``count`` cases."""
    turns = {
        f"lesion number {n} here": {
            "act": "answer",
            "text": {"large_lesion": n % 2 == 0},
            **more,
        }
        for n in range(count)
    }
    path.write_text(json.dumps(turns))
    return f"scripted:{path}"


def predictions(out: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((out / f"{TASK}-fold0" / FILE).read_text())
    return rows


def test_all_answered_ends_with_nought_and_says_what_answered(tmp_path: Path) -> None:
    ended = dragon(
        "run", job(tmp_path / "in"), "--out", tmp_path / "out", "--model", script(tmp_path / "s")
    )
    assert ended.code == 0
    assert f"{TASK}-fold0" in ended.out
    assert "scripted" in ended.err
    assert predictions(tmp_path / "out") == [
        {"uid": f"t{n}", KIND: float(n % 2 == 0)} for n in range(4)
    ]


def test_no_text_of_a_case_is_told_or_kept(tmp_path: Path) -> None:
    job(tmp_path / "in")
    (tmp_path / "s").write_text(json.dumps({"default": f"I saw {SECRET}."}))
    ended = dragon(
        "run", tmp_path / "in", "--out", tmp_path / "out", "--model", f"scripted:{tmp_path / 's'}"
    )
    assert ended.code == 3
    assert "model_invalid 4" in ended.out
    assert not leaks([SECRET], tmp_path / "out", ended.out, ended.err)


def test_some_fallbacks_end_with_three(tmp_path: Path) -> None:
    model = script(tmp_path / "s", 4)
    turns = json.loads((tmp_path / "s").read_text())
    turns["lesion number 2 here"] = "none"
    (tmp_path / "s").write_text(json.dumps(turns))
    ended = dragon("run", job(tmp_path / "in"), "--out", tmp_path / "out", "--model", model)
    assert ended.code == 3
    assert predictions(tmp_path / "out")[2][KIND] == 0.5


@pytest.mark.parametrize(
    "options",
    [
        ("--model", "nobody"),
        (),
        ("--model", "scripted:x", "--baseline", "linear"),
        ("--baseline", "linear", "--votes", "5"),
        ("--baseline", "linear", "--num-examples", "5"),
        ("--baseline", "cubic"),
        ("--model", "scripted:missing.json"),
        ("--model", "https://models.example.com/v1#m"),
        ("--num-exmaples", "5"),
    ],
)
def test_wrong_usage_ends_with_two_before_anything_is_written(
    options: tuple[str, ...], tmp_path: Path
) -> None:
    ended = dragon("run", job(tmp_path / "in"), "--out", tmp_path / "out", *options)
    assert ended.code == 2
    assert not (tmp_path / "out").exists()


def test_wrong_inputs_end_with_two_and_one_line(tmp_path: Path) -> None:
    model = script(tmp_path / "s")
    folder = job(tmp_path / "in")
    rows = json.loads((folder / "nlp-training-dataset.json").read_text())
    rows[3]["uid"] = rows[1]["uid"] = SECRET
    (folder / "nlp-training-dataset.json").write_text(json.dumps(rows))
    for place in (folder, tmp_path / "nowhere", tmp_path):
        ended = dragon("run", place, "--out", tmp_path / "out", "--model", model)
        assert ended.code == 2
        assert len(ended.errors) == 1
        assert SECRET not in ended.err


def test_a_second_run_into_the_same_folder_must_be_a_resume(tmp_path: Path) -> None:
    given = (job(tmp_path / "in"), "--out", tmp_path / "out", "--model", script(tmp_path / "s"))
    assert dragon("run", *given).code == 0
    before = predictions(tmp_path / "out")
    assert dragon("run", *given).code == 2
    assert dragon("run", *given, "--resume").code == 0
    assert predictions(tmp_path / "out") == before


def test_the_default_model_of_the_configuration_is_taken(tmp_path: Path) -> None:
    script(tmp_path / "s.json")
    (tmp_path / "sekisho.toml").write_text(
        f'default_model = "m"\n[models.m]\nkind = "scripted"\npath = "{tmp_path / "s.json"}"\n'
    )
    assert dragon("run", job(tmp_path / "in"), "--out", tmp_path / "out").code == 0


def test_a_run_that_is_killed_is_finished_by_a_resume(tmp_path: Path) -> None:
    count = 60
    folder = job(tmp_path / "in", count)
    # Slow enough to be killed on the way, whatever the machine is busy with.
    model = script(tmp_path / "s", count, seconds=0.4)
    command = [
        *(sys.executable, "-c", "from sekisho.cli.dragon import dragon_app; dragon_app()"),
        *("run", str(folder), "--out", str(tmp_path / "out"), "--model", model),
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 120
        while not _kept(tmp_path / "out") and time.monotonic() < deadline:
            assert process.poll() is None
            time.sleep(0.05)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    assert not (tmp_path / "out" / folder.name).exists()
    ended = dragon("run", folder, "--out", tmp_path / "out", "--model", model, "--resume")
    assert ended.code == 0
    assert predictions(tmp_path / "out") == [
        {"uid": f"t{n}", KIND: float(n % 2 == 0)} for n in range(count)
    ]
    told = json.loads((tmp_path / "out" / folder.name / "manifest.json").read_text())
    assert 0 < told["run"]["resumed"] < count
    assert told["measures"]["calls"] == count


def _kept(out: Path) -> bool:
    """Whether a batch was committed to the journal, beside what it begins with."""
    log = out / "journal.db-wal"
    return log.exists() and log.stat().st_size > 16_000


def test_scores_are_shown_and_written(tmp_path: Path) -> None:
    pytest.importorskip("dragon_eval")
    folder, known = job(tmp_path / "in"), truth(tmp_path / "truth")
    dragon("run", folder, "--out", tmp_path / "out", "--model", script(tmp_path / "s"))
    ended = dragon("score", tmp_path / "out", "--truth", known, "--out", tmp_path / "m.json")
    assert ended.code == 0
    assert "1.0000" in ended.out
    assert "AUC" in ended.out
    assert "S_DRAGON" not in ended.out
    assert "not S_DRAGON" in ended.err
    metrics = json.loads((tmp_path / "m.json").read_text())
    assert metrics["case"][TASK] == {f"{TASK}-fold0": 1.0}
    assert SECRET not in ended.out + ended.err


def test_a_rejected_fold_ends_with_three(tmp_path: Path) -> None:
    pytest.importorskip("dragon_eval")
    folder, known = job(tmp_path / "in"), truth(tmp_path / "truth", 5)
    dragon("run", folder, "--out", tmp_path / "out", "--model", script(tmp_path / "s"))
    ended = dragon("score", tmp_path / "out", "--truth", known)
    assert ended.code == 3
    assert "1 of 5 cases have no prediction" in ended.out


def test_without_dragon_eval_the_score_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, known = job(tmp_path / "in"), truth(tmp_path / "truth")
    dragon("run", folder, "--out", tmp_path / "out", "--model", script(tmp_path / "s"))
    monkeypatch.setitem(sys.modules, "dragon_eval", None)
    ended = dragon("score", tmp_path / "out", "--truth", known)
    assert ended.code == 2
    assert "sekisho[dragon]" in ended.err
