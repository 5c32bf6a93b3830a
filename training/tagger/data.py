"""The corpus as examples, made by several processes, the same whatever their number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from sekisho.phi.detectors.tagger.encoding import Vocabulary
from sekisho.phi.learning.examples import Example, example
from training.corpus.compose import compose

__all__ = ["examples", "vocabulary"]

_CHUNK = 100


def examples(seed: int, count: int, *, jobs: int, unseen: bool = False) -> list[Example]:
    """The first ``count`` documents of the corpus of ``seed``, encoded."""
    starts = range(0, count, _CHUNK)
    make = partial(_make, seed, unseen, count)
    if jobs == 1:
        return [each for start in starts for each in make(start)]
    with ProcessPoolExecutor(jobs) as pool:
        return [each for made in pool.map(make, starts) for each in made]


def _make(seed: int, unseen: bool, count: int, start: int) -> list[Example]:
    made = []
    for number in range(start, min(start + _CHUNK, count)):
        document = compose(seed, number, unseen=unseen)
        if document.text.strip():
            made.append(example(document.text, document.spans))
    return made


def vocabulary(made: Iterable[Example], least: int) -> Vocabulary:
    """The characters that stand at least ``least`` times in the examples, most frequent first."""
    counts: Counter[str] = Counter()
    for each in made:
        counts.update(each.text)
    chosen = [sign for sign, count in counts.items() if count >= least]
    return Vocabulary("".join(sorted(chosen, key=lambda sign: (-counts[sign], sign))))
