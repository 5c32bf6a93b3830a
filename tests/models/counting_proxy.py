"""A proxy on loopback that notes what a model's server is asked, and hands it on.

::

    with LlamaServer(path) as server, CountingProxy(server.root) as proxy:
        ...                 # asked at proxy.url instead of server.root
    proxy.chats             # when and about what a model was asked, in order

What it cannot hand back, because whoever asked is gone, is dropped.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

__all__ = ["CountingProxy"]

_TIMEOUT_S = 120
_HANDED_ON = ("Authorization", "Content-Type", "Accept")


class CountingProxy:
    """In front of the server at ``root``; a chat is handed on after ``delay_s``.

    ``chats`` holds the moment (seconds of a steady clock) and the last message of every chat.
    """

    def __init__(self, root: str, *, delay_s: float = 0.0) -> None:
        self.chats: list[tuple[float, str]] = []
        self.url = ""
        self.delay_s = delay_s
        self._address = urlsplit(root).netloc

        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                proxy._hand_on(self)

            def do_POST(self) -> None:
                proxy._hand_on(self)

            def log_message(self, *told: Any) -> None:
                """Nothing is logged."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                """Whoever asked may be killed at any moment."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> CountingProxy:
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(30)

    def _hand_on(self, asked: BaseHTTPRequestHandler) -> None:
        body = asked.rfile.read(int(asked.headers.get("Content-Length", "0")))
        if asked.path.endswith("/chat/completions"):
            self.chats.append((time.monotonic(), json.loads(body)["messages"][-1]["content"]))
            time.sleep(self.delay_s)
        headers = {name: asked.headers[name] for name in _HANDED_ON if name in asked.headers}
        connection = http.client.HTTPConnection(self._address, timeout=_TIMEOUT_S)
        with contextlib.closing(connection):
            connection.request(asked.command, asked.path, body or None, headers)
            answer = connection.getresponse()
            content = answer.read()
        asked.send_response(answer.status)
        asked.send_header("Content-Type", answer.headers.get("Content-Type", "application/json"))
        asked.send_header("Content-Length", str(len(content)))
        asked.end_headers()
        asked.wfile.write(content)
