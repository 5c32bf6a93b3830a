"""Candidates that a local model writes, looked for with gepa; what is found is kept.

Reflection does not repeat itself, so a search that ended is a decision of the study: it is kept
with its prompt, which passed every check, and a study that goes on does not search again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from sekisho.evaluation.gold import GoldDocument
from sekisho.models.seam import Completion, Model
from sekisho.optimization.bench import Measured
from sekisho.optimization.phases.adopting import judge_gain
from sekisho.optimization.phases.standing import Standing, Table
from sekisho.optimization.prompt_texts import made
from sekisho.optimization.prompting import checks
from sekisho.optimization.prompting.copied import Documents
from sekisho.optimization.prompting.feedback import feedback
from sekisho.optimization.prompting.gepa_search import Searched, calls_needed, search
from sekisho.optimization.prompting.reflecting import reflection
from sekisho.optimization.readers import Meter, Reader
from sekisho.optimization.records import Record
from sekisho.optimization.result import Prompt

__all__ = ["Found", "evolved"]

T = TypeVar("T")


@dataclass
class Found:
    """What the search for one model came to; ``lines`` tell it in words."""

    prompt: Prompt
    lines: list[str] = field(default_factory=list)
    tried: list[Prompt] = field(default_factory=list)


async def evolved(
    here: Table,
    reader: Reader,
    before: Standing,
    proposer: Model,
    learn: Sequence[GoldDocument],
    judge: Sequence[GoldDocument],
    documents: Documents,
) -> Found:
    """The best prompt that gepa finds for ``reader`` within the rounds of the study."""
    current = before.measured.prompt
    assert current is not None
    name = reader.card.name
    described = await proposer.describe()
    key = ("gepa", *reader.identity, current.digest, described.digest)
    known = here.bench.store.decision(*key)
    if known is None:
        meter = Meter(proposer)
        searched = await _search(here, reader, current, meter, learn, judge, documents)
        known = _kept(searched, current)
        here.bench.purse.spend(3, meter.cost)
        here.bench.store.keep_reading(Record(characters=0, spent=meter.cost), "proposer", *key)
        here.bench.store.keep_decision(known, *key)
    found = Found(current, [f"{name}: {line}" for line in known["lines"]])
    if known["text"]:
        prompt = made(f"{name}-gepa", known["text"], "gepa", parent=current.name)
        found.tried.append(prompt)
        seeds = here.study.seeds[:1]
        after = await here.bench.measure(reader, prompt, judge, phase=3, seeds=seeds)
        first = await here.bench.measure(reader, current, judge, phase=3, seeds=seeds)
        verdict = judge_gain(after, first, least=here.study.prompts.gain)
        found.lines.append(f"{name}: the best candidate of gepa: {verdict.told}")
        if verdict.adopted:
            found.prompt = prompt
    return found


async def _search(
    here: Table,
    reader: Reader,
    current: Prompt,
    proposer: Model,
    learn: Sequence[GoldDocument],
    judge: Sequence[GoldDocument],
    documents: Documents,
) -> Searched:
    """Search in a thread of its own, while what it measures runs in this loop."""
    study = here.study
    loop = asyncio.get_running_loop()
    gold = (*learn, *judge)

    def here_and_now(work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, loop).result()

    async def measured(text: str, places: Sequence[int]) -> list[tuple[float, str]]:
        chosen = [gold[place] for place in places]
        prompt = made(f"{reader.card.name}-candidate", text, "gepa")
        read: Measured = await here.bench.measure(
            reader, prompt, chosen, phase=3, seeds=study.seeds[:1]
        )
        return [
            (quality, feedback(one, trial, language=study.language, ignore=study.data.ignore))
            for quality, one, trial in zip(read.qualities(), chosen, read.trials()[0], strict=True)
        ]

    def written(work: Coroutine[Any, Any, Completion]) -> Completion:
        return here_and_now(work)

    size, others = len(learn), len(judge)
    rounds = study.prompts.rounds
    a_round = calls_needed(size, others) - size - others
    return await asyncio.to_thread(
        partial(
            search,
            seed_prompt=current.text,
            learn=range(size),
            judge=range(size, size + others),
            measure=lambda text, places: here_and_now(measured(text, places)),
            reflect=reflection(proposer, seed=study.seeds[0], run=written),
            check=partial(
                checks.problems,
                parent=current.text,
                documents=documents,
                allowed=checks.shipped(study.language),
            ),
            language=study.language,
            budget_calls=size + others + rounds * a_round,
            seed=study.seeds[0],
            most_proposals=rounds,
        )
    )


def _kept(searched: Searched, current: Prompt) -> dict[str, Any]:
    """The decision: the best text if it is a new one, and how the search went."""
    best, base = searched.candidates[searched.best], searched.candidates[0]
    new = best.text != current.text and best.quality is not None and base.quality is not None
    refused = [f"refused, {problem} ({n})" for problem, n in sorted(searched.refused.items())]
    return {
        "text": best.text if new else "",
        "lines": [
            f"gepa made {searched.proposals} proposals in {searched.metric_calls} readings",
            *refused,
            *searched.notes,
        ],
    }
