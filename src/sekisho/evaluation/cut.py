"""A cut on a baseline score: which systems a treatment helps, and how sure that is.

Long prompts help strong models and confuse weak ones; a second look helps a model that misses much
and spoils one that is nearly right. Both are one question: given what the treatment did for each
system that was measured, at which baseline does it begin, or cease, to help?

Rule. With baseline b, gain g (its mean over documents) and the standard error s of the gain, a
system counts g - s. Of all cuts the one is taken whose treated systems sum to the most, of equal
ones that which treats the fewest. A plain sum of gains (s = 0) is isotonic regression of the gains
cut at nought, and it follows chance: of systems that the treatment does nothing for, half seem to
gain, and every one of these moves the cut. By the standard error a treatment has to earn its cost.
One standard error is the usual price of the plainer choice (Breiman, Friedman, Olshen and Stone,
Classification and Regression Trees, 1984, section 3.4.3).

Uncertainty. Documents are drawn again, the same ones for every system since they read the same, and
so are systems, since a cut holds for systems that were not measured (Davison and Hinkley, Bootstrap
Methods and their Application, 1997, section 3.8). A resample of which all or none are treated has
no cut: it lowers the support and says nothing about the place. No measurement tells where between
its two neighbours the cut lies, so the interval always holds the whole gap between them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sekisho.errors import UsageError
from sekisho.evaluation.bootstrap import LEVEL, RESAMPLES
from sekisho.evaluation.weighting import Floats, draws

__all__ = ["Cut", "Group", "Side", "fit"]

#: On which side of the cut the treatment helps.
Side: TypeAlias = Literal["below", "above"]

#: Baselines and sums that differ by less are equal, but for rounding.
_SAME = 1e-9


@dataclass(frozen=True, slots=True)
class Group:
    """One system: the qualities of the same documents without (``baseline``) and with treatment."""

    baseline: Sequence[float] = field(repr=False)
    other: Sequence[float] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Cut:
    """Where the treatment begins, or ceases, to help.

    ``at`` lies in the middle ``between`` two baselines that were measured: any cut there fits as
    well. It is None where all systems are treated or none is, with the ``reason``; then
    ``between`` has the outermost baseline on the side where the systems lie. ``low`` and ``high``
    are the 95 % percentile interval over those resamples that have a cut, widened to hold
    ``between``; ``support`` is the share of those resamples.
    """

    at: float | None
    low: float | None
    high: float | None
    between: tuple[float | None, float | None]
    support: float
    reason: str = ""
    helps: Side = "below"

    def treats(self, baseline: float) -> bool:
        """Whether a system with this baseline is treated; never where nothing was measured."""
        if self.at is not None:
            return baseline < self.at if self.helps == "below" else baseline > self.at
        inside, outside = self.between if self.helps == "below" else self.between[::-1]
        return inside is not None and outside is None


def fit(
    groups: Sequence[Group],
    *,
    helps: Side = "below",
    what: str = "the treatment",
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Cut:
    """The cut on the mean baseline of ``groups`` on whose side ``helps`` the treatment pays.

    ``what`` names the treatment in reasons. All groups hold the same documents in the same order,
    qualities in one unit. The same seed draws the same. Raises ``UsageError`` when the groups are
    not of one length or hold what is not a finite number, or there is no resample.
    """
    if resamples < 1:
        raise UsageError("an interval needs one resample at least")
    baselines, others = _tables(groups)
    systems, documents = baselines.shape
    if documents < 2:
        few = "no system was measured" if not systems else "a cut needs two documents at least"
        return Cut(None, None, None, (None, None), 0.0, few, helps)
    # A cut above which the treatment helps is one below which it helps, seen in a mirror.
    mirror = 1.0 if helps == "below" else -1.0
    sums = _Sums(mirror * baselines, others - baselines)
    once = np.ones((1, systems))
    left, right = (float(end[0]) for end in _chosen(*sums.counted(np.ones((1, documents))), once))
    cuts = _resampled(sums, resamples, seed)
    support = len(cuts) / resamples
    ends = _known(left * mirror), _known(right * mirror)
    between = ends if helps == "below" else (ends[1], ends[0])
    if np.isnan(left) or np.isnan(right):
        reason = _reason(sums, treated=not np.isnan(left), what=what)
        return Cut(None, None, None, between, support, reason, helps)
    at = (left + right) / 2 * mirror
    if not len(cuts):
        return Cut(at, None, None, between, support, "", helps)
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(cuts, (tail, 1 - tail))
    low, high = sorted((min(float(low), left) * mirror, max(float(high), right) * mirror))
    return Cut(at, low, high, between, support, "", helps)


class _Sums:
    """What each system counts when documents are drawn by weights."""

    def __init__(self, baselines: Floats, gains: Floats) -> None:
        self._baselines = baselines.T.copy()
        self.means: Floats = gains.mean(axis=1)
        # Squares of deviations keep their digits where gains are all alike.
        self._deviations = (gains - self.means[:, None]).T.copy()

    def counted(self, weights: Floats) -> tuple[Floats, Floats]:
        """Baselines, and gains less their standard errors (each resamples x systems)."""
        n = weights.shape[1]
        shift = weights @ self._deviations / n
        variance = np.maximum(weights @ self._deviations**2 / n - shift**2, 0.0)
        counted = self.means + shift - np.sqrt(variance / (n - 1))
        return weights @ self._baselines / n, counted

    @property
    def documents(self) -> int:
        return len(self._baselines)

    @property
    def helped(self) -> NDArray[np.bool_]:
        """The systems that gained more than a standard error."""
        counted: Floats = self.counted(np.ones((1, self.documents)))[1][0]
        return np.greater(counted, _SAME)


def _tables(groups: Sequence[Group]) -> tuple[Floats, Floats]:
    if not groups:
        return np.empty((0, 0)), np.empty((0, 0))
    if len({len(part) for group in groups for part in (group.baseline, group.other)}) != 1:
        raise UsageError("a cut is fitted to systems that read the same documents")
    baselines = np.array([group.baseline for group in groups], dtype=np.float64)
    others = np.array([group.other for group in groups], dtype=np.float64)
    if not (np.isfinite(baselines).all() and np.isfinite(others).all()):
        raise UsageError("the quality of a document is not a number")
    return baselines, others


def _resampled(sums: _Sums, resamples: int, seed: int) -> Floats:
    """The cut of each resample that has one."""
    systems = len(sums.means)
    # Another stream than that of the documents: with one, both draws would go together.
    other = int(np.random.SeedSequence(seed).generate_state(2, np.uint64)[1])
    times = np.concatenate(list(draws(systems, resamples, other)))
    cuts: list[Floats] = []
    first = 0
    for weights in draws(sums.documents, resamples, seed):
        left, right = _chosen(*sums.counted(weights), times[first : first + len(weights)])
        cuts.append((left + right) / 2)
        first += len(weights)
    every = np.concatenate(cuts)
    return every[~np.isnan(every)]


def _chosen(baselines: Floats, counted: Floats, times: Floats) -> tuple[Floats, Floats]:
    """The baselines next to the best cut, NaN where there is none on that side, in each resample.

    Arrays are resamples x systems; ``times`` is how often each system was drawn.
    """
    rows, systems = baselines.shape
    drawn = times > 0
    order = np.argsort(np.where(drawn, baselines, np.inf), axis=1, kind="stable")
    ascending = np.take_along_axis(np.where(drawn, baselines, np.nan), order, axis=1)
    values = np.take_along_axis(counted * times, order, axis=1)
    edge = np.full((rows, 1), np.nan)
    lefts, rights = np.hstack([edge, ascending]), np.hstack([ascending, edge])
    benefit = np.hstack([np.zeros((rows, 1)), np.cumsum(values, axis=1)])
    # Equal baselines cannot be cut apart; beyond the systems that were drawn there is no cut.
    place = np.arange(systems + 1)[None, :]
    possible = (place == 0) | (place == drawn.sum(axis=1)[:, None]) | (rights - lefts > _SAME)
    benefit = np.where(possible, benefit, -np.inf)
    best = np.argmax(benefit >= benefit.max(axis=1, keepdims=True) - _SAME, axis=1)[:, None]
    left = np.take_along_axis(lefts, best, axis=1)[:, 0]
    right = np.take_along_axis(rights, best, axis=1)[:, 0]
    return left, right


def _reason(sums: _Sums, *, treated: bool, what: str) -> str:
    helped, systems = int(sums.helped.sum()), len(sums.means)
    if helped == 0:
        some = "none of the systems" if systems > 1 else "not even the only one"
        return f"{what} helped {some} by more than a standard error"
    if helped == systems:
        return f"{what} helped " + ("all of the systems" if systems > 1 else "the only system")
    end = "all" if treated else "none"
    return f"{what} helped {helped} of {systems} systems, and no cut does better than {end} of them"


def _known(value: float) -> float | None:
    return None if np.isnan(value) else value
