"""A model around another one: what a wrapper does not change passes through."""

from __future__ import annotations

import asyncio
from weakref import WeakKeyDictionary

from sekisho.models.seam import Abilities, Completion, Description, Locality, Model, Request

__all__ = ["Places", "Wrapper"]


class Places:
    """So many places in each event loop, which come into being when first asked for.

    What asyncio keeps tasks apart with belongs to one loop, and a model may be used from several,
    one after the other.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._made: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = (
            WeakKeyDictionary()
        )

    def here(self) -> asyncio.Semaphore:
        """The places of the running loop."""
        return self._made.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(self._count))


class Wrapper:
    """The seam, each part of it answered by the model inside."""

    def __init__(self, model: Model) -> None:
        self._inside = model
        self.name: str = model.name
        self.locality: Locality = model.locality
        self._described: Description | None = None
        self._describing = Places(1)

    @property
    def abilities(self) -> Abilities:
        """Those of the model inside, as they are now."""
        return self._inside.abilities

    @abilities.setter
    def abilities(self, abilities: Abilities) -> None:
        self._inside.abilities = abilities

    async def complete(self, request: Request) -> Completion:
        """See ``Model``."""
        return await self._inside.complete(request)

    async def count(self, request: Request) -> int | None:
        """See ``Model``."""
        return await self._inside.count(request)

    async def describe(self) -> Description:
        """See ``Model``."""
        return await self._inside.describe()

    async def aclose(self) -> None:
        """See ``Model``."""
        await self._inside.aclose()

    async def described(self) -> Description:
        """What ``describe`` said when it was asked first."""
        if self._described is None:
            async with self._describing.here():
                if self._described is None:
                    self._described = await self._inside.describe()
        return self._described
