"""The simulated writer of prompts: it answers errors, and sometimes with what must be refused."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from statistics import fmean

import pytest
from simulating import PROMPTS, readings

from sekisho.errors import ModelAccessError
from sekisho.evaluation.scoring import quality
from sekisho.models.seam import Finish, Message, Model, Origin, Request
from sekisho.optimization.prompting import checks
from sekisho.optimization.prompting.copied import Documents
from sekisho.optimization.prompting.feedback import feedback, reflection_prompt
from sekisho.optimization.prompting.reflecting import reflection
from sekisho.optimization.simulation import (
    SimulatedModel,
    SimulatedReflector,
    documents,
    profile,
    profiles,
)
from sekisho.optimization.simulation.features import features, present
from sekisho.optimization.simulation.reflector import ReflectionHabit
from sekisho.phi.detectors.llm.prompts import LANGUAGES, prompts

REPORTS = documents(20, 11)
FAITHFUL = ReflectionHabit(sentences=1, truncates=0, copies=0, strays=0, idles=0)
PARENT = prompts("ja", "short").extract
ERRORS = "報告書 1（質 80/100）\n・取りこぼし：TIME「9:30」が答えにない（…に【9:30】に…）"


def asked(reflector: SimulatedReflector, question: str, *, seed: int = 1, **further: object) -> str:
    request = Request(
        messages=(Message("user", question),),
        seed=seed,
        max_tokens=6000,
        **further,  # type: ignore[arg-type]
    )
    completion = asyncio.run(reflector.complete(request))
    assert completion.origin is Origin.SIMULATED
    assert completion == asyncio.run(reflector.complete(request))
    return completion.text


def test_it_fits_the_seam_and_says_that_it_is_simulated() -> None:
    reflector = SimulatedReflector(seed=1)
    assert isinstance(reflector, Model)
    description = asyncio.run(reflector.describe())
    assert (description.server, description.digest[:7]) == ("simulated", "stated:")
    other = asyncio.run(SimulatedReflector(seed=2).describe())
    assert other.digest != description.digest


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_writes_a_sentence_against_the_errors_that_it_is_shown(language: str) -> None:
    errors = {
        "ja": "・取りこぼし：TIME「9:30」が答えにない（…に【9:30】に…）",
        "en": "- missed: TIME “9:30” is not in the answer (… at [9:30] …)",
        "nl": "- gemist: TIME “9:30” staat niet in het antwoord (… om [9:30] …)",
    }[language]
    parent = prompts(language, "short").extract
    question = reflection_prompt(parent, [(80.0, errors)], language=language)
    reflector = SimulatedReflector(seed=1, language=language, habit=FAITHFUL)
    found = reflection(reflector)(question)
    assert found.whole
    assert found.text.startswith(parent)
    assert present(found.text) == {"times"}
    assert checks.problems(found.text, parent=parent, documents=Documents(REPORTS)) == ()


def test_gepas_own_question_is_understood() -> None:
    from gepa.strategies.instruction_proposal import InstructionProposalSignature

    template = InstructionProposalSignature.default_prompt_template
    question = template.replace("<curr_param>", PARENT).replace("<side_info>", ERRORS)
    answer = asked(SimulatedReflector(seed=1, habit=FAITHFUL), question)
    written = InstructionProposalSignature.output_extractor(answer)["new_instruction"]
    assert written.startswith(PARENT)
    assert present(written) == {"times"}


def test_an_answer_that_must_be_json_is() -> None:
    schema = {"type": "object", "properties": {"prompt": {"type": "string"}}}
    question = reflection_prompt(PARENT, [(80.0, ERRORS)], language="ja")
    answer = asked(SimulatedReflector(seed=1, habit=FAITHFUL), question, schema=schema)
    assert present(json.loads(answer)["prompt"]) == {"times"}


def test_a_sentence_is_not_written_twice() -> None:
    reflect = reflection(SimulatedReflector(seed=1, habit=FAITHFUL))
    text = PARENT
    for number in range(1, len(features()) + 1):
        text = reflect(reflection_prompt(text, [(80.0, ERRORS)], language="ja")).text
        assert len(present(text)) == number
    # Nothing is left to add.
    assert reflect(reflection_prompt(text, [(80.0, ERRORS)], language="ja")).text == text


def test_a_question_that_is_asked_again_gets_another_answer() -> None:
    errors = ERRORS + "\n・範囲がずれている：STAFF「樫尾医師」を、短く、または長く写した"
    reflect = reflection(SimulatedReflector(seed=1, habit=FAITHFUL))
    question = reflection_prompt(PARENT, [(80.0, errors)], language="ja")
    written = {reflect(question).text for _ in range(20)}
    assert {frozenset(present(text)) for text in written} == {
        frozenset({"times"}),
        frozenset({"titles_outside"}),
    }


def test_a_request_without_a_prompt_is_refused() -> None:
    with pytest.raises(ModelAccessError):
        asked(SimulatedReflector(seed=1), "よりよい指示文を書いてください。")


def test_its_faults_come_as_often_as_stated_and_are_all_refused() -> None:
    habit = ReflectionHabit(truncates=0.2, copies=0.2, strays=0.0, idles=0.1)
    reflect = reflection(SimulatedReflector(seed=3, habit=habit, knows=REPORTS))
    question = reflection_prompt(PARENT, [(80.0, ERRORS)], language="ja")
    known = Documents(REPORTS)
    seen: Counter[str] = Counter()
    for _ in range(300):
        found = reflect(question)
        problems = checks.problems(found.text, parent=PARENT, documents=known, finish=found.finish)
        if not found.whole:
            assert found.finish is Finish.LENGTH
            assert "the model did not finish it" in problems
            seen["cut"] += 1
        elif found.text == PARENT:
            assert problems == ("the same as the prompt it was made from",)
            seen["idle"] += 1
        elif "例：" in found.text[len(PARENT) :]:
            assert any("copies" in problem for problem in problems)
            seen["copied"] += 1
        else:
            assert problems == ()
            seen["good"] += 1
    for fault, share in (("cut", 0.2), ("copied", 0.2), ("idle", 0.1), ("good", 0.5)):
        assert seen[fault] / 300 == pytest.approx(share, abs=0.1)


def test_without_reports_of_its_own_it_copies_from_the_errors() -> None:
    habit = ReflectionHabit(truncates=0, copies=1, strays=0, idles=0)
    question = reflection_prompt(PARENT, [(80.0, ERRORS * 3)], language="ja")
    answer = asked(SimulatedReflector(seed=1, habit=habit), question)
    copied = answer.split("例：")[-1].removesuffix("\n```")
    assert len(copied) > 20
    assert copied[:12] in " ".join(question.split())


@pytest.mark.parametrize("name", [each for each in profiles() if each != "excellent"])
def test_from_the_errors_of_a_profile_it_finds_its_best_features(name: str) -> None:
    stated = profile(name)
    prompt = PROMPTS[stated.planted.prefers]
    model = SimulatedModel(stated, seed=1, knows=REPORTS)
    trials = [
        record.trial(one.id)
        for one, record in zip(REPORTS, readings(model, REPORTS, prompt), strict=True)
    ]
    told = [
        (quality(one, trial), feedback(one, trial, language="ja", most=30))
        for one, trial in zip(REPORTS, trials, strict=True)
    ]
    assert fmean(value for value, _ in told) < 95
    reflect = reflection(SimulatedReflector(seed=1, habit=FAITHFUL))
    text = prompt.text
    for _ in range(10):
        text = reflect(reflection_prompt(text, told, language="ja")).text
    assert stated.best_features <= present(text)
