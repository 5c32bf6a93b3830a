"""The prompt files: whole in every language, and never confused with what is filled in."""

from __future__ import annotations

import re
from itertools import product
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.errors import UsageError
from sekisho.models.configuration import Capacity
from sekisho.models.prompt_files import fill
from sekisho.phi.categories import Category
from sekisho.phi.detectors.llm.listing import PhiList
from sekisho.phi.detectors.llm.prompts import LANGUAGES, WORDINGS, Prompts, prompts

CAPACITIES: tuple[Capacity, ...] = get_args(Capacity)
ALL = list(product(LANGUAGES, CAPACITIES, WORDINGS))
EVERY = pytest.mark.parametrize(("language", "capacity", "wording"), ALL)


def places(template: str) -> set[str]:
    return set(re.findall(r"\{([a-z]+)\}", template))


@EVERY
def test_every_language_has_every_prompt(language: str, capacity: Capacity, wording: str) -> None:
    said = prompts(language, capacity, wording)
    assert said.extract
    assert said.review
    assert said.none
    assert places(said.report) == {"text"}
    assert places(said.review_turn) == {"text", "answer", "findings"}
    assert places(said.invalid) == {"problem"}
    assert places(said.ungrounded) == {"values"}
    assert set(said.findings) == {"missing", "ungrounded", "mixed", "kana", "time"}
    for kind, line in said.findings.items():
        assert {"surface"} <= places(line) <= {"surface", "category"}, kind


@EVERY
def test_every_prompt_names_every_category(language: str, capacity: Capacity, wording: str) -> None:
    said = prompts(language, capacity, wording)
    for category, prompt in product(Category, (said.extract, said.review)):
        assert category in prompt


@EVERY
def test_where_a_prompt_comes_from_is_not_sent(
    language: str, capacity: Capacity, wording: str
) -> None:
    said = prompts(language, capacity, wording)
    for text in (said.extract, said.review):
        assert "licence:" not in text
        assert "source:" not in text


@EVERY
def test_the_example_in_a_prompt_is_a_right_answer(
    language: str, capacity: Capacity, wording: str
) -> None:
    prompt = prompts(language, capacity, wording).extract
    examples = re.findall(r'\{"phi_list":\[.*\]\}', prompt)
    listed = [PhiList.model_validate_json(example).phi_list for example in examples]
    assert () in listed, "an empty list is shown too"
    assert any(listed)
    for example in examples:
        prompt = prompt.replace(example, "")
    for item in (item for found in listed for item in found):
        assert item.value in prompt


@EVERY
def test_a_prompt_speaks_of_the_marks_that_stand_around_a_report(
    language: str, capacity: Capacity, wording: str
) -> None:
    said = prompts(language, capacity, wording)
    before, _, behind = said.report.partition("{text}")
    assert before.strip() in said.extract
    assert behind.strip() in said.extract or capacity == "short"
    assert before.strip() in said.review_turn


def test_whatever_is_said_changes_the_digest() -> None:
    digests = {each: prompts(*each).digest for each in ALL}
    assert len(set(digests.values())) == len(ALL)
    said = prompts("ja")
    changed = [
        Prompts(**{**vars(said), name: value})
        for name, value in [
            ("extract", "x"),
            ("review", "x"),
            ("report", "x"),
            ("review_turn", "x"),
            ("none", "x"),
            ("findings", {**said.findings, "time": "x"}),
            ("invalid", "x"),
            ("ungrounded", "x"),
        ]
    ]
    assert len({each.digest for each in [said, *changed]}) == 9
    assert Prompts(**vars(said)).digest == said.digest


@pytest.mark.parametrize(
    ("language", "wording"),
    [("de", "recall"), ("", "recall"), ("../ja", "recall"), ("ja", "strict"), ("ja", "../x")],
)
def test_a_prompt_that_is_not_there_is_a_usage_error_that_names_those_that_are(
    language: str, wording: str
) -> None:
    with pytest.raises(UsageError, match="known: ") as caught:
        prompts(language, "long", wording)
    assert caught.value.where in ("--language", "--review")


@given(st.text() | st.sampled_from(["{answer}", "{text}{findings}", "{0}", "\\1", "\\g<1>"]))
def test_what_is_filled_in_is_never_read_as_a_template(text: str) -> None:
    template = "<{text}> {answer} {findings}"
    assert fill(template, text=text, answer=text, findings="F") == f"<{text}> {text} F"


def test_a_place_without_a_value_is_an_error() -> None:
    with pytest.raises(KeyError):
        fill("{text} {answer}", text="x")


def test_braces_that_are_no_place_stay() -> None:
    assert fill('{"phi_list": []} {text}', text="x") == '{"phi_list": []} x'
