"""What the vault keeps of a released record: enough to restore it to the letter, and no more.

A payload is compressed JSON: for each changed cell either the whole former value, or the places of
the replacements in the released text with what stood there before. Where a file wrote a value in a
way of its own (an odd quotation, the digits of a float), that way is kept as well.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from sekisho.documents.formats.cell import Cell
from sekisho.documents.formats.jsonl import Number
from sekisho.errors import VaultError
from sekisho.release.columns import Path, rebuilt
from sekisho.release.edits import Placed, revert

__all__ = ["pack", "pieces", "restore", "unpack", "whole"]

_VERSION = 1


def whole(value: Any) -> dict[str, Any]:
    """The undoing of a cell that was replaced as a whole.

    A date or a decimal of a Parquet file is kept as its text, which its writer reads again.
    """
    if isinstance(value, Number):
        return {"number": value.text}
    if value is None or isinstance(value, int | float):
        return {"was": value}
    return {"was": str(value), **_writing(value)}


def pieces(value: str, placed: Sequence[Placed], originals: Sequence[str]) -> dict[str, Any]:
    """The undoing of the text ``value``: where its replacements stand and what they replaced."""
    return {
        "at": [[place.start, place.end] for place in placed],
        "were": list(originals),
        **_writing(value),
    }


def _writing(value: Any) -> dict[str, Any]:
    if not isinstance(value, Cell):
        return {}
    return {"raw": base64.b64encode(value.raw).decode("ascii"), "end": value.end}


def pack(cells: Mapping[Path, Mapping[str, Any]]) -> bytes:
    """The payload for the changed ``cells`` of one record."""
    body = {
        "version": _VERSION,
        "cells": [{"path": list(path), **undo} for path, undo in cells.items()],
    }
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return zlib.compress(text.encode("utf-8", "surrogatepass"))


def unpack(payload: bytes) -> dict[Path, dict[str, Any]]:
    """The undoing of each changed cell, by its place.

    Raises ``VaultError`` when the payload is of another version.
    """
    body = json.loads(zlib.decompress(payload).decode("utf-8", "surrogatepass"))
    if body.get("version") != _VERSION:
        raise VaultError(
            "the reversal was written by another version", remedy="use the version that made it"
        )
    return {tuple(cell.pop("path")): cell for cell in body["cells"]}


def restore(values: Mapping[str, Any], payload: bytes) -> dict[str, Any]:
    """The original values of a released record.

    Raises ``VaultError`` when the payload is of another version or does not fit the record.
    """
    return rebuilt(
        values, {path: _undone(values, path, undo) for path, undo in unpack(payload).items()}
    )


def _undone(values: Mapping[str, Any], path: Path, undo: Mapping[str, Any]) -> Any:
    if "number" in undo:
        return Number(undo["number"])
    value = undo["was"] if "was" in undo else _reverted(values, path, undo)
    return Cell(value, base64.b64decode(undo["raw"]), undo["end"]) if "raw" in undo else value


def _reverted(values: Mapping[str, Any], path: Path, undo: Mapping[str, Any]) -> str:
    value: Any = values
    try:
        for step in path:
            value = value[step]
    except (LookupError, TypeError):
        raise VaultError("the released record has lost a cell since its release") from None
    return revert(value, [Placed(start, end, "", "") for start, end in undo["at"]], undo["were"])
