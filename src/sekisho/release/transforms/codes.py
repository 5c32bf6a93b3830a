"""Keyed codes: short names for a person or thing that only the key connects with it."""

from __future__ import annotations

import unicodedata

from sekisho.phi.categories import Category
from sekisho.release.transforms import Derive, Mention

__all__ = ["ALPHABET", "code", "identity", "number"]

#: Douglas Crockford's base 32: without I, L, O and U, which are misread or spell words.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

_PEOPLE = frozenset({Category.NAME, Category.STAFF})


def identity(mention: Mention) -> str:
    """The key by which two mentions are the same thing in any document.

    People are told apart by their entity; everything else by its surface, whatever its width,
    case and separators (00-123 is ００１２３).
    """
    if mention.span.category in _PEOPLE:
        return mention.entity
    folded = unicodedata.normalize("NFKC", mention.surface).casefold()
    return "".join(c for c in folded if c.isalnum()) or folded


def number(derive: Derive, purpose: str, *parts: str) -> int:
    """A keyed number of 256 bits."""
    return int.from_bytes(derive(purpose, *parts), "big")


def code(derive: Derive, mention: Mention, length: int) -> str:
    """``length`` characters of base 32, five bits each.

    Two of n things share a code with a chance of about n^2 / 2^(5 * length + 1): with 8 characters
    and 100,000 patients 1 in 200, with 6 characters about five pairs.
    """
    value = number(derive, "code", mention.span.category, identity(mention))
    return "".join(ALPHABET[(value >> (5 * place)) & 31] for place in range(length))
