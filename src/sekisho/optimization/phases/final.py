"""Phase 5: the sealed set, opened once, for the few that were chosen before.

Who goes in, and which of them the recipe is made of, is decided on the development set. The sealed
set says how good that is on reports that nothing was fitted to.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sekisho.evaluation.gold import GoldDocument
from sekisho.evaluation.paired import compare
from sekisho.evaluation.scoring import Scored
from sekisho.models.seam import Locality
from sekisho.optimization.arms import arm_of, name_of, refine_of
from sekisho.optimization.bench import Measured, Split
from sekisho.optimization.comparing import Side, against, comparisons
from sekisho.optimization.phases.standing import Standing, Table
from sekisho.optimization.phases.united import United
from sekisho.optimization.readers import Reader
from sekisho.optimization.records import Rule
from sekisho.optimization.result import ArmResult, Phase, Refine

__all__ = ["TITLE", "Finalist", "choose", "final"]

TITLE = "the sealed set"
#: Qualities are told apart from this p-value down.
_ALPHA = 0.05


@dataclass(frozen=True)
class Finalist:
    """A system as it would be deployed: a model, detectors, or a model beside detectors."""

    model: Standing | None
    stack: Standing | None
    scored: Scored

    @property
    def name(self) -> str:
        """The names of what it is made of."""
        parts = [each.measured.system for each in (self.model, self.stack) if each]
        return "+".join(parts)

    @property
    def local(self) -> bool:
        """Whether documents may be sent to it."""
        return self.model is None or _is_local(self.model.measured.reader)

    @property
    def answered(self) -> bool:
        """Whether any report was read to its end."""
        return sum(self.scored.failures.values()) < self.scored.readings

    @property
    def _prompt_name(self) -> str:
        return "" if self.model is None else self.model.measured.prompt_name

    @property
    def rule(self) -> Rule | None:
        """When the model reviews its answers."""
        return None if self.model is None else self.model.rule

    @property
    def refine(self) -> Refine:
        """The same as reports show it."""
        return refine_of(self.rule)

    @property
    def id(self) -> str:
        """The name of this arm."""
        return name_of(self.name, self._prompt_name, self.refine)

    @property
    def side(self) -> Side:
        """This arm, to be compared."""
        return self.id, self.scored.per_document

    def arm(self, split: Split) -> ArmResult:
        """This arm as reports show it."""
        return arm_of(
            self.scored,
            model=self.name,
            prompt=self._prompt_name,
            refine=self.refine,
            phase=5,
            split=split,
        )


async def choose(table: Table) -> tuple[list[Finalist], Finalist]:
    """The finalists as they stand on the development set, the winner apart.

    The winner is what would be deployed: where there are detectors, a model only beside them, and
    a model in the cloud only where there is nothing else.
    """
    readers = await table.best(table.study.final.finalists, 5)
    if table.models and not any(map(_is_local, readers)):
        # Models in the cloud are ranked; what can be deployed is measured all the same.
        ranked = await table.best(len(table.models), 5)
        readers = (*readers, *[each for each in ranked if _is_local(each)][:1])
    models = [await table.stand(reader, 5) for reader in readers]
    stacks = [await table.stand(reader, 5) for reader in table.stacks]
    finalists = _joined(table, models, stacks)
    local = [each for each in finalists if each.local] or finalists
    deployable = [each for each in local if each.stack is not None] or local
    return finalists, _winner(deployable, table.study.final.choose_by)


async def final(
    table: Table,
    gold: Sequence[GoldDocument],
    finalists: Sequence[Finalist],
    winner: Finalist,
    *,
    synthetic: str,
) -> tuple[Phase, Finalist]:
    """Measure ``finalists`` on the opened set ``gold``; the winner is compared with all others.

    ``synthetic`` says who states that no patient is in it.
    """
    for reader in {id(r): r for each in finalists for r in _readers(each)}.values():
        reader.learn(gold, synthetic)
    again: dict[str, Standing] = {}
    for each in finalists:
        for standing in (each.model, each.stack):
            if standing is None or standing.id in again:
                continue
            again[standing.id] = Standing(await _measured(table, gold, standing), standing.rule)
    models = _distinct(again[each.model.id] for each in finalists if each.model is not None)
    stacks = _distinct(again[each.stack.id] for each in finalists if each.stack is not None)
    measured = _joined(table, models, stacks)
    arms = [each.arm("held-out") for each in measured]
    ahead = next(each for each in measured if each.id == winner.id)
    others = [each.side for each in measured]
    quality = ahead.scored.quality
    phase = Phase(
        number=5,
        title=TITLE,
        arms=(*(each.arm("development") for each in finalists), *arms),
        chosen=(winner.id,),
        decisions=(
            f"{winner.id}, chosen on the development set, has quality "
            f"{quality.value or 0:.1f} on the sealed set "
            f"(development {winner.scored.quality.value or 0:.1f})",
        ),
        comparisons=comparisons(against(ahead.side, others), resamples=table.study.resamples),
    )
    return phase, ahead


def _is_local(reader: Reader) -> bool:
    return reader.card.locality == Locality.LOCAL


def _readers(finalist: Finalist) -> list[Reader]:
    return [each.measured.reader for each in (finalist.model, finalist.stack) if each is not None]


async def _measured(table: Table, gold: Sequence[GoldDocument], standing: Standing) -> Measured:
    reader: Reader = standing.measured.reader
    wordings = () if standing.rule is None else (standing.rule.wording,)
    return await table.bench.measure(
        reader, standing.measured.prompt, gold, phase=5, split="held-out", wordings=wordings
    )


def _joined(table: Table, models: Sequence[Standing], stacks: Sequence[Standing]) -> list[Finalist]:
    """Each model, each stack, and each model beside each stack."""
    resamples = table.study.resamples
    alone = [Finalist(each, None, each.measured.scored(each.rule, resamples)) for each in models]
    alone += [Finalist(None, each, each.measured.scored(None, resamples)) for each in stacks]
    beside = [
        Finalist(model, stack, United(stack.measured, model.measured, model.rule).scored(resamples))
        for model in models
        for stack in stacks
    ]
    return alone + beside


def _winner(finalists: Sequence[Finalist], choose_by: str) -> Finalist:
    """The one to deploy; of two that are as good, the one without a model.

    Chosen by quality it is the one that leaks least among those whose quality cannot be told from
    the best: points that chance may have given are no reason to leak more.
    """
    if choose_by == "quality":
        ahead = max(finalists, key=_quality)
        finalists = [
            each
            for each in finalists
            if each is ahead or compare(*_both(ahead, each), resamples=1).wilcoxon_p > _ALPHA
        ]
    return min(finalists, key=lambda each: (_leak(each), -_quality(each), each.model is not None))


def _both(first: Finalist, second: Finalist) -> tuple[Sequence[float], Sequence[float]]:
    return first.scored.per_document, second.scored.per_document


def _quality(finalist: Finalist) -> float:
    return finalist.scored.quality.value or 0.0


def _leak(finalist: Finalist) -> float:
    leaked = finalist.scored.leaked.value
    return 1.0 if leaked is None else leaked


def _distinct(standings: Iterable[Standing]) -> list[Standing]:
    return list({each.id: each for each in standings}.values())
