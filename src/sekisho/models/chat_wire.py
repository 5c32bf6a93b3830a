"""OpenAI's chat protocol, as pure functions: a request's body, and what an answer's body says.

What servers made of the protocol differs. What is known of llama.cpp, vLLM, SGLang, LM Studio, TGI
and the clouds stands here, so that nobody else need know it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sekisho.errors import UsageError
from sekisho.models.failures import unreadable
from sekisho.models.seam import Abilities, Completion, Finish, Request, SchemaMeans, Usage
from sekisho.models.stated import amount, answer_tokens, mapping, text
from sekisho.models.thinking import split_thinking

__all__ = ["read_completion", "request_body", "thinking_switch"]

_FINISHES = {
    "stop": Finish.STOP,
    "eos_token": Finish.STOP,
    "length": Finish.LENGTH,
    "content_filter": Finish.REFUSED,
}


def request_body(
    request: Request,
    *,
    model: str,
    abilities: Abilities,
    local: bool,
    newer: bool,
    extra: Mapping[str, Any],
    omit: Collection[str],
) -> dict[str, Any]:
    """The body of a chat completion.

    ``local`` servers are sent what only they understand, the clouds reject it. ``newer`` calls the
    room for an answer as OpenAI's own servers do. ``extra`` comes last, ``omit`` names fields that
    the server does not accept. Raises ``UsageError`` when a schema is to be enforced by a means
    that this protocol does not have.
    """
    body: dict[str, Any] = {
        "model": model,
        "messages": [
            {"role": message.role, "content": message.content} for message in request.messages
        ],
        "stream": False,
        "max_completion_tokens" if newer else "max_tokens": (
            request.max_tokens + request.thinking_tokens
        ),
        "temperature": request.temperature,
        "top_p": request.top_p,
    }
    if abilities.seed is not False:
        body["seed"] = request.seed
    if request.top_logprobs is not None and abilities.logprobs is not False:
        # Asked for no alternatives, llama.cpp leaves the tokens themselves out as well.
        least = 1 if local else 0
        body |= {"logprobs": True, "top_logprobs": max(least, request.top_logprobs)}
    form = _response_format(request.schema, abilities.schema)
    if form is not None:
        body["response_format"] = form
    if local:
        body |= {"chat_template_kwargs": thinking_switch(request), "cache_prompt": True}
        if request.thinking_tokens:
            # llama.cpp ends the thinking there; other servers pass over the field.
            body["thinking_budget_tokens"] = request.thinking_tokens
    body |= extra
    return {field: value for field, value in body.items() if field not in omit}


def thinking_switch(request: Request) -> dict[str, bool]:
    """What a local server's chat template is told about thinking."""
    return {"enable_thinking": request.thinking_tokens > 0}


def read_completion(payload: object, *, seconds: float, model: str, where: str) -> Completion:
    """The completion in an answer's body; a field that is missing is a value not stated.

    Raises ``ModelUnavailableError`` when there is no answer in it at all.
    """
    stated = mapping(payload)
    choices = stated.get("choices")
    choice = mapping(choices[0]) if isinstance(choices, list) and choices else {}
    message = choice.get("message")
    if not isinstance(message, dict):
        raise unreadable(where, "it holds no message")
    thought, written = _content(message.get("content"), where)
    inline, answer = split_thinking(written)
    apart = text(message.get("reasoning_content")) or text(message.get("reasoning"))
    thinking = "\n".join(part for part in (apart, thought, inline) if part)
    return Completion(
        text=answer,
        finish=_finish(choice, message),
        usage=_usage(stated),
        thinking=thinking,
        tokens=answer_tokens(
            mapping(choice.get("logprobs")).get("content"), answer=answer, thinking=thinking
        ),
        seconds=seconds,
        model=model,
    )


def _response_format(schema: Mapping[str, Any] | None, means: SchemaMeans) -> dict[str, Any] | None:
    if schema is None or means is SchemaMeans.NONE:
        return None
    if means is SchemaMeans.JSON_SCHEMA:
        named = {"name": "answer", "strict": True, "schema": dict(schema)}
        return {"type": "json_schema", "json_schema": named}
    if means is SchemaMeans.OBJECT_SCHEMA:
        return {"type": "json_object", "schema": dict(schema)}
    if means is SchemaMeans.JSON_OBJECT:
        return {"type": "json_object"}
    raise UsageError(
        f"an OpenAI-compatible server cannot be given a schema by {means.value!r}",
        remedy="state kind = 'ollama' for Ollama's own API",
    )


def _content(content: object, where: str) -> tuple[str, str]:
    """Thinking and text of a message's content, which some servers give in typed pieces."""
    if content is None or isinstance(content, str):
        return "", content or ""
    if not isinstance(content, list):
        raise unreadable(where, "its content is no text")
    thinking, answer = [], []
    for piece in map(mapping, content):
        if piece.get("type") == "thinking":
            thinking.append(_content(piece.get("thinking"), where)[1])
        elif piece.get("type") == "text":
            answer.append(text(piece.get("text")))
    return "".join(thinking), "".join(answer)


def _finish(choice: Mapping[str, Any], message: Mapping[str, Any]) -> Finish:
    if message.get("refusal"):
        return Finish.REFUSED
    if message.get("tool_calls") or message.get("function_call"):
        return Finish.OTHER
    return _FINISHES.get(text(choice.get("finish_reason")), Finish.OTHER)


def _usage(stated: Mapping[str, Any]) -> Usage:
    usage, timings = mapping(stated.get("usage")), mapping(stated.get("timings"))
    prompt, answer = amount(usage.get("prompt_tokens")), amount(usage.get("completion_tokens"))
    cached = amount(mapping(usage.get("prompt_tokens_details")).get("cached_tokens"))
    reused, read = amount(timings.get("cache_n")), amount(timings.get("prompt_n"))
    if prompt is None and reused is not None and read is not None:
        prompt = reused + read
    return Usage(
        prompt=prompt,
        cached=reused if cached is None else cached,
        answer=amount(timings.get("predicted_n")) if answer is None else answer,
        thinking=amount(mapping(usage.get("completion_tokens_details")).get("reasoning_tokens")),
    )
