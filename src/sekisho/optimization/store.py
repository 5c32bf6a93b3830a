"""The readings of a study, kept as they come, so that a study that was killed goes on.

One SQLite file. A reading lies under a keyed hash of everything that it depends on (weights,
prompts, seed, document), and is offsets and counts. Decisions that cannot be worked out again from
readings (a prompt that a model wrote) are kept too, once they passed their checks.
"""

from __future__ import annotations

import hmac
import json
import secrets
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from sekisho.errors import JournalError, OutputError, UsageError
from sekisho.models.answers import Cost
from sekisho.optimization.records import Record, body_of, record_of
from sekisho.runs.database import create_private
from sekisho.runs.files import output_error

__all__ = ["FILENAME", "Store"]

FILENAME = "study.db"
LOCK = "study.lock"
_APPLICATION = 0x53454B53  # "SEKS"
_SCHEMA = """
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE kept (key BLOB PRIMARY KEY, kind TEXT NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;
"""


class Store:
    """The file ``study.db`` in a folder; a context manager, used from one thread."""

    def __init__(
        self,
        path: Path,
        connection: sqlite3.Connection,
        about: Mapping[str, str],
        lock: BinaryIO,
    ) -> None:
        self._path = path
        self._lock = lock
        self._connection = connection
        self._salt = bytes.fromhex(about["salt"])

    @classmethod
    def open(cls, folder: Path, fingerprint: str, *, resume: bool) -> Self:
        """The store of the study that ``fingerprint`` names, new or taken up again.

        Raises ``UsageError`` when there is one and ``resume`` was not said, when it belongs to
        another study, or when another process runs it; ``JournalError`` when it is damaged,
        ``OutputError`` when it cannot be made.
        """
        path = folder / FILENAME
        try:
            create_private(path)
        except OSError as error:
            raise output_error(error, path) from None
        with ExitStack() as undone:
            lock = undone.enter_context(_locked(folder))
            with _translated(path):
                connection = undone.enter_context(closing(_connected(path)))
                about = _about(path, connection, fingerprint)
            if not {"fingerprint", "salt"} <= about.keys():
                raise JournalError("the store of the study is damaged", where=str(path))
            if about["fingerprint"] != fingerprint:
                raise UsageError(
                    "another study was begun in this folder, or its file was changed since",
                    where=str(folder),
                    remedy="choose another --out; only [budget] may change on the way",
                )
            if about["begun"] != "new" and not resume:
                raise UsageError(
                    "this study was begun before",
                    where=str(folder),
                    remedy="go on with --resume, or choose another --out",
                )
            undone.pop_all()
        return cls(path, connection, about, lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._connection.close()
        self._lock.close()

    def reading(self, *parts: object) -> Record | None:
        """The reading under ``parts``, or None. Raises ``JournalError`` for a damaged one."""
        body = self._body("reading", parts)
        if body is None:
            return None
        try:
            return record_of(body)
        except (KeyError, TypeError, ValueError):
            raise self._damaged() from None

    def keep_reading(self, record: Record, *parts: object) -> None:
        """Keep ``record`` under ``parts``."""
        self._keep("reading", parts, body_of(record))

    def spent(self) -> Cost:
        """What all readings that are kept took."""
        total = Cost()
        with _translated(self._path):
            rows = self._connection.execute("SELECT body FROM kept WHERE kind = 'reading'")
            for (body,) in rows:
                try:
                    total += record_of(json.loads(body)).cost
                except (KeyError, TypeError, ValueError):
                    raise self._damaged() from None
        return total

    def decision(self, *parts: object) -> Any:
        """What was decided under ``parts``, as JSON values; None when nothing was."""
        return self._body("decision", parts)

    def keep_decision(self, body: Any, *parts: object) -> None:
        """Keep ``body``, JSON values without any text of a document."""
        self._keep("decision", parts, body)

    def _keep(self, kind: str, parts: tuple[object, ...], body: Any) -> None:
        with _translated(self._path):
            self._connection.execute(
                "INSERT OR REPLACE INTO kept VALUES (?, ?, ?)",
                (self._key(kind, parts), kind, json.dumps(body, separators=(",", ":"))),
            )

    def _body(self, kind: str, parts: tuple[object, ...]) -> Any:
        with _translated(self._path):
            row = self._connection.execute(
                "SELECT body FROM kept WHERE key = ? AND kind = ?", (self._key(kind, parts), kind)
            ).fetchone()
        if row is None:
            return None
        try:
            return json.loads(row[0])
        except ValueError:
            raise self._damaged() from None

    def _key(self, kind: str, parts: tuple[object, ...]) -> bytes:
        # Keyed, for a plain hash of a short report could be guessed.
        stated = json.dumps([kind, *parts], separators=(",", ":"))
        return hmac.digest(self._salt, stated.encode(), "sha256")

    def _damaged(self) -> JournalError:
        return JournalError("a reading in it is damaged", where=str(self._path))


def _connected(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None, check_same_thread=False)


def _locked(folder: Path) -> BinaryIO:
    """A file that one process at a time holds; a lock of its own, for SQLite has others."""
    path = folder / LOCK
    try:
        file = open(path, "ab")  # noqa: SIM115  held as long as the store is
    except OSError as error:
        raise output_error(error, path) from None
    try:
        import fcntl
    except ImportError:  # a system without such locks
        return file
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise UsageError(
            "another process runs this study", where=str(folder), remedy="let it end first"
        ) from None
    return file


def _about(path: Path, connection: sqlite3.Connection, fingerprint: str) -> dict[str, str]:
    """What the file says of itself; ``begun`` is ``new`` where it was made just now."""
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("BEGIN IMMEDIATE")
    if connection.execute("SELECT 1 FROM sqlite_master").fetchone() is None:
        for statement in _SCHEMA.split(";")[:-1]:
            connection.execute(statement)
        made = {"salt": secrets.token_hex(16), "fingerprint": fingerprint}
        connection.executemany("INSERT INTO about VALUES (?, ?)", list(made.items()))
        connection.execute(f"PRAGMA application_id = {_APPLICATION}")
        connection.execute("COMMIT")
        return {**made, "begun": "new"}
    connection.execute("COMMIT")
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    if application != _APPLICATION:
        raise UsageError("this is no store of a study", where=str(path))
    return {"begun": "before", **dict(connection.execute("SELECT name, value FROM about"))}


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        problem = type(error).__name__
        full = "full" in str(error)
        told = "the disk is full" if full else f"cannot be used: {problem}"
        remedy = "make room, then go on with --resume" if full else None
        raise OutputError(told, where=str(path), remedy=remedy) from None
    except sqlite3.DatabaseError:
        raise JournalError("the store of the study is damaged", where=str(path)) from None
