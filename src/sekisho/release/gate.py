"""The gate: the one way from here to a model outside, and no document of a patient goes through it.

What may leave has one of three levels. A study that ranks models in the cloud lets out the least of
them: synthetic reports, of which somebody states that no patient is in them, and the prompts that
go with them. Every request is taken apart before it leaves (``release.admission``), every byte that
leaves is in the ledger first (``release.gate_ledger``), and what fails of that lets nothing out.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from sekisho.errors import (
    CloudModelError,
    ModelAccessError,
    ModelError,
    SekishoError,
    UsageError,
)
from sekisho.models.cloud import open_cloud
from sekisho.models.configuration import Configuration, settings
from sekisho.models.seam import Abilities, Completion, Description, Locality, Model, Request
from sekisho.models.witness import Leaving, witnessed
from sekisho.models.wrapper import Wrapper
from sekisho.release.admission import Admission
from sekisho.release.gate_ledger import Ledger

__all__ = ["LARGEST", "Gate", "GatedModel", "Level"]

T = TypeVar("T")

#: Bytes of a request, unless a gate is made with another bound.
LARGEST = 256 * 1024
#: The kinds of model whose very bytes the transport shows before they leave.
_SEEN = ("ollama", "openai")
_LONGEST_STATEMENT = 500


class Level(StrEnum):
    """What of patients' data may leave; a request has one."""

    #: no patient data at all: plans, guidelines, synthetic reports
    NOTHING = "nothing"
    #: typed values that are no free text
    VALUES = "values"
    #: text that passed the inspection
    MASKED = "masked"


class Gate:
    """Lets requests out to models in the cloud, each of at most ``largest`` bytes.

    ``ledger`` is the path of its ledger, which is made or gone on with when the first model is
    opened; ``clock`` gives the time of its lines in ISO 8601.
    """

    def __init__(self, ledger: Path, clock: Callable[[], str], *, largest: int = LARGEST) -> None:
        self._path, self._clock, self._largest = ledger, clock, largest
        self._ledger: Ledger | None = None

    @property
    def last(self) -> str:
        """The hash of the ledger's last line, to be kept elsewhere; empty before the first."""
        return "" if self._ledger is None else self._ledger.last

    def synthetic(
        self,
        name: str,
        configuration: Configuration,
        *,
        admitted: Iterable[str],
        stated_by: str,
        said: Iterable[str],
        known: Abilities | None = None,
    ) -> GatedModel:
        """The cloud model that ``name`` means, to be asked about synthetic documents alone.

        ``admitted`` are their texts, ``stated_by`` says who states that no patient is in them, and
        on what ground; it stands in every line of the ledger. ``said`` are all prompts that will
        be used, those with places for what comes between too. ``known`` are abilities measured
        before. Nothing is contacted yet.

        Raises ``CloudModelError`` when nobody states it, ``UsageError`` when there is no such
        model, or it is a local one, or of a kind whose bytes nobody sees before they leave;
        ``AuditError`` and ``OutputError`` when the ledger is not sound or cannot be written.
        """
        statement = " ".join(stated_by.split())
        if not statement:
            raise CloudModelError(
                "nobody states that these documents are synthetic, and this model is in the cloud",
                where=name,
                remedy="state who says so and why, or take a local model",
            )
        if len(statement) > _LONGEST_STATEMENT:
            raise UsageError(
                f"the statement is longer than {_LONGEST_STATEMENT} characters", where=name
            )
        kind = settings(name, configuration).kind
        if kind not in _SEEN:
            raise UsageError(
                f"what a model of kind {kind} sends is not seen before it leaves",
                where=name,
                remedy=f"only these kinds pass the gate: {', '.join(_SEEN)}",
            )
        opened = open_cloud(name, configuration, known=known)
        if self._ledger is None:
            self._ledger = Ledger(self._path, clock=self._clock)
        return GatedModel(
            opened.model,
            Admission(admitted, said),
            self._ledger,
            stated_by=statement,
            largest=self._largest,
        )


class GatedModel(Wrapper):
    """A model in the cloud that hears nothing but what is admitted; made by ``Gate`` alone."""

    def __init__(
        self,
        model: Model,
        admission: Admission,
        ledger: Ledger,
        *,
        stated_by: str,
        largest: int,
    ) -> None:
        super().__init__(model)
        self.locality = Locality.CLOUD
        self._admission = admission
        self._ledger = ledger
        self._stated_by = stated_by
        self._largest = largest

    def say(self, said: Iterable[str]) -> None:
        """Admit further prompts, which were checked to hold no text of a document."""
        self._admission.say(said)

    async def complete(self, request: Request) -> Completion:
        """See ``Model.complete``.

        Raises ``CloudModelError``, and sends nothing, when any part of ``request`` is neither an
        admitted text nor a prompt nor what the model answered before, or when it is too large;
        ``OutputError`` when it cannot be recorded.
        """
        if not self._admission.admits(request):
            raise CloudModelError(
                "the request holds text that was not admitted, and this model is in the cloud",
                where=self.name,
                remedy="only synthetic documents and the prompts of the study may be sent to it",
            )
        completion = await self._let_out(lambda: self._inside.complete(request))
        self._admission.hear(completion.text)
        return completion

    async def count(self, request: Request) -> int | None:
        """None: what is only to be counted is not sent outside."""
        return None

    async def describe(self) -> Description:
        """See ``Model.describe``; the question holds no text."""
        return await self._let_out(self._inside.describe)

    async def _let_out(self, call: Callable[[], Awaitable[T]]) -> T:
        """What ``call`` gives, with every request that it sends recorded first."""
        stopped: list[SekishoError] = []

        def witness(leaving: Leaving) -> None:
            try:
                self._record(leaving)
            except SekishoError as error:
                stopped.append(error)
            if stopped:
                # The one kind of error that nobody between here and there tries again after.
                raise ModelAccessError("the gate let nothing out", where=self.name)

        try:
            with witnessed(witness):
                return await call()
        except ModelError:
            if not stopped:
                raise
        raise stopped[0]

    def _record(self, leaving: Leaving) -> None:
        size = len(leaving.body)
        if size > self._largest:
            raise CloudModelError(
                f"the request has {size} bytes, and the gate lets out {self._largest} at most",
                where=self.name,
                remedy="shorter passages make shorter requests",
            )
        self._ledger.let_out(
            leaving.body,
            model=self.name,
            to={"host": leaving.host, "method": leaving.method, "path": leaving.path},
            level=Level.NOTHING,
            stated_by=self._stated_by,
        )
