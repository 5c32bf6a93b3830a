"""The tagger as a PyTorch module: gated dilated convolutions over characters.

Each layer normalises, looks at three positions ``dilation`` apart, and adds a gated linear unit
(Dauphin et al. 2017) to what it was given. The network sees nothing beyond ``Shape.reach``.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from sekisho.phi.detectors.tagger.encoding import LABELS, LEXICON_IDS, WORD_IDS

__all__ = ["Shape", "Tagger"]


@dataclass(frozen=True)
class Shape:
    """The sizes of a tagger; ``dilations`` has one entry a layer."""

    characters: int
    width: int = 256
    character_width: int = 96
    word_width: int = 24
    lexicon_width: int = 24
    dilations: tuple[int, ...] = (1, 2, 4, 8, 16, 1, 2, 4)

    @property
    def reach(self) -> int:
        """How many characters to either side a label can depend on."""
        return sum(self.dilations)

    @property
    def gap(self) -> int:
        """How many paddings keep two documents from seeing each other."""
        return max(self.dilations)


class _Dropout(nn.Module):
    """Drops whole channels of a window: as good here, and a thousand times fewer random numbers."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def forward(self, states: Tensor) -> Tensor:
        if not self.training or not self.share:
            return states
        kept = torch.rand(states.shape[0], 1, states.shape[2], device=states.device) >= self.share
        scale: Tensor = (kept / (1 - self.share)).to(states.dtype)
        dropped: Tensor = states * scale
        return dropped


class _Layer(nn.Module):
    def __init__(self, width: int, dilation: int, dropout: float) -> None:
        super().__init__()
        self.dilation = dilation
        self.norm = nn.LayerNorm(width)
        self.mix = nn.Linear(3 * width, 2 * width)
        self.dropout = _Dropout(dropout)

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        length = states.shape[1]
        padded = functional.pad(self.norm(states) * mask, (0, 0, self.dilation, self.dilation))
        taps = [
            padded[:, step * self.dilation : step * self.dilation + length] for step in range(3)
        ]
        added: Tensor = self.dropout(functional.glu(self.mix(torch.cat(taps, -1)), -1))
        return states + added


class Tagger(nn.Module):
    """Features (batch, 3, characters) in, scores of the labels (batch, characters, labels) out."""

    def __init__(self, shape: Shape, dropout: float = 0.1) -> None:
        super().__init__()
        self.shape = shape
        self.characters = nn.Embedding(shape.characters, shape.character_width)
        self.words = nn.Embedding(WORD_IDS, shape.word_width)
        self.lexicon = nn.Embedding(LEXICON_IDS, shape.lexicon_width)
        given = shape.character_width + shape.word_width + shape.lexicon_width
        self.enter = nn.Linear(given, shape.width)
        self.layers = nn.ModuleList(
            _Layer(shape.width, dilation, dropout) for dilation in shape.dilations
        )
        self.norm = nn.LayerNorm(shape.width)
        self.leave = nn.Linear(shape.width, len(LABELS))
        self.dropout = _Dropout(dropout)
        for table in (self.characters, self.words, self.lexicon):
            nn.init.normal_(table.weight, std=0.3)

    def forward(self, features: Tensor) -> Tensor:
        mask = (features[:, 0] > 0).unsqueeze(-1)
        embedded = torch.cat(
            (
                self.characters(features[:, 0]),
                self.words(features[:, 1]),
                self.lexicon(features[:, 2]),
            ),
            -1,
        )
        states = self.enter(self.dropout(embedded))
        for layer in self.layers:
            states = layer(states, mask)
        scores: Tensor = self.leave(self.norm(states))
        return scores
