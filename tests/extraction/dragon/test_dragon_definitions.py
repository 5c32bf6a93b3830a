from __future__ import annotations

from pathlib import Path

import pytest
from dragon_jobs import TASKS, job_on_disk

from sekisho.extraction.dragon.configuration import Configuration
from sekisho.extraction.dragon.definition import definition_of, generic_words, shipped
from sekisho.extraction.dragon.job import read_job

KINDS = tuple(TASKS)


def of(name: str, kind: str = KINDS[0]) -> Configuration:
    return Configuration(
        task_name=name,
        input_name="text_parts" if kind.endswith("recognition") else "text",
        label_name=f"{kind}_target",
    )


def test_every_task_of_the_benchmark_and_every_example_is_defined() -> None:
    numbers = [int(each.pattern[4:7]) for each in shipped()]
    assert numbers == [*range(1, 29), *range(101, 110)]


def test_the_scorer_knows_no_task_that_is_not_defined() -> None:
    evaluation = pytest.importorskip("dragon_eval.evaluation")
    for name, metric in evaluation.TASK_TYPE.items():
        definition = definition_of(of(name))
        assert definition.pattern == f"{name[:7]}_*"
        assert bool(definition.spans) == ("named entity" in metric.value)


def test_the_benchmark_is_dutch_and_unseen_and_the_examples_are_english_and_seen() -> None:
    for definition in shipped():
        example = definition.pattern.startswith("Task1")
        assert definition.language == ("en" if example else "nl")
        assert definition.seen == example
        assert definition.source


def test_a_task_that_nobody_defined_is_asked_by_its_type() -> None:
    for kind in KINDS:
        for language in ("en", "nl", "ja"):
            definition = definition_of(of("Task777_stone_clf", kind), language)
            assert definition.language == language
            assert definition.instruction == generic_words(language)[kind]
            assert definition.seen is False
            assert bool(definition.spans) == kind.endswith("recognition")


def test_a_number_that_is_defined_under_another_name_is_not_taken() -> None:
    assert definition_of(of("Task101")).title == "Task101"


def test_a_label_that_stands_for_several_is_numbered() -> None:
    definition = definition_of(of("Task104_Example_ml_bin_clf"))
    meaning = definition.meaning(2, 5)
    assert meaning is not None
    assert meaning.name == "at_least_3"
    assert "{n}" not in meaning.description


def test_with_another_number_of_labels_none_is_given_a_meaning_that_is_not_its_own() -> None:
    definition = definition_of(of("Task105_Example_ml_mc_clf"))
    assert definition.meaning(0, 2) is not None
    assert definition.meaning(0, 3) is None


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", [None, "Task777_stone_clf"])
def test_the_set_of_answers_is_that_of_the_labelled_cases(
    kind: str, name: str | None, tmp_path: Path
) -> None:
    question = read_job(job_on_disk(tmp_path, kind, task=name)).question()
    fields = list(question.task.fields.values())
    assert len({*question.task.fields}) == len(fields)
    if kind.endswith("recognition"):
        labels = [label for field in fields for label in field.labels]
        assert sorted(labels) == sorted(question.known.entities)
        return
    assert len(fields) == len(question.known.positions)
    for field, position in zip(fields, question.known.positions, strict=True):
        match field.type:
            case "enum":
                assert tuple(each.value for each in field.values) == position.classes
            case "number":
                assert position.least is None or field.minimum <= position.least
                assert position.greatest is None or field.maximum >= position.greatest
            case _:
                assert field.type == "boolean"
                assert field.required
