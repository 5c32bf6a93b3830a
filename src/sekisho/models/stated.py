"""Careful reading of what servers state: a value of the wrong type is a value not stated.

Servers that speak one protocol leave out fields, send null for them, or send another type. None of
that may crash a run, and none of it may become a number that nobody counted.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from sekisho.models.seam import Token

__all__ = ["amount", "answer_tokens", "mapping", "text", "tokens"]

#: By so much a log probability may lie above nought without being nonsense.
_ROUNDING = 1e-3


def mapping(value: object) -> Mapping[str, Any]:
    """``value`` when it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def text(value: object) -> str:
    """``value`` when it is a string, else an empty one."""
    return value if isinstance(value, str) else ""


def amount(value: object) -> int | None:
    """``value`` when it is a whole number of something, else None."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        return None
    return value


def tokens(entries: object) -> tuple[Token, ...] | None:
    """The tokens in a list of ``{"token", "logprob", "top_logprobs"}``; None if any is not one."""
    if not isinstance(entries, list) or not entries:
        return None
    found = []
    for entry in entries:
        pair = _pair(entry)
        if pair is None:
            return None
        others = mapping(entry).get("top_logprobs")
        alternatives = [_pair(other) for other in others] if isinstance(others, list) else []
        found.append(Token(*pair, tuple(each for each in alternatives if each is not None)))
    return tuple(found)


def answer_tokens(entries: object, *, answer: str, thinking: str) -> tuple[Token, ...] | None:
    """The tokens of ``answer`` alone: servers list those of the thinking before it as well.

    None when the server gave no tokens, or they cannot be told apart.
    """
    found = tokens(entries)
    if found is None or not isinstance(entries, list):
        return None
    pieces = [_bytes(entry) for entry in entries]
    whole, sought = b"".join(pieces), answer.encode("utf-8", errors="replace")
    start = whole.rfind(sought) if sought else -1
    if start < 0:
        return None if thinking else found
    within = []
    place = 0
    for token, piece in zip(found, pieces, strict=True):
        if place + len(piece) > start and place < start + len(sought):
            within.append(token)
        place += len(piece)
    return tuple(within)


def _pair(entry: object) -> tuple[str, float] | None:
    stated = mapping(entry)
    token, logprob = stated.get("token"), stated.get("logprob")
    if not isinstance(token, str) or isinstance(logprob, bool):
        return None
    if not isinstance(logprob, int | float) or math.isnan(logprob) or logprob > _ROUNDING:
        return None
    return token, min(float(logprob), 0.0)


def _bytes(entry: object) -> bytes:
    """A token's bytes: one character may be spread over several tokens."""
    stated = mapping(entry)
    listed = stated.get("bytes")
    if isinstance(listed, list) and all(isinstance(b, int) and 0 <= b < 256 for b in listed):
        return bytes(listed)
    return text(stated.get("token")).encode("utf-8", errors="replace")
