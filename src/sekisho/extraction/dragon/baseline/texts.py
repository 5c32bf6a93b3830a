"""What a linear model is shown of a text: n-grams with quantities, sections, and characters.

Every quantity is shown three times: with its unit (``#cm``), with its dimension (``#length``) and
with its size on a logarithmic scale (``#length^4``), each in the words around it. What is counted
is what the text says; no word has a meaning here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import floor, log2

from sekisho.extraction.dragon.baseline.quantities import Quantity, folded, quantities

__all__ = ["Token", "characters", "headed", "ngrams", "sentences", "tokens"]

#: Letters of Latin scripts, runs of kana, single kanji, digits, and any other visible character.
_PIECE = re.compile(
    r"[a-z\u00df-\u024f]+(?:['’-][a-z\u00df-\u024f]+)*|[\u3041-\u3096]+|[\u30a1-\u30fc]+"
    r"|[0-9]+|[^ \t\r\n\f\v\u00a0]|\n"
)
_STOP = frozenset(".;!?。\n")
#: Whole numbers up to here are kept as they are: grades, scores and counts.
_EXACT = 20
#: Words before a colon that make a heading.
_HEADING = 4


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a folded text; ``quantity`` when it is a number (with its unit)."""

    text: str
    quantity: Quantity | None = None

    @property
    def unit(self) -> str:
        """The text; of a quantity, ``#`` and its unit."""
        return self.text if self.quantity is None else f"#{self.quantity.unit}"

    @property
    def dimension(self) -> str:
        """The text; of a quantity, ``#`` and its dimension."""
        return self.text if self.quantity is None else f"#{self.quantity.dimension}"

    @property
    def size(self) -> str:
        """The text; of a quantity, ``#``, its dimension and its size in powers of two."""
        if self.quantity is None:
            return self.text
        base = self.quantity.base
        if self.quantity.bare and base == floor(base) and base <= _EXACT:
            return f"#={base:g}"
        return f"#{self.quantity.dimension}^{floor(log2(base)) if base > 0 else 'none'}"


def tokens(text: str) -> list[Token]:
    """The words, quantities and marks of ``text``, in lower case."""
    text = folded(text)
    found: list[Token] = []
    at = 0
    for quantity in quantities(text):
        found += (Token(piece) for piece in _PIECE.findall(text, at, quantity.start))
        found.append(Token(text[quantity.start : quantity.end], quantity))
        at = quantity.end
    return [*found, *(Token(piece) for piece in _PIECE.findall(text, at))]


def sentences(found: Iterable[Token]) -> Iterator[list[Token]]:
    """The tokens between full stops and line ends, without these; none is empty."""
    sentence: list[Token] = []
    for token in found:
        if token.text not in _STOP:
            sentence.append(token)
        elif sentence:
            yield sentence
            sentence = []
    if sentence:
        yield sentence


def ngrams(text: str, longest: int = 4) -> list[str]:
    """The n-grams of ``text`` inside sentences, each as often as it stands there.

    Beside them the words under each heading (``heading>word``) and those of the last sentence.
    """
    shown: list[str] = []
    heading = ""
    sentence: list[Token] = []
    for sentence in sentences(tokens(text)):
        heading, sentence = headed(heading, sentence)
        if heading:
            shown += (f"{heading}>{token.unit}" for token in sentence)
        plain = list(_runs([token.unit for token in sentence], longest))
        shown += plain
        for words in ([token.dimension for token in sentence], [token.size for token in sentence]):
            runs = zip(_runs(words, longest), plain, strict=True)
            shown += (run for run, same in runs if run != same)
    return [*shown, *(f"last>{token.unit}" for token in sentence)]


def characters(text: str, shortest: int = 3, longest: int = 5) -> list[str]:
    """The character n-grams of ``text``, inside and between words (for compounds, and Japanese)."""
    line = " ".join(token.unit for token in tokens(text))
    return [
        line[at : at + length]
        for length in range(shortest, longest + 1)
        for at in range(len(line) - length + 1)
    ]


def headed(heading: str, sentence: list[Token]) -> tuple[str, list[Token]]:
    """The heading that holds for a sentence, and the sentence without it.

    A heading is up to four words before a colon (``III:``, ``conclusion:``).
    """
    for place, token in enumerate(sentence[: _HEADING + 1]):
        if token.text == ":" and place:
            return " ".join(each.unit for each in sentence[:place]), sentence[place + 1 :]
    return heading, sentence


def _runs(words: Sequence[str], longest: int) -> Iterator[str]:
    for length in range(1, longest + 1):
        for at in range(len(words) - length + 1):
            yield " ".join(words[at : at + length])
