"""One vault, many threads and processes, and a server that goes away."""

from __future__ import annotations

import multiprocessing
import os
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import pytest
from postgres import Server

from sekisho.errors import VaultError
from sekisho.release.keys import Keys, MasterKey
from sekisho.release.vault import Vault
from sekisho.release.vault_database import Database, Patience

SPAWN = multiprocessing.get_context("spawn")


def write(vault: Vault, worker: int, calls: int = 10) -> None:
    """Rows of the worker's own, a row and a token that all workers write."""
    for n in range(calls):
        rows = [(f"{worker}/{n}/{m}", f"{worker}-{n}-{m}".encode()) for m in range(3)]
        vault.put_reversals("run", [*rows, ("shared", b"shared")])
        assert vault.remember("NAME", f"token{n}", f"surface{n}")


def open_and_write(url: str, master: MasterKey, worker: int) -> Keys:
    with Vault.open(url, master, create=True) as vault:
        write(vault, worker)
        return vault.keys


def expected(workers: int, calls: int = 10) -> dict[str, bytes]:
    return {"shared": b"shared"} | {
        f"{w}/{n}/{m}": f"{w}-{n}-{m}".encode()
        for w in range(workers)
        for n in range(calls)
        for m in range(3)
    }


def test_eight_threads_write_to_one_vault(vault: Vault) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda worker: write(vault, worker), range(8)))
    assert dict(vault.stream("run")) == expected(8)
    assert vault.check().pseudonyms == 10


def test_eight_threads_create_one_vault_together(url: str, master: MasterKey) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda worker: open_and_write(url, master, worker), range(8)))
    assert len({keys.pseudonym for keys in made}) == 1
    with Vault.open(url, master) as vault:
        assert dict(vault.stream("run")) == expected(8)
        vault.check()


def test_four_processes_create_one_vault_together_and_write(url: str, master: MasterKey) -> None:
    with ProcessPoolExecutor(4, mp_context=SPAWN) as pool:
        made = list(pool.map(open_and_write, [url] * 4, [master] * 4, range(4)))
    assert len({keys.pseudonym for keys in made}) == 1
    with Vault.open(url, master) as vault:
        assert dict(vault.stream("run")) == expected(4)
        vault.check()


@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")
def test_a_forked_child_and_its_parent_both_go_on(vault: Vault) -> None:
    vault.put_reversals("run", [("before", b"")])
    child = os.fork()
    if child == 0:
        status = 1
        try:
            vault.put_reversals("run", [("child", b"child")])
            vault.close()
            status = 0
        finally:
            os._exit(status)
    vault.put_reversals("run", [("parent", b"parent")])
    assert os.waitpid(child, 0)[1] == 0
    assert dict(vault.stream("run")) == {"before": b"", "child": b"child", "parent": b"parent"}
    vault.check()


def test_the_first_meaning_of_a_token_wins_under_threads(vault: Vault) -> None:
    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda n: vault.remember("NAME", "t", f"surface{n}"), range(8)))
    assert won.count(True) == 1
    meaning = vault.lookup("t")
    assert meaning is not None
    assert meaning.surface == f"surface{won.index(True)}"


def test_writers_go_on_through_a_rotation_with_resealing(
    vault: Vault, url: str, master: MasterKey
) -> None:
    vault.put_reversals("run", [(f"old{n}", b"x") for n in range(600)])
    new = MasterKey.generate()
    with Vault.open(url, master) as other, ThreadPoolExecutor(4) as pool:
        writing = [pool.submit(write, vault, worker) for worker in range(3)]
        other.rotate(new, reseal=True)
        outcomes = [future.exception() for future in writing]
    # The old key is worth nothing any more: whoever still holds it is told so, or was done.
    assert all(error is None or "does not open" in str(error) for error in outcomes)
    with Vault.open(url, new) as after:
        assert after.check().runs["run"].count >= 600
        assert len(dict(after.stream("run"))) == after.tally("run").count


def test_a_locked_vault_is_waited_for_and_then_an_error(tmp_path: Path, master: MasterKey) -> None:
    path = tmp_path / "vault.db"
    with Vault.open(str(path), master, create=True, patience=Patience(0.3)) as vault:
        other = sqlite3.connect(path, isolation_level=None)
        try:
            other.execute("BEGIN IMMEDIATE")
            started = time.monotonic()
            with pytest.raises(VaultError, match="locked by another process"):
                vault.put_reversals("run", [("a", b"a")])
            assert 0.3 <= time.monotonic() - started < 5
            other.execute("COMMIT")
        finally:
            other.close()
        vault.put_reversals("run", [("a", b"a")])
        assert vault.reversals("run", "a") == b"a"


def test_a_full_disk_is_one_line_and_nothing_is_half_written(
    tmp_path: Path, master: MasterKey
) -> None:
    path = tmp_path / "vault.db"
    with Vault.open(str(path), master, create=True) as vault:
        vault.put_reversals("run", [("a", b"a")])
        # The limit of pages gives the same SQLITE_FULL as a full disk.
        pages = vault._database.run(
            "read", lambda c: c.exec_driver_sql("PRAGMA page_count").scalar_one()
        )
        vault._database.run("read", lambda c: c.exec_driver_sql(f"PRAGMA max_page_count={pages}"))
        with pytest.raises(VaultError, match="no space is left"):
            vault.put_reversals("run", [(f"doc{n}", b"x" * 5000) for n in range(100)])
        assert dict(vault.stream("run")) == {"a": b"a"}
        vault.check()


def keep_writing(vault: Vault, worker: int, stop: threading.Event) -> dict[str, bytes]:
    done = {}
    while not stop.is_set() or not done:
        rows = {f"{worker}/{len(done)}/{m}": os.urandom(20) for m in range(5)}
        vault.put_reversals("run", rows.items())
        done |= rows
    return done


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_a_restart_of_the_server_amid_writes_loses_nothing(
    postgres_server: Server, postgres_url: str, master: MasterKey, mode: str
) -> None:
    stop = threading.Event()
    with (
        Vault.open(postgres_url, master, create=True) as vault,
        ThreadPoolExecutor(3) as pool,
    ):
        writing = [pool.submit(keep_writing, vault, worker, stop) for worker in range(3)]
        try:
            for _ in range(2):
                time.sleep(0.3)
                postgres_server.stop(mode)
                time.sleep(0.3)
                postgres_server.start()
            time.sleep(0.3)
        finally:
            stop.set()
        done = {ref: row for future in writing for ref, row in future.result().items()}
        assert dict(vault.stream("run")) == done
        assert vault.check().runs["run"].count == len(done)


def test_a_server_that_stays_away_is_an_error_after_a_while(
    postgres_server: Server, postgres_url: str, master: MasterKey
) -> None:
    slept: list[float] = []
    ticks = iter(range(1000))
    clock: Callable[[], float] = lambda: float(next(ticks))  # noqa: E731
    patience = Patience(8.0, clock=clock, sleep=slept.append)
    with Vault.open(postgres_url, master, create=True, patience=patience) as vault:
        postgres_server.stop()
        try:
            with pytest.raises(VaultError, match="does not answer") as caught:
                vault.put_reversals("run", [("a", b"a")])
        finally:
            postgres_server.start()
        assert "hunter2" not in str(caught.value)
        assert slept == sorted(slept)
        assert 2 < len(slept) < 20
        vault.put_reversals("run", [("a", b"a")])
        vault.check()


def test_a_wrong_database_is_told_at_once(postgres_url: str, master: MasterKey) -> None:
    with pytest.raises(VaultError, match="no such database"):
        Vault.open(postgres_url.replace("/postgres?", "/absent?"), master)


def stored(url: str, master: MasterKey) -> int:
    """How many rows another process sees; at its end it closes what it opened."""
    with Vault.open(url, master) as vault:
        return len(dict(vault.stream("run")))


def test_making_room_for_a_vault_that_is_there_costs_nobody_his_lock(
    tmp_path: Path, master: MasterKey
) -> None:
    """A process loses all its locks on a file when it closes any handle of it (POSIX).

    The next process to go would then take itself for the last, and throw away the log into which
    this one goes on writing.
    """
    url = str(tmp_path / "vault.db")
    with ProcessPoolExecutor(1, mp_context=SPAWN) as other:
        with Vault.open(url, master, create=True) as vault:
            vault.put_reversals("run", [("a", b"a")])
            Database(url).prepare()
            assert other.submit(stored, url, master).result() == 1
            vault.put_reversals("run", [("b", b"b")])
            assert other.submit(stored, url, master).result() == 2
        assert other.submit(stored, url, master).result() == 2
