"""Whether an address lies inside the hospital: the rule that decides who may be sent a document.

Local is what is loopback or private by its very number (RFC 1918, RFC 4193), and what the
configuration names in ``trusted_hosts``. A name is looked up by nobody here: what it points to may
change, and asking would already be a connection. So every other name is cloud.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from sekisho.errors import UsageError
from sekisho.models.seam import Locality

__all__ = ["host_of", "locality_of"]

_INSIDE = tuple(
    ip_network(each)
    for each in (
        "127.0.0.0/8",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "::1/128",
        "fc00::/7",
    )
)

#: A host's name; its last part is not a number, which would be one of the many forms of an address.
_NAME = re.compile("(?:[a-z0-9_-]+[.])*[a-z0-9_-]*[a-z][a-z0-9_-]*")


def host_of(url: str) -> str:
    """The host in ``url``, lower case, with the dot at its end if it has one.

    Raises ``UsageError`` for anything but an http or https address with a host, and for one that
    carries a user or a password.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, None
    if parts is None or host is None or parts.scheme not in ("http", "https"):
        raise UsageError(
            "the address of a model's server is not one",
            remedy="for example http://127.0.0.1:8080/v1",
        )
    if parts.username is not None or parts.password is not None:
        raise UsageError(
            "the address of a model's server holds a user or a password",
            remedy="keep the key in an environment variable and name it as api_key_env",
        )
    return host


def locality_of(url: str, trusted_hosts: Collection[str] = ()) -> Locality:
    """Where the server at ``url`` runs, by its number or by the word of ``trusted_hosts``.

    ``trusted_hosts`` holds names (``gpu01.hospital.example``), numbers or networks
    (``203.0.113.0/24``). Raises ``UsageError`` for an address or an entry that is none.
    """
    host = host_of(url)
    names, networks = _trusted(trusted_hosts)
    # With a dot at its end a number, or localhost, is a name that a name server is asked for.
    number = _number(host)
    if number is None:
        inside = host == "localhost" or host.removesuffix(".") in names
    else:
        inside = any(_holds(network, number) for network in (*_INSIDE, *networks))
    return Locality.LOCAL if inside else Locality.CLOUD


def _number(host: str) -> IPv4Address | IPv6Address | None:
    try:
        number = ip_address(host)
    except ValueError:
        return None
    if isinstance(number, IPv6Address) and number.ipv4_mapped is not None:
        return number.ipv4_mapped
    return number


def _trusted(
    trusted_hosts: Collection[str],
) -> tuple[set[str], list[IPv4Network | IPv6Network]]:
    names: set[str] = set()
    networks: list[IPv4Network | IPv6Network] = []
    for entry in trusted_hosts:
        try:
            networks.append(ip_network(entry, strict=False))
        except ValueError:
            name = entry.lower().removesuffix(".")
            if _NAME.fullmatch(name) is None:
                raise UsageError(
                    f"{entry!r} is neither a host nor a network",
                    where="trusted_hosts",
                    remedy="for example gpu01.hospital.example or 203.0.113.0/24, without a port",
                ) from None
            names.add(name)
    return names, networks


def _holds(network: IPv4Network | IPv6Network, number: IPv4Address | IPv6Address) -> bool:
    return network.version == number.version and number in network
