"""Choosing when the tagger is believed: recall first, on documents that nothing was trained on.

The whole stack reads the develop half and the practice documents again and again. First the lean
and one lowest probability for all categories are searched, then each category's own. What is made
small is leaked characters plus over-redaction, both as shares: since ordinary text is three times
as long as identifiers are, a leaked character weighs as much as three redacted without need. Beyond
``_BUDGET`` over-redaction counts tenfold: these documents are known to rules and lists, others are
not, and 1.5 % is the most that they may lose. The check half and the sealed set are not touched.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sekisho.documents.document import Document, Span
from sekisho.evaluation.gold import GoldDocument, read_gold
from sekisho.evaluation.phi import evaluate, predict
from sekisho.phi.categories import Category
from sekisho.phi.detection import Detector
from sekisho.phi.detectors.tagger import TaggerDetector, Thresholds
from sekisho.phi.stack import UNTRAINED, Stack, build

__all__ = ["choose", "data_file"]

_GOLD = Path(__file__).parents[2] / "benchmarks" / "gold"
_LEANS = (0.0, 1.0, 2.0)
_LEAST = (0.5, 0.65, 0.8)
_OWN = (0.5, 0.65, 0.8, 0.9, 0.95)
#: A name without any cue is what the tagger is for: people are never asked for more.
_MOST_FOR_PEOPLE = 0.8
#: Three thousandths more than rules and lists alone.
_BUDGET = 0.0092


class _Once:
    """A detector that reads each document once."""

    def __init__(self, detector: Detector) -> None:
        self.name = detector.name
        self._detector = detector
        self._found: dict[str, Sequence[Span]] = {}

    def detect(self, document: Document) -> Sequence[Span]:
        if document.text not in self._found:
            self._found[document.text] = self._detector.detect(document)
        return self._found[document.text]


class _Remembering(TaggerDetector):
    """A tagger whose network reads each document once, whatever the thresholds."""

    seen: dict[str, NDArray[np.float32]]

    def _logits(self, document: Document) -> NDArray[np.float32]:
        if document.text not in self.seen:
            self.seen[document.text] = super()._logits(document)
        return self.seen[document.text]


class _Search:
    def __init__(self, model: Path) -> None:
        self._gold = (*read_gold(_GOLD / "develop"), *read_gold(_GOLD / "practice"))
        self._others = tuple(_Once(detector) for detector in build(UNTRAINED).detectors)
        self._model = model
        self._seen: dict[str, NDArray[np.float32]] = {}
        _tell("without the tagger", *_measured(self._gold, Stack(self._others)))

    def cost(self, tried: Thresholds, told: str) -> float:
        """What the stack leaks and over-redacts with the thresholds ``tried``."""
        tagger = _Remembering(self._model, tried)
        tagger.seen = self._seen
        figures = _measured(self._gold, Stack((*self._others, tagger)))
        _tell(told, *figures)
        leaked, over = figures
        return leaked + over + 10 * max(0.0, over - _BUDGET)


def choose(model: Path, start: Thresholds) -> Thresholds:
    """The thresholds for ``model``; ``start`` gives what is not searched."""
    search = _Search(model)
    together = [
        replace(start, lean=lean, least={str(each): least for each in Category})
        for lean, least in product(_LEANS, _LEAST)
    ]
    best = min(
        together,
        key=lambda tried: search.cost(tried, f"lean {tried.lean}, least {tried.least['NAME']}"),
    )
    lowest = search.cost(best, "best for all together")
    for category in map(str, Category):
        for least in _OWN:
            if category in (Category.NAME, Category.STAFF) and least > _MOST_FOR_PEOPLE:
                continue
            tried = replace(best, least={**best.least, category: least})
            if tried != best and (cost := search.cost(tried, f"{category} {least}")) < lowest:
                best, lowest = tried, cost
    search.cost(best, "best")
    return best


def data_file(chosen: Thresholds) -> str:
    """The text of ``thresholds.toml``."""
    least = "\n".join(f"{name} = {value}" for name, value in chosen.least.items())
    return (
        "# When a span of the tagger is believed; chosen for recall by\n"
        "# python -m training.tagger thresholds FILE\n"
        "# source: benchmarks/gold, develop and practice; nothing was trained on them\n"
        f"lean = {chosen.lean}\n"
        f"shielded = {chosen.shielded}\n"
        f"ceiling = {chosen.ceiling}\n"
        "\n"
        "# The lowest probability at which a span of each category is believed.\n"
        f"[least]\n{least}\n"
    )


def _measured(gold: tuple[GoldDocument, ...], stack: Stack) -> tuple[float, float]:
    """Leaked characters and over-redaction of ``stack`` on ``gold``."""
    predictions = predict(gold, lambda document: stack.read(document).spans)
    figures = evaluate(gold, predictions, resamples=1).figures
    leak, over = figures["leaked_characters"].estimate, figures["over_redaction"].estimate
    assert leak.value is not None
    assert over.value is not None
    return leak.value, over.value


def _tell(what: str, leaked: float, over: float) -> None:
    print(f"{what}: leaked {leaked:.4f}, over-redaction {over:.4f}", file=sys.stderr, flush=True)
