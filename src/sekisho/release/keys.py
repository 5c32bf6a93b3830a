"""Keys: what a vault's secrets can do, and the envelope that keeps them.

Three secrets, one inside the other::

    master key          the hospital's own, in a file or the environment, never in the vault
    └── wrapping key    HKDF-SHA256 of the master key and the vault's id
        ├── data key        seals every row (AES-256-GCM)
        └── pseudonym key   derives pseudonyms, references and tags (HMAC-SHA256)

The pseudonym key never changes in the life of a vault, so the same person stays the same token;
the data key is renewed when the vault is sealed anew. Nonces are random 96-bit values, which
NIST SP 800-38D (section 8.3) allows for 2**32 messages under one data key.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from dataclasses import dataclass, field
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from sekisho.errors import VaultTamperedError, WrongKeyError

__all__ = ["Derive", "Keys", "MasterKey", "decode", "encode"]

_KEY_BYTES = 32
_NONCE_BYTES = 12
_LENGTH_BYTES = 8


class Derive(Protocol):
    """Anything that turns a purpose and parts into 32 keyed bytes, such as ``Keys.derive``."""

    def __call__(self, purpose: str, *parts: str) -> bytes: ...


def encode(*parts: str | bytes) -> bytes:
    """``parts`` as one byte string that no other parts give: each behind its 8-byte length.

    Lone surrogates, which broken input may hold, are encoded as they stand.
    """
    raw = [p if isinstance(p, bytes) else p.encode("utf-8", "surrogatepass") for p in parts]
    return b"".join(len(part).to_bytes(_LENGTH_BYTES, "big") + part for part in raw)


def decode(encoded: bytes) -> tuple[bytes, ...]:
    """The parts that ``encode`` joined. Raises ``ValueError`` for anything else."""
    parts = []
    at = 0
    while at < len(encoded):
        length = int.from_bytes(encoded[at : at + _LENGTH_BYTES], "big")
        start, at = at + _LENGTH_BYTES, at + _LENGTH_BYTES + length
        if at > len(encoded):
            raise ValueError("the parts are cut short")
        parts.append(encoded[start:at])
    return tuple(parts)


def _seal(key: bytes, plaintext: bytes, aad: bytes) -> bytes:
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plaintext, aad)


def _open(key: bytes, sealed: bytes, aad: bytes) -> bytes:
    # A database hands over whatever its cell holds: text or a number when somebody meddled.
    if not isinstance(sealed, bytes) or len(sealed) <= _NONCE_BYTES:
        raise VaultTamperedError("a sealed value does not authenticate")
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], aad)
    except InvalidTag:
        raise VaultTamperedError("a sealed value does not authenticate") from None


@dataclass(frozen=True)
class Keys:
    """The unwrapped keys of one vault; hand them to workers, never to a log.

    ``version`` counts the data keys that the vault has had.
    """

    data: bytes = field(repr=False)
    pseudonym: bytes = field(repr=False)
    version: int = 1

    @classmethod
    def generate(cls) -> Keys:
        """New random keys."""
        return cls(secrets.token_bytes(_KEY_BYTES), secrets.token_bytes(_KEY_BYTES))

    def renewed(self) -> Keys:
        """The same pseudonym key beside a new data key."""
        return Keys(secrets.token_bytes(_KEY_BYTES), self.pseudonym, self.version + 1)

    def derive(self, purpose: str, *parts: str | bytes) -> bytes:
        """32 bytes that depend on the pseudonym key, the purpose and every part (HMAC-SHA256)."""
        return hmac.digest(self.pseudonym, encode(purpose, *parts), "sha256")

    def seal(self, plaintext: bytes, aad: bytes) -> bytes:
        """``plaintext`` encrypted and bound to ``aad``: nonce, ciphertext, tag (28 bytes more)."""
        return _seal(self.data, plaintext, aad)

    def open(self, sealed: bytes, aad: bytes) -> bytes:
        """What was sealed; ``VaultTamperedError`` when it, or its ``aad``, is not as it was."""
        return _open(self.data, sealed, aad)


@dataclass(frozen=True)
class MasterKey:
    """The 32-byte secret that opens a vault. Its text form is base64; its repr shows nothing."""

    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.secret) != _KEY_BYTES:
            raise ValueError(f"a master key has {_KEY_BYTES} bytes")

    @classmethod
    def generate(cls) -> MasterKey:
        """A new random key."""
        return cls(secrets.token_bytes(_KEY_BYTES))

    @classmethod
    def parse(cls, text: str, *, where: str) -> MasterKey:
        """The key that ``text`` states in base64; ``where`` names its place in the error.

        Raises ``WrongKeyError`` without showing the text.
        """
        try:
            return cls(base64.b64decode(text.strip(), validate=True))
        except (binascii.Error, ValueError):
            raise WrongKeyError(
                "this is no key", where=where, remedy="a key is 32 bytes in base64"
            ) from None

    def text(self) -> str:
        """The key in base64, for its file and nothing else."""
        return base64.b64encode(self.secret).decode("ascii")

    def wrap(self, keys: Keys, vault: str) -> dict[str, bytes]:
        """The vault's keys sealed under this one, by name, bound to the vault and the version."""
        wrapping = self._wrapping_key(vault)
        return {
            name: _seal(wrapping, secret, _binding(vault, name, keys.version))
            for name, secret in (("data", keys.data), ("pseudonym", keys.pseudonym))
        }

    def unwrap(self, wrapped: dict[str, bytes], vault: str, version: int) -> Keys:
        """The keys of ``vault``.

        Raises ``WrongKeyError`` when nothing opens, ``VaultTamperedError`` when only a part does:
        then the key is right and a row was changed.
        """
        wrapping = self._wrapping_key(vault)
        opened: dict[str, bytes] = {}
        for name in ("data", "pseudonym"):
            try:
                opened[name] = _open(
                    wrapping, wrapped.get(name, b""), _binding(vault, name, version)
                )
            except VaultTamperedError:
                continue
        if not opened:
            raise WrongKeyError("the key does not open this vault")
        for name in ("data", "pseudonym"):
            if name not in opened:
                raise VaultTamperedError(f"vault_keys: the row {name!r} does not authenticate")
        return Keys(opened["data"], opened["pseudonym"], version)

    def _wrapping_key(self, vault: str) -> bytes:
        info = b"sekisho vault wrapping key"
        salt = vault.encode("utf-8")
        return HKDF(SHA256(), _KEY_BYTES, salt=salt, info=info).derive(self.secret)


def _binding(vault: str, name: str, version: int) -> bytes:
    return encode("vault key", vault, name, str(version))
