"""Phase 1: every system as it comes, the models with one plain prompt."""

from __future__ import annotations

from sekisho.optimization.comparing import against, comparisons
from sekisho.optimization.phases.standing import Table
from sekisho.optimization.result import Phase

__all__ = ["TITLE", "baseline"]

TITLE = "baseline"


async def baseline(table: Table) -> Phase:
    """Measure all systems; each is compared with the best one."""
    readers = (*table.models, *table.stacks)
    stands = [await table.stand(reader, 1) for reader in readers]
    ranked = sorted(stands, key=lambda each: -each.quality)
    sides = [each.side for each in ranked]
    decisions = tuple(f"{each.id}: quality {each.quality:.1f}" for each in ranked)
    return Phase(
        number=1,
        title=TITLE,
        arms=tuple(table.bench.arm(each.measured, 1) for each in stands),
        chosen=tuple(each.id for each in stands),
        decisions=decisions,
        comparisons=comparisons(against(sides[0], sides[1:]), resamples=table.study.resamples),
    )
