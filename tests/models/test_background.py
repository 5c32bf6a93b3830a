"""Work that goes on beside the program, and ends when it is told to."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError
from typing import Any

import pytest

from sekisho.models.background import Background


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "sekisho-models"]


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.005)


async def doubled(number: int) -> int:
    await asyncio.sleep(0)
    return 2 * number


async def failing() -> None:
    raise LookupError("gone")


def test_work_is_done_beside_and_its_result_waited_for() -> None:
    background = Background()
    futures = [background.submit(doubled(number)) for number in range(20)]
    assert [future.result(60) for future in futures] == [2 * number for number in range(20)]
    background.close()


def test_no_thread_is_started_before_there_is_work_and_none_is_left() -> None:
    before = len(threads())
    background = Background()
    assert len(threads()) == before
    background.submit(doubled(1)).result(60)
    assert len(threads()) == before + 1
    background.close()
    assert len(threads()) == before


def test_all_work_shares_one_loop() -> None:
    async def loop() -> asyncio.AbstractEventLoop:
        return asyncio.get_running_loop()

    background = Background()
    first, second = background.submit(loop()).result(60), background.submit(loop()).result(60)
    assert first is second
    background.close()
    assert first.is_closed()


def test_an_error_is_raised_to_whoever_waits() -> None:
    background = Background()
    with pytest.raises(LookupError, match="gone"):
        background.submit(failing()).result(60)
    assert background.submit(doubled(1)).result(60) == 2
    background.close()


def stalling() -> tuple[Callable[[], Coroutine[Any, Any, None]], list[str]]:
    """Work that never ends by itself, and notes how it ends."""
    log: list[str] = []

    async def stall() -> None:
        log.append("began")
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            log.append("cancelled")
            raise

    return stall, log


def test_cancelling_the_future_cancels_the_work() -> None:
    stall, log = stalling()
    background = Background()
    future = background.submit(stall())
    until(lambda: log == ["began"])
    assert future.cancel()
    until(lambda: log == ["began", "cancelled"])
    background.close()


def test_closing_cancels_what_is_under_way_and_then_gives_back() -> None:
    stall, log = stalling()
    loops = []

    async def closing() -> None:
        loops.append(asyncio.get_running_loop())
        log.append("closing")

    background = Background(closing)
    futures = [background.submit(stall()) for _ in range(3)]
    until(lambda: log == ["began"] * 3)
    background.close()
    assert log == ["began"] * 3 + ["cancelled"] * 3 + ["closing"]
    assert loops[0].is_closed()
    for future in futures:
        with pytest.raises(CancelledError):
            future.result(60)


def test_work_submitted_just_before_closing_is_ended_too() -> None:
    stall, _ = stalling()
    for _ in range(20):
        background = Background()
        future = background.submit(stall())
        background.close()
        with pytest.raises(CancelledError):
            future.result(60)


def test_closing_twice_or_before_any_work_does_nothing() -> None:
    calls = []

    async def closing() -> None:
        calls.append(1)

    background = Background(closing)
    background.close()
    background.submit(doubled(1)).result(60)
    background.close()
    background.close()
    assert calls == [1]


def test_more_work_after_closing_starts_anew() -> None:
    background = Background()
    assert background.submit(doubled(1)).result(60) == 2
    background.close()
    assert background.submit(doubled(2)).result(60) == 4
    background.close()


def test_work_that_does_not_mind_being_cancelled_is_waited_for() -> None:
    log = []

    async def stubborn() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await asyncio.sleep(0.05)
            log.append("tidied up")

    background = Background()
    background.submit(stubborn())
    time.sleep(0)
    background.submit(doubled(1)).result(60)
    background.close()
    assert log == ["tidied up"]


def test_threads_that_begin_at_once_share_one_loop() -> None:
    before = len(threads())
    background = Background()
    ready = threading.Barrier(8, timeout=60)
    results = []

    def submit(number: int) -> None:
        ready.wait()
        results.append(background.submit(doubled(number)).result(60))

    workers = [threading.Thread(target=submit, args=(number,)) for number in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(results) == [2 * number for number in range(8)]
    assert len(threads()) == before + 1
    background.close()


def test_an_error_while_giving_back_is_told_and_leaves_no_thread() -> None:
    async def closing() -> None:
        raise LookupError("gone")

    before = len(threads())
    background = Background(closing)
    background.submit(doubled(1)).result(60)
    with pytest.raises(LookupError):
        background.close()
    assert len(threads()) == before
