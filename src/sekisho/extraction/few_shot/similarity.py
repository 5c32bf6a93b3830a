"""How much two reports are alike: by their character n-grams, or by vectors of a local model.

Examples that are like the document teach a model more than any others. Character n-grams need no
model, no word list and no language, so they are the usual way. Both ways give one score for each
example; what is chosen by it is decided in ``examples``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from sekisho.documents.folding import fold
from sekisho.errors import InvalidAnswerError, PromptTooLongError

__all__ = [
    "AsyncSimilarity",
    "EmbeddingIndex",
    "Embeds",
    "NgramIndex",
    "Similarity",
    "grams",
    "squeezed",
]

_Keys: TypeAlias = NDArray[np.uint64]

#: Lengths of the n-grams: pairs of kanji are words, four letters the stem of one.
_SIZES = (2, 3, 4)
#: Odd, with its bits spread (the golden ratio times 2**64): the base of the polynomial below.
_BASE = np.uint64(0x9E3779B97F4A7C15)
#: An n-gram is common when more than this share of the texts has it.
_COMMON = 0.25
#: A text shorter than this is not cut again for a model that reads only short ones.
_SHORTEST = 50


@runtime_checkable
class Similarity(Protocol):
    """Knows how like each of its texts is to another one."""

    def scores(self, text: str) -> Sequence[float]:
        """One number for each text, in their order; the more alike, the greater."""


@runtime_checkable
class AsyncSimilarity(Protocol):
    """A similarity that has to ask a server."""

    async def scores_async(self, text: str) -> Sequence[float]:
        """One number for each text, in their order; the more alike, the greater."""


class Embeds(Protocol):
    """What gives vectors, as ``sekisho.models.embedding`` does."""

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """A vector for each text, all of one length."""


class NgramIndex:
    """The cosine of TF-IDF weights of character n-grams (n = 2 to 4) of the folded texts.

    Weights are those of scikit-learn's ``TfidfVectorizer`` with ``sublinear_tf``: (1 + ln tf)
    times (1 + ln((1 + N) / (1 + df))), and n-grams that no text has do not count. Upper and lower
    case are one, and so are runs of blanks. An index never changes, and any thread may ask it. Its
    making takes about a hundred bytes of memory for each character, and keeps twenty.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        if not texts:
            raise ValueError("an index needs a text")
        self._count = len(texts)
        keys, owners, weights = _postings(texts)
        # Postings of one n-gram stand side by side, so that a question reads no others.
        starts = np.flatnonzero(np.diff(keys, prepend=~keys[:1]))
        self._keys = keys[starts]
        bounds = np.append(starts, len(keys))
        del keys
        frequencies = np.diff(bounds)
        self._idf = 1 + np.log((1 + self._count) / (1 + frequencies))
        weights *= np.repeat(self._idf, frequencies).astype(np.float32)
        norms = np.sqrt(np.bincount(owners, np.square(weights), self._count))
        weights /= norms.astype(np.float32)[owners]
        # N-grams that many texts have are read faster as rows of a matrix.
        common = frequencies > self._count * _COMMON
        self._row = np.where(common, np.cumsum(common) - 1, -1)
        self._rows = np.zeros((int(common.sum()), self._count), np.float32)
        dense = np.repeat(common, frequencies)
        rows = np.repeat(self._row[common], frequencies[common])
        self._rows[rows, owners[dense]] = weights[dense]
        self._owners, self._weights = owners[~dense], weights[~dense]
        self._lengths = np.where(common, 0, frequencies)
        self._starts = np.cumsum(self._lengths) - self._lengths

    def scores(self, text: str) -> Sequence[float]:
        """The cosine (0 to 1) of each text with ``text``; 0 where they share nothing."""
        keys, occurrences = np.unique(grams(_plain(text), _SIZES), return_counts=True)
        places = np.searchsorted(self._keys, keys)
        known = places < len(self._keys)
        known[known] = self._keys[places[known]] == keys[known]
        places = places[known]
        if not len(places):
            return [0.0] * self._count
        asked = (1 + np.log(occurrences[known])) * self._idf[places]
        asked = (asked / np.sqrt(asked @ asked)).astype(np.float32)
        weighed = np.zeros(len(self._rows), np.float32)
        common = self._row[places] >= 0
        weighed[self._row[places[common]]] = asked[common]
        lengths = self._lengths[places]
        # The positions of all postings: start, start + 1, ... of each n-gram, one after the other.
        shift = self._starts[places] - (np.cumsum(lengths) - lengths)
        read = np.repeat(shift, lengths) + np.arange(lengths.sum())
        products = self._weights[read] * np.repeat(asked, lengths)
        total = weighed @ self._rows + np.bincount(self._owners[read], products, self._count)
        found: list[float] = total.tolist()
        return found

    async def scores_async(self, text: str) -> Sequence[float]:
        """See ``scores``."""
        return self.scores(text)


class EmbeddingIndex:
    """The cosine of ``vectors`` with the vector that ``embedder`` gives another text.

    ``vectors`` has one row for each text (see ``of``); they are plain numbers and can be handed to
    another process.
    """

    def __init__(self, vectors: NDArray[np.float64], embedder: Embeds) -> None:
        self.vectors = vectors
        self._embedder = embedder

    @classmethod
    async def of(cls, texts: Sequence[str], embedder: Embeds) -> EmbeddingIndex:
        """The index of ``texts``, each of which is asked for once.

        Raises ``ModelError`` when there is no vector for one of them.
        """
        rows = await _rows(texts, embedder) if texts else []
        return cls(np.array([_directed(row) for row in rows]), embedder)

    async def scores_async(self, text: str) -> Sequence[float]:
        """The cosine (-1 to 1) of each text with ``text``; 0 when there are only blanks in it.

        Raises ``ModelError`` when there is no vector for it.
        """
        if not len(self.vectors) or not text.strip():
            return [0.0] * len(self.vectors)
        (row,) = await _rows([text], self._embedder)
        vector = _directed(row)
        if len(vector) != self.vectors.shape[1]:
            raise InvalidAnswerError("the vector has another length than those of the examples")
        found: list[float] = (self.vectors @ vector).tolist()
        return found


async def _rows(texts: Sequence[str], embedder: Embeds) -> list[list[float]]:
    """A vector for each of ``texts``; of one that the model cannot read whole, that of its halves.

    They are weighted by their length, as OpenAI's cookbook does ("Embedding texts that are longer
    than the model's maximum context length").
    """
    try:
        return await embedder.embed(texts)
    except PromptTooLongError:
        if len(texts) == 1 and len(texts[0]) < 2 * _SHORTEST:
            raise
    if len(texts) > 1:
        middle = len(texts) // 2
        left, right = texts[:middle], texts[middle:]
        return [*await _rows(left, embedder), *await _rows(right, embedder)]
    text = texts[0].strip()
    middle = len(text) // 2
    halves = [text[:middle], text[middle:]]
    first, second = [_directed(row) for row in await _rows(halves, embedder)]
    if len(first) != len(second):
        raise InvalidAnswerError("the vectors of one model have different lengths")
    joined: list[float] = (len(halves[0]) * first + len(halves[1]) * second).tolist()
    return [joined]


def _directed(row: Sequence[float]) -> NDArray[np.float64]:
    """``row`` with length 1. Raises ``InvalidAnswerError`` when it points nowhere."""
    vector = np.asarray(row, dtype=np.float64)
    length = np.linalg.norm(vector)
    if not np.isfinite(length) or length == 0:
        raise InvalidAnswerError("the vector of a text points nowhere")
    return np.asarray(vector / length)


def _postings(
    texts: Sequence[str],
) -> tuple[_Keys, NDArray[np.int32], NDArray[np.float32]]:
    """All n-grams of all texts by their number: of each its text and 1 + ln of how often."""
    found: list[_Keys] = []
    often: list[NDArray[np.float32]] = []
    for text in texts:
        keys, occurrences = np.unique(grams(_plain(text), _SIZES), return_counts=True)
        found.append(keys)
        often.append((1 + np.log(occurrences)).astype(np.float32))
    owners = np.repeat(np.arange(len(texts), dtype=np.int32), [len(each) for each in found])
    keys, weights = np.concatenate(found), np.concatenate(often)
    # Both at once would be most of the memory that the largest sets need.
    found.clear()
    often.clear()
    order = np.argsort(keys, kind="stable")
    return keys[order], owners[order], weights[order]


def grams(text: str, sizes: Iterable[int]) -> _Keys:
    """A number for each character n-gram of ``text``, repeated as often as it stands there.

    The number is a polynomial of the code points modulo 2**64, the same in every process; that two
    n-grams share one is so rare that it is not looked for.
    """
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4").astype(np.uint64)
    found = []
    for size in sizes:
        places = len(codes) - size + 1
        if places > 0:
            keys = np.full(places, size, np.uint64)
            for first in range(size):
                keys = keys * _BASE + codes[first : first + places]
            found.append(keys)
    return np.concatenate(found) if found else np.empty(0, np.uint64)


def squeezed(text: str) -> str:
    """``text`` folded, in one case, and without blanks."""
    return "".join(fold(text).text.casefold().split())


def _plain(text: str) -> str:
    return " ".join(fold(text).text.casefold().split())
