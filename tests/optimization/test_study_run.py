"""A whole study of simulated models, through the command: its outputs, its seal, its resumption."""

from __future__ import annotations

import csv
import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from study_folders import surfaces, write_simulated

from commanding import call, program
from sekisho.evaluation.gold import read_gold
from sekisho.optimization.prompting.checks import shipped
from sekisho.optimization.prompting.copied import Documents, Known
from sekisho.optimization.records import record_of

OUTPUTS = {
    "errors.csv",
    "leaderboard.md",
    "ledger.jsonl",
    "report.html",
    "result.json",
    "results.csv",
    "study.db",
    "study.json",
}
#: What differs between two sittings of one study; the fingerprint holds the folder's path.
PASSING = ("begun", "ended", "spending", "openings", "recipe", "budget", "fingerprint")


def result(out: Path) -> dict[str, Any]:
    return dict(json.loads((out / "result.json").read_text(encoding="utf-8")))


def lasting(out: Path) -> dict[str, Any]:
    return {name: value for name, value in result(out).items() if name not in PASSING}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("finished")
    ended = call("optimize", write_simulated(folder), "--out", folder / "out")
    assert ended.code == 0, ended.err
    return folder


def test_every_output_is_there_and_says_that_it_is_simulated(finished: Path) -> None:
    out = finished / "out"
    names = {path.name for path in out.iterdir()}
    assert names >= OUTPUTS
    for name in ("report.html", "leaderboard.md", "result.json", "results.csv"):
        assert "SIMULATED" in (out / name).read_text(encoding="utf-8"), name
    (recipe,) = out.glob("recipe-*.toml")
    assert "SIMULATED" in recipe.read_text(encoding="utf-8")
    with (out / "results.csv").open(encoding="utf-8-sig", newline="") as file:
        assert all("SIMULATED" in ",".join(row.values()) for row in csv.DictReader(file))


def test_all_five_phases_ran_and_the_excellent_model_was_left_alone(finished: Path) -> None:
    phases = result(finished / "out")["phases"]
    assert [phase["number"] for phase in phases] == [1, 2, 3, 4, 5]
    assert not any(phase["left_out"] for phase in phases)
    chosen = {name.split("/")[0]: name for name in phases[3]["chosen"]}
    assert "recall" in chosen["misses-times"]
    assert "always" not in chosen["excellent"]
    assert "below" not in chosen["excellent"]


def test_no_identifier_stands_in_any_output(finished: Path) -> None:
    out = finished / "out"
    told = surfaces(finished / "development.jsonl") | surfaces(finished / "held-out.jsonl")
    assert len(told) > 30
    for path in out.iterdir():
        content = path.read_bytes()
        for surface in told:
            assert surface.encode() not in content, path.name


def test_a_page_with_the_reports_is_made_only_outside_of_the_folder(finished: Path) -> None:
    out, page = finished / "out", finished / "page.html"
    assert call("report", out, "--show-originals").code == 2
    assert call("report", out, "--show-originals", "--out", out / "page.html").code == 2
    assert call("report", out, "--show-originals", "--out", page).code == 0
    shown = page.read_text(encoding="utf-8")
    assert any(surface in shown for surface in surfaces(finished / "development.jsonl"))


def test_a_study_that_ended_is_not_run_again(finished: Path) -> None:
    study, out = finished / "study.toml", finished / "out"
    before = result(out)
    ended = call("optimize", study, "--out", out)
    assert ended.code == 2
    assert "--resume" in ended.err
    assert call("optimize", study, "--out", out, "--resume").code == 0
    assert result(out) == before
    assert (out / "ledger.jsonl").read_text().count('"event":"opening"') == 1


def test_the_sealed_reports_are_opened_again_only_on_demand_and_it_is_shown(
    tmp_path: Path,
) -> None:
    study, out = write_simulated(tmp_path), tmp_path / "out"
    assert call("optimize", study, "--out", out).code == 0
    assert call("optimize", study, "--out", out, "--resume", "--reopen").code == 0
    openings = result(out)["openings"]
    assert [opening["reopened"] for opening in openings] == [False, True]
    assert any("more than once" in line for line in result(out)["warnings"])


def test_a_budget_that_is_spent_stops_the_study_and_more_of_it_ends_it_the_same(
    tmp_path: Path, finished: Path
) -> None:
    study, out = write_simulated(tmp_path, more="[budget]\ncalls = 150\n"), tmp_path / "out"
    ended = call("optimize", study, "--out", out)
    assert ended.code == 3
    assert "the budget of 150 calls is spent" in ended.err
    assert "may end the study before its last phase" in ended.err
    assert result(out)["ended"] == ""
    assert not list(out.glob("recipe-*"))
    assert "event" in (out / "ledger.jsonl").read_text()
    assert '"opening"' not in (out / "ledger.jsonl").read_text()
    write_simulated(tmp_path, more="[budget]\ncalls = 100000\n")
    assert call("optimize", study, "--out", out, "--resume").code == 0
    assert lasting(out) == lasting(finished / "out")


def test_a_study_file_that_was_changed_does_not_go_on(tmp_path: Path) -> None:
    study, out = write_simulated(tmp_path, more="[budget]\ncalls = 60\n"), tmp_path / "out"
    assert call("optimize", study, "--out", out).code == 3
    write_simulated(tmp_path, more="[prompts]\nrounds = 2\n")
    ended = call("optimize", study, "--out", out, "--resume")
    assert ended.code == 2
    assert "another study" in ended.err


def test_the_plan_is_told_without_asking_anyone(tmp_path: Path) -> None:
    study = write_simulated(tmp_path, more="[budget]\ncalls = 60\n")
    ended = call("optimize", study, "--out", tmp_path / "out", "--plan")
    assert ended.code == 0
    assert "expected: " in ended.err
    assert not (tmp_path / "out").exists()


def test_phases_can_be_left_out(tmp_path: Path) -> None:
    study = write_simulated(tmp_path)
    text = study.read_text(encoding="utf-8").replace("seeds", "phases = [1, 4]\nseeds")
    study.write_text(text, encoding="utf-8")
    out = tmp_path / "out"
    assert call("optimize", study, "--out", out).code == 0
    phases = result(out)["phases"]
    assert [bool(phase["left_out"]) for phase in phases] == [False, True, True, False, True]
    assert result(out)["openings"] == []
    assert list(out.glob("recipe-*"))


def test_a_simulated_recipe_releases_nothing(finished: Path, tmp_path: Path) -> None:
    (recipe,) = (finished / "out").glob("recipe-*.toml")
    source = tmp_path / "report.txt"
    source.write_text("所見なし。", encoding="utf-8")
    ended = call("deid", source, "--out", tmp_path / "run", "--recipe", recipe)
    assert ended.code == 2
    assert "SIMULATED" in ended.err
    assert not (tmp_path / "run").exists()


def test_detectors_that_win_among_simulated_models_are_deployed(home: Path, tmp_path: Path) -> None:
    more = '[[stacks]]\nname = "embedded"\ndetectors = ["rules", "lexicon"]\n'
    study, out = write_simulated(tmp_path, ("breaks-json",), more=more), tmp_path / "out"
    text = study.read_text(encoding="utf-8").replace("seeds", "phases = [1, 5]\nseeds")
    study.write_text(text, encoding="utf-8")
    assert call("optimize", study, "--out", out).code == 0
    (recipe,) = out.glob("recipe-*.toml")
    source = tmp_path / "report.txt"
    source.write_text("検査日：2024年5月3日。所見なし。", encoding="utf-8")
    ended = call("deid", source, "--out", tmp_path / "run", "--recipe", recipe)
    if "[model]" in recipe.read_text(encoding="utf-8"):
        pytest.fail("the model was to lose")
    assert ended.code == 0, ended.err
    assert "SIMULATED" not in ended.err


_WATCHED = """
import sys
seen = []
def hook(event, given):
    if event == "open" and isinstance(given[0], str):
        if given[0].endswith("held-out.jsonl"):
            seen.append("held-out")
        elif given[0].endswith("ledger.jsonl") and given[1] != "r":
            seen.append("ledger")
sys.addaudithook(hook)
from sekisho.cli.app import app
try:
    app(sys.argv[1:])
except SystemExit as ended:
    print("code", ended.code)
print(",".join(seen))
"""


@pytest.mark.parametrize(("phases", "opened"), [("[1, 2, 3, 4]", 0), ("[1, 5]", 1)])
def test_nobody_opens_the_sealed_reports_before_the_last_phase(
    tmp_path: Path, phases: str, opened: int
) -> None:
    study = write_simulated(tmp_path)
    text = study.read_text(encoding="utf-8").replace("seeds", f"phases = {phases}\nseeds")
    study.write_text(text, encoding="utf-8")
    command = [sys.executable, "-c", _WATCHED, "optimize", str(study), "--out"]
    ended = subprocess.run(
        [*command, str(tmp_path / "out")], capture_output=True, text=True, check=True, timeout=300
    )
    assert "code 0" in ended.stdout, ended.stderr
    seen = ended.stdout.splitlines()[-1].split(",")
    assert seen.count("held-out") == opened
    if opened:
        assert "ledger" in seen[: seen.index("held-out")]


def test_the_installed_command_says_what_is_wrong_with_a_study(tmp_path: Path) -> None:
    study = tmp_path / "study.toml"
    study.write_text('name = "s"\n', encoding="utf-8")
    ended = subprocess.run(
        [program(), "optimize", str(study), "--out", str(tmp_path / "out")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2
    assert "no system to measure" in ended.stderr


def test_no_prompt_of_a_study_copies_a_report_although_its_writer_tries(tmp_path: Path) -> None:
    pytest.importorskip("gepa")
    more = '[prompts]\neditor = "gepa"\nproposer = "simulated"\nbest = 2\nrounds = 20\n'
    profiles = ("splits-boundaries", "mixes-items")
    study, out = write_simulated(tmp_path, profiles, more=more), tmp_path / "out"
    text = study.read_text(encoding="utf-8").replace("seeds", "phases = [1, 3]\nseeds")
    study.write_text(text, encoding="utf-8")
    assert call("optimize", study, "--out", out).code == 0
    found = result(out)
    told = "\n".join(line for phase in found["phases"] for line in phase["decisions"])
    assert "refused, copies" in told
    assert any(prompt["made_by"] == "gepa" for prompt in found["prompts"])
    reports = Documents(read_gold(tmp_path / "development.jsonl"))
    allowed = Known(shipped("ja"))
    for prompt in found["prompts"]:
        assert not reports.copies_run(prompt["text"], allowed), prompt["name"]
        assert not reports.copies_identifier(prompt["text"], allowed), prompt["name"]


def test_a_study_that_could_not_begin_leaves_its_folder_free(tmp_path: Path) -> None:
    study, out = write_simulated(tmp_path), tmp_path / "out"
    text = study.read_text(encoding="utf-8")
    study.write_text(text.replace('simulated = "excellent"', 'model = "nobody"'), encoding="utf-8")
    assert call("optimize", study, "--out", out).code == 2
    write_simulated(tmp_path, ("misses-times",))
    assert call("optimize", study, "--out", out).code == 0


def test_reports_that_are_not_there_are_a_wrong_choice(tmp_path: Path) -> None:
    study = write_simulated(tmp_path)
    (tmp_path / "development.jsonl").unlink()
    for more in ((), ("--plan",)):
        assert call("optimize", study, "--out", tmp_path / "out", *more).code == 2


def test_what_was_spent_is_counted_once(finished: Path) -> None:
    found = result(finished / "out")
    calls = sum(spend["calls"] for spend in found["spending"])
    with closing(sqlite3.connect(finished / "out" / "study.db")) as connection:
        bodies = connection.execute("SELECT body FROM kept WHERE kind = 'reading'").fetchall()
    assert calls == sum(record_of(json.loads(body)).cost.calls for (body,) in bodies)
