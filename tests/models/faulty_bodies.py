"""The bodies that ``faulty_server`` answers, in OpenAI's protocol and in Ollama's."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from faulty_server import Asked, FaultyServer, Reply

__all__ = [
    "accepted",
    "answer",
    "elsewhere",
    "error",
    "is_chat",
    "message",
    "prompt_tokens",
    "rendered",
]

_REASONS = {
    200: "OK",
    302: "Found",
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
}
#: Status and error code of the faults that are errors.
_ERRORS = {
    "fail": (500, "server_error"),
    "busy": (503, "unavailable_error"),
    "limit": (429, "rate_limit_exceeded"),
    "deny": (401, "invalid_api_key"),
    "reject": (400, "invalid_request_error"),
    "missing": (404, "model_not_found"),
    "too_long": (400, "exceed_context_size_error"),
    "filter": (400, "content_filter"),
    "redirect": (302, "moved"),
}
_TOKEN = re.compile(r"<\|[a-z]+\|>|.", re.DOTALL)
_DIGEST = "5f1c0ba7" * 8


def message(status: int, body: bytes, headers: Mapping[str, str]) -> bytes:
    """A whole HTTP answer."""
    lines = [f"HTTP/1.1 {status} {_REASONS.get(status, 'Told')}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines += ["Content-Type: application/json", f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def accepted(asked: Asked, api_key: str) -> bool:
    """Whether a request carries the key, in the header of OpenAI's servers or of Azure's."""
    return asked.headers.get("authorization") == f"Bearer {api_key}" or (
        asked.headers.get("api-key") == api_key
    )


def is_chat(asked: Asked) -> bool:
    """Whether a model is asked."""
    path = urlsplit(asked.path).path
    return asked.method == "POST" and (path.endswith("/chat/completions") or path == "/api/chat")


def rendered(messages: Sequence[tuple[str, str]]) -> str:
    """The prompt that the chat template makes."""
    return "".join(f"<|{role}|>{content}" for role, content in messages) + "<|assistant|>"


def prompt_tokens(messages: Sequence[tuple[str, str]]) -> int:
    """Tokens of a prompt: its characters and the markers of its roles."""
    return len(_TOKEN.findall(rendered(messages)))


def error(asked: Asked, status: int, code: str) -> bytes:
    """An error that quotes the prompt."""
    quoted = asked.text if isinstance(asked.body, dict) and asked.body.get("messages") else ""
    if asked.path.startswith("/api/"):
        told = "the input length exceeds the context length" if "context" in code else code
        return _json({"error": f"{told}: {quoted}"})
    return _json({"error": {"code": code, "type": code, "message": f"{status} in: {quoted}"}})


def answer(asked: Asked, reply: Reply, server: FaultyServer) -> tuple[int, bytes, dict[str, str]]:
    """Status, body and further headers of the answer to a chat."""
    if reply.fault in _ERRORS:
        status, code = _ERRORS[reply.fault]
        headers = {} if reply.retry_after is None else {"Retry-After": reply.retry_after}
        if status == 302:
            headers["Location"] = reply.location
        return status, error(asked, status, code), headers
    if reply.fault == "garble":
        return 200, "<html>ゲートウェイ</html>".encode(), {}
    if reply.fault == "wrong_shape":
        return 200, _json({"choices": "none", "message": ["none"]}), {}
    if reply.body is not None:
        return 200, _json(reply.body), {}
    native = asked.path.startswith("/api/")
    return 200, _json((_native if native else _completion)(asked, reply, server)), {}


def _cut(reply: Reply, room: int | None) -> tuple[str, str, str]:
    """Thinking, text and finish reason, within ``room`` characters."""
    thinking, text = reply.thinking, reply.text
    if reply.fault == "think_only":
        return thinking or text, "", "stop"
    if reply.fault == "refuse_field":
        return "", "", "stop"
    if reply.fault == "truncate":
        return thinking, text[: len(text) // 2], "length"
    if room is not None and len(thinking) + len(text) > room:
        return thinking[:room], text[: max(0, room - len(thinking))], "length"
    return thinking, text, "content_filter" if reply.fault == "refuse" else "stop"


def _logprobs(text: str, alternatives: int) -> list[dict[str, Any]]:
    """A sure token for each character, and as many less likely ones beside it."""

    def token(character: str, logprob: float) -> dict[str, Any]:
        return {"token": character, "logprob": logprob, "bytes": list(character.encode())}

    others = [(chr(ord("ア") + number), -2.5 - number) for number in range(alternatives - 1)]
    return [
        token(each, -0.125)
        | {"top_logprobs": [token(*pair) for pair in [(each, -0.125), *others][:alternatives]]}
        for each in text
    ]


def _counted(asked: Asked, reply: Reply) -> int:
    counted = prompt_tokens(asked.messages)
    return counted // 2 if reply.fault == "cut_prompt" else counted


def _completion(asked: Asked, reply: Reply, server: FaultyServer) -> dict[str, Any]:
    body = asked.body
    thinking, text, finish = _cut(
        reply, body.get("max_tokens") or body.get("max_completion_tokens")
    )
    message: dict[str, Any] = {"role": "assistant", "content": text}
    if thinking:
        message["reasoning_content"] = thinking
    if reply.fault == "refuse_field":
        message |= {"content": None, "refusal": "I cannot help with that."}
    choice: dict[str, Any] = {"index": 0, "message": message, "finish_reason": finish}
    if body.get("logprobs"):
        listed = _logprobs(thinking + text, body.get("top_logprobs") or 0)
        choice["logprobs"] = {"content": listed}
    whole: dict[str, Any] = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": body.get("model"),
        "choices": [choice],
    }
    if reply.usage:
        prompt, written = _counted(asked, reply), len(thinking) + len(text)
        whole["usage"] = {
            "prompt_tokens": prompt,
            "completion_tokens": written,
            "total_tokens": prompt + written,
            "prompt_tokens_details": {"cached_tokens": reply.cached_tokens},
        }
        if "llama.cpp" in server.flavour:
            whole["timings"] = {
                "cache_n": reply.cached_tokens,
                "prompt_n": prompt - reply.cached_tokens,
                "predicted_n": written,
            }
    return whole


def _native(asked: Asked, reply: Reply, server: FaultyServer) -> dict[str, Any]:
    body = asked.body
    thinking, text, finish = _cut(reply, body.get("options", {}).get("num_predict"))
    message: dict[str, Any] = {"role": "assistant", "content": text}
    if thinking:
        message["thinking"] = thinking
    whole: dict[str, Any] = {
        "model": body.get("model"),
        "created_at": "2026-01-01T00:00:00Z",
        "message": message,
        "done": True,
        "done_reason": "length" if finish == "length" else "stop",
        "total_duration": 1,
    }
    if body.get("logprobs"):
        whole["logprobs"] = _logprobs(thinking + text, body.get("top_logprobs") or 0)
    if reply.usage:
        whole |= {
            "prompt_eval_count": _counted(asked, reply),
            "eval_count": len(thinking) + len(text),
        }
    return whole


def elsewhere(asked: Asked, server: FaultyServer) -> tuple[int, bytes]:
    """Status and body of the answer at a path that is no chat."""
    path = urlsplit(asked.path).path
    known = {
        "GET /v1/models": _models,
        "GET /api/tags": _tags,
        "GET /api/version": lambda asked, server: {"version": "0.12.11"},
        "POST /api/show": _show,
    }
    if server.flavour == "llama.cpp":
        known["POST /v1/chat/completions/input_tokens"] = lambda asked, server: {
            "input_tokens": prompt_tokens(asked.messages)
        }
    if server.flavour in ("llama.cpp", "older llama.cpp"):
        known |= {
            "GET /props": _props,
            "POST /apply-template": lambda asked, server: {"prompt": rendered(asked.messages)},
            "POST /tokenize": lambda asked, server: {
                "tokens": [1] * len(_TOKEN.findall(asked.body["content"]))
            },
        }
    if server.flavour == "vllm":
        known["POST /tokenize"] = lambda asked, server: {
            "count": prompt_tokens(asked.messages),
            "max_model_len": server.context,
        }
    told = known.get(f"{asked.method} {path}")
    found = None if told is None else told(asked, server)
    if found is not None:
        return 200, _json(found)
    if server.flavour == "lmstudio":
        return 200, _json({"error": "Unexpected endpoint or method."})
    return 404, error(asked, 404, "not_found_error")


def _models(asked: Asked, server: FaultyServer) -> dict[str, Any]:
    llama = dict.fromkeys(("llama.cpp", "older llama.cpp"), "llamacpp")
    owner = {**llama, "lmstudio": "organization_owner"}
    entries = []
    for number, name in enumerate(server.models):
        entry: dict[str, Any] = {
            "id": name,
            "object": "model",
            "created": len(server.asked),
            "owned_by": owner.get(server.flavour, server.flavour),
        }
        if "llama.cpp" in server.flavour:
            entry["aliases"] = [name, f"{name}-alias"]
            entry["meta"] = {
                "vocab_type": 2,
                "n_vocab": 320,
                "n_ctx_train": 4 * server.context,
                "n_embd": 128,
                "n_params": 500_000 + number,
                "size": 600_000,
            }
        if server.flavour == "vllm":
            entry |= {"root": f"/models/{name}", "max_model_len": server.context}
            entry["permission"] = [{"id": f"modelperm-{len(server.asked)}"}]
        entries.append(entry)
    return {"object": "list", "data": entries}


def _props(asked: Asked, server: FaultyServer) -> dict[str, Any]:
    return {
        "default_generation_settings": {"n_ctx": server.context, "params": {}},
        "total_slots": server.slots,
        "model_path": f"/models/{server.models[0]}.gguf",
    }


def _tagged(name: str) -> str:
    return name if ":" in name else f"{name}:latest"


def _tags(asked: Asked, server: FaultyServer) -> dict[str, Any]:
    return {
        "models": [
            {
                "name": _tagged(name),
                "model": _tagged(name),
                "modified_at": f"2026-01-01T00:00:{len(server.asked) % 60:02}Z",
                "size": 600_000,
                "digest": _DIGEST,
                "details": {"format": "gguf", "family": "llama", "quantization_level": "Q8_0"},
            }
            | ({"remote_host": "https://ollama.com:443"} if name.startswith("remote") else {})
            for name in server.models
        ]
    }


def _show(asked: Asked, server: FaultyServer) -> dict[str, Any] | None:
    name = asked.body.get("model", "")
    if _tagged(name) not in map(_tagged, server.models):
        return None
    return {
        "modelfile": "",
        "details": {"family": "llama"},
        "model_info": {"general.architecture": "llama", "llama.context_length": 4 * server.context},
        "capabilities": ["completion"] + (["thinking"] if "think" in name else []),
    }


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
