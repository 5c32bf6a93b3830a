"""The tokens of the tiny models: characters to copy names by, pieces to keep the sequence short.

Characters are tokens, so that a name never seen can still be copied letter by letter. What every
answer and every finding repeats (brackets and keys of the JSON, the fixed words of a finding) is
one token each: a piece. llama.cpp looks for pieces before it splits the rest into characters, the
longest first, and so does ``encode`` here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from gguf import TokenType

from sekisho.phi.categories import Category
from training.nano.gguf_file import Vocabulary

__all__ = [
    "AGAIN",
    "ANSWER",
    "CONTROLS",
    "EXTRACT",
    "FINDINGS",
    "FIRST",
    "PIECES",
    "RECALL",
    "REVIEW",
    "Tokens",
    "tokens_of",
]

EXTRACT, REVIEW, RECALL = "<extract>", "<review>", "<recall>"
FIRST, FINDINGS, ANSWER, AGAIN = "<first>", "<findings>", "<answer>", "<again>"
CONTROLS = (EXTRACT, REVIEW, RECALL, FIRST, FINDINGS, ANSWER, AGAIN)

#: No piece holds a blank: llama.cpp would look for it under another letter.
PIECES = (
    '{"phi_list":[',
    '{"phi_list":[]}',
    '{"type":"',
    '"},{"type":"',
    '"}]}',
    *(f'{code}","value":"' for code in Category),
    *(f"」は{code}の形をしているが、答えにない。" for code in Category),
    "」は報告書にない。",
    "」には二つ以上の項目が混ざっている。",
    "」は氏名の読みで、答えにない。",
    "」は日付の隣の時刻で、答えにない。",
)


@dataclass(frozen=True)
class Tokens(Vocabulary):
    """A vocabulary that ends with ``pieces``, strings of several characters that are one token."""

    pieces: tuple[str, ...] = ()

    @cached_property
    def tokens(self) -> tuple[str, ...]:
        """All tokens, by id."""
        return (*super().tokens, *self.pieces)

    @cached_property
    def types(self) -> tuple[int, ...]:
        """What each token is, in GGUF's numbers."""
        return (*super().types, *(TokenType.USER_DEFINED for _ in self.pieces))

    @cached_property
    def _units(self) -> tuple[tuple[str, int], ...]:
        """Pieces and controls with their ids, in the order in which llama.cpp looks for them."""
        first = len(self.tokens) - len(self.pieces)
        units = [(piece, first + place) for place, piece in enumerate(self.pieces)]
        units += [(each, self.control(each)) for each in self.controls]
        units.append(("</s>", self.end))
        return tuple(sorted(units, key=lambda unit: -len(unit[0].encode())))

    @cached_property
    def _piece_units(self) -> tuple[tuple[str, int], ...]:
        return tuple(unit for unit in self._units if unit[0] in self.pieces)

    def encode(self, text: str) -> list[int]:
        """The ids of ``text`` as llama.cpp finds them in a text without control tokens."""
        return [each for each, _ in self.placed(text)]

    def encode_prompt(self, text: str) -> list[int]:
        """The same of a rendered prompt, in which control tokens stand for themselves."""
        return [each for part in self._parts(text, self._units) for each, _ in self._spelled(*part)]

    def placed(self, text: str) -> Iterator[tuple[int, int]]:
        """The ids of ``text``, each with the place of the character at which it begins."""
        for part in self._parts(text, self._piece_units):
            yield from self._spelled(*part)

    def _parts(
        self, text: str, units: Iterable[tuple[str, int]]
    ) -> list[tuple[str, int, int | None]]:
        """``text`` cut at every unit: (part, where it begins, its id or None for plain text)."""
        parts: list[tuple[str, int, int | None]] = [(text, 0, None)]
        for unit, number in units:
            if unit not in text:
                continue
            cut: list[tuple[str, int, int | None]] = []
            for part, start, known in parts:
                if known is not None or unit not in part:
                    cut.append((part, start, known))
                    continue
                for place, between in enumerate(part.split(unit)):
                    if place:
                        cut.append((unit, start, number))
                        start += len(unit)
                    cut.append((between, start, None))
                    start += len(between)
            parts = cut
        return parts

    def _spelled(self, part: str, start: int, known: int | None) -> Iterator[tuple[int, int]]:
        if known is not None:
            yield known, start
            return
        for place, character in enumerate(part, start):
            for each in super().encode(character):
                yield each, place


def tokens_of(texts: Iterable[str], *, least: int) -> Tokens:
    """Tokens for the characters that stand at least ``least`` times in ``texts``, and for ASCII."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(text)
    plain = {chr(code) for code in range(32, 127)} | {"\n"}
    chosen = {sign for sign, count in counts.items() if count >= least and sign != "▁"} | plain
    ordered = sorted(chosen, key=lambda sign: (-counts[sign], sign))
    return Tokens(CONTROLS, tuple(ordered), PIECES)
