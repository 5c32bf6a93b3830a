"""Fitting a tiny model: batches of like length, the loop, its schedule and its checkpoints."""

from __future__ import annotations

import math
import os
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from training.nano.examples import Passage
from training.nano.exercises import IGNORED, MARKS, Encoded, copying, drawn, encoded, listing
from training.nano.gguf_file import Shape
from training.nano.network import Llama, Trainee
from training.nano.tokens import Tokens

__all__ = ["Plan", "fit", "prepare"]

#: Exercises are drawn so many at a time and sorted by length, so that batches need little padding.
_POOL = 1024
#: At first a part of the exercises are mere copying, more are listings, and the passages are short:
#: a model that has not found out how to copy and to go in order learns little from long ones.
_COPIES = 0.15
_LISTINGS = 0.55
_LATER_LISTINGS = 0.06
_EASY = 100
_CHECKPOINT_S = 120.0


@dataclass(frozen=True)
class Plan:
    """How to fit: ``steps`` batches of about ``batch`` tokens, learning rate and decay.

    ``marks`` is the weight of the second task's loss; ``compiled`` takes a minute to begin and is
    then twice as fast.
    """

    steps: int
    batch: int = 4096
    rate: float = 2e-3
    warm_up: float = 0.03
    decay: float = 0.02
    marks: float = 0.3
    threads: int = 1
    seed: int = 1
    compiled: bool = True
    easy_pools: int = 5


def prepare(seed: int, threads: int) -> None:
    """Make what follows depend on ``seed`` alone."""
    torch.manual_seed(seed)
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)
    # Nothing here reads memory that it did not write; filling it first costs a twentieth.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]


def fit(
    shape: Shape,
    tokens: Tokens,
    passages: Sequence[Passage],
    plan: Plan,
    *,
    checkpoint: Path | None = None,
    told: Callable[[str], None] = lambda line: None,
) -> tuple[Llama, float, float]:
    """A model trained by ``plan``, the loss of its answers at the end, and the seconds it took.

    The loss is in nats a token. With ``checkpoint`` the state is kept in that file every two
    minutes, and an interrupted training goes on from there; equal arguments give equal weights
    either way. A file of another training is not used.
    """
    prepare(plan.seed, plan.threads)
    trainee = Trainee(shape, MARKS)
    optimiser = torch.optim.AdamW(_groups(trainee, plan), lr=plan.rate, betas=(0.9, 0.98))
    begun = time.monotonic()
    saved = begun
    first, heard = 0, 0.0
    earlier = 0.0
    if checkpoint is not None and checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        if state["made for"] == repr((shape, plan)):
            trainee.load_state_dict(state["trainee"])
            optimiser.load_state_dict(state["optimiser"])
            first, heard, earlier = state["step"], state["loss"], state["seconds"]
            told(f"goes on at step {first}")
    if plan.compiled:
        trainee.hasten()
    batches = _batches(tokens, passages, plan)
    for step, batch in zip(range(plan.steps), batches, strict=False):
        if step < first:
            continue
        for group in optimiser.param_groups:
            group["lr"] = plan.rate * _schedule(step / plan.steps, plan.warm_up)
        asked, marked = _losses(trainee, batch)
        optimiser.zero_grad()
        (asked + plan.marks * marked).backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(trainee.parameters(), 1.0)
        optimiser.step()
        heard = asked.item() if step == 0 else 0.98 * heard + 0.02 * asked.item()
        now = time.monotonic()
        if step % 25 == 24 or step == plan.steps - 1:
            told(
                f"step {step + 1}/{plan.steps}  loss {heard:.4f}  marks {marked.item():.4f}"
                f"  {earlier + now - begun:,.0f} s"
            )
        if checkpoint is not None and now - saved > _CHECKPOINT_S:
            saved = now
            _keep(
                checkpoint,
                {
                    "made for": repr((shape, plan)),
                    "trainee": trainee.state_dict(),
                    "optimiser": optimiser.state_dict(),
                    "step": step + 1,
                    "loss": heard,
                    "seconds": earlier + now - begun,
                },
            )
    return trainee.llama.eval(), heard, earlier + time.monotonic() - begun


def _groups(trainee: Trainee, plan: Plan) -> list[dict[str, Any]]:
    matrices = [weight for weight in trainee.parameters() if weight.ndim == 2]
    others = [weight for weight in trainee.parameters() if weight.ndim != 2]
    return [
        {"params": matrices, "weight_decay": plan.decay},
        {"params": others, "weight_decay": 0.0},
    ]


def _losses(trainee: Trainee, batch: list[Encoded]) -> tuple[Tensor, Tensor]:
    """The mean loss of a token of an answer, and that of a mark."""
    longest = max(len(each.ids) for each in batch)
    ids = np.zeros((len(batch), longest), dtype=np.int64)
    wanted = np.full((len(batch), longest), IGNORED, dtype=np.int64)
    marks = np.full((len(batch), longest), IGNORED, dtype=np.int64)
    for row, each in enumerate(batch):
        size = len(each.ids)
        ids[row, :size] = each.ids
        wanted[row, each.asked : size - 1] = each.ids[each.asked + 1 :]
        marks[row, :size] = each.marks
    asked = np.flatnonzero(wanted.ravel() != IGNORED)
    marked = np.flatnonzero(marks.ravel() != IGNORED)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        scores, signs = trainee(
            torch.from_numpy(ids), torch.from_numpy(asked), torch.from_numpy(marked)
        )
    return (
        functional.cross_entropy(scores.float(), torch.from_numpy(wanted.ravel()[asked])),
        functional.cross_entropy(signs.float(), torch.from_numpy(marks.ravel()[marked])),
    )


def _batches(tokens: Tokens, passages: Sequence[Passage], plan: Plan) -> Iterator[list[Encoded]]:
    """Batches without end; which ones depends on the plan's seed and batch size alone."""
    rng = random.Random(f"sekisho exercises {plan.seed}")
    kanji = [sign for sign in tokens.characters if "一" <= sign <= "龥"]
    signs = tokens.characters
    waiting: list[Passage] = []
    for number in count():
        easy = number < plan.easy_pools
        pool: list[Encoded] = []
        while len(pool) < _POOL:
            if not waiting:
                waiting = rng.sample(passages, len(passages))
            passage = waiting.pop()
            drawn_kind = rng.random()
            if easy and drawn_kind < _COPIES:
                pool.append(encoded(copying(rng, signs), tokens))
            elif drawn_kind < (_LISTINGS if easy else _LATER_LISTINGS):
                pool.append(encoded(listing(rng, kanji), tokens))
            elif not easy or len(passage.text) <= _EASY:
                pool.append(encoded(drawn(passage, rng, kanji), tokens))
        pool.sort(key=lambda each: len(each.ids))
        cut: list[list[Encoded]] = [[]]
        for each in pool:
            if (len(cut[-1]) + 1) * len(each.ids) > plan.batch and cut[-1]:
                cut.append([])
            cut[-1].append(each)
        rng.shuffle(cut)
        yield from cut


def _schedule(done: float, warm_up: float) -> float:
    """Linear warm-up, then half a cosine down to nearly nothing (Loshchilov and Hutter 2017)."""
    if done < warm_up:
        return done / warm_up + 1e-3
    return 0.5 * (1 + math.cos(math.pi * (done - warm_up) / (1 - warm_up))) + 1e-3


def _keep(path: Path, state: dict[str, Any]) -> None:
    part = path.with_name(path.name + ".part")
    torch.save(state, part)
    os.replace(part, path)
