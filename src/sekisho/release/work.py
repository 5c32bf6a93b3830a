"""The work of a run: what is done with one record, in whatever process, and how it is told.

The decision itself is made in ``checkpoint``; here it becomes an outcome that a journal can keep.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sekisho.documents.document import Span
from sekisho.documents.records import Record
from sekisho.models.named import asking_first
from sekisho.phi import stack
from sekisho.phi.cascade import Consult
from sekisho.phi.stack import Stack
from sekisho.release.checkpoint import Checkpoint, Held, Passed
from sekisho.release.columns import Columns
from sekisho.release.job import Job
from sekisho.release.keys import Keys
from sekisho.release.profile import Profile
from sekisho.runs.outcome import Outcome
from sekisho.runs.worker import Work

if TYPE_CHECKING:
    from sekisho.phi.detectors.llm.choosing import Chosen

__all__ = ["asked_first", "detectors_of", "make_work"]


def asked_first(job: Job, keys: Keys | None = None) -> Chosen | None:
    """The detector that asks a language model, after asking it what it is; None without a model.

    With ``keys`` answers may be kept, sealed. Raises ``UsageError`` when it cannot be asked.
    """
    if job.llm is None:
        return None
    key = None if keys is None else keys.derive("answer cache")
    with asking_first(job.llm.model):
        return job.llm.open(working=keys is not None, cache_key=key)


def detectors_of(job: Job, chosen: Chosen | None) -> Stack:
    """The detectors of ``job``, ``chosen`` among them. Raises what ``stack.build`` raises."""
    return stack.build(
        job.detectors,
        tagger=job.tagger,
        llm=None if chosen is None else chosen.detector,
        consult=Consult.ALWAYS if job.llm is None else job.llm.consult,
    )


def make_work(job: Job, profile: Profile, keys: Keys, columns: Columns) -> Work:
    """What is done with each record; built in the process that does it."""
    detectors = detectors_of(job, asked_first(job, keys))
    return _Examining(Checkpoint(detectors, profile, keys.derive, columns, job.options.language))


@dataclass(frozen=True)
class _Examining:
    """The work on a record, which can be begun before a model has answered."""

    checkpoint: Checkpoint

    def __call__(self, record: Record) -> Outcome:
        return self.begin(record)()

    def begin(self, record: Record) -> Callable[[], Outcome]:
        began = time.perf_counter()
        passing = self.checkpoint.begin(record)
        spent = time.perf_counter() - began

        def finish() -> Outcome:
            waited = time.perf_counter()
            passage = passing()
            return _outcome(record, passage, spent + time.perf_counter() - waited)

        return finish

    def close(self) -> None:
        self.checkpoint.stack.close()


def _outcome(record: Record, passage: Passed | Held, seconds: float) -> Outcome:
    spans = passage.spans
    facts = {
        "spans": None if spans is None else {name: _rows(found) for name, found in spans.items()},
        "counts": _counts(spans or {}),
        "measures": passage.measures,
        "chars": sum(
            len(text)
            for column in record.text_columns
            if isinstance(text := record.values.get(column), str)
        ),
        "seconds": round(seconds, 4),
    }
    if isinstance(passage, Passed):
        actions = {
            f"{label}:{action}": count
            for label, counted in passage.actions.items()
            for action, count in counted.items()
        }
        return Outcome.released(
            passage.reference, passage.values, secret=passage.reversal, actions=actions, **facts
        )
    return Outcome.held(passage.reference, passage.reason, passage.detail, **facts)


def _rows(spans: Sequence[Span]) -> list[dict[str, object]]:
    return [
        {
            "start": span.start,
            "end": span.end,
            "category": str(span.category),
            "score": round(span.score, 3),
            "sources": list(span.sources),
        }
        for span in spans
    ]


def _counts(spans: Mapping[str, Sequence[Span]]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for found in spans.values():
        for span in found:
            counts[str(span.category)] = counts.get(str(span.category), 0) + 1
    return counts
