from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from dragon_jobs import TASKS, labelled, truth_on_disk

from sekisho.errors import UsageError

pytest.importorskip("dragon_eval")

from sekisho.extraction.dragon.scoring import score

BINARY = "single_label_binary_classification"
CLASSES = "single_label_multi_class_classification"
NUMBER = "single_label_regression"
TAGS = "named_entity_recognition"
SECRET = "Mulder-1953"


def predicted(folder: Path, kind: str, rows: Any, fold: int = 0) -> Path:
    into = folder / f"{TASKS[kind]}-fold{fold}"
    into.mkdir(parents=True, exist_ok=True)
    (into / "nlp-predictions-dataset.json").write_text(json.dumps(rows))
    return folder


def rows(kind: str, values: list[Any]) -> list[dict[str, Any]]:
    return [
        {"uid": row["uid"], kind: value}
        for row, value in zip(labelled(kind, len(values)), values, strict=True)
    ]


def truth(folder: Path, kind: str, values: list[Any]) -> Path:
    known = [
        {**row, f"{kind}_target": value}
        for row, value in zip(labelled(kind, len(values)), values, strict=True)
    ]
    return truth_on_disk(folder, kind, known)


def test_scores_are_those_of_the_formulas(tmp_path: Path) -> None:
    out, known = tmp_path / "out", tmp_path / "truth"
    # Of the pairs of a true and a false case, three of four are in order.
    truth(known, BINARY, [True, False, True, False])
    predicted(out, BINARY, rows(BINARY, [0.9, 0.4, 0.3, 0.1]))
    # Linear weights: 1 - (observed 1/4 x 1/2) / (expected by the margins).
    truth(known, CLASSES, ["0", "1", "2", "2"])
    predicted(out, CLASSES, rows(CLASSES, ["0", "1", "2", "1"]))
    # 1 - mean of |y - p| / (|y| + |p| + 4).
    truth(known, NUMBER, [10.0, 20.0])
    predicted(out, NUMBER, rows(NUMBER, [12.0, 20.0]))
    found = {fold.task: fold.value for fold in score(out, known).folds}
    assert found[TASKS[BINARY]] == pytest.approx(0.75, abs=1e-9)
    margins = [(1, 1), (1, 2), (2, 1)]
    expected = sum(
        abs(a - b) * margins[a][0] * margins[b][1] / 16 for a in range(3) for b in range(3)
    )
    assert found[TASKS[CLASSES]] == pytest.approx(1 - (1 / 4) / expected, abs=1e-9)
    assert found[TASKS[NUMBER]] == pytest.approx(1 - (2 / 26) / 2, abs=1e-9)


def test_the_mean_is_that_over_tasks_of_the_mean_over_folds(tmp_path: Path) -> None:
    out, known = tmp_path / "out", tmp_path / "truth"
    truth(known, NUMBER, [10.0, 20.0])
    predicted(out, NUMBER, rows(NUMBER, [10.0, 20.0]))
    predicted(out, NUMBER, rows(NUMBER, [12.0, 20.0]), fold=1)
    truth(known, BINARY, [True, False])
    predicted(out, BINARY, rows(BINARY, [0.1, 0.9]))
    scores = score(out, known)
    first, second = 1.0, 1 - (2 / 26) / 2
    assert scores.tasks[TASKS[NUMBER]] == pytest.approx(
        ((first + second) / 2, (first - second) / 2), abs=1e-9
    )
    assert scores.mean == pytest.approx((first + second) / 4, abs=1e-9)
    assert scores.whole is False
    overall = scores.as_json()["aggregates"]["overall"]
    assert overall["mean"] == scores.mean


def test_a_rejected_fold_leaves_the_others_their_scores(tmp_path: Path) -> None:
    out, known = tmp_path / "out", tmp_path / "truth"
    truth(known, NUMBER, [10.0, 20.0])
    predicted(out, NUMBER, rows(NUMBER, [10.0, 20.0]))
    truth(known, BINARY, [True, False, True])
    predicted(out, BINARY, rows(BINARY, [0.1, 0.9]))
    scores = score(out, known)
    (rejected,) = scores.rejected
    assert rejected.task == TASKS[BINARY]
    assert rejected.problem == "1 of 3 cases have no prediction"
    assert scores.mean == pytest.approx(1.0)


def test_nothing_is_printed_and_no_uid_is_told(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    known = [{"uid": SECRET, "text": SECRET, f"{BINARY}_target": True}]
    predicted(out, BINARY, [{"uid": "other", BINARY: 0.5}])
    scores = score(out, truth_on_disk(tmp_path / "truth", BINARY, known))
    assert scores.rejected
    assert SECRET not in json.dumps(scores.as_json())
    assert capfd.readouterr() == ("", "")


def test_what_has_no_counterpart_is_listed(tmp_path: Path) -> None:
    out, known = tmp_path / "out", tmp_path / "truth"
    truth(known, NUMBER, [10.0])
    truth(known, TAGS, [["O"] * 9])
    predicted(out, NUMBER, rows(NUMBER, [10.0]))
    predicted(out, BINARY, rows(BINARY, [0.5]))
    scores = score(out, known)
    assert scores.no_truth == (f"{TASKS[BINARY]}-fold0",)
    assert scores.no_predictions == (TASKS[TAGS],)


def test_a_task_that_the_scorer_does_not_know_is_told(tmp_path: Path) -> None:
    (tmp_path / "truth").mkdir()
    (tmp_path / "truth" / "Task777_stone.json").write_text("[]")
    into = tmp_path / "out" / "Task777_stone-fold0"
    into.mkdir(parents=True)
    (into / "nlp-predictions-dataset.json").write_text("[]")
    (fold,) = score(tmp_path / "out", tmp_path / "truth").folds
    assert fold.value is None
    assert "does not know" in (fold.problem or "")


@pytest.mark.parametrize("content", ["", "{}", "[]", "[1]", '[{"uid": "case0"}]', "[NaN]"])
def test_a_file_of_another_form_is_rejected_and_never_an_exception(
    content: str, tmp_path: Path
) -> None:
    truth(tmp_path / "truth", BINARY, [True, False])
    out = predicted(tmp_path / "out", BINARY, [])
    file = out / f"{TASKS[BINARY]}-fold0" / "nlp-predictions-dataset.json"
    file.write_text(content)
    (fold,) = score(out, tmp_path / "truth").folds
    assert fold.value is None
    assert fold.problem


def test_without_anything_to_score_the_command_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="truth"):
        score(tmp_path, tmp_path)


def test_the_reference_predictions_have_the_reference_metrics() -> None:
    data = os.environ.get("SEKISHO_DRAGON_DATA")
    if data is None:
        pytest.skip("SEKISHO_DRAGON_DATA is not set")
    folder = Path(data)
    found = score(folder / "reference-predictions", folder / "ground-truth").as_json()
    wanted = json.loads((folder / "reference-metrics.json").read_text())
    assert found["case"].keys() == wanted["case"].keys()
    for task, folds in wanted["case"].items():
        assert found["case"][task] == pytest.approx(folds, abs=1e-9)
    for task, figures in wanted["aggregates"].items():
        assert found["aggregates"][task] == pytest.approx(figures, abs=1e-9)
    assert len(wanted["case"]) == 6
