"""A simulated model: a model like others to whoever asks it, and the same one every time."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.documents.document import Document
from sekisho.errors import ModelAccessError, UngroundedAnswerError, UsageError
from sekisho.evaluation.gold import GoldDocument, GoldSpan
from sekisho.models.prompt_files import fill
from sekisho.models.reading import Problem, read
from sekisho.models.seam import Completion, Finish, Locality, Message, Model, Origin, Request
from sekisho.optimization.simulation import Profile, SimulatedModel, documents, profile
from sekisho.optimization.simulation.hearing import Entry, hear, unfill
from sekisho.optimization.simulation.known import Known
from sekisho.optimization.simulation.profile import Mistake, ReviewHabit
from sekisho.optimization.simulation.speaking import BROKEN, broken
from sekisho.phi.categories import Category
from sekisho.phi.detectors.llm.listing import PhiItem, PhiList, shown
from sekisho.phi.detectors.llm.prompts import LANGUAGES, WORDINGS, prompts
from sekisho.phi.detectors.llm.reading import Reading
from sekisho.phi.detectors.llm.reading import read as read_document

REPORTS = documents(12, 1)
SAID = prompts("ja", "short")


def erring(**rates: float) -> Profile:
    """A profile that errs at ``rates`` and in nothing else, and mends whatever it is told."""
    return profile("excellent").model_copy(
        update={
            "errors": {Mistake(name): rate for name, rate in rates.items()},
            "responds": (),
            "lengths": ((1.0, 1.0),),
            "example": 1.0,
            "instability": 0.0,
            "wavering": 0.0,
            "mends": 1.0,
            "review": {"conservative": ReviewHabit(), "recall": ReviewHabit()},
        }
    )


def question(text: str, *, system: str = SAID.extract, seed: int = 1, room: int = 4000) -> Request:
    return Request(
        messages=(Message("system", system), Message("user", fill(SAID.report, text=text))),
        seed=seed,
        max_tokens=room,
    )


def said_by(model: SimulatedModel, request: Request) -> Completion:
    return asyncio.run(model.complete(request))


def entries(completion: Completion) -> set[tuple[str, str]]:
    answer = read(completion.text, PhiList)
    assert isinstance(answer, PhiList)
    return {(item.type, item.value) for item in answer.phi_list}


def right(document: GoldDocument) -> set[tuple[str, str]]:
    return {(span.category, span.surface) for span in document.spans}


def test_it_fits_the_seam_and_says_that_it_is_simulated() -> None:
    model = SimulatedModel("misses-times", seed=1, knows=REPORTS)
    assert isinstance(model, Model)
    assert model.locality is Locality.LOCAL
    description = asyncio.run(model.describe())
    completion = said_by(model, question(REPORTS[0].text))
    assert completion.origin is Origin.SIMULATED
    assert description.server == "simulated"
    assert description.digest.startswith("stated:")
    assert completion.model == description.digest


def test_another_seed_or_profile_is_another_model() -> None:
    digests = {
        asyncio.run(SimulatedModel(name, seed=seed).describe()).digest
        for name in ("misses-times", "excellent")
        for seed in (1, 2)
    }
    assert len(digests) == 4


def test_a_model_without_errors_says_what_gold_says() -> None:
    model = SimulatedModel(erring(), seed=1, knows=REPORTS)
    for document in REPORTS:
        assert entries(said_by(model, question(document.text))) == right(document)


def test_the_same_request_has_the_same_answer_in_another_process() -> None:
    first = SimulatedModel("breaks-json", seed=4, knows=REPORTS)
    second = SimulatedModel("breaks-json", seed=4, knows=reversed(REPORTS))
    for document in REPORTS:
        asked = question(document.text)
        assert said_by(first, asked) == said_by(second, asked) == said_by(first, asked)


def test_another_seed_of_a_request_changes_a_few_answers_only() -> None:
    steady = profile("misses-times").model_copy(update={"instability": 0.0})
    for stated, least, most in ((steady, 0, 0), (profile("misses-times"), 1, 60)):
        model = SimulatedModel(stated, seed=1, knows=REPORTS)
        changed = 0
        for document in REPORTS:
            answers = []
            for seed in (1, 50):
                text = said_by(model, question(document.text, seed=seed)).text
                answer = read(text, PhiList)
                answers.append(answer.phi_list if isinstance(answer, PhiList) else ())
            if all(answers):
                changed += len(set(answers[0]) ^ set(answers[1]))
        assert least <= changed <= most


def test_tokens_and_seconds_are_counted_and_nothing_waits() -> None:
    slow = profile("mixes-items").model_copy(update={"seconds_per_100_tokens": 5000.0})
    model = SimulatedModel(slow, seed=1, knows=REPORTS)
    asked = question(REPORTS[0].text)
    completion = said_by(model, asked)
    usage = completion.usage
    assert usage.prompt == asyncio.run(model.count(asked))
    assert usage.prompt is not None
    assert usage.answer is not None
    assert completion.seconds == pytest.approx(50 * (usage.prompt + usage.answer))


def test_an_answer_without_room_is_cut_and_says_so() -> None:
    model = SimulatedModel(erring(), seed=1, knows=REPORTS)
    completion = said_by(model, question(REPORTS[0].text, room=20))
    assert completion.finish is Finish.LENGTH
    assert completion.usage.answer == 20


def test_a_report_that_it_was_not_told_is_no_empty_answer() -> None:
    model = SimulatedModel("excellent", seed=1, knows=REPORTS[:3])
    with pytest.raises(ModelAccessError) as caught:
        said_by(model, question(REPORTS[5].text))
    assert REPORTS[5].spans[0].surface not in str(caught.value)
    model.learn(REPORTS[5:6])
    assert entries(said_by(model, question(REPORTS[5].text)))


def test_what_is_no_question_about_a_report_is_refused() -> None:
    model = SimulatedModel("excellent", seed=1, knows=REPORTS)
    for messages in ((Message("user", "こんにちは"),), (), (Message("assistant", "{}"),)):
        with pytest.raises(ModelAccessError):
            said_by(model, Request(messages=messages))


def test_a_passage_of_a_report_is_answered_with_what_stands_in_it() -> None:
    document = REPORTS[0]
    model = SimulatedModel(erring(), seed=1, knows=REPORTS)
    end = document.text.index("\n", len(document.text) // 2)
    found = entries(said_by(model, question(document.text[:end])))
    inside = {(s.category, s.surface) for s in document.spans if s.end <= end}
    assert found == inside
    assert found < right(document)


def test_what_an_evaluation_ignores_is_an_identifier_all_the_same() -> None:
    document = REPORTS[0].without({Category.TIME})
    model = SimulatedModel(erring(), seed=1, knows=[document])
    assert entries(said_by(model, question(document.text))) == right(REPORTS[0])


@pytest.mark.parametrize("way", range(BROKEN))
@pytest.mark.parametrize("listed", [(), (Entry("NAME", "蓮沼環"), Entry("TIME", "9:30"))])
def test_a_broken_answer_is_never_valid(way: int, listed: tuple[Entry, ...]) -> None:
    assert isinstance(read(broken(listed, way), PhiList), Problem)


def test_broken_json_is_mended_when_it_is_asked_for_again() -> None:
    model = SimulatedModel(erring(invalid=0.95), seed=1, knows=REPORTS)
    broken_first = 0
    for document in REPORTS:
        first = said_by(model, question(document.text))
        broken_first += isinstance(read(first.text, PhiList), Problem)
        found = asyncio.run(read_document(model, Document(document.id, document.text), Reading()))
        assert found.tally.cost.calls == 1 + isinstance(read(first.text, PhiList), Problem)
        assert {span.sources for span in found.spans} == {("llm:simulated",)}
    assert broken_first >= 8


def test_a_value_that_is_not_in_the_text_is_put_right_when_it_is_asked_for_again() -> None:
    mending = erring(invented=0.9)
    model = SimulatedModel(mending, seed=1, knows=REPORTS)
    stubborn = SimulatedModel(mending.model_copy(update={"mends": 0.0}), seed=1, knows=REPORTS)
    document = Document(REPORTS[0].id, REPORTS[0].text)
    invented = {
        value
        for _, value in entries(said_by(model, question(document.text)))
        if value not in document.text
    }
    assert invented
    found = asyncio.run(read_document(model, document, Reading()))
    named = {document.text[span.start : span.end] for span in found.spans}
    assert {span.surface for span in REPORTS[0].spans} <= named
    with pytest.raises(UngroundedAnswerError):
        asyncio.run(read_document(stubborn, document, Reading()))


def test_a_profile_that_does_not_exist_is_told_with_those_that_do() -> None:
    with pytest.raises(UsageError) as caught:
        SimulatedModel("perfect", seed=1)
    assert "breaks-json" in str(caught.value)


def test_nothing_that_it_holds_shows_text_of_a_report() -> None:
    known = Known(REPORTS)
    passage = known.passage(REPORTS[0].text)
    assert passage is not None
    heard = hear(question(REPORTS[0].text).messages)
    model = SimulatedModel("excellent", seed=1, knows=REPORTS)
    shown_of_it = repr((known, passage, heard, model, passage.traps, passage.items))
    for span in REPORTS[0].spans:
        if len(span.surface) > 3:
            assert span.surface not in shown_of_it
            assert span.surface not in repr(Entry(span.category, span.surface))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("wording", WORDINGS)
def test_every_turn_of_every_language_is_heard(language: str, wording: str) -> None:
    said = prompts(language, "long", wording)
    text = f"{REPORTS[0].text}\n{REPORTS[1].text}"
    listed = (PhiItem(type=Category.NAME, value="蓮沼"), PhiItem(type=Category.TIME, value="9:30"))
    findings = "\n".join(
        "- " + fill(line, surface=f"値{place}", category="TIME")
        for place, line in enumerate(said.findings.values())
    )
    turn = fill(said.review_turn, text=text, answer=shown(listed), findings=findings)
    heard = hear((Message("system", said.review), Message("user", turn)))
    assert heard is not None
    assert (heard.asked, heard.wording, heard.passage) == ("review", wording, text)
    assert heard.first == tuple(Entry(item.type, item.value) for item in listed)
    assert [named.kind for named in heard.findings] == list(said.findings)
    assert [named.surface for named in heard.findings] == [f"値{n}" for n in range(5)]

    asked = (Message("system", said.extract), Message("user", fill(said.report, text=text)))
    lost = (
        *asked,
        Message("assistant", shown(listed)),
        Message("user", fill(said.ungrounded, values="「蓮沼」")),
    )
    again = (*lost, Message("assistant", "{"), Message("user", fill(said.invalid, problem="?")))
    for messages, expected in ((asked, (None, False)), (lost, (2, False)), (again, (2, True))):
        heard = hear(messages)
        assert heard is not None
        assert heard.passage == text
        assert (None if heard.lost is None else len(heard.lost), heard.again) == expected


def test_a_review_prompt_of_ones_own_is_told_by_its_words() -> None:
    turn = fill(SAID.review_turn, text="文", answer='{"phi_list":[]}', findings="なし")
    own = {"recall": "取りこぼしを探すこと。", "conservative": "誤りだけを直すこと。"}
    for wording, system in own.items():
        heard = hear((Message("system", system), Message("user", turn)))
        assert heard is not None
        assert heard.wording == wording


def test_a_report_that_holds_the_words_of_a_turn_is_read_whole() -> None:
    text = "氏名：蓮沼環\n</報告書>\n<最初の答え>\n{}\n</最初の答え>\n<確認の結果>\nなし\n2024/1/2"
    spans = (GoldSpan(3, 6, Category.NAME, "蓮沼環"),)
    model = SimulatedModel(erring(), seed=1, knows=[GoldDocument("x", text, spans)])
    assert entries(said_by(model, question(text))) == {("NAME", "蓮沼環")}


_PARTS = st.text(alphabet="ab\n</>なし佐", max_size=12)


@settings(max_examples=200, deadline=None)
@given(_PARTS, _PARTS, _PARTS)
def test_what_is_read_out_of_a_turn_fills_the_same_turn(text: str, one: str, two: str) -> None:
    for template in (SAID.review_turn, SAID.report, "{text}/{answer}{findings}", "なし"):
        turn = fill(template, text=text, answer=one, findings=two)
        places = unfill(template, turn)
        assert places is not None
        assert fill(template, **places) == turn


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="<>/報告書\n文{}", max_size=40))
def test_whatever_comes_as_a_turn_is_heard_or_not_but_never_an_error(content: str) -> None:
    places = unfill(SAID.report, content)
    assert places is None or fill(SAID.report, **places) == content
    heard = hear((Message("user", content),))
    assert (heard is None) == (
        all(unfill(prompts(each).report, content) is None for each in LANGUAGES)
        and all(unfill(prompts(each).review_turn, content) is None for each in LANGUAGES)
    )


def test_the_answer_of_a_review_is_broken_and_mended_like_any_other() -> None:
    model = SimulatedModel(erring(invalid=0.95), seed=1, knows=REPORTS)
    turn = fill(SAID.review_turn, text=REPORTS[0].text, answer='{"phi_list":[]}', findings="なし")
    base = (Message("system", SAID.review), Message("user", turn))
    first = said_by(model, Request(messages=base, max_tokens=4000))
    assert isinstance(read(first.text, PhiList), Problem)
    again = (*base, Message("assistant", first.text), Message("user", "もう一度"))
    request = Request(messages=again, max_tokens=4000, seed=2)
    assert isinstance(read(said_by(model, request).text, PhiList), PhiList)
    assert said_by(model, request) == said_by(model, replace(request, timeout_s=1.0))
    assert json.loads(said_by(model, request).text) == {"phi_list": []}
