from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from dragon_jobs import FINDING, TASKS, job_on_disk

from sekisho.errors import UsageError
from sekisho.extraction.dragon.asking import Question
from sekisho.extraction.dragon.cases import Case
from sekisho.extraction.dragon.examples import examples
from sekisho.extraction.dragon.job import Job, read_job
from sekisho.extraction.few_shot.example_check import example_problems
from sekisho.extraction.results import Evidence, Extraction, FieldResult, FieldStatus

BINARY, MULTI_CLASS, BINARIES, CLASSES, NUMBER, NUMBERS, TAGS, TAG_LISTS = TASKS
NOT_MENTIONED = FieldResult(FieldStatus.NOT_MENTIONED)
INVALID = FieldResult(FieldStatus.INVALID, problem="a value without a quote")


def found(value: Any, **more: Any) -> FieldResult:
    return FieldResult(FieldStatus.FOUND, value, **more)


def asked(tmp_path: Path, kind: str, **more: Any) -> tuple[Job, Question]:
    job = read_job(job_on_disk(tmp_path, kind, **more))
    return job, job.question()


def extraction(question: Question, *results: FieldResult) -> Extraction:
    return Extraction(dict(zip(question.task.fields, results, strict=True)))


@pytest.mark.parametrize(
    ("result", "probability"),
    [
        (found(True, distribution={"true": 0.6, "false": 0.2, "null": 0.2}), 0.75),
        (found(False, distribution={"true": 0.3, "false": 0.7}, probability=0.7), 0.3),
        (found(False, probability=0.9), 0.1),
        (found(True, probability=0.9), 0.9),
    ],
)
def test_yes_or_no_becomes_the_probability_of_yes(
    result: FieldResult, probability: float, tmp_path: Path
) -> None:
    job, question = asked(tmp_path, BINARY)
    answer = question.answer(job.test[0], extraction(question, result))
    assert answer.value == pytest.approx(probability)
    assert (answer.hard, answer.problems) == (0, ())


def test_a_bare_answer_is_counted_as_hard(tmp_path: Path) -> None:
    job, question = asked(tmp_path, BINARY)
    answer = question.answer(job.test[0], extraction(question, found(False)))
    assert (answer.value, answer.hard) == (0.0, 1)


def test_each_label_has_a_field_and_a_bad_one_leaves_the_others(tmp_path: Path) -> None:
    job, question = asked(tmp_path, CLASSES)
    assert len(question.task.fields) == 2
    answer = question.answer(job.test[0], extraction(question, found("left"), INVALID))
    assert answer.value == ["left", None]
    assert answer.problems == ("invalid",)


def test_a_report_without_a_lesion_has_the_size_that_the_definition_says(tmp_path: Path) -> None:
    job, question = asked(tmp_path, NUMBER)
    answer = question.answer(job.test[0], extraction(question, NOT_MENTIONED))
    assert answer.value == 0.0
    assert (answer.absent, answer.problems) == (1, ())


def test_a_number_that_may_be_missing_is_some_number_and_no_fallback(tmp_path: Path) -> None:
    job, question = asked(tmp_path, NUMBERS)
    answer = question.answer(job.test[0], extraction(question, found(12.0), NOT_MENTIONED))
    assert answer.value == [12.0, 10.0]
    assert (answer.absent, answer.problems) == (1, ())


def test_a_number_that_every_case_has_is_required(tmp_path: Path) -> None:
    rows = [{"uid": str(n), "text": "3 mm", f"{NUMBER}_target": 3.0} for n in range(4)]
    job, question = asked(tmp_path, NUMBER, task="Task777_size", training=rows)
    (field,) = question.task.fields.values()
    assert field.required
    answer = question.answer(job.test[0], extraction(question, INVALID))
    assert (answer.value, answer.problems) == (None, ("invalid",))


def test_parts_are_marked_with_what_they_are_called(tmp_path: Path) -> None:
    job, _ = asked(tmp_path, MULTI_CLASS)
    configuration = job.configuration.model_copy(
        update={"task_name": "Task103_Example_mednli", "input_name": "text_parts"}
    )
    case = Case("a", parts=("He has a fracture.", "He has a broken bone."))
    of_pairs = replace(job, configuration=configuration).question()
    assert of_pairs.text(case) == (
        "Premise: He has a fracture.\n\nHypothesis: He has a broken bone."
    )
    unknown = configuration.model_copy(update={"task_name": "Task777_pairs"})
    assert replace(job, configuration=unknown).question().text(case).startswith("Part 1: He")


def test_tokens_are_read_as_one_text_and_tagged_by_offsets(tmp_path: Path) -> None:
    job, question = asked(tmp_path, TAGS)
    case = job.test[0]
    document = question.document(case)
    assert document.text == " ".join(case.parts)
    start = document.text.index(FINDING)
    (name,) = question.task.fields
    result = FieldResult(
        FieldStatus.FOUND,
        [{"start": start, "end": start + 9, "label": "FINDING"}],
        evidence=(Evidence(start, start + 9, "FINDING"),),
    )
    answer = question.answer(case, Extraction({name: result}))
    assert answer.value[1:3] == ["B-FINDING", "I-FINDING"]
    assert len(answer.value) == len(case.parts)


def test_no_entity_is_an_answer_and_an_invalid_list_is_none(tmp_path: Path) -> None:
    job, question = asked(tmp_path, TAG_LISTS)
    (name,) = question.task.fields
    case = job.test[1]
    nothing = question.answer(case, Extraction({name: NOT_MENTIONED}))
    assert nothing.value == [["O"]] * len(case.parts)
    assert nothing.problems == ()
    assert question.answer(case, Extraction({name: INVALID})).problems == ("invalid",)


def test_the_groups_of_a_definition_are_asked_for_apart(tmp_path: Path) -> None:
    tags = {"Case": "B-PREFIX", "involves": "I-PREFIX", "I": "B-ROMAN_NUMERAL", "Rest.": "B-NOTE"}
    tokens = ["Case", "involves", "I", "Case", "involves", "Rest.", "New"]
    target = [tags.get(token, "O") for token in tokens]
    target[3:5] = ["O", "O"]
    target[6] = "B-STRANGE"
    row = {"uid": "a", "text_parts": tokens, f"{TAGS}_target": target}
    _, question = asked(tmp_path, TAGS, training=[row])
    kinds: Mapping[str, Any] = question.task.fields
    assert {name: tuple(field.labels) for name, field in kinds.items()} == {
        "beginning": ("PREFIX",),
        "list": ("ROMAN_NUMERAL",),
        # What the definition does not name is still asked for.
        "advice": ("NOTE", "STRANGE"),
    }
    assert kinds["beginning"].occurrences == "next"
    assert kinds["list"].occurrences == "all"


def test_a_text_read_in_parts_counts_from_the_side_that_should_not_be_cut(tmp_path: Path) -> None:
    for side, merge in (("left", "last"), ("right", "first")):
        _, question = asked(
            tmp_path / side,
            MULTI_CLASS,
            task="Task777_clf",
            recommended_truncation_side=side,
        )
        (field,) = question.task.fields.values()
        assert field.merge == merge


@pytest.mark.parametrize("kind", TASKS)
def test_labelled_cases_become_examples_that_fit_the_task(kind: str, tmp_path: Path) -> None:
    job, question = asked(tmp_path, kind)
    shown = examples(question, job.training)
    assert shown
    for example in shown:
        assert example_problems(question.task, example) == ()


def test_a_case_whose_number_stands_nowhere_is_no_example(tmp_path: Path) -> None:
    text = "A nodule of 12 mm, before it was 12 mm."
    rows = [
        {"uid": "a", "text": text, f"{NUMBER}_target": 12.0},
        {"uid": "b", "text": "A nodule of 12 mm.", f"{NUMBER}_target": 40.0},
        {"uid": "c", "text": "A nodule of 1.2 cm.", f"{NUMBER}_target": 12.0},
    ]
    job, question = asked(tmp_path, NUMBER, training=rows)
    (example,) = examples(question, job.training)
    assert example.text == "A nodule of 1.2 cm."
    assert list(example.quotes.values()) == ["A nodule of 1.2 cm"]


def test_a_job_whose_labels_make_no_task_is_told(tmp_path: Path) -> None:
    row = {"uid": "a", "text_parts": ["No", "entity."], f"{TAGS}_target": ["O", "O"]}
    _, question = asked(tmp_path, TAGS, training=[row])
    with pytest.raises(UsageError, match="no task"):
        _ = question.task
