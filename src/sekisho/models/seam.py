"""The seam that every language model fits, and the values that pass through it.

A kind of model is one class with one method that matters, ``complete``. Whatever a server calls
things, here they have one name: how the answer ended, what it cost, which model gave it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, Protocol, TypeAlias, runtime_checkable

__all__ = [
    "Abilities",
    "Completion",
    "Description",
    "Finish",
    "Locality",
    "Message",
    "Model",
    "Origin",
    "Request",
    "Role",
    "SchemaMeans",
    "Token",
    "Usage",
]

Role: TypeAlias = Literal["system", "user", "assistant"]


class Locality(StrEnum):
    """Where a model runs: only a local one may be sent a document."""

    LOCAL = "local"
    CLOUD = "cloud"


class Origin(StrEnum):
    """What gave an answer; every output says so unless it was a model."""

    MODEL = "model"
    SCRIPTED = "scripted"
    REPLAYED = "replayed"
    SIMULATED = "simulated"


class Finish(StrEnum):
    """Why an answer ended. Only ``STOP`` is a whole answer."""

    STOP = "stop"
    LENGTH = "length"
    REFUSED = "refused"
    OTHER = "other"


class SchemaMeans(StrEnum):
    """By what means a server can be made to keep to a JSON schema."""

    #: ``response_format: {"type": "json_schema", "json_schema": {"schema": ...}}``
    JSON_SCHEMA = "json_schema"
    #: ``response_format: {"type": "json_object", "schema": ...}`` (llama-cpp-python)
    OBJECT_SCHEMA = "object_schema"
    #: ``format: {schema}`` (Ollama's own API)
    FORMAT = "format"
    #: ``response_format: {"type": "json_object"}``: JSON of any form
    JSON_OBJECT = "json_object"
    #: nothing is enforced; the schema stands in the prompt alone
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation."""

    role: Role
    content: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a model is asked.

    The static messages come first, so that a server can reuse what it read before. ``max_tokens``
    is the room for the answer, ``thinking_tokens`` the room for thinking beside it (0: the model is
    told not to think). ``schema`` is a bounded JSON schema, ``top_logprobs`` the number of
    alternatives wanted for each token (None: no log probabilities). ``timeout_s`` is for one
    attempt.
    """

    messages: tuple[Message, ...]
    schema: Mapping[str, Any] | None = None
    max_tokens: int = 1024
    thinking_tokens: int = 0
    temperature: float = 0.0
    top_p: float = 1.0
    seed: int = 1
    top_logprobs: int | None = None
    timeout_s: float = 300.0


@dataclass(frozen=True, slots=True)
class Token:
    """A token of an answer, its natural log probability, and what else could have stood there."""

    text: str = field(repr=False)
    logprob: float
    alternatives: tuple[tuple[str, float], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens as the server counted them; None where it does not say.

    ``cached`` of the ``prompt`` tokens were reused from an earlier request; ``answer`` includes
    ``thinking``.
    """

    prompt: int | None = None
    cached: int | None = None
    answer: int | None = None
    thinking: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """An answer as it came; nothing in it has been validated.

    ``text`` is the answer without thinking, ``thinking`` what the server gave apart or in think
    tags. ``model`` is the digest of the model that answered.
    """

    text: str = field(repr=False)
    finish: Finish
    usage: Usage = Usage()
    thinking: str = field(default="", repr=False)
    tokens: tuple[Token, ...] | None = field(default=None, repr=False)
    seconds: float = 0.0
    model: str = ""
    origin: Origin = Origin.MODEL


@dataclass(frozen=True, slots=True, kw_only=True)
class Abilities:
    """What a server can do with a model, measured or stated; None: not known."""

    schema: SchemaMeans = SchemaMeans.NONE
    logprobs: bool | None = None
    seed: bool | None = None
    context: int | None = None
    slots: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What a server says of the model it serves.

    ``digest`` identifies the weights: ``sha256:...`` of the file, or ``stated:...``, a hash of what
    the server states where it does not tell more. ``context`` counts tokens of prompt and answer
    together in one slot, ``slots`` the requests it works on at once.
    """

    digest: str
    model: str
    server: str
    context: int | None = None
    slots: int | None = None


@runtime_checkable
class Model(Protocol):
    """A language model that can be asked.

    ``name`` is what the user called it; ``abilities`` are what was measured or is usual for its
    kind, and decide by what means a schema is enforced.
    """

    name: str
    locality: Locality
    abilities: Abilities

    async def complete(self, request: Request) -> Completion:
        """The model's answer to ``request``.

        One attempt: whoever calls decides about another. Cancelling the task ends the work at the
        server too. Raises ``ModelError`` (see ``sekisho.errors``) when there is no answer; an
        answer that was cut or refused is a completion whose ``finish`` says so.
        """

    async def count(self, request: Request) -> int | None:
        """Tokens of the prompt by the server's own tokenizer; None where it offers none."""

    async def describe(self) -> Description:
        """What the server says of the model. Raises ``ModelError`` when it cannot be asked."""

    async def aclose(self) -> None:
        """Give connections and memory back."""
