"""Where systems are measured: readings asked for or taken from the store, and scored as arms.

Whatever a phase wants to know it asks here, so everything is counted, kept and bounded in one
place. The same question asked twice, in one sitting or two, costs once.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

from sekisho.errors import BudgetError
from sekisho.evaluation.gold import GoldDocument
from sekisho.evaluation.scoring import Scored, components
from sekisho.evaluation.trials import Trial
from sekisho.optimization.arms import arm_of, refine_of
from sekisho.optimization.budget import Purse
from sekisho.optimization.prompt_texts import told
from sekisho.optimization.readers import Asked, Reader
from sekisho.optimization.records import Record, Rule
from sekisho.optimization.result import ArmResult, Prompt
from sekisho.optimization.store import Store
from sekisho.optimization.study import Study

__all__ = ["Bench", "Measured", "Split", "Telling"]

Split: TypeAlias = Literal["development", "held-out"]

#: Readings under way at a time; the model's own limit is what its server sees.
_AT_ONCE = 16


class Telling(Protocol):
    """Whoever tells the user how far the study has come."""

    def phase(self, number: int, title: str, calls: int) -> None:
        """A phase begins; it is expected to take so many calls."""

    def arm(self, name: str, readings: int) -> None:
        """So many readings of one system begin."""

    def reading(self, spent: Purse) -> None:
        """One reading more is there."""

    def note(self, line: str) -> None:
        """Something was decided."""


@dataclass(frozen=True)
class Measured:
    """One system read through a data set: records by seed and document, and how they score."""

    reader: Reader
    prompt: Prompt | None
    split: Split
    gold: tuple[GoldDocument, ...]
    records: tuple[tuple[Record, ...], ...]
    ignore: tuple[str, ...] = ()
    cache: dict[tuple[Rule | None, int], Scored] = field(default_factory=dict, repr=False)

    @property
    def system(self) -> str:
        """The name of the system."""
        return self.reader.card.name

    @property
    def prompt_name(self) -> str:
        """The name of its prompt; empty for detectors."""
        return "" if self.prompt is None else self.prompt.name

    def trials(self, rule: Rule | None = None) -> list[list[Trial]]:
        """The trials of each seed, as ``rule`` would have had them."""
        return [
            [record.trial(one.id, rule) for record, one in zip(records, self.gold, strict=True)]
            for records in self.records
        ]

    def scored(self, rule: Rule | None = None, resamples: int = 0) -> Scored:
        """The score under ``rule``; without intervals when ``resamples`` is 0."""
        key = (rule, resamples)
        if key not in self.cache:
            self.cache[key] = components(
                self.gold, self.trials(rule), ignore=self.ignore, resamples=resamples
            )
        return self.cache[key]

    def qualities(self, rule: Rule | None = None) -> tuple[float, ...]:
        """The quality of each document under ``rule``, mean over the seeds."""
        return self.scored(rule).per_document

    def quality(self, rule: Rule | None = None) -> float:
        """The mean quality under ``rule``."""
        return sum(self.qualities(rule)) / len(self.gold)

    def of(self, gold: Sequence[GoldDocument]) -> Measured:
        """The same on some of the documents."""
        wanted = {one.id for one in gold}
        places = [place for place, one in enumerate(self.gold) if one.id in wanted]
        return Measured(
            self.reader,
            self.prompt,
            self.split,
            tuple(self.gold[place] for place in places),
            tuple(tuple(records[place] for place in places) for records in self.records),
            self.ignore,
        )


class Bench:
    """Measures for one study. ``telling`` hears of every step."""

    def __init__(self, study: Study, store: Store, purse: Purse, telling: Telling) -> None:
        self.study = study
        self.store = store
        self.purse = purse
        self.telling = telling
        self._counted: set[tuple[object, ...]] = set()

    async def measure(
        self,
        reader: Reader,
        prompt: Prompt | None,
        gold: Sequence[GoldDocument],
        *,
        phase: int,
        split: Split = "development",
        seeds: Sequence[int] | None = None,
        wordings: Sequence[str] = (),
    ) -> Measured:
        """``reader`` with ``prompt`` through ``gold``, once for each seed.

        Raises ``BudgetError`` when a bound is reached, ``ModelUnavailableError`` and
        ``ModelAccessError`` when the server is gone; what was read until then is kept.
        """
        wanted = self.study.seeds if seeds is None else tuple(seeds)
        # What is the same whatever the seed is read once.
        chosen = wanted if reader.asks else wanted[:1]
        said = {} if prompt is None else told(prompt, self.study.language)
        ways = {
            seed: Asked(
                said=said, language=self.study.language, seed=seed, wordings=tuple(wordings)
            )
            for seed in chosen
        }
        keys = {seed: _key(reader, asked) for seed, asked in ways.items()}
        work = [(seed, one) for seed in chosen for one in gold]
        name = reader.card.name if prompt is None else f"{reader.card.name}, {prompt.name}"
        self.telling.arm(name, len(work))
        places = asyncio.Semaphore(_AT_ONCE)

        async def one(seed: int, document: GoldDocument) -> Record:
            async with places:
                return await self._reading(reader, document, ways[seed], keys[seed], phase)

        tasks = [asyncio.ensure_future(one(*each)) for each in work]
        try:
            records = await asyncio.gather(*tasks)
        except BudgetError:
            # What is under way was allowed and is being paid for, so it is kept.
            await asyncio.gather(*tasks, return_exceptions=True)
            raise
        except BaseException:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            raise
        size = len(gold)
        return Measured(
            reader,
            prompt,
            split,
            tuple(gold),
            tuple(tuple(records[start : start + size]) for start in range(0, len(records), size))
            * (len(wanted) // len(chosen)),
            self.study.data.ignore,
        )

    def arm(self, measured: Measured, phase: int, rule: Rule | None = None) -> ArmResult:
        """``measured`` under ``rule``, with intervals, as reports show it."""
        return arm_of(
            measured.scored(rule, self.study.resamples),
            model=measured.system,
            prompt=measured.prompt_name,
            refine=refine_of(rule),
            phase=phase,
            split=measured.split,
        )

    async def _reading(
        self,
        reader: Reader,
        document: GoldDocument,
        asked: Asked,
        key: tuple[object, ...],
        phase: int,
    ) -> Record:
        text = document.text.encode("utf-8", "surrogatepass")
        parts = (*key, hashlib.sha256(text).hexdigest())
        known = self.store.reading(*parts)
        if known is not None:
            self.purse.replay(phase, None if parts in self._counted else known.cost)
            self._counted.add(parts)
            self.telling.reading(self.purse)
            return known
        self.purse.allow()
        record = await reader.read(document, asked)
        self.store.keep_reading(record, *parts)
        self._counted.add(parts)
        self.purse.spend(phase, record.cost)
        self.telling.reading(self.purse)
        return record


def _key(reader: Reader, asked: Asked) -> tuple[object, ...]:
    """All that a reading depends on but its document."""
    seed = asked.seed if reader.asks else 0
    return (*reader.identity, asked.language, asked.digests, seed, asked.wordings)
