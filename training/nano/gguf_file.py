"""Writes a small Llama model as the GGUF file that llama.cpp loads.

The tests need a real engine, and no weights may be downloaded: so models are made here, drawn from
a seed or trained, and exported. The weights come in the layout and under the names of Hugging
Face's ``LlamaForCausalLM``; each matrix is (outputs, inputs), as torch's ``nn.Linear`` keeps it:

    model.embed_tokens.weight                            (vocabulary, hidden)
    model.layers.N.input_layernorm.weight                (hidden,)
    model.layers.N.self_attn.q_proj.weight               (hidden, hidden)
    model.layers.N.self_attn.k_proj.weight               (kv_heads * head_size, hidden)
    model.layers.N.self_attn.v_proj.weight               (kv_heads * head_size, hidden)
    model.layers.N.self_attn.o_proj.weight               (hidden, hidden)
    model.layers.N.post_attention_layernorm.weight       (hidden,)
    model.layers.N.mlp.gate_proj.weight                  (feed_forward, hidden)
    model.layers.N.mlp.up_proj.weight                    (feed_forward, hidden)
    model.layers.N.mlp.down_proj.weight                  (hidden, feed_forward)
    model.norm.weight                                    (hidden,)
    lm_head.weight                                       (vocabulary, hidden); left out when tied

Rotation: Hugging Face turns dimension i of a head together with dimension i + head_size / 2
("half rotation": ``x * cos + cat(-x2, x1) * sin`` with angles ``position * base ** (-2i / size)``),
ggml turns 2i together with 2i + 1. The rows of q and k are reordered within each head on the way
out, so that weights trained the first way compute the same the second way. Nothing else moves.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from gguf import GGMLQuantizationType, GGUFWriter, LlamaFileType, TokenType
from gguf.quants import quantize as pack
from numpy.typing import NDArray

__all__ = ["Shape", "Vocabulary", "expected_weights", "write_llama"]

#: Rows are packed to q8_0 in blocks of this many numbers with one scale.
_BLOCK = 32


@dataclass(frozen=True)
class Vocabulary:
    """The tokens of a model, in order of their ids.

    ``<unk>`` (0), ``<s>`` (1), ``</s>`` (2), then ``controls``, then the 256 bytes ``<0x00>`` to
    ``<0xFF>``, then ``characters``, one token each. A character without a token is written as the
    bytes of its UTF-8, so every text can be read and written. A control token is recognised only
    where a chat template puts it, or where its very letters stand in a text.

    A space is the character ``" "`` here. llama.cpp writes it as ``▁`` (U+2581), so that one
    character cannot be told from a space and may not be among ``characters``.
    """

    controls: tuple[str, ...]
    characters: tuple[str, ...]

    unknown = 0
    begin = 1
    end = 2

    def __post_init__(self) -> None:
        if any(len(each) != 1 for each in self.characters) or "▁" in self.characters:
            raise ValueError("characters are single code points other than U+2581")
        if len(set(self.tokens)) != len(self.tokens):
            raise ValueError("a token stands twice in the vocabulary")

    @property
    def first_byte(self) -> int:
        """The id of the token for byte 0; byte b has the id ``first_byte + b``."""
        return 3 + len(self.controls)

    @cached_property
    def tokens(self) -> tuple[str, ...]:
        """All tokens, by id."""
        return (
            *("<unk>", "<s>", "</s>"),
            *self.controls,
            *(f"<0x{byte:02X}>" for byte in range(256)),
            *self.characters,
        )

    @cached_property
    def types(self) -> tuple[int, ...]:
        """What each token is, in GGUF's numbers."""
        return (
            *(TokenType.UNKNOWN, TokenType.CONTROL, TokenType.CONTROL),
            *(TokenType.CONTROL for _ in self.controls),
            *(TokenType.BYTE for _ in range(256)),
            *(TokenType.NORMAL for _ in self.characters),
        )

    @cached_property
    def _ids(self) -> dict[str, int]:
        first = self.first_byte + 256
        return {character: first + place for place, character in enumerate(self.characters)}

    def encode(self, text: str) -> list[int]:
        """The ids of ``text`` as llama.cpp finds them, without ``<s>`` and without controls."""
        ids: list[int] = []
        for character in text:
            known = self._ids.get(character)
            if known is None:
                ids.extend(self.first_byte + byte for byte in character.encode())
            else:
                ids.append(known)
        return ids

    def control(self, token: str) -> int:
        """The id of the control token ``token``."""
        return 3 + self.controls.index(token)

    def decode(self, ids: Sequence[int]) -> str:
        """The text of ``ids``; control tokens say nothing, broken bytes become U+FFFD."""
        characters = self.first_byte + 256
        pieces = bytearray()
        for each in ids:
            if each >= characters:
                pieces += self.tokens[each].encode()
            elif each >= self.first_byte:
                pieces.append(each - self.first_byte)
        return pieces.decode(errors="replace")


@dataclass(frozen=True, kw_only=True)
class Shape:
    """The size of a model.

    ``vocabulary`` counts tokens, ``context`` the longest sequence in tokens. ``hidden`` is
    ``heads`` times the head size, which is even; ``heads`` is a multiple of ``kv_heads``.
    """

    vocabulary: int
    hidden: int
    layers: int
    heads: int
    kv_heads: int
    feed_forward: int
    context: int
    rope_base: float = 10_000.0
    norm_epsilon: float = 1e-5

    def __post_init__(self) -> None:
        if self.hidden % (2 * self.heads) or self.heads % self.kv_heads:
            raise ValueError("the heads do not divide the hidden size, or the kv heads the heads")

    @property
    def head_size(self) -> int:
        """Dimensions of one head."""
        return self.hidden // self.heads


def expected_weights(shape: Shape, *, tied: bool) -> dict[str, tuple[int, ...]]:
    """The name and shape of every weight of a model; ``tied``: no output matrix of its own."""
    hidden, kv = shape.hidden, shape.kv_heads * shape.head_size
    expected: dict[str, tuple[int, ...]] = {
        "model.embed_tokens.weight": (shape.vocabulary, hidden),
    }
    for layer in range(shape.layers):
        at = f"model.layers.{layer}"
        expected |= {
            f"{at}.input_layernorm.weight": (hidden,),
            f"{at}.self_attn.q_proj.weight": (hidden, hidden),
            f"{at}.self_attn.k_proj.weight": (kv, hidden),
            f"{at}.self_attn.v_proj.weight": (kv, hidden),
            f"{at}.self_attn.o_proj.weight": (hidden, hidden),
            f"{at}.post_attention_layernorm.weight": (hidden,),
            f"{at}.mlp.gate_proj.weight": (shape.feed_forward, hidden),
            f"{at}.mlp.up_proj.weight": (shape.feed_forward, hidden),
            f"{at}.mlp.down_proj.weight": (hidden, shape.feed_forward),
        }
    expected["model.norm.weight"] = (hidden,)
    if not tied:
        expected["lm_head.weight"] = (shape.vocabulary, hidden)
    return expected


def write_llama(
    path: Path,
    weights: Mapping[str, NDArray[np.floating[Any]]],
    *,
    shape: Shape,
    tokens: Vocabulary,
    chat_template: str,
    quantize: bool,
    name: str,
) -> None:
    """Writes the model to ``path``, whole or not at all; the same arguments give the same bytes.

    ``weights`` hold exactly what ``expected_weights`` names; without ``lm_head.weight`` the output
    is tied to the embeddings. With ``quantize`` matrices are q8_0 (``hidden`` and ``feed_forward``
    are then multiples of 32) and norms float32; without, everything is float32, to compare with
    the source. ``<s>`` is put before a prompt by the engine, so ``chat_template`` (Jinja, given
    ``messages`` and ``add_generation_prompt``) does not write it; generation ends at ``</s>``.

    Raises ``ValueError`` when weights, shape and tokens do not fit each other.
    """
    _check(weights, shape, tokens, quantize)
    part = path.with_name(path.name + ".part")
    writer = GGUFWriter(part, "llama")
    try:
        _describe(writer, shape, name, quantize)
        _add_tokens(writer, tokens, chat_template)
        for target, matrix in _tensors(weights, shape):
            if quantize and matrix.ndim == 2:
                packed = pack(matrix, GGMLQuantizationType.Q8_0)
                writer.add_tensor(target, packed, raw_dtype=GGMLQuantizationType.Q8_0)
            else:
                writer.add_tensor(target, matrix)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
    finally:
        writer.close()
    os.replace(part, path)


def _check(
    weights: Mapping[str, NDArray[np.floating[Any]]],
    shape: Shape,
    tokens: Vocabulary,
    quantize: bool,
) -> None:
    expected = expected_weights(shape, tied="lm_head.weight" not in weights)
    wrong = sorted(expected.keys() ^ weights.keys()) or [
        each for each in expected if weights[each].shape != expected[each]
    ]
    if wrong:
        raise ValueError(f"missing, not known or of the wrong shape: {', '.join(wrong)}")
    if len(tokens.tokens) != shape.vocabulary:
        raise ValueError(f"{len(tokens.tokens)} tokens for a vocabulary of {shape.vocabulary}")
    if quantize and (shape.hidden % _BLOCK or shape.feed_forward % _BLOCK):
        raise ValueError(f"q8_0 needs rows of a multiple of {_BLOCK}")


def _describe(writer: GGUFWriter, shape: Shape, name: str, quantize: bool) -> None:
    writer.add_type("model")
    writer.add_name(name)
    writer.add_file_type(LlamaFileType.MOSTLY_Q8_0 if quantize else LlamaFileType.ALL_F32)
    writer.add_quantization_version(2)
    writer.add_vocab_size(shape.vocabulary)
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.hidden)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.feed_forward)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_layer_norm_rms_eps(shape.norm_epsilon)
    writer.add_rope_dimension_count(shape.head_size)
    writer.add_rope_freq_base(shape.rope_base)


def _add_tokens(writer: GGUFWriter, tokens: Vocabulary, chat_template: str) -> None:
    writer.add_tokenizer_model("llama")
    writer.add_tokenizer_pre("default")
    writer.add_token_list([each.replace(" ", "▁") for each in tokens.tokens])
    # Single characters are never joined, so no score decides anything.
    writer.add_token_scores([0.0] * len(tokens.tokens))
    writer.add_token_types(list(tokens.types))
    writer.add_unk_token_id(tokens.unknown)
    writer.add_bos_token_id(tokens.begin)
    writer.add_eos_token_id(tokens.end)
    writer.add_add_bos_token(True)
    writer.add_add_eos_token(False)
    writer.add_add_space_prefix(False)
    writer.add_chat_template(chat_template)


def _tensors(
    weights: Mapping[str, NDArray[np.floating[Any]]], shape: Shape
) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Every tensor under ggml's name, in ggml's layout and order."""

    def source(name: str) -> NDArray[np.float32]:
        return np.ascontiguousarray(weights[name], dtype=np.float32)

    yield "token_embd.weight", source("model.embed_tokens.weight")
    for layer in range(shape.layers):
        at, to = f"model.layers.{layer}", f"blk.{layer}"
        query = source(f"{at}.self_attn.q_proj.weight")
        key = source(f"{at}.self_attn.k_proj.weight")
        yield f"{to}.attn_norm.weight", source(f"{at}.input_layernorm.weight")
        yield f"{to}.attn_q.weight", _to_pairs(query, shape.heads)
        yield f"{to}.attn_k.weight", _to_pairs(key, shape.kv_heads)
        yield f"{to}.attn_v.weight", source(f"{at}.self_attn.v_proj.weight")
        yield f"{to}.attn_output.weight", source(f"{at}.self_attn.o_proj.weight")
        yield f"{to}.ffn_norm.weight", source(f"{at}.post_attention_layernorm.weight")
        yield f"{to}.ffn_gate.weight", source(f"{at}.mlp.gate_proj.weight")
        yield f"{to}.ffn_up.weight", source(f"{at}.mlp.up_proj.weight")
        yield f"{to}.ffn_down.weight", source(f"{at}.mlp.down_proj.weight")
    yield "output_norm.weight", source("model.norm.weight")
    if "lm_head.weight" in weights:
        yield "output.weight", source("lm_head.weight")


def _to_pairs(matrix: NDArray[np.float32], heads: int) -> NDArray[np.float32]:
    """The rows of each head from halves (i with i + size / 2) to pairs (2i with 2i + 1)."""
    rows, columns = matrix.shape
    halves = matrix.reshape(heads, 2, rows // heads // 2, columns)
    return np.ascontiguousarray(halves.swapaxes(1, 2).reshape(rows, columns))
