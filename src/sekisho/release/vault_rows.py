"""Sealed rows under keyed references, with a tally for each scope: the inside of a vault.

Each row is bound to its vault, scope and reference, so a changed or moved one does not open. Each
write brings the scope's tally up to date in the same transaction, so a row that is missing, or an
older state of it, does not add up. (A database put back as a whole to an earlier state is sound in
itself: only a tally kept elsewhere, as in the audit trail, gives that away.)
"""

from __future__ import annotations

import hmac
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, tuple_, update

from sekisho.errors import VaultTamperedError
from sekisho.release.keys import Keys, decode, encode
from sekisho.release.tally import Tally
from sekisho.release.vault_schema import rows, tallies

__all__ = ["PSEUDONYMS", "ROOTS", "RUNS", "SealedRows"]

#: The scope that lists the scopes of all runs.
RUNS = "runs"
#: The scope that tells what each token stands for.
PSEUDONYMS = "pseudonyms"
#: The scopes that every vault has from its beginning.
ROOTS = (PSEUDONYMS, RUNS)

_PAGE = 500


@dataclass(frozen=True)
class SealedRows:
    """The rows of one vault, as one transaction sees them."""

    connection: Connection
    keys: Keys
    vault: str

    def put(
        self, scope: str, entries: Mapping[str, bytes], *, replace: bool = True
    ) -> dict[str, bytes]:
        """Seal ``entries`` (name to payload), each in the place of any older one of its name.

        Without ``replace`` the older ones stay. Returns those that were there, with their older
        payloads. Other writers of the scope wait from here to the end of the transaction.
        """
        tally = self._lock(scope)
        older = self.find(scope, entries)
        fresh: list[dict[str, object]] = []
        changed: list[dict[str, object]] = []
        for name, payload in entries.items():
            reference = self.reference(scope, name)
            plaintext = encode(name, payload)
            if name in older:
                if not replace or older[name] == payload:
                    continue
                tally = tally.minus(self._tag(scope, reference, encode(name, older[name])))
            tally = tally.plus(self._tag(scope, reference, plaintext))
            sealed = self.keys.seal(plaintext, self._binding(scope, reference))
            (changed if name in older else fresh).append(
                {"in_scope": scope, "at": reference, "value": sealed}
            )
        if fresh:
            self.connection.execute(_INSERT, fresh)
        if changed:
            self.connection.execute(_UPDATE, changed)
        if fresh or changed:
            self.record(scope, tally)
        return older

    def find(self, scope: str, names: Iterable[str]) -> dict[str, bytes]:
        """The payloads of those ``names`` that are there."""
        references = (self.reference(scope, name) for name in names)
        found: dict[str, bytes] = {}
        while page := list(islice(references, _PAGE)):
            query = select(rows.c.reference, rows.c.sealed).where(
                rows.c.scope == scope, rows.c.reference.in_(page)
            )
            for reference, sealed in self.connection.execute(query):
                name, payload = self._unseal(scope, reference, sealed)
                found[name] = payload
        return found

    def page(self, scope: str, after: str, size: int) -> list[tuple[str, str, bytes]]:
        """Up to ``size`` rows behind the reference ``after``: reference, name, payload."""
        query = (
            select(rows.c.reference, rows.c.sealed)
            .where(rows.c.scope == scope, rows.c.reference > after)
            .order_by(rows.c.reference)
            .limit(size)
        )
        return [
            (reference, *self._unseal(scope, reference, sealed))
            for reference, sealed in self.connection.execute(query)
        ]

    def tally(self, scope: str) -> Tally | None:
        """The recorded tally of ``scope``, None when it has none."""
        return self._tally(scope, for_update=False)

    def record(self, scope: str, tally: Tally, *, new: bool = False) -> None:
        """Write the tally of ``scope``."""
        values = {
            "count": tally.count,
            "digest": tally.digest_bytes,
            "seal": self._seal_of(scope, tally),
        }
        if new:
            self.connection.execute(insert(tallies).values(scope=scope, **values))
        else:
            self.connection.execute(update(tallies).where(tallies.c.scope == scope).values(values))

    def check(self) -> dict[str, Tally]:
        """Open every row and add all up; the tallies by scope.

        Raises ``VaultTamperedError`` naming the table and the row, or the scope that lacks one.
        """
        recorded = {
            scope: self._verified(scope, count, digest, seal)
            for scope, count, digest, seal in self.connection.execute(
                select(tallies.c.scope, tallies.c.count, tallies.c.digest, tallies.c.seal)
            )
        }
        counted: dict[str, Tally] = defaultdict(Tally)
        named = set(ROOTS)
        for scope, reference, sealed in self._all():
            name, payload = self._unseal(scope, reference, sealed)
            tag = self._tag(scope, reference, encode(name, payload))
            counted[scope] = counted[scope].plus(tag)
            if scope == RUNS:
                named.add(name)
        for scope in sorted(named | set(recorded) | set(counted)):
            if scope not in recorded:
                raise VaultTamperedError(f"vault_tallies: the row {scope!r} is missing")
            if counted[scope] != recorded[scope] or scope not in named:
                raise VaultTamperedError(
                    f"vault_rows: the rows of {scope!r} do not add up: "
                    f"{recorded[scope].count} were recorded, {counted[scope].count} are there"
                )
        return recorded

    def reseal(self, keys: Keys) -> None:
        """Seal every row anew under ``keys``, page by page."""
        anew = SealedRows(self.connection, keys, self.vault)
        last = ("", "")
        while page := self.connection.execute(
            select(rows.c.scope, rows.c.reference, rows.c.sealed)
            .where(tuple_(rows.c.scope, rows.c.reference) > tuple_(*last))
            .order_by(rows.c.scope, rows.c.reference)
            .limit(_PAGE)
        ).all():
            changed = []
            for scope, reference, sealed in page:
                plaintext = encode(*self._unseal(scope, reference, sealed))
                value = keys.seal(plaintext, anew._binding(scope, reference))
                changed.append({"in_scope": scope, "at": reference, "value": value})
            self.connection.execute(_UPDATE, changed)
            last = (page[-1].scope, page[-1].reference)

    def reference(self, scope: str, name: str) -> str:
        """The place of ``name`` in ``scope``: 128 keyed bits, so that names do not show."""
        return self.keys.derive("vault reference", scope, name).hex()[:32]

    def _all(self) -> Iterator[Any]:
        query = select(rows.c.scope, rows.c.reference, rows.c.sealed)
        with self.connection.execute(query.execution_options(yield_per=1000)) as result:
            yield from result

    def _lock(self, scope: str) -> Tally:
        tally = self._tally(scope, for_update=True)
        if tally is None and scope not in ROOTS:
            # Whoever comes first enters the run; the others wait at the list of runs.
            listed = self.put(RUNS, {scope: b""})
            tally = self._tally(scope, for_update=True)
            if tally is None and scope not in listed:
                tally = Tally()
                self.record(scope, tally, new=True)
        if tally is None:
            raise VaultTamperedError(f"vault_tallies: the row {scope!r} is missing")
        return tally

    def _tally(self, scope: str, *, for_update: bool) -> Tally | None:
        query = select(tallies.c.count, tallies.c.digest, tallies.c.seal).where(
            tallies.c.scope == scope
        )
        row = self.connection.execute(query.with_for_update() if for_update else query).first()
        return self._verified(scope, *row) if row else None

    def _verified(self, scope: str, count: object, digest: object, seal: object) -> Tally:
        if isinstance(count, int) and isinstance(digest, bytes) and isinstance(seal, bytes):
            tally = Tally(count, int.from_bytes(digest, "big"))
            expected = self._seal_of(scope, tally)
            if len(digest) == 32 and hmac.compare_digest(seal, expected):
                return tally
        raise VaultTamperedError(f"vault_tallies: the row {scope!r} does not authenticate")

    def _seal_of(self, scope: str, tally: Tally) -> bytes:
        return self.keys.derive("vault tally", str(scope), str(tally))

    def _tag(self, scope: str, reference: str, plaintext: bytes) -> bytes:
        return self.keys.derive("vault tag", scope, reference, plaintext)

    def _binding(self, scope: str, reference: str) -> bytes:
        # str: a meddled cell may hold a value of any type, and must merely fail to open.
        return encode("vault row", self.vault, str(scope), str(reference))

    def _unseal(self, scope: str, reference: str, sealed: bytes) -> tuple[str, bytes]:
        try:
            plaintext = self.keys.open(sealed, self._binding(scope, reference))
        except VaultTamperedError:
            raise VaultTamperedError(
                f"vault_rows: the row {scope}/{reference} does not authenticate"
            ) from None
        name, payload = decode(plaintext)
        return name.decode("utf-8", "surrogatepass"), payload


_INSERT = insert(rows).values(
    scope=bindparam("in_scope"), reference=bindparam("at"), sealed=bindparam("value")
)
_UPDATE = (
    update(rows)
    .where(rows.c.scope == bindparam("in_scope"), rows.c.reference == bindparam("at"))
    .values(sealed=bindparam("value"))
)
