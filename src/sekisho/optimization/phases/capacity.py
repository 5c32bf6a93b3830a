"""Phase 2: long rules or few words, as a model's strength asks for; the split point is measured.

Wada et al. (2026) gave models above 75 of 90 points the longer prompt. Here every model reads with
both, and the split is what the measurements say, with its uncertainty; each model goes on with the
prompt that suited it best, whatever the split would have given it.
"""

from __future__ import annotations

from sekisho.evaluation.cut import Group, fit
from sekisho.optimization.arms import threshold_of
from sekisho.optimization.bench import Measured
from sekisho.optimization.comparing import comparisons
from sekisho.optimization.phases.standing import Standing, Table
from sekisho.optimization.result import GainPoint, Phase, Threshold

__all__ = ["TITLE", "capacity"]

TITLE = "prompts by capacity"


async def capacity(table: Table) -> Phase:
    """Measure all models with the long and the short prompt, and fit the split between them."""
    measured: dict[str, tuple[Standing, Measured, Measured]] = {}
    for reader in table.models:
        before = await table.stand(reader, 2)
        long = await table.bench.measure(reader, table.prompts["long"], table.gold, phase=2)
        short = await table.bench.measure(reader, table.prompts["short"], table.gold, phase=2)
        measured[reader.card.name] = before, long, short
    arms, decisions, pairs = [], [], []
    for name, (before, long, short) in measured.items():
        arms += [table.bench.arm(long, 2), table.bench.arm(short, 2)]
        new = max(Standing(long), Standing(short), key=lambda each: each.quality)
        if new.id != before.id:
            pairs.append((new.side, before.side))
        # A prompt that is no better than the one before is no reason to change.
        chosen = new if new.quality > before.quality else before
        table.standings[name] = chosen
        decisions.append(
            f"{name}: long {long.quality():.1f}, short {short.quality():.1f}, "
            f"before {before.quality:.1f}; goes on with {chosen.id}"
        )
    compared = comparisons(pairs, resamples=table.study.resamples)
    threshold = _split(table, measured)
    if threshold.at is not None:
        decisions.append(
            f"the long prompt is worth it above a quality of {threshold.at:.1f} without it"
        )
    return Phase(
        number=2,
        title=TITLE,
        arms=tuple(arms),
        chosen=tuple(table.standings[name].id for name in measured),
        decisions=tuple(decisions),
        comparisons=compared,
        threshold=threshold,
    )


def _split(
    table: Table,
    measured: dict[str, tuple[Standing, Measured, Measured]],
) -> Threshold:
    groups, points = [], []
    for name, (before, long, short) in measured.items():
        base = before.measured.qualities(before.rule)
        # What the long prompt gives over the short one, laid over the baseline.
        lifted = tuple(
            b + one - other
            for b, one, other in zip(base, long.qualities(), short.qualities(), strict=True)
        )
        groups.append(Group(base, lifted))
        (gain,) = comparisons(
            [((name, long.qualities()), (name, short.qualities()))],
            resamples=table.study.resamples,
        )
        points.append(
            GainPoint(
                model=name,
                prompt="long - short",
                wording="",
                baseline=before.quality,
                gain=gain.difference,
            )
        )
    cut = fit(
        groups, helps="above", what="the long prompt", resamples=table.study.resamples, seed=0
    )
    return threshold_of("prompts", cut, points)
