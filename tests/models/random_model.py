"""A model with random weights: schema-valid nonsense out of a real engine.

It tests what does not depend on sense: protocols, constrained decoding, log probabilities, slots,
truncation. No number measured with it says anything about a model's answers.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from training.nano.gguf_file import Shape, Vocabulary, expected_weights, write_llama

__all__ = ["TEMPLATE", "VOCABULARY", "random_llama", "random_weights"]

VOCABULARY = Vocabulary(
    controls=("<system>", "<user>", "<assistant>"),
    characters=tuple(chr(code) for code in (*range(0x20, 0x7F), *range(0x3041, 0x30FF))),
)
TEMPLATE = (
    "{% for message in messages %}<{{ message.role }}>{{ message.content }}"
    "{% if message.role == 'assistant' %}</s>{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)


#: The first dimension of the hidden state stays this, so that the output has a bias.
_CONSTANT = 4.0
#: What the bias takes from tokens that no answer of text should hold.
_UNWANTED = -12.0


def random_weights(
    shape: Shape, *, seed: int, unwanted: float = _UNWANTED
) -> dict[str, NDArray[np.float32]]:
    """Weights for ``shape`` and ``VOCABULARY``, drawn from ``seed``.

    ``unwanted`` is about what the logits of lone bytes and control tokens are lowered by: an
    answer is characters then, and runs until its schema or its room ends.
    """
    random = np.random.default_rng(seed)
    weights = {}
    for name, size in expected_weights(shape, tied=False).items():
        if len(size) == 1:
            weights[name] = np.ones(size, dtype=np.float32)
            continue
        spread = 1.0 if "embed" in name else size[-1] ** -0.5
        weights[name] = random.normal(0, spread, size).astype(np.float32)
        if name.endswith(("o_proj.weight", "down_proj.weight")):
            weights[name][0] = 0
    weights["model.embed_tokens.weight"][:, 0] = _CONSTANT
    weights["lm_head.weight"][:, 0] = 0
    weights["lm_head.weight"][: VOCABULARY.first_byte + 256, 0] = unwanted
    return weights


def random_llama(
    path: Path,
    *,
    seed: int,
    hidden: int = 128,
    layers: int = 2,
    context: int = 16_384,
    unwanted: float = _UNWANTED,
) -> Path:
    """Writes a random Llama to ``path``; the same arguments give the same bytes.

    With the default sizes it has half a million parameters. ``unwanted``: see ``random_weights``.
    """
    shape = Shape(
        vocabulary=len(VOCABULARY.tokens),
        hidden=hidden,
        layers=layers,
        heads=hidden // 32,
        kv_heads=max(1, hidden // 64),
        feed_forward=2 * hidden,
        context=context,
    )
    write_llama(
        path,
        random_weights(shape, seed=seed, unwanted=unwanted),
        shape=shape,
        tokens=VOCABULARY,
        chat_template=TEMPLATE,
        quantize=True,
        name=f"random-{seed}",
    )
    return path
