"""What a study may spend, what it expects to spend, and what it has spent.

The expectation is worked out before anything is asked: readings times passages times answers. It
counts one call for each answer; answers that have to be asked for again come on top, which is why
the bound is kept while the study runs and not only before it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from sekisho.errors import BudgetError
from sekisho.models.answers import Cost
from sekisho.optimization import study
from sekisho.optimization.result import Spend

__all__ = ["Expected", "Purse", "expected"]


@dataclass(frozen=True, slots=True)
class Expected:
    """Calls that each phase is expected to take, by its number."""

    calls: dict[int, int]

    @property
    def total(self) -> int:
        """Calls of all phases."""
        return sum(self.calls.values())


def expected(
    settings: study.Study, development: dict[str, int], *, documents: int, held_out: int
) -> Expected:
    """What ``settings`` will take, one call an answer.

    ``development`` counts the passages of the ``documents`` of the development set for each model;
    the reports of the sealed set, ``held_out`` of them, are taken to have as many each.
    """
    seeds = len(settings.seeds)
    every = sum(development.values())
    ranked = sorted(development.values(), reverse=True)
    best = sum(ranked[: settings.prompts.best])
    reviewed = every if settings.refine.models == "all" else best
    final = sum(ranked[: settings.final.finalists])
    calls = {
        1: every * seeds,
        2: 2 * every * seeds,
        # Each attempt reads one half to learn from and one half to be judged by.
        3: best * (settings.prompts.rounds + 1 + seeds),
        4: reviewed * seeds * (1 + len(settings.refine.wordings)),
        # A finalist may review every answer.
        5: 2 * seeds * math.ceil(final * held_out / documents),
    }
    first = min(settings.phases)
    if first > 1:
        # Whatever phase comes first reads with one prompt to begin with.
        calls[first] += every * seeds
    return Expected({number: calls[number] for number in settings.phases})


class Purse:
    """Counts what is spent and stops at the bounds.

    What was spent before (``earlier``) counts: a study that goes on has one budget.
    """

    def __init__(
        self,
        bounds: study.Budget,
        *,
        earlier: Cost | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._bounds = bounds
        self._clock = clock
        self._began = clock()
        self._total = earlier or Cost()
        self._phases: dict[int, Spend] = {}

    @property
    def total(self) -> Cost:
        """Everything that was spent, in earlier sittings too."""
        return self._total

    def spend(self, phase: int, cost: Cost) -> None:
        """Count ``cost``, spent just now."""
        self._total += cost
        self._add(phase, cost, 0)

    def replay(self, phase: int, cost: Cost | None) -> None:
        """Count a reading that was there already; it costs nothing now.

        ``cost`` is what it took in an earlier sitting, None where this one counted it before.
        """
        self._add(phase, cost or Cost(), 1)

    def allow(self) -> None:
        """Raises ``BudgetError`` when a bound is reached."""
        minutes = (self._clock() - self._began) / 60
        bounds = self._bounds
        tokens = self._total.prompt_tokens + self._total.answer_tokens
        for what, spent, most in (
            ("calls", self._total.calls, bounds.calls),
            ("tokens", tokens, bounds.tokens),
            ("minutes", minutes, bounds.minutes),
        ):
            if most is not None and spent >= most:
                raise BudgetError(
                    f"the budget of {most:,g} {what} is spent",
                    remedy=f"raise {what} under [budget], then go on with --resume",
                )

    def spent(self, phases: Expected) -> tuple[Spend, ...]:
        """What each phase took, beside what was expected."""
        return tuple(
            self._phases.get(number, Spend(phase=number)).model_copy(
                update={"expected_calls": calls}
            )
            for number, calls in phases.calls.items()
        )

    def _add(self, phase: int, cost: Cost, replayed: int) -> None:
        before = self._phases.get(phase, Spend(phase=phase))
        self._phases[phase] = before.model_copy(
            update={
                "calls": before.calls + cost.calls,
                "tokens": before.tokens + cost.prompt_tokens + cost.answer_tokens,
                "seconds": before.seconds + cost.seconds,
                "replayed": before.replayed + replayed,
            }
        )
