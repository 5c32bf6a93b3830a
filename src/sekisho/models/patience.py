"""Patience with a server: not too many requests at once, and another try when one may help.

A server that is busy, restarts or drops a connection costs time and no document. What another try
cannot mend (a wrong key, a prompt that is too long) is passed on at once.
"""

from __future__ import annotations

import asyncio
import os
import random as randomness
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import TypeVar

from sekisho.errors import ModelTimeoutError, ModelUnavailableError
from sekisho.models.seam import Completion, Description, Model, Request
from sekisho.models.wrapper import Places, Wrapper

__all__ = ["Patient"]

T = TypeVar("T")

_MOST_DOUBLINGS = 60


class Patient(Wrapper):
    """``model``, asked with at most ``in_flight`` requests at once in each event loop.

    After ``ModelUnavailableError`` there are up to ``attempts`` in all. The wait before the n-th
    further one is ``first_wait_s`` times two to the n-1, at most ``longest_wait_s``, and of that a
    random half to whole, so that many clients do not come back as one; at least what the server
    asks for. It is given up at once when the server asks for more than ``longest_wait_s``, or when
    all waits would be longer than ``total_s``. An attempt that takes longer than the request's
    ``timeout_s`` is a ``ModelTimeoutError``, and that is tried once more only.

    ``random`` gives numbers from 0 to 1; by default they are seeded with the number of the process,
    for the workers of a run share a server.
    """

    def __init__(
        self,
        model: Model,
        *,
        in_flight: int,
        attempts: int = 4,
        first_wait_s: float = 0.5,
        longest_wait_s: float = 30.0,
        total_s: float = 120.0,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        random: Callable[[], float] | None = None,
    ) -> None:
        super().__init__(model)
        self._places = Places(in_flight)
        self._attempts = attempts
        self._first_wait_s = first_wait_s
        self._longest_wait_s = longest_wait_s
        self._total_s = total_s
        self._sleep = sleep
        self._random = random or randomness.Random(os.getpid()).random

    async def complete(self, request: Request) -> Completion:
        """See ``Model``; as patient as the class says."""
        place = self._places.here()
        return await self._patiently(
            lambda: self._inside.complete(request), request.timeout_s, place
        )

    async def count(self, request: Request) -> int | None:
        """See ``Model``; as patient as the class says, but without a place in flight."""
        return await self._patiently(lambda: self._inside.count(request), request.timeout_s)

    async def describe(self) -> Description:
        """See ``Model``; as patient, without a place, and with the client's own time limit."""
        return await self._patiently(self._inside.describe, None)

    async def ask(self, call: Callable[[], Awaitable[T]], timeout_s: float) -> T:
        """What ``call`` gives, another question than the seam's; in a place, and as patient."""
        return await self._patiently(call, timeout_s, self._places.here())

    async def _patiently(
        self,
        call: Callable[[], Awaitable[T]],
        timeout_s: float | None,
        place: AbstractAsyncContextManager[None] | None = None,
    ) -> T:
        waited = 0.0
        failed = timed_out = 0
        while True:
            try:
                async with place or nullcontext():
                    return await self._in_time(call, timeout_s)
            except ModelTimeoutError:
                timed_out += 1
                if timed_out > 1:
                    raise
            except ModelUnavailableError as error:
                failed += 1
                wait = self._wait(error, failed)
                if waited + wait > self._total_s:
                    raise _given_up(f" after waiting {waited:.0f} s", error, self.name) from None
                # Here, where the place is free again for another request.
                waited += wait
                await self._sleep(wait)

    async def _in_time(self, call: Callable[[], Awaitable[T]], timeout_s: float | None) -> T:
        try:
            async with asyncio.timeout(timeout_s):
                return await call()
        except TimeoutError:
            raise ModelTimeoutError(
                f"no answer within {timeout_s:g} s" if timeout_s else "no answer in time",
                where=self.name,
                remedy="give it more time with timeout_s, or fewer requests with in_flight",
            ) from None

    def _wait(self, error: ModelUnavailableError, failed: int) -> float:
        """Seconds before the next try. Raises ``ModelUnavailableError`` when there is none."""
        if failed >= self._attempts:
            times = "attempt" if failed == 1 else "attempts"
            raise _given_up(f" after {failed} {times}", error, self.name) from None
        asked = error.retry_after_s or 0.0
        if asked > self._longest_wait_s:
            raise _given_up(f", as it asks to wait {asked:.0f} s", error, self.name) from None
        doublings = min(failed - 1, _MOST_DOUBLINGS)
        longest = min(self._longest_wait_s, self._first_wait_s * 2.0**doublings)
        return max(asked, longest * (0.5 + 0.5 * self._random()))


def _given_up(why: str, error: ModelUnavailableError, name: str) -> ModelUnavailableError:
    last = ModelUnavailableError(
        f"{error.message}; given up{why}", where=error.where or name, remedy=error.remedy
    )
    last.retry_after_s = error.retry_after_s
    return last
