"""A run over one or many jobs: the use case behind ``sekisho dragon run``.

Files, the model and the journal meet here. Nothing of a text is ever cut off: one that is too long
for a prompt is read in parts, and which part counts is what the job recommends.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from sekisho import __version__
from sekisho.errors import UsageError
from sekisho.extraction.dragon import work
from sekisho.extraction.dragon.definition import Language
from sekisho.extraction.dragon.examples import examples
from sekisho.extraction.dragon.job import Job, find_jobs, read_job
from sekisho.extraction.dragon.result import Result, by_case, by_job, write_result
from sekisho.extraction.dragon.work import Asked, Learning, Reader
from sekisho.extraction.few_shot.examples import Chooser, similar
from sekisho.extraction.prompts import prompts
from sekisho.extraction.reading import How, extract
from sekisho.extraction.runs.extractor import Reading
from sekisho.models.named import NamedModel, asking_first
from sekisho.models.seam import Origin
from sekisho.runs.beginning import PASSING, begun, make_folder, not_begun
from sekisho.runs.engine import Summary, run
from sekisho.runs.journal import Journal
from sekisho.runs.manifest import versions
from sekisho.runs.progress import Progress, Silent

__all__ = ["Order", "Ran", "run_jobs"]

_LIMIT_S = 1800.0
#: A whole job is learnt at once.
_LIMIT_OF_LEARNING_S = 6 * 3600.0
_PACKAGES = ("sekisho", "pydantic", "numpy", "scikit-learn", "dragon-eval")


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is to be run: jobs below ``paths``, by a model or by the yardstick, into ``out``.

    ``language`` is that of tasks that have no definition. ``shown`` is the number of worked
    examples before each case.
    """

    paths: tuple[Path, ...]
    out: Path
    model: str | None = None
    baseline: Literal["linear"] | None = None
    how: How = field(default_factory=How)
    shown: int = 0
    reasoning: bool = False
    language: Language | None = None
    configuration: Path | None = None
    remembered: Path | None = None
    resume: bool = False
    timeout_s: float = _LIMIT_S


@dataclass(frozen=True)
class Ran:
    """How a run ended: a result for each job (none while it is unfinished), what to know of it."""

    summary: Summary
    results: tuple[Result, ...]
    origin: Origin | None
    notes: tuple[str, ...]

    @property
    def fallback(self) -> int:
        """Cases with a value that is not an answer."""
        return sum(result.fallback for result in self.results)


def run_jobs(
    order: Order,
    *,
    progress: Callable[[int | None], AbstractContextManager[Progress]] = lambda total: Silent(),
    reading: Reading = extract,
) -> Ran:
    """Answer every test case of every job of ``order``.

    Raises ``OutputError`` when the run stopped after it had begun, and what was answered until then
    stays in the journal; any other ``SekishoError`` when it could not begin.
    """
    if (order.model is None) == (order.baseline is None):
        raise UsageError("either a model answers or a baseline", where="--model, --baseline")
    if order.reasoning and order.shown:
        raise UsageError(
            "labelled cases hold no reasoning that could be shown",
            where="--reasoning, --num-examples",
            remedy="leave out one of them",
        )
    jobs = [read_job(folder) for folder in find_jobs(order.paths)]
    if order.baseline is not None:
        return _learnt(order, jobs, progress)
    return _read(order, jobs, progress, reading)


def _read(
    order: Order,
    jobs: Sequence[Job],
    progress: Callable[[int | None], AbstractContextManager[Progress]],
    reading: Reading,
) -> Ran:
    asked = {job.name: _asked(order, job) for job in jobs}
    named = NamedModel(
        model=str(order.model), configuration=order.configuration, remembered=order.remembered
    )
    with asking_first(named.model):
        ready = asyncio.run(named.ready())
    stated = ready.settings
    how = replace(order.how, thinking_tokens=stated.thinking_tokens, timeout_s=stated.timeout_s)
    origin = named.origin()
    told = {
        "model": ready.description.model,
        "digest": ready.description.digest,
        "server": ready.description.server,
        "origin": origin.value,
        "how": asdict(how),
        "examples": order.shown,
        "reasoning": order.reasoning,
    }
    prompted = hashlib.sha256(
        "".join(
            each.question.task.digest + prompts(each.question.task).digest
            for each in asked.values()
        ).encode()
    )
    identity = {
        **_inputs(jobs),
        "--model": f"{told['model']} {told['digest']} {told['server']} {told['origin']}",
        "--votes and settings of --model": repr(_deciding(how)),
        "--num-examples": str(order.shown),
        "tasks and prompts": prompted.hexdigest(),
    }
    make_folder(order.out)
    with _journal(order, identity) as journal, begun():
        model = named.working(ready, None)
        with progress(sum(len(job.test) for job in jobs)) as display:
            summary = run(
                [work.case_records(job) for job in jobs],
                lambda: Reader(model, asked, how, reading),
                journal,
                ahead=stated.in_flight,
                timeout_s=order.timeout_s,
                progress=display,
                passing=PASSING,
            )
        results = []
        if not summary.unfinished:
            for index, job in enumerate(jobs):
                result = by_case(job, journal.outcomes(index))
                write_result(order.out, result, _manifest(told, summary, asked[job.name]))
                results.append(result)
    return Ran(summary, tuple(results), origin, _notes(jobs, results))


def _learnt(
    order: Order,
    jobs: Sequence[Job],
    progress: Callable[[int | None], AbstractContextManager[Progress]],
) -> Ran:
    learning = Learning({job.name: job for job in jobs}, work.baseline())
    identity = {**_inputs(jobs), "--baseline": str(order.baseline), "seed": str(learning.seed)}
    make_folder(order.out)
    with _journal(order, identity) as journal, begun():
        with progress(len(jobs)) as display:
            summary = run(
                [work.job_records(job) for job in jobs],
                lambda: learning,
                journal,
                timeout_s=_LIMIT_OF_LEARNING_S,
                progress=display,
                batch=1,
            )
        results = []
        if not summary.unfinished:
            told = {"baseline": order.baseline, "seed": learning.seed}
            for index, job in enumerate(jobs):
                result = by_job(job, journal.outcomes(index))
                write_result(order.out, result, _manifest(told, summary, None))
                results.append(result)
    return Ran(summary, tuple(results), None, _notes(jobs, results))


def _asked(order: Order, job: Job) -> Asked:
    question = job.question(language=order.language, reasoning=order.reasoning)
    # Labels that make no task are told before anything is asked.
    _ = question.task
    chooser: Chooser | None = None
    if order.shown:
        pool = examples(question, job.training)
        if not pool:
            raise UsageError(
                "none of its training cases can be shown as an example",
                where=job.name,
                remedy="leave out --num-examples",
            )
        chooser = similar(pool, order.shown)
    return Asked(job, question, chooser)


def _inputs(jobs: Sequence[Job]) -> dict[str, str]:
    return {
        "inputs": "\n".join(f"{job.name} {job.digest}" for job in jobs),
        "sekisho version": __version__,
    }


def _deciding(how: How) -> list[tuple[str, Any]]:
    """What of ``how`` an answer depends on; more patience is allowed when a run goes on."""
    return sorted((name, each) for name, each in asdict(how).items() if name != "timeout_s")


def _manifest(told: dict[str, Any], summary: Summary, asked: Asked | None) -> dict[str, Any]:
    said: dict[str, Any] = {"versions": versions(_PACKAGES), **told}
    if asked is not None:
        definition = asked.question.definition
        said["definition"] = {
            "title": definition.title,
            "language": definition.language,
            "seen": definition.seen,
            "sha256": asked.question.task.digest,
        }
    return {**said, "run": {"seconds": round(summary.seconds, 3), "resumed": summary.resumed}}


def _notes(jobs: Sequence[Job], results: Sequence[Result]) -> tuple[str, ...]:
    notes = [
        f"{job.name}: the scorer looks for {job.configuration.task_name}-foldN, and the folder "
        "is called otherwise"
        for job in jobs
        if not job.configuration.fits_folder(job.name)
    ]
    hard = sum(int(result.measures.get("hard", 0)) for result in results)
    if hard:
        notes.append(
            f"{hard:,} probabilities are 0 or 1, as the server gives no log probabilities; a vote "
            "makes them finer, and the area under the curve with them (--votes 5)"
        )
    return tuple(notes)


@contextmanager
def _journal(order: Order, identity: dict[str, str]) -> Iterator[Journal]:
    with not_begun("choose another --out"):
        journal = Journal.open(order.out, identity, resume=order.resume)
    with journal:
        yield journal
