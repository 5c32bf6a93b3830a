"""How the quality of each model went through the phases.

The mean of a phase goes up by itself when weak models leave, so the mean change of those models
that were in both phases is told beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import fmean

from sekisho.optimization.report.ranking import all_arms
from sekisho.optimization.report.wording import finite
from sekisho.optimization.result import ArmResult, Figure, Phase, StudyResult

__all__ = ["Evolution", "Line", "Step", "evolution"]


@dataclass(frozen=True, slots=True)
class Step:
    """A phase on the way: the ``mean`` quality of its ``models`` models.

    ``change`` is the mean change of the ``same`` models that the step before has too; there is none
    where the documents changed.
    """

    number: int
    data: str
    models: int
    mean: float | None
    same: int = 0
    change: float | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """The arm of a model at each step, by the number of the phase.

    ``stays`` says that it was still there when the last phase on the development set ended.
    """

    model: str
    arms: Mapping[int, ArmResult] = field(default_factory=dict)
    stays: bool = False

    def quality(self, step: int) -> Figure | None:
        """Its quality at ``step``, if it was measured there."""
        arm = self.arms.get(step)
        return None if arm is None or finite(arm.quality.value) is None else arm.quality


@dataclass(frozen=True, slots=True)
class Evolution:
    """All steps, and a line for each model that was measured, in the order of the study."""

    steps: tuple[Step, ...] = ()
    lines: tuple[Line, ...] = ()


def evolution(result: StudyResult) -> Evolution:
    """The state of each model after each phase: the arm that was chosen, else the best one."""
    known = {arm.id: arm for arm in all_arms(result, "development")}
    phases = sorted((each for each in result.phases if each.arms), key=lambda each: each.number)
    states = {phase.number: _state(phase, known) for phase in phases}
    developed = [phase.number for phase in phases if not _is_held_out(phase)]
    staying = states[developed[-1]] if developed else None
    named = (model for state in states.values() for model in state)
    lines = (
        Line(
            model,
            {number: state[model] for number, state in states.items() if model in state},
            staying is None or model in staying,
        )
        for model in dict.fromkeys((*(card.name for card in result.models), *named))
    )
    before: tuple[Phase | None, ...] = (None, *phases)
    steps = tuple(
        _step(phase, states[phase.number], {} if last is None else _comparable(last, phase, states))
        for last, phase in zip(before, phases, strict=False)
    )
    return Evolution(steps, tuple(line for line in lines if line.arms))


def _step(phase: Phase, state: Mapping[str, ArmResult], last: Mapping[str, ArmResult]) -> Step:
    now, then = _qualities(state), _qualities(last)
    same = [model for model in now if model in then]
    return Step(
        phase.number,
        "held-out" if _is_held_out(phase) else "development",
        len(now),
        fmean(now.values()) if now else None,
        len(same),
        fmean(now[model] - then[model] for model in same) if same else None,
    )


def _comparable(
    last: Phase, phase: Phase, states: Mapping[int, Mapping[str, ArmResult]]
) -> Mapping[str, ArmResult]:
    return states[last.number] if _is_held_out(last) == _is_held_out(phase) else {}


def _qualities(state: Mapping[str, ArmResult]) -> dict[str, float]:
    return {
        model: value
        for model, arm in state.items()
        if (value := finite(arm.quality.value)) is not None
    }


def _state(phase: Phase, known: Mapping[str, ArmResult]) -> dict[str, ArmResult]:
    here = {arm.id: arm for arm in phase.arms}
    if not _is_held_out(phase):
        here = {**known, **here}
    chosen = [here[id] for id in phase.chosen if id in here]
    settled = {arm.model for arm in chosen}
    state: dict[str, ArmResult] = {}
    for arm in (*chosen, *(arm for arm in phase.arms if arm.model not in settled)):
        value = finite(arm.quality.value)
        best = state.get(arm.model)
        rival = None if best is None else finite(best.quality.value)
        if best is None or (value is not None and (rival is None or value > rival)):
            state[arm.model] = arm
    return state


def _is_held_out(phase: Phase) -> bool:
    return all(arm.data == "held-out" for arm in phase.arms)
