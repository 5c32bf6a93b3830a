"""What self-refine is worth with two tiny models, on synthetic reports they were not trained on.

    python benchmarks/refine.py tests/nano/weak.gguf tests/nano/strong.gguf [--count 100]

Tiny models of a few million parameters, trained for the tests alone: a real engine and real
mistakes, and no measure of what a model for users would do. Each report is asked about once and
each answer reviewed once in both wordings; the rows differ in what is kept of the review.

A report without an answer that fits is held, before or behind the review; it counts as ``held``
and in no other measure but the rules. Measures, each with a bootstrap interval over reports:

recall     identifiers of the report that are covered by values of the answer, whole
boundary   values that touch an identifier which are one exactly
purity     values in the text which touch no more than one identifier
precision  values in the text which touch an identifier
rules      reports whose answer was valid at the first attempt, with every value in the text
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sekisho.documents.document import Document
from sekisho.errors import ModelError
from sekisho.evaluation.bootstrap import Estimate, ratio, resampled_totals
from sekisho.models.answers import Answer, ask
from sekisho.models.gguf import GgufModel
from sekisho.models.prompt_files import fill
from sekisho.models.seam import Message, Request
from sekisho.phi.detectors.llm.grounding import Ground
from sekisho.phi.detectors.llm.listing import PhiItem, PhiList
from sekisho.phi.detectors.llm.prompts import prompts
from sekisho.phi.detectors.llm.refining import parse_policy, refine

ROOT = Path(__file__).parents[1]
_CONTEXT = 2048
#: (name, wording, what is kept): improved, additions, or whatever the review says.
_ROWS = (
    ("conservative, kept where the checks improve", "conservative", "improved"),
    ("conservative, its additions kept too", "conservative", "additions"),
    ("conservative, kept always", "conservative", "always"),
    ("recall, kept where the checks improve", "recall", "improved"),
    ("recall, its additions kept too", "recall", "additions"),
    ("recall, kept always", "recall", "always"),
)
_MEASURES = ("recall", "boundary", "purity", "precision", "rules")

Spans = Sequence[tuple[int, int, str]]


@dataclass(frozen=True)
class Judged:
    """Counts of one report: (count, out of) for each measure, and the seconds it took."""

    counts: tuple[tuple[int, int], ...]
    seconds: float
    held: bool = False


def judged(
    text: str, gold: Spans, items: Sequence[PhiItem], followed: bool, seconds: float
) -> Judged:
    """What the answer ``items`` is worth; ``followed``: it was valid at the first attempt."""
    ground = Ground(Document("", text))
    covered: set[int] = set()
    touching = exact = pure = grounded = 0
    for item in items:
        places = ground.places(item.value, item.type)
        if not places:
            continue
        grounded += 1
        for start, end in places:
            covered.update(range(start, end))
        # The same value may stand in several places; the one that fits best is meant.
        met = [
            [each for each in gold if each[0] < end and start < each[1]] for start, end in places
        ]
        own = {each[:2] for found in met for each in found}
        fits = not own.isdisjoint(places)
        touching += any(met)
        exact += fits
        pure += fits or all(len(found) <= 1 for found in met)
    whole = sum(covered.issuperset(range(start, end)) for start, end, _ in gold)
    rules = followed and grounded == len(items)
    return Judged(
        (
            (whole, len(gold)),
            (exact, touching),
            (pure, grounded),
            (touching, grounded),
            (int(rules), 1),
        ),
        seconds,
    )


def failed(seconds: float) -> Judged:
    """A report without an answer: it is held, and no rule was followed."""
    return Judged(((0, 0), (0, 0), (0, 0), (0, 0), (0, 1)), seconds, held=True)


async def measured(file: Path, count: int, seed: int) -> dict[str, list[Judged]]:
    """The judgements of every row on ``count`` reports."""
    from training.nano.examples import reports

    model = GgufModel(name=file.stem, path=file, context=_CONTEXT, slots=1, threads=1)
    rows: dict[str, list[Judged]] = {}
    try:
        for _, text, gold in reports(count, seed):
            await _one(model, text, gold, rows)
    finally:
        await model.aclose()
    return rows


async def _one(model: GgufModel, text: str, gold: Spans, rows: dict[str, list[Judged]]) -> None:
    passage = Document("", text)
    said = prompts("ja", "short", "conservative")
    request = Request(
        messages=(Message("system", said.extract), Message("user", fill(said.report, text=text))),
        max_tokens=256 + len(text),
    )
    began = time.perf_counter()
    try:
        first: Answer[PhiList] = await ask(model, request, PhiList, reprimand=said.invalid)
    except ModelError:
        for name in ("before", *(each[0] for each in _ROWS)):
            rows.setdefault(name, []).append(failed(time.perf_counter() - began))
        return
    took = time.perf_counter() - began
    items, followed = first.value.phi_list, first.attempts == 1
    rows.setdefault("before", []).append(judged(text, gold, items, followed, took))
    for name, wording, keep in _ROWS:
        said = prompts("ja", "short", wording)
        began = time.perf_counter()
        try:
            if keep == "always":
                revised, valid = await _revised(model, request, passage, items, wording)
            else:
                policy = parse_policy("always", additions=keep == "additions")
                refined = await refine(model, request, passage, items, said, policy)
                revised, valid = refined.items, followed
            spent = took + time.perf_counter() - began
            row = judged(text, gold, revised, followed and valid, spent)
        except ModelError:
            row = failed(took + time.perf_counter() - began)
        rows.setdefault(name, []).append(row)


async def _revised(
    model: GgufModel, request: Request, passage: Document, items: tuple[PhiItem, ...], wording: str
) -> tuple[tuple[PhiItem, ...], bool]:
    """What the review says, without any check of it."""
    from sekisho.phi.detectors.llm.checks import check
    from sekisho.phi.detectors.llm.refining import review_request

    said = prompts("ja", "short", wording)
    asked = review_request(request, passage, items, check(passage, items), said)
    answer = await ask(model, asked, PhiList, reprimand=said.invalid)
    return answer.value.phi_list, answer.attempts == 1


def estimates(row: Sequence[Judged]) -> list[Estimate]:
    """The measures of one row, in their order."""
    table = np.array([[n for pair in each.counts for n in pair] for each in row], dtype=np.int64)
    resampled = resampled_totals(table)
    totals = table.sum(axis=0)
    return [
        ratio(
            int(totals[2 * at]),
            int(totals[2 * at + 1]),
            resampled[:, 2 * at],
            resampled[:, 2 * at + 1],
        )
        for at in range(len(_MEASURES))
    ]


def shown(estimate: Estimate) -> str:
    """A share in percent with its interval."""
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return "-"
    return f"{100 * estimate.value:.1f} ({100 * estimate.low:.1f}-{100 * estimate.high:.1f})"


def main() -> int:
    sys.path.insert(0, str(ROOT))
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("models", type=Path, nargs="+")
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=41)
    chosen = parser.parse_args()
    print(f"| tiny model | review | {' | '.join(_MEASURES)} | held | s a report |")
    print("| --- " * (len(_MEASURES) + 4) + "|")
    for file in chosen.models:
        rows = asyncio.run(measured(file, chosen.count, chosen.seed))
        for name, row in rows.items():
            cells = [shown(each) for each in estimates(row)]
            seconds = sum(each.seconds for each in row) / len(row)
            cells += [str(sum(each.held for each in row)), f"{seconds:.3f}"]
            print(f"| {file.stem} | {name} | {' | '.join(cells)} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
