from __future__ import annotations

from typing import Any

import pytest
from faulty_server import FaultyServer, Reply
from http_models import native, question, using

from sekisho.errors import CloudModelError, ModelAccessError, ModelUnavailableError, UsageError
from sekisho.models.seam import (
    Abilities,
    Completion,
    Description,
    Finish,
    Locality,
    SchemaMeans,
    Usage,
)

SCHEMA = {"type": "object", "properties": {"名": {"const": None}}}


def completed(script: Any, *, asking: Any = None, **chosen: Any) -> Completion:
    """The completion of a model whose Ollama follows ``script``."""
    with FaultyServer(script) as server:
        model = native(server, **chosen)
        return using(model, lambda model: model.complete(asking or question()))


def sent(asking: Any = None, *, model: str = "tiny", **chosen: Any) -> dict[str, Any]:
    """The body that a request is sent as, without what it is about."""
    with FaultyServer("{}", models=[model]) as server:
        made = native(server, model=model, **chosen)
        using(made, lambda model: model.complete(asking or question()))
        body: dict[str, Any] = server.chats[0].body
    del body["messages"]
    return body


def described(server: FaultyServer, **chosen: Any) -> Description:
    return using(native(server, **chosen), lambda model: model.describe())


def test_a_completion_tells_the_answer_its_ending_its_cost_and_its_model() -> None:
    completion = completed(
        Reply(text='{"a": 1}', thinking="考える"),
        asking=question("佐藤", top_logprobs=2, thinking_tokens=100),
    )
    assert (completion.text, completion.thinking) == ('{"a": 1}', "考える")
    assert completion.finish is Finish.STOP
    assert completion.usage == Usage(prompt=8, answer=11)
    assert completion.tokens is not None
    assert "".join(token.text for token in completion.tokens) == '{"a": 1}'
    assert completion.tokens[0].alternatives == (("{", -0.125), ("ア", -2.5))
    assert completion.model.startswith("sha256:")
    assert completion.seconds > 0


def test_the_context_is_always_asked_for_and_nothing_may_be_cut() -> None:
    assert sent(question(max_tokens=100, thinking_tokens=20, seed=7, top_p=0.5)) == {
        "model": "tiny",
        "stream": False,
        "truncate": False,
        "shift": False,
        "keep_alive": "10m",
        "think": False,
        "options": {
            "num_ctx": 4096,
            "num_predict": 120,
            "temperature": 0.0,
            "top_p": 0.5,
            "repeat_penalty": 1.0,
            "seed": 7,
        },
    }
    assert sent(abilities=Abilities())["options"]["num_ctx"] > 0


@pytest.mark.parametrize(("stated", "told"), [("30m", "30m"), ("-1", -1), ("600", 600)])
def test_how_long_the_model_stays_loaded_is_told_as_ollama_reads_it(
    stated: str, told: str | int
) -> None:
    assert sent(keep_alive=stated)["keep_alive"] == told


def test_a_model_that_can_think_thinks_when_there_is_room_for_it() -> None:
    assert sent(question(thinking_tokens=9), model="thinker")["think"] is True
    assert sent(question(thinking_tokens=0), model="thinker")["think"] is False
    assert sent(question(thinking_tokens=9), model="plain")["think"] is False


@pytest.mark.parametrize("think", [True, False, "low"])
def test_what_the_configuration_says_of_thinking_is_always_told(think: bool | str) -> None:
    for tokens in (0, 9):
        assert sent(question(thinking_tokens=tokens), think=think)["think"] == think


@pytest.mark.parametrize(
    ("means", "form"),
    [
        (SchemaMeans.FORMAT, SCHEMA),
        (SchemaMeans.JSON_OBJECT, "json"),
        (SchemaMeans.NONE, None),
    ],
)
def test_a_schema_is_enforced_by_the_means_that_ollama_has(means: SchemaMeans, form: Any) -> None:
    body = sent(question(schema=SCHEMA), abilities=Abilities(schema=means))
    assert body.get("format") == form


def test_a_schema_that_needs_another_protocol_is_a_mistake_of_the_configuration() -> None:
    with pytest.raises(UsageError, match="openai"):
        sent(question(schema=SCHEMA), abilities=Abilities(schema=SchemaMeans.JSON_SCHEMA))


def test_what_it_cannot_do_is_not_asked_of_it() -> None:
    body = sent(question(top_logprobs=5), abilities=Abilities(logprobs=False, seed=False))
    assert "logprobs" not in body
    assert "seed" not in body["options"]


@pytest.mark.parametrize(
    ("change", "finish"),
    [
        ({"done_reason": "length"}, Finish.LENGTH),
        ({"done_reason": "load"}, Finish.OTHER),
        ({"done_reason": None}, Finish.OTHER),
        ({"message": {"content": "a", "tool_calls": [{}]}}, Finish.OTHER),
    ],
)
def test_an_answer_is_whole_only_when_ollama_says_so(
    change: dict[str, Any], finish: Finish
) -> None:
    body = {"message": {"content": "a"}, "done": True, "done_reason": "stop"} | change
    assert completed(Reply(body=body)).finish is finish


@pytest.mark.parametrize("change", [{"done": False}, {"message": {}}, {"message": {"content": 7}}])
def test_an_answer_that_is_not_done_or_holds_no_text_is_none(change: dict[str, Any]) -> None:
    body = {"message": {"content": "a"}, "done": True, "done_reason": "stop"} | change
    with pytest.raises(ModelUnavailableError):
        completed(Reply(body=body))


def test_the_digest_is_that_of_the_file_and_the_context_what_it_was_trained_with_at_most() -> None:
    with FaultyServer(context=1024) as server:
        small, large = (
            described(server, abilities=Abilities(context=context)) for context in (2048, 100_000)
        )
    assert small.digest == "sha256:" + "5f1c0ba7" * 8
    assert (small.context, large.context) == (2048, 4096)
    assert (small.server, small.model) == ("ollama 0.12.11", "tiny")


def test_a_model_that_was_never_pulled_is_named_with_the_command_that_pulls_it() -> None:
    with (
        FaultyServer("a") as server,
        pytest.raises(ModelAccessError, match="ollama pull huge:70b"),
    ):
        using(native(server, model="huge:70b"), lambda model: model.complete(question()))
    assert server.chats == []


def test_the_tag_latest_is_the_same_model() -> None:
    with FaultyServer(models=["tiny:latest"]) as server:
        assert described(server).digest == described(server, model="tiny:latest").digest


@pytest.mark.parametrize("model", ["gpt-oss:120b-cloud", "minimax-m2:cloud"])
def test_a_model_that_ollama_runs_at_its_makers_is_never_a_local_one(model: str) -> None:
    with FaultyServer("a", models=[model]) as server:
        with pytest.raises(CloudModelError):
            native(server, model=model)
        asked = native(server, model=model, locality=Locality.CLOUD)
        assert using(asked, lambda model: model.complete(question())).text == "a"


def test_a_model_that_is_remote_by_ollamas_own_word_is_sent_no_document() -> None:
    with FaultyServer("a", models=["remote-under-another-name"]) as server:
        model = native(server, model="remote-under-another-name")
        with pytest.raises(CloudModelError):
            using(model, lambda model: model.complete(question()))
        assert server.chats == []


def test_nobody_counts_tokens_for_others() -> None:
    with FaultyServer() as server:
        assert using(native(server), lambda model: model.count(question())) is None
        assert server.asked == []
