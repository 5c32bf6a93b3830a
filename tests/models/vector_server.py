"""A server that gives vectors and knows two protocols, written from their public descriptions.

It speaks OpenAI's ``/v1/embeddings`` (with llama.cpp's or vLLM's refusals) and Ollama's
``/api/embed``, each with what is asked before it. No model stands behind it: a vector counts the
characters of a text in ``length`` classes, so texts that share characters are alike. A token is a
character::

    with VectorServer(context=512) as server:
        ...                       # OpenAI at server.url + "/v1", Ollama at server.url
    server.asked                  # path, headers and body of every request

``script`` holds answers (status, headers, body as JSON text) that are given to requests for vectors
before the server's own, in turn; None is the server's own.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Literal, TypeAlias

__all__ = ["Asked", "Scripted", "VectorServer", "vector_of"]

Scripted: TypeAlias = tuple[int, Mapping[str, str], str] | None
_VECTORS = ("/v1/embeddings", "/api/embed")


@dataclass(frozen=True)
class Asked:
    """A request as it came; header names are lower case."""

    path: str
    headers: Mapping[str, str]
    body: Any = field(repr=False)


def vector_of(text: str, length: int) -> list[float]:
    """The counts of the characters of ``text`` in ``length`` classes, and never nought."""
    counts = [0.25] * length
    for character in text:
        counts[ord(character) % length] += 1
    return counts


class VectorServer:
    """See the module. ``models`` are what it serves, ``context`` the tokens that one reads."""

    def __init__(
        self,
        script: Iterable[Scripted] = (),
        *,
        models: tuple[str, ...] = ("tiny",),
        length: int = 16,
        context: int = 8192,
        too_long: Literal["llama.cpp", "vllm"] = "llama.cpp",
        reverse: bool = False,
        remote: bool = False,
    ) -> None:
        self.script = list(script)
        self.models = models
        self.length = length
        self.context = context
        self.too_long = too_long
        self.reverse = reverse
        self.remote = remote
        self.digest = "5f1c0ba7" * 8
        #: Seconds before each answer with vectors.
        self.delay_s = 0.0
        self.in_flight = 0
        self.most_in_flight = 0
        self.asked: list[Asked] = []
        self.lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> VectorServer:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def vectors_asked(self) -> list[Asked]:
        """The requests for vectors."""
        return [asked for asked in self.asked if asked.path in _VECTORS]

    @property
    def texts(self) -> list[str]:
        """All texts that came, in order."""
        return [text for asked in self.vectors_asked for text in asked.body["input"]]

    def answer(self, asked: Asked) -> tuple[int, Mapping[str, str], str]:
        """Status, headers and body of the answer."""
        told: Scripted = None
        vectors = asked.path in _VECTORS
        with self.lock:
            self.asked.append(asked)
            if vectors:
                told = self.script.pop(0) if self.script else None
                self.in_flight += 1
                self.most_in_flight = max(self.most_in_flight, self.in_flight)
        if vectors:
            time.sleep(self.delay_s)
            with self.lock:
                self.in_flight -= 1
        if told is not None:
            return told
        status, body = self._own(asked)
        return status, {}, json.dumps(body)

    def _own(self, asked: Asked) -> tuple[int, Any]:
        listed = [{"name": name, "model": name, "digest": self.digest} for name in self._named()]
        match asked.path:
            case "/v1/models":
                meta = {"n_params": int(self.digest[:4], 16)}
                data = [{"id": name, "owned_by": "test", "meta": meta} for name in self.models]
                return 200, {"object": "list", "data": data}
            case "/api/tags":
                return 200, {"models": listed}
            case "/api/version":
                return 200, {"version": "0.12.11"}
            case "/api/show":
                remote = {"remote_host": "https://ollama.com"} if self.remote else {}
                info = {"bert.context_length": self.context}
                return 200, {"capabilities": ["embedding"], "model_info": info, **remote}
            case "/v1/embeddings":
                return self._compatible(asked.body)
            case "/api/embed":
                return self._ollama(asked.body)
        return 404, {"error": {"code": 404, "type": "not_found_error", "message": "no such path"}}

    def _named(self) -> list[str]:
        return [name if ":" in name else f"{name}:latest" for name in self.models]

    def _compatible(self, body: Any) -> tuple[int, Any]:
        given = body["input"]
        texts = [given] if isinstance(given, str) else given
        if body["model"] not in self.models:
            return 404, {"error": {"code": 404, "message": f"no {body['model']}"}}
        longest = max(map(len, texts))
        if longest > self.context and self.too_long == "vllm":
            told = f"This model's maximum context length is {self.context} tokens. {texts}"
            return 400, {"error": {"message": told, "type": "BadRequestError", "code": 400}}
        if longest > self.context:
            told = f"input ({longest} tokens) is too large to process. increase the physical batch"
            return 500, {"error": {"code": 500, "message": told, "type": "server_error"}}
        data = [
            {"object": "embedding", "index": at, "embedding": vector_of(text, self.length)}
            for at, text in enumerate(texts)
        ]
        if self.reverse:
            data.reverse()
        tokens = sum(map(len, texts))
        usage = {"prompt_tokens": tokens, "total_tokens": tokens}
        return 200, {"object": "list", "model": body["model"], "data": data, "usage": usage}

    def _ollama(self, body: Any) -> tuple[int, Any]:
        given = body["input"]
        texts = [given] if isinstance(given, str) else given
        if body["model"] not in (*self.models, *self._named()):
            return 404, {"error": f"model {body['model']!r} not found, try pulling it first"}
        context = min(self.context, body.get("options", {}).get("num_ctx", 2048))
        if max(map(len, texts)) > context and not body.get("truncate", True):
            return 400, {"error": "the input length exceeds the context length"}
        rows = [vector_of(text[:context], self.length) for text in texts]
        count = sum(map(len, texts))
        return 200, {"model": body["model"], "embeddings": rows, "prompt_eval_count": count}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._serve(None)

            def do_POST(self) -> None:
                self._serve(json.loads(self.rfile.read(int(self.headers["content-length"]))))

            def _serve(self, body: Any) -> None:
                headers = {name.lower(): value for name, value in self.headers.items()}
                status, extra, text = server.answer(Asked(self.path, headers, body))
                content = text.encode()
                self.send_response(status)
                for name, value in extra.items():
                    self.send_header(name, value)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                with suppress(ConnectionError):  # the client may have gone away
                    self.wfile.write(content)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        return Handler
