"""Both kinds of model over HTTP, made for a ``FaultyServer``, and what their tests share."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, TypeAlias, TypeVar

from faulty_server import FaultyServer

from sekisho.errors import SekishoError
from sekisho.models.compatible import CompatibleModel
from sekisho.models.ollama import OllamaModel
from sekisho.models.seam import Abilities, Locality, Message, Model, Request, SchemaMeans

__all__ = [
    "CANARY",
    "KEY",
    "Maker",
    "compatible",
    "native",
    "question",
    "texts_of",
    "using",
]

Maker: TypeAlias = Callable[..., Model]
T = TypeVar("T")

#: Stands in every prompt; the fake's error bodies quote it.
CANARY = "佐藤明子0312345678"
KEY = "sk-canary-of-the-key"


def compatible(server: FaultyServer, **chosen: Any) -> CompatibleModel:
    """An OpenAI-compatible model at ``server``."""
    usual: dict[str, Any] = {
        "name": "ward",
        "base_url": f"{server.url}/v1",
        "model": "tiny",
        "locality": Locality.LOCAL,
        "api_key": None,
        "abilities": Abilities(schema=SchemaMeans.JSON_SCHEMA),
    }
    return CompatibleModel(**(usual | chosen))


def native(server: FaultyServer, **chosen: Any) -> OllamaModel:
    """A model of the Ollama that ``server`` plays."""
    usual: dict[str, Any] = {
        "name": "ward",
        "base_url": server.url,
        "model": "tiny",
        "locality": Locality.LOCAL,
        "abilities": Abilities(schema=SchemaMeans.FORMAT, context=4096),
    }
    return OllamaModel(**(usual | chosen))


def question(text: str = CANARY, **chosen: Any) -> Request:
    """A request that holds the canary."""
    return Request(messages=(Message("system", "答えよ"), Message("user", text)), **chosen)


def using(model: Model, work: Callable[[Model], Awaitable[T]]) -> T:
    """What ``work`` gives with ``model``, which is closed afterwards."""

    async def whole() -> T:
        try:
            return await work(model)
        finally:
            await model.aclose()

    return asyncio.run(whole())


def texts_of(error: SekishoError) -> str:
    """Everything that a careless log could show of ``error`` and of what caused it."""
    return "\n".join(
        [*traceback.format_exception(error)]
        + [
            f"{each} {each!r} {each.args!r} {vars(each)!r} {type(each).__name__}"
            for each in _chain(error)
        ]
    )


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
