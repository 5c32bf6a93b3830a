"""The 100-point score of a system, and beside it always what leaked.

Wada et al. (Sci Rep 16, 5910, 2026) judge answers by eight components. Published are their names,
the points of some systems and five pairs of speed and points; their maxima are inferred from those
tables, and their formulas are not public: every formula here is ours. Each component is a share of
its most points (``points.MAXIMA``), and shares rest on sums over all readings
(:mod:`sekisho.evaluation.entries`)::

    recall      found entries / gold entries
    precision   right claims / judged claims
    boundary    exactly met entries / found entries
    purity      right claims that are not mixed / right claims
    category    entries found under their category / found entries
    rules       mean of: readings valid at the first attempt / readings; verbatim claims / claims
    stability   mean over documents of the mean agreement of two of their readings
    efficiency  points for the seconds per 100 tokens / 10

An answer with a type that is not allowed is not valid at first. Nothing found, nothing right or
nothing claimed where gold has entries is 0, never "not measured". A failed reading named nothing
and was not valid.

*Quality* of a reading (0 to 100) is the points of the first six in per cent of what those that can
be measured give. A document without gold entries has no recall, boundary, purity and category; its
precision is 1 for silence and 0 for any claim. A failed reading has a quality of 0 everywhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import combinations
from math import ceil
from operator import attrgetter
from statistics import fmean

import numpy as np

from sekisho.errors import UsageError
from sekisho.evaluation.answer_key import Part, answer_key
from sekisho.evaluation.bootstrap import RESAMPLES, Estimate, ratio, resampled_totals
from sekisho.evaluation.entries import Counts, judge
from sekisho.evaluation.gold import GoldDocument
from sekisho.evaluation.metrics import (
    Comparison,
    character_precision,
    documents_with_direct_leak,
    leaked_characters,
    over_redaction,
)
from sekisho.evaluation.points import MAXIMA, Component, speed, total_of
from sekisho.evaluation.script import Script
from sekisho.evaluation.trials import Claim, Trial, prediction
from sekisho.phi.categories import Category

__all__ = ["Scored", "agreement", "components", "quality", "shares"]

_LEAKS = (leaked_characters, documents_with_direct_leak, character_precision, over_redaction)
#: The kinds of parts, as ``AnswerKey.parts`` names them.
_KINDS = ("category", "script", "difficulty", "disguise")
#: Parts of known names come in the order of these, others by their names.
_KNOWN = {"category": tuple(map(str, Category)), "script": tuple(map(str, Script))}
#: Qualities are resampled as whole numbers of this part of a point.
_FINE = 1_000_000
_counted = attrgetter(*(field.name for field in fields(Counts)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """What ``readings`` readings of a data set are worth.

    ``total`` is the sum of the points of all ``components``, ``out_of`` what those that were
    measured could give. ``per_document`` is the quality of each document (mean over its repeats) in
    the order of gold, ``quality`` their mean. ``leaked``, ``direct_leaks``, ``precision`` and
    ``over_redaction`` are the measures of :mod:`sekisho.evaluation.metrics`, with failed readings
    as if they had found nothing. The parts are the recall of entries; an entry is in a disguise or
    a difficulty with those of its places that have it, and must be named there.

    Intervals are of a bootstrap over documents, None without resamples. ``n`` counts units of the
    data set, however often it was read. ``failures`` counts failed readings by their reason.
    ``seconds_per_100_tokens`` is None where no tokens were counted; efficiency then goes by
    characters (``points.speed``).
    """

    readings: int
    components: tuple[Component, ...]
    total: float
    out_of: float
    quality: Estimate
    per_document: tuple[float, ...]
    leaked: Estimate
    direct_leaks: Estimate
    precision: Estimate
    over_redaction: Estimate
    by_category: Mapping[str, Estimate]
    by_script: Mapping[str, Estimate]
    by_difficulty: Mapping[str, Estimate]
    by_disguise: Mapping[str, Estimate]
    failures: Mapping[str, int]
    seconds_per_report: float
    seconds_per_100_tokens: float | None
    calls: int
    tokens: int


def quality(gold: GoldDocument, trial: Trial, *, ignore: Collection[str] = ()) -> float:
    """The quality of one reading, 0 to 100; ``ignore`` as in :func:`components`.

    What has 100 has no error and was valid at first. Raises ``UsageError`` when it is a reading of
    another text.
    """
    return _quality(judge(gold, trial, ignore=ignore).counts)


def shares(counts: Counts) -> dict[str, float | None]:
    """The first six components as shares from 0 to 1; None where there is nothing to measure."""
    nothing = 0.0 if counts.entries else None
    # Silence where gold is silent too is right, unless a failure was the reason.
    silence = 0.0 if counts.entries else (counts.readings - counts.failed) / counts.readings
    valid = counts.valid / counts.readings
    return {
        "recall": counts.found / counts.entries if counts.entries else None,
        "precision": counts.right / counts.judged if counts.judged else silence,
        "boundary": counts.exact / counts.found if counts.found else nothing,
        "purity": counts.pure / counts.right if counts.right else nothing,
        "category": counts.typed / counts.found if counts.found else nothing,
        "rules": (valid + counts.verbatim / counts.claims) / 2 if counts.claims else valid,
    }


def agreement(readings: Sequence[Trial]) -> float:
    """How far the readings of one document agree, 0 to 1.

    The mean over all pairs of the Jaccard index of their sets of claims (shared / all; Jaccard
    1912). Two empty answers agree; a failed reading agrees with none. Claims without places are the
    same when their categories are. Raises ``UsageError`` for less than two readings.
    """
    if len(readings) < 2:
        raise UsageError("agreement needs two readings of a document")
    answers = [None if trial.failed else frozenset(trial.claims) for trial in readings]
    return fmean(_jaccard(first, second) for first, second in combinations(answers, 2))


def components(
    gold: Sequence[GoldDocument],
    repeats: Sequence[Sequence[Trial]],
    *,
    ignore: Collection[str] = (),
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Scored:
    """Score ``repeats`` of a data set: each holds a reading of every document, in gold's order.

    ``ignore`` are the categories that were given to ``GoldDocument.without`` before: claims of them
    are not judged. With one repeat stability is not measured. No ``resamples`` give no intervals.
    Raises ``UsageError`` when there is nothing to score, or when readings do not belong to gold.
    """
    _check(gold, repeats, resamples)
    parts = _parts(gold)
    counted: list[tuple[int, ...]] = []
    rows: list[list[int]] = []
    per_document: list[float] = []
    for document, *readings in zip(gold, *repeats, strict=True):
        judged = [judge(document, trial, ignore=ignore) for trial in readings]
        counted += [_counted(one.counts) for one in judged]
        per_document.append(fmean(_quality(one.counts) for one in judged))
        figures = [
            [*_leaking(document, trial, ignore), *_naming(document, one.named, parts)]
            for trial, one in zip(readings, judged, strict=True)
        ]
        summed = map(sum, zip(*figures, strict=True))
        rows.append([round(per_document[-1] * _FINE), _FINE, *summed])

    trials = [trial for readings in repeats for trial in readings]
    pace = speed(trials)
    measured = shares(Counts(*map(sum, zip(*counted, strict=True))))
    measured |= {"stability": _stability(repeats), "efficiency": pace.share}
    scored = tuple(Component(name, most, measured[name]) for name, most in MAXIMA.items())
    total = total_of(scored)

    whole, *estimates = _estimates(rows, resamples, seed)
    estimates = [replace(each, n=ceil(each.n / len(repeats))) for each in estimates]
    leaked, direct_leaks, precision, redacted = estimates[: len(_LEAKS)]
    by: dict[str, dict[str, Estimate]] = {kind: {} for kind in _KINDS}
    for (kind, name), estimate in zip(parts, estimates[len(_LEAKS) :], strict=True):
        by[kind][name] = estimate
    return Scored(
        readings=len(trials),
        components=scored,
        total=total.points,
        out_of=total.out_of,
        quality=replace(whole, value=fmean(per_document), n=len(gold)),
        per_document=tuple(per_document),
        leaked=leaked,
        direct_leaks=direct_leaks,
        precision=precision,
        over_redaction=redacted,
        by_category=by["category"],
        by_script=by["script"],
        by_difficulty=by["difficulty"],
        by_disguise=by["disguise"],
        failures=dict(sorted(Counter(trial.failed for trial in trials if trial.failed).items())),
        seconds_per_report=fmean(trial.seconds for trial in trials),
        seconds_per_100_tokens=pace.seconds_per_100_tokens,
        calls=sum(trial.calls for trial in trials),
        tokens=sum(trial.tokens for trial in trials),
    )


def _check(
    gold: Sequence[GoldDocument], repeats: Sequence[Sequence[Trial]], resamples: int
) -> None:
    if not gold or not repeats:
        raise UsageError("there is nothing to score", remedy="give documents and their readings")
    if any(len(readings) != len(gold) for readings in repeats):
        raise UsageError("a repeat does not hold one reading of each document")
    if resamples < 0:
        raise UsageError("the number of resamples is 0 or more")


def _quality(counts: Counts) -> float:
    of_reading = shares(counts)
    points = most = 0.0
    for name, share in of_reading.items():
        if share is not None:
            points += share * MAXIMA[name]
            most += MAXIMA[name]
    return 100 * points / most


def _jaccard(first: frozenset[Claim] | None, second: frozenset[Claim] | None) -> float:
    if first is None or second is None:
        return 0.0
    return len(first & second) / len(first | second) if first or second else 1.0


def _stability(repeats: Sequence[Sequence[Trial]]) -> float | None:
    if len(repeats) < 2:
        return None
    return fmean(agreement(readings) for readings in zip(*repeats, strict=True))


def _leaking(document: GoldDocument, trial: Trial, ignore: Collection[str]) -> list[int]:
    """Above and below the line of each leak measure; a failed reading covers nothing."""
    given = prediction(replace(trial, claims=()) if trial.failed else trial)
    ignored = answer_key(document).ignored.union(ignore)
    counts = Comparison(document, given.without(ignored)).counts()
    return [
        getattr(counts, column)
        for measure in _LEAKS
        for column in (measure.numerator, measure.denominator)
    ]


def _naming(document: GoldDocument, named: int, parts: Mapping[Part, int]) -> list[int]:
    """Above and below the line of the recall of each of ``parts``, which has its column."""
    columns = [0] * (2 * len(parts))
    for part, masks in answer_key(document).parts.items():
        at = 2 * parts[part]
        columns[at : at + 2] = sum(named & mask != 0 for mask in masks), len(masks)
    return columns


def _parts(gold: Sequence[GoldDocument]) -> dict[Part, int]:
    """Every part that occurs, numbered in the order in which they are shown."""
    found = {part for document in gold for part in answer_key(document).parts}
    return {part: number for number, part in enumerate(sorted(found, key=_shown))}


def _shown(part: Part) -> tuple[int, int, str]:
    kind, name = part
    known = _KNOWN.get(kind, ())
    rank = known.index(name) if name in known else int(name) if kind == "difficulty" else 0
    return _KINDS.index(kind), rank, name


def _estimates(rows: Sequence[Sequence[int]], resamples: int, seed: int) -> list[Estimate]:
    """The ratio of each two columns of ``rows``, all intervals from the same resamples."""
    table = np.array(rows, dtype=np.int64)
    totals = table.sum(axis=0).tolist()
    pairs = range(0, len(totals), 2)
    if not resamples:
        return [_plain(totals[at], totals[at + 1]) for at in pairs]
    drawn = resampled_totals(table, resamples, seed)
    return [ratio(totals[at], totals[at + 1], drawn[:, at], drawn[:, at + 1]) for at in pairs]


def _plain(count: int, n: int) -> Estimate:
    return Estimate(count / n if n else None, None, None, n)
