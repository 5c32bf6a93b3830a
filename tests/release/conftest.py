"""Vaults on both back ends."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from postgres import Server, required_server

from sekisho.release.keys import MasterKey
from sekisho.release.vault import Vault

_schemas = itertools.count()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    server = required_server()
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture
def postgres_url(postgres_server: Server) -> str:
    return postgres_server.url(f"vault_{next(_schemas)}")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a vault may be made: each test that asks runs on both back ends."""
    if request.param == "sqlite":
        return str(tmp_path / "vault.db")
    found: str = request.getfixturevalue("postgres_url")
    return found


@pytest.fixture
def master() -> MasterKey:
    return MasterKey.generate()


@pytest.fixture
def vault(url: str, master: MasterKey) -> Iterator[Vault]:
    with Vault.open(url, master, create=True) as opened:
        yield opened
