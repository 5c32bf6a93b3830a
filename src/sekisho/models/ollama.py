"""Ollama by its own API, which can do what its OpenAI-compatible one cannot.

The context is asked for with every request, and so is that nothing be cut: Ollama otherwise drops
the beginning of a prompt that is longer, or of a conversation that grows longer, without a word.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any

from sekisho.errors import CloudModelError, ModelAccessError, UsageError
from sekisho.models.failures import unreadable
from sekisho.models.remembered import Remembered
from sekisho.models.seam import (
    Abilities,
    Completion,
    Description,
    Finish,
    Locality,
    Request,
    SchemaMeans,
    Usage,
)
from sekisho.models.served import DESCRIBE_TIMEOUT_S, stated_digest
from sekisho.models.stated import amount, answer_tokens, mapping, text
from sekisho.models.thinking import split_thinking
from sekisho.models.transport import Transport, address

__all__ = ["OllamaModel"]

#: Asked for when the configuration states none: Ollama's own choice differs by machine.
_USUAL_CONTEXT = 8192
_FINISHES = {"stop": Finish.STOP, "length": Finish.LENGTH}
#: What Ollama states of a model that runs elsewhere.
_REMOTE = ("remote_host", "remote_model")
_VERSION = re.compile(r"[0-9A-Za-z.+-]{1,40}")


class OllamaModel:
    """The model that the Ollama at ``base_url`` calls ``model``.

    ``abilities.context`` is the context that is asked for, in tokens. ``keep_alive`` is how long
    the model stays loaded after an answer. ``think`` is sent with every request: for models that
    know levels of thinking or cannot be told to stop; None follows each request. An object belongs
    to one event loop until ``aclose``. Raises ``UsageError`` when the address or the key cannot be
    right, and ``CloudModelError`` for a model that Ollama would run at its makers'.
    """

    def __init__(
        self,
        *,
        name: str,
        base_url: str,
        model: str,
        locality: Locality,
        abilities: Abilities,
        api_key: str | None = None,
        keep_alive: str = "10m",
        think: bool | str | None = None,
    ) -> None:
        self.name = name
        self.locality = locality
        self.abilities = abilities
        self._base_url = address(base_url)
        self._model = model
        self._keep_alive = _duration(keep_alive)
        self._think = think
        if re.search(r"(^|[:-])cloud$", model):
            self._refuse_cloud()
        self._transport = Transport(
            self._base_url,
            api_key=api_key,
            where=name,
            missing=f"ollama pull {model}",
        )
        self._described = Remembered(self._describe)
        #: Whether the model can think; None when the server does not say.
        self._thinks: bool | None = None

    async def complete(self, request: Request) -> Completion:
        """See ``Model.complete``."""
        described = await self._described.get()
        body = self._body(request)
        started = time.perf_counter()
        with self._described.while_there():
            payload = await self._transport.json(
                "POST", f"{self._base_url}/api/chat", body=body, timeout_s=request.timeout_s
            )
        return _read(
            payload,
            seconds=time.perf_counter() - started,
            model=described.digest,
            where=self.name,
        )

    async def count(self, request: Request) -> int | None:
        """None: Ollama does not count tokens for others."""
        return None

    async def describe(self) -> Description:
        """See ``Model.describe``; the server is asked anew each time."""
        return await self._described.ask()

    async def aclose(self) -> None:
        """See ``Model.aclose``. The object can be used again, in another event loop too."""
        self._described.forget()
        await self._transport.aclose()

    def _body(self, request: Request) -> dict[str, Any]:
        options: dict[str, Any] = {
            "num_ctx": self.abilities.context or _USUAL_CONTEXT,
            "num_predict": request.max_tokens + request.thinking_tokens,
            "temperature": request.temperature,
            "top_p": request.top_p,
            # Ollama's own default punishes what was written before, and copies are just that.
            "repeat_penalty": 1.0,
        }
        if self.abilities.seed is not False:
            options["seed"] = request.seed
        body: dict[str, Any] = {
            "model": self._model,
            "messages": [
                {"role": message.role, "content": message.content} for message in request.messages
            ],
            "stream": False,
            "truncate": False,
            "shift": False,
            "keep_alive": self._keep_alive,
            "think": self._thinking(request),
            "options": options,
        }
        if request.top_logprobs is not None and self.abilities.logprobs is not False:
            body |= {"logprobs": True, "top_logprobs": request.top_logprobs}
        form = _format(request.schema, self.abilities.schema)
        return body if form is None else body | {"format": form}

    def _thinking(self, request: Request) -> bool | str:
        if self._think is not None:
            return self._think
        # A model that cannot think rejects a request that wants it to.
        return request.thinking_tokens > 0 and self._thinks is not False

    async def _describe(self) -> Description:
        tags = mapping(await self._ask("GET", "/api/tags")).get("models")
        if not isinstance(tags, list):
            raise unreadable(self.name, "it is no list of models")
        wanted = self._model if ":" in self._model else f"{self._model}:latest"
        for entry in map(mapping, tags):
            if wanted in (entry.get("name"), entry.get("model")):
                break
        else:
            raise ModelAccessError(
                f"Ollama has no model {self._model!r}",
                where=self.name,
                remedy=f"ollama pull {self._model}",
            )
        shown = mapping(await self._ask("POST", "/api/show", {"model": self._model}))
        if any(stated.get(key) for stated in (entry, shown) for key in _REMOTE):
            self._refuse_cloud()
        capabilities = shown.get("capabilities")
        self._thinks = "thinking" in capabilities if isinstance(capabilities, list) else None
        context = self.abilities.context or _USUAL_CONTEXT
        info = mapping(shown.get("model_info"))
        trained = [amount(info[key]) for key in info if key.endswith(".context_length")]
        digest = text(entry.get("digest")).removeprefix("sha256:")
        version = text(mapping(await self._ask("GET", "/api/version")).get("version"))
        return Description(
            digest=f"sha256:{digest}" if digest else stated_digest({"id": wanted, "info": info}),
            model=self._model,
            server=f"ollama {version}" if _VERSION.fullmatch(version) else "ollama",
            # Ollama gives a model no more context than it was trained with.
            context=min([context, *filter(None, trained)]),
        )

    async def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        return await self._transport.json(
            method, self._base_url + path, body=body, timeout_s=DESCRIBE_TIMEOUT_S
        )

    def _refuse_cloud(self) -> None:
        if self.locality is Locality.LOCAL:
            raise CloudModelError(
                "Ollama would send the document to a model outside, although it runs here itself",
                where=self.name,
                remedy="pull a model that runs on this machine",
            )


def _format(schema: Mapping[str, Any] | None, means: SchemaMeans) -> Any:
    if schema is None or means is SchemaMeans.NONE:
        return None
    if means is SchemaMeans.FORMAT:
        return dict(schema)
    if means is SchemaMeans.JSON_OBJECT:
        return "json"
    raise UsageError(
        f"Ollama's own API cannot be given a schema by {means.value!r}",
        remedy="state kind = 'openai' for an OpenAI-compatible server",
    )


def _read(payload: object, *, seconds: float, model: str, where: str) -> Completion:
    """The completion in an answer's body. Raises ``ModelUnavailableError`` when there is none."""
    stated = mapping(payload)
    message = mapping(stated.get("message"))
    if not isinstance(message.get("content"), str) or stated.get("done") is not True:
        raise unreadable(where, "it holds no whole message")
    inline, answer = split_thinking(message["content"])
    thinking = "\n".join(part for part in (text(message.get("thinking")), inline) if part)
    finish = _FINISHES.get(text(stated.get("done_reason")), Finish.OTHER)
    return Completion(
        text=answer,
        finish=Finish.OTHER if message.get("tool_calls") else finish,
        usage=Usage(
            prompt=amount(stated.get("prompt_eval_count")), answer=amount(stated.get("eval_count"))
        ),
        thinking=thinking,
        tokens=answer_tokens(stated.get("logprobs"), answer=answer, thinking=thinking),
        seconds=seconds,
        model=model,
    )


def _duration(keep_alive: str) -> str | int:
    """As Ollama reads it: a number counts seconds, and only as a number."""
    return int(keep_alive) if re.fullmatch(r"-?[0-9]+", keep_alive) else keep_alive
