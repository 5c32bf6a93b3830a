"""A model by its name: where it is configured, and how it is opened for work.

What says so can be told to a worker process, which opens the model for itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sekisho.errors import ModelError, UsageError
from sekisho.models.configuration import ModelSettings, read, settings
from sekisho.models.opening import Ready, ready_local, recorded
from sekisho.models.seam import Model, Origin

__all__ = ["NamedModel", "asking_first"]

_STAND_INS = {"scripted": Origin.SCRIPTED, "replay": Origin.REPLAYED}
_NO_MODEL = "see that the model's server runs: sekisho models check NAME"


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedModel:
    """A local model that documents may be read with.

    ``configuration`` is the path of sekisho.toml, ``remembered`` the folder of measured abilities,
    ``cache`` the file of the answer cache.
    """

    model: str
    configuration: Path | None = None
    remembered: Path | None = None
    cache: Path | None = None

    def ahead(self) -> int:
        """How many documents are worth beginning at a time. Raises ``UsageError``."""
        return self.stated().in_flight

    def records(self) -> bool:
        """Whether the model's answers are recorded. Raises ``UsageError``."""
        return self.stated().record is not None

    def origin(self) -> Origin:
        """Whether a model answers, or what stands in for one. Raises ``UsageError``."""
        return _STAND_INS.get(self.stated().kind, Origin.MODEL)

    def stated(self) -> ModelSettings:
        """What the configuration says of the model. Raises ``UsageError``."""
        return settings(self.model, read(self.configuration))

    async def ready(self) -> Ready:
        """The model, after it was asked what it is. Raises what ``ready_local`` raises."""
        return await ready_local(self.model, read(self.configuration), self.remembered)

    def working(self, ready: Ready, cache_key: bytes | None) -> Model:
        """``ready`` to work with: its answers are recorded and kept, where that is stated.

        ``cache_key`` (32 bytes) seals those that are kept. Raises ``UsageError``.
        """
        model = recorded(ready.model, ready.settings)
        if self.cache is not None and cache_key is not None:
            from sekisho.models.answer_cache import AnswerCache, CachedModel

            model = CachedModel(model, AnswerCache(self.cache, cache_key))
        return model


@contextmanager
def asking_first(model: str) -> Iterator[None]:
    """Ask ``model`` before anything is begun: that it does not answer is a wrong choice then."""
    try:
        yield
    except ModelError as error:
        raise UsageError(
            error.message, where=error.where or model, remedy=error.remedy or _NO_MODEL
        ) from None
