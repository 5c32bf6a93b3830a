"""What a simulated model is asked: the turns of a conversation, read back into their parts.

The turns are those of ``phi/detectors/llm/prompts/LANGUAGE/turns.toml``; what stood in their places
is found again by what stands around it. A report may hold anything, the words of a turn too, so the
first place begins at the first mark and everything else is read from the end.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Literal, TypeAlias

from sekisho.models.reading import read
from sekisho.models.seam import Message
from sekisho.optimization.simulation.profile import Wording
from sekisho.phi.categories import Category
from sekisho.phi.detectors.llm.listing import PhiList
from sekisho.phi.detectors.llm.prompts import LANGUAGES, Prompts, prompts

__all__ = ["Entry", "Heard", "Named", "hear", "unfill"]

_FILE = Path(__file__).with_name("hearing.toml")
_PLACE = re.compile(r"\{([a-z]+)\}")
_WORDINGS: tuple[Wording, ...] = ("conservative", "recall")

Asked: TypeAlias = Literal["extract", "review"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of an answer."""

    type: str
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Named:
    """One line of the findings that a review is shown: a kind of finding and what it names."""

    kind: str
    surface: str = field(repr=False)
    category: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A question: ``passage`` is the text it is about, ``system`` what was said before it.

    ``first`` and ``findings`` are those of a review. ``lost`` is the last list of entries, and
    ``values`` what was said not to stand in the text, where they are asked for again. ``again``
    says that the last answer did not have the form.
    """

    asked: Asked
    system: str = field(repr=False)
    passage: str = field(repr=False)
    wording: Wording = "conservative"
    first: tuple[Entry, ...] = field(default=(), repr=False)
    findings: tuple[Named, ...] = field(default=(), repr=False)
    lost: tuple[Entry, ...] | None = field(default=None, repr=False)
    values: str = field(default="", repr=False)
    again: bool = False


def hear(messages: Sequence[Message]) -> Heard | None:
    """The question in ``messages``; None where they are none about a report."""
    system = "\n".join(each.content for each in messages if each.role == "system")
    turns = [each for each in messages if each.role != "system"]
    if not turns or turns[0].role != "user":
        return None
    for said in map(prompts, LANGUAGES):
        question = _question(turns[0].content, system, said)
        if question is not None:
            return _further(question, turns[1:], said)
    return None


def unfill(template: str, text: str) -> Mapping[str, str] | None:
    """What stands in the places of ``template`` where it was filled to give ``text``, else None.

    The inverse of ``prompt_files.fill``; where several readings fit, the first place is longest.
    """
    parts = _PLACE.split(template)
    literals, names = parts[0::2], parts[1::2]
    if not names:
        return {} if text == template else None
    if not text.startswith(literals[0]) or len(text) < sum(map(len, literals)):
        return None
    values: dict[str, str] = {}
    end = len(text)
    for position in range(len(names), 0, -1):
        literal = literals[position]
        at = end - len(literal) if position == len(names) else text.rfind(literal, 0, end)
        if at < len(literals[0]) or text[at : at + len(literal)] != literal:
            return None
        if position < len(names):
            values[names[position]] = text[at + len(literal) : end]
        end = at
    values[names[0]] = text[len(literals[0]) : end]
    return values


def _question(content: str, system: str, said: Prompts) -> Heard | None:
    """The first turn of the user, as one of those in ``said``."""
    places = unfill(said.review_turn, content)
    if places is not None:
        return Heard(
            asked="review",
            system=system,
            passage=places["text"],
            wording=_wording(system),
            first=_entries(places["answer"]),
            findings=tuple(_named(places["findings"], said)),
        )
    places = unfill(said.report, content)
    if places is None:
        return None
    return Heard(asked="extract", system=system, passage=places["text"])


def _further(question: Heard, turns: Sequence[Message], said: Prompts) -> Heard:
    """``question`` with what came after it: values to look for again, a reprimand."""
    answer = ""
    for turn in turns:
        if turn.role == "assistant":
            answer = turn.content
            continue
        places = unfill(said.ungrounded, turn.content)
        if places is not None:
            question = replace(
                question, lost=_entries(answer), values=places["values"], again=False
            )
        else:
            question = replace(question, again=True)
    return question


def _entries(answer: str) -> tuple[Entry, ...]:
    items = read(answer, PhiList)
    if not isinstance(items, PhiList):
        return ()
    return tuple(Entry(Category(item.type), item.value) for item in items.phi_list)


def _named(findings: str, said: Prompts) -> Iterator[Named]:
    for line in findings.split("\n- "):
        for kind, template in said.findings.items():
            places = unfill(template, line.removeprefix("- "))
            if places is not None:
                yield Named(kind, places["surface"], places.get("category", ""))
                break


def _wording(system: str) -> Wording:
    for language in LANGUAGES:
        for wording in _WORDINGS:
            if prompts(language, wording=wording).review == system.strip():
                return wording
    return "recall" if any(word in system for word in _recall_words()) else "conservative"


@cache
def _recall_words() -> tuple[str, ...]:
    return tuple(tomllib.loads(_FILE.read_text(encoding="utf-8"))["recall"])
