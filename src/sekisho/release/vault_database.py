"""The database below a vault: one engine, transactions that are tried again, masked errors."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event, func, make_url, select
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from sekisho.errors import (
    MissingExtraError,
    SekishoError,
    UsageError,
    VaultError,
    VaultTamperedError,
)
from sekisho.release.vault_faults import DAMAGED, Fault, diagnose

__all__ = ["Database", "Mode", "Patience"]

T = TypeVar("T")

#: ``read`` sees one snapshot; writers go side by side where the database can; an ``exclusive``
#: transaction (creation, rotation) waits for all writers and keeps new ones out.
Mode = Literal["read", "write", "exclusive"]

_POSTGRESQL_DRIVER = "postgresql+psycopg"
#: PostgreSQL's advisory lock of all vaults in a database; any constant does ("sekisho" in ASCII).
_LOCK = 0x73656B6973686F
_MODE = "sekisho_mode"


@dataclass(frozen=True)
class Patience:
    """How long a transaction is tried again while the database is locked or restarts."""

    seconds: float = 10.0
    first_pause: float = 0.05
    longest_pause: float = 1.0
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


class Database:
    """Runs whole transactions against SQLite or PostgreSQL.

    Safe under threads; a forked child gets connections of its own.
    """

    def __init__(self, url: str, patience: Patience | None = None):
        """``url`` is a path, ``sqlite:///PATH`` or ``postgresql://...``.

        Raises ``UsageError`` for any other, ``MissingExtraError`` without the driver.
        """
        parsed = _parse(url)
        self.path = Path(parsed.database or "") if parsed.drivername == "sqlite" else None
        self.shown = str(self.path) if self.path else parsed.render_as_string(hide_password=True)
        self._patience = patience or Patience()
        self._engine = self._connectable(parsed)
        self._pid = os.getpid()
        self._writing = threading.Lock()

    def run(self, mode: Mode, work: Callable[[Connection], T]) -> T:
        """``work`` in one transaction: committed as a whole, or as if it had never begun.

        ``work`` is called again after a passing fault, so it must do nothing but use the
        connection. Raises ``VaultError`` once patience has run out or the fault cannot pass.
        """
        deadline = self._patience.clock() + self._patience.seconds
        pause = self._patience.first_pause
        while True:
            try:
                with self._transaction(mode) as connection:
                    return work(connection)
            except DBAPIError as error:
                fault = diagnose(error)
                # The driver's error stays out of sight: it may show the address or a row.
                if not fault.passing or self._patience.clock() + pause > deadline:
                    raise self._failure(fault) from None
            except UnicodeDecodeError:
                # Python's sqlite3 trips over damaged text, even over that of SQLite's messages.
                raise self._failure(DAMAGED) from None
            except PoolTimeout:
                raise VaultError("too many threads use the vault", where=self.shown) from None
            except SekishoError as error:
                error.where = error.where or self.shown
                raise
            # A lost connection has already been thrown away by the pool, with all its like.
            self._patience.sleep(pause)
            pause = min(2 * pause, self._patience.longest_pause)

    def prepare(self) -> None:
        """Make room for a new SQLite file: its folder, and the file itself with mode 0600."""
        if self.path is None:
            return
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # SQLite gives its -wal and -shm files the mode of the database. A file that is there is
            # never opened: closing it would drop the locks of this process's own connections.
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        except OSError as error:
            if self.path.is_file():
                return
            raise VaultError(
                f"the vault cannot be written: {error.strerror}",
                where=self.shown,
                remedy="choose another place with --vault",
            ) from None

    def close(self) -> None:
        """Close all connections; the next transaction would open new ones."""
        self._engine.dispose(close=self._pid == os.getpid())

    @contextmanager
    def _transaction(self, mode: Mode) -> Iterator[Connection]:
        if self._pid != os.getpid():
            self._engine.dispose(close=False)
            self._writing = threading.Lock()
            self._pid = os.getpid()
        with ExitStack() as stack:
            if self.path is not None and mode != "read":
                # Threads queue here in turn; SQLite's own waiting is a lottery.
                stack.enter_context(self._writing)
            connection = stack.enter_context(self._engine.connect())
            if self.path is not None:
                connection = connection.execution_options(**{_MODE: mode})
            else:
                # A writer that waited for a lock must then see what the other one wrote.
                level = "REPEATABLE READ" if mode == "read" else "READ COMMITTED"
                connection = connection.execution_options(
                    isolation_level=level, postgresql_readonly=mode == "read"
                )
            stack.enter_context(connection.begin())
            if self.path is None and mode != "read":
                shared = func.pg_advisory_xact_lock_shared
                lock = shared if mode == "write" else func.pg_advisory_xact_lock
                connection.execute(select(lock(_LOCK)))
            yield connection

    def _connectable(self, url: URL) -> Engine:
        if self.path is None:
            arguments = {} if "connect_timeout" in url.query else {"connect_timeout": 5}
            try:
                return create_engine(url, hide_parameters=True, connect_args=arguments)
            except ModuleNotFoundError:
                raise MissingExtraError(
                    "a PostgreSQL vault needs psycopg",
                    where=self.shown,
                    remedy="pip install 'sekisho[postgres]'",
                ) from None
        # mode=rw: a vault that vanished is an error, never a new empty file.
        target = URL.create(
            "sqlite",
            database="file:" + quote(str(self.path.absolute())),
            query={"mode": "rw", "uri": "true"},
        )
        wait = int(self._patience.seconds * 1000)
        engine = create_engine(target, hide_parameters=True, connect_args={"isolation_level": None})

        @event.listens_for(engine, "connect")
        def configure(connection: Any, _: Any) -> None:
            for pragma in (f"busy_timeout={wait}", "journal_mode=WAL", "synchronous=FULL"):
                connection.execute(f"PRAGMA {pragma}").close()

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            # IMMEDIATE: a writer that read first could not upgrade beside another writer.
            reading = connection.get_execution_options().get(_MODE) == "read"
            connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

        return engine

    def _failure(self, fault: Fault) -> VaultError:
        kind = VaultTamperedError if fault.damage else VaultError
        return kind(fault.message, where=self.shown, remedy=fault.remedy)


def _parse(url: str) -> URL:
    if "://" not in url:
        return URL.create("sqlite", database=url)
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        # Not shown: what cannot be parsed cannot be masked either.
        raise UsageError("the vault's URL cannot be understood", remedy=_FORMS) from None
    if parsed.drivername in {"postgresql", "postgres", _POSTGRESQL_DRIVER}:
        return parsed.set(drivername=_POSTGRESQL_DRIVER)
    if parsed.drivername != "sqlite":
        raise UsageError(f"a vault cannot lie in {parsed.drivername!r}", remedy=_FORMS)
    if parsed.database in {None, "", ":memory:"}:
        raise UsageError("a vault in memory would be lost", remedy=_FORMS)
    return parsed


_FORMS = "use a path, sqlite:///PATH or postgresql://USER@HOST/DATABASE"
