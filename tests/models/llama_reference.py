"""Llama in numpy, by the Hugging Face layout: what llama.cpp must compute from the same weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from training.nano.gguf_file import Shape

__all__ = ["next_logprobs"]

Matrix = NDArray[np.float64]


def next_logprobs(
    weights: Mapping[str, NDArray[np.float32]], shape: Shape, ids: Sequence[int]
) -> Matrix:
    """The natural log probability of every token after ``ids``."""
    exact = {name: matrix.astype(np.float64) for name, matrix in weights.items()}
    state = exact["model.embed_tokens.weight"][list(ids)]
    for layer in range(shape.layers):
        own = {
            name.removeprefix(f"model.layers.{layer}."): matrix
            for name, matrix in exact.items()
            if name.startswith(f"model.layers.{layer}.")
        }
        read = _normed(state, own["input_layernorm.weight"], shape)
        state = state + _attention(read, own, shape)
        read = _normed(state, own["post_attention_layernorm.weight"], shape)
        gate = read @ own["mlp.gate_proj.weight"].T
        raised = gate / (1 + np.exp(-gate)) * (read @ own["mlp.up_proj.weight"].T)
        state = state + raised @ own["mlp.down_proj.weight"].T
    last = _normed(state, exact["model.norm.weight"], shape)[-1]
    logits = exact.get("lm_head.weight", exact["model.embed_tokens.weight"]) @ last
    highest = logits.max()
    return np.asarray(logits - highest - np.log(np.exp(logits - highest).sum()))


def _normed(state: Matrix, weight: Matrix, shape: Shape) -> Matrix:
    size = np.sqrt((state**2).mean(-1, keepdims=True) + shape.norm_epsilon)
    return np.asarray(state / size * weight)


def _attention(read: Matrix, own: Mapping[str, Matrix], shape: Shape) -> Matrix:
    length, size = len(read), shape.head_size

    def heads(name: str, count: int) -> Matrix:
        return (read @ own[f"self_attn.{name}.weight"].T).reshape(length, count, size)

    query = _turned(heads("q_proj", shape.heads), shape)
    key = _turned(heads("k_proj", shape.kv_heads), shape)
    value = heads("v_proj", shape.kv_heads)
    key, value = (each.repeat(shape.heads // shape.kv_heads, axis=1) for each in (key, value))
    scores = np.einsum("qhd,khd->hqk", query, key) / np.sqrt(size)
    scores[:, np.triu(np.ones((length, length), dtype=bool), 1)] = -np.inf
    share = np.exp(scores - scores.max(-1, keepdims=True))
    share /= share.sum(-1, keepdims=True)
    mixed = np.einsum("hqk,khd->qhd", share, value).reshape(length, -1)
    return np.asarray(mixed @ own["self_attn.o_proj.weight"].T)


def _turned(heads: Matrix, shape: Shape) -> Matrix:
    """Rotation by position, dimension i together with i + size / 2."""
    half = shape.head_size // 2
    speeds = shape.rope_base ** (-np.arange(half) / half)
    angles = np.arange(len(heads))[:, None, None] * speeds
    low, high = heads[..., :half], heads[..., half:]
    return np.concatenate(
        [
            low * np.cos(angles) - high * np.sin(angles),
            high * np.cos(angles) + low * np.sin(angles),
        ],
        axis=-1,
    )
