"""What the tagger sees of a text: for each folded character its id, its word, and who knows it.

Three rows of integers, one column a character:

0. the character (:class:`Vocabulary`);
1. the kind of the morpheme it stands in, and whether it begins it;
2. what the dictionary knows of that word out of context (surname, given name, place, ordinary
   word), and whether the shield marks the character.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sekisho.documents.document import Document
from sekisho.phi.categories import Category
from sekisho.phi.enumerators import without_enumerators
from sekisho.phi.morphology import Morpheme, morphemes, readings
from sekisho.phi.shield import marks

__all__ = ["LABELS", "LEXICON_IDS", "WORD_IDS", "Features", "Vocabulary", "encode", "word_features"]

Features = NDArray[np.int32]

#: O, then B- and I- for each category in the order of :class:`Category`.
LABELS: tuple[str, ...] = ("O", *(f"{tag}-{each}" for each in Category for tag in "BI"))

_WORD_KINDS = (
    "surname", "given", "person", "place", "country", "proper", "number", "prefix", "suffix",
    "noun", "verb", "adjective", "adverb", "particle", "auxiliary", "symbol", "space", "other",
)  # fmt: skip
#: Nought stands for padding and for a word that training hides.
_WORD_ID = {kind: 2 * place + 1 for place, kind in enumerate(_WORD_KINDS)}
#: How many different values the second and the third row have.
WORD_IDS = 2 * len(_WORD_KINDS) + 1
LEXICON_IDS = 32
_SHIELDED = 16

#: Kinds of word whose other readings cannot change what the tagger thinks.
_PLAIN_KINDS = frozenset({"particle", "auxiliary", "symbol", "space", "number"})

_CODES = 0x110000


class Vocabulary:
    """Ids of characters: what is not listed is one of a few classes of unknown ones.

    ``characters`` holds each listed character once. Id 0 is padding.
    """

    CLASSES = ("padding", "kanji", "hiragana", "katakana", "letter", "number", "mark", "other")

    def __init__(self, characters: str) -> None:
        if len(set(characters)) != len(characters):
            raise ValueError("a character is listed twice")
        self.characters = characters
        self._ids = _class_ids().copy()
        codes = np.array([ord(character) for character in characters], dtype=np.int64)
        self._ids[codes] = np.arange(len(characters), dtype=np.int16) + len(self.CLASSES)

    def __len__(self) -> int:
        return len(self.CLASSES) + len(self.characters)

    def ids(self, text: str) -> NDArray[np.int16]:
        """The id of each character of ``text``."""
        codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
        found: NDArray[np.int16] = self._ids[codes]
        return found


@lru_cache(maxsize=1)
def _class_ids() -> NDArray[np.int16]:
    """The class of every code point; only the blocks in which Japanese is written are looked at."""
    ids = np.full(_CODES, Vocabulary.CLASSES.index("other"), dtype=np.int16)
    classes = {"L": "letter", "N": "number", "P": "mark", "S": "mark"}
    for code in range(0x3000):
        kind = classes.get(unicodedata.category(chr(code))[0])
        if kind:
            ids[code] = Vocabulary.CLASSES.index(kind)
    for name, low, high in (
        ("mark", 0x3000, 0x3040),
        ("hiragana", 0x3040, 0x30A0),
        ("katakana", 0x30A0, 0x3100),
        ("kanji", 0x3400, 0xA000),
        ("kanji", 0xF900, 0xFB00),
        ("kanji", 0x20000, 0x33480),
    ):
        ids[low:high] = Vocabulary.CLASSES.index(name)
    return ids


def encode(document: Document, vocabulary: Vocabulary) -> Features:
    """The three rows for the folded text of ``document``: shape (3, characters)."""
    ids = vocabulary.ids(without_enumerators(document)).astype(np.int32)
    return np.stack((ids, *word_features(document)))


def word_features(document: Document) -> tuple[Features, Features]:
    """The second and the third row, which do not depend on a vocabulary."""
    text = document.folded.text
    kinds = np.zeros(len(text), dtype=np.int32)
    known = np.zeros(len(text), dtype=np.int32)
    for word in morphemes(text):
        identity = _WORD_ID[word.kind]
        kinds[word.start] = identity
        kinds[word.start + 1 : word.end] = identity + 1
        known[word.start : word.end] = _known(word)
    for start, end, _ in marks(document):
        low, high = document.folded.to_folded(start, end)
        known[low:high] |= _SHIELDED
    return kinds, known


def _known(word: Morpheme) -> int:
    return 0 if word.kind in _PLAIN_KINDS else _bits(word.surface)


@lru_cache(maxsize=65_536)
def _bits(surface: str) -> int:
    kinds = readings(surface)
    ordinary = kinds - {"surname", "given", "person", "place", "country", "proper"}
    flags: Sequence[Any] = ("surname" in kinds, "given" in kinds, "place" in kinds, ordinary)
    return sum(1 << place for place, flag in enumerate(flags) if flag)
