"""Somebody with full rights to the database, but without the key, changes it."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, text

from sekisho.errors import VaultError, VaultTamperedError
from sekisho.release.keys import MasterKey
from sekisho.release.vault import Vault


@contextmanager
def behind_its_back(url: str) -> Iterator[Connection]:
    target = (
        url.replace("postgresql:", "postgresql+psycopg:") if "://" in url else f"sqlite:///{url}"
    )
    engine = create_engine(target)
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def execute(url: str, statement: str, **values: Any) -> None:
    with behind_its_back(url) as connection:
        connection.execute(text(statement), values)


def cells(url: str) -> list[tuple[str, str, tuple[str, ...], tuple[Any, ...]]]:
    """Every table and column of every row, with the values of the whole row."""
    found = []
    with behind_its_back(url) as connection:
        for table in ("vault_meta", "vault_keys", "vault_rows", "vault_tallies"):
            result = connection.execute(text(f"SELECT * FROM {table}"))
            names = tuple(result.keys())
            found += [(table, name, names, tuple(row)) for row in result for name in names]
    return found


def changed(value: Any) -> Any:
    if isinstance(value, bytes):
        return value[:-1] + bytes([value[-1] ^ 1])
    return value + 1 if isinstance(value, int) else value + "x"


@pytest.fixture
def filled(vault: Vault) -> Vault:
    vault.put_reversals("one", [("a", b"aa"), ("b", b"bb")])
    vault.put_reversals("two", [("a", b"cc")])
    vault.remember_all([("NAME", "t", "山田"), ("NAME", "u", "佐藤")])
    vault.check()
    return vault


def found_by_opening_or_checking(url: str, master: MasterKey) -> str:
    with pytest.raises(VaultError) as caught, Vault.open(url, master) as opened:
        opened.check()
    return str(caught.value)


def test_a_change_of_any_cell_is_found(filled: Vault, url: str, master: MasterKey) -> None:
    for table, column, names, row in cells(url):
        where = " AND ".join(f'"{name}" = :{name}' for name in names)
        whole = dict(zip(names, row, strict=True))
        other = changed(whole[column])
        execute(url, f'UPDATE {table} SET "{column}" = :other WHERE {where}', other=other, **whole)
        found_by_opening_or_checking(url, master)
        back = {**whole, column: other}
        execute(
            url, f'UPDATE {table} SET "{column}" = :old WHERE {where}', old=whole[column], **back
        )
    filled.check()


def test_a_deletion_of_any_row_is_found(filled: Vault, url: str, master: MasterKey) -> None:
    for table, _, names, row in {(t, "", n, r): None for t, _, n, r in cells(url)}:
        where = " AND ".join(f'"{name}" = :{name}' for name in names)
        whole = dict(zip(names, row, strict=True))
        execute(url, f"DELETE FROM {table} WHERE {where}", **whole)
        found_by_opening_or_checking(url, master)
        columns = ", ".join(f'"{name}"' for name in names)
        values = ", ".join(f":{name}" for name in names)
        execute(url, f"INSERT INTO {table} ({columns}) VALUES ({values})", **whole)
    filled.check()


def test_a_changed_row_is_named_with_its_table_and_no_content(filled: Vault, url: str) -> None:
    with behind_its_back(url) as connection:
        scope, reference, sealed = connection.execute(
            text("SELECT * FROM vault_rows WHERE scope = 'reversals:two'")
        ).one()
    execute(url, "UPDATE vault_rows SET sealed = :s WHERE scope = :c", s=changed(sealed), c=scope)
    for act in (
        filled.check,
        lambda: filled.reversals("two", "a"),
        lambda: list(filled.stream("two")),
    ):
        with pytest.raises(VaultTamperedError, match=f"vault_rows: the row {scope}/{reference}"):
            act()


SWAP = """UPDATE vault_rows SET sealed = (
    SELECT other.sealed FROM vault_rows AS other
    WHERE other.scope = vault_rows.scope AND other.reference <> vault_rows.reference
) WHERE scope = 'reversals:one'"""
MOVE = """UPDATE vault_rows SET sealed = (
    SELECT sealed FROM vault_rows WHERE scope = 'reversals:two'
) WHERE scope = 'reversals:one'"""
GHOST = "INSERT INTO vault_rows SELECT scope, 'x' || reference, sealed FROM vault_rows"
FORGET_RUN = "DELETE FROM vault_rows WHERE scope = 'reversals:two'"
FORGET_TALLY = "DELETE FROM vault_tallies WHERE scope = 'reversals:two'"


@pytest.mark.parametrize(
    "statements",
    [(SWAP,), (MOVE,), (GHOST,), (FORGET_RUN,), (FORGET_TALLY,), (FORGET_RUN, FORGET_TALLY)],
    ids=["swapped", "moved", "added", "deleted run", "deleted tally", "deleted run and tally"],
)
def test_rows_that_are_sound_but_in_the_wrong_place_are_found(
    filled: Vault, url: str, statements: tuple[str, ...]
) -> None:
    for statement in statements:
        execute(url, statement)
    with pytest.raises(VaultTamperedError):
        filled.check()


@pytest.mark.parametrize("statement", [SWAP, MOVE], ids=["swapped", "moved"])
def test_a_row_in_another_s_place_is_never_handed_out(
    filled: Vault, url: str, statement: str
) -> None:
    execute(url, statement)

    def ask_for_each() -> None:
        # SQLite swaps row by row, in an order of its own, so one of the two may be right again.
        filled.reversals("one", "a")
        filled.reversals("one", "b")

    for act in (ask_for_each, lambda: list(filled.stream("one"))):
        with pytest.raises(VaultTamperedError, match="does not authenticate"):
            act()


def test_an_older_state_of_one_row_is_found(filled: Vault, url: str) -> None:
    with behind_its_back(url) as connection:
        old = connection.execute(
            text("SELECT sealed FROM vault_rows WHERE scope = 'reversals:two'")
        )
        sealed = old.scalar_one()
    filled.put_reversals("two", [("a", b"newer")])
    execute(url, "UPDATE vault_rows SET sealed = :s WHERE scope = 'reversals:two'", s=sealed)
    assert filled.reversals("two", "a") == b"cc"
    with pytest.raises(VaultTamperedError, match="do not add up"):
        filled.check()


def test_a_whole_vault_put_back_is_found_by_a_tally_kept_elsewhere(
    tmp_path: Path, master: MasterKey
) -> None:
    path, copy = tmp_path / "vault.db", tmp_path / "copy.db"
    with Vault.open(str(path), master, create=True) as vault:
        vault.put_reversals("run", [("a", b"a")])
        with sqlite3.connect(path) as source, sqlite3.connect(copy) as target:
            source.backup(target)
        source.close()
        target.close()
        vault.put_reversals("run", [("b", b"b")])
        kept = {"run": vault.tally("run")}
        vault.check(kept)
    with Vault.open(str(copy), master) as old:
        old.check()
        with pytest.raises(VaultTamperedError, match="2 rows were, 1 are there"):
            old.check(kept)


def test_a_run_whose_tally_was_deleted_takes_no_more_rows(filled: Vault, url: str) -> None:
    execute(url, FORGET_TALLY)
    with pytest.raises(VaultTamperedError, match="'reversals:two' is missing"):
        filled.put_reversals("two", [("z", b"z")])


def test_a_vault_without_its_keys_never_gets_new_ones(
    filled: Vault, url: str, master: MasterKey
) -> None:
    for table in ("vault_meta", "vault_keys"):
        execute(url, f"DELETE FROM {table}")
        with pytest.raises(VaultTamperedError, match="missing"):
            Vault.open(url, master, create=True)


def test_meddled_rows_do_not_come_out_freshly_sealed(filled: Vault, url: str) -> None:
    execute(url, SWAP)
    with pytest.raises(VaultTamperedError):
        filled.rotate(MasterKey.generate(), reseal=True)


def test_a_vault_of_another_format_is_refused(filled: Vault, url: str, master: MasterKey) -> None:
    execute(url, "UPDATE vault_meta SET value = '99' WHERE name = 'format'")
    with pytest.raises(VaultError, match="another version"):
        Vault.open(url, master)


@pytest.mark.parametrize("value", ["text", 5, b"", b"short"])
@pytest.mark.parametrize(
    "column",
    ["vault_rows.sealed", "vault_tallies.digest", "vault_tallies.seal", "vault_keys.wrapped"],
)
def test_a_cell_of_another_type_is_found(
    tmp_path: Path, master: MasterKey, column: str, value: object
) -> None:
    path = str(tmp_path / "vault.db")
    with Vault.open(path, master, create=True) as vault:
        vault.put_reversals("run", [("a", b"a")])
    table, name = column.split(".")
    execute(path, f"UPDATE {table} SET {name} = :value", value=value)
    found_by_opening_or_checking(path, master)


def test_random_damage_to_the_file_never_passes_as_another_content(
    tmp_path: Path, master: MasterKey
) -> None:
    path = tmp_path / "vault.db"
    with Vault.open(str(path), master, create=True) as vault:
        vault.put_reversals("run", [(f"doc{n}", b"x" * 300) for n in range(60)])
        keys, tally = vault.keys, vault.tally("run")
    sound = path.read_bytes()
    for seed in range(60):
        chance = random.Random(seed)
        broken = bytearray(sound)
        for _ in range(20):
            broken[chance.randrange(len(broken))] ^= chance.randrange(1, 256)
        path.write_bytes(broken)
        outcome: Callable[[], object] | None = None
        try:
            with Vault.open(str(path), master) as vault:
                assert vault.keys == keys
                assert vault.check().runs["run"] == tally
        except VaultError as error:
            outcome = error.__str__
        for extra in ("-wal", "-shm"):
            Path(f"{path}{extra}").unlink(missing_ok=True)
        assert outcome is None or "doc" not in str(outcome())
