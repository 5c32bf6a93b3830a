"""Studies as clumsy and as hostile users run them: what must be refused, kept and never said."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from commanding import Ended, call, leaks
from sekisho.optimization.running import development_of, fingerprint_of
from sekisho.optimization.store import FILENAME, Store
from sekisho.optimization.study import read_study
from sekisho.phi.categories import Category

SEEN = ("山田権左衛門", "鈴木花子乃", "高橋與一郎", "小鳥遊六花美")
SEALED = ("佐久間象三郎", "五代友厚助")
RULES = '[[stacks]]\nname = "rules"\ndetectors = ["rules"]\n'
SCRIPTED = '[[models]]\nname = "m"\nmodel = "scripted:script.json"\n'
NOTHING = '{"phi_list": []}'


def row(id: str, text: str, **spans: str) -> dict[str, Any]:
    """A row of gold, its spans by category."""
    return {
        "id": id,
        "text": text,
        "spans": [
            {
                "start": text.index(value),
                "end": text.index(value) + len(value),
                "category": category,
                "surface": value,
            }
            for category, value in spans.items()
        ],
    }


def reports(names: Iterable[str], place: str) -> list[dict[str, Any]]:
    return [
        row(
            f"{place} {name}",
            f"患者 {name} 様 2024年{at}月{at}日 {place} 所見{at}。",
            NAME=name,
            DATE=f"2024年{at}月{at}日",
        )
        for at, name in enumerate(names, start=1)
    ]


def write_rows(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    path.write_text("".join(json.dumps(each) + "\n" for each in rows), encoding="utf-8")


def study(folder: Path, systems: str = RULES, top: str = "", data: str = "", end: str = "") -> Path:
    """A small study in ``folder``, and its reports where none are there."""
    for name, names, place in (("d.jsonl", SEEN, "CT"), ("h.jsonl", SEALED, "MRI")):
        if not (folder / name).exists():
            write_rows(folder / name, reports(names, place))
    path = folder / "study.toml"
    path.write_text(
        f'name = "s"\nseeds = [1]\nresamples = 100\n{top}\n[data]\ndevelopment = "d.jsonl"\n'
        f'held_out = "h.jsonl"\n{data}\n{systems}\n{end}',
        encoding="utf-8",
    )
    return path


def script(folder: Path, *turns: object) -> None:
    (folder / "script.json").write_text(json.dumps(turns), encoding="utf-8")


def result(out: Path) -> dict[str, Any]:
    return dict(json.loads((out / "result.json").read_text(encoding="utf-8")))


def in_one_line(ended: Ended, code: int) -> None:
    """The command ended with ``code``, and its last line is no traceback and no bug."""
    assert ended.code == code, ended.err
    assert "this is a bug" not in ended.err
    assert "Traceback" not in ended.err


# What must not be said


def test_ids_that_are_names_stand_nowhere(tmp_path: Path) -> None:
    ended = call("optimize", study(tmp_path), "--out", tmp_path / "out")
    assert ended.code == 0, ended.err
    assert not leaks((*SEEN, *SEALED), tmp_path / "out", ended.err)


@pytest.mark.parametrize("act", ["garble", "truncate", "refuse", "think_only", "cut_prompt"])
def test_what_a_model_babbles_stands_nowhere(tmp_path: Path, act: str) -> None:
    script(tmp_path, {"act": act, "text": f"{SEEN[0]} {SEEN[1]}"})
    path = study(tmp_path, SCRIPTED, top="phases = [1, 5]")
    ended = call("optimize", path, "--out", tmp_path / "out")
    in_one_line(ended, 0)
    assert not leaks((*SEEN, *SEALED), tmp_path / "out", ended.err)


def test_an_identifier_in_a_disguise_stands_nowhere(tmp_path: Path) -> None:
    rows = reports(SEEN, "CT")
    for each, name in zip(rows, SEEN, strict=True):
        for span in each["spans"]:
            span["disguise"] = f"like {name}"
    write_rows(tmp_path / "d.jsonl", rows)
    ended = call("optimize", study(tmp_path), "--out", tmp_path / "out")
    assert "this is a bug" not in ended.err
    assert not leaks(SEEN, tmp_path / "out", ended.err)


def test_a_disguise_is_no_formula_of_a_spreadsheet(tmp_path: Path) -> None:
    rows = reports(SEEN, "CT")
    for each in rows:
        each["text"] = each["text"].replace("患者 ", "").replace(" 様", "")
        (span, _) = each["spans"]
        span.update(start=0, end=len(span["surface"]), disguise="=cmd|' /C calc'!A0")
        each["spans"] = [span]
    write_rows(tmp_path / "d.jsonl", rows)
    call("optimize", study(tmp_path), "--out", tmp_path / "out")
    errors = tmp_path / "out" / "errors.csv"
    assert not errors.exists() or ",=cmd" not in errors.read_text(encoding="utf-8-sig")


def test_half_a_character_in_a_disguise_is_told_in_a_line(tmp_path: Path) -> None:
    rows = reports(SEEN, "CT")
    rows[0]["spans"][0]["disguise"] = "\ud800"
    write_rows(tmp_path / "d.jsonl", rows)
    ended = call("optimize", study(tmp_path), "--out", tmp_path / "out")
    assert "this is a bug" not in ended.err


def test_a_prompt_of_ones_own_that_copies_a_report_is_refused(tmp_path: Path) -> None:
    script(tmp_path, NOTHING)
    (tmp_path / "own.txt").write_text(f"例：{SEEN[0]} は NAME。phi_list type value", "utf-8")
    path = study(tmp_path, SCRIPTED, end='[prompts]\nbaseline = "own.txt"', top="phases = [1]")
    ended = call("optimize", path, "--out", tmp_path / "out")
    assert not leaks(SEEN, tmp_path / "out", ended.err)
    in_one_line(ended, 2)


# What must not be lost


def test_a_study_whose_result_could_not_be_written_goes_on(tmp_path: Path) -> None:
    path, out = study(tmp_path), tmp_path / "out"
    (out / "result.json").mkdir(parents=True)
    assert call("optimize", path, "--out", out).code == 3
    (out / "result.json").rmdir()
    ended = call("optimize", path, "--out", out, "--resume")
    assert ended.code == 0, ended.err
    assert [each["reopened"] for each in result(out)["openings"]] == [False]


def test_tables_that_a_kill_prevented_are_written_when_the_study_goes_on(tmp_path: Path) -> None:
    path, out = study(tmp_path), tmp_path / "out"
    assert call("optimize", path, "--out", out).code == 0
    for name in ("results.csv", "errors.csv", "leaderboard.md", "report.html"):
        (out / name).unlink()
    assert call("optimize", path, "--out", out, "--resume").code == 0
    assert {"results.csv", "errors.csv", "leaderboard.md"} <= {p.name for p in out.iterdir()}


def test_a_result_that_was_cut_is_made_again_or_told_with_a_remedy(tmp_path: Path) -> None:
    path, out = study(tmp_path), tmp_path / "out"
    assert call("optimize", path, "--out", out).code == 0
    whole = (out / "result.json").read_bytes()
    (out / "result.json").write_bytes(whole[:500])
    ended = call("optimize", path, "--out", out, "--resume")
    assert ended.code == 0 or ended.errors[-1].endswith(")")


def test_a_budget_of_one_call_keeps_what_it_paid_for(tmp_path: Path) -> None:
    script(tmp_path, NOTHING)
    out = tmp_path / "out"
    path = study(tmp_path, SCRIPTED, end="[budget]\ncalls = 1", top="phases = [1, 5]")
    for more in ((), ("--resume",)):
        ended = call("optimize", path, "--out", out, *more)
        in_one_line(ended, 3)
        assert "--resume" in ended.errors[-1]
        assert result(out)["ended"] == ""
    study(tmp_path, SCRIPTED, top="phases = [1, 5]")
    assert call("optimize", path, "--out", out, "--resume").code == 0
    assert sum(spend["replayed"] for spend in result(out)["spending"]) > 0


# What must not be taken for something else


def test_another_study_is_not_told_that_it_came_to_its_end(tmp_path: Path) -> None:
    path, out = study(tmp_path), tmp_path / "out"
    assert call("optimize", path, "--out", out).code == 0
    study(tmp_path, top="phases = [1]")
    ended = call("optimize", path, "--out", out, "--resume")
    in_one_line(ended, 2)


def test_changed_reports_are_not_told_that_they_were_measured(tmp_path: Path) -> None:
    path, out = study(tmp_path), tmp_path / "out"
    assert call("optimize", path, "--out", out).code == 0
    write_rows(tmp_path / "d.jsonl", reports(SEEN, "PET"))
    in_one_line(call("optimize", path, "--out", out, "--resume"), 2)


@pytest.mark.parametrize("without", ["no spans", "all ignored"])
def test_reports_without_an_identifier_make_no_recipe(tmp_path: Path, without: str) -> None:
    data = ""
    if without == "no spans":
        for name in ("d.jsonl", "h.jsonl"):
            write_rows(tmp_path / name, [row(f"{at}", f"{name} 所見{at}") for at in range(4)])
    else:
        data = "ignore = [" + ", ".join(f'"{each}"' for each in Category) + "]"
    ended = call("optimize", study(tmp_path, data=data), "--out", tmp_path / "out")
    assert not list((tmp_path / "out").glob("recipe-*")), ended.err


def test_a_model_without_one_answer_makes_no_silent_recipe(tmp_path: Path) -> None:
    script(tmp_path, {"act": "garble"})
    path = study(tmp_path, SCRIPTED, top="phases = [1, 5]")
    ended = call("optimize", path, "--out", tmp_path / "out")
    made = list((tmp_path / "out").glob("recipe-*"))
    assert not made or any("no answer" in each for each in result(tmp_path / "out")["warnings"])
    assert ended.code in (0, 2)


def test_a_study_of_no_phases_is_refused(tmp_path: Path) -> None:
    path = study(tmp_path, top="phases = []")
    in_one_line(call("optimize", path, "--out", tmp_path / "out"), 2)


# The seal


def stopped_within_the_sealed_set(folder: Path, more: str = "") -> Path:
    """A study of phase 5 alone whose budget ends after one sealed report."""
    path = study(folder, SCRIPTED, "phases = [5]", end=f"{more}\n[budget]\ncalls = 5")
    ended = call("optimize", path, "--out", folder / "out")
    assert ended.code == 3, ended.err
    (opening,) = result(folder / "out")["openings"] or [None]
    assert opening is not None
    return study(folder, SCRIPTED, "phases = [5]", end=more)


def test_another_prompt_of_the_same_name_is_a_second_look(tmp_path: Path) -> None:
    script(tmp_path, NOTHING)
    (tmp_path / "own.txt").write_text("find phi_list type value NAME", encoding="utf-8")
    path = stopped_within_the_sealed_set(tmp_path, '[prompts]\nlong = "own.txt"')
    (tmp_path / "own.txt").write_text("find more: phi_list type value NAME", encoding="utf-8")
    ended = call("optimize", path, "--out", tmp_path / "out", "--resume")
    assert ended.code != 0, ended.err


def test_other_weights_of_the_same_name_are_a_second_look(tmp_path: Path) -> None:
    script(tmp_path, NOTHING)
    path = stopped_within_the_sealed_set(tmp_path)
    script(tmp_path, '{"phi_list": [{"type": "NAME", "value": "某"}]}')
    ended = call("optimize", path, "--out", tmp_path / "out", "--resume")
    assert ended.code != 0, ended.err


def test_a_study_whose_store_is_gone_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    path, out = study(tmp_path), tmp_path / "out"
    assert call("optimize", path, "--out", out).code == 0
    for gone in (*out.glob("study.db*"), out / "result.json"):
        gone.unlink()
    ended = call("optimize", path, "--out", out)
    assert ended.code != 0
    assert "--reopen" in ended.errors[-1]
    assert "phase 1" not in ended.err.split("expected:")[0]
    assert not any(line.startswith("sekisho: phase ") for line in ended.errors)


def test_one_file_for_both_sets_is_refused_at_once(tmp_path: Path) -> None:
    path = study(tmp_path)
    stated = path.read_text(encoding="utf-8").replace('"h.jsonl"', '"./d.jsonl"')
    path.write_text(stated, encoding="utf-8")
    ended = call("optimize", path, "--out", tmp_path / "out")
    in_one_line(ended, 2)
    assert not (tmp_path / "out" / "ledger.jsonl").exists()


# Two at once


def test_a_study_under_way_lets_no_second_process_in(tmp_path: Path) -> None:
    path, out = study(tmp_path), tmp_path / "out"
    out.mkdir()
    settings = read_study(path)
    fingerprint = fingerprint_of(settings, development_of(settings))
    with Store.open(out, fingerprint, resume=False):
        ended = call("optimize", path, "--out", out, "--resume")
    assert ended.code in (2, 3), ended.err
    assert not (out / "result.json").exists()


# Beginning


@pytest.mark.parametrize("wrong", ["twice", "missing", "held out missing"])
def test_reports_that_cannot_be_read_are_a_wrong_beginning(tmp_path: Path, wrong: str) -> None:
    path = study(tmp_path)
    if wrong == "twice":
        write_rows(tmp_path / "d.jsonl", reports(SEEN[:1] * 2, "CT"))
    else:
        (tmp_path / ("d.jsonl" if wrong == "missing" else "h.jsonl")).unlink()
    ended = call("optimize", path, "--out", tmp_path / "out")
    assert not leaks(SEEN, ended.err)
    in_one_line(ended, 2)
    assert "--resume" not in ended.err


def test_one_report_is_refused_before_anything_is_measured(tmp_path: Path) -> None:
    write_rows(tmp_path / "d.jsonl", reports(SEEN[:1], "CT"))
    ended = call("optimize", study(tmp_path), "--out", tmp_path / "out")
    in_one_line(ended, 2)
    assert "phase 2" not in ended.err


@pytest.mark.parametrize("wrong", ["folder", "no facts", "no salt"])
def test_what_is_no_store_is_told_in_a_line(tmp_path: Path, wrong: str) -> None:
    path, out = study(tmp_path), tmp_path / "out"
    out.mkdir()
    store = out / FILENAME
    if wrong == "folder":
        store.mkdir()
    else:
        settings = read_study(path)
        fingerprint = fingerprint_of(settings, development_of(settings))
        Store.open(out, fingerprint, resume=False).__exit__(None, None, None)
        gone = "1 = 1" if wrong == "no facts" else "name = 'salt'"
        with closing(sqlite3.connect(store)) as connection:
            connection.execute(f"DELETE FROM about WHERE {gone}")
            connection.commit()
    ended = call("optimize", path, "--out", out, "--resume")
    assert ended.code in (2, 3)
    assert "this is a bug" not in ended.err


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"d.jsonl"', '"d\\u0000.jsonl"'),
        ('"scripted:script.json"', '"scripted:s\\u0000"'),
        ("resamples = 100", "resamples = " + "[" * 3000),
    ],
    ids=["path", "model", "brackets"],
)
def test_a_hostile_study_file_is_told_in_a_line(tmp_path: Path, old: str, new: str) -> None:
    script(tmp_path, NOTHING)
    path = study(tmp_path, SCRIPTED)
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    in_one_line(call("optimize", path, "--out", tmp_path / "out"), 2)
