"""Where training begins: random weights, and two heads that already copy.

To copy a name a model needs a pair of heads: one that tells every place which token stood before
it, and one in a later layer that looks for the places told of the token just written, and repeats
what stands there (Olsson et al. 2022, "induction heads"). From random weights minutes go by before
such a pair forms. Here it is written into the first two layers, roughly; training does the rest.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from training.nano.gguf_file import Shape

__all__ = ["begin"]

#: How strongly the first head prefers the place before, the second head the token sought, and how
#: strongly each tells what it found.
_SHARPNESS, _MATCH, _TOLD, _REPEATED = 12.0, 16.0, 1.5, 8.0
#: A dimension that turns by less than this from token to token still matches far away.
_SLOW = 1.2e-3


def begin(weights: dict[str, Tensor], shape: Shape) -> None:
    """Fill ``weights``, those of ``Llama.state_dict()``, in place."""
    for name, weight in weights.items():
        if weight.ndim == 2:
            nn.init.normal_(weight, std=shape.hidden**-0.5)
            if name.endswith(("o_proj.weight", "down_proj.weight")):
                # Nothing is added to the stream at first, so that the pair is heard.
                weight.zero_()
    if shape.layers > 1 and shape.hidden >= 2 * shape.head_size:
        _write_pair(weights, shape)


def _write_pair(weights: dict[str, Tensor], shape: Shape) -> None:
    size, hidden = shape.head_size, shape.hidden
    basis = torch.linalg.qr(torch.randn(hidden, hidden)).Q.T
    # Tokens are known by what they are in ``own``; ``before`` is for the token before, and the
    # first direction is the same for all of them.
    half = min(size, (hidden - 1) // 2)
    same, own, before = basis[0], basis[1 : 1 + half], basis[1 + half : 1 + 2 * half]
    embedding = weights["model.embed_tokens.weight"]
    embedding -= embedding @ before.T @ before * 0.7
    embedding -= (embedding @ same)[:, None] * same
    embedding += same * 0.7
    turns = shape.rope_base ** (-torch.arange(0, size, 2) / size)
    first, second = "model.layers.0.self_attn", "model.layers.1.self_attn"
    query, key, value, told = _head(weights, first, size)
    # A key that all places have in common, and a query turned by one place: it fits one place back.
    query.copy_(torch.cat((turns.cos(), -turns.sin()))[:, None] * same)
    key[: size // 2] = same
    key[size // 2 :] = 0
    strength = (_SHARPNESS * size**0.5 / hidden) ** 0.5 * 1.5
    query *= strength
    key *= strength
    value[:half] = own
    value[half:] = 0
    told.zero_()
    told[:, :half] = before.T * (_TOLD * hidden**-0.5)
    query, key, value, told = _head(weights, second, size)
    slow = torch.cat((turns, turns)) < _SLOW
    seen = torch.randn(int(slow.sum()), half) * half**-0.5
    query.zero_()
    key.zero_()
    strength = (_MATCH * size**0.5 / hidden * half / len(seen)) ** 0.5 * 2
    query[slow] = seen @ own * strength
    key[slow] = seen @ before * strength
    value[:half] = own
    value[half:] = 0
    told.zero_()
    told[:, :half] = own.T * (_REPEATED * hidden**-0.5)


def _head(weights: dict[str, Tensor], at: str, size: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The parts of the first head: query, key and value by row, what it tells by column."""
    query, key, value = (weights[f"{at}.{part}_proj.weight"][:size] for part in "qkv")
    return query, key, value, weights[f"{at}.o_proj.weight"][:, :size]
