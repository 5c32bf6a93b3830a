"""Answers that were given before, kept in one sealed file, so that nothing is asked twice.

The file holds neither prompts nor answers that could be read: an answer lies under a keyed hash of
its request, sealed and bound to that place. Several processes may share it.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import os
import secrets
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from sekisho.errors import ModelError, OutputError, UsageError
from sekisho.models.keeping import Seal, completion_bytes, completion_of, request_bytes
from sekisho.models.seam import Completion, Finish, Model, Request
from sekisho.models.wrapper import Wrapper

__all__ = ["AnswerCache", "CachedModel"]

_APPLICATION = 0x53454B43  # "SEKC"
_VERSION = 1
_PURPOSE = "answer cache"
_BUSY_S = 30.0
_DELETE = "delete the file, and answers are asked for anew"


class AnswerCache:
    """The file ``path``, new or used before, opened with ``key`` (32 bytes); safe under threads.

    Raises ``UsageError`` when it is another kind of file or sealed with another key,
    ``OutputError`` when it cannot be written.
    """

    def __init__(self, path: Path, key: bytes) -> None:
        self._path = path
        self._key = key
        self._lock = threading.Lock()
        self._process = 0
        self._connection: sqlite3.Connection | None = None
        self._inherited: list[sqlite3.Connection] = []
        self._seal: Seal | None = None
        with self._opened():
            pass

    def find(self, content: bytes) -> bytes | None:
        """What was kept for the request ``content`` (see ``request_bytes``), None without it.

        Raises ``ModelError`` when it is damaged: it is never used then.
        """
        with self._opened() as (connection, seal):
            name = seal.name(content)
            row = connection.execute("SELECT sealed FROM answer WHERE name = ?", (name,)).fetchone()
        if row is None:
            return None
        opened = seal.open(row[0], name)
        if opened is None:
            raise self._damaged()
        return opened

    def keep(self, content: bytes, value: bytes) -> None:
        """Keep ``value`` for the request ``content``, unless there is one already."""
        with self._opened() as (connection, seal):
            name = seal.name(content)
            sealed = seal.close(value, name)
            connection.execute("INSERT OR IGNORE INTO answer VALUES (?, ?)", (name, sealed))

    def close(self) -> None:
        """Release the file; it is opened again when it is next used."""
        with self._lock, self._translated():
            if self._connection is not None and self._process == os.getpid():
                self._connection.close()
                self._connection = None

    @contextmanager
    def _opened(self) -> Iterator[tuple[sqlite3.Connection, Seal]]:
        with self._lock, self._translated():
            if self._connection is not None and self._process != os.getpid():
                # A forked process may neither use nor close the connection of its parent.
                self._inherited.append(self._connection)
                self._connection = None
            if self._connection is None or self._seal is None:
                self._connection, self._seal = self._open()
                self._process = os.getpid()
            yield self._connection, self._seal

    def _open(self) -> tuple[sqlite3.Connection, Seal]:
        if not self._path.exists():
            _create(self._path, self._key)
        connection = sqlite3.connect(
            self._path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False
        )
        try:
            seal = self._checked(connection)
            # What a power cut takes is asked for again, so the log need not be flushed.
            connection.execute("PRAGMA synchronous = NORMAL")
        except BaseException:
            connection.close()
            raise
        return connection, seal

    def _checked(self, connection: sqlite3.Connection) -> Seal:
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if (application, version) != (_APPLICATION, _VERSION):
            raise self._foreign()
        row = connection.execute("SELECT salt, proof FROM about").fetchone()
        if row is None or not isinstance(row[0], bytes):
            raise self._damaged()
        seal = Seal(self._key, row[0], _PURPOSE)
        if not hmac.compare_digest(seal.check, str(row[1])):
            raise UsageError(
                "the key does not open this answer cache",
                where=str(self._path),
                remedy=f"give the key it was made with, or {_DELETE}",
            )
        return seal

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Errors of SQLite and of the file system as errors of sekisho."""
        try:
            yield
        except sqlite3.Error as error:
            name = getattr(error, "sqlite_errorname", "")
            if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
                raise ModelError(
                    "the answer cache is locked by another process",
                    where=str(self._path),
                    remedy="let that one end, or do without the cache",
                ) from None
            if name.startswith(
                ("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_CANTOPEN")
            ):
                raise self._unwritable(name) from None
            if name == "SQLITE_NOTADB":
                raise self._foreign() from None
            raise self._damaged() from None
        except OSError as error:
            raise self._unwritable(error.strerror or "") from None

    def _damaged(self) -> ModelError:
        return ModelError("the answer cache is damaged", where=str(self._path), remedy=_DELETE)

    def _foreign(self) -> UsageError:
        return UsageError(
            "not an answer cache of this version of sekisho",
            where=str(self._path),
            remedy="choose another file",
        )

    def _unwritable(self, why: str) -> OutputError:
        return OutputError(
            f"the answer cache cannot be written: {why}",
            where=str(self._path),
            remedy="choose another place, or do without the cache",
        )


class CachedModel(Wrapper):
    """``model``, asked only what ``cache`` does not know; to count is to be asked, too.

    Whole answers alone are kept, and only from the weights that the model described when it was
    first asked. One from the cache takes no time. Closing the model closes the cache.
    """

    def __init__(self, model: Model, cache: AnswerCache) -> None:
        super().__init__(model)
        self._cache = cache

    async def complete(self, request: Request) -> Completion:
        """See ``Model``; raises what ``AnswerCache`` raises, too."""
        digest = (await self.described()).digest
        # The same weights answer otherwise where a schema is enforced by other means.
        content = request_bytes(request, digest, "answer", self.abilities.schema)
        kept = await asyncio.to_thread(self._cache.find, content)
        if kept is not None:
            return replace(completion_of(json.loads(kept)), seconds=0.0)
        completion = await super().complete(request)
        whole = completion.finish is Finish.STOP and completion.text.strip() != ""
        if whole and completion.model in ("", digest):
            await asyncio.to_thread(self._cache.keep, content, completion_bytes(completion))
        return completion

    async def count(self, request: Request) -> int | None:
        """See ``Model``; raises what ``AnswerCache`` raises, too."""
        content = request_bytes(request, (await self.described()).digest, "count")
        kept = await asyncio.to_thread(self._cache.find, content)
        if kept is not None:
            return int(kept)
        counted = await super().count(request)
        if counted is not None:
            await asyncio.to_thread(self._cache.keep, content, b"%d" % counted)
        return counted

    async def aclose(self) -> None:
        """See ``Model``; the cache is closed as well."""
        try:
            await super().aclose()
        finally:
            self._cache.close()


def _create(path: Path, key: bytes) -> None:
    """A new cache at ``path``, unless another process is faster.

    It is made under another name and linked into place: whoever sees ``path`` sees a whole cache
    that keeps a write-ahead log already, for SQLite cannot change to one while others look on.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    os.close(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        with closing(sqlite3.connect(draft, isolation_level=None)) as connection:
            _initialise(connection, key)
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        os.unlink(draft)


def _initialise(connection: sqlite3.Connection, key: bytes) -> None:
    salt = secrets.token_bytes(16)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE about (salt BLOB NOT NULL, proof TEXT NOT NULL)")
    connection.execute(
        "CREATE TABLE answer (name BLOB PRIMARY KEY, sealed BLOB NOT NULL) WITHOUT ROWID"
    )
    connection.execute("INSERT INTO about VALUES (?, ?)", (salt, Seal(key, salt, _PURPOSE).check))
    connection.execute(f"PRAGMA application_id = {_APPLICATION}")
    connection.execute(f"PRAGMA user_version = {_VERSION}")
