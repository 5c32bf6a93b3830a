"""The SQLite file under the journal: its tables, its kind, and its errors as ours."""

from __future__ import annotations

import contextlib
import hmac
import os
import secrets
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from sekisho.errors import JournalError, OutputError, SekishoError

__all__ = [
    "START_ANEW",
    "check_kind",
    "create_private",
    "damaged",
    "initialise",
    "is_empty",
    "key_check",
    "sealing_key",
    "translated",
]

_APPLICATION = 0x53454B49  # "SEKI"
_VERSION = 1
_SCHEMA = """
CREATE TABLE run (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE fingerprint (name TEXT PRIMARY KEY, digest TEXT NOT NULL);
CREATE TABLE outcome (
    source INTEGER NOT NULL, row INTEGER NOT NULL,
    status TEXT NOT NULL, body BLOB NOT NULL, seal BLOB NOT NULL,
    PRIMARY KEY (source, row));
CREATE TABLE seen (
    digest BLOB PRIMARY KEY, source INTEGER NOT NULL, row INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE broken (source INTEGER PRIMARY KEY, row INTEGER NOT NULL, detail TEXT NOT NULL);
"""
START_ANEW = "choose another --out, or move the journal away to start anew"


def sealing_key(key: bytes | None, salt: bytes) -> bytes:
    """The key of all seals of one journal: HMAC-SHA256 of its salt under the caller's key."""
    return hmac.digest(key or b"", salt, "sha256")


def key_check(sealing: bytes) -> str:
    """A value that tells, without betraying it, whether the sealing key is the right one."""
    return hmac.digest(sealing, b"check", "sha256").hex()


def create_private(path: Path) -> None:
    """Make sure that ``path`` exists, readable for its owner only. Raises ``OSError``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Closing a file that is there would drop the locks of this process's own connections to it.
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def is_empty(connection: sqlite3.Connection) -> bool:
    """Whether the database holds no table yet (a kill may leave it so)."""
    return connection.execute("SELECT 1 FROM sqlite_master").fetchone() is None


def initialise(connection: sqlite3.Connection, key: bytes | None) -> None:
    """Create the tables and the identity of a new run, inside the caller's transaction."""
    salt = secrets.token_bytes(16)
    for statement in _SCHEMA.split(";")[:-1]:
        connection.execute(statement)
    connection.executemany(
        "INSERT INTO run VALUES (?, ?)",
        [
            ("id", secrets.token_hex(8)),
            ("salt", salt.hex()),
            ("check", key_check(sealing_key(key, salt))),
            ("state", "running"),
        ],
    )
    connection.execute(f"PRAGMA application_id = {_APPLICATION}")
    connection.execute(f"PRAGMA user_version = {_VERSION}")


def check_kind(connection: sqlite3.Connection, path: Path) -> None:
    """Raise ``JournalError`` unless this is a journal of this version."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application != _APPLICATION:
        raise JournalError("not a sekisho journal", where=str(path), remedy=START_ANEW)
    if version != _VERSION:
        raise JournalError(
            f"written by another version of sekisho (format {version}, not {_VERSION})",
            where=str(path),
            remedy="finish the run with the version that began it, or choose another --out",
        )


def damaged(path: Path) -> JournalError:
    """The error of a journal that contradicts itself."""
    return JournalError("the journal is damaged", where=str(path), remedy=START_ANEW)


@contextlib.contextmanager
def translated(path: Path) -> Iterator[None]:
    """Errors of SQLite and of the file system as errors of sekisho."""
    try:
        yield
    except SekishoError:
        raise
    except sqlite3.Error as error:
        name = getattr(error, "sqlite_errorname", "")
        if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            raise JournalError(
                "the journal is in use by another run", where=str(path), remedy="let that one end"
            ) from error
        if name == "SQLITE_FULL" or name.startswith("SQLITE_IOERR_WRITE"):
            raise OutputError(
                "the disk is full",
                where=str(path),
                remedy="make room, then run the same command with --resume",
            ) from error
        if name.startswith(("SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_CANTOPEN")):
            raise OutputError(
                f"the journal cannot be written ({name})",
                where=str(path),
                remedy="check the folder and its rights, then run the same command with --resume",
            ) from error
        if name == "SQLITE_NOTADB":
            raise JournalError(
                "not a sekisho journal", where=str(path), remedy=START_ANEW
            ) from error
        raise damaged(path) from error
    except OSError as error:
        raise OutputError(
            f"cannot be written: {os.strerror(error.errno or 0)}",
            where=str(path),
            remedy="check the folder and its rights",
        ) from error
    except (KeyError, ValueError) as error:
        raise damaged(path) from error
