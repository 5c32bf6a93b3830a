"""An event loop beside the program: work that waits for a model goes on while the rest works."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import CancelledError, Future
from typing import Any, TypeVar

from sekisho.errors import ModelUnavailableError

__all__ = ["Background"]

T = TypeVar("T")

_LONGEST_END_S = 30.0


class Background:
    """A thread with an event loop of its own, started when first needed.

    ``closing`` is awaited in the loop when it ends, to give connections back.
    """

    def __init__(self, closing: Callable[[], Awaitable[None]] | None = None) -> None:
        self._closing = closing
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._guard = threading.Lock()

    def submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Begin ``work``; cancelling the future cancels it."""
        with self._guard:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(
                    target=self._loop.run_forever, name="sekisho-models", daemon=True
                )
                self._thread.start()
            return asyncio.run_coroutine_threadsafe(work, self._loop)

    def begin(self, work: Coroutine[Any, Any, T]) -> Callable[[], T]:
        """Begin ``work``; the result waits for its end and gives what it gave, or raises.

        Raises ``ModelUnavailableError`` when it was given up.
        """
        future = self.submit(work)
        return lambda: _heard(future)

    def close(self) -> None:
        """Cancel what is under way and end the thread; more work starts a new one."""
        with self._guard:
            loop, thread, self._loop, self._thread = self._loop, self._thread, None, None
        if loop is None or thread is None:
            return
        ending = asyncio.run_coroutine_threadsafe(self._end(), loop)
        try:
            ending.result(_LONGEST_END_S)
        except TimeoutError:
            # A server that does not even let go; the connection ends with the process.
            ending.cancel()
        finally:
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()

    async def _end(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        if self._closing is not None:
            await self._closing()
        await asyncio.get_running_loop().shutdown_asyncgens()
        await asyncio.get_running_loop().shutdown_default_executor()


def _heard(future: Future[T]) -> T:
    try:
        return future.result()
    except CancelledError:
        raise ModelUnavailableError("the reading was given up") from None
    finally:
        # Whoever waited may have been interrupted; the server need not go on.
        future.cancel()
