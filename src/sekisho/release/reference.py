"""What a document may be called outside: its own id where that names nobody, else a keyed code."""

from __future__ import annotations

import base64
import re

from sekisho.documents.document import Document
from sekisho.errors import DetectionError
from sekisho.phi.stack import Stack
from sekisho.release.transforms import Derive

__all__ = ["keyed_reference", "public_reference"]

_HARMLESS = re.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
#: Six digits in a row are a chart number or a birth date as soon as they are a serial number.
_LONG_NUMBER = re.compile("[0-9]{6}")
_SIGNS = re.compile("[._-]")
_SERIAL = re.compile("(?:[a-z]{1,12}[-_]?)?[0-9]{1,5}")


def public_reference(identifier: str, stack: Stack, derive: Derive) -> str:
    """``identifier`` itself, or ``doc-`` and ten characters that only the key relates to it.

    An id is harmless when it is a short ASCII word with no long number in it and no detector
    finds anything in it. A file called after its patient, or a chart number, is not.
    """
    if _SERIAL.fullmatch(identifier):
        return identifier
    if _HARMLESS.fullmatch(identifier) and not _LONG_NUMBER.search(identifier):
        if not _names_somebody(identifier, stack):
            return identifier
    return keyed_reference(identifier, derive)


def keyed_reference(identifier: str, derive: Derive) -> str:
    """``doc-`` and ten characters of a keyed hash."""
    digest = derive("document", identifier)
    return "doc-" + base64.b32encode(digest).decode("ascii")[:10].lower()


def _names_somebody(identifier: str, stack: Stack) -> bool:
    words = _SIGNS.sub(" ", identifier)
    try:
        return any(
            stack.read(Document("", text)).spans for text in {identifier, words, words.title()}
        )
    except DetectionError:
        return True  # an id that cannot be judged is not shown
