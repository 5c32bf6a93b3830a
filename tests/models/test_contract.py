"""What every real engine must do behind the seam, in this process and over HTTP.

The model's weights are random: what it says is nonsense, and how it says it is llama.cpp's own.
Work is measured as processor time of the engine, which other load on the machine does not change
much; the engine has one thread.
"""

from __future__ import annotations

import asyncio
import math
import os
import time
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import pytest
from pydantic import BaseModel, ConfigDict, Field

if os.environ.get("SEKISHO_REQUIRE_LLAMA") != "1":
    pytest.importorskip("gguf", reason="a model is written with the extra [train]")
    pytest.importorskip("xllamacpp", reason="a GGUF file needs the extra [llama]")

from llama_server import LlamaServer
from other_servers import llama_cpp_python, transformers_serve
from random_model import random_llama

from sekisho.errors import (
    ModelAccessError,
    ModelError,
    ModelUnavailableError,
    PromptTooLongError,
)
from sekisho.models.compatible import CompatibleModel
from sekisho.models.gguf import GgufModel
from sekisho.models.reading import Problem, read
from sekisho.models.schema import schema_of
from sekisho.models.seam import (
    Abilities,
    Completion,
    Finish,
    Locality,
    Message,
    Model,
    Request,
    SchemaMeans,
)

CONTEXT = 4096
SLOTS = 4
INSTRUCTION = "Read the report and say what is asked, in JSON and in nothing else. " * 12

T = TypeVar("T")


class Item(BaseModel):
    model_config = ConfigDict(extra="forbid")

    type: Literal["NAME", "DATE", "PHONE"]
    value: Annotated[str, Field(max_length=12)]


class Items(BaseModel):
    model_config = ConfigDict(extra="forbid")

    status: Literal["found", "not_mentioned"]
    items: Annotated[list[Item], Field(max_length=3)]


class Pages(BaseModel):
    model_config = ConfigDict(extra="forbid")

    pages: Annotated[int, Field(ge=0, le=99)]
    degrees: Annotated[int, Field(ge=34, le=43)]


@dataclass(frozen=True)
class Place:
    """Where a model runs. ``work`` is the engine's processor time so far, in seconds.

    ``cannot`` holds what is known to be missing there; a test expects exactly that.
    """

    name: str
    make: Callable[[Abilities], Model]
    work: Callable[[], float]
    cannot: frozenset[str] = field(default=frozenset())
    schema: SchemaMeans = SchemaMeans.JSON_SCHEMA

    def expect(self, ability: str, holds: bool, told: object = None) -> None:
        assert holds == (ability not in self.cannot), (self.name, ability, told)

    def run(self, work: Callable[[Model], Coroutine[Any, Any, T]], **abilities: Any) -> T:
        """What ``work`` makes of a model with these abilities, which is closed afterwards."""

        async def with_model() -> T:
            model = self.make(Abilities(**({"schema": self.schema} | abilities)))
            try:
                return await work(model)
            finally:
                await model.aclose()

        return asyncio.run(with_model())


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return random_llama(
        tmp_path_factory.mktemp("contract") / "random.gguf", seed=3, hidden=256, layers=4
    )


def over_http(
    url: str, key: str, model: str = "", *, omit: tuple[str, ...] = ()
) -> Callable[[Abilities], CompatibleModel]:
    return lambda abilities: CompatibleModel(
        name="random",
        base_url=url,
        model=model,
        locality=Locality.LOCAL,
        api_key=key or None,
        abilities=abilities,
        omit=omit,
    )


@pytest.fixture(
    scope="module",
    params=[
        "in process",
        "over HTTP",
        pytest.param("llama-cpp-python", marks=pytest.mark.llama_cpp_python),
        pytest.param("transformers serve", marks=pytest.mark.transformers_serve),
    ],
)
def place(request: pytest.FixtureRequest, path: Path, tmp_path_factory: Any) -> Iterator[Place]:
    if request.param == "in process":
        yield Place(
            request.param,
            lambda abilities: GgufModel(
                name="random",
                path=path,
                context=CONTEXT,
                slots=SLOTS,
                threads=1,
                abilities=abilities,
            ),
            time.process_time,
        )
    elif request.param == "over HTTP":
        with LlamaServer(path, slots=SLOTS, context=CONTEXT) as server:
            yield Place(request.param, over_http(server.url, server.key), server.work)
    elif request.param == "llama-cpp-python":
        with llama_cpp_python(path, context=CONTEXT) as other:
            yield Place(
                request.param,
                over_http(other.url, other.key, other.model),
                other.work,
                # It answers 500 to json_schema, reads no bounds of numbers, tells no cached
                # tokens, and at temperature 0 it may take another token than the likeliest.
                frozenset(
                    {
                        *("cached", "cancel", "count"),
                        *("bounds of numbers", "schema by json_schema", "the likeliest"),
                    }
                ),
                SchemaMeans.OBJECT_SCHEMA,
            )
    else:
        with transformers_serve(tmp_path_factory.mktemp("transformers")) as other:
            yield Place(
                request.param,
                # It rejects a request with a field that it does not know (422), ignores the
                # schema without a word, draws no token at random, and reads on beyond the context.
                over_http(other.url, other.key, other.model, omit=("cache_prompt",)),
                other.work,
                frozenset(
                    {
                        *("bounds of numbers", "cached", "cancel", "count"),
                        *("logprobs", "schema", "schema by json_schema", "seed", "too long"),
                    }
                ),
            )


def request(text: str = "Where does it hurt?", **different: Any) -> Request:
    messages = (Message("system", INSTRUCTION), Message("user", text))
    return Request(messages=messages, **({"max_tokens": 24} | different))


def several(*requests: Request) -> Callable[[Model], Coroutine[Any, Any, list[Completion]]]:
    async def one_after_the_other(model: Model) -> list[Completion]:
        return [await model.complete(each) for each in requests]

    return one_after_the_other


def fitting(place: Place, kind: type[BaseModel], means: SchemaMeans, count: int) -> int:
    """How many of ``count`` whole answers fit the schema of ``kind``."""
    asked = [
        request(schema=schema_of(kind), max_tokens=800, temperature=1.0, seed=seed)
        for seed in range(count)
    ]

    async def all_at_once(model: Model) -> list[Completion | BaseException]:
        answers = (model.complete(each) for each in asked)
        return await asyncio.gather(*answers, return_exceptions=True)

    fits = 0
    for given in place.run(all_at_once, schema=means):
        if isinstance(given, Completion):
            whole = given.finish is Finish.STOP
            fits += whole and not isinstance(read(given.text, kind), Problem)
        else:
            assert isinstance(given, ModelError), given
    return fits


def test_each_of_fifty_answers_fits_the_schema(place: Place) -> None:
    fits = fitting(place, Items, place.schema, 50 if "schema" not in place.cannot else 3)
    place.expect("schema", fits == 50, fits)


def test_numbers_keep_to_their_bounds(place: Place) -> None:
    fits = fitting(place, Pages, place.schema, 10 if "schema" not in place.cannot else 3)
    place.expect("bounds of numbers", fits == 10, fits)


def test_the_usual_way_of_giving_a_schema_is_kept_or_known_not_to_be(place: Place) -> None:
    fits = fitting(place, Items, SchemaMeans.JSON_SCHEMA, 3)
    place.expect("schema by json_schema", fits == 3, fits)


def test_each_token_has_a_log_probability_and_the_likeliest_is_taken(place: Place) -> None:
    (given,) = place.run(several(request(top_logprobs=5, temperature=0.0)))
    place.expect("logprobs", given.tokens is not None)
    if given.tokens is None:
        return
    assert "".join(token.text for token in given.tokens) == given.text
    for token in given.tokens:
        told = [logprob for _, logprob in token.alternatives]
        assert len(told) == 5
        assert told == sorted(told, reverse=True)
        assert 0 < sum(map(math.exp, told)) <= 1.001
    likeliest = [token.alternatives[0] == (token.text, token.logprob) for token in given.tokens]
    place.expect("the likeliest", all(likeliest), likeliest)


def test_the_same_seed_gives_the_same_answer_and_another_another(place: Place) -> None:
    seeds = (1, 1, 2, 1, 2, 3)
    given = place.run(several(*(request(temperature=1.0, seed=seed) for seed in seeds)))
    # The first fills the cache, and what is read from it may differ in the last digit.
    _, one, two, again, two_again, three = (each.text for each in given)
    place.expect("seed", one == again and two == two_again and len({one, two, three}) == 3)


def test_a_cancelled_request_is_not_worked_on_any_more(place: Place) -> None:
    # llama.cpp looks once a second whether a client that waits for a whole answer is still there,
    # and not even so often while other answers are given.
    long = request(max_tokens=3000)

    async def parts(model: Model) -> float:
        """The part of the work for an answer that is done although it was cancelled at once."""
        started = place.work()
        await model.complete(long)
        whole, begun = place.work() - started, place.work()
        task = asyncio.create_task(model.complete(long))
        while place.work() < begun + 0.1 * whole:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return (await _rested(place) - begun) / whole

    part = place.run(parts)
    place.expect("cancel", part < 0.6, part)


async def _rested(place: Place) -> float:
    """The engine's processor time when it has nothing to do any more."""
    quiet = 0
    while quiet < 3:
        before = place.work()
        await asyncio.sleep(0.3)
        quiet = quiet + 1 if place.work() - before < 0.02 else 0
    return place.work()


def test_the_instruction_is_read_once(place: Place) -> None:
    async def cached(model: Model) -> tuple[int | None, list[int | None]]:
        alone = Request(messages=request().messages[:1])
        static = await model.count(alone)
        given = [await model.complete(request(f"{n} days of fever")) for n in range(4)]
        return static, [each.usage.cached for each in given]

    static, reused = place.run(cached)
    if static is None:
        static = len(INSTRUCTION)
    # The part of the template behind the instruction is one token.
    holds = all(each is not None and each >= 0.9 * (static - 1) for each in reused[1:])
    place.expect("cached", holds, (static, reused))


def test_a_prompt_is_counted_as_it_is_read(place: Place) -> None:
    async def both(model: Model) -> tuple[int | None, int | None]:
        asked = request("体温 38.2 度、咳あり 🙂")
        return await model.count(asked), (await model.complete(asked)).usage.prompt

    counted, read_by_server = place.run(both)
    place.expect("count", counted is not None)
    if counted is not None:
        assert counted == read_by_server


@pytest.mark.parametrize("schema", [None, schema_of(Items)])
def test_an_answer_without_room_says_so(schema: dict[str, Any] | None, place: Place) -> None:
    (given,) = place.run(several(request(max_tokens=5, schema=schema)))
    assert given.finish is Finish.LENGTH
    assert given.usage.answer == 5


def test_an_answer_that_fills_the_context_says_so(place: Place) -> None:
    (given,) = place.run(several(request("a" * (CONTEXT - 1200), max_tokens=CONTEXT)))
    assert given.finish is Finish.LENGTH


def test_a_prompt_that_is_too_long_is_an_error(place: Place) -> None:
    asked = several(request("a" * (CONTEXT + 100)))
    if "too long" in place.cannot:
        place.run(asked)
        return
    with pytest.raises(PromptTooLongError):
        place.run(asked)


# Several at once


@pytest.mark.parametrize("kind", ["in process", "over HTTP"])
def test_four_at_once_are_less_work_than_four_in_turn(kind: str, tmp_path: Path) -> None:
    # Weights larger than the caches, as real ones are: they are fetched once for four tokens.
    path = random_llama(tmp_path / "wide.gguf", seed=1, hidden=1024, layers=2)
    hello = Message("user", "hello")
    asked = [
        Request(messages=(hello,), temperature=1.0, seed=seed, max_tokens=32)
        for seed in range(SLOTS)
    ]

    async def at_once(model: Model) -> None:
        await asyncio.gather(*(model.complete(each) for each in asked))

    async def in_turn(model: Model) -> None:
        for each in asked:
            await model.complete(each)

    async def least(model: Model, work: Callable[[], float]) -> list[float]:
        """The least processor time of each way."""
        await at_once(model)  # each slot reads the prompt
        least = [math.inf, math.inf]
        for _ in range(5):
            for way, act in enumerate((at_once, in_turn)):
                before = work()
                await act(model)
                least[way] = min(least[way], work() - before)
        await model.aclose()
        return least

    if kind == "in process":
        inside = GgufModel(name="wide", path=path, context=512, slots=SLOTS, threads=1)
        times = asyncio.run(least(inside, time.process_time))
    else:
        with LlamaServer(path, slots=SLOTS, context=512) as server:
            model = over_http(server.url, server.key)(Abilities())
            times = asyncio.run(least(model, server.work))
    assert times[0] < 0.85 * times[1], times


# Over HTTP alone


@pytest.fixture(scope="module")
def server(path: Path) -> Iterator[LlamaServer]:
    with LlamaServer(path, slots=2, context=CONTEXT) as running:
        yield running


def test_a_wrong_key_is_an_access_error(server: LlamaServer) -> None:
    async def asked(key: str) -> None:
        model = over_http(server.url, key)(Abilities())
        try:
            await model.complete(request())
        finally:
            await model.aclose()

    asyncio.run(asked(server.key))
    with pytest.raises(ModelAccessError) as caught:
        asyncio.run(asked("wrong-" + server.key))
    assert server.key not in str(caught.value)


def test_a_model_keeps_its_digest_when_its_server_starts_again(
    server: LlamaServer, path: Path
) -> None:
    async def digest(url: str, key: str) -> str:
        model = over_http(url, key)(Abilities())
        try:
            return (await model.describe()).digest
        finally:
            await model.aclose()

    first = asyncio.run(digest(server.url, server.key))
    with LlamaServer(path, slots=1, context=512) as again:
        assert asyncio.run(digest(again.url, again.key)) == first


def test_a_server_that_dies_is_unavailable_and_not_silent(path: Path) -> None:
    with LlamaServer(path, slots=1, context=CONTEXT) as doomed:

        async def killed() -> None:
            model = over_http(doomed.url, doomed.key)(Abilities())
            try:
                task = asyncio.create_task(model.complete(request(max_tokens=CONTEXT - 1200)))
                while not doomed.busy():
                    await asyncio.sleep(0.01)
                doomed.kill()
                with pytest.raises(ModelUnavailableError):
                    await task
                with pytest.raises(ModelUnavailableError):
                    await model.complete(request())
            finally:
                await model.aclose()

        asyncio.run(killed())


def test_both_kinds_give_the_same_answer(server: LlamaServer, path: Path) -> None:
    asked = request(temperature=1.0, seed=4, max_tokens=60, top_logprobs=2)
    inside = GgufModel(name="random", path=path, context=CONTEXT, slots=2, threads=1)

    async def answers(model: Model) -> Completion:
        try:
            await model.complete(asked)
            return await model.complete(asked)
        finally:
            await model.aclose()

    here = asyncio.run(answers(inside))
    there = asyncio.run(answers(over_http(server.url, server.key)(inside.abilities)))
    assert here.text
    assert replace(here, seconds=0.0, model="") == replace(there, seconds=0.0, model="")
