"""What a database error means: its one-line message, its remedy, and whether it may pass.

Only codes are read. The text of a driver's error may hold the statement, the server's address or
a row, and none of these belongs in a message.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError

__all__ = ["DAMAGED", "Fault", "diagnose"]


@dataclass(frozen=True, slots=True)
class Fault:
    """A diagnosis. ``passing`` faults are worth another attempt, ``damage`` is a sign of tamper."""

    message: str
    remedy: str | None = None
    passing: bool = False
    damage: bool = False


_LOCKED = Fault("the vault is locked by another process", "wait for it to end", passing=True)
_LOST = Fault("the database server does not answer", "start it, or check the URL", passing=True)
_BUSY = Fault("the database server is too busy", "try again later", passing=True)
_FULL = Fault("no space is left for the vault", "free some space and use --resume")
_READ_ONLY = Fault("the vault may not be written", "check the rights of its file or its role")
_REFUSED = Fault("the database refuses this user or password", "check the URL")
_UNKNOWN_DATABASE = Fault("there is no such database", "create it, or check the URL")
_NO_FILE = Fault("the vault's file cannot be opened", "check its path and rights")
_NO_VAULT = Fault("this is no vault, or its tables are missing", "check --vault", damage=True)
DAMAGED = Fault("the vault's file is damaged", "restore it from a backup", damage=True)

#: SQLite's primary result codes (sqlite.org/rescode.html).
_SQLITE = {
    "SQLITE_BUSY": _LOCKED,
    "SQLITE_LOCKED": _LOCKED,
    "SQLITE_FULL": _FULL,
    "SQLITE_READONLY": _READ_ONLY,
    "SQLITE_PERM": _READ_ONLY,
    "SQLITE_CANTOPEN": _NO_FILE,
    "SQLITE_NOTADB": _NO_VAULT,
    "SQLITE_CORRUPT": DAMAGED,
    "SQLITE_ERROR": _NO_VAULT,
}

#: PostgreSQL's error codes or their class (its documentation, appendix A), the longest first.
_POSTGRESQL = {
    "57P01": _LOST,
    "57P02": _LOST,
    "57P03": _LOST,
    "53300": _BUSY,
    "53100": _FULL,
    "55P03": _LOCKED,
    "3D000": _UNKNOWN_DATABASE,
    "42501": _READ_ONLY,
    "42P01": _NO_VAULT,
    "25006": _READ_ONLY,
    "08": _LOST,
    "28": _REFUSED,
    "40": _BUSY,
    "53": _BUSY,
    "XX": DAMAGED,
}

#: libpq gives no code when the connection itself fails, only a text. What cannot pass is picked
#: out by it, so that a wrong password does not wait; any other text is a server to wait for.
_AT_THE_DOOR = {
    "password authentication failed": _REFUSED,
    "no password supplied": _REFUSED,
    "no pg_hba.conf entry": _REFUSED,
    "does not exist": _UNKNOWN_DATABASE,
}


def diagnose(error: DBAPIError) -> Fault:
    """The fault behind ``error``."""
    cause = error.orig
    if isinstance(cause, sqlite3.Error):
        # Without a code it was raised by Python's module, over text that is none.
        name = getattr(cause, "sqlite_errorname", "SQLITE_CORRUPT")
        primary = "_".join(name.split("_")[:2])
        return _SQLITE.get(primary, Fault(f"the database failed ({name})"))
    state = getattr(cause, "sqlstate", None)
    if state is not None:
        for code, fault in _POSTGRESQL.items():
            if state.startswith(code):
                return fault
        return Fault(f"the database failed (SQLSTATE {state})")
    if type(cause).__name__ in {"OperationalError", "InterfaceError"}:
        if "No such file" not in (text := str(cause)):
            for phrase, fault in _AT_THE_DOOR.items():
                if phrase in text:
                    return fault
        return _LOST
    return Fault(f"the database failed ({type(cause).__name__})")
