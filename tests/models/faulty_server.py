"""A server that fails on demand: one HTTP server on loopback that speaks two protocols.

Both are written from their public descriptions: OpenAI's chat completions with what llama.cpp and
vLLM add (``/props``, ``/apply-template``, ``/tokenize``), and Ollama's own API. It is faithful to
the protocols and no more: no model answers, and no real Ollama stands behind ``/api``::

    with FaultyServer(['{"a": 1}', Reply(fault=Fault.BUSY, retry_after="2")]) as server:
        ...                       # OpenAI at server.url + "/v1", Ollama at server.url
    server.chats[0].body          # what was asked

``script`` says what a chat is answered: a text or a ``Reply``, a list of them (used in turn, the
last again and again), or a function from the ``Asked`` to one of them (called in the server's own
thread). A text is answered as it stands; nothing keeps it to a schema. A token is a character, a
role's marker is one more: ``max_tokens`` cuts an answer as it would at a real server.

Connections are kept alive. ``server.asked`` holds every request in order, ``server.chats`` those to
a model. ``server.cancelled`` counts the requests whose client went away before the answer (see
``wait_until``), ``server.most_in_flight`` the chats that were waiting at once. Error bodies quote
the prompt, as those of real servers may.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import TracebackType
from typing import Any, Literal, TypeAlias

import faulty_bodies as bodies

__all__ = ["Asked", "Fault", "FaultyServer", "Flavour", "Reply", "Script"]

#: What a server adds to OpenAI's protocol; a plain one adds nothing, LM Studio answers 200 to any
#: path.
Flavour: TypeAlias = Literal["llama.cpp", "older llama.cpp", "vllm", "lmstudio", "plain"]


class Fault(StrEnum):
    """What goes wrong with one answer."""

    REFUSE = "refuse"  # finish reason content_filter; Ollama knows none: the text alone
    REFUSE_FIELD = "refuse_field"  # a refusal beside an empty content (OpenAI alone)
    TRUNCATE = "truncate"  # half the text, finish reason length
    THINK_ONLY = "think_only"  # thinking, an empty content, finish reason stop
    CUT_PROMPT = "cut_prompt"  # answers, and reports half the tokens of the prompt
    STALL = "stall"  # no answer until the client goes away
    DRIBBLE = "dribble"  # headers, then a byte now and then until the client goes away
    CLOSE = "close"  # headers and half the body, then the connection is closed
    CLOSE_AT_ONCE = "close_at_once"  # the connection is closed without an answer
    GARBLE = "garble"  # 200 and no JSON
    WRONG_SHAPE = "wrong_shape"  # 200 and JSON that the protocol does not know
    FAIL = "fail"  # 500
    BUSY = "busy"  # 503, with Reply.retry_after
    LIMIT = "limit"  # 429, with Reply.retry_after
    DENY = "deny"  # 401
    REJECT = "reject"  # 400 that quotes the prompt
    MISSING = "missing"  # 404: no such model
    FILTER = "filter"  # 400: a filter does not let the prompt pass (OpenAI alone)
    TOO_LONG = "too_long"  # 400: the prompt does not fit the context
    REDIRECT = "redirect"  # 302 to Reply.location


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer. ``delay_s`` is waited before it; ``usage=False`` leaves the counts out.

    ``body`` replaces the whole body of an answer (any JSON value; None: the usual one).
    """

    text: str = ""
    thinking: str = ""
    fault: Fault | None = None
    delay_s: float = 0.0
    usage: bool = True
    cached_tokens: int = 0
    retry_after: str | None = None
    location: str = "/elsewhere"
    body: Any = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it came; header names are lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Any = field(repr=False)

    @property
    def messages(self) -> list[tuple[str, str]]:
        """Role and content of every message."""
        return [(message["role"], message["content"]) for message in self.body["messages"]]

    @property
    def text(self) -> str:
        """The content of the last message."""
        return self.messages[-1][1]


Script: TypeAlias = "str | Reply | Sequence[str | Reply] | Callable[[Asked], str | Reply]"


class FaultyServer:
    """See the module. ``elsewhere`` is a fault of every path that is no chat."""

    def __init__(
        self,
        script: Script = "",
        *,
        api_key: str | None = None,
        flavour: Flavour = "llama.cpp",
        models: Sequence[str] = ("tiny",),
        context: int = 8192,
        slots: int = 4,
        elsewhere: Fault | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.api_key = api_key
        self.flavour: Flavour = flavour
        self.models = tuple(models)
        self.context = context
        self.slots = slots
        self.elsewhere = elsewhere
        self.asked: list[Asked] = []
        self.chats: list[Asked] = []
        self.cancelled = 0
        self.connections = 0
        self.in_flight = 0
        self.most_in_flight = 0
        self.url = ""
        self._tls = tls
        self._script = script
        self._turn = 0
        self._open: set[_Connection] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="faulty-server", daemon=True)
        self._ready = threading.Event()

    def __enter__(self) -> FaultyServer:
        self._thread.start()
        assert self._ready.wait(30), "the server did not start"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)

    def wait_until(self, condition: Callable[[], bool], seconds: float = 30.0) -> bool:
        """Whether ``condition`` came true in time; it is looked at every few milliseconds."""
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                return False
            time.sleep(0.005)
        return True

    def reply_to(self, asked: Asked) -> Reply:
        """What the script says to a chat."""
        script: Any = self._script
        if callable(script):
            chosen = script(asked)
        elif isinstance(script, str | Reply):
            chosen = script
        else:
            chosen = script[min(self._turn, len(script) - 1)]
            self._turn += 1
        return Reply(text=chosen) if isinstance(chosen, str) else chosen

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(
            self._loop.create_server(lambda: _Connection(self), "127.0.0.1", 0, ssl=self._tls)
        )
        port = server.sockets[0].getsockname()[1]
        self.url = f"{'http' if self._tls is None else 'https'}://127.0.0.1:{port}"
        self._ready.set()
        self._loop.run_forever()
        server.close()
        for connection in list(self._open):
            connection.abort()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.run_until_complete(server.wait_closed())
        self._loop.close()


class _Connection(asyncio.Protocol):
    """One kept-alive connection: requests are read and answered one after the other."""

    def __init__(self, server: FaultyServer) -> None:
        self._server = server
        self._bytes = bytearray()
        self._waiting = False
        self._chatting = False
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._server._open.add(self)
        self._server.connections += 1

    def connection_lost(self, error: Exception | None) -> None:
        self._server._open.discard(self)
        if self._waiting:
            self._server.cancelled += 1
            self._done()

    def abort(self) -> None:
        self._waiting = False
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        self._bytes += data
        while not self._waiting and (asked := self._whole_request()) is not None:
            self._serve(asked)

    def _whole_request(self) -> Asked | None:
        head, found, rest = bytes(self._bytes).partition(b"\r\n\r\n")
        if not found:
            return None
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines)
        }
        length = int(headers.get("content-length", "0"))
        if len(rest) < length:
            return None
        del self._bytes[: len(head) + 4 + length]
        method, path, _ = first.split(" ", 2)
        body = json.loads(rest[:length]) if length else None
        return Asked(method, path, headers, body)

    def _serve(self, asked: Asked) -> None:
        server = self._server
        server.asked.append(asked)
        self._waiting = True
        if server.api_key is not None and not bodies.accepted(asked, server.api_key):
            self._send(401, bodies.error(asked, 401, "invalid_api_key"))
        elif bodies.is_chat(asked):
            server.chats.append(asked)
            self._chatting = True
            server.in_flight += 1
            server.most_in_flight = max(server.most_in_flight, server.in_flight)
            reply = server.reply_to(asked)
            if reply.delay_s:
                server._loop.call_later(reply.delay_s, self._answer, asked, reply)
            else:
                self._answer(asked, reply)
        elif server.elsewhere is not None:
            self._answer(asked, Reply(fault=server.elsewhere))
        else:
            self._send(*bodies.elsewhere(asked, server))

    def _answer(self, asked: Asked, reply: Reply) -> None:
        if not self._waiting or reply.fault is Fault.STALL:
            return
        status, body, headers = bodies.answer(asked, reply, self._server)
        if reply.fault is Fault.CLOSE_AT_ONCE:
            self._done()
            self._transport.close()
        elif reply.fault is Fault.DRIBBLE:
            self._transport.write(bodies.message(status, b" " * 10**6, headers)[: -(10**6)])
            self._dribble()
        elif reply.fault is Fault.CLOSE:
            self._done()
            whole = bodies.message(status, body, headers)
            self._transport.write(whole[: len(whole) - len(body) // 2])
            self._transport.close()
        else:
            self._send(status, body, headers)

    def _send(self, status: int, body: bytes, headers: Mapping[str, str] = {}) -> None:
        self._done()
        self._transport.write(bodies.message(status, body, headers))

    def _dribble(self) -> None:
        if self._waiting:
            self._transport.write(b" ")
            self._server._loop.call_later(0.02, self._dribble)

    def _done(self) -> None:
        self._waiting = False
        if self._chatting:
            self._chatting = False
            self._server.in_flight -= 1
