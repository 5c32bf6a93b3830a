"""When a candidate takes the place of the prompt before it."""

from __future__ import annotations

from dataclasses import dataclass

from sekisho.evaluation.paired import compare
from sekisho.optimization.bench import Measured
from sekisho.optimization.records import Rule

__all__ = ["Verdict", "judge_gain", "more_gain"]

#: A prompt must be better on the half that judges with this p-value at least: prompts grow by
#: everything that chance lets in.
_ALPHA = 0.2
#: With this one, a mean that is no worse is enough: one reading that failed by chance weighs as
#: much as fifty that became a little better.
_SURE = 0.01


@dataclass(frozen=True, slots=True)
class Verdict:
    """The gain in quality, its p-value (signed ranks), and what follows."""

    gain: float
    p: float
    adopted: bool

    @property
    def told(self) -> str:
        """The verdict in words."""
        decided = "adopted" if self.adopted else "not adopted"
        return f"{self.gain:+.2f} (p = {self.p:.3f}), {decided}"


def judge_gain(after: Measured, before: Measured, *, least: float) -> Verdict:
    """Whether ``after`` is better than ``before`` by ``least`` points, on the same reports."""
    gain = after.quality() - before.quality()
    p = compare(after.qualities(), before.qualities(), resamples=1).wilcoxon_p
    enough = gain >= (0.0 if p <= _SURE else least)
    return Verdict(gain, p, p <= _ALPHA and enough and more_gain(after, before))


def more_gain(after: Measured, before: Measured, rule: Rule | None = None) -> bool:
    """Whether more reports became better than worse under ``rule``.

    The signed ranks do not say in which direction they are sure, and a mean can owe its sign to
    one reading that failed before.
    """
    pairs = zip(after.qualities(rule), before.qualities(), strict=True)
    return sum((one > other) - (one < other) for one, other in pairs) > 0
