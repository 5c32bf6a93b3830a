"""How gepa's engine reaches the study: measuring a prompt, and writing the next candidate.

gepa 0.1.4 takes an adapter of ``evaluate``, ``make_reflective_dataset`` and ``propose_new_texts``.
With the last of these the engine asks no model by itself, and a candidate that is refused here is
never measured and never in its pool: for the engine that round proposed nothing. It swallows what
is raised while a candidate is written, and asks again, so that is kept and raised afterwards.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from sekisho.errors import ModelError, UsageError
from sekisho.optimization.prompting.checks import Problem
from sekisho.optimization.prompting.feedback import reflection_prompt
from sekisho.optimization.prompting.reflecting import Reflect

__all__ = ["COMPONENT", "SEEN_BEFORE", "Adapter", "Check", "Measure", "Meter"]

#: A prompt and places of documents; quality (0 to 100) and feedback for each.
Measure: TypeAlias = Callable[[str, Sequence[int]], Sequence[tuple[float, str]]]
#: Why a text may not be a candidate; empty when it may.
Check: TypeAlias = Callable[[str], tuple[str, ...]]

#: The name of the one text that is evolved.
COMPONENT = "prompt"
SEEN_BEFORE = "proposed before"


class Meter:
    """``measure``, asked once for each prompt and document; ``spent`` counts the readings."""

    def __init__(self, measure: Measure) -> None:
        self._measure = measure
        self._read: dict[tuple[str, int], tuple[float, str]] = {}
        self.spent = 0
        self.failure: Exception | None = None

    def of(self, prompt: str, documents: Sequence[int]) -> list[tuple[float, str]]:
        """Quality and feedback of ``prompt`` on each of ``documents``.

        Raises whatever ``measure`` raises, and ``UsageError`` when it gives something else than a
        quality from 0 to 100 for each document.
        """
        new = list(dict.fromkeys(one for one in documents if (prompt, one) not in self._read))
        if new:
            try:
                given = list(self._measure(prompt, new))
            except Exception as error:
                self.failure = error
                raise
            self.spent += len(new)
            if len(given) != len(new) or not all(0 <= quality <= 100 for quality, _ in given):
                self.failure = UsageError("a measure gives a quality from 0 to 100 a document")
                raise self.failure
            self._read.update(zip(((prompt, one) for one in new), given, strict=True))
        return [self._read[prompt, one] for one in documents]


class Adapter:
    """The adapter; ``admitted`` are the prompts that passed ``check`` and may be measured."""

    def __init__(
        self,
        seed_prompt: str,
        *,
        meter: Meter,
        reflect: Reflect,
        check: Check,
        language: str,
        perfect: float,
        batch: Callable[..., Any],
    ) -> None:
        """``batch`` is gepa's ``EvaluationBatch``."""
        self.meter = meter
        self._reflect, self._check = reflect, check
        self._language, self._perfect, self._batch = language, perfect, batch
        self.admitted = {seed_prompt}
        self.proposals = 0
        self.unanswered = 0
        self.refused: Counter[str] = Counter()
        self.failure: Exception | None = None
        self._seen = {seed_prompt}

    def evaluate(
        self, batch: Sequence[int], candidate: Mapping[str, str], capture_traces: bool = False
    ) -> Any:
        """The quality of ``candidate`` on each document; the feedback where traces are wanted."""
        prompt = candidate[COMPONENT]
        if prompt in self.admitted:
            read = self.meter.of(prompt, batch)
        else:
            # Nothing but what was checked is ever measured, let alone adopted.
            read = [(-math.inf, "")] * len(batch)
        return self._batch(
            outputs=[None] * len(batch),
            scores=[quality for quality, _ in read],
            trajectories=list(read) if capture_traces else None,
        )

    def make_reflective_dataset(
        self, candidate: Mapping[str, str], eval_batch: Any, components_to_update: Sequence[str]
    ) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """What went wrong in each document that lost anything, the worst first."""
        worst = sorted(eval_batch.trajectories, key=lambda one: one[0])
        records = [
            {"quality": quality, "feedback": feedback}
            for quality, feedback in worst
            if quality < self._perfect
        ]
        return dict.fromkeys(components_to_update, records)

    def propose_new_texts(
        self,
        candidate: Mapping[str, str],
        reflective_dataset: Mapping[str, Sequence[Mapping[str, Any]]],
        components_to_update: Sequence[str],
    ) -> dict[str, str]:
        """A checked new prompt, or nothing where what was written is refused."""
        reports = [(one["quality"], one["feedback"]) for one in reflective_dataset[COMPONENT]]
        if self.failure is not None:
            return {}
        self.proposals += 1
        try:
            text = self._written(candidate[COMPONENT], reports)
        except Exception as error:  # noqa: BLE001  raised when the engine has let go of it
            self.failure = error
            return {}
        return {} if text is None else {COMPONENT: text}

    def _written(self, prompt: str, reports: Sequence[tuple[float, str]]) -> str | None:
        question = reflection_prompt(prompt, reports, language=self._language)
        try:
            finished = self._reflect(question)
        except ModelError as error:
            self.refused[f"no answer ({error.reason})"] += 1
            self.unanswered += 1
            return None
        self.unanswered = 0
        problems = self._problems(finished.text, whole=finished.whole)
        self.refused.update(problems)
        if finished.whole:
            self._seen.add(finished.text)
        if problems:
            return None
        self.admitted.add(finished.text)
        return finished.text

    def _problems(self, text: str, *, whole: bool) -> Sequence[str]:
        if not whole:
            return [str(Problem.UNFINISHED)]
        if text in self._seen:
            return [SEEN_BEFORE]
        return tuple(dict.fromkeys(self._check(text)))
