"""Train the tagger on the synthetic corpus and write the model that ships.

    python -m training.tagger train             the shipped model: two cores, an hour at most
    python -m training.tagger train --smoke     the same steps on little, about half a minute
    python -m training.tagger thresholds FILE   choose when a model is believed
    python -m training.tagger ship FILE         put a trained file and its card into the package

``train`` writes ``--out FILE`` (the model) and beside it ``FILE.json`` (its card).
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

from sekisho.phi.detectors.tagger import TaggerDetector, thresholds
from sekisho.phi.detectors.tagger.modelfile import SHIPPED, digest_of, load
from sekisho.phi.learning.examples import stream
from sekisho.phi.learning.export import export
from sekisho.phi.learning.fitting import Plan, fit, logits_of, prepare
from sekisho.phi.learning.network import Shape, Tagger
from training.tagger.data import examples, vocabulary
from training.tagger.scores import (
    calibration,
    exact,
    features_of,
    fitted_temperature,
    unseen_names,
)
from training.tagger.thresholds import choose, data_file

CARD = SHIPPED.with_name("card.json")
UNSEEN = Path(__file__).parents[2] / "benchmarks" / "unseen" / "sentences.txt"
_UNSEEN_SEED = 1_000_003


@dataclass(frozen=True)
class Recipe:
    """Everything that the shipped file depends on, its seed apart."""

    documents: int
    held_out: int
    least: int
    shape: dict[str, object]
    plan: Plan


FULL = Recipe(documents=60_000, held_out=600, least=2, shape={}, plan=Plan(passes=2.0))
SMOKE = Recipe(
    documents=240,
    held_out=40,
    least=2,
    shape={"width": 64, "dilations": (1, 2, 4, 8)},
    plan=Plan(passes=6.0, batch=8, size=256),
)


def train(recipe: Recipe, seed: int, out: Path, jobs: int) -> dict[str, object]:
    """Make the corpus, fit, calibrate, export, score; the card of what came out."""
    begun = time.monotonic()
    plan = replace(recipe.plan, seed=seed)
    made = examples(seed, recipe.documents, jobs=jobs)
    held_out = examples(seed + _UNSEEN_SEED, recipe.held_out, jobs=jobs, unseen=True)
    characters = vocabulary(made, recipe.least)
    total = sum(len(each.text) for each in made)
    _tell(f"{len(made):,} documents, {total:,} characters, {len(characters):,} different ones")
    prepare(seed, plan.threads)
    network = Tagger(Shape(len(characters), **recipe.shape))  # type: ignore[arg-type]
    features, labels = stream(made, characters, network.shape.gap)
    fit(network, features, labels, plan, told=_tell)
    scorer = partial(logits_of, network)
    temperature = fitted_temperature(held_out[: len(held_out) // 2], characters, scorer)
    samples = [features_of(each, characters) for each in made[:: max(1, len(made) // 60)]]
    card: dict[str, object] = {
        "seed": seed,
        "documents": len(made),
        "characters": total,
        "spans": int(sum((each.labels % 2 == 1).sum() for each in made if len(each.labels))),
        "vocabulary": len(characters),
        "parameters": sum(weight.numel() for weight in network.parameters()),
        "plan": asdict(plan),
    }
    export(network, characters, samples, temperature=temperature, card=card, path=out)
    # Scored is what ships: the quantised file, on the half that the temperature did not see.
    shipped = load(out)
    unseen = held_out[len(held_out) // 2 :]
    described = {
        "sha256": shipped.digest,
        "bytes": out.stat().st_size,
        **card,
        "temperature": shipped.temperature,
        "scores": {
            "synthetic, sentences never seen": exact(unseen, characters, shipped.logits),
            "calibration error": round(
                calibration(unseen, characters, shipped.logits, shipped.temperature), 4
            ),
        },
    }
    _tell(f"{time.monotonic() - begun:,.0f} s in all")
    return described


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("action", choices=("train", "thresholds", "ship"))
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--out", type=Path, default=Path("tagger.onnx"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--smoke", action="store_true")
    parser.add_argument("--documents", type=int, help="another size of the corpus, for trials")
    chosen = parser.parse_args()
    if chosen.action == "train":
        recipe = SMOKE if chosen.smoke else FULL
        if chosen.documents:
            recipe = replace(recipe, documents=chosen.documents)
        card = train(recipe, chosen.seed, chosen.out, chosen.jobs)
        text = json.dumps(card, ensure_ascii=False, indent=2) + "\n"
        chosen.out.with_suffix(".json").write_text(text, encoding="utf-8")
        print(text)
        return 0
    if chosen.file is None:
        parser.error("name the model file")
    if chosen.action == "thresholds":
        text = data_file(choose(chosen.file, thresholds()))
        SHIPPED.with_name("thresholds.toml").write_text(text, encoding="utf-8")
        return 0
    card = json.loads(chosen.file.with_suffix(".json").read_text(encoding="utf-8"))
    if card["sha256"] != digest_of(chosen.file.read_bytes()):
        parser.error("the card beside the file belongs to another file")
    found = unseen_names(UNSEEN, TaggerDetector(chosen.file))
    card["scores"]["names never seen, hand-written sentences"] = found
    shutil.copyfile(chosen.file, SHIPPED)
    CARD.write_text(json.dumps(card, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
