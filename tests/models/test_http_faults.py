"""What can go wrong between here and a server, for both kinds of model over HTTP."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from faulty_server import Fault, FaultyServer, Reply
from http_models import CANARY, KEY, Maker, compatible, native, question, texts_of, using

from sekisho.errors import (
    ModelAccessError,
    ModelError,
    ModelTimeoutError,
    ModelUnavailableError,
    PromptTooLongError,
)
from sekisho.models import transport
from sekisho.models.seam import Completion, Finish, Model

both = pytest.mark.parametrize("make", [compatible, native])

ERRORS: dict[Fault, type[ModelError]] = {
    Fault.STALL: ModelTimeoutError,
    Fault.DRIBBLE: ModelTimeoutError,
    Fault.CLOSE: ModelUnavailableError,
    Fault.CLOSE_AT_ONCE: ModelUnavailableError,
    Fault.GARBLE: ModelUnavailableError,
    Fault.WRONG_SHAPE: ModelUnavailableError,
    Fault.FAIL: ModelUnavailableError,
    Fault.BUSY: ModelUnavailableError,
    Fault.LIMIT: ModelUnavailableError,
    Fault.DENY: ModelAccessError,
    Fault.REJECT: ModelAccessError,
    Fault.MISSING: ModelAccessError,
    Fault.REDIRECT: ModelAccessError,
    Fault.TOO_LONG: PromptTooLongError,
}
ENDINGS = {
    Fault.TRUNCATE: Finish.LENGTH,
    Fault.THINK_ONLY: Finish.STOP,
    Fault.CUT_PROMPT: Finish.STOP,
}


def failing(make: Maker, reply: Reply, *, seconds: float = 20.0) -> ModelError:
    """The error of a model whose server answers with ``reply``."""
    with FaultyServer(reply, api_key=KEY) as server:
        model = make(server, api_key=KEY)

        async def work(model: Model) -> ModelError:
            await model.describe()
            with pytest.raises(ModelError) as caught:
                await model.complete(question(timeout_s=seconds))
            return caught.value

        return using(model, work)


@both
@pytest.mark.parametrize("fault", ERRORS)
def test_a_fault_is_an_error_of_its_kind_that_shows_neither_prompt_nor_key(
    make: Maker, fault: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    reply = Reply(text=CANARY, fault=fault)
    slow = fault in (Fault.STALL, Fault.DRIBBLE)
    error = failing(make, reply, seconds=0.5 if slow else 20.0)
    assert type(error) is ERRORS[fault]
    assert error.where == "ward"
    for secret in (CANARY, "佐藤", KEY):
        assert secret not in texts_of(error)
        assert secret not in caplog.text


def test_every_fault_of_both_protocols_has_its_outcome_here() -> None:
    assert set(Fault) == {*ERRORS, *ENDINGS, Fault.REFUSE, Fault.REFUSE_FIELD, Fault.FILTER}


@both
@pytest.mark.parametrize("fault", ENDINGS)
def test_an_answer_that_is_no_whole_one_says_how_it_ended(make: Maker, fault: Fault) -> None:
    with FaultyServer(Reply(text='{"a": "佐藤"}', thinking="考える", fault=fault)) as server:
        completion = using(make(server), lambda model: model.complete(question()))
    assert completion.finish is ENDINGS[fault]
    assert (
        completion.text
        == {
            Fault.TRUNCATE: '{"a":',
            Fault.THINK_ONLY: "",
            Fault.CUT_PROMPT: '{"a": "佐藤"}',
        }[fault]
    )
    assert completion.thinking == "考える"


@both
def test_a_prompt_that_was_cut_shows_in_the_counted_tokens(make: Maker) -> None:
    with FaultyServer(["a", Reply(text="a", fault=Fault.CUT_PROMPT)]) as server:

        async def work(model: Model) -> list[Completion]:
            return [await model.complete(question()) for _ in range(2)]

        whole, cut = using(make(server), work)
    assert whole.usage.prompt is not None
    assert cut.usage.prompt == whole.usage.prompt // 2


@both
@pytest.mark.parametrize("fault", [Fault.BUSY, Fault.LIMIT])
def test_what_a_busy_server_asks_for_is_handed_on(make: Maker, fault: Fault) -> None:
    error = failing(make, Reply(fault=fault, retry_after="7"))
    assert isinstance(error, ModelUnavailableError)
    assert error.retry_after_s == 7.0


@both
def test_a_date_to_come_back_at_is_handed_on_in_seconds(make: Maker) -> None:
    then = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    error = failing(make, Reply(fault=Fault.BUSY, retry_after=then))
    assert isinstance(error, ModelUnavailableError)
    assert error.retry_after_s is not None
    assert 3000 < error.retry_after_s <= 3600


@both
def test_a_redirect_is_not_followed(make: Maker) -> None:
    with FaultyServer() as elsewhere:
        error = failing(make, Reply(fault=Fault.REDIRECT, location=f"{elsewhere.url}/v1"))
        assert elsewhere.connections == 0
    assert "302" in str(error)
    assert "base_url" in str(error)


@both
def test_nobody_listening_is_an_unavailable_model(make: Maker) -> None:
    with FaultyServer() as server:
        model = make(server)
    with pytest.raises(ModelUnavailableError, match="no connection"):
        using(model, lambda model: model.complete(question()))


@both
@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.FAIL, ModelUnavailableError),
        (Fault.GARBLE, ModelUnavailableError),
        (Fault.WRONG_SHAPE, ModelUnavailableError),
        (Fault.DENY, ModelAccessError),
        (Fault.CLOSE, ModelUnavailableError),
    ],
)
def test_a_server_that_cannot_say_what_it_serves_is_not_sent_a_document(
    make: Maker, fault: Fault, error: type[ModelError]
) -> None:
    with FaultyServer("a", elsewhere=fault) as server:
        with pytest.raises(error):
            using(make(server), lambda model: model.complete(question()))
        assert server.chats == []


@both
def test_a_wrong_key_is_told_apart_and_not_shown(make: Maker) -> None:
    with (
        FaultyServer("a", api_key="another") as server,
        pytest.raises(ModelAccessError, match="api_key_env") as caught,
    ):
        using(make(server, api_key=KEY), lambda model: model.complete(question()))
    assert KEY not in texts_of(caught.value)


@both
def test_cancelling_ends_the_work_at_the_server(make: Maker) -> None:
    with FaultyServer(Reply(fault=Fault.STALL)) as server:

        async def work(model: Model) -> None:
            task = asyncio.create_task(model.complete(question()))
            while not server.chats:
                await asyncio.sleep(0.005)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

        using(make(server), work)
        assert server.wait_until(lambda: server.cancelled == 1)


@both
def test_a_request_that_is_too_late_is_ended_at_the_server_too(make: Maker) -> None:
    with FaultyServer(Reply(fault=Fault.STALL)) as server:
        with pytest.raises(ModelTimeoutError, match=r"within 0\.5 s"):
            using(make(server), lambda model: model.complete(question(timeout_s=0.5)))
        assert server.wait_until(lambda: server.cancelled == 1)


@both
def test_many_requests_run_side_by_side_and_the_model_is_described_once(make: Maker) -> None:
    with FaultyServer(lambda asked: Reply(text=asked.text, delay_s=0.5)) as server:

        async def work(model: Model) -> list[Completion]:
            return await asyncio.gather(
                *(model.complete(question(str(number))) for number in range(32))
            )

        completions = using(make(server), work)
        described = len(server.asked) - len(server.chats)
        assert server.most_in_flight > 8
    assert [completion.text for completion in completions] == [str(n) for n in range(32)]
    assert len({completion.model for completion in completions}) == 1
    assert described <= 3


@both
def test_connections_are_used_again(make: Maker) -> None:
    with FaultyServer("a") as server:

        async def work(model: Model) -> None:
            for _ in range(5):
                await model.complete(question())

        using(make(server), work)
        assert server.connections == 1


@both
def test_a_closed_model_can_be_used_in_another_event_loop(make: Maker) -> None:
    with FaultyServer("a") as server:
        model = make(server)
        for _ in range(2):
            assert using(model, lambda model: model.complete(question())).text == "a"


@both
def test_after_a_lost_connection_the_model_is_described_anew(make: Maker) -> None:
    with FaultyServer([Reply(fault=Fault.CLOSE_AT_ONCE), "a"]) as server:

        async def work(model: Model) -> tuple[Completion, str]:
            with pytest.raises(ModelUnavailableError):
                await model.complete(question())
            server.models = ("tiny", "other")
            await model.complete(question())
            return await model.complete(question()), (await model.describe()).digest

        completion, digest = using(make(server), work)
        asked = [each.path for each in server.asked]
    assert completion.model == digest
    assert asked.count(asked[0]) == 3


@both
def test_a_text_that_is_no_unicode_cannot_be_sent_and_is_not_shown(make: Maker) -> None:
    with FaultyServer("a") as server:
        with pytest.raises(ModelAccessError) as caught:
            using(make(server), lambda model: model.complete(question(f"{CANARY}\ud800")))
        assert server.chats == []
    assert CANARY not in texts_of(caught.value)


@both
def test_an_endless_answer_is_given_up(make: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "_LARGEST_ANSWER", 20_000)
    with FaultyServer("a" * 30_000) as server, pytest.raises(ModelUnavailableError):
        using(make(server), lambda model: model.complete(question(max_tokens=50_000)))
