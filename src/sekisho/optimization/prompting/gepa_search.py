"""The search for a better prompt with gepa (reflective prompt evolution; Agrawal et al.,
arXiv 2507.19457), kept to what a hospital can let it do.

gepa 0.1.4 brings an engine: which parent, which documents, what is accepted, which candidates form
a Pareto front. Everything that reaches outside comes from here. It is given no name of a model, so
it never imports litellm; no trackers; no directory, into which it would write candidates and
outputs; a logger that drops what it says, for it says whole prompts and tracebacks; and an adapter
that measures nothing that was not checked. So it opens no connection, no listener and no file.

Its known weaknesses, and what is done about them: a budget is looked at between rounds only, so a
round is begun only where its worst case still fits; documents that are perfect already teach
nothing, and near-perfect prompts draw little else, so only those that lost something are learned
from; a budget too small for a round is told, and nothing is spent.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from statistics import fmean
from typing import Any

from sekisho.errors import MissingExtraError, UsageError
from sekisho.optimization.prompting.gepa_adapter import COMPONENT, Adapter, Check, Measure, Meter
from sekisho.optimization.prompting.reflecting import Reflect

__all__ = ["Searched", "Tried", "calls_needed", "search"]

_VERSION = "0.1.4"
_MINIBATCH = 3
#: So many proposals in a row without any answer end a search: the model is not there.
_MOST_UNANSWERED = 3
#: So many rounds in a row without a proposal end it: its candidates have nothing left to learn.
_MOST_IDLE = 12

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A prompt of the pool: its mean quality on the judging documents, and the place of its parent.

    ``quality`` is None where nothing was measured. The seed has no parent.
    """

    text: str = field(repr=False)
    quality: float | None
    parent: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched:
    """What a search gave; ``candidates`` begin with the seed, ``best`` is the place of the best.

    ``refused`` counts problems (a proposal may have several) of ``proposals`` that were written;
    ``metric_calls`` are readings of one document with one prompt. ``notes`` say why it ended.
    """

    candidates: tuple[Tried, ...]
    best: int
    refused: Mapping[str, int] = field(default_factory=dict)
    proposals: int = 0
    metric_calls: int = 0
    notes: tuple[str, ...] = ()


class _Silent:
    """A logger for gepa: its lines hold prompts, and the text of exceptions."""

    def log(self, message: str) -> None:
        """Drop ``message``."""


def calls_needed(learn: int, judge: int, *, minibatch: int = _MINIBATCH) -> int:
    """The readings that the seed and one whole round take, at most."""
    return learn + judge + _round(learn, judge, minibatch)


def search(
    *,
    seed_prompt: str,
    learn: Sequence[int],
    judge: Sequence[int],
    measure: Measure,
    reflect: Reflect,
    check: Check,
    language: str,
    budget_calls: int,
    seed: int,
    most_proposals: int = 20,
    minibatch: int = _MINIBATCH,
    perfect: float = 100.0,
) -> Searched:
    """Better prompts than ``seed_prompt``, written from errors on ``learn``, judged on ``judge``.

    ``learn`` and ``judge`` are places of documents that ``measure`` knows, and have none in common.
    ``reflect`` writes a candidate (``reflecting.reflection``), ``check`` says what is wrong with
    it: one with a problem is not measured, and never adopted. At most ``budget_calls`` readings
    are asked for, each prompt and document once. A quality of ``perfect`` leaves nothing to gain.
    The same ``seed`` and the same callables give the same result.

    Raises ``MissingExtraError`` when gepa 0.1.4 is not installed, ``UsageError`` when ``learn`` and
    ``judge`` overlap or one is empty, and what ``measure`` and ``check`` raise, and ``reflect``
    except for ``ModelError``, which is a proposal without an answer.
    """
    gepa = _gepa()
    if not learn or not judge or set(learn) & set(judge):
        raise UsageError("a search needs documents to learn from, and others to judge by")
    needed = calls_needed(len(learn), len(judge), minibatch=minibatch)
    if budget_calls < needed:
        note = f"too small a budget for one round: {needed} readings needed, {budget_calls} given"
        return Searched(candidates=(Tried(text=seed_prompt, quality=None),), best=0, notes=(note,))

    meter = Meter(measure)
    judged = [quality for quality, _ in meter.of(seed_prompt, judge)]
    learned = meter.of(seed_prompt, learn)
    losing = [one for one, (quality, _) in zip(learn, learned, strict=True) if quality < perfect]
    nothing = _nothing_to_gain(judged, losing, perfect)
    if nothing:
        return Searched(
            candidates=(Tried(text=seed_prompt, quality=fmean(judged)),),
            best=0,
            metric_calls=meter.spent,
            notes=(nothing,),
        )
    adapter = Adapter(
        seed_prompt,
        meter=meter,
        reflect=reflect,
        check=check,
        language=language,
        perfect=perfect,
        batch=gepa.EvaluationBatch,
    )
    stop = _Stop(
        meter,
        adapter,
        most_calls=budget_calls - _round(len(losing), len(judge), minibatch),
        most_proposals=most_proposals,
        perfect=perfect,
    )
    result = _run(
        gepa,
        adapter,
        seed_candidate={COMPONENT: seed_prompt},
        trainset=list(losing),
        valset=list(judge),
        reflection_minibatch_size=min(minibatch, len(losing)),
        perfect_score=perfect,
        stop_callbacks=stop,
        seed=seed,
    )
    searched = _searched(result, adapter, meter, stop.note)
    _log.info(
        "gepa: %d candidates of %d proposals, %d readings",
        len(searched.candidates) - 1,
        searched.proposals,
        searched.metric_calls,
    )
    return searched


class _Stop:
    """Asked by the engine before each round whether it was the last; ``note`` says why."""

    def __init__(
        self,
        meter: Meter,
        adapter: Adapter,
        *,
        most_calls: int,
        most_proposals: int,
        perfect: float,
    ) -> None:
        self._meter, self._adapter = meter, adapter
        self._most_calls, self._most_proposals = most_calls, most_proposals
        self._perfect = perfect
        self._proposals = self._idle = 0
        self.note = ""

    def __call__(self, state: Any) -> bool:
        """Whether to stop; ``state`` is gepa's."""
        adapter = self._adapter
        self._idle = 0 if adapter.proposals > self._proposals else self._idle + 1
        self._proposals = adapter.proposals
        if adapter.failure is not None:
            self.note = "a proposal failed"
        elif max(state.program_full_scores_val_set) >= self._perfect:
            self.note = "a candidate has nothing left to gain"
        elif adapter.proposals >= self._most_proposals:
            self.note = f"all {self._most_proposals} proposals were made"
        elif adapter.unanswered >= _MOST_UNANSWERED:
            self.note = f"{adapter.unanswered} questions in a row had no answer"
        elif self._idle > _MOST_IDLE:
            self.note = f"nothing to learn from in {_MOST_IDLE} rounds"
        elif self._meter.spent > self._most_calls:
            self.note = "the budget does not hold another round"
        return bool(self.note)


def _round(learn: int, judge: int, minibatch: int) -> int:
    """Readings of one round at most: parent and child on a minibatch, the child on the judges."""
    return 2 * min(minibatch, learn) + judge


def _nothing_to_gain(judged: Sequence[float], losing: Sequence[int], perfect: float) -> str:
    if min(judged) >= perfect:
        return "nothing to gain: the prompt is perfect on all judging documents"
    return "" if losing else "nothing to learn from: no error on the documents to learn from"


def _run(gepa: Any, adapter: Adapter, **settings: Any) -> Any:
    """The result of gepa's engine, closed to everything that is not ``adapter``."""
    optimize: Callable[..., Any] = gepa.optimize
    try:
        result = optimize(
            adapter=adapter,
            skip_perfect_score=True,
            use_merge=False,
            logger=_Silent(),
            run_dir=None,
            use_wandb=False,
            use_mlflow=False,
            track_best_outputs=False,
            display_progress_bar=False,
            raise_on_exception=True,
            **settings,
        )
    except Exception as error:
        if error is adapter.failure or error is adapter.meter.failure:
            raise
        # The text of a foreign exception may hold a prompt.
        raise UsageError(
            f"gepa could not go on ({type(error).__name__})", remedy='try editor = "rules"'
        ) from None
    if adapter.failure is not None:
        raise adapter.failure
    return result


def _searched(result: Any, adapter: Adapter, meter: Meter, note: str) -> Searched:
    pool = tuple(
        Tried(text=candidate[COMPONENT], quality=float(quality), parent=parents[0])
        for candidate, quality, parents in zip(
            result.candidates, result.val_aggregate_scores, result.parents, strict=True
        )
    )
    if not all(one.text in adapter.admitted for one in pool):
        raise UsageError("gepa adopted a prompt that was not checked")
    notes = [note]
    if len(pool) == 1:
        notes.append(f"none of {adapter.proposals} proposals was adopted")
    return Searched(
        candidates=pool,
        # The first of equals: a candidate must be better than what it came from.
        best=max(range(len(pool)), key=lambda place: pool[place].quality or 0.0),
        refused=dict(sorted(adapter.refused.items())),
        proposals=adapter.proposals,
        metric_calls=meter.spent,
        notes=tuple(notes),
    )


def _gepa() -> Any:
    """gepa, imported late. Raises ``MissingExtraError`` without it, and with another version."""
    remedy = "pip install 'sekisho[optimize]', or editor = \"rules\""
    try:
        version = metadata.version("gepa")
    except metadata.PackageNotFoundError:
        raise MissingExtraError("a search by reflection needs gepa", remedy=remedy) from None
    if version != _VERSION:
        # What is promised here about connections and files was read in that version.
        raise MissingExtraError(
            f"gepa {version} is installed, and a search needs {_VERSION}", remedy=remedy
        )
    try:
        import gepa
    except ImportError:
        raise MissingExtraError("gepa cannot be imported", remedy=remedy) from None
    return gepa
