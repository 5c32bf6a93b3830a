"""Models in the cloud: opened here, and only by the gate (an import rule keeps it so).

Nothing in this module knows what may be sent; the gate does, and writes every byte that leaves
into its ledger.
"""

from __future__ import annotations

from sekisho.errors import UsageError
from sekisho.models.configuration import Configuration, settings
from sekisho.models.opening import Opened, made, patient
from sekisho.models.seam import Abilities, Locality

__all__ = ["open_cloud"]


def open_cloud(
    name: str, configuration: Configuration, *, known: Abilities | None = None
) -> Opened:
    """The cloud model that ``name`` means; nothing is contacted yet.

    Raises ``UsageError`` when it is a local one, or there is none of that name.
    """
    chosen = settings(name, configuration)
    if configuration.locality(chosen) is not Locality.CLOUD:
        raise UsageError("this model is a local one", where=name, remedy="name a cloud model")
    return Opened(patient(made(name, chosen, Locality.CLOUD, known), chosen), chosen)
