"""How answers are kept: under a name that a request alone gives, sealed with a key.

A request is brought into one form, bytes that no other request gives; a completion into JSON and
back. A kept answer may hold identifiers, so whatever lies in a file is sealed, and its name is a
keyed one: a plain hash of a short report could be guessed.
"""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from sekisho.errors import UsageError
from sekisho.models.seam import Completion, Finish, Origin, Request, Token, Usage

__all__ = ["Seal", "completion_bytes", "completion_of", "request_bytes"]

_KEY_BYTES = 32
_NONCE_BYTES = 12


def request_bytes(request: Request, digest: str, *more: str) -> bytes:
    """Everything that the answer of the model ``digest`` depends on; ``more`` is what else does.

    The order of a schema's properties is part of it, for it is that of the answer; the time that
    the caller would wait is not.
    """
    return json.dumps(
        [
            digest,
            more,
            [(message.role, message.content) for message in request.messages],
            request.schema,
            request.max_tokens,
            request.thinking_tokens,
            float(request.temperature),
            float(request.top_p),
            request.seed,
            request.top_logprobs,
        ],
        separators=(",", ":"),
    ).encode("ascii")


def completion_bytes(completion: Completion) -> bytes:
    """``completion`` as one line of JSON in ASCII."""
    return json.dumps(asdict(completion), separators=(",", ":")).encode("ascii")


def completion_of(kept: Mapping[str, Any]) -> Completion:
    """The completion that ``completion_bytes`` wrote, once read as JSON.

    Raises ``ValueError`` for anything else; its message quotes nothing.
    """
    try:
        tokens = kept["tokens"]
        return Completion(
            text=_text(kept["text"]),
            finish=Finish(kept["finish"]),
            usage=Usage(**{name: _count(value) for name, value in kept["usage"].items()}),
            thinking=_text(kept["thinking"]),
            tokens=None if tokens is None else tuple(map(_token, tokens)),
            seconds=float(kept["seconds"]),
            model=_text(kept["model"]),
            origin=Origin(kept["origin"]),
        )
    except (AttributeError, KeyError, TypeError, ValueError):
        raise ValueError("not a completion") from None


def _token(kept: Mapping[str, Any]) -> Token:
    alternatives = tuple((_text(text), float(logprob)) for text, logprob in kept["alternatives"])
    return Token(_text(kept["text"]), float(kept["logprob"]), alternatives)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("not a text")
    return value


def _count(value: object) -> int | None:
    if value is not None and not isinstance(value, int):
        raise ValueError("not a count")
    return value


class Seal:
    """Names and seals under keys of their own, derived from ``key`` (32 bytes) for one file.

    ``salt`` is random and lies in the file. Raises ``UsageError`` for a key of another length.
    """

    def __init__(self, key: bytes, salt: bytes, purpose: str) -> None:
        if len(key) != _KEY_BYTES:
            raise UsageError(f"the key of kept answers has {len(key)} bytes, not {_KEY_BYTES}")
        info = b"sekisho " + purpose.encode("ascii")
        derived = HKDF(SHA256(), 2 * _KEY_BYTES, salt=salt, info=info).derive(key)
        self._naming, self._sealing = derived[:_KEY_BYTES], AESGCM(derived[_KEY_BYTES:])

    @property
    def check(self) -> str:
        """A text that tells whether a key is the right one, and nothing else of it."""
        return hmac.digest(self._naming, b"check", "sha256").hex()

    def name(self, content: bytes) -> bytes:
        """32 bytes that depend on the key and every byte of ``content``."""
        return hmac.digest(self._naming, b"name " + content, "sha256")

    def close(self, plaintext: bytes, binding: bytes) -> bytes:
        """``plaintext`` encrypted and bound to ``binding`` (AES-256-GCM; 28 bytes more)."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._sealing.encrypt(nonce, plaintext, binding)

    def open(self, sealed: object, binding: bytes) -> bytes | None:
        """What was sealed; None when it, or ``binding``, is not as it was."""
        # A file hands over whatever somebody put into it.
        if not isinstance(sealed, bytes) or len(sealed) <= _NONCE_BYTES:
            return None
        try:
            return self._sealing.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], binding)
        except InvalidTag:
            return None
