"""Small jobs of every type, invented, on the disk as DRAGON has them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

__all__ = ["FINDING", "TASKS", "job_on_disk", "labelled", "truth_on_disk"]

#: A word that decides the invented cases.
FINDING = "nodule"

#: Names that the scorer knows, one for each type.
TASKS: Mapping[str, str] = {
    "single_label_binary_classification": "Task101_Example_sl_bin_clf",
    "single_label_multi_class_classification": "Task102_Example_sl_mc_clf",
    "multi_label_binary_classification": "Task104_Example_ml_bin_clf",
    "multi_label_multi_class_classification": "Task105_Example_ml_mc_clf",
    "single_label_regression": "Task106_Example_sl_reg",
    "multi_label_regression": "Task107_Example_ml_reg",
    "named_entity_recognition": "Task108_Example_sl_ner",
    "multi_label_named_entity_recognition": "Task109_Example_ml_ner",
}

#: Reports, and the one size in each.
_TEXTS: Mapping[str, float | None] = {
    "A nodule of 12 mm in the right lung.": 12.0,
    "No nodule. The lungs are clear.": None,
    "The heart is of normal size, 3 mm of fluid.": 3.0,
    "A nodule of 30 mm, unchanged.": 30.0,
    "Nothing to report.": None,
    "Two nodules; the larger one is 8 mm.": 8.0,
}


def _target(kind: str, number: int, parts: Sequence[str], size: float | None) -> Any:
    yes = number % 2 == 0
    match kind:
        case "single_label_binary_classification":
            return yes
        case "single_label_multi_class_classification":
            return str(number % 3)
        case "multi_label_binary_classification":
            return [yes, not yes]
        case "multi_label_multi_class_classification":
            return ["left" if yes else "right", str(number % 3)]
        case "single_label_regression":
            return size or 0.0
        case "multi_label_regression":
            return [size, size]
        case "named_entity_recognition":
            return _tags(parts)
        case _:
            return [["O"] if tag == "O" else [tag, f"{tag}-10"] for tag in _tags(parts)]


def _tags(parts: Sequence[str]) -> list[str]:
    """A nodule is a finding, with the word behind it."""
    tags = ["O"] * len(parts)
    for at, part in enumerate(parts):
        if part.startswith(FINDING):
            tags[at : at + 2] = ["B-FINDING", "I-FINDING"][: len(parts) - at]
    return tags


def labelled(kind: str, count: int, *, prefix: str = "case") -> list[dict[str, Any]]:
    """``count`` cases of ``kind`` with their labels."""
    rows = []
    for number in range(count):
        text, size = list(_TEXTS.items())[number % len(_TEXTS)]
        row: dict[str, Any] = {"uid": f"{prefix}{number}"}
        parts = text.split()
        if kind.endswith("recognition"):
            row["text_parts"] = parts
        else:
            row["text"] = text
        row[f"{kind}_target"] = _target(kind, number, parts, size)
        rows.append(row)
    return rows


def job_on_disk(
    folder: Path,
    kind: str,
    *,
    task: str | None = None,
    name: str | None = None,
    training: Sequence[Mapping[str, Any]] | None = None,
    test: Sequence[Mapping[str, Any]] | None = None,
    **configured: Any,
) -> Path:
    """A job of ``kind`` below ``folder``."""
    task = task or TASKS[kind]
    path = folder / (name or f"{task}-fold0")
    path.mkdir(parents=True)
    configuration = {
        "jobid": 1,
        "task_name": task,
        "input_name": "text_parts" if kind.endswith("recognition") else "text",
        "label_name": f"{kind}_target",
        "recommended_truncation_side": "left",
        "version": "1.0",
        **configured,
    }
    asked = test
    if asked is None:
        rows = labelled(kind, 6, prefix="test")
        asked = [{k: v for k, v in row.items() if not k.endswith("_target")} for row in rows]
    contents = {
        "nlp-task-configuration.json": configuration,
        "nlp-training-dataset.json": training if training is not None else labelled(kind, 12),
        "nlp-validation-dataset.json": labelled(kind, 3, prefix="valid")
        if training is None
        else [],
        "nlp-test-dataset.json": asked,
    }
    for file, content in contents.items():
        (path / file).write_text(json.dumps(content), encoding="utf-8")
    return path


def truth_on_disk(folder: Path, kind: str, rows: Sequence[Mapping[str, Any]] | None = None) -> Path:
    """The truth of the test cases of ``kind`` below ``folder``, for the scorer."""
    folder.mkdir(parents=True, exist_ok=True)
    content = labelled(kind, 6, prefix="test") if rows is None else rows
    (folder / f"{TASKS[kind]}.json").write_text(json.dumps(content), encoding="utf-8")
    return folder
