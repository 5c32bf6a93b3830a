"""A stand-in for an Ollama server: it answers every chat after a set time, whatever was asked.

    python benchmarks/ollama_stand_in.py SECONDS

It prints its address, and ends with its standard input. The answer is the least that fits the
schema of the request, so that a client's own work can be timed beside another's; no number taken
with it says anything about a model.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

__all__ = ["least"]

_NAME = "stand-in:latest"
_MODEL = {
    "name": _NAME,
    "model": _NAME,
    "modified_at": "2026-01-01T00:00:00Z",
    "size": 1,
    "digest": "0" * 64,
    "details": {"family": "llama", "parameter_size": "1B", "quantization_level": "Q4_0"},
}
_SHOWN = {
    "capabilities": ["completion"],
    "details": _MODEL["details"],
    "model_info": {"general.architecture": "llama", "llama.context_length": 32768},
}


def least(schema: dict[str, Any], named: dict[str, Any] | None = None) -> Any:
    """The least value that fits ``schema``."""
    named = schema.get("$defs", {}) if named is None else named
    if "$ref" in schema:
        return least(named[schema["$ref"].rsplit("/", 1)[-1]], named)
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        return least(schema["anyOf"][0], named)
    match schema.get("type"):
        case "object":
            return {key: least(each, named) for key, each in schema.get("properties", {}).items()}
        case "array":
            return []
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return True
        case "string":
            return "x"
    return None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    seconds = 0.0

    def do_GET(self) -> None:
        if self.path == "/api/tags":
            self._send({"models": [_MODEL]})
        elif self.path == "/api/version":
            self._send({"version": "0.12.11"})
        else:
            self._send({}, 404)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/api/show":
            self._send(_SHOWN)
        elif self.path == "/api/chat":
            time.sleep(self.seconds)
            asked = sum(len(each["content"]) for each in body["messages"])
            schema = body.get("format")
            content = json.dumps(least(schema)) if isinstance(schema, dict) else "x"
            answer = {
                "model": _NAME,
                "created_at": "2026-01-01T00:00:00Z",
                "message": {"role": "assistant", "content": content},
                "done": True,
                "done_reason": "stop",
                "prompt_eval_count": max(1, asked // 4),
                "eval_count": max(1, len(content) // 4),
                "total_duration": 1,
            }
            self._send(answer, streamed=body.get("stream", True))
        else:
            self._send({}, 404)

    def _send(self, value: Any, status: int = 200, *, streamed: bool = False) -> None:
        data = json.dumps(value).encode() + (b"\n" if streamed else b"")
        kind = "application/x-ndjson" if streamed else "application/json"
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Nothing is logged."""


class _Server(ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True


def main() -> None:
    """Serve until standard input ends."""
    _Handler.seconds = float(sys.argv[1])
    with _Server(("127.0.0.1", 0), _Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(f"http://127.0.0.1:{server.server_port}", flush=True)
        sys.stdin.read()
        server.shutdown()


if __name__ == "__main__":
    main()
