"""Which examples a model is shown before a document: always the same ones, or those most like it.

The same ones for every document keep the beginning of the prompt the same, so that a server reads
it once and reuses it for all documents (its prefix cache): with fixed examples a document costs
hardly more than without. Those chosen by similarity teach more, and are read anew each time.

An example that is the document itself would give the answer away, and measure nothing. So it is
left out wherever it comes near, whichever way examples are chosen.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from sekisho.documents import strict_json
from sekisho.documents.strict_json import TwiceError
from sekisho.errors import UsageError
from sekisho.extraction.few_shot.example_check import example_problems
from sekisho.extraction.few_shot.example_values import nearest
from sekisho.extraction.few_shot.similarity import (
    AsyncSimilarity,
    NgramIndex,
    Similarity,
    grams,
    squeezed,
)
from sekisho.extraction.tasks.task import Example, Task

__all__ = ["NEARLY", "Chooser", "fixed", "read_examples", "similar"]

#: Two texts are nearly one when this share of the character n-grams of the one with fewer stands in
#: the other (containment: Broder, "On the resemblance and containment of documents", 1997).
NEARLY = 0.9
#: Long enough that reports of one kind seldom share them by chance.
_NEARLY_SIZES = (5,)

#: Of a score; further ones differ by machine, with the order in which it adds.
_DECIMALS = 5

_KEYS = ("text", "answer", "quotes", "reasoning")
#: Problems of one entry that are told at once.
_TOLD = 3


@dataclass(frozen=True, slots=True)
class Chooser:
    """Chooses examples for one document after the other; made by ``fixed`` or ``similar``.

    It never changes, holds all it needs, and can be asked by many threads and tasks at once.
    """

    examples: tuple[Example, ...] = field(repr=False)
    count: int
    similarity: Similarity | AsyncSimilarity | None = field(default=None, repr=False)
    _squeezed: tuple[str, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.count < 0:
            raise UsageError("the number of examples is less than 0", where="--num-examples")
        squeezed_texts = tuple(squeezed(example.text) for example in self.examples)
        object.__setattr__(self, "_squeezed", squeezed_texts)

    def choose(self, text: str) -> tuple[Example, ...]:
        """At most ``count`` examples for the document ``text``, none of them the document itself.

        Fixed ones stand in their own order, similar ones with the most similar last: models lean to
        what stands nearest to the question (Zhao et al., "Calibrate before use", 2021). Equals stay
        in their own order. Raises ``UsageError`` when a server has to be asked (``choose_async``).
        """
        if not self._asks:
            return self._fixed(text)
        if not isinstance(self.similarity, Similarity):
            raise UsageError("these examples can be chosen only while a server can be asked")
        return self._similar(text, self.similarity.scores(text))

    async def choose_async(self, text: str) -> tuple[Example, ...]:
        """See ``choose``; for every kind of similarity. Raises ``ModelError`` of the server."""
        if not self._asks:
            return self._fixed(text)
        if isinstance(self.similarity, AsyncSimilarity):
            return self._similar(text, await self.similarity.scores_async(text))
        return self.choose(text)

    @property
    def _asks(self) -> bool:
        return self.similarity is not None and self.count > 0 and bool(self.examples)

    def _fixed(self, text: str) -> tuple[Example, ...]:
        return tuple(self._apart(text, range(len(self.examples))))

    def _similar(self, text: str, scores: Sequence[float]) -> tuple[Example, ...]:
        if len(scores) != len(self.examples):
            raise ValueError("the similarity is that of other examples")
        order = sorted(range(len(scores)), key=lambda at: (-round(scores[at], _DECIMALS), at))
        return tuple(reversed(list(self._apart(text, order))))

    def _apart(self, text: str, order: Iterable[int]) -> Iterator[Example]:
        """The first ``count`` in ``order`` that are neither the document nor one another."""
        document = _Comparable(squeezed(text))
        chosen: set[str] = set()
        for at in order:
            if len(chosen) == self.count:
                return
            if self._squeezed[at] not in chosen and not document.is_nearly(self._squeezed[at]):
                chosen.add(self._squeezed[at])
                yield self.examples[at]


class _Comparable:
    """A squeezed text that is compared with many others."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._grams = np.unique(grams(text, _NEARLY_SIZES))

    def is_nearly(self, other: str) -> bool:
        """Whether the two are one, one within the other, or nearly so."""
        if not self._text:
            return False
        if other in self._text or self._text in other:
            return True
        others = np.unique(grams(other, _NEARLY_SIZES))
        fewer = min(len(self._grams), len(others))
        shared = len(np.intersect1d(self._grams, others, assume_unique=True))
        return bool(fewer) and shared >= NEARLY * fewer


def fixed(examples: Sequence[Example], count: int) -> Chooser:
    """The first ``count`` of ``examples`` for every document; further ones stand in for those that
    would be the document itself."""
    return Chooser(tuple(examples), count)


def similar(
    examples: Sequence[Example],
    count: int,
    similarity: Similarity | AsyncSimilarity | None = None,
) -> Chooser:
    """The ``count`` of ``examples`` whose texts are most like the document.

    ``similarity`` knows their texts, in the same order; None: by their character n-grams.
    """
    if similarity is None and examples:
        similarity = NgramIndex([example.text for example in examples])
    return Chooser(tuple(examples), count, similarity)


def read_examples(path: Path, task: Task) -> tuple[Example, ...]:
    """The examples in ``path``: a JSON list, or JSON Lines, of ``{"text", "answer", "quotes"?,
    "reasoning"?}``.

    Raises ``UsageError`` for a file that cannot be read and for an entry that does not fit
    ``task``; it names the entry by its number (from 1; in JSON Lines that of its line) and none of
    its text.
    """
    found = []
    for place, entry in _entries(path):
        where = f"{path}, {place}"
        example = _example(entry, where)
        problems = example_problems(task, example)
        if problems:
            told = "; ".join(f"{place}: {wrong}" for place, wrong in problems[:_TOLD])
            more = f"; and {len(problems) - _TOLD} more" if len(problems) > _TOLD else ""
            raise UsageError(
                f"the example does not fit the task {task.name}: {told}{more}", where=where
            )
        found.append(example)
    if not found:
        raise UsageError("there is no example in it", where=str(path))
    return tuple(found)


def _entries(path: Path) -> Iterator[tuple[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", where=str(path)) from None
    except UnicodeDecodeError:
        raise UsageError("is not UTF-8", where=str(path), remedy="save it as UTF-8") from None
    if text.lstrip().startswith("["):
        for number, entry in enumerate(_json(text, path, 1), 1):
            yield f"entry {number}", entry
        return
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield f"line {number}", _json(line, path, number)


def _json(text: str, path: Path, line: int) -> Any:
    """The value that is written in ``text``, which begins in the line of that number."""
    where = f"{path}, line {line}"
    try:
        return strict_json.loads(text)
    except json.JSONDecodeError as error:
        where = f"{path}, line {line + error.lineno - 1}"
        wrong = f"is no JSON: {error.msg} (column {error.colno})"
    except TwiceError as error:
        wrong = str(error)
    except (ValueError, RecursionError) as error:
        wrong = f"is no JSON that can be read ({type(error).__name__})"
    raise UsageError(wrong, where=where)


def _example(entry: Any, where: str) -> Example:
    """Raises ``UsageError`` for anything that is no example."""
    if not isinstance(entry, dict):
        raise UsageError("is no object with text and answer", where=where)
    for position, key in enumerate(entry, 1):
        if key not in _KEYS:
            guess = nearest(key, _KEYS)
            hint = f"did you mean {guess}?" if guess else f"an entry has {', '.join(_KEYS)}"
            raise UsageError(f"its key {position} is unknown", where=where, remedy=hint)
    text, answer = entry.get("text"), entry.get("answer")
    quotes, reasoning = entry.get("quotes"), entry.get("reasoning")
    if not isinstance(text, str) or not text.strip():
        raise UsageError("its text is none", where=where)
    if not isinstance(answer, dict):
        raise UsageError("its answer is no object", where=where)
    if quotes is not None and not _are_quotes(quotes):
        raise UsageError("its quotes are no object of strings and lists of strings", where=where)
    if reasoning is not None and not isinstance(reasoning, str):
        raise UsageError("its reasoning is no string", where=where)
    kept = {
        name: tuple(each) if isinstance(each, list) else each
        for name, each in (quotes or {}).items()
        if each is not None
    }
    return Example(text=text, answer=answer, quotes=kept, reasoning=reasoning or "")


def _are_quotes(quotes: Any) -> bool:
    return isinstance(quotes, dict) and all(
        each is None
        or isinstance(each, str)
        or (isinstance(each, list) and all(isinstance(one, str) for one in each))
        for each in quotes.values()
    )
