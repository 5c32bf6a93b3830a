"""Passages of the synthetic corpus, and the answers that they should get.

A passage is a piece of a synthetic document, cut at line ends (or at sentence ends where a
document is one long line) so that no identifier is cut through. Passages are divided by a hash of
their text: training never sees one that ``reports`` can return, whatever the seeds. Held-out
documents are, beside that, made of sentences that training documents do not use. The corpus never
draws names that it holds out, so unseen names are not part of this measurement.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import count, pairwise
from typing import NamedTuple

from training.corpus.compose import LabelledText, compose
from training.nano.tokens import CONTROLS

__all__ = ["Item", "Passage", "answer", "items", "passages", "reports", "respelled"]

SHORTEST, LONGEST = 40, 300
#: Of 256: the share of passages that training never sees.
_HELD_OUT = 32
#: Corpus seeds from here on belong to held-out documents.
_HELD_OUT_SEEDS = 10**9
_FORBIDDEN = ("▁", "</s>", "<s>", "<unk>", *CONTROLS)
_KANJI = re.compile("[一-龥]")
_RESPELLED = {"NAME": 1.0, "STAFF": 1.0, "FACILITY": 0.3, "ADDRESS": 0.3}


class Item(NamedTuple):
    """One entry of an answer."""

    type: str
    value: str


class Passage(NamedTuple):
    """A text and its identifiers as ``(start, end, category)``, sorted, without overlap."""

    id: str
    text: str
    spans: tuple[tuple[int, int, str], ...]


def passages(seed: int, numbers: Iterable[int]) -> Iterator[Passage]:
    """The training passages of documents ``numbers`` of corpus ``seed`` (below a thousand million).

    Raises ``ValueError`` for a seed that belongs to held-out documents.
    """
    if not 0 <= seed < _HELD_OUT_SEEDS:
        raise ValueError("this seed is kept for held-out documents")
    for number in numbers:
        for passage in _cut(compose(seed, number), f"{seed}-{number}"):
            if not _held_out(passage.text):
                yield passage


def reports(n: int, seed: int) -> list[tuple[str, str, tuple[tuple[int, int, str], ...]]]:
    """``n`` held-out passages as ``(id, text, spans)``, one a document, no text twice.

    Texts have 40 to 300 characters, about one in twenty without any identifier. The same ``n``
    and ``seed`` give the same reports, and more of them begin with the same ones.
    """
    chosen: dict[str, Passage] = {}
    for number in count():
        if len(chosen) == n:
            break
        document = compose(_HELD_OUT_SEEDS + seed, number, unseen=True)
        for passage in _cut(document, f"{seed}-{number}"):
            if _held_out(passage.text):
                chosen.setdefault(passage.text, passage)
                break
    return [(each.id, each.text, each.spans) for each in chosen.values()]


def items(passage: Passage) -> list[Item]:
    """What should be answered: each (type, value) once, in order of first appearance."""
    found = (Item(kind, passage.text[start:end]) for start, end, kind in passage.spans)
    return list(dict.fromkeys(found))


def answer(found: Sequence[Item]) -> str:
    """The items as the JSON that a model is to write."""
    listed = [{"type": each.type, "value": each.value} for each in found]
    return json.dumps({"phi_list": listed}, ensure_ascii=False, separators=(",", ":"))


def respelled(passage: Passage, rng: random.Random, kanji: Sequence[str]) -> Passage:
    """The passage with other characters in its names: to copy names, not to remember them.

    Each character becomes another one of ``kanji``, the same throughout the passage; lengths and
    spans stay.
    """
    others: dict[str, str] = {}

    def other(match: re.Match[str]) -> str:
        return others.setdefault(match[0], rng.choice(kanji))

    text = passage.text
    for start, end, kind in passage.spans:
        if rng.random() < _RESPELLED.get(kind, 0.0):
            text = text[:start] + _KANJI.sub(other, text[start:end]) + text[end:]
    return passage if _held_out(text) else passage._replace(text=text)


def _held_out(text: str) -> bool:
    return hashlib.sha256(text.encode()).digest()[0] < _HELD_OUT


def _cut(document: LabelledText, name: str) -> Iterator[Passage]:
    """The passages of a document; what no passage can hold whole is left out."""
    text, spans = document.text, document.spans
    if any(each in text for each in _FORBIDDEN):
        return
    rng = random.Random(f"sekisho passages {name}")
    whole = [
        place for place in _ends(text) if not any(start < place < end for start, end, _ in spans)
    ]
    start, longest, last = 0, _wanted(rng), 0
    for place, following in pairwise([*whole, None]):
        if following is not None and following - start <= longest:
            continue
        if place is None:
            break
        passage = _passage(text, spans, start, place, f"{name}-{last}")
        if SHORTEST <= len(passage.text) <= LONGEST:
            yield passage
        start, longest, last = place, _wanted(rng), last + 1


def _wanted(rng: random.Random) -> int:
    """How long a passage may become: short ones more often than long ones."""
    return SHORTEST + round((LONGEST - SHORTEST) * rng.random() ** 2)


def _ends(text: str) -> list[int]:
    """Where a passage may end: behind a line, and behind a sentence in a line that is too long."""
    found: list[int] = []
    start = 0
    for line in text.splitlines(keepends=True):
        if len(line) > LONGEST // 2:
            found += [start + match.end() for match in re.finditer("[。．]|　(?=[^　])", line)]
        start += len(line)
        found.append(start)
    return sorted(set(found))


def _passage(
    text: str, spans: Iterable[tuple[int, int, str]], start: int, end: int, name: str
) -> Passage:
    held = text[start:end]
    start += len(held) - len(held.lstrip("\n"))
    shown = held.strip("\n")
    inside = tuple(
        (low - start, high - start, kind)
        for low, high, kind in spans
        if start <= low and high <= start + len(shown)
    )
    return Passage(name, shown, inside)
