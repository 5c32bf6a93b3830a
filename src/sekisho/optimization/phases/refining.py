"""Phase 4: does a second look help, for whom, and when should it be asked for?

Every answer is reviewed once by each wording, and the record then tells what any policy would have
come to. A policy is chosen on one half of the reports and adopted only where the other half agrees,
so a model that review harms keeps its first answers. What reviews did by themselves, each taking
the place of the answer as in published systems, gives the gain by baseline quality and the
threshold below which a review pays.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sekisho.evaluation.cut import Group, fit
from sekisho.evaluation.gold import GoldDocument
from sekisho.evaluation.paired import compare
from sekisho.optimization.arms import figure, name_of, refine_of, threshold_of
from sekisho.optimization.bench import Measured
from sekisho.optimization.comparing import Side, comparisons
from sekisho.optimization.phases.adopting import more_gain
from sekisho.optimization.phases.standing import Standing, Table
from sekisho.optimization.records import Keep, Rule
from sekisho.optimization.result import ArmResult, GainPoint, Phase
from sekisho.optimization.selection import halves
from sekisho.phi.detectors.llm.refining import Policy

__all__ = ["TITLE", "refining"]

TITLE = "self-refine"

#: Scores of the checks below which an answer may be reviewed.
_GATES = (50.0, 70.0, 80.0, 90.0, 95.0, 100.0)
_ALWAYS = Policy(below=float("inf"))
#: A policy must be better on the half that judges with this p-value at least.
_ALPHA = 0.1
#: Policies whose quality differs by less are as good; the one that asks less is taken.
_SAME = 0.05


@dataclass(frozen=True)
class _Choice:
    rule: Rule | None
    gain: float
    p: float
    tried: Rule


async def refining(table: Table) -> Phase:
    """Review the answers of all models, or of the best, and choose each model's policy."""
    study = table.study
    readers = (
        tuple(table.models)
        if study.refine.models == "all"
        else await table.best(study.prompts.best, 4)
    )
    learn, judge = halves(table.gold, study.seeds[0])
    arms: list[ArmResult] = []
    decisions: list[str] = []
    points: list[GainPoint] = []
    groups: list[Group] = []
    pairs: list[tuple[Side, Side]] = []
    for reader in readers:
        name = reader.card.name
        before = await table.stand(reader, 4)
        measured = await table.bench.measure(
            reader,
            before.measured.prompt,
            table.gold,
            phase=4,
            wordings=study.refine.wordings,
        )
        choice = _choose(measured, learn, judge, study.refine.wordings)
        standing = Standing(measured, choice.rule)
        table.standings[name] = standing
        arms += _arms(table, measured, choice)
        decisions.append(_told(name, choice))
        if choice.rule is not None:
            # On the half that did not choose.
            other = measured.of(judge)
            pairs.append((Standing(other, choice.rule).side, Standing(other).side))
        points += [_point(table, measured, wording) for wording in study.refine.wordings]
        groups.append(_group(measured, learn, judge, study.refine.wordings))
    cut = fit(groups, what="a review", resamples=study.resamples, seed=0)
    threshold = threshold_of("review", cut, points)
    if threshold.at is not None:
        decisions.append(f"a review pays below a quality of {threshold.at:.1f}")
    elif threshold.reason:
        decisions.append(threshold.reason)
    return Phase(
        number=4,
        title=TITLE,
        arms=tuple(arms),
        chosen=tuple(table.standings[reader.card.name].id for reader in readers),
        decisions=tuple(decisions),
        comparisons=comparisons(pairs, resamples=study.resamples),
        threshold=threshold,
    )


def _rules(wordings: Sequence[str]) -> Iterator[Rule]:
    for wording in wordings:
        for additions in (False, True):
            keep: Keep = "additions" if additions else "improved"
            for policy in (
                *(Policy(below=gate) for gate in _GATES),
                Policy(on_findings=True),
                _ALWAYS,
            ):
                yield Rule(replace(policy, additions=additions), wording, keep)


def _choose(
    measured: Measured,
    learn: Sequence[GoldDocument],
    judge: Sequence[GoldDocument],
    wordings: Sequence[str],
) -> _Choice:
    """The best rule on ``learn``, if ``judge`` agrees that it helps."""
    known = measured.of(learn)
    ranked = sorted(
        _rules(wordings),
        key=lambda rule: (-round(known.quality(rule) / _SAME), known.scored(rule).calls),
    )
    tried = ranked[0]
    other = measured.of(judge)
    test = compare(other.qualities(tried), other.qualities(), resamples=1)
    gain = other.quality(tried) - other.quality()
    better = gain > 0 and known.quality(tried) > known.quality()
    adopted = better and test.wilcoxon_p <= _ALPHA and more_gain(other, other, tried)
    return _Choice(tried if adopted else None, gain, test.wilcoxon_p, tried)


def _arms(table: Table, measured: Measured, choice: _Choice) -> list[ArmResult]:
    """Without review, always reviewed by each wording, and as it was chosen."""
    always = replace(_ALWAYS, additions=True)
    rules = [Rule(always, wording, "additions") for wording in table.study.refine.wordings]
    # What was chosen may be one of these, or no review.
    shown = dict.fromkeys((None, *rules, choice.rule))
    return [table.bench.arm(measured, 4, rule) for rule in shown]


def _told(name: str, choice: _Choice) -> str:
    tried = name_of(name, "", refine_of(choice.tried))
    found = f"gained {choice.gain:+.2f} on the half that judges (p = {choice.p:.3f})"
    return f"{tried} {found}: " + ("adopted" if choice.rule is not None else "not adopted")


def _raw(wording: str) -> Rule:
    return Rule(_ALWAYS, wording, "replaced")


def _point(table: Table, measured: Measured, wording: str) -> GainPoint:
    test = compare(
        measured.qualities(_raw(wording)),
        measured.qualities(),
        resamples=table.study.resamples,
    )
    return GainPoint(
        model=measured.system,
        prompt=measured.prompt_name,
        wording=wording,
        baseline=measured.quality(),
        gain=figure(test.difference),
    )


def _group(
    measured: Measured,
    learn: Sequence[GoldDocument],
    judge: Sequence[GoldDocument],
    wordings: Sequence[str],
) -> Group:
    """What the wording that suits the model does on reports that did not choose it."""
    known, other = measured.of(learn), measured.of(judge)
    wording = max(wordings, key=lambda each: known.quality(_raw(each)))
    return Group(other.qualities(), other.qualities(_raw(wording)))
