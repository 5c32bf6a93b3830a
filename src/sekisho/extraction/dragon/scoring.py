"""The score of predictions, by the benchmark's own program (``dragon-eval``).

That program scores all folds of all tasks or none, ends with whatever exception comes first, and
prints the cases it compares. Here each fold is scored by itself, nothing is printed, and a fold
that is rejected is told apart from those that are not.

S_DRAGON is the mean over the 28 tasks of the mean over their folds (Bosma et al., "The DRAGON
benchmark for clinical NLP"); over any other set of tasks it is a mean and no more.
"""

from __future__ import annotations

import contextlib
import io
import json
import math
import re
import statistics
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sekisho.errors import InputError, MissingExtraError, SekishoError, UsageError
from sekisho.extraction.dragon.configuration import read_json
from sekisho.extraction.dragon.predictions import FILENAME

__all__ = ["BENCHMARK", "FoldScore", "Scores", "score"]

#: Tasks of the benchmark itself; those from 101 on are examples of its types.
BENCHMARK = 28

_JOB = re.compile(r"(?P<task>.+)-fold(?P<fold>[0-9]{1,3})\Z")
_BENCHMARK_TASK = re.compile(r"Task0[0-9]{2}_")


@dataclass(frozen=True, slots=True)
class FoldScore:
    """The score of one fold, or why it has none (in words without a uid)."""

    task: str
    fold: int
    metric: str
    value: float | None
    problem: str | None = None

    @property
    def job(self) -> str:
        """The name of its folder."""
        return f"{self.task}-fold{self.fold}"


@dataclass(frozen=True, slots=True)
class Scores:
    """All folds in order, and what could not be scored.

    ``no_truth`` are folders of predictions, ``no_predictions`` tasks with truth.
    """

    folds: tuple[FoldScore, ...]
    no_truth: tuple[str, ...]
    no_predictions: tuple[str, ...]
    version: str

    @property
    def tasks(self) -> Mapping[str, tuple[float, float]]:
        """Mean and standard deviation over the folds of each task that has a score."""
        values: dict[str, list[float]] = {}
        for fold in self.folds:
            if fold.value is not None:
                values.setdefault(fold.task, []).append(fold.value)
        return {
            task: (statistics.fmean(its), statistics.pstdev(its)) for task, its in values.items()
        }

    @property
    def mean(self) -> float | None:
        """The mean over the tasks that have a score; None without any."""
        means = [mean for mean, _ in self.tasks.values()]
        return statistics.fmean(means) if means else None

    @property
    def rejected(self) -> tuple[FoldScore, ...]:
        """Folds without a score."""
        return tuple(fold for fold in self.folds if fold.value is None)

    @property
    def whole(self) -> bool:
        """Whether this is the benchmark: all of its tasks, nothing else, nothing rejected."""
        its = [task for task in self.tasks if _BENCHMARK_TASK.match(task)]
        return len(its) == len(self.tasks) == BENCHMARK and not self.rejected

    def as_json(self) -> dict[str, Any]:
        """In the form of dragon-eval's own ``metrics.json``, with what was not scored beside it."""
        case: dict[str, dict[str, float]] = {}
        for fold in self.folds:
            if fold.value is not None:
                case.setdefault(fold.task, {})[fold.job] = fold.value
        aggregates = {task: {"mean": mean, "std": std} for task, (mean, std) in self.tasks.items()}
        if aggregates:
            stds = [std for _, std in self.tasks.values()]
            overall = {"mean": statistics.fmean(each["mean"] for each in aggregates.values())}
            aggregates["overall"] = {**overall, "std": statistics.fmean(stds)}
        return {
            "case": case,
            "aggregates": aggregates,
            "version": self.version,
            "rejected": {fold.job: fold.problem for fold in self.rejected},
            "no_truth": list(self.no_truth),
            "no_predictions": list(self.no_predictions),
        }


def score(predictions: Path, truth: Path) -> Scores:
    """The scores of the folders in ``predictions`` of which ``truth`` holds ``<Task>.json``.

    Raises ``MissingExtraError`` without dragon-eval, ``UsageError`` when nothing can be scored.
    """
    tasks = {path.stem for path in _listed(truth) if path.suffix == ".json" and path.is_file()}
    jobs: list[tuple[str, int]] = []
    others = []
    for folder in _listed(predictions):
        if not (folder / FILENAME).is_file():
            continue
        named = _JOB.match(folder.name)
        if named is not None and named["task"] in tasks:
            jobs.append((named["task"], int(named["fold"])))
        else:
            others.append(folder.name)
    if not jobs:
        raise UsageError(
            "no predictions here have their truth there",
            where=f"{predictions}, {truth}",
            remedy=f"predictions are <Task>-fold<k>/{FILENAME}, truth is <Task>.json",
        )
    scorer = _scorer()
    folds = tuple(scorer.fold(predictions, truth, *job) for job in sorted(jobs))
    missing = tasks - {task for task, _ in jobs}
    return Scores(folds, tuple(others), tuple(sorted(missing)), scorer.version)


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", where=str(folder)) from None


@contextlib.contextmanager
def _silenced() -> Iterator[None]:
    """The program prints cases and warns of what it does with them; nobody is to see either."""
    sink = io.StringIO()
    with (
        warnings.catch_warnings(),
        contextlib.redirect_stdout(sink),
        contextlib.redirect_stderr(sink),
    ):
        warnings.simplefilter("ignore")
        yield


def _scorer() -> _Scorer:
    try:
        with _silenced():
            from dragon_eval import evaluation
    except ImportError:
        raise MissingExtraError(
            "scores come from dragon-eval, which is not installed",
            remedy="install it with: pip install 'sekisho[dragon]'",
        ) from None
    from importlib.metadata import version

    return _Scorer(evaluation, version("dragon-eval"))


@dataclass(frozen=True)
class _Scorer:
    """dragon-eval, one fold at a time."""

    program: Any
    version: str

    def fold(self, predictions: Path, truth: Path, task: str, fold: int) -> FoldScore:
        """The score of one fold."""
        kind = self.program.TASK_TYPE.get(task)
        if kind is None:
            return FoldScore(task, fold, "", None, "dragon-eval does not know this task")
        metric = str(kind.value).rpartition("(")[2].removesuffix(")")
        with tempfile.TemporaryDirectory(prefix="sekisho-dragon-") as folder:
            written = Path(folder) / "metrics.json"
            try:
                with _silenced():
                    self.program.DragonEval(
                        ground_truth_path=truth,
                        predictions_path=predictions,
                        output_file=written,
                        tasks=[task],
                        folds=[fold],
                    ).evaluate()
                job = f"{task}-fold{fold}"
                value = float(json.loads(written.read_text())["case"][task][job])
            # Its messages hold uids, and it ends in many ways.
            except (Exception, SystemExit) as error:  # noqa: BLE001
                why = _why(predictions / f"{task}-fold{fold}" / FILENAME, truth / f"{task}.json")
                why = why or f"dragon-eval ended with {type(error).__name__}"
                return FoldScore(task, fold, metric, None, why)
        if not math.isfinite(value):
            return FoldScore(task, fold, metric, None, "dragon-eval gives no number")
        return FoldScore(task, fold, metric, value)


def _why(predicted: Path, truth: Path) -> str | None:
    """What is wrong with the rows, in words without a uid; None when that is not seen here."""
    try:
        rows, cases = read_json(predicted), read_json(truth)
        counted = [Counter(str(row["uid"]) for row in each) for each in (rows, cases)]
    except InputError as error:
        return f"a file {error.message}"
    except (SekishoError, KeyError, TypeError):
        return "it is no list of objects with a uid"
    found, asked = counted
    missing = sum(uid not in found for uid in asked)
    extra = sum(uid not in asked for uid in found)
    if missing:
        return f"{missing} of {len(asked)} cases have no prediction"
    if extra:
        return f"{extra} predictions are of no case"
    return None
