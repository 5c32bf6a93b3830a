"""Arms as reports show them: scores with their intervals, turned into plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from sekisho.evaluation.bootstrap import Estimate
from sekisho.evaluation.cut import Cut
from sekisho.evaluation.scoring import Scored
from sekisho.optimization.records import Rule
from sekisho.optimization.result import ArmResult, Component, Figure, GainPoint, Refine, Threshold

__all__ = ["arm_of", "figure", "name_of", "refine_of", "threshold_of"]


def figure(estimate: Estimate) -> Figure:
    """``estimate`` as it is written."""
    return Figure(value=estimate.value, low=estimate.low, high=estimate.high, n=estimate.n)


def refine_of(rule: Rule | None) -> Refine:
    """``rule`` in the words of the command line; raises ``ValueError`` for one that cannot be."""
    if rule is None:
        return Refine()
    if rule.keep == "replaced":
        raise ValueError("a review that replaces the answer cannot be deployed")
    return Refine(policy=rule.policy.stated, wording=rule.wording, keep=rule.keep)


def name_of(model: str, prompt: str, refine: Refine) -> str:
    """What an arm is called: ``mistral/long/always-recall-additions``."""
    parts = [model]
    if prompt:
        parts.append(prompt)
    if refine.policy != "never":
        parts.append(f"{refine.policy}-{refine.wording}-{refine.keep}")
    return "/".join(parts)


def arm_of(
    scored: Scored,
    *,
    model: str,
    prompt: str,
    refine: Refine,
    phase: int,
    split: Literal["development", "held-out"],
) -> ArmResult:
    """``scored`` as an arm."""
    return ArmResult(
        id=name_of(model, prompt, refine),
        model=model,
        prompt=prompt,
        refine=refine,
        phase=phase,
        data=split,
        readings=scored.readings,
        total=scored.total,
        out_of=scored.out_of,
        components=tuple(
            Component(name=one.name, most=one.most, share=one.share, points=one.points)
            for one in scored.components
        ),
        quality=figure(scored.quality),
        leaked=figure(scored.leaked),
        direct_leaks=figure(scored.direct_leaks),
        precision=figure(scored.precision),
        over_redaction=figure(scored.over_redaction),
        by_category=_figures(scored.by_category),
        by_script=_figures(scored.by_script),
        by_difficulty=_figures(scored.by_difficulty),
        by_disguise=_figures(scored.by_disguise),
        failures=dict(scored.failures),
        seconds_per_report=scored.seconds_per_report,
        seconds_per_100_tokens=scored.seconds_per_100_tokens,
        calls=scored.calls,
        tokens=scored.tokens,
        per_document=scored.per_document,
    )


def threshold_of(
    what: Literal["prompts", "review"], cut: Cut, points: Sequence[GainPoint]
) -> Threshold:
    """``cut`` as reports show it, with the ``points`` that it was fitted to."""
    return Threshold(
        what=what,
        at=cut.at,
        low=cut.low,
        high=cut.high,
        between=cut.between,
        support=cut.support,
        points=tuple(points),
        reason=cut.reason,
    )


def _figures(parts: Mapping[str, Estimate]) -> dict[str, Figure]:
    return {name: figure(estimate) for name, estimate in parts.items()}
