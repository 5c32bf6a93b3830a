"""The one way to a model's server: every byte of a prompt and of an answer passes here.

Packages that speak a server's protocol read proxies, keys and headers out of the environment,
follow redirects, and quote bodies in their errors. So they are given this transport, which decides
by itself where a request goes and with which headers, and which turns whatever fails into the
family's errors before a package sees it.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Coroutine, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx

from sekisho.errors import ModelError, ModelTimeoutError, UsageError
from sekisho.models.failures import from_exception, from_status, unreadable
from sekisho.models.locality import host_of
from sekisho.models.witness import Leaving, witness

__all__ = ["CONNECT_TIMEOUT_S", "Transport", "address", "in_time"]

#: A server that is up accepts a connection at once, however long it then thinks.
CONNECT_TIMEOUT_S = 10.0
#: Less than the five seconds after which common servers close an idle connection.
_KEEP_S = 3.0
_LARGEST_ANSWER = 64 * 2**20
#: What servers answer for a path or a body that only another kind of server knows.
_NOT_OFFERED = frozenset({400, 404, 405, 422, 501})
#: Of what a package wants to send, these headers go out; all others are set here.
_PASSED = ("content-type", "content-length", "transfer-encoding")

T = TypeVar("T")


def address(url: str) -> str:
    """``url`` without a trailing slash.

    Raises ``UsageError`` when it is no http or https address, or holds a user, a password, a query
    or a fragment.
    """
    host_of(url)
    parts = urlsplit(url)
    if parts.query or parts.fragment:
        raise UsageError(
            "the address of a model's server holds a query or a fragment",
            remedy="for example http://127.0.0.1:8080/v1",
        )
    return url.rstrip("/")


async def in_time(work: Coroutine[Any, Any, T], timeout_s: float, *, where: str) -> T:
    """What ``work`` gives; raises ``ModelTimeoutError`` when it takes longer than ``timeout_s``."""
    try:
        async with asyncio.timeout(timeout_s):
            return await work
    except TimeoutError:
        late = ModelTimeoutError(
            f"no answer within {timeout_s:g} s", where=where, remedy="raise timeout_s"
        )
    # Raised here and not above: an error's context would show what was being sent.
    raise late


class Transport(httpx.AsyncBaseTransport):
    """Connections to the server at ``base_url``, and to no other.

    ``api_key`` is sent in ``key_header`` (by default as a bearer token), ``headers`` beside it, and
    nothing else that could tell who asks. Each failure is a ``ModelError`` named ``where``;
    ``missing`` is the remedy when there is no such path or model. A transport belongs to one event
    loop until it is closed; afterwards it can be used in another. Raises ``UsageError`` for an
    address, a key or a header that cannot be one.
    """

    def __init__(
        self,
        base_url: str,
        *,
        api_key: str | None,
        where: str,
        key_header: str | None = None,
        headers: Mapping[str, str] = {},
        missing: str | None = None,
    ) -> None:
        self._origin = _origin(httpx.URL(address(base_url)))
        self._headers = {name: _sendable(value, where) for name, value in headers.items()}
        if api_key:
            key = _sendable(api_key, where)
            self._headers[key_header or "authorization"] = key if key_header else f"Bearer {key}"
        self._where = where
        self._missing = {} if missing is None else {"missing": missing}
        # One for each request under way: a pool looks at all of its connections at every request.
        self._idle: list[httpx.AsyncHTTPTransport] = []
        self._opened: list[httpx.AsyncHTTPTransport] = []
        self._tls: ssl.SSLContext | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The server's answer, read to its end. Raises ``ModelError`` for anything but a 2xx."""
        status, headers, body = await self._answer(request)
        if not 200 <= status < 300:
            raise self._refusal(status, headers, body)
        kind = headers.get("content-type", "application/json")
        return httpx.Response(status, headers={"content-type": kind}, content=body)

    async def json(
        self,
        method: str,
        url: str,
        *,
        body: Mapping[str, Any] | None = None,
        timeout_s: float,
        optional: bool = False,
    ) -> Any:
        """The JSON that the server answers; ``timeout_s`` is for all of it.

        ``optional``: None when the server has no such path or does not take such a body. Raises
        ``ModelError``: also for an answer that is no JSON.
        """
        failure: ModelError
        try:
            content = None if body is None else json.dumps(body, ensure_ascii=False).encode()
            headers = None if content is None else {"content-type": "application/json"}
            request = httpx.Request(method, url, headers=headers, content=content)
            status, stated, answer = await in_time(
                self._answer(request), timeout_s, where=self._where
            )
            if optional and status in _NOT_OFFERED:
                return None
            if 200 <= status < 300:
                return json.loads(answer)
            failure = self._refusal(status, stated, answer)
        except UnicodeEncodeError as error:
            failure = from_exception(error, where=self._where)
        except ValueError:
            failure = unreadable(self._where, "it is no JSON")
        raise failure

    async def aclose(self) -> None:
        """Closes the connections."""
        opened, self._opened, self._idle = self._opened, [], []
        for inner in opened:
            await inner.aclose()

    def _refusal(self, status: int, headers: Mapping[str, str], body: bytes) -> ModelError:
        now = datetime.now(UTC)
        return from_status(status, headers, body, where=self._where, now=now, **self._missing)

    async def _answer(self, request: httpx.Request) -> tuple[int, httpx.Headers, bytes]:
        """Status, headers and body of any answer. Raises ``ModelError`` when there is none."""
        if _origin(request.url) != self._origin:
            raise unreadable(self._where, "another address was to be asked")
        told = witness()
        if told is not None:
            url = request.url
            place = url.netloc.decode("ascii"), url.raw_path.decode("ascii")
            told(Leaving(request.method, *place, await request.aread()))
        try:
            return await self._exchange(request)
        except (httpx.HTTPError, UnicodeError) as error:
            failure = from_exception(error, where=self._where)
        raise failure

    async def _exchange(self, request: httpx.Request) -> tuple[int, httpx.Headers, bytes]:
        inner = self._idle.pop() if self._idle else self._another()
        try:
            return await self._exchanged(inner, request)
        finally:
            if inner in self._opened:
                self._idle.append(inner)

    def _another(self) -> httpx.AsyncHTTPTransport:
        if self._tls is None:
            self._tls = _trusting(tls=self._origin[0] == "https")
        limits = httpx.Limits(
            max_connections=None, max_keepalive_connections=None, keepalive_expiry=_KEEP_S
        )
        inner = httpx.AsyncHTTPTransport(verify=self._tls, trust_env=False, limits=limits)
        self._opened.append(inner)
        return inner

    async def _exchanged(
        self, inner: httpx.AsyncHTTPTransport, request: httpx.Request
    ) -> tuple[int, httpx.Headers, bytes]:
        headers = httpx.Headers({"host": request.url.netloc.decode("ascii")})
        headers.update({each: request.headers[each] for each in _PASSED if each in request.headers})
        # An answer that may be packed could unpack to any size.
        headers.update({"accept": "application/json", "accept-encoding": "identity"})
        headers.update(self._headers)
        # Of time-outs only this one is here; the whole of a request is timed by its caller.
        times = {"connect": CONNECT_TIMEOUT_S, "read": None, "write": None, "pool": None}
        response = await inner.handle_async_request(
            httpx.Request(
                request.method,
                request.url,
                headers=headers,
                stream=request.stream,
                extensions={"timeout": times},
            )
        )
        body = bytearray()
        try:
            assert isinstance(response.stream, httpx.AsyncByteStream)
            async for chunk in response.stream:
                body += chunk
                if len(body) > _LARGEST_ANSWER:
                    raise httpx.ReadError("too large")
        finally:
            await response.aclose()
        return response.status_code, response.headers, bytes(body)


def _trusting(*, tls: bool) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if tls:
        import certifi

        # A hospital's own authority stands in the system's store, the clouds' in certifi's list.
        context.load_default_certs()
        context.load_verify_locations(certifi.where())
    return context


def _origin(url: httpx.URL) -> tuple[str, str, int]:
    return url.scheme, url.host, url.port or (443 if url.scheme == "https" else 80)


def _sendable(value: str, where: str) -> str:
    # The client would quote what it cannot send, and this may be a key.
    if not (value.isascii() and value.isprintable() and value == value.strip()):
        raise UsageError(
            "a header or key for the model's server holds characters that cannot be sent",
            where=where,
            remedy="check the environment variable for line ends and blanks",
        )
    return value
