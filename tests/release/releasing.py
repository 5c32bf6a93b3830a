"""What the tests of transforms and plans share: a key, and documents made of their mentions."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from pathlib import Path

from sekisho.documents.document import Document, KnownIdentifier, Span
from sekisho.release.edits import Applied, apply
from sekisho.release.plan import Mention, plan
from sekisho.release.profile import Profile, load_profile
from sekisho.release.transforms import Derive


def key(secret: bytes = b"key") -> Derive:
    """A keyed hash with the signature of ``Keys.derive``."""

    def derive(*parts: str) -> bytes:
        message = b"".join(len(part.encode()).to_bytes(4, "big") + part.encode() for part in parts)
        return hmac.new(secret, message, hashlib.sha256).digest()

    return derive


def written(
    *pieces: str | tuple[str, str] | tuple[str, str, str],
    patient: str | None = None,
    document_id: str = "d",
    language: str = "ja",
    known: tuple[KnownIdentifier, ...] = (),
) -> tuple[Document, list[Mention]]:
    """A document of plain strings and of mentions (category, surface[, entity])."""
    text = ""
    mentions = []
    for piece in pieces:
        if isinstance(piece, str):
            text += piece
            continue
        category, surface = piece[0], piece[1]
        entity = piece[2] if len(piece) == 3 else surface
        span = Span(len(text), len(text) + len(surface), category)
        mentions.append(Mention(span, surface, entity))
        text += surface
    return Document(document_id, text, language, known, patient), mentions


def released(
    profile: Profile, document: Document, mentions: Sequence[Mention], secret: bytes = b"key"
) -> Applied:
    """The document after all edits."""
    return apply(document.text, plan(document, mentions, profile, key(secret)))


def with_rules(folder: Path, base: str = "ja-pseudonymized", **rules: str) -> Profile:
    """A profile that differs from ``base`` in some categories; each rule an inline TOML table."""
    path = folder / "own.toml"
    lines = [f'extends = "{base}"', 'name = "own"', "[categories]"]
    lines += [f"{category} = {{ {rule} }}" for category, rule in rules.items()]
    path.write_text("\n".join(lines), encoding="utf-8")
    return load_profile(path)


def one(profile: Profile, category: str, surface: str, language: str = "ja") -> str:
    """What becomes of a surface that stands alone in its document."""
    document, mentions = written((category, surface), language=language)
    return released(profile, document, mentions).text
