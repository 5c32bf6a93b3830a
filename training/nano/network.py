"""The Llama architecture in PyTorch, exactly as llama.cpp computes it.

The names of the weights are those of Hugging Face's ``LlamaForCausalLM``, which ``gguf_file``
writes; embeddings and output are tied. ``Trainee`` adds a second task that only training knows.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from training.nano.beginning import begin
from training.nano.gguf_file import Shape

__all__ = ["Llama", "Trainee"]


def _linear(inputs: int, outputs: int) -> nn.Linear:
    return nn.Linear(inputs, outputs, bias=False)


class _Norm(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(shape.hidden))
        self._epsilon = shape.norm_epsilon

    def forward(self, states: Tensor) -> Tensor:
        return functional.rms_norm(states, self.weight.shape, self.weight, self._epsilon)


class _Attention(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self._shape = shape
        kv = shape.kv_heads * shape.head_size
        self.q_proj = _linear(shape.hidden, shape.hidden)
        self.k_proj = _linear(shape.hidden, kv)
        self.v_proj = _linear(shape.hidden, kv)
        self.o_proj = _linear(shape.hidden, shape.hidden)

    def forward(self, states: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
        batch, length, _ = states.shape
        size = self._shape.head_size

        def heads(projected: Tensor) -> Tensor:
            return projected.view(batch, length, -1, size).transpose(1, 2)

        query = _rotated(heads(self.q_proj(states)), cosine, sine)
        key = _rotated(heads(self.k_proj(states)), cosine, sine)
        value = heads(self.v_proj(states))
        # Written out: PyTorch's own attention takes four times as long on the way back on a CPU.
        ahead = torch.full((length, length), float("-inf"), dtype=query.dtype).triu(1)
        match = (query @ key.transpose(-1, -2)).mul_(size**-0.5).add_(ahead)
        attended = match.softmax(-1, dtype=query.dtype) @ value
        joined: Tensor = self.o_proj(attended.transpose(1, 2).reshape(batch, length, -1))
        return joined


def _rotated(heads: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    first, second = heads.chunk(2, -1)
    return torch.cat((first * cosine - second * sine, second * cosine + first * sine), -1)


class _FeedForward(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.gate_proj = _linear(shape.hidden, shape.feed_forward)
        self.up_proj = _linear(shape.hidden, shape.feed_forward)
        self.down_proj = _linear(shape.feed_forward, shape.hidden)

    def forward(self, states: Tensor) -> Tensor:
        fed: Tensor = self.down_proj(functional.silu(self.gate_proj(states)) * self.up_proj(states))
        return fed


class _Layer(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.input_layernorm = _Norm(shape)
        self.self_attn = _Attention(shape)
        self.post_attention_layernorm = _Norm(shape)
        self.mlp = _FeedForward(shape)

    def forward(self, states: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
        states = states + self.self_attn(self.input_layernorm(states), cosine, sine)
        added: Tensor = states + self.mlp(self.post_attention_layernorm(states))
        return added


class _Body(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.embed_tokens = nn.Embedding(shape.vocabulary, shape.hidden)
        self.layers = nn.ModuleList(_Layer(shape) for _ in range(shape.layers))
        self.norm = _Norm(shape)


class Llama(nn.Module):
    """Ids (batch, length) in; ``states`` are normed, ``scores`` turns them into logits."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.model = _Body(shape)
        angles = torch.arange(shape.context).unsqueeze(1) * shape.rope_base ** (
            -torch.arange(0, shape.head_size, 2) / shape.head_size
        )
        self.register_buffer("cosine", angles.cos(), persistent=False)
        self.register_buffer("sine", angles.sin(), persistent=False)
        with torch.no_grad():
            begin(self.state_dict(), shape)

    def states(self, ids: Tensor) -> Tensor:
        """The normed state behind each id, (batch, length, hidden)."""
        states: Tensor = self.model.embed_tokens(ids)
        kind = torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else states.dtype
        assert isinstance(self.cosine, Tensor)
        assert isinstance(self.sine, Tensor)
        cosine = self.cosine[: ids.shape[1]].to(kind)
        sine = self.sine[: ids.shape[1]].to(kind)
        for layer in self.model.layers:
            states = layer(states, cosine, sine)
        normed: Tensor = self.model.norm(states)
        return normed

    def scores(self, states: Tensor) -> Tensor:
        """Logits of the next token for states (..., hidden)."""
        return functional.linear(states, self.model.embed_tokens.weight)

    def forward(self, ids: Tensor) -> Tensor:
        return self.scores(self.states(ids))

    def weights(self) -> dict[str, NDArray[np.float32]]:
        """The weights by the names that ``write_llama`` expects."""
        return {
            name: weight.detach().float().cpu().numpy()
            for name, weight in self.state_dict().items()
        }

    @torch.no_grad()
    def greedy(self, ids: list[int], *, end: int, most: int) -> list[int]:
        """The likeliest continuation of ``ids``, token by token, to ``end`` or ``most`` tokens."""
        said: list[int] = []
        while len(said) < most:
            states = self.states(torch.tensor([ids + said]))
            best = int(self.scores(states[0, -1]).argmax())
            if best == end:
                break
            said.append(best)
        return said


class Trainee(nn.Module):
    """A Llama that also marks, a few characters late, which identifier it has just read.

    A list of answers teaches little a token; marking every character of the text teaches the same
    knowledge densely. The marks are dropped when the model is written.
    """

    def __init__(self, shape: Shape, marks: int) -> None:
        super().__init__()
        self.llama = Llama(shape)
        self.marks = nn.Linear(shape.hidden, marks)
        self._states: Callable[[Tensor], Tensor] = self.llama.states

    def hasten(self) -> None:
        """Compile the model: twice as fast after a minute; needs a C++ compiler."""
        self._states = torch.compile(self.llama.states, dynamic=True)

    def forward(self, ids: Tensor, asked: Tensor, marked: Tensor) -> tuple[Tensor, Tensor]:
        """Logits at the flat places ``asked``, marks at the flat places ``marked``."""
        states = self._states(ids).flatten(0, 1)
        return self.llama.scores(states[asked]), self.marks(states[marked])
