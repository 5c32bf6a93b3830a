"""One report: a layout, a case, sentences with identifiers, disguises, and a writer's habits."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from training.corpus.habits import written
from training.corpus.template import Choice, Node, Reference, Slot, parse
from training.corpus.writer import Piece, Writer, plain
from training.study_set.fields import Fields
from training.study_set.pools import Case, Disguise, Layout, Split, entries, table

__all__ = ["Mark", "Plan", "Report", "compose"]

_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳㉑㉒㉓㉔㉕"
#: Between category, disguise and difficulty in the label of a piece; habits leave labels alone.
_BETWEEN = "\x1f"
_BEHIND_QUESTION = ("origin", "home", "papers")
_BEHIND_IMPRESSION = ("general", "network", "contact", "technicians", "addendum")
#: Of an examination in general no more is said than this, where a region has normal findings.
_GENERAL = 2
_LOOKED_BEFORE = (
    "前回",
    "前日",
    "治療前",
    "縮",
    "経過",
    "術後",
    "定期",
    "毎年",
    "新たな",
    "開始後",
)
_GROWN = 40
_FIRST_DAY = date(2019, 6, 1)
_DAYS = 7 * 365


@dataclass(frozen=True, slots=True)
class Mark:
    """One identifier of a report: ``text[start:end]``, and how it hides, if it does."""

    start: int
    end: int
    category: str
    disguise: str = ""
    difficulty: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """A text and its identifiers, sorted, without overlap."""

    text: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What one report is made of. ``normals`` is how many normal findings stand beside the case;
    ``additions`` are lists of sentences that follow the question or the impression.
    """

    split: Split
    layout: Layout
    case: Case
    disguises: tuple[Disguise, ...]
    traps: int
    normals: int
    additions: tuple[str, ...]
    habits: bool


def compose(plan: Plan, rng: random.Random) -> Report:
    """The report of ``plan``; the same source of chance gives the same report."""
    writer = Writer(rng)
    writer.today = _FIRST_DAY + timedelta(days=rng.randrange(_DAYS))
    pieces = _Composer(writer, plan).expand(parse(plan.layout.text))
    return _marked(_stripped(written(writer, pieces) if plan.habits else pieces))


class _Composer:
    """Expands the templates of one report."""

    def __init__(self, writer: Writer, plan: Plan) -> None:
        self._writer = writer
        self._plan = plan
        self._fields = Fields(writer, plan.split, plan.case)
        self._unused: dict[str, list[str]] = {}
        self._hidden: dict[str, list[list[Piece]]] = {}
        for each in plan.disguises:
            fitting = [
                (level, sentence)
                for level, modality, sentence in each.sentences
                if modality in ("", plan.case.modality)
            ]
            level, sentence = writer.rng.choice(fitting)
            pieces = [
                Piece(text, _BETWEEN.join((label, each.code, str(level))) if label else None)
                for text, label in self.expand(parse(sentence))
            ]
            self._hidden.setdefault(each.where, []).append(pieces)

    def expand(self, nodes: tuple[Node, ...]) -> list[Piece]:
        """The pieces of a template."""
        pieces: list[Piece] = []
        for node in nodes:
            if isinstance(node, str):
                pieces.append(Piece(node))
            elif isinstance(node, Choice):
                pieces += self.expand(self._writer.rng.choice(node.branches))
            elif isinstance(node, Slot):
                filled = self._fields.fill(node)
                pieces += self.expand(parse(filled)) if isinstance(filled, str) else filled
            else:
                pieces += self._joined(self._sentences(node), node.style)
        return pieces

    def _sentences(self, reference: Reference) -> list[list[Piece]]:
        case, rng = self._plan.case, self._writer.rng
        if reference.name == "about":
            found = [self.expand(parse(case.about)), *self._hidden.get("about", [])]
            return found + self._added(_BEHIND_QUESTION)
        if reference.name == "read":
            found = [self.expand(parse(each)) for each in case.read]
            return found + self._hidden.get("read", []) + self._added(_BEHIND_IMPRESSION)
        if reference.name == "findings":
            found = [self.expand(parse(each)) for each in (*case.seen, *self._normals())]
            for each in (*self._hidden.get("findings", []), *self._traps()):
                found.insert(rng.randint(1, len(found)), each)
            return found
        count = rng.randint(reference.least, reference.most)
        return [self.expand(parse(self._entry(reference.name))) for _ in range(count)]

    def _added(self, lists: tuple[str, ...]) -> list[list[Piece]]:
        chosen = [each for each in self._plan.additions if each in lists]
        return [self.expand(parse(self._entry(each))) for each in chosen]

    def _normals(self) -> list[str]:
        """Normal findings of the region that say nothing about what the case is about."""
        case = self._plan.case
        told = "".join((case.about, *case.seen, *case.read))
        fitting = []
        for entry in entries("regions", f"{case.region}_normal", self._plan.split):
            topics, _, sentence = entry.partition("|")
            # A star: said of no patient below 40.
            if "＊" in topics and case.ages[0] < _GROWN:
                continue
            if not any(topic in told for topic in topics.split("・")):
                fitting.append(sentence)
        rng, count = self._writer.rng, self._plan.normals
        chosen = rng.sample(fitting, min(count, len(fitting)))
        if len(chosen) < count and case.region != "generic":
            # What can be said of every examination makes up for a region of which little is said.
            general = entries("regions", "generic_normal", self._plan.split)
            others = [each.partition("|")[2] for each in general]
            chosen += rng.sample(others, min(count - len(chosen), _GENERAL, len(others)))
        return chosen

    def _traps(self) -> list[list[Piece]]:
        case = self._plan.case
        pool = ["any", *table("regions")[case.region]["traps"]]
        if case.modality in ("CT", "MR"):
            pool.append(case.modality.lower())
        every = [each for key in pool for each in entries("traps", key, self._plan.split)]
        chosen = self._writer.rng.sample(every, min(self._plan.traps, len(every)))
        return [self.expand(parse(each)) for each in chosen]

    def _entry(self, name: str) -> str:
        if name == "technique":
            name = f"technique_{self._plan.case.modality}"
        unused = self._unused.setdefault(name, [])
        if not unused:
            every = entries("sentences", name, self._plan.split)
            unused += [each.lstrip("＊＋") for each in every if self._suits(each)]
            self._writer.rng.shuffle(unused)
        return unused.pop()

    def _suits(self, sentence: str) -> bool:
        """A star: said of adults only. A plus: only where nobody has looked before."""
        case = self._plan.case
        if sentence.startswith("＊"):
            return case.ages[0] >= _GROWN
        if sentence.startswith("＋"):
            told = "".join((case.about, *case.seen, *case.read))
            known = any(each.code == "previous_study" for each in self._plan.disguises)
            return not known and not any(word in told for word in _LOOKED_BEFORE)
        return True

    def _joined(self, sentences: Sequence[list[Piece]], style: str) -> list[Piece]:
        pieces: list[Piece] = []
        for place, each in enumerate(sentences):
            if style and place:
                pieces.append(Piece("\n"))
            if style == "items":
                pieces += self._bullet(place)
            pieces += each
        return pieces

    def _bullet(self, place: int) -> list[Piece]:
        bullet = self._writer.bullet
        if bullet == "number":
            return plain(f"{place + 1}. ")
        if bullet == "circled":
            return plain(_CIRCLED[place % len(_CIRCLED)])
        return plain(bullet) if bullet else []


def _stripped(pieces: list[Piece]) -> list[Piece]:
    """No blanks before the first and behind the last character."""
    first, last = pieces[0], pieces[-1]
    if first.label is None:
        pieces = [Piece(first.text.lstrip()), *pieces[1:]]
    if last.label is None:
        pieces = [*pieces[:-1], Piece(pieces[-1].text.rstrip())]
    return pieces


def _marked(pieces: list[Piece]) -> Report:
    marks = []
    position = 0
    for text, label in pieces:
        if label is not None and text:
            category, *hidden = label.split(_BETWEEN)
            marks.append(
                Mark(position, position + len(text), category, hidden[0], int(hidden[1]))
                if hidden
                else Mark(position, position + len(text), category)
            )
        position += len(text)
    return Report("".join(piece.text for piece in pieces), tuple(marks))
