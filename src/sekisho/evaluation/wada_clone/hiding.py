"""How an identifier hides, and how well: what labels tell of those in disguise."""

from __future__ import annotations

import re

from sekisho.errors import InputError
from sekisho.evaluation.wada_clone.words import is_missing, is_none

__all__ = ["difficulty_of", "disguise_of"]

_RANK = re.compile(r"([0-9]{1,2})(?:\.0)?(?:[ ]?[/／][ ]?10)?")
_LONGEST_DISGUISE = 200


def disguise_of(cell: object, where: str) -> str | None:
    """How an identifier hides, or None. Raises ``InputError``."""
    if cell is None or (isinstance(cell, str) and (is_missing(cell) or is_none(cell))):
        return None
    if not isinstance(cell, str) or len(cell) > _LONGEST_DISGUISE:
        raise InputError("a disguise is no short text", where=where)
    return cell.strip()


def difficulty_of(cell: object, where: str) -> int | None:
    """The difficulty, 1 to 10, also written ``7/10``; or None. Raises ``InputError``."""
    if cell is None or (isinstance(cell, str) and (is_missing(cell) or is_none(cell))):
        return None
    rank = _RANK.fullmatch(str(cell).strip())
    if rank is None or not 1 <= int(rank[1]) <= 10:
        raise InputError("a difficulty is no integer from 1 to 10", where=where)
    return int(rank[1])
