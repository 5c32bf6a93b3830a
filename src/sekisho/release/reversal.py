"""What the vault keeps of a released record: enough to restore it to the letter, and no more.

A payload is compressed JSON: for each changed cell either the whole former value, or the places of
the replacements in the released text with what stood there before.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from sekisho.errors import VaultError
from sekisho.release.columns import Path, rebuilt
from sekisho.release.edits import Placed, revert

__all__ = ["pack", "pieces", "restore", "whole"]

_VERSION = 1


def whole(value: Any) -> dict[str, Any]:
    """The undoing of a cell that was replaced as a whole."""
    return {"was": value}


def pieces(placed: Sequence[Placed], originals: Sequence[str]) -> dict[str, Any]:
    """The undoing of a text: where its replacements stand and what they replaced."""
    return {
        "at": [[place.start, place.end] for place in placed],
        "were": list(originals),
    }


def pack(cells: Mapping[Path, Mapping[str, Any]]) -> bytes:
    """The payload for the changed ``cells`` of one record."""
    body = {
        "version": _VERSION,
        "cells": [{"path": list(path), **undo} for path, undo in cells.items()],
    }
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"), default=str)
    return zlib.compress(text.encode("utf-8", "surrogatepass"))


def restore(values: Mapping[str, Any], payload: bytes) -> dict[str, Any]:
    """The original values of a released record.

    Raises ``VaultError`` when the payload is of another version or does not fit the record.
    """
    body = json.loads(zlib.decompress(payload).decode("utf-8", "surrogatepass"))
    if body.get("version") != _VERSION:
        raise VaultError(
            "the reversal was written by another version", remedy="use the version that made it"
        )
    changed: dict[Path, Any] = {}
    for cell in body["cells"]:
        path = tuple(cell["path"])
        if "was" in cell:
            changed[path] = cell["was"]
            continue
        value: Any = values
        try:
            for step in path:
                value = value[step]
        except (LookupError, TypeError):
            raise VaultError("the released record has lost a cell since its release") from None
        placed = [Placed(start, end, "", "") for start, end in cell["at"]]
        changed[path] = revert(value, placed, cell["were"])
    return rebuilt(values, changed)
