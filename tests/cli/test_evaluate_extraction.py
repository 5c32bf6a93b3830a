"""``sekisho evaluate extraction`` as a user meets it."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from sekisho.cli.evaluate import evaluate_app

SECRET = "架空花子"
TASK = """
name = "chest"
language = "ja"
instruction = "所見を読む"

[fields.nodule]
type = "boolean"

[fields."所見"]
type = "enum"
values = ["良性", "悪性"]

[fields.size]
type = "number"
unit = "mm"

[fields.name]
type = "string"

[fields.lesions]
type = "list"
fields = { site = { type = "string" }, mm = { type = "number" } }

[fields.margin]
type = "object"
fields = { status = { type = "enum", values = ["R0", "R1"] } }

[fields.dates]
type = "list"
items = { type = "date" }

[fields.parts]
type = "spans"
labels = ["finding"]
"""
TRUTH: list[dict[str, Any]] = [
    {"nodule": True, "所見": "良性", "size": 12.0, "name": SECRET},
    {"nodule": False, "所見": "悪性", "size": None, "name": None},
    {"nodule": True, "所見": "悪性", "size": 30.0},
]
DEEP = {
    "lesions": [{"site": "S6", "mm": 4}],
    "margin": {"status": "R0"},
    "dates": ["2024-05"],
    "parts": [{"start": 0, "end": 4, "label": "finding"}],
}


def found(value: Any, **more: Any) -> dict[str, Any]:
    return {"status": "found", "value": value, **more}


ANSWERS: list[dict[str, Any]] = [
    {
        "nodule": found(True, probability=0.9, distribution={"true": 0.9, "false": 0.1}),
        "所見": found("良性"),
        "size": found(12.0),
        "name": found(SECRET),
    },
    {
        "nodule": found(False, probability=0.8, distribution={"true": 0.2, "false": 0.8}),
        "所見": found("良性"),
        "size": {"status": "not_mentioned"},
        "name": found("別人"),
    },
]


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    return write(
        tmp_path / "gold.jsonl", [{"id": f"r{n}", "fields": f} for n, f in enumerate(TRUTH, 1)]
    )


@pytest.fixture
def predicted(tmp_path: Path) -> Path:
    rows = [
        {"id": f"r{n}", "status": "extracted", "fields": fields, "chunks": 1, "attempts": 1}
        for n, fields in enumerate(ANSWERS, 1)
    ]
    return write(tmp_path / "extractions.jsonl", rows)


@pytest.fixture
def task(tmp_path: Path) -> Path:
    path = tmp_path / "chest.toml"
    path.write_text(TASK, encoding="utf-8")
    return path


def run(gold: Path, predicted: Path, *options: object) -> Result:
    app = typer.Typer(pretty_exceptions_enable=False)
    app.add_typer(evaluate_app)
    paths = ["--gold", str(gold), "--predicted", str(predicted), "--resamples", "30"]
    return CliRunner().invoke(app, ["evaluate", "extraction", *paths, *map(str, options)])


def answer_of(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_the_tables_show_each_field_and_what_is_missing(
    gold: Path, predicted: Path, task: Path
) -> None:
    result = run(gold, predicted, "--task", task)
    assert result.exit_code == 0, result.output
    assert "3 documents, 11 judged fields of 4; types from the task" in result.output
    assert "documents without a prediction, counted as failed: 1" in result.output
    fields = result.output[result.output.index("Fields") :].splitlines()
    assert fields[3].split()[:7] == ["所見", "enum", "3", "2", "0", "0", "1"]
    assert fields[5].split()[:7] == ["name", "string", "2", "2", "0", "0", "0"]
    for title in ("Classes", "Probabilities of classes", "Numbers", "Strings"):
        assert f"\n{title}\n" in result.output
    assert SECRET not in result.output


def test_types_are_guessed_without_a_task_and_that_is_said(gold: Path, predicted: Path) -> None:
    result = run(gold, predicted)
    assert "types guessed from gold (--task names them)" in result.output
    answer = answer_of(run(gold, predicted, "--json"))
    assert (answer["kinds_from"], answer["task"]) == ("gold", None)
    types = {name: field["type"] for name, field in answer["fields"].items()}
    assert types == {"nodule": "boolean", "所見": "string", "size": "number", "name": "string"}
    # The words of gold become classes only for who says that they are a closed set.
    enum = answer_of(run(gold, predicted, "--json", "--enum", "所見"))["fields"]["所見"]
    assert enum["confusion"]["rows"] == ["悪性", "良性", "(not mentioned)"]


def test_json_holds_the_documented_keys(gold: Path, predicted: Path, task: Path) -> None:
    options = ("--json", "--seed", 3, "--against", predicted, "--task", task)
    answer = answer_of(run(gold, predicted, *options))
    assert list(answer) == [
        *("kinds_from", "task", "files", "format", "documents", "judged", "missing", "lost"),
        *("unjudged", "unjudged_fields", "origins", "resamples", "seed", "level"),
        *("overall", "fields", "against"),
    ]
    assert (answer["task"], answer["seed"], answer["resamples"]) == ("chest", 3, 30)
    assert answer["missing"] == ["r3"]
    nodule = answer["fields"]["nodule"]
    assert set(nodule) == {
        *("type", "n", "statuses", "measures", "parts", "confusion", "calibration")
    }
    assert set(nodule["measures"]["auc"]) == {"value", "low", "high", "n"}
    assert nodule["calibration"]["true"]["n"] == 2
    assert answer["against"]["fields"]["size"]["mcnemar"]["p"] == 1
    assert SECRET not in json.dumps(answer, ensure_ascii=False)


def test_every_type_of_a_task_is_known(tmp_path: Path, task: Path) -> None:
    gold = write(tmp_path / "g.jsonl", [{"id": "1", "fields": DEEP}])
    fields = {name: found(value) for name, value in DEEP.items()}
    predicted = write(tmp_path / "p.jsonl", [{"id": "1", "status": "extracted", "fields": fields}])
    answer = answer_of(run(gold, predicted, "--json", "--task", task))
    assert answer["overall"]["documents_all_right"]["value"] == 1
    assert {name: field["type"] for name, field in answer["fields"].items()} == {
        "lesions": "list",
        "margin": "object",
        "dates": "list",
        "parts": "spans",
    }


def test_an_enum_is_ordered_when_it_is_named(gold: Path, predicted: Path, task: Path) -> None:
    plain = answer_of(run(gold, predicted, "--json", "--task", task))
    assert "kappa_linear" not in plain["fields"]["所見"]["measures"]
    options = ("--json", "--task", task, "--ordered", "所見")
    assert "kappa_linear" in answer_of(run(gold, predicted, *options))["fields"]["所見"]["measures"]


def test_an_enum_is_ordered_when_its_task_says_so(
    tmp_path: Path, gold: Path, predicted: Path, task: Path
) -> None:
    said = task.read_text(encoding="utf-8").replace(
        'values = ["良性", "悪性"]', 'values = ["良性", "悪性"]\nordered = true'
    )
    other = tmp_path / "ordered.toml"
    other.write_text(said, encoding="utf-8")
    measures = answer_of(run(gold, predicted, "--json", "--task", other))["fields"]["所見"]
    assert "kappa_linear" in measures["measures"]


def test_epsilon_and_tolerance_are_by_field(gold: Path, predicted: Path) -> None:
    write(
        predicted,
        [{"id": "r1", "status": "extracted", "fields": {"size": found(13.0)}}],
    )
    options = ("--json", "--epsilon", "size=5", "--tolerance", "size=1")
    measures = answer_of(run(gold, predicted, *options))["fields"]["size"]["measures"]
    assert measures["r_smape"]["value"] == pytest.approx(1 - (1 / 30 + 1) / 2)
    assert measures["within_tolerance"]["value"] == 1 / 2
    strict = answer_of(run(gold, predicted, "--json", "--tolerance", "size=5%"))
    assert strict["fields"]["size"]["measures"]["within_tolerance"]["value"] == 0


def test_a_folder_gets_the_metrics_and_a_matrix_for_each_class_field(
    gold: Path, predicted: Path, task: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    result = run(gold, predicted, "--task", task, "--out", out, "--json")
    answer = answer_of(result)
    assert json.loads((out / "metrics.json").read_text(encoding="utf-8")) == answer
    assert answer["files"]["所見"] == {"confusion": ["confusion/02-所見.csv"]}
    with (out / "confusion" / "02-所見.csv").open(encoding="utf-8-sig", newline="") as file:
        table = list(csv.reader(file))
    assert table[0][:3] == ["gold \\ given", "良性", "悪性"]
    assert table[2] == ["悪性", "1", "0", "0", "0", "0", "1"]


def test_plots_are_drawn_beside_the_metrics(
    gold: Path, predicted: Path, task: Path, tmp_path: Path
) -> None:
    pytest.importorskip("matplotlib")
    out = tmp_path / "out"
    answer = answer_of(run(gold, predicted, "--task", task, "--out", out, "--plots", "--json"))
    files = answer["files"]["nodule"]
    assert files["reliability_plot"] == [
        "plots/01-nodule-reliability.svg",
        "plots/01-nodule-reliability.png",
    ]
    for place in (*files["reliability_plot"], *files["confusion_plot"]):
        assert (out / place).stat().st_size > 1000


def test_a_name_of_a_field_cannot_leave_the_folder(tmp_path: Path) -> None:
    name = "../../x/" + "長" * 200
    gold = write(tmp_path / "g.jsonl", [{"id": "1", "fields": {name: True}}])
    row = {"id": "1", "status": "extracted", "fields": {name: found(True)}}
    out = tmp_path / "deep" / "er" / "out"
    result = run(gold, write(tmp_path / "p.jsonl", [row]), "--out", out)
    assert result.exit_code == 0, result.output
    (written,) = (out / "confusion").iterdir()
    assert written.name.startswith("01-______x_長")
    assert sorted(path.name for path in tmp_path.rglob("*.csv")) == [written.name]


def test_the_wrong_fields_are_listed_without_their_values(gold: Path, predicted: Path) -> None:
    result = run(gold, predicted, "--errors")
    listed = result.output[result.output.index("Wrong fields: 5") :]
    assert [line.split() for line in listed.splitlines()[2:5]] == [
        ["r3", "nodule", "failed"],
        ["r2", "所見", "wrong"],
        ["r3", "所見", "failed"],
    ]
    assert "別人" not in result.output
    assert "made up" in result.output
    assert "別人" in run(gold, predicted, "--errors", "--with-text").output


def test_stand_in_answers_are_called_so(gold: Path, predicted: Path) -> None:
    rows = [json.loads(line) for line in predicted.read_text().splitlines()]
    write(predicted, [{**row, "origin": "scripted"} for row in rows])
    result = run(gold, predicted)
    assert "stand-in answers: 2 of 2 are scripted, not a model's own" in result.output


def test_two_predictions_are_compared(gold: Path, predicted: Path, tmp_path: Path) -> None:
    other = write(
        tmp_path / "other.jsonl", [{"id": "r1", "status": "failed", "reason": "x", "fields": {}}]
    )
    result = run(gold, predicted, "--against", other)
    table = result.output[result.output.index("Difference to the other prediction") :]
    rows = [line.split() for line in table.splitlines() if line.strip().startswith("nodule")]
    assert rows[0][1:3] == ["+66.67", "%"]
    assert "(whole documents)" in table


def test_the_folder_of_a_run_is_a_prediction(gold: Path, predicted: Path) -> None:
    assert run(gold, predicted.parent).exit_code == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--with-text",), "--with-text shows the values of --errors (add --errors)"),
        (("--plots",), "--plots needs a folder (add --out DIR)"),
        (("--enum", "nothing"), "--enum: gold judges no field 'nothing'"),
        (("--ordered", "size"), "--ordered: 'size' is no enum"),
        (("--epsilon", "size"), "--epsilon: it is written FIELD=NUMBER"),
        (("--epsilon", "size=x"), "--epsilon: there is no number behind the ="),
        (("--tolerance", "size=-1"), "--tolerance: the number must not be negative"),
        (("--tolerance", "name=1"), "'name' is no number that gold judges (numbers are: size)"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(
    gold: Path, predicted: Path, options: tuple[str, ...], said: str
) -> None:
    result = run(gold, predicted, *options)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr == f"sekisho: {said}\n"


def test_a_task_says_what_is_an_enum(gold: Path, predicted: Path, task: Path) -> None:
    result = run(gold, predicted, "--task", task, "--enum", "name")
    assert result.exit_code == 2
    assert "the task says what is an enum" in result.stderr


def test_gold_that_does_not_fit_the_task_is_one_line(
    tmp_path: Path, predicted: Path, task: Path
) -> None:
    gold = write(tmp_path / "g.jsonl", [{"id": "r1", "fields": {"所見": SECRET}}])
    result = run(gold, predicted, "--task", task)
    assert result.exit_code == 2
    assert "row 1: the gold value of the field '所見' is no enum of the task" in result.stderr
    assert SECRET not in result.output


def test_a_folder_that_cannot_be_written_is_told(
    gold: Path, predicted: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("x")
    result = run(gold, predicted, "--out", tmp_path / "file" / "out")
    assert result.exit_code == 2
    assert "cannot be written" in result.stderr


def test_plots_without_matplotlib_say_what_to_install_and_write_nothing(
    gold: Path, predicted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    result = run(gold, predicted, "--plots", "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert "plots need matplotlib (pip install 'sekisho[plots]')" in result.stderr
    assert not (tmp_path / "out").exists()
