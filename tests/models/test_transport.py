from __future__ import annotations

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from faulty_server import FaultyServer
from http_models import CANARY, KEY, Maker, compatible, native, question, texts_of, using

from sekisho.errors import (
    ModelAccessError,
    ModelError,
    ModelTimeoutError,
    ModelUnavailableError,
    UsageError,
)
from sekisho.models.transport import Transport, in_time

both = pytest.mark.parametrize("make", [compatible, native])


def certificate(folder: Path) -> ssl.SSLContext:
    """A server's side of TLS whose certificate, in ``folder``, is signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ward")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "ward.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    (folder / "ward.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "ward.pem", folder / "ward.key")
    return context


@both
def test_a_server_whose_certificate_nobody_trusts_is_sent_nothing(
    make: Maker, tmp_path: Path
) -> None:
    with FaultyServer("a", tls=certificate(tmp_path)) as server:
        with pytest.raises(ModelAccessError, match="certificate"):
            using(make(server, api_key=KEY), lambda model: model.complete(question()))
        assert server.asked == []


def test_the_authority_of_a_hospital_is_trusted_where_the_system_trusts_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ward.pem"))
    with FaultyServer("a", tls=context) as server:
        completion = using(compatible(server), lambda model: model.complete(question()))
    assert completion.text == "a"


def test_no_request_goes_to_another_address_than_the_configured_one() -> None:
    async def work() -> ModelError:
        transport = Transport(f"{server.url}/v1", api_key=KEY, where="ward")
        client = httpx.AsyncClient(transport=transport)
        with pytest.raises(ModelUnavailableError) as caught:
            await client.post(f"{other.url}/v1/chat/completions", json={"messages": []})
        await transport.aclose()
        return caught.value

    with FaultyServer() as server, FaultyServer() as other:
        error = asyncio.run(work())
        assert (server.connections, other.connections) == (0, 0)
    assert KEY not in texts_of(error)


def test_headers_that_a_package_would_send_are_dropped() -> None:
    async def work() -> None:
        transport = Transport(server.url, api_key=None, headers={"x-ward": "3"}, where="ward")
        client = httpx.AsyncClient(transport=transport)
        headers = {"X-Platform": "Linux", "Cookie": "a=b", "Authorization": "x", "Host": "other"}
        await client.get(f"{server.url}/v1/models", headers=headers)
        await transport.aclose()

    with FaultyServer() as server:
        asyncio.run(work())
        (asked,) = server.asked
        assert asked.headers["host"] == server.url.removeprefix("http://")
    assert set(asked.headers) == {"host", "accept", "accept-encoding", "x-ward"}


def test_work_that_is_late_is_cancelled_and_shows_nothing_of_what_it_did() -> None:
    cancelled = []

    async def endless(text: str) -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.append(text)
            raise

    with pytest.raises(ModelTimeoutError) as caught:
        asyncio.run(in_time(endless(CANARY), 0.01, where="ward"))
    assert cancelled == [CANARY]
    assert CANARY not in texts_of(caught.value)
    assert caught.value.__context__ is None


def test_a_task_that_is_cancelled_from_outside_is_not_called_late() -> None:
    async def work() -> None:
        task = asyncio.create_task(in_time(asyncio.sleep(60), 60, where="ward"))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(work())


@both
def test_the_key_is_in_no_representation(make: Maker) -> None:
    with FaultyServer() as server:
        assert KEY not in repr(make(server, api_key=KEY))


@both
@pytest.mark.parametrize("key", ["sk-1\n", "sk-1\r\nx: y", "鍵", " sk-1"])
def test_a_key_that_cannot_be_sent_is_refused_without_being_shown(make: Maker, key: str) -> None:
    with FaultyServer() as server, pytest.raises(UsageError) as caught:
        make(server, api_key=key)
    assert key.strip() not in texts_of(caught.value)


@both
@pytest.mark.parametrize(
    "url", ["ward", "ftp://10.0.0.1", "http://a:b@10.0.0.1", "http://h/v1?k=1"]
)
def test_an_address_that_is_none_is_refused(make: Maker, url: str) -> None:
    with FaultyServer() as server, pytest.raises(UsageError, match="address"):
        make(server, base_url=url)


@both
def test_the_environment_decides_nothing(
    make: Maker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login ward password netrc-canary\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with FaultyServer() as proxy, FaultyServer("a") as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HTTPS_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        for name in (
            "OPENAI_API_KEY",
            "OPENAI_ADMIN_KEY",
            "OPENAI_ORG_ID",
            "OPENAI_PROJECT_ID",
            "AZURE_OPENAI_API_KEY",
            "AZURE_OPENAI_AD_TOKEN",
            "OLLAMA_API_KEY",
        ):
            monkeypatch.setenv(name, "environment-canary")
        monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "x-extra: environment-canary\nhost: elsewhere")
        monkeypatch.setenv("OPENAI_BASE_URL", f"{proxy.url}/v1")
        monkeypatch.setenv("OLLAMA_HOST", proxy.url)
        monkeypatch.setenv("OPENAI_LOG", "debug")
        using(make(server), lambda model: model.complete(question()))
        assert proxy.connections == 0
        (asked,) = server.chats
    expected = {"host", "accept", "accept-encoding", "content-type", "content-length"}
    assert set(asked.headers) == expected
    assert asked.headers["host"] == server.url.removeprefix("http://")


@both
def test_a_key_and_nothing_else_is_sent_with_every_request(make: Maker) -> None:
    with FaultyServer("a", api_key=KEY) as server:
        using(make(server, api_key=KEY), lambda model: model.complete(question()))
        assert {asked.headers["authorization"] for asked in server.asked} == {f"Bearer {KEY}"}
