"""The tables of a vault. None of them holds a plaintext, in any column.

=============  =====================================================================
vault_meta     the vault's id and the version of this schema
vault_keys     the data key and the pseudonym key, wrapped by the master key
vault_rows     everything else: one sealed value under a scope and a keyed reference
vault_tallies  for each scope how many rows it has, and a keyed digest over them all
=============  =====================================================================

A scope is ``reversals:RUN`` (what ``reveal`` needs), ``pseudonyms`` (what each token stands for)
or ``runs`` (which runs there are). The names carry a prefix because a PostgreSQL database may be
shared with other programs.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Integer, MetaData, PrimaryKeyConstraint, Table, Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.types import UserDefinedType

__all__ = ["FORMAT", "TABLES", "keys", "meta", "rows", "tallies"]

#: The version of this schema; a vault made by a later one is refused.
FORMAT = "1"

TABLES = MetaData()


class Opaque(UserDefinedType[bytes]):
    """Bytes handed over as the cell holds them: LargeBinary would trip over a meddled cell."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """The type's name in SQLite."""
        return "BLOB"


@compiles(Opaque, "postgresql")
def _bytea(*_: Any, **__: Any) -> str:
    return "BYTEA"


meta = Table(
    "vault_meta",
    TABLES,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

keys = Table(
    "vault_keys",
    TABLES,
    Column("name", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("wrapped", Opaque, nullable=False),
)

rows = Table(
    "vault_rows",
    TABLES,
    Column("scope", Text, nullable=False),
    Column("reference", Text, nullable=False),
    Column("sealed", Opaque, nullable=False),
    PrimaryKeyConstraint("scope", "reference"),
)

tallies = Table(
    "vault_tallies",
    TABLES,
    Column("scope", Text, primary_key=True),
    Column("count", BigInteger, nullable=False),
    Column("digest", Opaque, nullable=False),
    Column("seal", Opaque, nullable=False),
)
