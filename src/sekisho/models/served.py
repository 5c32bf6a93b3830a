"""What an OpenAI-compatible server says of the model it serves, and how it counts tokens.

The protocol itself tells only names. llama.cpp and vLLM tell more, each at its own paths beside the
protocol's; a server that has none of them is described by what there is.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

from sekisho.errors import ModelAccessError
from sekisho.models.failures import unreadable
from sekisho.models.seam import Description
from sekisho.models.stated import amount, mapping, text
from sekisho.models.transport import Transport

__all__ = [
    "DESCRIBE_TIMEOUT_S",
    "count_by_chat",
    "count_by_messages",
    "count_by_template",
    "describe",
    "root",
    "stated_digest",
]

DESCRIBE_TIMEOUT_S = 30.0

#: Server names by what ``owned_by`` says in the list of models.
_SERVERS = {
    "llamacpp": "llama.cpp",
    "vllm": "vllm",
    "sglang": "sglang",
    "organization_owner": "lmstudio",
    "library": "ollama",
    "me": "llama-cpp-python",
}
_UNKNOWN = "openai-compatible"
#: What of a model's entry belongs to its weights; times and settings of the server do not.
_WEIGHTS = ("id", "owned_by", "root", "parent")
_WEIGHTS_META = ("vocab_type", "n_vocab", "n_ctx_train", "n_embd", "n_params", "size", "ftype")
#: Names that leave the choice to a server of one model.
_ANY = ("", "default")
_LISTED = 20
_LONGEST_NAME = 80


async def describe(
    transport: Transport, base_url: str, *, model: str, where: str, strict: bool
) -> Description:
    """The description of ``model``; its ``model`` is the name that the server wants to hear.

    ``strict``: a name that the server does not list is an error; otherwise the list may be
    incomplete, as those of the clouds are. Raises ``ModelError``.
    """
    listed = await _listed(transport, base_url, where)
    entry = _entry(listed, model, where, strict=strict)
    server = _SERVERS.get(text(entry.get("owned_by")), _UNKNOWN)
    props: Mapping[str, Any] = {}
    if strict and server in ("llama.cpp", _UNKNOWN):
        props = await _props(transport, base_url)
    weights: dict[str, Any] = {key: _unplaced(entry[key]) for key in _WEIGHTS if key in entry}
    meta = mapping(entry.get("meta"))
    weights["meta"] = {key: meta[key] for key in _WEIGHTS_META if key in meta}
    if "model_path" in props:
        weights["model_path"] = _unplaced(props["model_path"])
    settings = mapping(props.get("default_generation_settings"))
    context = amount(settings.get("n_ctx")) or amount(entry.get("max_model_len"))
    return Description(
        digest=stated_digest(weights),
        model=text(entry.get("id")) if model in _ANY else model,
        server="llama.cpp" if settings else server,
        context=context,
        slots=amount(props.get("total_slots")) or None,
    )


def root(base_url: str) -> str:
    """The address beside whose ``/v1`` a server keeps its own paths."""
    return base_url.removesuffix("/v1")


def stated_digest(stated: Mapping[str, Any]) -> str:
    """The digest of a model that is known only by what its server states."""
    canonical = json.dumps(stated, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return "stated:" + hashlib.sha256(canonical.encode("utf-8", "replace")).hexdigest()[:32]


async def count_by_chat(
    transport: Transport, base_url: str, body: Mapping[str, Any], *, timeout_s: float
) -> int | None:
    """The prompt's tokens as a newer llama.cpp counts them at once; None from any other server."""
    place = f"{base_url}/chat/completions/input_tokens"
    counted = await _offered(transport, place, body, timeout_s=timeout_s)
    return amount(counted.get("input_tokens"))


async def count_by_template(
    transport: Transport, base_url: str, body: Mapping[str, Any], *, timeout_s: float
) -> int | None:
    """The prompt's tokens as an older llama.cpp counts them; None from any other server."""
    place = root(base_url)
    rendered = await _offered(transport, f"{place}/apply-template", body, timeout_s=timeout_s)
    prompt = rendered.get("prompt")
    if not isinstance(prompt, str):
        return None
    # As the server itself reads a prompt: special tokens are added, and meant where they stand.
    asked = {"content": prompt, "add_special": True, "parse_special": True}
    counted = await _offered(transport, f"{place}/tokenize", asked, timeout_s=timeout_s)
    found = counted.get("tokens")
    return len(found) if isinstance(found, list) else None


async def count_by_messages(
    transport: Transport, base_url: str, body: Mapping[str, Any], *, timeout_s: float
) -> int | None:
    """The prompt's tokens as vLLM counts them; None from any other server."""
    counted = await _offered(transport, f"{root(base_url)}/tokenize", body, timeout_s=timeout_s)
    return amount(counted.get("count"))


async def _offered(
    transport: Transport, url: str, body: Mapping[str, Any], *, timeout_s: float
) -> Mapping[str, Any]:
    """The answer at a path that not every server has; an empty one then."""
    return mapping(await transport.json("POST", url, body=body, timeout_s=timeout_s, optional=True))


async def _props(transport: Transport, base_url: str) -> Mapping[str, Any]:
    url = f"{root(base_url)}/props"
    return mapping(await transport.json("GET", url, timeout_s=DESCRIBE_TIMEOUT_S, optional=True))


async def _listed(
    transport: Transport, base_url: str, where: str
) -> list[Mapping[str, Any]] | None:
    """The models that the server lists; None when it keeps no list."""
    answer = await transport.json(
        "GET", f"{base_url}/models", timeout_s=DESCRIBE_TIMEOUT_S, optional=True
    )
    if answer is None:
        return None
    entries = mapping(answer).get("data")
    if not isinstance(entries, list):
        raise unreadable(where, "it is no list of models")
    return [mapping(entry) for entry in entries]


def _entry(
    listed: Sequence[Mapping[str, Any]] | None, model: str, where: str, *, strict: bool
) -> Mapping[str, Any]:
    for entry in listed or ():
        aliases = entry.get("aliases")
        names = [entry.get("id"), *(aliases if isinstance(aliases, list) else ())]
        if model and (model in names or f"models/{model}" in names):  # the latter by Google
            return entry
    if model in _ANY and listed is not None and len(listed) == 1 and text(listed[0].get("id")):
        return listed[0]
    if model and (listed is None or not strict):
        return {"id": model}
    known = ", ".join(_plain(text(entry.get("id"))) for entry in (listed or ())[:_LISTED])
    raise ModelAccessError(
        f"the server has no model {model!r}" if model else "it is not said which model is meant",
        where=where,
        remedy=f"name it as model; the server has: {known or 'none'}",
    )


def _plain(name: str) -> str:
    return "".join(character for character in name if character.isprintable())[:_LONGEST_NAME]


def _unplaced(stated: object) -> object:
    """A path to a file without its folders: weights that are moved are the same weights."""
    path = text(stated)
    for kind in (PurePosixPath(path), PureWindowsPath(path)):
        if kind.is_absolute():
            return kind.name
    return stated
