"""Tallies: how many rows a scope has and a keyed digest over them, kept at every write.

The digest is the sum modulo 2**256 of one HMAC tag for each row (MSet-Add-Hash of Clarke et al.,
ASIACRYPT 2003): it needs no order, a row can be added or replaced without reading the others, and
without the key nobody can find another set of rows with the same sum.
"""

from __future__ import annotations

from dataclasses import dataclass

from sekisho.errors import UsageError

__all__ = ["Tally"]

_MODULUS = 1 << 256


@dataclass(frozen=True, slots=True)
class Tally:
    """A set of rows, as small as it can be told. Its text form is ``COUNT:HEX``."""

    count: int = 0
    digest: int = 0

    def plus(self, tag: bytes) -> Tally:
        """The tally with one row more."""
        return Tally(self.count + 1, (self.digest + int.from_bytes(tag, "big")) % _MODULUS)

    def minus(self, tag: bytes) -> Tally:
        """The tally without one of its rows."""
        return Tally(self.count - 1, (self.digest - int.from_bytes(tag, "big")) % _MODULUS)

    @property
    def digest_bytes(self) -> bytes:
        """The digest as 32 bytes."""
        return self.digest.to_bytes(32, "big")

    def __str__(self) -> str:
        return f"{self.count}:{self.digest:064x}"

    @classmethod
    def parse(cls, text: str) -> Tally:
        """The tally that ``str`` wrote. Raises ``UsageError`` for any other text."""
        count, colon, digest = text.partition(":")
        try:
            if not colon or len(digest) != 64:
                raise ValueError
            return cls(int(count), int(digest, 16))
        except ValueError:
            raise UsageError("this is no tally", remedy="COUNT:64 hexadecimal digits") from None
