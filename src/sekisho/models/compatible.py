"""Any server that speaks OpenAI's protocol: llama.cpp, vLLM, SGLang, LM Studio, TGI, the clouds.

The ``openai`` package finds the way to the right path, for Azure too. Everything that decides about
safety (where a request goes, what it carries, what an error may say) is in ``transport``.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlsplit

import httpx

from sekisho.errors import ModelError
from sekisho.models.chat_wire import read_completion, request_body
from sekisho.models.failures import as_model_error
from sekisho.models.remembered import Remembered
from sekisho.models.seam import Abilities, Completion, Description, Locality, Request
from sekisho.models.served import (
    count_by_chat,
    count_by_messages,
    count_by_template,
    describe,
    stated_digest,
)
from sekisho.models.transport import Transport, address, in_time

if TYPE_CHECKING:
    from openai import AsyncOpenAI

_Counter: TypeAlias = Callable[..., Awaitable[int | None]]

__all__ = ["CompatibleModel"]

_OPENAI = "api.openai.com"
_COUNTERS: Mapping[str, Sequence[_Counter]] = {
    "llama.cpp": (count_by_chat, count_by_template),
    "vllm": (count_by_messages,),
}
#: What of a request's body makes the prompt.
_PROMPT_FIELDS = ("model", "messages", "chat_template_kwargs")


class CompatibleModel:
    """A model behind an OpenAI-compatible server at ``base_url`` (as a rule it ends in ``/v1``).

    ``model`` may be empty for a server of one model. ``api_version`` makes it an Azure deployment
    of that name. ``headers`` go out with every request, ``extra`` is merged into the body of a chat
    (a key given twice: ``extra`` counts), ``omit`` names fields of the body that the server
    rejects. An object belongs to one event loop until ``aclose``. Raises ``UsageError`` when the
    address, the key or a header cannot be right.
    """

    def __init__(
        self,
        *,
        name: str,
        base_url: str,
        model: str,
        locality: Locality,
        api_key: str | None,
        abilities: Abilities,
        api_version: str | None = None,
        headers: Mapping[str, str] = {},
        extra: Mapping[str, Any] = {},
        omit: Collection[str] = (),
    ) -> None:
        self.name = name
        self.locality = locality
        self.abilities = abilities
        self._base_url = address(base_url)
        self._model = model
        self._api_version = api_version
        self._extra = dict(extra)
        self._omit = frozenset(omit)
        self._newer = api_version is not None or urlsplit(base_url).hostname == _OPENAI
        self._transport = Transport(
            self._base_url,
            api_key=api_key,
            key_header=None if api_version is None else "api-key",
            headers=headers,
            where=name,
        )
        self._described = Remembered(self._describe)
        self._counters: Sequence[_Counter] | None = None
        self._client: AsyncOpenAI | None = None

    async def complete(self, request: Request) -> Completion:
        """See ``Model.complete``."""
        described = await self._described.get()
        body = self._body(request, described.model)
        if self._client is None:
            self._client = self._opened()
        started = time.perf_counter()
        with self._described.while_there():
            payload = await in_time(
                self._chat(self._client, body), request.timeout_s, where=self.name
            )
        return read_completion(
            payload,
            seconds=time.perf_counter() - started,
            model=described.digest,
            where=self.name,
        )

    async def count(self, request: Request) -> int | None:
        """See ``Model.count``; a model in the cloud is never asked."""
        if self.locality is not Locality.LOCAL:
            return None
        described = await self._described.get()
        if self._counters is None:
            known = _COUNTERS.get(described.server)
            self._counters = known or tuple(chain(*_COUNTERS.values()))
        body = self._body(request, described.model)
        asked = {field: body[field] for field in _PROMPT_FIELDS if field in body}
        for counter in self._counters:
            counted = await counter(
                self._transport, self._base_url, asked, timeout_s=request.timeout_s
            )
            if counted is not None:
                self._counters = (counter,)
                return counted
        self._counters = ()
        return None

    async def describe(self) -> Description:
        """See ``Model.describe``; the server is asked anew each time."""
        return await self._described.ask()

    async def aclose(self) -> None:
        """See ``Model.aclose``. The object can be used again, in another event loop too."""
        self._described.forget()
        await self._transport.aclose()

    def _body(self, request: Request, model: str) -> dict[str, Any]:
        return request_body(
            request,
            model=model,
            abilities=self.abilities,
            local=self.locality is Locality.LOCAL,
            newer=self._newer,
            extra=self._extra,
            omit=self._omit,
        )

    async def _describe(self) -> Description:
        if self._api_version is not None:
            # Azure lists base models, not the deployments that its addresses name.
            stated = {"id": self._model, "api_version": self._api_version}
            return Description(digest=stated_digest(stated), model=self._model, server="azure")
        return await describe(
            self._transport,
            self._base_url,
            model=self._model,
            where=self.name,
            strict=self.locality is Locality.LOCAL,
        )

    async def _chat(self, client: AsyncOpenAI, body: Mapping[str, Any]) -> Any:
        """The body of the server's answer to ``body``."""
        failure: ModelError
        try:
            response = await client.post("/chat/completions", cast_to=httpx.Response, body=body)
            return json.loads(response.content)
        except Exception as error:  # noqa: BLE001  the package's own errors may quote the prompt
            failure = as_model_error(error, where=self.name)
        raise failure

    def _opened(self) -> AsyncOpenAI:
        """The package's client, told everything that it would read out of the environment."""
        import openai

        # Its earlier versions write whole requests into this log, when an environment variable
        # asks for it.
        logging.getLogger("openai").setLevel(logging.WARNING)
        told: dict[str, Any] = {
            "api_key": "set-by-the-transport",
            "organization": "",
            "project": "",
            "max_retries": 0,
            "timeout": None,
            "http_client": httpx.AsyncClient(
                transport=self._transport, trust_env=False, follow_redirects=False, timeout=None
            ),
        }
        if self._api_version is None:
            return openai.AsyncOpenAI(base_url=self._base_url, **told)
        place = self._base_url
        if not place.endswith("/openai") and "/openai/" not in place:
            place += "/openai"
        return openai.AsyncAzureOpenAI(base_url=place, api_version=self._api_version, **told)
