"""What a document may be called outside: its own id where that names nobody, else a keyed code."""

from __future__ import annotations

import base64
import re

from sekisho.documents.records import Record
from sekisho.release.columns import Columns
from sekisho.release.transforms import Derive
from sekisho.release.wordlists import words

__all__ = ["NAME", "REFERENCE", "keyed_reference", "public_reference", "record_reference"]

#: Metadata of a record that got its id from its place: what it is called inside, and outside.
NAME = "name"
REFERENCE = "reference"

_LONGEST = 64
_HARMLESS = re.compile("[A-Za-z0-9._-]+")
_NUMBERS = re.compile("[0-9]+")
_WORDS = re.compile("[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
#: Six digits are a chart number or a birth date as soon as they are a serial number.
_MOST_DIGITS = 5


def public_reference(identifier: str, derive: Derive) -> str:
    """``identifier`` itself, or ``doc-`` and ten characters that only the key relates to it.

    An id is harmless when it is made of listed words, one short number and at most one letter
    beside them. No detector is asked: a surname alone, in Roman letters, between two hyphens, is
    what they may well overlook, and here is no text around it.
    """
    if len(identifier) <= _LONGEST and _HARMLESS.fullmatch(identifier) and _plain(identifier):
        return identifier
    return keyed_reference(identifier, derive)


def keyed_reference(identifier: str, derive: Derive) -> str:
    """``doc-`` and ten characters of a keyed hash."""
    digest = derive("document", identifier)
    return "doc-" + base64.b32encode(digest).decode("ascii")[:10].lower()


def record_reference(record: Record, columns: Columns, derive: Derive) -> str:
    """What ``record`` may be called outside.

    An id that its file calls the patient's is always coded, one that the user vouches for never.
    """
    given = record.metadata.get(REFERENCE)
    if given is not None:
        return given
    column = columns.id_column(record)
    if column is not None and column in columns.keep:
        return record.id
    if column is not None and columns.category_of(column) is not None:
        return keyed_reference(record.id, derive)
    return public_reference(record.id, derive)


def _plain(identifier: str) -> bool:
    numbers = _NUMBERS.findall(identifier)
    if len(numbers) > 1 or any(len(number) > _MOST_DIGITS for number in numbers):
        return False
    listed = words("harmless_words")
    parts = [part.lower() for part in _WORDS.findall(identifier)]
    letters = [part for part in parts if len(part) == 1]
    return len(letters) <= 1 and all(part in listed for part in parts if len(part) > 1)
