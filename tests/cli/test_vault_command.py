from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sekisho.cli.vault import vault_app
from sekisho.release import keyfile
from sekisho.release.opening import open_vault


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "home"
    monkeypatch.setenv("SEKISHO_HOME", str(place))
    for name in ("SEKISHO_VAULT", "SEKISHO_KEY", "SEKISHO_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)
    with open_vault(None, None, create=True) as vault:
        vault.put_reversals("r1", [("a", b"a"), ("b", b"b")])
        vault.remember("NAME", "t", "山田")
    return place


def vault(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(vault_app, arguments, catch_exceptions=False)
    return result.exit_code, result.output


def test_check_of_a_sound_vault_is_one_line_and_zero() -> None:
    assert vault("check") == (0, "sound: 1 runs, 2 reversals, 1 pseudonyms\n")


def test_check_of_a_meddled_vault_is_one_line_and_three(home: Path) -> None:
    with closing(sqlite3.connect(home / "vault.db")) as meddler, meddler:
        meddler.execute("DELETE FROM vault_rows WHERE scope = 'pseudonyms'")
    code, output = vault("check")
    assert code == 3
    assert output.count("\n") == 1
    assert "vault_rows" in output


@pytest.mark.parametrize("options", [(), ("--reseal",)])
def test_rotate_changes_the_key_file_and_nothing_else(home: Path, options: tuple[str]) -> None:
    old = keyfile.load(home / "vault.key")
    assert vault("rotate", *options) == (
        0,
        f"the vault now opens with the key in {home / 'vault.key'}\n",
    )
    assert keyfile.load(home / "vault.key") != old
    assert vault("check")[0] == 0


def test_rotate_to_a_named_file(home: Path, tmp_path: Path) -> None:
    new = tmp_path / "new.key"
    assert vault("rotate", "--new-key-file", str(new))[0] == 0
    code, output = vault("check")
    assert code == 2
    assert output.startswith("sekisho: ")
    assert output.count("\n") == 1
    assert vault("check", "--key-file", str(new))[0] == 0
