from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
from http_models import CANARY, KEY, texts_of
from llama_server import LlamaServer
from random_model import random_llama
from vector_server import VectorServer, vector_of

from sekisho.errors import (
    CloudModelError,
    InvalidAnswerError,
    ModelAccessError,
    ModelError,
    ModelTimeoutError,
    ModelUnavailableError,
    PromptTooLongError,
    UsageError,
)
from sekisho.models.configuration import Configuration, ModelSettings
from sekisho.models.embedding import BATCH, Embedder, open_embedder
from sekisho.models.seam import Locality

T = TypeVar("T")

KINDS = ("openai", "ollama")
both = pytest.mark.parametrize("kind", KINDS)


def opened(server: VectorServer, kind: str, **chosen: Any) -> Embedder:
    """An embedder of ``kind`` at ``server``, which does not wait between attempts."""
    place = f"{server.url}/v1" if kind == "openai" else server.url
    usual = {"base_url": place, "model": "tiny", "wait_s": 0.0}
    settings = ModelSettings(kind=kind, **(usual | chosen))
    return open_embedder("ward", Configuration(models={"ward": settings}))


def using(embedder: Embedder, work: Callable[[Embedder], Awaitable[T]]) -> T:
    """What ``work`` gives with ``embedder``, which is closed afterwards."""

    async def whole() -> T:
        try:
            return await work(embedder)
        finally:
            await embedder.aclose()

    return asyncio.run(whole())


def vectors(embedder: Embedder, *texts: str) -> list[list[float]]:
    return using(embedder, lambda each: each.embed(texts))


def failure(embedder: Embedder, *texts: str) -> ModelError:
    """The error of ``texts``; nothing in it may quote them."""
    with pytest.raises(ModelError) as caught:
        vectors(embedder, *(texts or (CANARY,)))
    assert CANARY not in texts_of(caught.value)
    return caught.value


@both
def test_each_text_gets_its_vector(kind: str) -> None:
    texts = ["右肺上葉に結節", "no nodule", CANARY]
    with VectorServer() as server:
        assert vectors(opened(server, kind), *texts) == [vector_of(each, 16) for each in texts]


@both
def test_no_texts_have_no_vectors_and_nobody_is_asked(kind: str) -> None:
    with VectorServer() as server:
        assert vectors(opened(server, kind)) == []
        assert server.asked == []


@both
def test_many_texts_go_out_in_batches_and_come_back_in_order(kind: str) -> None:
    texts = [f"報告 {number}" for number in range(2 * BATCH + 3)]
    with VectorServer() as server:
        assert vectors(opened(server, kind), *texts) == [vector_of(each, 16) for each in texts]
        assert server.texts == texts
        assert [len(each.body["input"]) for each in server.vectors_asked] == [BATCH, BATCH, 3]


def test_vectors_are_put_in_the_order_of_their_numbers() -> None:
    with VectorServer(reverse=True) as server:
        assert vectors(opened(server, "openai"), "あ", "いい") == [
            vector_of("あ", 16),
            vector_of("いい", 16),
        ]


def test_plain_numbers_are_asked_for() -> None:
    with VectorServer() as server:
        vectors(opened(server, "openai"), "あ")
        (asked,) = server.vectors_asked
    assert asked.path == "/v1/embeddings"
    assert asked.body == {"model": "tiny", "input": ["あ"], "encoding_format": "float"}


def test_ollama_is_told_to_cut_nothing_and_which_context_to_use() -> None:
    with VectorServer(context=512) as server:
        vectors(opened(server, "ollama", keep_alive="-1"), "あ")
        (asked,) = server.vectors_asked
    assert asked.path == "/api/embed"
    assert asked.body == {
        "model": "tiny",
        "input": ["あ"],
        "truncate": False,
        "options": {"num_ctx": 512},
        "keep_alive": -1,
    }


def test_fields_that_a_server_wants_or_rejects_are_sent_or_left_out() -> None:
    chosen: dict[str, Any] = {"extra": {"dimensions": 16}, "omit": ("encoding_format",)}
    with VectorServer() as server:
        vectors(opened(server, "openai", **chosen), "あ")
        assert server.vectors_asked[0].body == {"model": "tiny", "input": ["あ"], "dimensions": 16}


@both
def test_a_key_is_sent_and_never_shown(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WARD_KEY", KEY)
    with VectorServer([None, (401, {}, json.dumps({"error": CANARY + KEY}))]) as server:
        embedder = opened(server, kind, api_key_env="WARD_KEY")
        vectors(embedder, "あ")
        assert server.vectors_asked[0].headers["authorization"] == f"Bearer {KEY}"
        error = failure(embedder)
    assert isinstance(error, ModelAccessError)
    assert KEY not in texts_of(error) + repr(embedder)


def test_a_key_that_is_not_set_is_a_usage_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WARD_KEY", raising=False)
    with VectorServer() as server, pytest.raises(UsageError, match="WARD_KEY"):
        opened(server, "openai", api_key_env="WARD_KEY")


@pytest.mark.parametrize(
    "name",
    ["https://api.openai.com/v1#text-embedding-3-small", "http://ollama.example:11434/v1#bge"],
)
def test_an_address_in_the_cloud_is_refused(name: str) -> None:
    with pytest.raises(CloudModelError):
        open_embedder(name, Configuration())


def test_a_host_that_is_trusted_is_local() -> None:
    configuration = Configuration(trusted_hosts=("gpu01.hospital.example",))
    embedder = open_embedder("http://gpu01.hospital.example/v1#bge-m3", configuration)
    assert embedder.locality is Locality.LOCAL


def test_a_model_that_ollama_would_run_elsewhere_is_sent_nothing() -> None:
    with VectorServer(remote=True) as server:
        with pytest.raises(CloudModelError):
            vectors(opened(server, "ollama"), CANARY)
        assert server.vectors_asked == []


@pytest.mark.parametrize("name", ["gguf:model.gguf", "scripted:answers.toml", "replay:answers"])
def test_kinds_without_vectors_are_refused(name: str) -> None:
    with pytest.raises(UsageError, match="no vectors"):
        open_embedder(name, Configuration())


@both
def test_the_environment_names_no_proxy(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with VectorServer() as server:
        assert len(vectors(opened(server, kind), "あ")) == 1


@both
def test_a_redirect_is_not_followed(kind: str) -> None:
    with VectorServer() as other, VectorServer([(302, {"Location": other.url}, "")]) as server:
        assert isinstance(failure(opened(server, kind)), ModelAccessError)
        assert other.asked == []


@both
def test_a_busy_server_is_asked_again(kind: str) -> None:
    busy = (503, {"Retry-After": "0"}, "{}")
    with VectorServer([busy, busy]) as server:
        assert len(vectors(opened(server, kind), "あ")) == 1
        assert len(server.vectors_asked) == 3


@both
def test_a_server_that_stays_ill_is_given_up(kind: str) -> None:
    with VectorServer([(500, {}, json.dumps({"error": CANARY}))] * 3) as server:
        error = failure(opened(server, kind, attempts=3))
        assert len(server.vectors_asked) == 3
    assert isinstance(error, ModelUnavailableError)


@both
def test_a_server_that_is_not_there_is_told_as_one(kind: str) -> None:
    with VectorServer() as server:
        embedder = opened(server, kind, attempts=2)
    assert isinstance(failure(embedder), ModelUnavailableError)


@both
def test_no_answer_in_time_is_told_as_one(kind: str) -> None:
    with VectorServer() as server:
        server.delay_s = 2.0
        assert isinstance(failure(opened(server, kind, timeout_s=0.1)), ModelTimeoutError)


@both
@pytest.mark.parametrize("too_long", ["llama.cpp", "vllm"])
def test_a_text_that_is_too_long_has_an_error_of_its_own(kind: str, too_long: Any) -> None:
    with VectorServer(context=20, too_long=too_long) as server:
        error = failure(opened(server, kind), "あ", CANARY + "あ" * 30)
        assert len(server.vectors_asked) == 1, "another try cannot help"
    assert isinstance(error, PromptTooLongError)


def test_a_server_that_gives_no_vectors_is_asked_once() -> None:
    body = {"error": {"code": 501, "type": "not_supported_error", "message": CANARY}}
    with VectorServer([(501, {}, json.dumps(body))]) as server:
        error = failure(opened(server, "openai"))
        assert len(server.vectors_asked) == 1
    assert isinstance(error, ModelAccessError)
    assert "--embeddings" in str(error)


@both
def test_a_model_that_is_not_there_is_told_by_its_name(kind: str) -> None:
    with VectorServer(models=("other",)) as server:
        error = failure(opened(server, kind))
        assert server.vectors_asked == []
    assert isinstance(error, ModelAccessError)
    assert "tiny" in str(error)


def rows_told(kind: str, rows: list[Any]) -> str:
    """The body of an answer with ``rows``; NaN stands in it as some servers write it."""
    if kind == "ollama":
        return json.dumps({"embeddings": rows})
    data = [{"index": at, "embedding": row} for at, row in enumerate(rows)]
    return json.dumps({"object": "list", "data": data})


@both
@pytest.mark.parametrize(
    "row",
    [
        [],
        None,
        "AACAPw==",
        [[0.1, 0.2]],
        [1.0, None],
        [1.0, "2"],
        [1.0, math.nan],
        [1.0, math.inf],
        [1.0, 10**400],
        [0.0, 0.0],
    ],
)
def test_what_is_no_vector_is_refused(kind: str, row: Any) -> None:
    with VectorServer([(200, {}, rows_told(kind, [row]))]) as server:
        assert isinstance(failure(opened(server, kind)), InvalidAnswerError)


@both
@pytest.mark.parametrize("rows", [[], [[1.0]], [[1.0], [2.0], [3.0]]])
def test_another_number_of_vectors_is_refused(kind: str, rows: list[Any]) -> None:
    with VectorServer([(200, {}, rows_told(kind, rows))]) as server:
        assert isinstance(failure(opened(server, kind), CANARY, "あ"), InvalidAnswerError)


@both
def test_vectors_of_different_lengths_are_refused(kind: str) -> None:
    with VectorServer([(200, {}, rows_told(kind, [[1.0, 2.0], [1.0]]))]) as server:
        assert isinstance(failure(opened(server, kind), CANARY, "あ"), InvalidAnswerError)


@both
def test_vectors_of_another_length_than_before_are_refused(kind: str) -> None:
    with VectorServer([None, (200, {}, rows_told(kind, [[1.0, 2.0]]))]) as server:
        embedder = opened(server, kind)
        vectors(embedder, "あ")
        assert isinstance(failure(embedder), InvalidAnswerError)


@both
def test_another_model_than_the_one_before_is_refused(kind: str) -> None:
    with VectorServer() as server:
        embedder = opened(server, kind)
        vectors(embedder, "あ")
        server.digest = "00ff" * 16
        assert isinstance(failure(embedder), ModelAccessError)
        assert len(server.vectors_asked) == 1


@pytest.mark.parametrize(
    "body",
    [
        "no JSON",
        "[]",
        "{}",
        '{"data": {}}',
        '{"data": [1]}',
        '{"data": [{"index": 7, "embedding": [1.0]}]}',
        '{"data": [{"index": true, "embedding": [1.0]}]}',
    ],
)
@both
def test_what_the_protocol_does_not_know_is_unreadable(kind: str, body: str) -> None:
    with VectorServer([(200, {}, body)] * 2) as server:
        error = failure(opened(server, kind, attempts=2))
        assert len(server.vectors_asked) == 2
    assert isinstance(error, ModelUnavailableError)


@both
def test_an_embedder_can_be_used_again_in_another_loop(kind: str) -> None:
    with VectorServer() as server:
        embedder = opened(server, kind)
        assert vectors(embedder, "あ") == vectors(embedder, "あ")


@both
def test_no_more_requests_are_under_way_than_configured(kind: str) -> None:
    async def work(embedder: Embedder) -> None:
        await asyncio.gather(*(embedder.embed([f"報告{number}"]) for number in range(12)))

    with VectorServer() as server:
        server.delay_s = 0.1
        using(opened(server, kind, in_flight=3), work)
        assert 1 < server.most_in_flight <= 3


@both
def test_it_says_which_model_it_is(kind: str) -> None:
    with VectorServer() as server:
        description = using(opened(server, kind), lambda each: each.describe())
    assert description.model == "tiny"
    assert description.digest


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LlamaServer]:
    """A real llama.cpp server that gives vectors of a random model."""
    pytest.importorskip("xllamacpp")
    path = random_llama(tmp_path_factory.mktemp("vectors") / "random.gguf", seed=1)
    mean = 1
    # With one slot: with several, llama.cpp lets texts that are read at once disturb each other.
    with LlamaServer(path, slots=1, context=512, embedding=True, pooling_type=mean) as server:
        yield server


def real(llama: LlamaServer, monkeypatch: pytest.MonkeyPatch) -> Embedder:
    monkeypatch.setenv("LLAMA_KEY", llama.key)
    settings = ModelSettings(kind="openai", base_url=llama.url, api_key_env="LLAMA_KEY", wait_s=0.0)
    return open_embedder("ward", Configuration(models={"ward": settings}))


def test_a_real_server_gives_every_text_its_own_vector(
    llama: LlamaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = ["no nodule", "two nodules of 12 mm", "no nodule", *map(str, range(BATCH))]
    found = vectors(real(llama, monkeypatch), *texts)
    assert {len(row) for row in found} == {128}
    assert found[0] == found[2]
    assert found[0] != pytest.approx(found[1], abs=1e-2)
    alone = [vectors(real(llama, monkeypatch), text)[0] for text in texts[:5]]
    for row, same in zip(found, alone, strict=False):
        assert row == pytest.approx(same, abs=1e-3)


@pytest.mark.parametrize("length", [600, 3000])
def test_a_real_server_tells_a_text_that_is_too_long(
    llama: LlamaServer, monkeypatch: pytest.MonkeyPatch, length: int
) -> None:
    embedder = real(llama, monkeypatch)
    assert isinstance(failure(embedder, "a" * length), PromptTooLongError)


def test_a_real_server_without_vectors_is_told_as_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("xllamacpp")
    with LlamaServer(random_llama(tmp_path / "random.gguf", seed=1), slots=1) as server:
        error = failure(real(server, monkeypatch), "no nodule")
    assert isinstance(error, ModelAccessError)
    assert "--embeddings" in str(error)
