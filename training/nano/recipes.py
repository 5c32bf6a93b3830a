"""The three recipes, and how a file and its entry in the card are made from one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from training.nano.examples import passages
from training.nano.fitting import Plan, fit
from training.nano.gguf_file import Shape, write_llama
from training.nano.tokens import tokens_of

__all__ = ["PURPOSE", "RECIPES", "TEMPLATE", "Recipe", "remember", "train"]

TEMPLATE = Path(__file__).with_name("template.jinja")
PURPOSE = (
    "A test fixture: trained on invented text for a real engine and real mistakes in tests;"
    " never a model for users, and its scores say nothing about any other model."
)
#: Corpus seeds of the training documents begin here.
_CORPUS_SEED = 40_000
_CONTEXT = 4096


@dataclass(frozen=True)
class Recipe:
    """Everything that a file depends on, its seed and the corpus apart."""

    documents: int
    hidden: int
    layers: int
    heads: int
    feed_forward: int
    plan: Plan


RECIPES = {
    "weak": Recipe(12_000, 128, 4, 2, 352, Plan(1_500, 3072, rate=2.5e-3, warm_up=0.05)),
    "strong": Recipe(24_000, 128, 6, 2, 352, Plan(3_000, 3072, rate=2.5e-3, warm_up=0.05)),
    "smoke": Recipe(60, 64, 2, 1, 128, Plan(steps=30, batch=1024, compiled=False)),
}


def train(
    recipe: Recipe,
    seed: int,
    out: Path,
    *,
    name: str,
    told: Callable[[str], None] = lambda line: None,
) -> dict[str, Any]:
    """Make the passages, fit, write the GGUF file; what the card says of it, scores apart.

    An interrupted training goes on from ``out`` with ``.checkpoint`` behind its name.
    """
    plan = replace(recipe.plan, seed=seed)
    made = list(passages(_CORPUS_SEED + seed, range(recipe.documents)))
    tokens = tokens_of((each.text for each in made), least=2)
    shape = Shape(
        vocabulary=len(tokens.tokens),
        hidden=recipe.hidden,
        layers=recipe.layers,
        heads=recipe.heads,
        kv_heads=recipe.heads,
        feed_forward=recipe.feed_forward,
        context=_CONTEXT,
    )
    told(f"{len(made):,} passages, {len(tokens.tokens):,} tokens")
    checkpoint = out.with_name(out.name + ".checkpoint")
    network, loss, seconds = fit(shape, tokens, made, plan, checkpoint=checkpoint, told=told)
    weights = network.weights()
    write_llama(
        out,
        weights,
        shape=shape,
        tokens=tokens,
        chat_template=TEMPLATE.read_text(encoding="utf-8"),
        quantize=True,
        name=f"sekisho test fixture: {name}",
    )
    checkpoint.unlink(missing_ok=True)
    return {
        "purpose": PURPOSE,
        "sha256": hashlib.sha256(out.read_bytes()).hexdigest(),
        "bytes": out.stat().st_size,
        "seed": seed,
        "parameters": sum(weight.size for weight in weights.values()),
        "shape": asdict(shape),
        "passages": len(made),
        "plan": asdict(plan),
        "seconds": round(seconds),
        "loss": round(loss, 4),
    }


def remember(file: Path, entry: dict[str, Any]) -> None:
    """Write or complete the entry of ``file`` in the card beside it.

    Raises ``ValueError`` when neither the entry nor the card gives the hash that the file has.
    """
    card = file.with_name("card.json")
    known = json.loads(card.read_text(encoding="utf-8")) if card.exists() else {}
    whole = known.get(file.name, {}) | entry
    if whole.get("sha256") != hashlib.sha256(file.read_bytes()).hexdigest():
        raise ValueError("the card beside the file knows another file of this name")
    known[file.name] = whole
    text = json.dumps(known, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    card.write_text(text, encoding="utf-8")
