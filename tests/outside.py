"""A server that stands for one outside: it answers what it is told and keeps all that arrives."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

__all__ = ["Recorder", "serving"]


@dataclass
class Recorder:
    """Everything that arrived: heads as they came, bodies, and what is answered."""

    url: str = ""
    heads: list[bytes] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    calls: list[tuple[str, str]] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    failures: int = 0

    @property
    def everything(self) -> bytes:
        return b"\n".join([*self.heads, *self.bodies])

    @property
    def chats(self) -> list[bytes]:
        return [body for body in self.bodies if b'"messages"' in body]


@contextmanager
def serving(answers: list[str]) -> Iterator[Recorder]:
    """A server on loopback that speaks OpenAI's protocol; the last of ``answers`` for ever."""
    recorder = Recorder(answers=answers)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._record(b"")
            self._send({"object": "list", "data": [{"id": "far", "owned_by": "x"}]})

        def do_POST(self) -> None:
            self._record(self.rfile.read(int(self.headers["content-length"])))
            if recorder.failures:
                recorder.failures -= 1
                self._send({"error": {"code": "overloaded_error"}}, 503)
                return
            turn = min(len(recorder.chats), len(recorder.answers)) - 1
            message = {"role": "assistant", "content": recorder.answers[turn]}
            self._send({"choices": [{"message": message, "finish_reason": "stop"}]})

        def _record(self, body: bytes) -> None:
            recorder.heads.append(self.raw_requestline + bytes(self.headers))
            recorder.bodies.append(body)
            recorder.calls.append((self.command, self.path))

        def _send(self, payload: Any, status: int = 200) -> None:
            raw = json.dumps(payload).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    recorder.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    try:
        yield recorder
    finally:
        server.shutdown()
        server.server_close()
        thread.join(30)
