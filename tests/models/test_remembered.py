from __future__ import annotations

import asyncio

import pytest

from sekisho.errors import ModelUnavailableError
from sekisho.models.remembered import Remembered


class Asking:
    """Counts how often it is asked; the first ``failing`` times in vain."""

    def __init__(self, failing: int = 0) -> None:
        self.times = 0
        self.failing = failing

    async def __call__(self) -> int:
        self.times += 1
        await asyncio.sleep(0)
        if self.times <= self.failing:
            raise ModelUnavailableError("busy")
        return self.times


def test_who_comes_while_it_is_being_asked_waits_for_that_answer() -> None:
    async def work() -> list[int]:
        value = Remembered(asking)
        return await asyncio.gather(*(value.get() for _ in range(8)))

    asking = Asking()
    assert asyncio.run(work()) == [1] * 8


def test_an_error_is_not_remembered() -> None:
    async def work() -> int:
        value = Remembered(Asking(failing=1))
        with pytest.raises(ModelUnavailableError):
            await value.get()
        return await value.get()

    assert asyncio.run(work()) == 2


def test_who_was_cancelled_while_asking_leaves_the_question_to_the_next() -> None:
    async def work() -> int:
        value = Remembered(Asking())
        first = asyncio.create_task(value.get())
        second = asyncio.create_task(value.get())
        await asyncio.sleep(0)
        first.cancel()
        return await second

    assert asyncio.run(work()) == 2


def test_a_forgotten_value_is_asked_for_again_in_any_event_loop() -> None:
    value = Remembered(Asking())
    seen = []
    for _ in range(2):
        seen.append(asyncio.run(value.get()))
        value.forget()
    assert seen == [1, 2]
