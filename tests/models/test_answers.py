from __future__ import annotations

import asyncio
import json
import re
import traceback
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from sekisho.errors import (
    InvalidAnswerError,
    ModelError,
    ModelUnavailableError,
    PromptTooLongError,
    RefusedAnswerError,
    TruncatedAnswerError,
    UsageError,
)
from sekisho.models.answers import Answer, Cost, ask
from sekisho.models.reading import Problem, read
from sekisho.models.schema import schema_of
from sekisho.models.scripted import Act, ScriptedModel, Turn
from sekisho.models.seam import (
    Abilities,
    Completion,
    Finish,
    Message,
    Origin,
    Request,
)

CANARY = "佐藤明子0123"


class Kind(StrEnum):
    NAME = "NAME"
    DATE = "DATE"


class Item(BaseModel):
    type: Kind
    value: Annotated[str, Field(max_length=12)]
    sure: bool | None = None


class PhiList(BaseModel):
    phi_list: Annotated[list[Item], Field(max_length=3)]


class Unbounded(BaseModel):
    value: str


def phi(*values: str, sure: object = None) -> str:
    items = [{"type": "NAME", "value": value, "sure": sure} for value in values]
    return json.dumps({"phi_list": items}, ensure_ascii=False)


GOOD = phi("佐藤")
QUESTION = Request(
    messages=(Message("system", "Find identifiers."), Message("user", f"Report of {CANARY}")),
    max_tokens=100,
    seed=7,
)


def asking(
    model: ScriptedModel,
    request: Request = QUESTION,
    *,
    attempts: int = 3,
    reprimand: str | None = None,
    check: Callable[[PhiList], str | None] | None = None,
) -> Answer[PhiList]:
    return asyncio.run(
        ask(model, request, PhiList, attempts=attempts, reprimand=reprimand, check=check)
    )


def test_a_valid_answer_comes_with_its_conversation_and_cost() -> None:
    model = ScriptedModel([Turn(Act.ANSWER, GOOD, seconds=0.01)])
    answer = asking(model)
    assert answer.value == PhiList(phi_list=[Item(type=Kind.NAME, value="佐藤", sure=None)])
    assert answer.conversation == (*QUESTION.messages, Message("assistant", GOOD))
    assert answer.attempts == 1
    assert answer.completion.origin is Origin.SCRIPTED
    prompt = sum(len(message.content) for message in QUESTION.messages)
    assert answer.cost == Cost(calls=1, prompt_tokens=prompt, answer_tokens=len(GOOD), seconds=0.01)


def test_the_schema_of_the_class_is_asked_for() -> None:
    model = ScriptedModel([GOOD])
    asking(model)
    assert model.asked[0].schema == schema_of(PhiList)
    assert model.asked[0].seed == 7


def test_a_class_whose_answers_could_be_without_end_is_refused_before_anything_is_asked() -> None:
    model = ScriptedModel([GOOD])
    with pytest.raises(UsageError, match="maxLength at value"):
        asyncio.run(ask(model, QUESTION, Unbounded))
    assert not model.asked


@pytest.mark.parametrize(
    "text",
    [
        f"```json\n{GOOD}\n```",
        f"```\n{GOOD}```",
        f"  {GOOD}\n",
        f"<think>Is {{}} an answer?</think>\n```json\n{GOOD}\n```",
    ],
)
def test_a_fence_and_thinking_around_the_answer_are_taken_off(text: str) -> None:
    answer = asking(ScriptedModel([text]))
    assert answer.value.phi_list[0].value == "佐藤"
    assert answer.conversation[-1].content == GOOD


@pytest.mark.parametrize(
    ("text", "public"),
    [
        ("", "not JSON"),
        ("I cannot find any.", "not JSON"),
        (GOOD + GOOD, "not JSON"),
        (GOOD + " That is all.", "not JSON"),
        ("Here it is: " + GOOD, "not JSON"),
        (f"```json\n{GOOD}\n```\nDone.", "not JSON"),
        (GOOD[:-1], "not JSON"),
        (phi("佐\\n藤").replace("\\\\n", "\n"), "not JSON"),
        (GOOD.replace("null", "NaN"), "not strict JSON"),
        ('{"phi_list": [], "phi_list": []}', "not strict JSON"),
        ("[" * 100_000, "not JSON"),
        ('{"phi_list": ' + "9" * 5000 + "}", "not JSON"),
        ('{"phi_list": [], "more": 1}', r"\* extra_forbidden"),
        ("{}", "phi_list missing"),
        ("[]", "the answer model_type"),
        ("null", "the answer model_type"),
        (phi("x" * 13), r"phi_list\.0\.value string_too_long"),
        (phi("a", "b", "c", "d"), "phi_list too_long"),
        (GOOD.replace("NAME", "PERSON"), r"phi_list\.0\.type enum"),
        (phi("a", sure="yes"), r"phi_list\.0\.sure bool_type"),
        (phi("a", sure=1), r"phi_list\.0\.sure bool_type"),
        (GOOD.replace(', "sure": null', ""), r"phi_list\.0\.sure missing"),
        (GOOD.replace('"sure"', '"sure": null, "note"'), r"phi_list\.0\.\* extra_forbidden"),
        ('{"phi_list": {}}', "phi_list list_type"),
        (phi("\\ud800").replace("\\\\", "\\"), "string_unicode|json_invalid"),
    ],
)
def test_what_does_not_fit_is_a_problem_and_never_an_answer(text: str, public: str) -> None:
    result = read(text, PhiList)
    assert isinstance(result, Problem)
    assert re.search(public, result.public), result.public
    assert result.told
    assert len(result.told) <= 500


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-5, 5), st.text(max_size=3), st.just("NAME")),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.one_of(st.sampled_from(["phi_list", "type", "value", "sure"]), st.text(max_size=2)),
            inner,
            max_size=3,
        ),
    ),
    max_leaves=10,
)
items = st.fixed_dictionaries(
    {"type": st.sampled_from(["NAME", "DATE"]), "value": st.text(max_size=12)},
    optional={"sure": st.one_of(st.none(), st.booleans(), st.integers(0, 1)), "x": st.none()},
)
answers = st.one_of(
    json_values,
    st.fixed_dictionaries({"phi_list": st.lists(st.one_of(items, json_values), max_size=4)}),
)


@given(answers)
@settings(deadline=None)
def test_an_accepted_answer_is_exactly_what_was_written(value: object) -> None:
    result = read(json.dumps(value, ensure_ascii=False), PhiList)
    if not isinstance(result, Problem):
        assert result.model_dump(mode="json") == value


@given(st.text(max_size=30))
def test_any_text_is_read_without_an_accident(text: str) -> None:
    assert isinstance(read(text, PhiList), Problem)


def test_a_bad_answer_is_shown_to_the_model_with_what_is_wrong_and_a_new_seed() -> None:
    model = ScriptedModel([phi("x" * 13), phi("y" * 13), GOOD])
    answer = asking(model, reprimand="Falsch: {problem} Noch einmal {bitte}.")
    first, second, third = model.asked
    assert [request.seed for request in model.asked] == [7, 8, 9]
    assert {request.temperature for request in model.asked} == {0.0}
    assert second.messages[:2] == first.messages
    assert second.messages[2] == Message("assistant", phi("x" * 13))
    assert second.messages[3].role == "user"
    assert second.messages[3].content.startswith("Falsch: phi_list.0.value: String should have")
    assert second.messages[3].content.endswith("Noch einmal {bitte}.")
    # Earlier bad answers are left out, so that the conversation does not fill the context.
    assert third.messages[2] == Message("assistant", phi("y" * 13))
    assert len(third.messages) == 4
    assert answer.attempts == 3
    assert answer.conversation == (*QUESTION.messages, Message("assistant", GOOD))


def test_the_reprimand_that_ships_tells_the_problem_and_nothing_of_its_file() -> None:
    model = ScriptedModel(["no", GOOD])
    asking(model)
    said = model.asked[1].messages[-1].content
    assert "it is not JSON" in said
    assert "#" not in said
    assert "{problem}" not in said


def test_a_reprimand_without_a_place_for_the_problem_is_refused() -> None:
    with pytest.raises(UsageError, match="problem"):
        asking(ScriptedModel([GOOD]), reprimand="Again!")


def test_the_cost_of_all_attempts_is_summed() -> None:
    answer = asking(ScriptedModel(["no", "", GOOD]))
    assert answer.cost.calls == answer.attempts == 3
    assert answer.cost.answer_tokens == len(GOOD) + 2
    assert answer.cost.prompt_tokens > 3 * len(CANARY)


def test_an_answer_that_never_fits_is_an_error_after_the_last_attempt() -> None:
    model = ScriptedModel([phi("x" * 13)])
    with pytest.raises(InvalidAnswerError, match=r"phi_list.0.value string_too_long \(3 attempts"):
        asking(model)
    assert len(model.asked) == 3


def test_garbage_is_never_an_answer() -> None:
    with pytest.raises(InvalidAnswerError, match="not JSON"):
        asking(ScriptedModel([Turn(Act.GARBLE)]))


def test_a_check_of_the_content_is_answered_like_a_bad_form() -> None:
    def grounded(answer: PhiList) -> str | None:
        wrong = [item.value for item in answer.phi_list if item.value not in "佐藤 鈴木"]
        return f"not in the report: {wrong}" if wrong else None

    model = ScriptedModel([phi("高橋"), GOOD])
    assert asking(model, check=grounded).value.phi_list[0].value == "佐藤"
    assert "not in the report: ['高橋']" in model.asked[1].messages[-1].content
    with pytest.raises(InvalidAnswerError) as caught:
        asking(ScriptedModel([phi("高橋")]), check=grounded)
    assert "高橋" not in str(caught.value)


def test_an_answer_that_was_cut_is_asked_for_once_more_with_twice_the_room() -> None:
    model = ScriptedModel(
        lambda request: GOOD if request.max_tokens >= 200 else Turn(Act.TRUNCATE, GOOD[:9])
    )
    answer = asking(model)
    assert [request.max_tokens for request in model.asked] == [100, 200]
    assert model.asked[1].messages == QUESTION.messages
    assert answer.attempts == 2


@pytest.mark.parametrize("text", ["", GOOD[:9], GOOD])
def test_an_answer_that_is_cut_twice_is_never_used_although_it_may_fit(text: str) -> None:
    model = ScriptedModel([Turn(Act.TRUNCATE, text, thinking="Hm.")])
    with pytest.raises(TruncatedAnswerError, match=r"within 200 tokens \(2 attempts"):
        asking(model)


def test_the_room_is_kept_within_the_context_and_not_asked_for_when_there_is_none() -> None:
    prompt = sum(len(message.content) for message in QUESTION.messages)
    model = ScriptedModel([Turn(Act.TRUNCATE, "{")], abilities=Abilities(context=prompt + 130))
    with pytest.raises(TruncatedAnswerError):
        asking(model)
    assert [request.max_tokens for request in model.asked] == [100, 130]
    full = ScriptedModel([Turn(Act.TRUNCATE, "{")], abilities=Abilities(context=prompt + 100))
    with pytest.raises(TruncatedAnswerError):
        asking(full)
    assert len(full.asked) == 1


def test_more_room_is_kept_for_the_attempts_that_follow() -> None:
    model = ScriptedModel([Turn(Act.TRUNCATE, "{"), "no", GOOD])
    asking(model)
    assert [request.max_tokens for request in model.asked] == [100, 200, 200]


def test_a_refusal_is_an_error_at_once() -> None:
    model = ScriptedModel([Turn(Act.REFUSE, GOOD)])
    with pytest.raises(RefusedAnswerError, match=r"refused to answer \(1 attempt\)"):
        asking(model)
    assert len(model.asked) == 1


@pytest.mark.parametrize("turn", [Turn(Act.ANSWER, ""), Turn(Act.THINK_ONLY, GOOD), " \n"])
def test_saying_nothing_is_asked_once_more_and_then_a_refusal(turn: Turn | str) -> None:
    model = ScriptedModel([turn])
    with pytest.raises(RefusedAnswerError, match=r"said nothing \(2 attempts\)"):
        asking(model, attempts=1)
    assert [request.seed for request in model.asked] == [7, 8]
    assert asking(ScriptedModel([turn, GOOD]), attempts=1).attempts == 2


class Odd(ScriptedModel):
    """Ends its answers for a reason that nobody knows."""

    async def complete(self, request: Request) -> Completion:
        await super().complete(request)
        return Completion(text=GOOD, finish=Finish.OTHER)


def test_an_answer_that_ended_in_an_unknown_way_is_never_used() -> None:
    model = Odd([GOOD])
    with pytest.raises(InvalidAnswerError, match="unknown way"):
        asking(model)
    assert len(model.asked) == 3


def test_a_prompt_without_room_is_an_error_before_anything_is_asked() -> None:
    model = ScriptedModel([GOOD], abilities=Abilities(context=120))
    with pytest.raises(PromptTooLongError):
        asking(model)
    assert not model.asked


def test_a_prompt_that_the_server_cut_is_an_error_although_the_answer_fits() -> None:
    with pytest.raises(PromptTooLongError, match="it was cut"):
        asking(ScriptedModel([Turn(Act.CUT_PROMPT, GOOD)]))


def test_a_bad_answer_that_does_not_fit_beside_the_question_is_left_out() -> None:
    prompt = sum(len(message.content) for message in QUESTION.messages)
    model = ScriptedModel(["x" * 300, GOOD], abilities=Abilities(context=prompt + 110))
    answer = asking(model)
    assert answer.attempts == 2
    assert model.asked[1].messages == QUESTION.messages
    assert model.asked[1].seed == 8


def test_what_the_server_fails_with_is_passed_on() -> None:
    with pytest.raises(ModelUnavailableError):
        asking(ScriptedModel([Turn(Act.CLOSE)]))


def test_an_answer_that_does_not_come_can_be_cancelled() -> None:
    model = ScriptedModel([Turn(Act.STALL)])

    async def give_up() -> None:
        async with asyncio.timeout(0.05):
            await ask(model, QUESTION, PhiList)

    with pytest.raises(TimeoutError):
        asyncio.run(give_up())
    assert model.cancelled == 1


@pytest.mark.parametrize(
    "turn",
    [
        Turn(Act.ANSWER, CANARY),
        Turn(Act.ANSWER, phi(CANARY * 2)),
        Turn(Act.ANSWER, f'{{"phi_list": [], "{CANARY}": "{CANARY}"}}'),
        Turn(Act.ANSWER, f'{{"{CANARY}": 1, "{CANARY}": 2}}'),
        Turn(Act.ANSWER, phi("a").replace("NAME", CANARY)),
        Turn(Act.TRUNCATE, CANARY),
        Turn(Act.REFUSE, CANARY),
        Turn(Act.THINK_ONLY, CANARY),
        Turn(Act.CUT_PROMPT, CANARY),
        Turn(Act.CLOSE, CANARY),
    ],
)
def test_no_error_tells_anything_of_prompt_or_answer(turn: Turn) -> None:
    with pytest.raises(ModelError) as caught:
        asking(ScriptedModel([turn]), check=lambda _: CANARY)
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    assert CANARY not in shown
    assert caught.value.__context__ is None


def test_no_representation_tells_anything_of_prompt_or_answer() -> None:
    answer = asking(ScriptedModel([phi(CANARY)]))
    assert CANARY not in repr(answer)
    assert CANARY not in repr(read(CANARY, PhiList))
    assert CANARY not in repr(Turn(Act.ANSWER, CANARY, CANARY))


def test_what_is_said_of_a_bad_answer_follows_its_order() -> None:
    result = read('{"d": 1, "b": 2, "phi_list": [{"type": "NAME", "value": ""}]}', PhiList)
    assert isinstance(result, Problem)
    assert [said.split(":")[0] for said in result.told.split("; ")] == ["phi_list.0.sure", "d", "b"]
