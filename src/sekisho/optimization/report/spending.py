"""What a study spent, phase by phase, and how much of its budget that is."""

from __future__ import annotations

from dataclasses import dataclass

from sekisho.optimization.report.wording import finite
from sekisho.optimization.result import Spend, StudyResult

__all__ = ["Allowance", "Spending", "spending"]


@dataclass(frozen=True, slots=True)
class Allowance:
    """One line of a budget; ``used`` is a share, None for time, which each sitting has anew."""

    name: str
    allowed: float
    used: float | None


@dataclass(frozen=True, slots=True)
class Spending:
    """The phases in order, their sum, and the budget."""

    phases: tuple[Spend, ...]
    sum: Spend
    budget: tuple[Allowance, ...]

    @property
    def rows(self) -> tuple[Spend, ...]:
        """The phases, and the sum behind them."""
        return (*self.phases, self.sum)


def spending(result: StudyResult) -> Spending:
    """The spending of ``result``; a replayed reading cost nothing this time."""
    phases = tuple(sorted(result.spending, key=lambda spend: spend.phase))
    total = Spend(
        phase=0,
        calls=sum(spend.calls for spend in phases),
        tokens=sum(spend.tokens for spend in phases),
        seconds=sum(spend.seconds for spend in phases),
        expected_calls=sum(spend.expected_calls for spend in phases),
        replayed=sum(spend.replayed for spend in phases),
    )
    spent = {"calls": float(total.calls), "tokens": float(total.tokens)}
    budget = tuple(
        Allowance(name, allowed, _share(spent.get(name), allowed))
        for name, allowed in result.budget.items()
    )
    return Spending(phases, total, budget)


def _share(spent: float | None, allowed: float) -> float | None:
    if spent is None or not finite(allowed):
        return None
    return finite(spent / allowed)
