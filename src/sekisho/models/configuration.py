"""``sekisho.toml``: which models there are, and which hosts belong to the hospital.

A model is named by its key in the file, or by a short form that needs no file::

    ollama:mistral-small3.2:24b          Ollama on this machine
    http://127.0.0.1:8080/v1#qwen3-14b   an OpenAI-compatible server and the model's name there
    gguf:/models/qwen3-14b-q4.gguf       a file, run in this process
    scripted:FILE  replay:FILE           fakes for trials; every output says so
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sekisho import plugins
from sekisho.errors import UsageError
from sekisho.models.locality import locality_of
from sekisho.models.seam import Locality

__all__ = ["FILENAME", "STARTER", "Capacity", "Configuration", "ModelSettings", "read", "settings"]

FILENAME = "sekisho.toml"
#: The commented file that ``sekisho init`` writes.
STARTER = Path(__file__).with_name("starter.toml")

#: Which prompts suit the model: long lists of rules, or few words and an example.
Capacity: TypeAlias = Literal["long", "short"]

_OLLAMA = "http://127.0.0.1:11434"
_FILES = ("gguf", "scripted", "replay")
#: Kinds that run on this machine when no address is given.
_AT_HOME = (*_FILES, "ollama")
#: What a model of each kind cannot do without.
_NEEDED = {
    "openai": ("base_url",),
    "ollama": ("base_url", "model"),
    **dict.fromkeys(_FILES, ("path",)),
}


class ModelSettings(BaseModel):
    """One model as the configuration states it; ``None`` is the usual value of its kind.

    ``context`` counts tokens of prompt and answer together, ``timeout_s`` is for one answer,
    ``in_flight`` is how many requests are under way at once. ``omit`` names fields of a request
    that the server rejects, ``extra`` holds some that it wants. Of ``attempts`` on a server that is
    busy or ill, the second comes after ``wait_s``. ``record`` is a file to write answers to, sealed
    with the key in the environment variable ``recording_key_env`` (32 bytes in base64), with which
    a ``replay`` reads it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str
    base_url: str | None = None
    model: str | None = None
    path: Path | None = None
    locality: Locality | None = None
    api_key_env: str | None = None
    api_version: str | None = None
    context: Annotated[int, Field(ge=256)] | None = None
    in_flight: Annotated[int, Field(ge=1, le=256)] = 4
    timeout_s: Annotated[float, Field(gt=0)] = 300.0
    attempts: Annotated[int, Field(ge=1, le=10)] = 4
    wait_s: Annotated[float, Field(ge=0, le=30)] = 0.5
    thinking_tokens: Annotated[int, Field(ge=0)] = 0
    keep_alive: str | None = None
    think: bool | Literal["low", "medium", "high"] | None = None
    threads: Annotated[int, Field(ge=1)] | None = None
    gpu_layers: Annotated[int, Field(ge=-1)] = -1
    capacity: Capacity = "long"
    omit: tuple[str, ...] = ()
    extra: Mapping[str, str | int | float | bool] = Field(default_factory=dict)
    record: Path | None = None
    recording_key_env: str | None = None


class Configuration(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    trusted_hosts: tuple[str, ...] = ()
    default_model: str | None = None
    models: Mapping[str, ModelSettings] = Field(default_factory=dict)

    def locality(self, chosen: ModelSettings) -> Locality:
        """Where ``chosen`` runs.

        A model may be called cloud although its address is local, never the other way round.
        Raises ``UsageError`` for that, and for an address that is none.
        """
        if chosen.base_url is None:
            # Where a further kind without an address runs, only the settings can tell.
            return chosen.locality or (
                Locality.LOCAL if chosen.kind in _AT_HOME else Locality.CLOUD
            )
        found = locality_of(chosen.base_url, self.trusted_hosts)
        if chosen.locality is Locality.LOCAL and found is Locality.CLOUD:
            raise UsageError(
                "a model is called local, and its address lies outside",
                where=FILENAME,
                remedy="if the host is the hospital's own, name it in trusted_hosts",
            )
        return chosen.locality or found


def read(path: Path | None) -> Configuration:
    """The configuration in ``path``; an empty one for None.

    Raises ``UsageError`` naming the key that is wrong; keys that nobody knows are wrong.
    """
    if path is None:
        return Configuration()
    try:
        text = path.read_text(encoding="utf-8")
        return Configuration.model_validate(tomllib.loads(text))
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", where=str(path)) from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"is no TOML: {error}", where=str(path)) from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise UsageError(f"{place}: {first['msg']}", where=str(path)) from None


def settings(name: str, configuration: Configuration) -> ModelSettings:
    """What is meant by ``name``: a model of the file, or a short form.

    Raises ``UsageError`` when it is neither, or lacks what its kind needs.
    """
    chosen = configuration.models.get(name) or _short(name)
    if chosen is None:
        known = ", ".join(sorted(configuration.models)) or f"none in {FILENAME}"
        raise UsageError(
            f"no model is called {name!r}",
            where="--model",
            remedy=f"known: {known}; or ollama:NAME, http://HOST:PORT/v1#NAME, gguf:FILE",
        )
    kinds = plugins.names("sekisho.models")
    if chosen.kind not in kinds:
        raise UsageError(
            f"no kind of model is called {chosen.kind!r}",
            where=name,
            remedy=f"known: {', '.join(kinds)}",
        )
    if chosen.kind == "ollama" and chosen.base_url is None:
        chosen = chosen.model_copy(update={"base_url": _OLLAMA})
    for key in _NEEDED.get(chosen.kind, ()):
        if getattr(chosen, key) is None:
            raise UsageError(f"a model of kind {chosen.kind} needs {key}", where=name)
    return chosen


def _short(name: str) -> ModelSettings | None:
    kind, colon, rest = name.partition(":")
    if not colon or not rest:
        return None
    if kind in ("http", "https"):
        url, _, model = name.partition("#")
        return ModelSettings(kind="openai", base_url=url, model=model or None)
    if kind == "ollama":
        return ModelSettings(kind="ollama", model=rest)
    if kind in _FILES:
        return ModelSettings(kind=kind, path=Path(rest))
    return None
