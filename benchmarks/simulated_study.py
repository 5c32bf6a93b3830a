"""Does a study find what was planted? Whole studies on simulated models whose truth is known.

    python benchmarks/simulated_study.py [--seeds 20] [--documents 100] [--editor rules|gepa]

SIMULATED: no language model has a part in this, and no figure here says anything about one. Six
simulated models err by stated profiles (``sekisho.optimization.simulation``), and a study of all
five phases looks for the best prompt, the review and the split points. Each seed makes other
reports and other luck. Told is how often a study found:

features   all planted best features of a model in the prompt that it goes on with
harmless   none of its harmful features there
split      the cut between the long and the short prompt separates the models as planted
threshold  the cut below which a review pays separates the models as planted
refined    a review adopted for a model that it helps, which gains on the held-out reports too
spared     no review adopted for the excellent model, or none that costs it on the held-out reports
winner     the excellent model chosen for the recipe
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import fmean

from sekisho.evaluation.gold import GoldDocument, to_rows
from sekisho.evaluation.scoring import quality
from sekisho.models.seam import Origin
from sekisho.optimization.budget import Expected, Purse
from sekisho.optimization.outcome import Outcome
from sekisho.optimization.prompt_texts import told
from sekisho.optimization.readers import Asked, LlmReader
from sekisho.optimization.records import Rule
from sekisho.optimization.result import ArmResult, ModelCard, Phase, Prompt, Refine
from sekisho.optimization.running import Job, run
from sekisho.optimization.simulation import (
    Profile,
    SimulatedModel,
    documents,
    profile,
    profiles,
)
from sekisho.optimization.simulation.features import present
from sekisho.optimization.simulation.profile import between
from sekisho.optimization.study import (
    DataSettings,
    Editor,
    FinalSettings,
    ModelEntry,
    PromptSettings,
    Study,
)
from sekisho.phi.detectors.llm.passages import LONGEST
from sekisho.phi.detectors.llm.refining import parse_policy

_SYNTHETIC = "made by sekisho.optimization.simulation"


@dataclass
class Found:
    """What one study found; a mapping says it by model, None where there was nothing to find."""

    seed: int
    seconds: float = 0.0
    calls: int = 0
    features: dict[str, bool] = field(default_factory=dict)
    harmless: dict[str, bool] = field(default_factory=dict)
    split: bool = False
    threshold: bool = False
    refined: dict[str, bool] = field(default_factory=dict)
    spared: bool = False
    winner: bool = False
    told: dict[str, object] = field(default_factory=dict)


class _Quiet:
    """Nobody is told."""

    def plan(self, calls: Expected, study: Study) -> None:
        """See ``running.Planning``."""

    def phase(self, number: int, title: str, calls: int) -> None:
        """See ``bench.Telling``."""

    def arm(self, name: str, readings: int) -> None:
        """See ``bench.Telling``."""

    def reading(self, spent: Purse) -> None:
        """See ``bench.Telling``."""

    def note(self, line: str) -> None:
        """See ``bench.Telling``."""


def studied(
    seed: int, *, size: int, held_out: int, repeats: int, editor: Editor, rounds: int, folder: Path
) -> Outcome:
    """One study of all profiles, in ``folder``."""
    reports = documents(size + held_out, seed)
    _write(folder / "development.jsonl", reports[:size])
    _write(folder / "held_out.jsonl", reports[size:])
    study = Study(
        name=f"simulated-{seed}",
        seeds=tuple(range(10 * seed + 1, 10 * seed + 1 + repeats)),
        data=DataSettings(
            development=str(folder / "development.jsonl"),
            held_out=str(folder / "held_out.jsonl"),
            synthetic=_SYNTHETIC,
        ),
        models=tuple(ModelEntry(name=name, simulated=name) for name in profiles()),
        prompts=PromptSettings(
            best=len(profiles()),
            editor=editor,
            rounds=rounds,
            proposer="simulated" if editor == "gepa" else "",
        ),
        final=FinalSettings(finalists=3),
        resamples=1000,
    )
    job = Job(study=study, out=folder / "out")
    return asyncio.run(run(job, _Quiet(), lambda: "2000-01-01T00:00:00+00:00"))


def judged(seed: int, outcome: Outcome, seconds: float, reports: Sequence[GoldDocument]) -> Found:
    """What ``outcome`` found of what was planted; ``reports`` are those that nothing was fitted to.

    Raises ``SystemExit`` when the study has no end.
    """
    if outcome.stopped is not None:
        sys.exit(f"the study stopped: {outcome.stopped}")
    result = outcome.result("2000-01-01T00:00:00+00:00")
    if result.marks != ("SIMULATED",) or any(one.origin != "simulated" for one in result.models):
        sys.exit("a study of simulated models is not marked so")
    found = Found(seed, seconds, sum(spend.calls for spend in result.spending))
    chosen = [profile(name) for name in profiles()]
    first, second, third, fourth = result.phases[:4]
    prompts = {prompt.name: prompt for prompt in result.prompts}
    reviews: dict[str, list[object]] = {}
    plain = _plain(fourth)
    for each in chosen:
        held = present(prompts[plain[each.name].prompt].text)
        if each.best_features:
            found.features[each.name] = each.best_features <= held
        found.harmless[each.name] = not each.harmful_features & held
        adopted = _adopted(fourth, each)
        worth = 0.0
        if adopted.refine.policy != "never":
            reads = SimulatedModel(each, seed=outcome.study.seeds[0], knows=reports)
            worth = asyncio.run(_worth(reads, prompts[adopted.prompt], adopted.refine, reports))
        if each.planted.review == "helps":
            found.refined[each.name] = worth > 0
        else:
            found.spared = worth >= 0
        reviews[each.name] = [adopted.refine.policy, adopted.refine.wording, round(worth, 2)]
    found.split = _separates(second, {arm.model: _quality(arm) for arm in first.arms}, chosen)
    found.threshold = _separates(
        fourth, {name: _quality(arm) for name, arm in plain.items()}, chosen
    )
    found.winner = outcome.winner is not None and outcome.winner.name == "excellent"
    found.told = {
        "split": _shown(second),
        "threshold": _shown(fourth),
        "qualities": {name: round(_quality(arm), 1) for name, arm in plain.items()},
        "features": {
            name: sorted(present(prompts[arm.prompt].text)) for name, arm in plain.items()
        },
        "reviews": reviews,
        "lines": list(third.decisions),
    }
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the studies and print how often they found what was planted."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--documents", type=int, default=100)
    parser.add_argument("--held-out", type=int, default=60)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--editor", choices=("rules", "gepa"), default="rules")
    parser.add_argument("--json", type=Path)
    stated = parser.parse_args(arguments)
    print("SIMULATED: no language model has a part in these figures")
    studies = []
    for seed in range(stated.first_seed, stated.first_seed + stated.seeds):
        began = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            outcome = studied(
                seed,
                size=stated.documents,
                held_out=stated.held_out,
                repeats=stated.repeats,
                editor=stated.editor,
                rounds=stated.rounds,
                folder=Path(folder),
            )
            seconds = time.perf_counter() - began
        reports = documents(stated.documents + stated.held_out, seed)[stated.documents :]
        studies.append(judged(seed, outcome, seconds, reports))
        print(_line(studies[-1]), flush=True)
    for line in _summary(studies):
        print(line)
    if stated.json is not None:
        rows = {"marks": ["SIMULATED"], "studies": [asdict(one) for one in studies]}
        stated.json.write_text(json.dumps(rows, ensure_ascii=False, indent=1), encoding="utf-8")


def _write(path: Path, reports: Sequence[GoldDocument]) -> None:
    rows = (json.dumps(row, ensure_ascii=False) for row in to_rows(reports))
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")


def _plain(phase: Phase) -> dict[str, ArmResult]:
    """The arm of each model without a review."""
    return {arm.model: arm for arm in phase.arms if arm.refine.policy == "never"}


def _quality(arm: ArmResult) -> float:
    if arm.quality.value is None:
        sys.exit(f"{arm.id} has no quality")
    return arm.quality.value


def _adopted(phase: Phase, each: Profile) -> ArmResult:
    """The arm that a model goes on with."""
    return next(arm for arm in phase.arms if arm.model == each.name and arm.id in phase.chosen)


async def _worth(
    model: SimulatedModel, prompt: Prompt, refine: Refine, reports: Sequence[GoldDocument]
) -> float:
    """What the review ``refine`` gains on ``reports``, in quality."""
    card = ModelCard(
        name=model.name, model="", digest="", server="simulated", origin=Origin.SIMULATED
    )
    reader = LlmReader(model, card, longest=LONGEST)
    policy = parse_policy(refine.policy, additions=refine.keep == "additions")
    rule = Rule(policy, refine.wording, refine.keep)
    asked = Asked(said=told(prompt, "ja"), language="ja", seed=1, wordings=(refine.wording,))
    gains = []
    for report in reports:
        record = await reader.read(report, asked)
        with_it, without = record.trial(report.id, rule), record.trial(report.id)
        gains.append(quality(report, with_it) - quality(report, without))
    return fmean(gains)


def _separates(phase: Phase, measured: dict[str, float], chosen: Sequence[Profile]) -> bool:
    """Whether the cut of ``phase`` lies between the models as planted."""
    if phase.threshold is None or phase.threshold.at is None:
        return False
    low, high = between(phase.threshold.what, measured, chosen)
    return low < phase.threshold.at < high


def _shown(phase: Phase) -> list[float | None]:
    cut = phase.threshold
    if cut is None or cut.at is None:
        return []
    return [each if each is None else round(each, 1) for each in (cut.low, cut.at, cut.high)]


def _line(found: Found) -> str:
    return (
        f"seed {found.seed}: {found.seconds:.0f} s, {found.calls} calls; "
        f"features {sum(found.features.values())}/{len(found.features)}, "
        f"harmless {sum(found.harmless.values())}/{len(found.harmless)}, "
        f"refined {sum(found.refined.values())}/{len(found.refined)}, "
        f"split {found.told['split']} {found.split}, "
        f"threshold {found.told['threshold']} {found.threshold}, "
        f"spared {found.spared}, winner {found.winner}"
    )


def _summary(studies: Sequence[Found]) -> Iterator[str]:
    count = len(studies)
    yield ""
    yield f"| found, of {count} studies (SIMULATED) | |"
    yield "| --- | --- |"
    for name in ("features", "harmless", "refined"):
        by_model: Counter[str] = Counter()
        for one in studies:
            by_model.update({model: int(yes) for model, yes in getattr(one, name).items()})
        for model in sorted(by_model):
            yield f"| {name}: {model} | {by_model[model]}/{count} |"
    for name in ("split", "threshold", "spared", "winner"):
        yield f"| {name} | {sum(getattr(one, name) for one in studies)}/{count} |"


if __name__ == "__main__":
    main()
