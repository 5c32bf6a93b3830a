from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sekisho.errors import UsageError, VaultError, WrongKeyError
from sekisho.release import keyfile
from sekisho.release.keys import MasterKey
from sekisho.release.opening import (
    home,
    interrupted_key,
    key_path,
    open_vault,
    rotate_vault,
    vault_url,
)
from sekisho.release.vault import Vault


@pytest.fixture
def at_home(tmp_path: Path) -> dict[str, str]:
    return {"SEKISHO_HOME": str(tmp_path / "home")}


def test_without_anything_said_both_lie_in_the_home_folder(at_home: dict[str, str]) -> None:
    assert home({}) == Path.home() / ".local/share/sekisho"
    with open_vault(None, None, create=True, environment=at_home) as vault:
        keys = vault.keys
    place = Path(at_home["SEKISHO_HOME"])
    assert {"vault.db", "vault.key"} == {path.name for path in place.iterdir()}
    with open_vault(None, None, create=False, environment=at_home) as vault:
        assert vault.keys == keys


def test_options_come_before_the_environment() -> None:
    environment = {"SEKISHO_VAULT": "env.db", "SEKISHO_KEY_FILE": "env.key", "SEKISHO_HOME": "h"}
    assert vault_url("option.db", environment) == "option.db"
    assert vault_url(None, environment) == "env.db"
    assert key_path(Path("option.key"), environment) == Path("option.key")
    assert key_path(None, environment) == Path("env.key")


def test_a_key_in_the_environment_opens_the_vault(at_home: dict[str, str]) -> None:
    environment = at_home | {"SEKISHO_KEY": MasterKey.generate().text()}
    open_vault(None, None, create=True, environment=environment).close()
    open_vault(None, None, create=False, environment=environment).close()
    other = at_home | {"SEKISHO_KEY": MasterKey.generate().text()}
    with pytest.raises(WrongKeyError):
        open_vault(None, None, create=False, environment=other)
    assert not (Path(at_home["SEKISHO_HOME"]) / "vault.key").exists()


def test_two_keys_in_the_environment_are_refused(at_home: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="unset one"):
        key_path(None, at_home | {"SEKISHO_KEY": "x", "SEKISHO_KEY_FILE": "y"})


def test_nothing_is_made_unless_asked(at_home: dict[str, str]) -> None:
    with pytest.raises(VaultError):
        open_vault(None, None, create=False, environment=at_home)
    assert not Path(at_home["SEKISHO_HOME"]).exists()


def test_a_vault_whose_key_file_is_missing_gets_no_new_key(at_home: dict[str, str]) -> None:
    open_vault(None, None, create=True, environment=at_home).close()
    key = Path(at_home["SEKISHO_HOME"]) / "vault.key"
    key.unlink()
    with pytest.raises(WrongKeyError, match="its key file is missing"):
        open_vault(None, None, create=True, environment=at_home)
    assert not key.exists()


def test_many_first_users_make_one_key_and_one_vault(at_home: dict[str, str]) -> None:
    def first_use(_: int) -> bytes:
        with open_vault(None, None, create=True, environment=at_home) as vault:
            return vault.keys.pseudonym

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(first_use, range(8)))) == 1


def test_a_rotation_in_place_replaces_the_key_file(at_home: dict[str, str]) -> None:
    with open_vault(None, None, create=True, environment=at_home) as vault:
        vault.put_reversals("run", [("a", b"a")])
    key = Path(at_home["SEKISHO_HOME"]) / "vault.key"
    old = keyfile.load(key)
    assert rotate_vault(None, None, None, reseal=True, environment=at_home) == key
    assert keyfile.load(key) != old
    assert not interrupted_key(key).exists()
    with open_vault(None, None, create=False, environment=at_home) as vault:
        assert vault.reversals("run", "a") == b"a"


@pytest.mark.parametrize("committed", [False, True])
def test_an_interrupted_rotation_is_finished_by_the_same_call(
    at_home: dict[str, str], committed: bool
) -> None:
    key = Path(at_home["SEKISHO_HOME"]) / "vault.key"
    with open_vault(None, None, create=True, environment=at_home) as vault:
        new = keyfile.create(interrupted_key(key))
        if committed:
            vault.rotate(new)
    if committed:
        with pytest.raises(WrongKeyError, match="sekisho vault rotate"):
            open_vault(None, None, create=False, environment=at_home)
    rotate_vault(None, None, None, reseal=False, environment=at_home)
    assert keyfile.load(key) == new
    open_vault(None, None, create=False, environment=at_home).close()


def test_a_rotation_to_a_named_file_leaves_the_old_key_file(
    at_home: dict[str, str], tmp_path: Path
) -> None:
    open_vault(None, None, create=True, environment=at_home).close()
    key, new = Path(at_home["SEKISHO_HOME"]) / "vault.key", tmp_path / "new.key"
    before = keyfile.load(key)
    assert rotate_vault(None, None, new, reseal=False, environment=at_home) == new
    assert keyfile.load(key) == before
    open_vault(None, new, create=False, environment=at_home).close()


def test_a_rotation_with_a_wrong_key_makes_no_new_one(
    at_home: dict[str, str], tmp_path: Path
) -> None:
    open_vault(None, None, create=True, environment=at_home).close()
    wrong = tmp_path / "wrong.key"
    keyfile.create(wrong)
    with pytest.raises(WrongKeyError):
        rotate_vault(None, wrong, None, reseal=False, environment=at_home)
    assert not interrupted_key(wrong).exists()


def test_a_rotation_to_the_present_key_is_refused(at_home: dict[str, str]) -> None:
    open_vault(None, None, create=True, environment=at_home).close()
    key = Path(at_home["SEKISHO_HOME"]) / "vault.key"
    with pytest.raises(UsageError, match="present key"):
        rotate_vault(None, None, key, reseal=False, environment=at_home)


def test_a_key_from_the_environment_needs_a_file_for_the_new_one(
    at_home: dict[str, str], tmp_path: Path
) -> None:
    environment = at_home | {"SEKISHO_KEY": MasterKey.generate().text()}
    open_vault(None, None, create=True, environment=environment).close()
    with pytest.raises(UsageError, match="--new-key-file"):
        rotate_vault(None, None, None, reseal=False, environment=environment)
    new = tmp_path / "new.key"
    rotate_vault(None, None, new, reseal=False, environment=environment)
    Vault.open(vault_url(None, environment), keyfile.load(new)).close()
