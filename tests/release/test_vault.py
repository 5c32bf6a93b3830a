from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sekisho.errors import MissingExtraError, UsageError, VaultError, WrongKeyError
from sekisho.release.keys import MasterKey
from sekisho.release.vault import Remembered, Vault


def test_what_was_put_comes_back(vault: Vault) -> None:
    vault.put_reversals("run", [("a", b"\x00\xff"), ("b", "山田".encode())])
    assert vault.reversals("run", "a") == b"\x00\xff"
    assert vault.reversals("run", "b") == "山田".encode()


@settings(
    deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=st.dictionaries(st.text(st.characters(), max_size=5), st.binary(max_size=40)))
def test_any_reference_and_payload_come_back(vault: Vault, rows: dict[str, bytes]) -> None:
    vault.put_reversals("run", rows.items())
    assert {ref: vault.reversals("run", ref) for ref in rows} == rows


def test_the_same_reference_again_replaces(vault: Vault) -> None:
    vault.put_reversals("run", [("a", b"old"), ("b", b"b")])
    vault.put_reversals("run", [("a", b"new"), ("c", b"c")])
    assert dict(vault.stream("run")) == {"a": b"new", "b": b"b", "c": b"c"}
    assert vault.check().runs["run"].count == 3


def test_the_same_call_again_changes_nothing(vault: Vault) -> None:
    vault.put_reversals("run", [("a", b"a")])
    before = vault.tally("run")
    vault.put_reversals("run", [("a", b"a")])
    assert vault.tally("run") == before
    assert before.count == 1


def test_runs_are_apart(vault: Vault) -> None:
    vault.put_reversals("one", [("a", b"1")])
    vault.put_reversals("two", [("a", b"2")])
    assert vault.reversals("one", "a") == b"1"
    assert vault.reversals("two", "a") == b"2"
    assert sorted(vault.check().runs) == ["one", "two"]


def test_a_failing_source_of_rows_leaves_nothing(vault: Vault) -> None:
    def rows() -> object:
        yield "a", b"a"
        raise RuntimeError("the source failed")

    with pytest.raises(RuntimeError):
        vault.put_reversals("run", rows())  # type: ignore[arg-type]
    assert list(vault.stream("run")) == []


def test_a_stream_longer_than_a_page_is_whole(vault: Vault) -> None:
    rows = {f"doc{n}": str(n).encode() for n in range(1203)}
    vault.put_reversals("run", rows.items())
    assert dict(vault.stream("run")) == rows


def test_nothing_put_is_nothing_done(vault: Vault) -> None:
    vault.put_reversals("run", [])
    assert vault.remember_all([]) == frozenset()
    assert vault.check().runs == {}


def test_a_missing_reversal_is_an_error_without_its_name(vault: Vault) -> None:
    with pytest.raises(VaultError, match="no reversal") as caught:
        vault.reversals("run", "山田")
    assert "山田" not in str(caught.value)


def test_a_token_is_remembered_and_looked_up(vault: Vault) -> None:
    assert vault.remember("NAME", "[氏名1]", "山田太郎")
    assert vault.remember("NAME", "[氏名1]", "山田太郎")
    assert vault.lookup("[氏名1]") == Remembered("NAME", "山田太郎")
    assert vault.lookup("[氏名2]") is None
    assert vault.check().pseudonyms == 1


def test_a_collision_is_told_and_the_first_meaning_stays(vault: Vault) -> None:
    vault.remember("NAME", "t", "山田太郎")
    assert not vault.remember("NAME", "t", "佐藤花子")
    assert not vault.remember("STAFF", "t", "山田太郎")
    assert vault.remember_all(
        [("NAME", "t", "鈴木"), ("NAME", "u", "鈴木"), ("NAME", "v", "a"), ("NAME", "v", "b")]
    ) == {"t", "v"}
    assert vault.lookup("t") == Remembered("NAME", "山田太郎")
    assert vault.lookup("u") == Remembered("NAME", "鈴木")
    assert vault.lookup("v") == Remembered("NAME", "a")
    vault.check()


def test_keys_are_the_same_each_time_the_vault_is_opened(
    vault: Vault, url: str, master: MasterKey
) -> None:
    with Vault.open(url, master) as again:
        assert again.keys == vault.keys
        assert again.id == vault.id
    with Vault.open(url, master, create=True) as again:
        assert again.keys == vault.keys


def test_a_wrong_key_is_one_line_with_a_remedy(vault: Vault, url: str) -> None:
    for create in (False, True):
        with pytest.raises(WrongKeyError, match=r"does not open this vault.*use the key"):
            Vault.open(url, MasterKey.generate(), create=create)


def test_a_vault_is_only_made_when_asked(url: str, master: MasterKey, tmp_path: Path) -> None:
    with pytest.raises(VaultError, match="no vault here"):
        Vault.open(url, master)
    assert not Vault.exists(url)
    assert list(tmp_path.iterdir()) == []
    Vault.open(url, master, create=True).close()
    assert Vault.exists(url)


def test_no_plaintext_lies_in_the_file(tmp_path: Path, master: MasterKey) -> None:
    path = tmp_path / "vault.db"
    with Vault.open(str(path), master, create=True) as vault:
        vault.put_reversals("run", [("chart-0012345", "山田太郎".encode())])
        vault.remember("NAME", "token-77", "佐藤花子")
    stored = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    for secret in ("chart-0012345", "山田", "佐藤", "token-77", "NAME"):
        assert secret.encode() not in stored
    for key in (master.secret, vault.keys.data, vault.keys.pseudonym):
        assert key not in stored


def test_the_files_of_a_vault_are_private(tmp_path: Path, master: MasterKey) -> None:
    path = tmp_path / "deep" / "er" / "vault.db"
    with Vault.open(str(path), master, create=True) as vault:
        vault.put_reversals("run", [("a", b"a")])
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert modes == {"vault.db": 0o600, "vault.db-wal": 0o600, "vault.db-shm": 0o600}


def test_a_vault_that_vanishes_is_an_error_and_not_a_new_file(
    tmp_path: Path, master: MasterKey
) -> None:
    path = tmp_path / "vault.db"
    with Vault.open(str(path), master, create=True) as vault:
        vault.close()
        path.unlink()
        with pytest.raises(VaultError, match="cannot be opened"):
            vault.put_reversals("run", [("a", b"a")])
    assert not path.exists()


@pytest.mark.parametrize("content", [b"not a database" * 100, "氏名,山田\n".encode()])
def test_a_file_that_is_no_vault_is_refused(
    tmp_path: Path, master: MasterKey, content: bytes
) -> None:
    path = tmp_path / "patients.csv"
    path.write_bytes(content)
    with pytest.raises(VaultError, match="no vault"):
        Vault.open(str(path), master, create=True)
    assert path.read_bytes() == content


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path, master: MasterKey) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(VaultError, match="cannot be written"):
        Vault.open(str(tmp_path / "file" / "vault.db"), master, create=True)


@pytest.mark.parametrize(
    "wrong",
    ["sqlite://", "sqlite:///:memory:", "mysql://u:hunter2@h/d", "postgresql://u:hunter2@h:x/d"],
)
def test_a_url_of_another_kind_is_refused_without_its_password(
    wrong: str, master: MasterKey
) -> None:
    with pytest.raises(UsageError, match="postgresql://USER@HOST") as caught:
        Vault.open(wrong, master)
    assert "hunter2" not in str(caught.value)


def test_without_psycopg_the_remedy_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, master: MasterKey
) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'sekisho\[postgres\]'") as caught:
        Vault.open("postgresql://u:hunter2@localhost/d", master)
    assert "hunter2" not in str(caught.value)


def test_the_password_of_a_url_is_never_shown(postgres_url: str, master: MasterKey) -> None:
    assert "hunter2" in postgres_url
    with Vault.open(postgres_url, master, create=True) as vault:
        with pytest.raises(VaultError) as caught:
            vault.reversals("run", "a")
        assert "hunter2" not in str(caught.value) + repr(vault)
        assert "***" in repr(vault)
