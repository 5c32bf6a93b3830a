"""What goes wrong between here and a model's server, told as the family's own errors.

A server's error text may quote the prompt, and so may the exceptions of HTTP packages. So nothing
of them is passed on: only the status, the class of an exception, and words that are known to be
codes.
"""

from __future__ import annotations

import json
import math
import re
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from sekisho.errors import (
    ModelAccessError,
    ModelError,
    ModelTimeoutError,
    ModelUnavailableError,
    PromptTooLongError,
    RefusedAnswerError,
)

__all__ = [
    "as_model_error",
    "error_codes",
    "from_exception",
    "from_status",
    "retry_after",
    "unreadable",
]

#: Codes that servers write into error bodies; any other word there is never repeated.
_CODES = frozenset(
    {
        "api_error",
        "authentication_error",
        "billing_hard_limit_reached",
        "content_filter",
        "context_length_exceeded",
        "exceed_context_size_error",
        "insufficient_quota",
        "invalid_api_key",
        "invalid_request_error",
        "invalid_value",
        "model_not_found",
        "not_found_error",
        "not_supported_error",
        "overloaded_error",
        "permission_error",
        "rate_limit_error",
        "rate_limit_exceeded",
        "server_error",
        "unavailable_error",
        "unknown_parameter",
        "unsupported_parameter",
        "unsupported_value",
    }
)
_OUT_OF_CONTEXT = frozenset({"context_length_exceeded", "exceed_context_size_error"})
_OUT_OF_MONEY = frozenset({"billing_hard_limit_reached", "insufficient_quota"})
#: How llama.cpp, vLLM, SGLang, TGI, LM Studio, Ollama and the clouds say that a prompt is too long.
_TOO_LONG = re.compile(
    r"context (length|size|window)|maximum model length|(input|prompt) is too long"
    r"|input token count|`max_new_tokens` must be",
    re.IGNORECASE,
)
#: How llama.cpp says so of a text that it is to give a vector of.
_BEYOND_BATCH = b"too large to process"
_KEY = "name the variable that holds the right key as api_key_env"


def from_status(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    where: str,
    now: datetime,
    missing: str = "check base_url and the name of the model",
) -> ModelError:
    """The error that an answer with ``status`` (anything but 2xx) means.

    ``now`` is what a Retry-After date is counted from; ``missing`` is the remedy for a 404 and a
    501.
    """
    codes = error_codes(body)
    told = f"the server answered {status}" + (f" {', '.join(codes)}" if codes else "")
    if 300 <= status < 400:
        return ModelAccessError(
            f"{told}: it points to another address, and a document is not sent there",
            where=where,
            remedy="name the server's own address as base_url",
        )
    if status == 500 and _BEYOND_BATCH in body:
        return PromptTooLongError(
            f"{told}: a text does not fit its physical batch",
            where=where,
            remedy="start llama.cpp with a larger --ubatch-size",
        )
    if status == 413 or (status in (400, 422) and _speaks_of_context(codes, body)):
        return PromptTooLongError(
            f"{told}: the prompt does not fit its context",
            where=where,
            remedy="give the server a larger context, or shorten the document",
        )
    if "content_filter" in codes:
        return RefusedAnswerError(f"{told}: it refuses the prompt", where=where)
    if _OUT_OF_MONEY & set(codes):
        return ModelAccessError(told, where=where, remedy="the account has no quota left")
    if status == 501:
        return ModelAccessError(f"{told}: it does not offer this", where=where, remedy=missing)
    if status >= 500 or status in (408, 409, 425, 429):
        unavailable = ModelUnavailableError(
            told, where=where, remedy="try again when the server has recovered"
        )
        unavailable.retry_after_s = retry_after(headers, now)
        return unavailable
    if status in (401, 403):
        return ModelAccessError(f"{told}: the key is not accepted", where=where, remedy=_KEY)
    remedy = missing if status == 404 else "the server's own log says what it rejects"
    return ModelAccessError(told, where=where, remedy=remedy)


def from_exception(error: BaseException, *, where: str) -> ModelError:
    """The error that an exception of the HTTP client means; only its class is told."""
    kind = type(error).__name__
    if isinstance(error, httpx.ConnectError) and _distrusted(error):
        return ModelAccessError(
            "the server's certificate is signed by nobody that this machine trusts",
            where=where,
            remedy="add the hospital's own authority to the system's certificates",
        )
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        return ModelUnavailableError(
            f"no connection to the server ({kind})",
            where=where,
            remedy="start the server, or correct base_url",
        )
    if isinstance(error, httpx.TimeoutException):
        return ModelTimeoutError(f"no answer in time ({kind})", where=where)
    if isinstance(error, httpx.LocalProtocolError | httpx.UnsupportedProtocol | UnicodeError):
        return ModelAccessError(f"the request cannot be sent ({kind})", where=where)
    return ModelUnavailableError(f"the connection broke ({kind})", where=where)


def unreadable(where: str, why: str) -> ModelUnavailableError:
    """The error for an answer that is not what the protocol says; ``why`` quotes none of it."""
    return ModelUnavailableError(
        f"the server's answer cannot be read: {why}",
        where=where,
        remedy="check that base_url is the address of a model's server",
    )


def as_model_error(error: BaseException, *, where: str) -> ModelError:
    """The family's error inside ``error``, which a package may have wrapped in its own."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ModelError):
            return cause
        cause = cause.__cause__
    if isinstance(error, httpx.HTTPError | UnicodeError):
        return from_exception(error, where=where)
    return unreadable(where, type(error).__name__)


def error_codes(body: bytes) -> tuple[str, ...]:
    """The known codes in an error body, in order; never another word of it."""
    try:
        payload = json.loads(body)
    except ValueError:
        return ()
    if not isinstance(payload, dict):
        return ()
    inner = payload.get("error")
    holder = inner if isinstance(inner, dict) else payload
    found = (holder.get(key) for key in ("code", "type"))
    return tuple(dict.fromkeys(each for each in found if isinstance(each, str) and each in _CODES))


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """The seconds that a Retry-After header asks for (a number or a date); None without one."""
    stated = headers.get("retry-after", "").strip()
    if not stated:
        return None
    try:
        seconds = float(stated)
    except ValueError:
        try:
            date = parsedate_to_datetime(stated)
        except ValueError:
            return None
        seconds = (date.replace(tzinfo=date.tzinfo or UTC) - now).total_seconds()
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _speaks_of_context(codes: tuple[str, ...], body: bytes) -> bool:
    if _OUT_OF_CONTEXT & set(codes):
        return True
    return _TOO_LONG.search(body.decode("utf-8", errors="replace")) is not None


def _distrusted(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False
