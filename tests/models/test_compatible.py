from __future__ import annotations

import json
from typing import Any

import pytest
from faulty_bodies import prompt_tokens
from faulty_server import Asked, Fault, FaultyServer, Flavour, Reply
from http_models import CANARY, KEY, compatible, question, texts_of, using

from sekisho.errors import ModelAccessError, ModelError, RefusedAnswerError
from sekisho.models.seam import (
    Abilities,
    Completion,
    Description,
    Finish,
    Locality,
    Model,
    SchemaMeans,
    Usage,
)


def completed(script: Any, *, asking: Any = None, **chosen: Any) -> Completion:
    """The completion of a model whose server follows ``script``."""
    with FaultyServer(script) as server:
        model = compatible(server, **chosen)
        return using(model, lambda model: model.complete(asking or question()))


def described(server: FaultyServer, **chosen: Any) -> Description:
    return using(compatible(server, **chosen), lambda model: model.describe())


def test_a_completion_tells_the_answer_its_ending_its_cost_and_its_model() -> None:
    reply = Reply(text='{"a": 1}', thinking="考える", cached_tokens=5)
    asking = question(top_logprobs=3, thinking_tokens=100)
    completion = completed(reply, asking=asking)
    assert (completion.text, completion.thinking) == ('{"a": 1}', "考える")
    assert completion.finish is Finish.STOP
    assert completion.usage == Usage(
        prompt=prompt_tokens([(each.role, each.content) for each in asking.messages]),
        cached=5,
        answer=11,
    )
    assert completion.tokens is not None
    assert "".join(token.text for token in completion.tokens) == '{"a": 1}'
    assert completion.tokens[0].logprob == -0.125
    assert [text for text, _ in completion.tokens[0].alternatives] == ["{", "ア", "ィ"]
    assert completion.model.startswith("stated:")
    assert completion.seconds > 0


@pytest.mark.parametrize("fault", [Fault.REFUSE, Fault.REFUSE_FIELD])
def test_a_refusal_says_so(fault: Fault) -> None:
    assert completed(Reply(text="いいえ", fault=fault)).finish is Finish.REFUSED


def test_a_prompt_that_a_filter_rejects_is_refused() -> None:
    with pytest.raises(RefusedAnswerError) as caught:
        completed(Reply(fault=Fault.FILTER))
    assert CANARY not in texts_of(caught.value)


def test_thinking_within_the_answer_is_told_apart_and_its_tokens_too() -> None:
    completion = completed("<think>佐藤?</think>{}", asking=question(top_logprobs=0))
    assert (completion.thinking, completion.text) == ("佐藤?", "{}")
    assert completion.tokens is not None
    assert [token.text for token in completion.tokens] == ["{", "}"]


def test_a_server_that_counts_nothing_states_nothing() -> None:
    assert completed(Reply(text="a", usage=False)).usage == Usage()


def test_the_timings_of_llama_cpp_stand_in_for_a_missing_count() -> None:
    body = {
        "choices": [{"message": {"content": "a"}, "finish_reason": "stop"}],
        "timings": {"cache_n": 30, "prompt_n": 12, "predicted_n": 1},
    }
    assert completed(Reply(body=body)).usage == Usage(prompt=42, cached=30, answer=1)


@pytest.mark.parametrize(
    ("message", "finish", "expected"),
    [
        ({"content": None}, "stop", ("", "", Finish.STOP)),
        ({"content": "a", "reasoning": "b"}, "stop", ("a", "b", Finish.STOP)),
        ({"content": "a", "tool_calls": [{"id": "1"}]}, "tool_calls", ("a", "", Finish.OTHER)),
        ({"content": "a"}, None, ("a", "", Finish.OTHER)),
        ({"content": "a"}, "abort", ("a", "", Finish.OTHER)),
        ({"content": "a"}, "eos_token", ("a", "", Finish.STOP)),
        (
            {
                "content": [
                    {"type": "thinking", "thinking": [{"type": "text", "text": "b"}]},
                    {"type": "text", "text": "a"},
                ]
            },
            "stop",
            ("a", "b", Finish.STOP),
        ),
    ],
)
def test_what_servers_made_of_the_protocol_is_understood(
    message: dict[str, Any], finish: str | None, expected: tuple[str, str, Finish]
) -> None:
    completion = completed(Reply(body={"choices": [{"message": message, "finish_reason": finish}]}))
    assert (completion.text, completion.thinking, completion.finish) == expected


def sent(asking: Any = None, **chosen: Any) -> dict[str, Any]:
    """The body that a request is sent as, without what it is about."""
    with FaultyServer("{}", models=["tiny", "other"]) as server:
        model = compatible(server, **chosen)
        using(model, lambda model: model.complete(asking or question()))
        body: dict[str, Any] = server.chats[0].body
    del body["messages"]
    return body


def test_a_local_server_is_sent_all_that_makes_an_answer_repeatable_and_cheap() -> None:
    assert sent(question(max_tokens=100, seed=7, top_p=0.5, temperature=0.25)) == {
        "model": "tiny",
        "stream": False,
        "max_tokens": 100,
        "temperature": 0.25,
        "top_p": 0.5,
        "seed": 7,
        "chat_template_kwargs": {"enable_thinking": False},
        "cache_prompt": True,
    }


def test_a_cloud_is_sent_no_field_that_only_local_servers_know() -> None:
    body = sent(question(thinking_tokens=50), locality=Locality.CLOUD)
    assert set(body) == {"model", "stream", "max_tokens", "temperature", "top_p", "seed"}


def test_thinking_has_its_own_room_and_its_own_end() -> None:
    body = sent(question(max_tokens=100, thinking_tokens=50))
    assert body["max_tokens"] == 150
    assert body["chat_template_kwargs"] == {"enable_thinking": True}
    assert body["thinking_budget_tokens"] == 50


SCHEMA = {"type": "object", "properties": {"名": {"const": None}}}


@pytest.mark.parametrize(
    ("means", "form"),
    [
        (
            SchemaMeans.JSON_SCHEMA,
            {
                "type": "json_schema",
                "json_schema": {"name": "answer", "strict": True, "schema": SCHEMA},
            },
        ),
        (SchemaMeans.OBJECT_SCHEMA, {"type": "json_object", "schema": SCHEMA}),
        (SchemaMeans.JSON_OBJECT, {"type": "json_object"}),
        (SchemaMeans.NONE, None),
    ],
)
def test_a_schema_is_enforced_by_the_means_that_the_server_has(
    means: SchemaMeans, form: dict[str, Any] | None
) -> None:
    body = sent(question(schema=SCHEMA), abilities=Abilities(schema=means))
    assert body.get("response_format") == form


def test_what_a_server_cannot_do_is_not_asked_of_it() -> None:
    abilities = Abilities(logprobs=False, seed=False)
    assert not {"logprobs", "top_logprobs", "seed"} & set(
        sent(question(top_logprobs=5), abilities=abilities)
    )


def test_the_configuration_adds_fields_and_takes_fields_away() -> None:
    body = sent(extra={"top_k": 1, "seed": 3}, omit=["chat_template_kwargs", "temperature"])
    assert (body["top_k"], body["seed"]) == (1, 3)
    assert not {"chat_template_kwargs", "temperature"} & set(body)


def test_azure_is_asked_at_its_deployment_with_its_own_header() -> None:
    with FaultyServer("a", api_key=KEY) as server:
        model = compatible(
            server,
            base_url=server.url,
            api_key=KEY,
            api_version="2024-10-21",
            locality=Locality.CLOUD,
            model="ward-4o",
        )
        completion = using(model, lambda model: model.complete(question(max_tokens=9)))
        (asked,) = server.asked
    assert completion.text == "a"
    assert asked.path == "/openai/deployments/ward-4o/chat/completions?api-version=2024-10-21"
    assert asked.headers["api-key"] == KEY
    assert "authorization" not in asked.headers
    assert asked.body["max_completion_tokens"] == 9


@pytest.mark.parametrize(
    ("flavour", "context", "slots", "name"),
    [
        ("llama.cpp", 2048, 3, "llama.cpp"),
        ("vllm", 2048, None, "vllm"),
        ("lmstudio", None, None, "lmstudio"),
        ("plain", None, None, "openai-compatible"),
    ],
)
def test_a_server_is_described_by_what_it_tells(
    flavour: Flavour, context: int | None, slots: int | None, name: str
) -> None:
    with FaultyServer(flavour=flavour, context=2048, slots=3) as server:
        description = described(server)
        assert description == described(server), "times of loading are no part of a model"
    assert (description.context, description.slots) == (context, slots)
    assert (description.server, description.model) == (name, "tiny")


def test_other_weights_have_another_digest_and_other_folders_have_not() -> None:
    digests = []
    for names in (["/models/a.gguf"], ["/moved/to/a.gguf"], ["/models/b.gguf"]):
        with FaultyServer(models=names) as server:
            digests.append(described(server, model="").digest)
    assert digests[0] == digests[1] != digests[2]


def test_a_local_server_without_the_model_names_those_it_has() -> None:
    with FaultyServer(models=["tiny", "\x1b[31mother"]) as server:
        with pytest.raises(ModelAccessError, match=r"tiny, \[31mother"):
            described(server, model="huge")
        with pytest.raises(ModelAccessError, match="name it as model"):
            described(server, model="")


def test_a_model_under_another_of_its_names_is_the_same_model() -> None:
    with FaultyServer(models=["tiny", "other"]) as server:
        alias, own = described(server, model="tiny-alias"), described(server)
    assert (alias.model, alias.digest) == ("tiny-alias", own.digest)


@pytest.mark.parametrize("model", ["", "default"])
def test_a_server_of_one_model_needs_no_name(model: str) -> None:
    with FaultyServer("a") as server:
        using(compatible(server, model=model), lambda model: model.complete(question()))
        assert server.chats[0].body["model"] == "tiny"


def test_a_cloud_may_have_models_that_it_does_not_list() -> None:
    with FaultyServer() as server:
        assert described(server, model="alias", locality=Locality.CLOUD).model == "alias"
        assert {asked.path for asked in server.asked} == {"/v1/models"}


def test_a_server_that_keeps_no_list_is_described_by_the_name() -> None:
    with FaultyServer(elsewhere=Fault.MISSING) as server:
        assert described(server).model == "tiny"
        assert described(server) != described(server, model="other")


@pytest.mark.parametrize("flavour", ["llama.cpp", "older llama.cpp", "vllm"])
def test_the_tokens_of_a_prompt_are_counted_by_the_server_itself(flavour: Flavour) -> None:
    async def work(model: Model) -> tuple[int | None, int | None]:
        counted = await model.count(question())
        return counted, (await model.complete(question())).usage.prompt

    with FaultyServer("a", flavour=flavour) as server:
        counted, used = using(compatible(server), work)
    assert counted == used
    assert counted is not None


@pytest.mark.parametrize("flavour", ["lmstudio", "plain"])
def test_a_server_that_cannot_count_is_asked_once(flavour: Flavour) -> None:
    async def work(model: Model) -> list[int | None]:
        return [await model.count(question()) for _ in range(3)]

    with FaultyServer(flavour=flavour) as server:
        assert using(compatible(server), work) == [None, None, None]
        assert [asked.path for asked in server.asked].count("/tokenize") <= 1


def test_a_cloud_is_sent_no_document_to_be_counted() -> None:
    with FaultyServer() as server:
        model = compatible(server, locality=Locality.CLOUD)
        assert using(model, lambda model: model.count(question())) is None
        assert CANARY not in json.dumps([asked.body for asked in server.asked])


def test_a_schema_that_needs_another_protocol_is_a_mistake_of_the_configuration() -> None:
    with pytest.raises(Exception, match="ollama") as caught:
        sent(question(schema=SCHEMA), abilities=Abilities(schema=SchemaMeans.FORMAT))
    assert not isinstance(caught.value, ModelError)


def test_the_script_sees_the_prompt_as_it_was_written() -> None:
    def echo(asked: Asked) -> str:
        return asked.text

    assert completed(echo).text == CANARY
