"""The journal of a run: one SQLite file that knows what became of every record so far.

A batch of outcomes is one transaction, so a run that is killed at any moment leaves whole batches
and nothing else; what is missing is done again on resume. The journal is sealed: each row carries
an HMAC over its place and content, keyed by the caller (or, without a key, by a salt in the file,
which shows damage but not a forger who knows this module).
"""

from __future__ import annotations

import contextlib
import hmac
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from sekisho.errors import JournalError, UsageError
from sekisho.runs.database import (
    START_ANEW,
    check_kind,
    create_private,
    damaged,
    initialise,
    is_empty,
    key_check,
    sealing_key,
    translated,
)
from sekisho.runs.outcome import Outcome, Position, decode

__all__ = ["FILENAME", "Journal"]

FILENAME = "journal.db"

_PAGE = 4096


class Journal:
    """An open journal; use it as a context manager, from one thread."""

    def __init__(self, path: Path, connection: sqlite3.Connection, key: bytes | None):
        self._path = path
        self._connection = connection
        self._run: dict[str, str] = dict(connection.execute("SELECT name, value FROM run"))
        self._key = sealing_key(key, bytes.fromhex(self._run.get("salt", "")))
        self._pending: dict[bytes, Position] = {}

    @classmethod
    def open(
        cls,
        directory: Path,
        fingerprint: Mapping[str, str],
        *,
        resume: bool = False,
        key: bytes | None = None,
    ) -> Journal:
        """The journal in ``directory``, new or (with ``resume``) taken up again.

        ``fingerprint`` names everything the result depends on (``--profile``, ``inputs``) with a
        value each; only digests of the values are kept. ``resume`` without a journal begins anew.
        The journal is locked until it is closed.

        Raises ``UsageError`` when there is a journal and ``resume`` is not set, or when the
        fingerprint differs (it names what differs); ``JournalError`` when the file is in use,
        foreign, damaged, changed or written under another key; ``OutputError`` when it cannot be
        written.
        """
        path = directory / FILENAME
        with translated(path):
            create_private(path)
            connection = sqlite3.connect(path, timeout=0.5, isolation_level=None)
            try:
                connection.execute("PRAGMA locking_mode = EXCLUSIVE")
                connection.execute("PRAGMA secure_delete = ON")
                connection.execute("BEGIN IMMEDIATE")
                fresh = is_empty(connection)
                if fresh:
                    initialise(connection, key)
                connection.execute("COMMIT")
                check_kind(connection, path)
                if not fresh and not resume:
                    raise UsageError(
                        "there is already a run in this folder",
                        where=str(directory),
                        remedy="continue it with --resume, or choose another --out",
                    )
                # Losing the last commits in a power cut only means doing them again, so the
                # log need not be flushed at each of them.
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = NORMAL")
                journal = cls(path, connection, key)
                journal._check_key()
                if fresh:
                    journal._record(fingerprint)
                else:
                    journal._check_pages()
                    journal._compare(fingerprint)
            except BaseException:
                connection.close()
                raise
        return journal

    @classmethod
    def read(cls, directory: Path, *, key: bytes | None = None) -> Journal:
        """The journal of an earlier run, to read its outcomes.

        Raises ``UsageError`` when there is none, ``JournalError`` when it cannot be used.
        """
        path = directory / FILENAME
        if not path.exists():
            raise UsageError("there is no run in this folder", where=str(directory))
        with translated(path):
            connection = sqlite3.connect(path, timeout=0.5, isolation_level=None)
            try:
                check_kind(connection, path)
                journal = cls(path, connection, key)
                journal._check_key()
            except BaseException:
                connection.close()
                raise
        return journal

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Release the file and its lock."""
        with translated(self._path):
            self._connection.close()

    @property
    def run_id(self) -> str:
        """A random name of the run, the same after a resume."""
        return self._run["id"]

    @property
    def finished(self) -> bool:
        """Whether every record had its outcome when the run last ended."""
        return self._run.get("state") == "finished"

    def commit(self, outcomes: Sequence[tuple[Position, Outcome, bytes]]) -> None:
        """Add outcomes with their encoded bodies, and the ids seen so far, in one transaction."""
        rows = [
            (*position, outcome.status.value, body, self._seal(position, outcome.status, body))
            for position, outcome, body in outcomes
        ]
        with self._transaction() as connection:
            connection.executemany("INSERT OR REPLACE INTO outcome VALUES (?, ?, ?, ?, ?)", rows)
            connection.executemany(
                "INSERT OR IGNORE INTO seen VALUES (?, ?, ?)",
                [(digest, *position) for digest, position in self._pending.items()],
            )
        self._pending.clear()

    def finish(self) -> None:
        """Note that every record has its outcome, and forget the hashed ids."""
        self._run["state"] = "finished"
        with self._transaction() as connection:
            connection.execute("DELETE FROM seen")
            connection.execute("INSERT OR REPLACE INTO run VALUES ('state', 'finished')")
        with translated(self._path):
            # One plain file, readable from a read-only disk as well.
            self._connection.execute("PRAGMA journal_mode = DELETE")

    def first_seen(self, record_id: str, position: Position) -> Position | None:
        """The earlier position with the same id, or None (then ``position`` is remembered).

        Ids are kept as keyed hashes. Positions must come in input order.
        """
        identity = record_id.encode("utf-8", "surrogatepass")
        digest = hmac.digest(self._key, b"id\0" + identity, "sha256")[:16]
        first = self._pending.get(digest)
        if first is None:
            with translated(self._path):
                row = self._connection.execute(
                    "SELECT source, row FROM seen WHERE digest = ?", (digest,)
                ).fetchone()
            first = Position(*row) if row else None
        if first is None:
            self._pending[digest] = position
            return None
        # A record that was fed before a crash, but not finished, meets itself.
        return first if first < position else None

    def finished_rows(self, source: int) -> Iterator[int]:
        """The rows of ``source`` that have an outcome, ascending; read in pages.

        Rows added meanwhile may or may not be among them.
        """
        last = 0
        while True:
            with translated(self._path):
                page = self._connection.execute(
                    "SELECT row FROM outcome WHERE source = ? AND row > ? ORDER BY row LIMIT ?",
                    (source, last, _PAGE),
                ).fetchall()
            yield from (row for (row,) in page)
            if len(page) < _PAGE:
                return
            last = page[-1][0]

    def outcomes(self, source: int | None = None) -> Iterator[tuple[Position, Outcome]]:
        """All outcomes (of one source) in input order, each checked against its seal.

        Raises ``JournalError`` naming the row that was changed.
        """
        where = "" if source is None else "WHERE source = :source"
        query = f"SELECT source, row, status, body, seal FROM outcome {where} ORDER BY source, row"
        with translated(self._path):
            cursor = self._connection.execute(query, {} if source is None else {"source": source})
            for source_, row, status, body, seal in cursor:
                position = Position(source_, row)
                if not (
                    isinstance(body, bytes)
                    and isinstance(seal, bytes)
                    and hmac.compare_digest(seal, self._seal(position, str(status), body))
                ):
                    raise JournalError(
                        f"the entry of row {row} of source {source_ + 1} was changed",
                        where=str(self._path),
                        remedy=START_ANEW,
                    )
                yield position, decode(body)

    def status_counts(self) -> dict[str, int]:
        """How many records ended as what."""
        with translated(self._path):
            return dict(
                self._connection.execute(
                    "SELECT status, count(*) FROM outcome GROUP BY status ORDER BY status"
                )
            )

    def note_broken(self, source: int, row: int, detail: str) -> None:
        """Note that ``source`` could be read only up to before ``row``."""
        with self._transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO broken VALUES (?, ?, ?)", (source, row, detail)
            )

    def forget_broken(self) -> None:
        """Drop the notes of ``note_broken``: the sources are about to be read again."""
        with self._transaction() as connection:
            connection.execute("DELETE FROM broken")

    def broken(self) -> dict[int, tuple[int, str]]:
        """Sources that broke off: index -> (first row missing, detail)."""
        with translated(self._path):
            rows = self._connection.execute("SELECT source, row, detail FROM broken").fetchall()
        return {source: (row, detail) for source, row, detail in rows}

    def _seal(self, position: Position, status: str, body: bytes) -> bytes:
        head = f"{position.source},{position.row},{status}\0".encode()
        return hmac.digest(self._key, head + body, "sha256")

    def _digests(self, fingerprint: Mapping[str, str]) -> dict[str, str]:
        return {
            name: hmac.digest(
                self._key, f"{name}\0{value}".encode("utf-8", "surrogatepass"), "sha256"
            ).hex()
            for name, value in fingerprint.items()
        }

    def _check_key(self) -> None:
        if self._run.get("check") != key_check(self._key):
            raise JournalError(
                "the journal was written under another key, or changed",
                where=str(self._path),
                remedy=f"give the key of that run, or {START_ANEW}",
            )

    def _check_pages(self) -> None:
        (verdict,) = self._connection.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise damaged(self._path)

    def _record(self, fingerprint: Mapping[str, str]) -> None:
        with self._transaction() as connection:
            connection.executemany(
                "INSERT INTO fingerprint VALUES (?, ?)", self._digests(fingerprint).items()
            )

    def _compare(self, fingerprint: Mapping[str, str]) -> None:
        before = dict(self._connection.execute("SELECT name, digest FROM fingerprint"))
        if not before:  # killed between the creation and the first note
            self._record(fingerprint)
            return
        now = self._digests(fingerprint)
        differing = sorted(
            name for name in before.keys() | now.keys() if before.get(name) != now.get(name)
        )
        if differing:
            raise UsageError(
                f"this run was started with other values of: {', '.join(differing)}",
                where=str(self._path),
                remedy="resume with the same inputs and options, or choose another --out",
            )

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with translated(self._path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                # A full disk may have rolled back already.
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
