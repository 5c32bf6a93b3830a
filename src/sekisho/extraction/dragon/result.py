"""What became of a job: its predictions, how many of them were answered, and its manifest."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sekisho.extraction.dragon import predictions
from sekisho.extraction.dragon.configuration import FILENAME as CONFIGURATION
from sekisho.extraction.dragon.guard import NONE, Fault, a_word_for_the_column, settle
from sekisho.extraction.dragon.job import TEST, TRAINING, VALIDATION, Job
from sekisho.extraction.dragon.work import ANSWER
from sekisho.runs.files import digest_file, write_whole
from sekisho.runs.manifest import FILENAME as MANIFEST
from sekisho.runs.manifest import describe_input
from sekisho.runs.outcome import Outcome, Position

__all__ = ["Result", "by_case", "by_job", "write_result"]

#: What the model took: it differs between two runs.
_SECONDS = "model_s"


@dataclass(frozen=True)
class Result:
    """The values of a job's predictions, in order, and why some of them are the prior.

    ``fallback`` counts cases of which at least one value is not an answer, ``reasons`` why, by
    case. ``measures`` are summed over the cases.
    """

    job: Job
    values: tuple[Any, ...] = field(repr=False)
    fallback: int
    reasons: Mapping[str, int]
    measures: Mapping[str, float] = field(default_factory=dict)

    @property
    def answered(self) -> int:
        """Cases that were wholly answered."""
        return len(self.values) - self.fallback


def by_case(job: Job, outcomes: Iterable[tuple[Position, Outcome]]) -> Result:
    """The result of a job of which each case was read by itself."""
    found = {position.row: outcome for position, outcome in outcomes}
    values: list[Any] = []
    told: list[tuple[str, ...]] = []
    measures: Counter[str] = Counter()
    for row, case in enumerate(job.test, start=1):
        outcome = found.get(row)
        if outcome is None or outcome.values is None:
            settled = settle(job.known, case, NONE)
            # In a text without a word there is no entity, and that is an answer.
            whole = job.configuration.type.entities and case.empty
            reason = "not_read" if outcome is None else outcome.reason or "not_read"
            told.append(() if whole else (reason,))
        else:
            settled = settle(job.known, case, outcome.values[ANSWER])
            problems = tuple(outcome.values["problems"])
            faults = tuple(fault for fault in settled.faults if fault is not Fault.MISSING)
            if not problems and len(faults) < len(settled.faults):
                problems = (Fault.MISSING.value,)
            told.append((*problems, *(fault.value for fault in faults)))
            measures.update(outcome.measures)
        values.append(settled.value)
    return _result(job, values, told, measures)


def by_job(job: Job, outcomes: Iterable[tuple[Position, Outcome]]) -> Result:
    """The result of a job that was answered as a whole."""
    outcome = next((each for _, each in outcomes), None)
    if outcome is None or outcome.values is None:
        reason = "not_learnt" if outcome is None else outcome.reason or "not_learnt"
        values = [settle(job.known, case, NONE).value for case in job.test]
        return _result(job, values, [(reason,)] * len(values), Counter())
    faults = [tuple(each) for each in outcome.values["faults"]]
    return _result(job, outcome.values[ANSWER], faults, Counter(outcome.measures))


def _result(
    job: Job, values: Iterable[Any], told: list[tuple[str, ...]], measures: Counter[str]
) -> Result:
    values = list(values)
    spare = [index for index, each in enumerate(told) if each]
    word = a_word_for_the_column(job.known, values, spare)
    if word is not None:
        index, values[index] = word
        told[index] = (*told[index], Fault.COLUMN.value)
    reasons = Counter(reason for each in told for reason in set(each))
    return Result(
        job,
        tuple(values),
        fallback=sum(bool(each) for each in told),
        reasons=dict(sorted(reasons.items())),
        measures=dict(sorted(measures.items())),
    )


def write_result(out: Path, result: Result, told: Mapping[str, Any]) -> Path:
    """Write predictions and manifest of ``result`` into its folder below ``out``.

    ``told`` is said of the run, and under its key ``run`` what differs between two. The manifest
    comes last: where it stands, all is there. Raises ``OutputError``.
    """
    job = result.job
    folder = out / job.name
    path = folder / predictions.FILENAME
    manifest = {
        "format": 1,
        "kind": "dragon",
        "task": job.configuration.task_name,
        "type": job.configuration.type.value,
        "inputs": [
            vars(describe_input(job.folder / name))
            for name in (CONFIGURATION, TRAINING, VALIDATION, TEST)
        ],
        "labelled_cases": job.known.cases,
        "cases": len(result.values),
        "answered": result.answered,
        "fallback": {"cases": result.fallback, "reasons": dict(result.reasons)},
        "measures": {name: each for name, each in result.measures.items() if name != _SECONDS},
        **told,
        "run": {**told["run"], _SECONDS: round(result.measures.get(_SECONDS, 0.0), 3)},
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    predictions.write(path, job.configuration, job.known, job.test, result.values)
    manifest["outputs"] = {predictions.FILENAME: digest_file(path)}
    text = json.dumps(manifest, ensure_ascii=True, indent=2)
    write_whole(folder / MANIFEST, text.encode("ascii") + b"\n")
    return path
