"""Who may be sent a document: the rule is about numbers, and believes no name that is not trusted.

No test here looks a name up, and neither does the rule.
"""

from __future__ import annotations

import contextlib
import socket
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.errors import UsageError
from sekisho.models.locality import host_of, locality_of
from sekisho.models.seam import Locality


@pytest.fixture(autouse=True)
def _nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(*_: object, **__: object) -> None:
        raise AssertionError("a name was looked up")

    for name in ("getaddrinfo", "gethostbyname", "create_connection"):
        monkeypatch.setattr(socket, name, asked)


def local(host: str, *trusted: str) -> bool:
    return locality_of(f"http://{host}/v1", trusted) is Locality.LOCAL


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.255.255.254",
        "10.0.0.1",
        "10.255.255.255",
        "172.16.0.0",
        "172.31.255.255",
        "192.168.0.1",
        "192.168.255.255",
        "[::1]",
        "[fc00::1]",
        "[fdff:ffff::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:10.1.2.3]",
        "[0:0:0:0:0:0:0:1]",
        "localhost",
        "LOCALHOST",
        "127.0.0.1:8080",
        "[::1]:8080",
    ],
)
def test_loopback_and_private_numbers_are_local(host: str) -> None:
    assert local(host)


@pytest.mark.parametrize(
    "host",
    [
        # public, or nobody's
        "8.8.8.8",
        "203.0.113.7",
        "[2001:db8::1]",
        "[::ffff:8.8.8.8]",
        # one beside a private network
        "9.255.255.255",
        "11.0.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "192.167.255.255",
        "192.169.0.0",
        "[fbff::1]",
        "[fe00::1]",
        # this host, this link, the cloud's metadata, carriers' networks, all hosts
        "0.0.0.0",
        "[::]",
        "169.254.169.254",
        "[fe80::1]",
        "100.64.0.1",
        "255.255.255.255",
        "224.0.0.1",
        # a local number inside of a public one
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        # names, whatever they look like or would be looked up as
        "example.com",
        "gpu01",
        "gpu01.local",
        "localhost.example",
        "foo.localhost",
        "127.0.0.1.evil.example",
        "127.0.0.1.nip.io",
        "10.0.0.1.example",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "127.1",
        "127.0.0.01",
        "127.0.0.256",
        "127.0.0.1.",
        "localhost.",
        "127。0。0。1",
        "１２７.0.0.1",
        "⑫⑦.0.0.1",
        "127.0.0.1%2eevil.example",
        "localhost%00.evil.example",
        "127.0.0.1\\.evil.example",
        "ｌocalhost",
        "loca1host",
    ],
)
def test_everything_else_is_cloud_or_no_address(host: str) -> None:
    with contextlib.suppress(UsageError):
        assert not local(host)


@given(st.ip_addresses(v=4), st.integers(1, 65535))
def test_a_number_is_local_exactly_in_the_networks_of_the_rule(
    number: IPv4Address, port: int
) -> None:
    octets = number.packed
    expected = (
        octets[0] in (10, 127)
        or (octets[0] == 172 and 16 <= octets[1] <= 31)
        or (octets[0] == 192 and octets[1] == 168)
    )
    for host in (str(number), f"[::ffff:{number}]"):
        assert local(f"{host}:{port}") == expected


@given(st.ip_addresses(v=6))
def test_a_long_number_is_local_exactly_in_the_networks_of_the_rule(number: IPv6Address) -> None:
    if number.ipv4_mapped is None:
        expected = number.packed[0] & 0xFE == 0xFC or number == ip_address("::1")
        assert local(f"[{number}]") == local(f"[{number.exploded}]") == expected


@given(st.from_regex("[a-z0-9.-]{1,30}", fullmatch=True))
def test_no_name_is_local_by_itself(name: str) -> None:
    try:
        ip_address(name)
    except ValueError:
        if name != "localhost":
            assert not local(name)


@pytest.mark.parametrize(
    ("host", "trusted", "expected"),
    [
        ("gpu01.hospital.example", "gpu01.hospital.example", True),
        ("GPU01.Hospital.Example", "gpu01.hospital.example", True),
        ("gpu01.hospital.example", "GPU01.hospital.EXAMPLE", True),
        ("gpu01.hospital.example.", "gpu01.hospital.example", True),
        ("gpu01.hospital.example", "gpu01.hospital.example.", True),
        ("gpu01.hospital.example:8000", "gpu01.hospital.example", True),
        ("gpu01", "gpu01", True),
        ("gpu02.hospital.example", "gpu01.hospital.example", False),
        ("evil-gpu01.hospital.example", "gpu01.hospital.example", False),
        ("gpu01.hospital.example.evil.example", "gpu01.hospital.example", False),
        ("a.hospital.example", "hospital.example", False),
        ("203.0.113.7", "203.0.113.7", True),
        ("203.0.113.7", "203.0.113.0/24", True),
        ("203.0.113.7", "203.0.113.9/24", True),
        ("203.0.114.7", "203.0.113.0/24", False),
        ("[2001:db8::7]", "2001:db8::/32", True),
        ("[2001:db9::7]", "2001:db8::/32", False),
        ("[::ffff:203.0.113.7]", "203.0.113.0/24", True),
        ("[::1]", "203.0.113.0/24", True),
        ("203.0.113.7.", "203.0.113.7", False),
    ],
)
def test_whom_the_hospital_names_is_local_and_nobody_else(
    host: str, trusted: str, expected: bool
) -> None:
    assert local(host, trusted) == expected
    assert local(host, "other.example", trusted, "198.51.100.0/24") == expected
    assert not local("evil.example", trusted)


@pytest.mark.parametrize(
    "entry",
    [
        "",
        " ",
        ".",
        "gpu01 ",
        "https://gpu01.hospital.example",
        "gpu01.hospital.example/v1",
        "gpu01.hospital.example:8080",
        "*.hospital.example",
        "user@gpu01",
        "gpu01,gpu02",
        "203.0.113.0/33",
        "203.0.113.256",
        "2130706433",
        "0x7f.1",
        "[2001:db8::1]",
        "10.*",
    ],
)
@pytest.mark.parametrize("host", ["gpu01.hospital.example", "203.0.113.7", "127.0.0.1"])
def test_an_entry_that_trusts_nobody_is_an_error_whatever_host_is_asked_about(
    entry: str, host: str
) -> None:
    with pytest.raises(UsageError, match="trusted_hosts"):
        local(host, "fine.example", entry)


@pytest.mark.parametrize(
    "url",
    [
        "http://user:password@127.0.0.1/v1",
        "http://user@127.0.0.1/v1",
        "http://:password@127.0.0.1/v1",
        "http://@127.0.0.1/v1",
        "http://127.0.0.1@evil.example/v1",
        "http://127.0.0.1:80@evil.example/v1",
        "http://evil.example\\@127.0.0.1/v1",
        "http://user:password@evil.example",
    ],
)
def test_a_user_or_a_password_in_an_address_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        locality_of(url)
    assert "password@" not in str(caught.value)
    assert "api_key_env" in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "127.0.0.1:8080",
        "localhost",
        "//127.0.0.1/v1",
        "ftp://127.0.0.1/v1",
        "file:///etc/passwd",
        "unix:///run/model.sock",
        "http://",
        "http:///v1",
        "http:127.0.0.1",
        "http://:8080/v1",
        "http://[::1/v1",
        "http://[127.0.0.1]/v1",
        "http://127.0.0.1:port/v1",
        "http://127.0.0.1:99999/v1",
    ],
)
def test_what_is_no_address_of_a_server_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match=r"http://127\.0\.0\.1:8080/v1"):
        locality_of(url)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://127.0.0.1:8080/v1", "127.0.0.1"),
        ("HTTPS://GPU01.Example/v1?x=http://127.0.0.1#127.0.0.1", "gpu01.example"),
        ("http://[::1]:8080", "::1"),
        ("http://evil.example#@127.0.0.1", "evil.example"),
        ("http://evil.example?@127.0.0.1", "evil.example"),
        ("http://evil.example/@127.0.0.1", "evil.example"),
    ],
)
def test_the_host_of_an_address_is_what_a_client_would_connect_to(url: str, host: str) -> None:
    assert host_of(url) == host
