from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from dragon_jobs import TASKS, job_on_disk, labelled

from sekisho.errors import InputError, UsageError
from sekisho.extraction.dragon.cases import read_cases
from sekisho.extraction.dragon.configuration import Configuration, TaskType, read_configuration
from sekisho.extraction.dragon.job import find_jobs, read_job
from sekisho.extraction.dragon.known import learn

GOOD = {
    "jobid": 1010,
    "task_name": "Task101_Example_sl_bin_clf",
    "input_name": "text",
    "label_name": "single_label_binary_classification_target",
    "recommended_truncation_side": "left",
    "version": "1.0",
}
SECRET = "Mulder-1953"


def configuration(tmp_path: Path, **changes: Any) -> Path:
    path = tmp_path / "nlp-task-configuration.json"
    path.write_text(json.dumps({**GOOD, **changes}))
    return path


def dataset(tmp_path: Path, content: Any) -> Path:
    path = tmp_path / "nlp-training-dataset.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def of(kind: str) -> Configuration:
    return Configuration(
        task_name=TASKS[kind],
        input_name="text_parts" if kind.endswith("recognition") else "text",
        label_name=f"{kind}_target",
    )


def test_a_configuration_says_its_type_and_the_key_of_its_predictions(tmp_path: Path) -> None:
    read = read_configuration(configuration(tmp_path))
    assert read.type is TaskType.BINARY
    assert read.label == "single_label_binary_classification"


@pytest.mark.parametrize("kind", TASKS)
def test_all_eight_types_are_known(kind: str) -> None:
    assert of(kind).type.value == kind
    assert len(TASKS) == len(TaskType) == 8


def test_a_byte_order_mark_is_no_trouble(tmp_path: Path) -> None:
    path = configuration(tmp_path)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert read_configuration(path).jobid == 1010


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"label_name": "text_target"}, "label_name"),
        ({"label_name": "single_label_binary_classification"}, "label_name"),
        ({"input_name": "report"}, "input_name"),
        ({"task_name": "../elsewhere"}, "task_name"),
        ({"recommended_truncation_side": "middle"}, "recommended_truncation_side"),
        ({"label_name": "named_entity_recognition_target"}, "input_name"),
    ],
)
def test_a_wrong_configuration_is_told_by_its_key(
    changes: dict[str, Any], told: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=told):
        read_configuration(configuration(tmp_path, **changes))


def test_a_folder_is_recognised_by_the_name_that_the_scorer_looks_for(tmp_path: Path) -> None:
    read = read_configuration(configuration(tmp_path))
    assert read.fits_folder("Task101_Example_sl_bin_clf-fold0")
    assert not read.fits_folder("Task101_Example_sl_bin_clf")
    assert not read.fits_folder("Task102_Example_sl_mc_clf-fold0")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("{", "no JSON"),
        ("[NaN]", "no JSON"),
        ({}, "no JSON list"),
        ([1], "entry 1"),
        ([{"text": SECRET}], "entry 1"),
        ([{"uid": True, "text": SECRET}], "entry 1"),
        (
            [{"uid": SECRET, "text": 5, "single_label_binary_classification_target": True}],
            "entry 1",
        ),
        ([{"uid": SECRET, "text": SECRET}], "entry 1"),
        (
            [
                {"uid": "a", "text": SECRET, "single_label_binary_classification_target": True},
                {"uid": "b", "text": SECRET, "single_label_binary_classification_target": SECRET},
            ],
            "entry 2",
        ),
        (
            [
                {"uid": 5, "text": SECRET, "single_label_binary_classification_target": True},
                {"uid": "5", "text": SECRET, "single_label_binary_classification_target": True},
            ],
            "entry 2.*entry 1",
        ),
    ],
)
def test_a_wrong_entry_is_told_by_its_number_and_none_of_its_words(
    content: Any, told: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=told) as caught:
        read_cases(
            dataset(tmp_path, content), of("single_label_binary_classification"), labelled=True
        )
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        ("single_label_multi_class_classification", None),
        ("single_label_multi_class_classification", ""),
        ("single_label_binary_classification", 2),
        ("single_label_regression", "12"),
        ("single_label_regression", True),
        ("multi_label_binary_classification", []),
        ("multi_label_binary_classification", [True, None]),
        ("named_entity_recognition", ["O"]),
        ("named_entity_recognition", ["O", "FINDING"]),
        ("multi_label_named_entity_recognition", [["O"], []]),
        ("multi_label_named_entity_recognition", ["O", "O"]),
    ],
)
def test_a_label_of_another_type_is_wrong(kind: str, target: Any, tmp_path: Path) -> None:
    row = {"uid": "a", "text": "b", "text_parts": ["b", "c"], f"{kind}_target": target}
    with pytest.raises(InputError, match="entry 1"):
        read_cases(dataset(tmp_path, [row]), of(kind), labelled=True)


def test_a_number_may_be_missing(tmp_path: Path) -> None:
    kind = "multi_label_regression"
    row = {"uid": "a", "text": "b", f"{kind}_target": [1.5, None]}
    cases = read_cases(dataset(tmp_path, [row]), of(kind), labelled=True)
    known = learn(TaskType(kind), cases, where="")
    assert [position.can_be_missing for position in known.positions] == [False, True]


def test_rows_with_other_numbers_of_labels_are_wrong(tmp_path: Path) -> None:
    kind = "multi_label_binary_classification"
    rows = [
        {"uid": "a", "text": "b", f"{kind}_target": [True, False]},
        {"uid": "c", "text": "b", f"{kind}_target": [True]},
    ]
    with pytest.raises(InputError, match="entry 2"):
        read_cases(dataset(tmp_path, rows), of(kind), labelled=True)


def test_classes_keep_their_types_and_stand_in_order() -> None:
    kind = "single_label_multi_class_classification"
    rows = [{"uid": str(n), "target": value} for n, value in enumerate(["10", "2", "b", "a", "2"])]
    from sekisho.extraction.dragon.cases import Case

    known = learn(
        TaskType(kind), [Case(row["uid"], target=row["target"]) for row in rows], where=""
    )
    assert known.positions[0].classes == ("2", "10", "a", "b")
    assert known.positions[0].prior == "2"


def test_without_labelled_cases_nothing_can_be_learnt() -> None:
    with pytest.raises(InputError, match="no labelled case"):
        learn(TaskType.BINARY, [], where="here")


def test_no_case_shows_its_text_or_uid() -> None:
    from sekisho.extraction.dragon.cases import Case

    case = Case(SECRET, SECRET, (SECRET,), SECRET, {"uid": SECRET})
    assert SECRET not in repr(case)


def test_jobs_are_found_in_a_folder_of_them_and_by_themselves(tmp_path: Path) -> None:
    kinds = list(TASKS)
    folders = [job_on_disk(tmp_path / "in", kind) for kind in kinds[:3]]
    assert find_jobs([tmp_path / "in"]) == tuple(sorted(folders))
    assert find_jobs([folders[1], tmp_path / "in"]) == (
        folders[1],
        *(each for each in sorted(folders) if each != folders[1]),
    )


def test_a_folder_without_a_job_is_a_wrong_input(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no job"):
        find_jobs([tmp_path])
    with pytest.raises(UsageError):
        find_jobs([tmp_path / "nowhere"])


def test_two_jobs_of_one_name_would_write_the_same_file(tmp_path: Path) -> None:
    kind = next(iter(TASKS))
    job_on_disk(tmp_path / "a", kind)
    job_on_disk(tmp_path / "b", kind)
    with pytest.raises(UsageError, match="two jobs"):
        find_jobs([tmp_path / "a", tmp_path / "b"])


def test_a_job_without_a_test_case_or_with_a_missing_file_is_wrong(tmp_path: Path) -> None:
    kind = next(iter(TASKS))
    with pytest.raises(InputError, match="no case"):
        read_job(job_on_disk(tmp_path / "a", kind, test=[]))
    folder = job_on_disk(tmp_path / "b", kind)
    (folder / "nlp-validation-dataset.json").unlink()
    with pytest.raises(InputError, match="cannot be read"):
        read_job(folder)


@pytest.mark.parametrize("kind", TASKS)
def test_a_job_of_each_type_is_read(kind: str, tmp_path: Path) -> None:
    job = read_job(job_on_disk(tmp_path, kind))
    assert len(job.test) == len(labelled(kind, 6))
    assert job.known.cases == 15
    assert job.name == f"{TASKS[kind]}-fold0"
