"""An answer as a model writes it: the JSON that was asked for, or what only looks like it."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sekisho.optimization.simulation.hearing import Entry

__all__ = ["BROKEN", "broken", "written"]

#: Words that models put before an answer, against what they were told.
_PROSE = "以下が抽出した結果です。\n"
_UNKNOWN = "PERSON"
#: How many ways there are to break an answer.
BROKEN = 5


def written(entries: Sequence[Entry]) -> str:
    """``entries`` in the form that is asked for."""
    items = [{"type": str(entry.type), "value": entry.value} for entry in entries]
    return json.dumps({"phi_list": items}, ensure_ascii=False, separators=(",", ":"))


def broken(entries: Sequence[Entry], way: int) -> str:
    """``entries`` in a form that is never valid: prose around it, cut short, a comma too many,
    a type that nobody knows, or a list without its object; by ``way``, from 0 to below ``BROKEN``.
    """
    whole = written(entries)
    match way:
        case 1:
            return whole[:-1]
        case 2:
            return whole[:-2] + ",]}"
        case 3 if entries:
            return written([Entry(_UNKNOWN, entries[0].value), *entries[1:]])
        case 4:
            return whole.removeprefix('{"phi_list":').removesuffix("}")
    return _PROSE + whole
