from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.errors import ModelAccessError, ModelUnavailableError, UsageError
from sekisho.models.scripted import Act, Script, ScriptedModel, Turn
from sekisho.models.seam import Completion, Finish, Message, Model, Origin, Request


def asked(*texts: str, seed: int = 1) -> Request:
    """A request whose user says ``texts``, with a model's turn between them."""
    messages = [Message("system", "S")]
    for text in texts:
        messages += [Message("user", text), Message("assistant", "...")]
    return Request(messages=tuple(messages[:-1]), seed=seed)


def say(script: Script | ScriptedModel, *requests: Request) -> list[Completion]:
    model = script if isinstance(script, ScriptedModel) else ScriptedModel(script)

    async def all_of_them() -> list[Completion]:
        return [await model.complete(request) for request in requests or (asked("x"),)]

    return asyncio.run(all_of_them())


def loaded(tmp_path: Path, script: object) -> ScriptedModel:
    path = tmp_path / "script.json"
    path.write_text(
        script if isinstance(script, str) else json.dumps(script, ensure_ascii=False),
        encoding="utf-8",
    )
    return ScriptedModel.load(path, name="played")


def test_it_is_a_model_whose_answers_are_marked_as_scripted() -> None:
    model: Model = ScriptedModel(["x"])
    assert isinstance(model, Model)
    (completion,) = say(["x"])
    assert completion.origin is Origin.SCRIPTED
    assert completion.model == asyncio.run(ScriptedModel(["x"]).describe()).digest


def test_turns_follow_each_other_and_the_last_is_for_ever() -> None:
    said = say(["a", Turn(Act.ANSWER, "b"), "c"], *[asked("x")] * 5)
    assert [completion.text for completion in said] == ["a", "b", "c", "c", "c"]


def test_a_script_can_be_a_function_of_the_request() -> None:
    said = say(lambda request: request.messages[-1].content.upper(), asked("a"), asked("b"))
    assert [completion.text for completion in said] == ["A", "B"]


def test_a_script_without_turns_is_refused() -> None:
    with pytest.raises(UsageError, match="without turns"):
        ScriptedModel([])


@pytest.mark.parametrize(
    ("turn", "text", "thinking", "finish"),
    [
        (Turn(Act.ANSWER, "{}"), "{}", "", Finish.STOP),
        (Turn(Act.ANSWER, "<think>Hm.</think>{}"), "{}", "Hm.", Finish.STOP),
        (Turn(Act.ANSWER, "{}", thinking="Hm."), "{}", "Hm.", Finish.STOP),
        (Turn(Act.TRUNCATE, "{"), "{", "", Finish.LENGTH),
        (Turn(Act.REFUSE, "no"), "no", "", Finish.REFUSED),
        (Turn(Act.THINK_ONLY, "{}"), "", "{}", Finish.STOP),
        (Turn(Act.CUT_PROMPT, "{}"), "{}", "", Finish.STOP),
    ],
)
def test_each_act_is_a_completion_of_its_kind(
    turn: Turn, text: str, thinking: str, finish: Finish
) -> None:
    (completion,) = say([turn])
    assert (completion.text, completion.thinking, completion.finish) == (text, thinking, finish)


def test_a_token_is_a_character() -> None:
    request = asked("佐藤" * 5)
    (completion,) = say([Turn(Act.ANSWER, "{}", "Hm.")], request)
    usage = completion.usage
    assert (usage.prompt, usage.answer, usage.thinking) == (11, 5, 3)
    assert asyncio.run(ScriptedModel(["x"]).count(request)) == 11
    (cut,) = say([Turn(Act.CUT_PROMPT, "{}")], request)
    assert cut.usage.prompt == 5


@given(st.integers())
def test_garbage_is_never_json_and_the_same_for_the_same_seed(seed: int) -> None:
    first, second = say([Turn(Act.GARBLE)], asked("x", seed=seed), asked("y", seed=seed))
    assert first.text == second.text
    with pytest.raises(ValueError):
        json.loads(first.text)


@pytest.mark.parametrize(
    ("turn", "message"),
    [
        (Turn(Act.CLOSE), "closed"),
        (Turn(Act.FAIL), "500"),
        (Turn(Act.BUSY, retry_after_s=3.0), "429"),
    ],
)
def test_a_server_that_fails_is_an_error_with_what_it_asks_for(turn: Turn, message: str) -> None:
    with pytest.raises(ModelUnavailableError, match=message) as caught:
        say([turn])
    assert caught.value.retry_after_s == turn.retry_after_s


@pytest.mark.parametrize("turn", [Turn(Act.STALL), Turn(Act.ANSWER, "x", seconds=3600)])
def test_a_model_that_stalls_is_ended_by_cancelling_alone(turn: Turn) -> None:
    model = ScriptedModel([turn])

    async def give_up() -> None:
        async with asyncio.timeout(0.02):
            await model.complete(asked("x"))

    with pytest.raises(TimeoutError):
        asyncio.run(give_up())
    assert model.cancelled == 1


def test_another_script_is_another_model() -> None:
    digests = {
        asyncio.run(ScriptedModel(script).describe()).digest
        for script in (["a"], ["b"], [Turn(Act.REFUSE, "a")], ["a", "a"])
    }
    assert len(digests) == 4
    assert all(digest.startswith("stated:") for digest in digests)


def test_a_file_of_turns_is_played(tmp_path: Path) -> None:
    model = loaded(
        tmp_path,
        [
            {"act": "busy", "retry_after_s": 2},
            {"act": "answer", "text": {"phi_list": ["佐藤"]}, "thinking": "Hm.", "seconds": 0},
            "plain",
        ],
    )
    with pytest.raises(ModelUnavailableError):
        say(model)
    answer, plain = say(model, asked("x"), asked("x"))
    assert (answer.text, answer.thinking) == ('{"phi_list": ["佐藤"]}', "Hm.")
    assert plain.text == "plain"
    assert model.name == "played"


def test_a_file_can_give_each_document_its_own_turns(tmp_path: Path) -> None:
    model = loaded(tmp_path, {"報告7": ["a", "b"], "報告": "c", "default": "d"})
    said = say(model, *map(asked, ["報告7", "報告8", "x", "報告7", "報告7"]))
    assert [completion.text for completion in said] == ["a", "c", "d", "b", "b"]


def test_a_question_about_a_bad_answer_keeps_the_turn_of_its_document(tmp_path: Path) -> None:
    model = loaded(tmp_path, {"one": "1", "two": "2", "again": "3", "default": "d"})
    said = say(model, asked("one", "Once more."), asked("one", "again"), asked("one", "two"))
    assert [completion.text for completion in said] == ["1", "3", "2"]


def test_a_request_that_no_turn_is_for_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ModelAccessError, match="no turn for this request"):
        say(loaded(tmp_path, {"one": "1"}), asked("two"))


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ('[{"act": "busy", "retry_after_s": NaN}]', "not JSON"),
        ('{"a": "1", "a": "2"}', "twice"),
        ("[]", "no turns"),
        ("{}", "empty"),
        ({"": "x"}, "empty piece"),
        ({"a": []}, "entry 1: no turns"),
        ("3", "turn 1: not a turn"),
        (["x", 3], "turn 2: not a turn"),
        ([{"text": "x"}], "no known act; there are answer, truncate"),
        ([{"act": "anwser"}], "no known act"),
        ([{"act": ["answer"]}], "no known act"),
        ([{"act": "answer", "txt": "佐藤"}], "a key that no turn has; there are act, text"),
        ([{"act": "answer", "thinking": 3}], "thinking is not a text"),
        ([{"act": "stall", "seconds": "3"}], "seconds is not a number"),
        ([{"act": "stall", "seconds": -3}], "seconds is not a number"),
        ([{"act": "busy", "retry_after_s": True}], "retry_after_s is not a number"),
    ],
)
def test_a_file_that_is_no_script_is_an_error_that_quotes_nothing(
    tmp_path: Path, script: object, message: str
) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        loaded(tmp_path, script)
    assert "script.json" in str(caught.value)
    assert "佐藤" not in str(caught.value)


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        ScriptedModel.load(tmp_path / "none.json")


def test_bytes_that_are_no_text_are_an_error(tmp_path: Path) -> None:
    path = tmp_path / "script.json"
    path.write_bytes(b"\xff\xfe\x00[")
    with pytest.raises(UsageError, match="not JSON"):
        ScriptedModel.load(path)
