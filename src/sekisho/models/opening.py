"""From a model's name to a model that can be asked, local ones only.

Whatever may read a document opens its model here. A model in the cloud is opened elsewhere
(``sekisho.models.cloud``), by the gate alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sekisho import plugins
from sekisho.errors import CloudModelError, UsageError
from sekisho.models.configuration import Configuration, ModelSettings, settings
from sekisho.models.kinds import recording_key
from sekisho.models.patience import Patient
from sekisho.models.probing import recall
from sekisho.models.replay import Recorder
from sekisho.models.seam import Abilities, Description, Locality, Model

__all__ = ["Opened", "Ready", "made", "open_local", "patient", "ready_local", "recorded"]


@dataclass(frozen=True)
class Opened:
    """A model that can be asked, patient and limited, and what was stated about it."""

    model: Model
    settings: ModelSettings


@dataclass(frozen=True)
class Ready(Opened):
    """A model that was asked what it is, and whose abilities were recalled or are usual."""

    description: Description
    measured: bool


def open_local(
    name: str, configuration: Configuration, *, known: Abilities | None = None
) -> Opened:
    """The local model that ``name`` means; nothing is contacted yet.

    ``known`` are abilities measured before. Raises ``CloudModelError`` when the model runs
    outside, ``UsageError`` when there is no such model or its settings are wrong.
    """
    chosen = settings(name, configuration)
    if configuration.locality(chosen) is Locality.CLOUD:
        raise CloudModelError(
            "this model is in the cloud, and a document would be sent to it",
            where=name,
            remedy="name a local model, or the host in trusted_hosts if it is the hospital's own",
        )
    model = made(name, chosen, Locality.LOCAL, known)
    return Opened(patient(model, chosen), chosen)


def _least(*sizes: int | None) -> int | None:
    return min((size for size in sizes if size is not None), default=None)


def patient(model: Model, chosen: ModelSettings) -> Patient:
    """``model``, asked as often and as often at once as ``chosen`` says."""
    return Patient(
        model, in_flight=chosen.in_flight, attempts=chosen.attempts, first_wait_s=chosen.wait_s
    )


async def ready_local(name: str, configuration: Configuration, remembered: Path | None) -> Ready:
    """The local model that ``name`` means, after it was asked to describe itself.

    What ``sekisho models check`` measured of this server and these weights is recalled from the
    folder ``remembered``; the context is the configured one, but no more than the server says.
    Raises ``ModelError`` when it cannot be asked, and what ``open_local`` raises.
    """
    first = open_local(name, configuration)
    try:
        description = await first.model.describe()
    finally:
        await first.model.aclose()
    server = first.settings.base_url or str(first.settings.kind)
    known = recall(remembered, server, description.digest) if remembered is not None else None
    usual = known or first.model.abilities
    abilities = replace(
        usual,
        context=_least(first.settings.context, description.context) or usual.context,
        slots=description.slots or usual.slots,
    )
    again = open_local(name, configuration, known=abilities)
    return Ready(again.model, again.settings, description, known is not None)


def recorded(model: Model, chosen: ModelSettings) -> Model:
    """``model``, with its answers written to the file that ``chosen`` names, if it names one.

    Raises ``UsageError`` when there is no key to seal them with.
    """
    if chosen.record is None:
        return model
    key = recording_key(chosen)
    if key is None:
        raise UsageError(
            "answers may hold identifiers, and are recorded sealed",
            where=str(chosen.record),
            remedy="name an environment variable with a key as recording_key_env",
        )
    return Recorder(model, chosen.record, key=key)


def made(
    name: str, chosen: ModelSettings, locality: Locality, known: Abilities | None = None
) -> Model:
    """The bare model of ``chosen``, by the entry point of its kind."""
    make: Any = plugins.load("sekisho.models", chosen.kind)
    model: Model = make(name, chosen, locality, known)
    return model
