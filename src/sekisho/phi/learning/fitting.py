"""Fitting a tagger: the loop, its schedule, and what keeps two runs of one seed equal."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from sekisho.phi.detectors.tagger.encoding import Vocabulary
from sekisho.phi.learning.examples import IGNORED, windows
from sekisho.phi.learning.network import Tagger

__all__ = ["Plan", "fit", "logits_of", "prepare"]


@dataclass(frozen=True)
class Plan:
    """How to fit: passes over the data, learning rate, windows of ``size`` in batches.

    ``forget_character`` is the share of characters shown as unknown, ``forget_words`` the share of
    windows shown without what the dictionary knows, so that the model leans on neither alone.
    """

    passes: float = 2.0
    rate: float = 2e-3
    size: int = 512
    batch: int = 24
    warm_up: float = 0.05
    decay: float = 0.02
    smoothing: float = 0.02
    forget_character: float = 0.02
    forget_words: float = 0.08
    threads: int = 2
    seed: int = 1


def prepare(seed: int, threads: int) -> None:
    """Make what follows depend on ``seed`` alone."""
    torch.manual_seed(seed)
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)


def fit(
    network: Tagger,
    features: NDArray[np.int16],
    labels: NDArray[np.int8],
    plan: Plan,
    *,
    told: Callable[[str], None] = lambda line: None,
) -> None:
    """Train ``network`` in place on a stream; ``told`` hears of the progress.

    Runs on an accelerator when there is one, in half precision where the processor has it.
    """
    device = "cuda" if torch.cuda.is_available() else "cpu"
    half = device == "cuda" or _has_half_precision()
    network.to(device).train()
    generator = np.random.default_rng(plan.seed)
    steps = max(1, round(plan.passes * labels.size / (plan.size * plan.batch)))
    optimiser = torch.optim.AdamW(network.parameters(), lr=plan.rate, weight_decay=plan.decay)
    begun = time.monotonic()
    heard = 0.0
    starts = np.zeros(0, dtype=np.int64)
    for step in range(steps):
        if len(starts) < plan.batch:
            offset = int(generator.integers(plan.size))
            starts = generator.permutation(windows(labels.size, plan.size, offset))
        chosen, starts = starts[: plan.batch], starts[plan.batch :]
        shown, wanted = _batch(features, labels, chosen, plan, generator)
        for group in optimiser.param_groups:
            group["lr"] = plan.rate * _schedule(step / steps, plan.warm_up)
        with torch.autocast(device, dtype=torch.bfloat16, enabled=half):
            scores = network(shown.to(device))
        loss = functional.cross_entropy(
            scores.float().flatten(0, 1),
            wanted.to(device).flatten(),
            ignore_index=IGNORED,
            label_smoothing=plan.smoothing,
        )
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        heard = loss.item() if step == 0 else 0.98 * heard + 0.02 * loss.item()
        if step % 100 == 99 or step == steps - 1:
            speed = (step + 1) * plan.size * plan.batch / (time.monotonic() - begun)
            told(f"step {step + 1}/{steps}  loss {heard:.4f}  {speed:,.0f} characters/s")
    network.to("cpu").eval()


def logits_of(network: Tagger, features: NDArray[np.int32]) -> NDArray[np.float32]:
    """The scores of one document, shape (characters, labels), for features (3, characters)."""
    with torch.no_grad():
        scores: NDArray[np.float32] = network(torch.from_numpy(features[None]))[0].numpy()
    return scores


def _batch(
    features: NDArray[np.int16],
    labels: NDArray[np.int8],
    starts: NDArray[np.int64],
    plan: Plan,
    generator: np.random.Generator,
) -> tuple[Tensor, Tensor]:
    places = (starts[:, None] + np.arange(plan.size)) % labels.size
    shown = np.ascontiguousarray(features[:, places].transpose(1, 0, 2)).astype(np.int32)
    forgotten = (generator.random(places.shape) < plan.forget_character) & (shown[:, 0] > 0)
    kanji = Vocabulary.CLASSES.index("kanji")
    shown[:, 0][forgotten] = kanji
    blind = generator.random(len(starts)) < plan.forget_words
    shown[blind, 1:] = 0
    return torch.from_numpy(shown), torch.from_numpy(labels[places].astype(np.int64))


def _schedule(done: float, warm_up: float) -> float:
    """Linear warm-up, then half a cosine down to nearly nothing (Loshchilov and Hutter 2017)."""
    if done < warm_up:
        return done / warm_up + 1e-3
    return 0.5 * (1 + math.cos(math.pi * (done - warm_up) / (1 - warm_up))) + 1e-3


def _has_half_precision() -> bool:
    """Whether this processor multiplies bfloat16 natively; elsewhere it would only be slower."""
    known = getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    tiles = getattr(torch.cpu, "_is_amx_tile_supported", lambda: False)
    return bool(known() or tiles())
