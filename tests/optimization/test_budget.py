"""What a study may spend is bounded, told before, and counted once."""

from __future__ import annotations

import pytest

from sekisho.errors import BudgetError
from sekisho.models.answers import Cost
from sekisho.optimization.budget import Purse, expected
from sekisho.optimization.study import (
    Budget,
    FinalSettings,
    ModelEntry,
    PromptSettings,
    RefineSettings,
    Study,
)

STUDY = Study(
    name="s",
    seeds=(1, 2),
    models=(ModelEntry(name="a", model="x"), ModelEntry(name="b", model="y")),
    prompts=PromptSettings(best=1, rounds=3),
    refine=RefineSettings(models="best", wordings=("recall",)),
    final=FinalSettings(finalists=1),
)


def test_the_expectation_counts_each_answer_of_each_phase() -> None:
    plan = expected(STUDY, {"a": 10, "b": 20}, documents=10, held_out=6)
    # Two passages a report of the model that reads in the shortest ones.
    assert plan.calls == {1: 60, 2: 120, 3: 20 * (3 + 1 + 2), 4: 20 * 2 * 2, 5: 12 * 2 * 2}
    assert plan.total == sum(plan.calls.values())


def test_a_phase_that_is_left_out_costs_nothing() -> None:
    study = STUDY.model_copy(update={"phases": (1, 5)})
    assert set(expected(study, {"a": 10, "b": 20}, documents=10, held_out=0).calls) == {1, 5}


@pytest.mark.parametrize(
    ("bounds", "said"),
    [
        (Budget(calls=3), "3 calls"),
        (Budget(tokens=40), "40 tokens"),
    ],
)
def test_a_bound_that_is_reached_stops_the_study(bounds: Budget, said: str) -> None:
    purse = Purse(bounds)
    for _ in range(3):
        purse.allow()
        purse.spend(1, Cost(calls=1, prompt_tokens=10, answer_tokens=5))
    with pytest.raises(BudgetError, match=said):
        purse.allow()


def test_minutes_are_those_of_this_sitting() -> None:
    now = [0.0]
    purse = Purse(Budget(minutes=1), clock=lambda: now[0])
    purse.allow()
    now[0] = 61.0
    with pytest.raises(BudgetError, match="1 minutes"):
        purse.allow()


def test_what_was_spent_in_an_earlier_sitting_counts_and_replayed_readings_do_not() -> None:
    purse = Purse(Budget(calls=5), earlier=Cost(calls=4))
    purse.replay(1, Cost(calls=4))
    purse.allow()
    purse.spend(2, Cost(calls=1))
    with pytest.raises(BudgetError):
        purse.allow()
    first, second = purse.spent(expected(STUDY, {"a": 1, "b": 1}, documents=10, held_out=0))[:2]
    assert (first.replayed, second.calls) == (1, 1)
