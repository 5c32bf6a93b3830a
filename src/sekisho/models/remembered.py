"""A value that is asked for once, however many tasks want it at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from sekisho.errors import ModelUnavailableError

__all__ = ["Remembered"]

T = TypeVar("T")


class Remembered(Generic[T]):
    """The value that ``ask`` gives; who comes while it is being asked waits for that answer.

    An error is not remembered: whoever comes next asks again.
    """

    def __init__(self, ask: Callable[[], Awaitable[T]]) -> None:
        self._ask = ask
        self._value: T | None = None
        self._asking = asyncio.Lock()

    async def get(self) -> T:
        """The value, asked for when it is not known."""
        if self._value is None:
            async with self._asking:
                if self._value is None:
                    self._value = await self._ask()
        return self._value

    async def ask(self) -> T:
        """The value, asked for anew."""
        self._value = await self._ask()
        return self._value

    @contextmanager
    def while_there(self) -> Iterator[None]:
        """Forgets the value when the server is lost: it may come back with another model.

        One that only asks to wait is still there.
        """
        try:
            yield
        except ModelUnavailableError as error:
            if error.retry_after_s is None:
                self.forget()
            raise

    def forget(self) -> None:
        """Lets the next ``get`` ask, in whatever event loop that is."""
        self._value = None
        self._asking = asyncio.Lock()
