"""A value that remembers how its file wrote it, where that is not how it would be written here."""

from __future__ import annotations

__all__ = ["Cell"]


class Cell(str):
    """A string and the bytes it was read from.

    Readers make one only where writing the plain string would give other bytes: an unusual
    quotation, one of CP932's doubled characters. ``raw`` are the bytes (with quotes), ``end`` the
    line end after it when it differs from the file's usual one. Any change to the string gives a
    plain string, which is then written in the usual way.
    """

    __slots__ = ("end", "raw")

    raw: bytes
    end: str | None

    def __new__(cls, value: str, raw: bytes, end: str | None = None) -> Cell:
        """The string ``value`` that stood in a file as ``raw``."""
        cell = super().__new__(cls, value)
        cell.raw = raw
        cell.end = end
        return cell

    def __getnewargs__(self) -> tuple[str, bytes, str | None]:  # type: ignore[override]
        return str(self), self.raw, self.end
