"""Where each system stands between phases: its prompt so far, and when it reviews."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sekisho.evaluation.gold import GoldDocument
from sekisho.optimization.arms import name_of, refine_of
from sekisho.optimization.bench import Bench, Measured
from sekisho.optimization.comparing import Side
from sekisho.optimization.readers import Reader
from sekisho.optimization.records import Rule
from sekisho.optimization.result import Prompt
from sekisho.optimization.selection import best
from sekisho.optimization.study import Study

__all__ = ["Standing", "Table"]


@dataclass(frozen=True)
class Standing:
    """A system as it was measured last, and the rule that its answers are reviewed by."""

    measured: Measured
    rule: Rule | None = None

    @property
    def quality(self) -> float:
        """Mean quality on the development set."""
        return self.measured.quality(self.rule)

    @property
    def id(self) -> str:
        """The name of this arm."""
        return name_of(self.measured.system, self.measured.prompt_name, refine_of(self.rule))

    @property
    def side(self) -> Side:
        """This arm, to be compared."""
        return self.id, self.measured.qualities(self.rule)


@dataclass
class Table:
    """All systems and how they stand; phases read it and write into it."""

    study: Study
    bench: Bench
    models: Sequence[Reader]
    stacks: Sequence[Reader]
    gold: tuple[GoldDocument, ...]
    prompts: dict[str, Prompt]
    standings: dict[str, Standing] = field(default_factory=dict)

    async def stand(self, reader: Reader, phase: int) -> Standing:
        """How ``reader`` stands; measured now when no phase did so yet."""
        name = reader.card.name
        if name not in self.standings:
            prompt = None
            if reader.asks:
                prompt = self.prompts["baseline" if 1 in self.study.phases else "long"]
            measured = await self.bench.measure(reader, prompt, self.gold, phase=phase)
            self.standings[name] = Standing(measured)
        return self.standings[name]

    async def best(self, k: int, phase: int) -> tuple[Reader, ...]:
        """The ``k`` best models as they stand."""
        stands = {each.card.name: (await self.stand(each, phase)).quality for each in self.models}
        chosen = best(stands, k)
        by_name = {each.card.name: each for each in self.models}
        return tuple(by_name[name] for name in chosen)
