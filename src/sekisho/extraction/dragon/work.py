"""The work on cases: a model that reads them one by one, or the yardstick that learns a whole job.

Both give outcomes that a journal can keep, and so can be killed and taken up again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from sekisho.documents.records import Record
from sekisho.errors import MissingExtraError, ModelError
from sekisho.extraction.dragon.asking import Question
from sekisho.extraction.dragon.cases import Case
from sekisho.extraction.dragon.guard import settle
from sekisho.extraction.dragon.job import Job
from sekisho.extraction.dragon.predictions import answers_by_case
from sekisho.extraction.few_shot.examples import Chooser
from sekisho.extraction.reading import How
from sekisho.extraction.results import Extraction
from sekisho.extraction.runs.extractor import Reading
from sekisho.models.background import Background
from sekisho.models.seam import Model
from sekisho.runs.outcome import Outcome

__all__ = [
    "ANSWER",
    "NO_TEXT",
    "Asked",
    "FitPredict",
    "Learning",
    "Reader",
    "baseline",
    "case_records",
    "job_records",
]

#: The key of an outcome's values.
ANSWER = "answer"
NO_TEXT = "no_text"

#: The yardstick: configuration, training, validation and test rows; predicted rows.
FitPredict: TypeAlias = Callable[..., list[dict[str, Any]]]


def case_records(job: Job) -> list[Record]:
    """A record for each case of the test set, in order."""
    return [
        Record(
            id=str(case.uid),
            source=job.name,
            row=row,
            values={"text": case.text or " ".join(case.parts)},
            text_columns=("text",),
        )
        for row, case in enumerate(job.test, start=1)
    ]


def job_records(job: Job) -> list[Record]:
    """One record for the whole job."""
    return [Record(id=job.name, source=job.name, row=1, values={}, text_columns=())]


@dataclass(frozen=True)
class Asked:
    """A job as a model is asked about it: its question, and what chooses examples, if any."""

    job: Job
    question: Question
    chooser: Chooser | None = None


@dataclass(frozen=True)
class Reader:
    """Lets ``model`` read the cases of ``jobs`` (by name), several at a time."""

    model: Model
    jobs: Mapping[str, Asked]
    how: How
    reading: Reading
    _background: Background = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_background", Background(self.model.aclose))

    def __call__(self, record: Record) -> Outcome:
        return self.begin(record)()

    def begin(self, record: Record) -> Callable[[], Outcome]:
        """Ask the model about ``record`` now, and hear its answer when the result is called."""
        asked = self.jobs[record.source]
        case = asked.job.test[record.row - 1]
        if case.empty:
            return lambda: Outcome.held("", NO_TEXT, "there is no text in it")
        reading = self._background.begin(self._extract(asked, case))
        return lambda: _outcome(asked, case, reading)

    def close(self) -> None:
        """End what is under way and give connections back."""
        self._background.close()

    async def _extract(self, asked: Asked, case: Case) -> Extraction:
        document = asked.question.document(case)
        examples = () if asked.chooser is None else await asked.chooser.choose_async(document.text)
        return await self.reading(self.model, document, asked.question.task, self.how, examples)


def _outcome(asked: Asked, case: Case, reading: Callable[[], Extraction]) -> Outcome:
    began = time.perf_counter()
    try:
        extraction = reading()
    except ModelError as error:
        return Outcome.held("", error.reason, error.message)
    answer = asked.question.answer(case, extraction)
    cost = extraction.cost
    return Outcome.released(
        "",
        {ANSWER: answer.value, "problems": list(answer.problems)},
        measures={
            "absent": answer.absent,
            "hard": answer.hard,
            "calls": cost.calls,
            "prompt_tokens": cost.prompt_tokens,
            "answer_tokens": cost.answer_tokens,
            "chunks": extraction.chunks,
            "read_in_parts": extraction.chunks > 1,
            "attempts": extraction.attempts,
            "model_s": cost.seconds,
        },
        seconds=round(time.perf_counter() - began, 4),
    )


@dataclass(frozen=True)
class Learning:
    """Learns each of ``jobs`` (by name) from its own labelled cases and answers its test cases."""

    jobs: Mapping[str, Job]
    fit_predict: FitPredict
    seed: int = 1

    def __call__(self, record: Record) -> Outcome:
        job = self.jobs[record.source]
        rows = self.fit_predict(
            job.configuration.model_dump(),
            [dict(case.row) for case in job.training],
            [dict(case.row) for case in job.validation],
            [dict(case.row) for case in job.test],
            seed=self.seed,
        )
        answers, others = answers_by_case(rows, job.configuration, job.test)
        settled = [
            settle(job.known, case, answer) for case, answer in zip(job.test, answers, strict=True)
        ]
        return Outcome.released(
            "",
            {
                ANSWER: [each.value for each in settled],
                "faults": [[fault.value for fault in each.faults] for each in settled],
            },
            measures={"others": others},
        )


def baseline() -> FitPredict:
    """The yardstick. Raises ``MissingExtraError`` without scikit-learn."""
    try:
        import sklearn  # noqa: F401  what it learns with
    except ImportError:
        raise MissingExtraError(
            "the linear baseline learns with scikit-learn, which is not installed",
            where="--baseline",
            remedy="install it with: pip install 'sekisho[dragon]'",
        ) from None
    from sekisho.extraction.dragon.baseline import fit_predict

    fit: FitPredict = fit_predict
    return fit
