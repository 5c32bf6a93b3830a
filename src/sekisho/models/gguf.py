"""A GGUF file as a model, run in this process by llama.cpp: no server to install or to start."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sekisho.errors import (
    ModelAccessError,
    ModelError,
    ModelTimeoutError,
    ModelUnavailableError,
    PromptTooLongError,
)
from sekisho.models.chat_wire import read_completion, request_body
from sekisho.models.gguf_header import trained_context
from sekisho.models.llama_engine import Engine, Loading, borrow, digest_of, give_back
from sekisho.models.seam import (
    Abilities,
    Completion,
    Description,
    Locality,
    Request,
    SchemaMeans,
    Token,
)
from sekisho.models.stated import amount, mapping, text

__all__ = ["GgufModel"]

_TOO_LONG = "exceed_context_size_error"
#: A stream can be ended at each of its chunks, a request for a whole answer not at all.
_STREAMED = {"stream": True, "stream_options": {"include_usage": True}, "return_progress": True}


class GgufModel:
    """The model in the file ``path``, loaded when first asked, once for the whole process.

    ``context`` counts tokens of prompt and answer together in each of ``slots``, the number of
    requests worked on at once; more wait. It is never more than the model was trained for.
    ``threads`` None: as many as there are physical cores. ``gpu_layers`` -1: all that fit. Models
    of one file and the same sizes share one engine.

    It can be used from several event loops, one after the other or at once.
    """

    locality = Locality.LOCAL

    def __init__(
        self,
        *,
        name: str,
        path: Path,
        context: int = 8192,
        slots: int = 4,
        threads: int | None = None,
        gpu_layers: int = -1,
        abilities: Abilities | None = None,
    ) -> None:
        self.name = name
        self.abilities = abilities or Abilities(
            schema=SchemaMeans.JSON_SCHEMA, logprobs=True, seed=True, context=context, slots=slots
        )
        self._wanted = Loading(
            path=path.absolute(),
            context=context,
            slots=slots,
            threads=threads,
            gpu_layers=gpu_layers,
        )
        self._loading = self._wanted
        self._engine: Engine | None = None
        self._digest = ""
        self._guard = threading.Lock()

    async def complete(self, request: Request) -> Completion:
        """The model's answer; see the seam.

        Cancelled or out of time, the request gives its slot back at its next token. Loading takes
        nothing of ``timeout_s``.
        """
        engine = await self._loaded()
        started = time.perf_counter()
        received = _Received()
        stop = threading.Event()
        failure: ModelError
        try:
            async with asyncio.timeout(request.timeout_s):
                work = engine.begin(self._body(request) | _STREAMED, received.take, stop)
                await asyncio.wrap_future(work)
            seconds = time.perf_counter() - started
            return received.completion(request, seconds, self._digest, self.name)
        except TimeoutError:
            failure = ModelTimeoutError(
                f"no answer within {request.timeout_s:g} s",
                where=self.name,
                remedy="raise timeout_s",
            )
        except ModelError as error:
            failure = error
        except ValueError:
            failure = ModelAccessError("llama.cpp does not accept the request", where=self.name)
        except Exception as error:  # noqa: BLE001  its text may quote the prompt: its class is told
            kind = type(error).__name__
            failure = ModelUnavailableError(f"llama.cpp failed ({kind})", where=self.name)
        finally:
            stop.set()
        # Raised here and not above: an error's context could show the prompt.
        raise failure

    async def count(self, request: Request) -> int | None:
        """Tokens of the prompt, chat template and all; takes no slot."""
        engine = await self._loaded()
        path = "/v1/chat/completions/input_tokens"
        status, answer = await asyncio.to_thread(engine.ask, path, self._body(request))
        counted = amount(mapping(answer).get("input_tokens"))
        if status == 200 and counted is not None:
            return counted
        raise _failure(answer, self.name)

    async def describe(self) -> Description:
        """The file by its hash, and the sizes that it is loaded with; it is read, not loaded."""
        loading = await asyncio.to_thread(self._look)
        return Description(
            digest=self._digest,
            model=loading.path.name,
            server="llama.cpp",
            context=loading.context,
            slots=loading.slots,
        )

    async def aclose(self) -> None:
        """End what is under way, and free the memory when no other model uses the engine."""
        await asyncio.to_thread(self._release)

    async def _loaded(self) -> Engine:
        if self._engine is not None:
            return self._engine
        return await asyncio.to_thread(self._load)

    def _look(self) -> Loading:
        """How the file is loaded; what is loaded already stays what it was."""
        with self._guard:
            if self._engine is None:
                trained = trained_context(self._wanted.path)
                context = min(self._wanted.context, trained or self._wanted.context)
                self._loading = replace(self._wanted, context=context)
                self._digest = digest_of(self._wanted.path)
            return self._loading

    def _load(self) -> Engine:
        self._look()
        with self._guard:
            if self._engine is None:
                self._engine = borrow(self._loading)
            return self._engine

    def _release(self) -> None:
        with self._guard:
            if self._engine is not None:
                self._engine = None
                give_back(self._loading)

    def _body(self, request: Request) -> dict[str, Any]:
        return request_body(
            request,
            model="",
            abilities=self.abilities,
            local=True,
            newer=False,
            extra={},
            omit=(),
        )


def _failure(payload: object, where: str) -> ModelError:
    """The error that llama.cpp's error ``payload`` means; none of its text is told."""
    error = mapping(mapping(payload).get("error"))
    code = amount(error.get("code")) or 0
    if text(error.get("type")) == _TOO_LONG:
        return PromptTooLongError(
            "the prompt does not fit the context",
            where=where,
            remedy="give the model a larger context, or shorten the document",
        )
    if 400 <= code < 500:
        return ModelAccessError(f"llama.cpp does not accept the request ({code})", where=where)
    return ModelUnavailableError(f"llama.cpp failed ({code})", where=where)


@dataclass(slots=True)
class _Received:
    """The chunks of one stream, put together to what one whole answer would have been."""

    content: list[str] = field(default_factory=list)
    reasoning: list[str] = field(default_factory=list)
    logprobs: list[Any] = field(default_factory=list)
    finish: str = ""
    counts: dict[str, Any] = field(default_factory=dict)
    error: Mapping[str, Any] | None = None

    def take(self, chunk: Mapping[str, Any]) -> None:
        """Add a chunk."""
        if "error" in chunk:
            self.error = chunk
        for choice in map(mapping, chunk.get("choices") or ()):
            delta = mapping(choice.get("delta"))
            self.content.append(text(delta.get("content")))
            self.reasoning.append(text(delta.get("reasoning_content")))
            self.logprobs.extend(mapping(choice.get("logprobs")).get("content") or ())
            self.finish = text(choice.get("finish_reason")) or self.finish
        self.counts |= {key: chunk[key] for key in ("usage", "timings") if key in chunk}

    def completion(self, request: Request, seconds: float, digest: str, where: str) -> Completion:
        """The whole answer. Raises ``ModelError`` when there is none."""
        content, reasoning = "".join(self.content), "".join(self.reasoning)
        if self.error is not None and not content and not reasoning:
            raise _failure(self.error, where)
        if self.error is None and not self.finish:
            raise ModelUnavailableError("the request was ended before its answer", where=where)
        # llama.cpp may be unable to read the answer of its own model to the end. Another seed helps
        # then, and the same request again does not: so it is an answer, and a bad one.
        finish = self.finish if self.error is None else "error"
        payload = {
            "choices": [
                {
                    "message": {"content": content, "reasoning_content": reasoning},
                    "finish_reason": finish,
                    "logprobs": {"content": self.logprobs},
                }
            ],
            **self.counts,
        }
        whole = read_completion(payload, seconds=seconds, model=digest, where=where)
        if whole.tokens is not None and request.top_logprobs == 0:
            bare = tuple(Token(token.text, token.logprob) for token in whole.tokens)
            whole = replace(whole, tokens=bare)
        return whole
