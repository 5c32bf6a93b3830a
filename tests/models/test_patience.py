from __future__ import annotations

import asyncio
import traceback
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.errors import ModelAccessError, ModelTimeoutError, ModelUnavailableError
from sekisho.models.patience import Patient
from sekisho.models.scripted import Act, ScriptedModel, Turn
from sekisho.models.seam import (
    Abilities,
    Completion,
    Description,
    Locality,
    Message,
    Model,
    Request,
)

QUESTION = Request(messages=(Message("user", "佐藤明子0123"),), timeout_s=60)


class Naps:
    """Waits that take no time and are remembered."""

    def __init__(self) -> None:
        self.taken: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.taken.append(seconds)
        await asyncio.sleep(0)


def asking(
    turns: Sequence[Turn | str],
    request: Request = QUESTION,
    *,
    attempts: int = 4,
    total_s: float = 120.0,
    random: float = 1.0,
) -> tuple[Completion | Exception, ScriptedModel, list[float]]:
    """What came of it, the model that was asked, and the waits."""
    model, naps = ScriptedModel(turns), Naps()
    patient = Patient(
        model,
        in_flight=2,
        attempts=attempts,
        total_s=total_s,
        sleep=naps,
        random=lambda: random,
    )
    try:
        return asyncio.run(patient.complete(request)), model, naps.taken
    except (ModelUnavailableError, ModelTimeoutError, ModelAccessError) as error:
        return error, model, naps.taken


def test_it_is_a_model_and_what_it_does_not_change_passes_through() -> None:
    inside = ScriptedModel(["x"], name="small", abilities=Abilities(context=9))
    patient: Model = Patient(inside, in_flight=1)
    assert isinstance(patient, Model)
    assert (patient.name, patient.locality) == ("small", Locality.LOCAL)
    assert patient.abilities == Abilities(context=9)
    patient.abilities = Abilities(context=7)
    assert inside.abilities == Abilities(context=7)

    async def use() -> tuple[int | None, Description]:
        used = await patient.count(QUESTION), await patient.describe()
        await patient.aclose()
        return used

    counted, description = asyncio.run(use())
    assert counted == 8
    assert description.server == "scripted"
    assert inside.closed


@pytest.mark.parametrize("act", [Act.CLOSE, Act.FAIL, Act.BUSY])
def test_another_try_is_made_where_it_may_help(act: Act) -> None:
    result, model, waits = asking([Turn(act), Turn(act), "good"])
    assert isinstance(result, Completion)
    assert result.text == "good"
    assert len(model.asked) == 3
    assert waits == [0.5, 1.0]


def test_it_is_given_up_after_the_last_attempt() -> None:
    result, model, waits = asking([Turn(Act.FAIL)])
    assert isinstance(result, ModelUnavailableError)
    assert "HTTP 500); given up after 4 attempts" in str(result)
    assert (len(model.asked), waits) == (4, [0.5, 1.0, 2.0])


def test_it_is_given_up_when_all_waits_would_be_too_long() -> None:
    result, model, waits = asking([Turn(Act.FAIL)], attempts=100, total_s=13)
    assert isinstance(result, ModelUnavailableError)
    assert sum(waits) <= 13
    assert len(model.asked) == len(waits) + 1 == 5


def test_a_single_attempt_waits_for_nothing() -> None:
    result, model, waits = asking([Turn(Act.BUSY)], attempts=1)
    assert "given up after 1 attempt" in str(result)
    assert (len(model.asked), waits) == (1, [])


def test_the_wait_that_a_server_asks_for_is_kept() -> None:
    _, _, waits = asking([Turn(Act.BUSY, retry_after_s=7.5), "good"])
    assert waits == [7.5]


def test_a_server_that_asks_for_too_long_a_wait_is_given_up_at_once() -> None:
    result, model, waits = asking([Turn(Act.BUSY, retry_after_s=31)])
    assert isinstance(result, ModelUnavailableError)
    assert "as it asks to wait 31 s" in str(result)
    assert result.retry_after_s == 31
    assert (len(model.asked), waits) == (1, [])


@given(st.floats(0, 1), st.integers(1, 3000))
def test_waits_grow_to_the_longest_and_are_never_less_than_half_of_it(
    random: float, failed: int
) -> None:
    patient = Patient(ScriptedModel(["x"]), in_flight=1, attempts=10_000, random=lambda: random)
    wait = patient._wait(ModelUnavailableError("busy"), failed)
    longest = min(30.0, 0.5 * 2.0 ** min(failed - 1, 60))
    assert longest / 2 <= wait <= longest


def test_waits_differ_among_clients_in_an_order_that_can_be_repeated() -> None:
    def waits() -> list[float]:
        naps = Naps()
        patient = Patient(ScriptedModel([Turn(Act.FAIL)]), in_flight=1, sleep=naps)
        with pytest.raises(ModelUnavailableError):
            asyncio.run(patient.complete(QUESTION))
        return naps.taken

    first = waits()
    assert first == waits()
    assert first != [0.5, 1.0, 2.0]


def test_a_model_that_takes_too_long_is_asked_once_more_only() -> None:
    short = Request(messages=QUESTION.messages, timeout_s=0.02)
    result, model, _ = asking([Turn(Act.STALL)], short, attempts=9)
    assert isinstance(result, ModelTimeoutError)
    assert "0.02 s" in str(result)
    assert model.cancelled == len(model.asked) == 2
    again, _, _ = asking([Turn(Act.STALL), "good"], short)
    assert isinstance(again, Completion)


def test_what_another_try_cannot_mend_is_passed_on() -> None:
    def refused(_: Request) -> Turn:
        raise ModelAccessError("the server does not accept the key")

    model = ScriptedModel(refused)
    with pytest.raises(ModelAccessError):
        asyncio.run(Patient(model, in_flight=1).complete(QUESTION))
    assert len(model.asked) == 1


class Counting(ScriptedModel):
    """Knows how many requests it works on at most at the same time."""

    at_once = most = 0

    async def complete(self, request: Request) -> Completion:
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        try:
            return await super().complete(request)
        finally:
            self.at_once -= 1


def test_no_more_requests_than_allowed_are_in_flight_in_any_event_loop() -> None:
    model = Counting([Turn(Act.ANSWER, "x", seconds=0.001)])
    patient = Patient(model, in_flight=3)

    async def many() -> None:
        await asyncio.gather(*(patient.complete(QUESTION) for _ in range(20)))

    asyncio.run(many())
    asyncio.run(many())
    assert model.most == 3
    assert len(model.asked) == 40


def test_a_request_that_waits_for_its_next_try_leaves_its_place_to_another() -> None:
    answered = asyncio.Event()

    async def until_the_other_is_answered(_: float) -> None:
        await answered.wait()

    async def both() -> list[str]:
        model = ScriptedModel([Turn(Act.BUSY), "second", "first"])
        patient = Patient(model, in_flight=1, sleep=until_the_other_is_answered)
        waiting = asyncio.create_task(patient.complete(QUESTION))
        await asyncio.sleep(0)
        other = await patient.complete(QUESTION)
        answered.set()
        return [other.text, (await waiting).text]

    async def in_time() -> list[str]:
        async with asyncio.timeout(30):
            return await both()

    assert asyncio.run(in_time()) == ["second", "first"]


@pytest.mark.parametrize("turn", [Turn(Act.STALL), Turn(Act.BUSY)])
def test_cancelling_ends_it_at_once_and_frees_the_place(turn: Turn) -> None:
    async def cancelled() -> str:
        model = ScriptedModel([turn, "good"])
        patient = Patient(model, in_flight=1, first_wait_s=30)
        task = asyncio.create_task(patient.complete(QUESTION))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return (await patient.complete(QUESTION)).text

    assert asyncio.run(cancelled()) == "good"


class Starting(ScriptedModel):
    """A server that counts and describes only when asked the second time."""

    started = False

    async def count(self, request: Request) -> int | None:
        self._start()
        return await super().count(request)

    async def describe(self) -> Description:
        self._start()
        return await super().describe()

    def _start(self) -> None:
        if not self.started:
            self.started = True
            raise ModelUnavailableError("the server is starting")


def test_counting_and_describing_are_as_patient() -> None:
    assert asyncio.run(Patient(Starting(["x"]), in_flight=1, sleep=Naps()).count(QUESTION)) == 8
    described = asyncio.run(Patient(Starting(["x"]), in_flight=1, sleep=Naps()).describe())
    assert described.server == "scripted"


def test_counting_needs_no_place_in_flight() -> None:
    async def counted() -> int | None:
        patient = Patient(ScriptedModel([Turn(Act.STALL)]), in_flight=1)
        task = asyncio.create_task(patient.complete(QUESTION))
        await asyncio.sleep(0)
        async with asyncio.timeout(30):
            count = await patient.count(QUESTION)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return count

    assert asyncio.run(counted()) == 8


def test_no_error_tells_anything_of_the_prompt() -> None:
    result, _, _ = asking([Turn(Act.CLOSE, "佐藤明子0123")])
    assert isinstance(result, Exception)
    assert "佐藤" not in "".join(traceback.format_exception(result))
