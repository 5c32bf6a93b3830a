"""The vault: what is needed to undo a release, encrypted, in SQLite or PostgreSQL.

Any number of threads and processes may use one vault. Every call is one transaction, done as a
whole or not at all, and tried again for some seconds while the database is locked or restarts.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import NamedTuple, Self, TypeVar

from sqlalchemy import Connection, insert, inspect, select, update

from sekisho.errors import VaultError, VaultTamperedError, WrongKeyError
from sekisho.release.keys import Keys, MasterKey, decode, encode
from sekisho.release.tally import Tally
from sekisho.release.vault_database import Database, Mode, Patience
from sekisho.release.vault_rows import PSEUDONYMS, ROOTS, SealedRows
from sekisho.release.vault_schema import FORMAT, TABLES, keys, meta

__all__ = ["Checked", "Remembered", "Vault"]

T = TypeVar("T")

_REVERSALS = "reversals:"
_PAGE = 500
_KEY_REMEDY = "use the key that the vault was made with or last rotated to"


class Remembered(NamedTuple):
    """What a token stands for."""

    category: str
    surface: str


@dataclass(frozen=True)
class Checked:
    """What a check has gone through: the tally of each run, and the number of pseudonyms."""

    runs: Mapping[str, Tally]
    pseudonyms: int


class Vault:
    """An open vault. Close it, or use it as a context manager.

    A forked child may go on using it; a spawned one opens its own.
    """

    def __init__(self, database: Database, vault: str, loaded: Keys, master: MasterKey):
        """Use ``Vault.open``."""
        self._database = database
        self._master = master
        self._keys = loaded
        self.id = vault

    @classmethod
    def open(
        cls, url: str, master: MasterKey, *, create: bool = False, patience: Patience | None = None
    ) -> Vault:
        """The vault at ``url`` (a path, ``sqlite:///...`` or ``postgresql://...``).

        ``create`` makes it when there is none; of several processes that do so at once, one does
        and the others find it. Raises ``WrongKeyError`` when ``master`` does not open it,
        ``VaultError`` when it is not there or cannot be used.
        """
        database = Database(url, patience)
        try:
            if not _is_there(database):
                if not create:
                    raise VaultError(
                        "there is no vault here", where=database.shown, remedy="check --vault"
                    )
                database.prepare()
                database.run("exclusive", lambda connection: _create(connection, master))
            vault, loaded = database.run("read", lambda connection: _load(connection, master))
        except BaseException:
            database.close()
            raise
        return cls(database, vault, loaded, master)

    @staticmethod
    def exists(url: str) -> bool:
        """Whether there is a vault at ``url``, whatever its key."""
        database = Database(url)
        try:
            return _is_there(database)
        finally:
            database.close()

    @property
    def keys(self) -> Keys:
        """The vault's keys, for deriving pseudonyms; they may be handed to other processes."""
        return self._keys

    def put_reversals(self, run: str, rows: Iterable[tuple[str, bytes]]) -> None:
        """Store what undoes each document of ``rows``: its reference and a payload.

        All rows or none; a reference that is there already gets the new payload, so that the
        same call again changes nothing. Some hundred rows a call are fast.
        """
        entries = dict(rows)
        if entries:
            self._run("write", lambda sealed: sealed.put(_REVERSALS + run, entries))

    def reversals(self, run: str, doc_ref: str) -> bytes:
        """The payload of one document. Raises ``VaultError`` when there is none."""
        found = self._run("read", lambda sealed: sealed.find(_REVERSALS + run, [doc_ref]))
        if doc_ref not in found:
            raise VaultError(
                f"the vault has no reversal for this document of run {run}",
                where=self._database.shown,
                remedy="check --vault and the run's folder",
            )
        return found[doc_ref]

    def stream(self, run: str) -> Iterator[tuple[str, bytes]]:
        """All documents of ``run`` with their payloads, in no order that means anything.

        Reads page by page, so memory stays flat and a restart of the server does no harm. Rows
        that were deleted are simply not seen: ``check`` finds them.
        """
        last = ""
        while page := self._page(run, last):
            for _, doc_ref, payload in page:
                yield doc_ref, payload
            last = page[-1][0]

    def remember(self, category: str, token: str, surface: str) -> bool:
        """Keep what ``token`` stands for; False when it stands for something else already."""
        return not self.remember_all([(category, token, surface)])

    def remember_all(self, rows: Iterable[tuple[str, str, str]]) -> frozenset[str]:
        """Keep what each token stands for: rows of category, token, surface.

        The first meaning stays. Returns the tokens that were given another one: a collision, or
        two ways of writing that the caller holds to be one person.
        """
        wanted: dict[str, bytes] = {}
        collisions = set()
        for category, token, surface in rows:
            meaning = encode(category, surface)
            if wanted.setdefault(token, meaning) != meaning:
                collisions.add(token)
        found = self._run("read", lambda sealed: sealed.find(PSEUDONYMS, wanted))
        if len(found) < len(wanted):
            found = self._run("write", lambda sealed: sealed.put(PSEUDONYMS, wanted, replace=False))
        collisions.update(token for token, meaning in found.items() if meaning != wanted[token])
        return frozenset(collisions)

    def lookup(self, token: str) -> Remembered | None:
        """What ``token`` stands for, None when the vault does not know it."""
        found = self._run("read", lambda sealed: sealed.find(PSEUDONYMS, [token]))
        if token not in found:
            return None
        category, surface = (part.decode("utf-8", "surrogatepass") for part in decode(found[token]))
        return Remembered(category, surface)

    def tally(self, run: str) -> Tally:
        """How many rows ``run`` has and their digest, to be kept outside of the vault.

        ``check`` compares it later: it shows when the whole database was put back.
        """
        return self._run("read", lambda sealed: sealed.tally(_REVERSALS + run)) or Tally()

    def check(self, expected: Mapping[str, Tally] | None = None) -> Checked:
        """Open every row and count them all.

        ``expected`` holds tallies by run that were kept elsewhere. Raises ``VaultTamperedError``
        naming the table and the row, or the run that does not add up.
        """
        scopes = self._run("read", lambda sealed: sealed.check())
        runs = {
            scope.removeprefix(_REVERSALS): tally
            for scope, tally in sorted(scopes.items())
            if scope.startswith(_REVERSALS)
        }
        for run, tally in (expected or {}).items():
            if runs.get(run, Tally()) != tally:
                raise VaultTamperedError(
                    f"vault_rows: the run {run} is not what was recorded: {tally.count} rows "
                    f"were, {runs.get(run, Tally()).count} are there, or some were replaced",
                    where=self._database.shown,
                    remedy="restore the vault from a backup",
                )
        return Checked(runs, scopes[PSEUDONYMS].count)

    def rotate(self, new: MasterKey, *, reseal: bool = False) -> None:
        """Put the vault under the master key ``new``; the old one opens it no more.

        ``reseal`` makes a new data key too and seals every row anew, for when the old key may
        have been seen together with a copy of the vault. Pseudonyms stay in either case. One
        transaction: whatever happens, the vault is wholly old or wholly new.
        """

        def work(connection: Connection) -> Keys:
            vault, loaded = _load(connection, self._master)
            fresh = loaded.renewed() if reseal else loaded
            if reseal:
                sealed = SealedRows(connection, loaded, vault)
                # What was meddled with must not come out freshly sealed.
                sealed.check()
                sealed.reseal(fresh)
            for name, wrapped in new.wrap(fresh, vault).items():
                connection.execute(
                    update(keys)
                    .where(keys.c.name == name)
                    .values(wrapped=wrapped, version=fresh.version)
                )
            return fresh

        self._keys = self._database.run("exclusive", work)
        self._master = new

    def close(self) -> None:
        """Close all connections."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Vault({self._database.shown!r})"

    def _page(self, run: str, after: str) -> list[tuple[str, str, bytes]]:
        return self._run("read", lambda sealed: sealed.page(_REVERSALS + run, after, _PAGE))

    def _run(self, mode: Mode, work: Callable[[SealedRows], T]) -> T:
        def guarded(connection: Connection) -> T:
            version = connection.execute(select(keys.c.version).where(keys.c.name == "data"))
            if version.scalar() != self._keys.version:
                # Another process has sealed the vault anew since.
                _, self._keys = _load(connection, self._master)
            return work(SealedRows(connection, self._keys, self.id))

        return self._database.run(mode, guarded)


def _is_there(database: Database) -> bool:
    if database.path is not None and not database.path.exists():
        return False
    return database.run("read", lambda connection: inspect(connection).has_table(meta.name))


def _create(connection: Connection, master: MasterKey) -> None:
    TABLES.create_all(connection)
    # Another process may have been faster, and a vault that lost a row must not get new keys.
    if any(connection.execute(select(table)).first() for table in TABLES.sorted_tables):
        return
    vault, fresh = secrets.token_hex(16), Keys.generate()
    connection.execute(
        insert(meta), [{"name": "vault", "value": vault}, {"name": "format", "value": FORMAT}]
    )
    wrapped = master.wrap(fresh, vault)
    connection.execute(
        insert(keys),
        [
            {"name": name, "version": fresh.version, "wrapped": value}
            for name, value in wrapped.items()
        ],
    )
    sealed = SealedRows(connection, fresh, vault)
    for scope in ROOTS:
        sealed.record(scope, Tally(), new=True)


def _load(connection: Connection, master: MasterKey) -> tuple[str, Keys]:
    facts = {row.name: str(row.value) for row in connection.execute(select(meta))}
    for name in ("vault", "format"):
        if name not in facts:
            raise VaultTamperedError(f"vault_meta: the row {name!r} is missing")
    if facts["format"] != FORMAT:
        raise VaultError(
            "the vault was made by another version of sekisho", remedy="use that version"
        )
    found = connection.execute(select(keys)).all()
    wrapped = {row.name: row.wrapped for row in found}
    if set(wrapped) != {"data", "pseudonym"} or len({row.version for row in found}) != 1:
        raise VaultTamperedError("vault_keys: a row is missing or was changed")
    try:
        return facts["vault"], master.unwrap(wrapped, facts["vault"], found[0].version)
    except WrongKeyError as error:
        error.remedy = _KEY_REMEDY
        raise
