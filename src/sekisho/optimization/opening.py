"""From the names in a study to systems that can be measured.

Every model is asked what it is before anything is measured, so a server that does not answer is a
wrong choice and not a lost study. A model in the cloud is opened by the gate, and reads reports
that are stated to be synthetic only.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sekisho.errors import CloudModelError, UsageError
from sekisho.evaluation import study_data
from sekisho.evaluation.gold import GoldDocument
from sekisho.evaluation.study_data import DataSet
from sekisho.models.configuration import read, settings
from sekisho.models.named import NamedModel, asking_first
from sekisho.models.seam import Description, Locality, Model, Origin
from sekisho.optimization.gated import GatedReader
from sekisho.optimization.readers import LlmReader, Reader, StackReader
from sekisho.optimization.result import ModelCard
from sekisho.optimization.simulation import SimulatedModel, SimulatedReflector
from sekisho.optimization.study import ModelEntry, StackEntry, Study
from sekisho.phi.stack import build
from sekisho.release.gate import Gate, GatedModel

__all__ = ["SIMULATED", "Opener", "Systems", "stack_reader"]

#: The proposer of a study of simulated models.
SIMULATED = "simulated"


@dataclass(frozen=True)
class Systems:
    """The opened systems of a study; ``shorts`` are the models' names without a configuration."""

    models: tuple[Reader, ...]
    stacks: tuple[Reader, ...]
    proposer: Model | None
    shorts: Mapping[str, str]

    @property
    def cards(self) -> tuple[ModelCard, ...]:
        """What each of them is."""
        return tuple(reader.card for reader in (*self.models, *self.stacks))

    async def aclose(self) -> None:
        """Give everything back."""
        for reader in (*self.models, *self.stacks):
            await reader.aclose()
        if self.proposer is not None:
            await self.proposer.aclose()


@dataclass(frozen=True)
class Opener:
    """Opens the systems of ``study``; ``configuration`` is the path of sekisho.toml.

    ``gate_ledger`` is where the gate writes what leaves, ``clock`` the time in ISO 8601.
    """

    study: Study
    configuration: Path | None
    remembered: Path | None
    gate_ledger: Path
    clock: Callable[[], str]

    async def open(self, development: DataSet) -> Systems:
        """All systems, asked what they are. Raises ``UsageError`` when one does not answer."""
        gate = Gate(self.gate_ledger, self.clock)
        models = []
        for entry in self.study.models:
            with asking_first(entry.name):
                models.append(await self._model(entry, development, gate))
        stacks = [stack_reader(entry) for entry in self.study.stacks]
        proposer = await self._proposer(development.documents)
        shorts = {entry.name: entry.model for entry in self.study.models}
        return Systems(tuple(models), tuple(stacks), proposer, shorts)

    async def _model(self, entry: ModelEntry, development: DataSet, gate: Gate) -> Reader:
        if entry.simulated:
            simulated = SimulatedModel(
                entry.simulated, seed=self.study.seeds[0], knows=development.documents
            )
            card = _card(entry, await simulated.describe(), Origin.SIMULATED, Locality.LOCAL)
            return _SimulatedReader(simulated, card, longest=entry.longest)
        stated = read(self.configuration)
        chosen = settings(entry.model, stated)
        if stated.locality(chosen) is Locality.CLOUD:
            self._check_sealed(entry.name)

            def opened(admitted: Sequence[str], stated_by: str) -> GatedModel:
                return gate.synthetic(
                    entry.model, stated, admitted=admitted, stated_by=stated_by, said=()
                )

            first = opened([], development.synthetic)
            try:
                described = await first.describe()
            finally:
                await first.aclose()
            card = _card(entry, described, Origin.MODEL, Locality.CLOUD)
            return GatedReader(
                opened,
                card,
                longest=entry.longest,
                thinking_tokens=chosen.thinking_tokens,
                timeout_s=chosen.timeout_s,
                knows=development.documents,
                synthetic=development.synthetic,
            )
        named = self._named(entry.model)
        ready = await named.ready()
        card = _card(entry, ready.description, named.origin(), Locality.LOCAL)
        return LlmReader(
            named.working(ready, None),
            card,
            longest=entry.longest,
            thinking_tokens=ready.settings.thinking_tokens,
            timeout_s=ready.settings.timeout_s,
        )

    def _check_sealed(self, name: str) -> None:
        """Raises ``CloudModelError`` when nobody will state that the sealed set is synthetic."""
        data = self.study.data
        held_out = data.held_out if 5 in self.study.phases else None
        if held_out is not None and not study_data.stated(held_out, data.synthetic):
            raise CloudModelError(
                "nobody states that the sealed reports are synthetic, and this model is in the "
                "cloud",
                where=name,
                remedy="state who says so as data.synthetic, or leave phase 5 or this model out",
            )

    async def _proposer(self, gold: Sequence[GoldDocument]) -> Model | None:
        stated = self.study.prompts.proposer
        if not stated:
            return None
        if stated == SIMULATED:
            if any(entry.model for entry in self.study.models):
                raise UsageError(
                    "a simulated proposer writes for simulated models only",
                    where="prompts.proposer",
                )
            return SimulatedReflector(
                seed=self.study.seeds[0], language=self.study.language, knows=gold
            )
        by_name = {entry.name: entry.model for entry in self.study.models if entry.model}
        try:
            with asking_first(stated):
                named = self._named(by_name.get(stated, stated))
                return named.working(await named.ready(), None)
        except CloudModelError as error:
            raise CloudModelError(
                "the model that writes prompts is shown what stood in reports",
                where="prompts.proposer",
                remedy="name a local model",
            ) from error

    def _named(self, name: str) -> NamedModel:
        return NamedModel(model=name, configuration=self.configuration, remembered=self.remembered)


class _SimulatedReader(LlmReader):
    """A simulated model, which is told what the truth is before it is asked."""

    def __init__(self, model: SimulatedModel, card: ModelCard, *, longest: int) -> None:
        super().__init__(model, card, longest=longest)
        self._simulated = model

    def learn(self, documents: Iterable[GoldDocument], synthetic: str) -> None:
        self._simulated.learn(documents)


def stack_reader(entry: StackEntry) -> Reader:
    """The detectors of ``entry``. Raises ``UsageError`` and ``ModelFileError``."""
    stack = build(entry.detectors)
    digest = hashlib.sha256(json.dumps(stack.models, sort_keys=True).encode()).hexdigest()
    card = ModelCard(
        name=entry.name,
        model="",
        digest=f"stated:{digest[:32]}",
        server="",
        origin="detectors",
        detectors=entry.detectors,
    )
    return StackReader(stack, card)


def _card(
    entry: ModelEntry, description: Description, origin: Origin, locality: Locality
) -> ModelCard:
    return ModelCard(
        name=entry.name,
        model=description.model,
        digest=description.digest,
        server=description.server,
        origin=origin,
        locality=locality,
        context=description.context,
    )
