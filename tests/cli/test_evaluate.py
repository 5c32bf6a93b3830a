"""``sekisho evaluate phi`` as a user meets it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from rich.cells import cell_len
from typer.testing import CliRunner, Result

from sekisho.cli.evaluate import evaluate_app

TEXT = "患者：架空花子様 60歳"
ROWS: list[dict[str, Any]] = [
    {
        "id": "r-1",
        "text": TEXT,
        "spans": [
            {
                "start": 3,
                "end": 7,
                "category": "NAME",
                "surface": "架空花子",
                "disguise": "かくれ方の例",
                "difficulty": 4,
            },
            {"start": 9, "end": 12, "category": "AGE", "surface": "60歳"},
        ],
    },
    {"id": "r-2", "text": "所見なし", "spans": []},
]
FOUND: list[dict[str, Any]] = [
    {"id": "r-1", "spans": [{"start": 3, "end": 6, "category": "NAME", "score": 1, "sources": []}]},
    {"id": "r-2", "spans": []},
]


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    return write(tmp_path / "gold.jsonl", ROWS)


@pytest.fixture
def predicted(tmp_path: Path) -> Path:
    return write(tmp_path / "spans.jsonl", FOUND)


def run(gold: Path, predicted: Path, *options: str) -> Result:
    app = typer.Typer(pretty_exceptions_enable=False)
    app.add_typer(evaluate_app)
    paths = ["--gold", str(gold), "--predicted", str(predicted)]
    return CliRunner().invoke(app, ["evaluate", "phi", *paths, *options])


def test_the_table_shows_every_measure_with_its_counts(gold: Path, predicted: Path) -> None:
    result = run(gold, predicted)
    assert result.exit_code == 0
    for line in (
        "2 documents, 16 characters, 2 identifiers",
        "4 of 7 identifier characters",
        "1 of 2 documents",
        "0 of 2 identifiers",
        "3 of 3 predicted characters",
        "0 of 9 ordinary characters",
    ):
        assert line in result.output


def test_ignored_categories_leave_the_count_and_are_named(gold: Path, predicted: Path) -> None:
    result = run(gold, predicted, "--ignore", "SEX,AGE")
    assert "1 identifiers; ignored: AGE, SEX" in result.output
    assert "1 of 4 identifier characters" in result.output


def test_json_holds_the_documented_keys(gold: Path, predicted: Path) -> None:
    answer = json.loads(run(gold, predicted, "--json", "--resamples", "50", "--seed", "3").output)
    assert list(answer) == [
        "format",
        "documents",
        "characters",
        "identifiers",
        "ignored",
        "unused_predictions",
        "resamples",
        "seed",
        "level",
        "overall",
        "by_category",
        "by_script",
        "by_difficulty",
        "further",
    ]
    assert answer["format"] == 1
    assert (answer["resamples"], answer["seed"], answer["level"]) == (50, 3, 0.95)
    leaked = answer["overall"]["leaked_characters"]
    assert leaked["value"] == pytest.approx(4 / 7)
    assert set(leaked) == {"value", "low", "high", "n", "count"}
    assert list(answer["by_category"]) == ["NAME", "AGE"]
    assert list(answer["by_difficulty"]) == ["4"]


def test_json_is_the_same_each_time(gold: Path, predicted: Path) -> None:
    assert run(gold, predicted, "--json").output == run(gold, predicted, "--json").output


def test_errors_list_the_leaks_without_their_text(gold: Path, predicted: Path) -> None:
    result = run(gold, predicted, "--errors")
    lines = result.output[result.output.index("Leaked identifiers: 2") :].splitlines()
    assert lines[2].split() == [
        *("r-1", "NAME", "kanji", "4", "かくれ方の例", "3", "7", "1", "of", "4")
    ]
    assert lines[3].split() == [*("r-1", "AGE", "mixed", "-", "-", "9", "12", "3", "of", "3")]
    assert "架空" not in result.output
    assert "60歳" not in result.output


def test_errors_show_their_text_only_when_asked(gold: Path, predicted: Path) -> None:
    assert "架空花子" in run(gold, predicted, "--errors", "--with-text").output
    plain = json.loads(run(gold, predicted, "--errors", "--json").output)
    full = json.loads(run(gold, predicted, "--errors", "--json", "--with-text").output)
    assert "surface" not in plain["errors"][0]
    assert full["errors"][0]["surface"] == "架空花子"


def test_columns_stay_aligned_beside_japanese(gold: Path, predicted: Path) -> None:
    output = run(gold, predicted, "--errors").output
    lines = output[output.index("Leaked identifiers") :].splitlines()[1:4]
    ends = {
        cell_len(line[: line.index(word) + len(word)])
        for line, word in zip(lines, ("start", " 3", " 9"), strict=True)
    }
    assert len(ends) == 1


def test_the_directory_of_a_run_is_a_prediction(gold: Path, predicted: Path) -> None:
    assert run(gold, predicted.parent).exit_code == 0


def test_a_folder_of_marked_files_is_gold(tmp_path: Path) -> None:
    folder = tmp_path / "gold"
    folder.mkdir()
    (folder / "r-1.txt").write_text("⟦AGE|60歳⟧", encoding="utf-8")
    predicted = write(tmp_path / "p.jsonl", [{"id": "r-1", "spans": []}])
    result = run(folder, predicted)
    assert result.exit_code == 0
    assert "3 of 3 identifier characters" in result.output


def test_predictions_without_gold_are_mentioned(tmp_path: Path, gold: Path) -> None:
    predicted = write(tmp_path / "p.jsonl", [*FOUND, {"id": "r-3", "spans": []}])
    result = run(gold, predicted, "--json")
    assert json.loads(result.stdout)["unused_predictions"] == 1
    assert "1 predictions have no gold document" in result.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--ignore", "FOO"), "sekisho: --ignore: the label 'FOO' maps to no category"),
        (("--with-text",), "sekisho: --with-text shows the surfaces of --errors (add --errors)"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(
    gold: Path, predicted: Path, options: tuple[str, ...], said: str
) -> None:
    result = run(gold, predicted, *options)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith(said)
    assert result.stderr.count("\n") == 1


def test_a_missing_prediction_is_one_line_and_exit_code_2(tmp_path: Path, gold: Path) -> None:
    result = run(gold, write(tmp_path / "p.jsonl", FOUND[:1]))
    assert result.exit_code == 2
    assert "p.jsonl: 1 of 2 gold documents have no prediction" in result.stderr
    assert result.stderr.count("\n") == 1
