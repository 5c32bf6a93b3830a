"""The kinds of model that sekisho brings, each made from its settings; found by entry points.

A further kind is one function like these, registered in the group ``sekisho.models``.
"""

from __future__ import annotations

import base64
import os
from dataclasses import replace

from sekisho.errors import UsageError
from sekisho.models.configuration import ModelSettings
from sekisho.models.seam import Abilities, Locality, Model, SchemaMeans

__all__ = ["gguf", "ollama", "openai", "recording_key", "replay", "scripted"]

#: Ollama cuts what is longer than its context without a word, so one is always asked for.
_OLLAMA_CONTEXT = 16_384
_GGUF_CONTEXT = 8_192
_KEY_BYTES = 32


def openai(name: str, chosen: ModelSettings, locality: Locality, known: Abilities | None) -> Model:
    """Any server that speaks OpenAI's protocol."""
    from sekisho.models.compatible import CompatibleModel

    assert chosen.base_url is not None
    return CompatibleModel(
        name=name,
        base_url=chosen.base_url,
        model=chosen.model or "",
        locality=locality,
        api_key=_key(chosen),
        abilities=_abilities(chosen, known, Abilities(schema=SchemaMeans.JSON_SCHEMA)),
        api_version=chosen.api_version,
        omit=chosen.omit,
        extra=chosen.extra,
    )


def ollama(name: str, chosen: ModelSettings, locality: Locality, known: Abilities | None) -> Model:
    """Ollama by its own API."""
    from sekisho.models.ollama import OllamaModel

    assert chosen.base_url is not None
    assert chosen.model is not None
    usual = Abilities(schema=SchemaMeans.FORMAT, context=_OLLAMA_CONTEXT)
    return OllamaModel(
        name=name,
        base_url=chosen.base_url,
        model=chosen.model,
        locality=locality,
        abilities=_abilities(chosen, known, usual),
        api_key=_key(chosen),
        keep_alive=chosen.keep_alive or "10m",
        think=chosen.think,
    )


def gguf(name: str, chosen: ModelSettings, _: Locality, known: Abilities | None) -> Model:
    """A GGUF file, run in this process by llama.cpp."""
    from sekisho.models.gguf import GgufModel

    assert chosen.path is not None
    usual = Abilities(
        schema=SchemaMeans.JSON_SCHEMA, logprobs=True, context=_GGUF_CONTEXT, slots=chosen.in_flight
    )
    abilities = _abilities(chosen, known, usual)
    return GgufModel(
        name=name,
        path=chosen.path,
        context=abilities.context or _GGUF_CONTEXT,
        slots=chosen.in_flight,
        threads=chosen.threads,
        gpu_layers=chosen.gpu_layers,
        abilities=abilities,
    )


def scripted(name: str, chosen: ModelSettings, _: Locality, known: Abilities | None) -> Model:
    """The shipped fake, by the script in a file."""
    from sekisho.models.scripted import ScriptedModel

    assert chosen.path is not None
    return ScriptedModel.load(chosen.path, name=name)


def replay(name: str, chosen: ModelSettings, _: Locality, known: Abilities | None) -> Model:
    """Recorded answers."""
    from sekisho.models.replay import ReplayModel

    assert chosen.path is not None
    return ReplayModel(chosen.path, key=recording_key(chosen), name=name)


def _abilities(chosen: ModelSettings, known: Abilities | None, usual: Abilities) -> Abilities:
    """What is ``known``, else ``usual``; the configuration may state another context, though no
    more than is known."""
    if known is None:
        return replace(usual, context=chosen.context or usual.context)
    stated = [each for each in (chosen.context, known.context) if each is not None]
    return replace(known, context=min(stated, default=usual.context))


def recording_key(chosen: ModelSettings) -> bytes | None:
    """The key that seals what is recorded; None when no variable is named for it.

    Raises ``UsageError`` when the variable does not hold 32 bytes in base64.
    """
    if chosen.recording_key_env is None:
        return None
    try:
        key = base64.b64decode(os.environ.get(chosen.recording_key_env, ""), validate=True)
    except ValueError:
        key = b""
    if len(key) != _KEY_BYTES:
        raise UsageError(
            f"the environment variable {chosen.recording_key_env} holds no key",
            remedy=f"set it to {_KEY_BYTES} random bytes in base64",
        )
    return key


def _key(chosen: ModelSettings) -> str | None:
    if chosen.api_key_env is None:
        return None
    key = os.environ.get(chosen.api_key_env)
    if not key:
        raise UsageError(
            f"the environment variable {chosen.api_key_env} is not set",
            where=chosen.model or chosen.base_url,
            remedy=f"export {chosen.api_key_env}=...",
        )
    return key
