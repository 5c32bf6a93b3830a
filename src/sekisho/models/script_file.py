"""Scripts in a file, for ``scripted:FILE`` on the command line.

A list of turns, or a mapping from a piece of text to the turn (or turns) for a request that holds
it, with ``default`` for any other::

    [{"act": "busy", "retry_after_s": 1}, {"act": "answer", "text": {"phi_list": []}}]
    {"Report 7": {"act": "stall"}, "default": "{\\"phi_list\\": []}"}

A turn is a text, which is an answer, or an object with ``act`` and what ``Turn`` has; a ``text``
that is not a string is given as JSON. Of the pieces that a request holds in its last user message,
or else in the one before, the first in the file counts: so a document keeps its turn when a bad
answer is followed by a question about it.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, NoReturn

from sekisho.documents import strict_json
from sekisho.documents.strict_json import TwiceError
from sekisho.errors import ModelAccessError, UsageError
from sekisho.models.scripted import Act, Script, Turn
from sekisho.models.seam import Request

__all__ = ["load_script"]

_DEFAULT = "default"
_KNOWN = tuple(each.name for each in fields(Turn))
_REMEDY = "see sekisho.models.script_file for what a script may hold"


def load_script(path: Path) -> tuple[Script, str]:
    """The script in ``path`` and its digest. Raises ``UsageError`` when it is no script."""
    try:
        raw = path.read_bytes()
        given = strict_json.loads(raw)
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", where=str(path)) from None
    except TwiceError as error:
        _wrong(str(error), str(path))
    except (ValueError, RecursionError):
        raise UsageError("not JSON", where=str(path), remedy=_REMEDY) from None
    digest = "stated:" + hashlib.sha256(raw).hexdigest()[:32]
    if isinstance(given, dict):
        if not given or "" in given:
            _wrong("an empty mapping, or an empty piece of text in it", str(path))
        return _Mapped(
            {
                piece: _turns(turn, f"{path}, entry {number}")
                for number, (piece, turn) in enumerate(given.items(), start=1)
            }
        ), digest
    return _turns(given, str(path)), digest


class _Mapped:
    """Turns by a piece of what is asked; each piece has its own place in its turns."""

    def __init__(self, turns: dict[str, Sequence[Turn]]) -> None:
        self._turns = turns
        self._played: Counter[str] = Counter()

    def __call__(self, request: Request) -> Turn:
        piece = self._piece(request)
        turns = self._turns[piece]
        turn = turns[min(self._played[piece], len(turns) - 1)]
        self._played[piece] += 1
        return turn

    def _piece(self, request: Request) -> str:
        for message in reversed(request.messages):
            if message.role == "user":
                for piece in self._turns:
                    if piece != _DEFAULT and piece in message.content:
                        return piece
        if _DEFAULT not in self._turns:
            raise ModelAccessError(
                "the script has no turn for this request", remedy=f"give it a {_DEFAULT!r}"
            )
        return _DEFAULT


def _turns(given: object, where: str) -> Sequence[Turn]:
    turns = given if isinstance(given, list) else [given]
    if not turns:
        _wrong("no turns", where)
    return [_turn(turn, f"{where}, turn {number}") for number, turn in enumerate(turns, start=1)]


def _turn(given: object, where: str) -> Turn:
    if isinstance(given, str):
        return Turn(Act.ANSWER, given)
    if not isinstance(given, dict):
        _wrong("not a turn", where)
    for key in given:
        if key not in _KNOWN:
            _wrong(f"a key that no turn has; there are {', '.join(_KNOWN)}", where)
    try:
        act = Act(given.get("act", ""))
    except ValueError:
        _wrong(f"no known act; there are {', '.join(Act)}", where)
    text = given.get("text", "")
    return Turn(
        act,
        text if isinstance(text, str) else json.dumps(text, ensure_ascii=False),
        thinking=_thinking(given, where),
        seconds=_seconds(given, "seconds", where) or 0.0,
        retry_after_s=_seconds(given, "retry_after_s", where),
    )


def _thinking(given: dict[str, Any], where: str) -> str:
    value = given.get("thinking", "")
    if not isinstance(value, str):
        _wrong("thinking is not a text", where)
    return value


def _seconds(given: dict[str, Any], key: str, where: str) -> float | None:
    value = given.get(key)
    if value is None:
        return None
    if not isinstance(value, int | float) or isinstance(value, bool) or value < 0:
        _wrong(f"{key} is not a number of seconds", where)
    return float(value)


def _wrong(what: str, where: str) -> NoReturn:
    raise UsageError(what, where=where, remedy=_REMEDY)
