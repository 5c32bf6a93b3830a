"""What the tests of whole commands share."""

from __future__ import annotations

from pathlib import Path

import pytest

_OURS = ("SEKISHO_VAULT", "SEKISHO_KEY", "SEKISHO_KEY_FILE", "SEKISHO_CONFIG", "SEKISHO_DEBUG")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own for the vault and the key, for this process and those it starts."""
    path = tmp_path / "home"
    monkeypatch.setenv("SEKISHO_HOME", str(path))
    for name in _OURS:
        monkeypatch.delenv(name, raising=False)
    return path


@pytest.fixture(scope="session")
def examples() -> Path:
    """The fictional documents that come with the project."""
    return Path(__file__).parent.parent / "examples" / "deid"
