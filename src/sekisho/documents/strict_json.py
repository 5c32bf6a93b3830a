"""JSON by the letter of its grammar: what lenient readers lose or make up is an error."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, NoReturn

__all__ = ["ConstantError", "TwiceError", "constant", "loads", "once"]


class TwiceError(ValueError):
    """A ``key`` that stands twice in one object: one of its values would be lost."""

    def __init__(self, key: str) -> None:
        super().__init__("a key stands twice in one object")
        self.key = key


class ConstantError(ValueError):
    """NaN or an infinity, by its ``name``; Python reads them, and JSON has none."""

    def __init__(self, name: str) -> None:
        super().__init__("NaN and infinities are no JSON")
        self.name = name


def loads(text: str | bytes) -> Any:
    """The value of ``text``.

    Raises ``TwiceError``, ``ConstantError``, whatever ``json.loads`` raises, and ``RecursionError``
    when it is nested too deep. The messages of the two quote nothing; their attributes do.
    """
    return json.loads(text, object_pairs_hook=once, parse_constant=constant)


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object of ``pairs``, for a decoder of one's own. Raises ``TwiceError``."""
    made = dict(pairs)
    if len(made) < len(pairs):
        counts = Counter(key for key, _ in pairs)
        raise TwiceError(next(key for key, count in counts.items() if count > 1))
    return made


def constant(name: str) -> NoReturn:
    """For a decoder of one's own. Raises ``ConstantError``."""
    raise ConstantError(name)
