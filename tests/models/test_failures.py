from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.errors import (
    ModelAccessError,
    ModelError,
    ModelTimeoutError,
    ModelUnavailableError,
    PromptTooLongError,
)
from sekisho.models.failures import as_model_error, error_codes, from_exception, from_status
from sekisho.models.failures import retry_after as parsed

NOW = datetime(2026, 4, 1, 12, 0, 0, tzinfo=UTC)


def error(status: int, body: object = None) -> ModelError:
    return from_status(status, {}, json.dumps(body).encode(), where="ward", now=NOW)


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 502, 503, 504, 529])
def test_a_server_that_is_busy_or_ill_may_be_asked_again(status: int) -> None:
    assert type(error(status)) is ModelUnavailableError


@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 403, 404, 405, 410, 415, 422, 451])
def test_a_server_that_rejects_a_request_rejects_it_again(status: int) -> None:
    assert type(error(status)) is ModelAccessError


def test_an_account_without_quota_is_not_asked_again() -> None:
    assert type(error(429, {"error": {"code": "insufficient_quota"}})) is ModelAccessError


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, {"error": {"code": 400, "type": "exceed_context_size_error", "message": "..."}}),
        (400, {"error": {"code": "context_length_exceeded", "message": "..."}}),
        (400, {"object": "error", "message": "This model's maximum context length is 4096 tokens"}),
        (400, {"error": {"message": "prompt (length 9) is longer than the maximum model length"}}),
        (400, {"error": "the input length exceeds the context length"}),
        (400, {"error": {"message": "prompt is too long: 210000 tokens > 200000 maximum"}}),
        (422, {"error": "`inputs` tokens + `max_new_tokens` must be <= 4096", "error_type": "v"}),
        (413, None),
    ],
)
def test_a_prompt_that_does_not_fit_is_told_apart(status: int, body: object) -> None:
    assert type(error(status, body)) is PromptTooLongError


def test_known_codes_are_told_and_no_other_word() -> None:
    told = error(400, {"error": {"code": "invalid_request_error", "type": "jansen"}})
    assert "invalid_request_error" in str(told)
    assert "jansen" not in str(told)


@given(
    st.binary(max_size=200)
    | st.recursive(
        st.none() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner) | st.dictionaries(st.sampled_from(["error", "code", "type"]), inner)
        ),
        max_leaves=8,
    ).map(lambda value: json.dumps(value).encode())
)
def test_no_error_body_crashes_or_is_repeated(body: bytes) -> None:
    codes = error_codes(body)
    assert str(from_status(400, {}, body, where="w", now=NOW)).startswith("w: the server answered")
    assert all(code.replace("_", "").isascii() for code in codes)


@pytest.mark.parametrize(
    ("stated", "seconds"),
    [
        ("7", 7.0),
        ("0.5", 0.5),
        ("-3", 0.0),
        ("nan", None),
        ("inf", None),
        ("soon", None),
        ("", None),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90.0),
        (format_datetime(NOW - timedelta(seconds=90), usegmt=True), 0.0),
        ("Wed, 01 Apr 2026 12:00:30", 30.0),
        ("Wed, 99 Apr 2026 12:00:30 GMT", None),
    ],
)
def test_what_a_server_asks_to_wait_is_read_in_seconds(stated: str, seconds: float | None) -> None:
    assert parsed(httpx.Headers({"Retry-After": stated}), NOW) == seconds


def test_a_server_that_asks_for_no_wait_states_none() -> None:
    assert parsed(httpx.Headers(), NOW) is None


@pytest.mark.parametrize(
    ("raised", "kind"),
    [
        (httpx.ConnectError("佐藤"), ModelUnavailableError),
        (httpx.ConnectTimeout("佐藤"), ModelUnavailableError),
        (httpx.ReadTimeout("佐藤"), ModelTimeoutError),
        (httpx.RemoteProtocolError("佐藤"), ModelUnavailableError),
        (httpx.LocalProtocolError("佐藤"), ModelAccessError),
    ],
)
def test_an_exception_of_the_client_is_told_by_its_class_alone(
    raised: Exception, kind: type[ModelError]
) -> None:
    told = from_exception(raised, where="ward")
    assert type(told) is kind
    assert type(raised).__name__ in str(told)
    assert "佐藤" not in str(told)


def test_an_error_that_a_package_wrapped_is_found_within() -> None:
    inner = PromptTooLongError("too long", where="ward")
    outer = RuntimeError("佐藤")
    outer.__cause__ = ValueError("佐藤")
    outer.__cause__.__cause__ = inner
    assert as_model_error(outer, where="ward") is inner
    assert type(as_model_error(KeyError("佐藤"), where="ward")) is ModelUnavailableError
