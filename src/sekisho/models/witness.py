"""Who is told of every request before it leaves, where somebody has to be.

A gate that lets something out must know its very bytes, those of each further attempt too, and must
be able to stop it. Only the transport has them, so whoever calls a model names a witness here, and
the transport tells it. Without a witness nothing is told: local models have none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TypeAlias

__all__ = ["Leaving", "Witness", "witness", "witnessed"]


@dataclass(frozen=True, slots=True)
class Leaving:
    """A request on its way out: ``host`` with its port, ``path`` with its query, ``body`` as is."""

    method: str
    host: str
    path: str
    body: bytes = field(repr=False)


#: Raises a ``ModelError`` to stop what is leaving.
Witness: TypeAlias = Callable[[Leaving], None]

_witness: ContextVar[Witness | None] = ContextVar("witness", default=None)


@contextmanager
def witnessed(told: Witness) -> Iterator[None]:
    """Have ``told`` told of every request that is sent in this block, by this task."""
    token = _witness.set(told)
    try:
        yield
    finally:
        _witness.reset(token)


def witness() -> Witness | None:
    """Who is to be told here; nothing may be sent when it raises."""
    return _witness.get()
