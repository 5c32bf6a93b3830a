"""From kind files to documents: layouts expanded, lists drawn from, labels kept by construction."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from zlib import crc32

from training.corpus import slots
from training.corpus.habits import written
from training.corpus.template import (
    Choice,
    Node,
    Reference,
    Slot,
    TemplateError,
    parse,
    walk,
)
from training.corpus.writer import Piece, Writer, plain

__all__ = ["Kind", "LabelledText", "compose", "kinds", "problems"]

KINDS = Path(__file__).parent / "kinds"
_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮"

#: The share of documents that mix sentences of all kinds, so that no sentence is learnt as the sign
#: of its kind.
_MIXED = 0.3

#: A list with fewer entries is a vocabulary rather than sentences.
_SHORT = 15


@dataclass(frozen=True)
class Kind:
    """One kind of document: whole layouts, and the lists of sentences that they draw from."""

    name: str
    weight: float
    layouts: tuple[str, ...]
    lists: dict[str, tuple[str, ...]]
    oldest: int = 101


@dataclass(frozen=True)
class LabelledText:
    """A text and its identifiers as ``(start, end, category)``, sorted, without overlap."""

    kind: str
    text: str
    spans: tuple[tuple[int, int, str], ...]


@cache
def kinds() -> tuple[Kind, ...]:
    """All kinds, sorted by name."""
    return tuple(_read(path) for path in sorted(KINDS.glob("*.toml")))


def _read(path: Path) -> Kind:
    stated = tomllib.loads(path.read_text(encoding="utf-8"))
    lists = {name: tuple(entries) for name, entries in stated["lists"].items()}
    return Kind(
        stated["kind"],
        float(stated.get("weight", 1)),
        tuple(stated["layouts"]),
        lists,
        int(stated.get("oldest", 101)),
    )


def problems(path: Path) -> Iterator[str]:
    """What is wrong with a kind file, one line each: syntax, unknown slots and lists."""
    kind = _read(path)
    entries = [("layouts", text) for text in kind.layouts]
    entries += [(name, text) for name, texts in kind.lists.items() for text in texts]
    for place, text in entries:
        try:
            nodes = walk(parse(text))
        except TemplateError as error:
            yield f"{path.name}: {place}: {error} in {text[:60]!r}"
            continue
        for node in nodes:
            if isinstance(node, Reference) and node.name not in kind.lists:
                yield f"{path.name}: {place}: no list {node.name!r}"
            elif isinstance(node, Slot) and not slots.is_slot(node):
                yield f"{path.name}: {place}: no slot {node!r}"


def compose(seed: int, number: int, *, unseen: bool = False) -> LabelledText:
    """Document ``number`` of the corpus of ``seed``; each is made from its own random source.

    One sentence in twelve is kept out of it; with ``unseen`` documents are made of those alone,
    to see what was learnt of language rather than of sentences.
    """
    rng = random.Random(f"sekisho corpus {seed} {number}")
    every = kinds()
    kind = rng.choices(every, weights=[each.weight for each in every])[0]
    writer = Writer(rng, kind.oldest)
    composer = _Composer(writer, kind, unseen)
    if writer.chance(_MIXED):
        pieces = composer.mixture()
    else:
        pieces = composer.expand(parse(rng.choice(kind.layouts)))
    return _labelled(kind.name, written(writer, pieces))


def _kept(entries: tuple[str, ...], unseen: bool) -> tuple[str, ...]:
    """The entries that documents of this part are made of; short lists are not divided."""
    if len(entries) < _SHORT:
        return entries
    chosen = tuple(entry for entry in entries if (crc32(entry.encode()) % 12 == 0) is unseen)
    return chosen or entries


@cache
def _sentences(unseen: bool) -> tuple[tuple[Kind, str], ...]:
    return tuple(
        (kind, text)
        for kind in kinds()
        for texts in kind.lists.values()
        for text in _kept(texts, unseen)
    )


class _Composer:
    """Expands templates for one writer; no entry of a list comes twice before all came once."""

    def __init__(self, writer: Writer, kind: Kind, unseen: bool) -> None:
        self._writer = writer
        self._unseen = unseen
        self._kind = kind
        self._unused: dict[tuple[str, str], list[str]] = {}

    def mixture(self) -> list[Piece]:
        """Sentences of any kind, in lines or run on."""
        rng = self._writer.rng
        pieces: list[Piece] = []
        joint = rng.choice(("\n", "\n", "", "　", " "))
        own = self._kind
        for _ in range(rng.randrange(4, 16)):
            self._kind, text = rng.choice(_sentences(self._unseen))
            if pieces and joint:
                pieces.append(Piece(joint))
            pieces += self.expand(parse(text))
        self._kind = own
        return pieces

    def expand(self, nodes: tuple[Node, ...]) -> list[Piece]:
        """The pieces of a template."""
        pieces: list[Piece] = []
        for node in nodes:
            if isinstance(node, str):
                pieces.append(Piece(node))
            elif isinstance(node, Choice):
                pieces += self.expand(self._writer.rng.choice(node.branches))
            elif isinstance(node, Slot):
                filled = slots.fill(self._writer, node)
                pieces += self.expand(parse(filled)) if isinstance(filled, str) else filled
            else:
                pieces += self._drawn(node)
        return pieces

    def _drawn(self, reference: Reference) -> list[Piece]:
        count = self._writer.rng.randint(reference.least, reference.most)
        pieces: list[Piece] = []
        for place in range(count):
            if reference.style and place:
                pieces.append(Piece("\n"))
            if reference.style == "items":
                pieces += self._bullet(place)
            pieces += self.expand(parse(self._entry(reference.name)))
        return pieces

    def _entry(self, name: str) -> str:
        unused = self._unused.setdefault((self._kind.name, name), [])
        if not unused:
            unused += _kept(self._kind.lists[name], self._unseen)
            self._writer.rng.shuffle(unused)
        return unused.pop()

    def _bullet(self, place: int) -> list[Piece]:
        bullet = self._writer.bullet
        if bullet == "number":
            return plain(f"{place + 1}{self._writer.rng.choice(('. ', '．', ') ', '）'))}")
        if bullet == "circled":
            return plain(_CIRCLED[place % len(_CIRCLED)])
        return plain(bullet) if bullet else []


def _labelled(kind: str, pieces: list[Piece]) -> LabelledText:
    spans = []
    position = 0
    for text, label in pieces:
        if label is not None and text:
            spans.append((position, position + len(text), label))
        position += len(text)
    return LabelledText(kind, "".join(piece.text for piece in pieces), tuple(spans))
