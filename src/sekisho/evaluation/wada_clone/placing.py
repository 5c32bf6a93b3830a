"""Where labelled values stand in a report: every own occurrence, as offsets into the text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from sekisho.documents.document import Document
from sekisho.documents.folding import fold
from sekisho.evaluation.gold import GoldSpan
from sekisho.evaluation.wada_clone.values import Entry
from sekisho.phi.categories import Category
from sekisho.phi.detectors.llm.grounding import Ground

__all__ = ["Placed", "place"]

_SIGNS = (re.compile("[\n;；]"), re.compile("[、,，/／|｜・]"))
_NUMBER = re.compile("[0-9]{1,3}")
_UNITS_OF_AGE = ("歳", "才", "代", "歳代", "歳児", "ヶ月", "か月", "カ月")


@dataclass(frozen=True, slots=True)
class Placed:
    """The spans of one report, and what became of entries that have none.

    ``lost`` are the categories of values that stand nowhere in the text, ``within`` counts values
    that stand only inside longer ones, ``twice`` places that were labelled as two categories.
    """

    spans: tuple[GoldSpan, ...]
    lost: tuple[Category, ...]
    within: int
    twice: int


def place(text: str, entries: Iterable[Entry]) -> Placed:
    """Find ``entries`` in ``text``.

    A value is looked for as ``phi.detectors.llm.grounding`` looks for those of a model. One that
    is not there as a whole is taken apart at its separators, and is lost unless all parts are
    there. Of two values at one place the longer one stands; of two categories of one place a
    date of birth before a date, else the one that was labelled first.
    """
    ground = Ground(Document("", text))
    lost: list[Category] = []
    found: list[tuple[Entry, list[tuple[int, int]]]] = []
    for entry in _each_once(entries):
        parts = _parts(ground, text, entry)
        if parts is None:
            lost.append(entry.category)
        else:
            found.extend(parts)
    spans, within, twice = _settled(text, found)
    return Placed(spans, tuple(lost), within, twice)


def _each_once(entries: Iterable[Entry]) -> list[Entry]:
    """Entries without repeats; what one of the repeats tells of disguise is kept."""
    kept: dict[tuple[object, ...], Entry] = {}
    for entry in entries:
        key = (entry.category, fold(entry.value).text.strip(), entry.place)
        before = kept.get(key, entry)
        kept[key] = replace(
            before,
            disguise=before.disguise or entry.disguise,
            difficulty=before.difficulty or entry.difficulty,
        )
    return list(kept.values())


def _parts(
    ground: Ground, text: str, entry: Entry
) -> list[tuple[Entry, list[tuple[int, int]]]] | None:
    whole = _places(ground, text, entry)
    if whole:
        return [(entry, whole)]
    for signs in _SIGNS:
        values = [value.strip() for value in signs.split(entry.value) if value.strip()]
        if len(values) < 2:
            continue
        parts = [replace(entry, value=value, place=None) for value in values]
        places = [_places(ground, text, part) for part in parts]
        if all(places):
            return list(zip(parts, places, strict=True))
    return None


def _places(ground: Ground, text: str, entry: Entry) -> list[tuple[int, int]]:
    if entry.place is not None and _is_there(text, entry):
        return [entry.place]
    value = fold(entry.value).text.strip()
    if entry.category is Category.AGE and _NUMBER.fullmatch(value):
        # A bare number stands in a report for many things.
        return [place for unit in _UNITS_OF_AGE for place in ground.places(value + unit, "AGE")]
    return ground.places(entry.value, entry.category)


def _is_there(text: str, entry: Entry) -> bool:
    start, end = entry.place or (0, 0)
    return 0 <= start < end <= len(text) and text[start:end] == entry.value


_Candidate = tuple[int, int, int, Entry]


def _settled(
    text: str, found: Sequence[tuple[Entry, Sequence[tuple[int, int]]]]
) -> tuple[tuple[GoldSpan, ...], int, int]:
    taken: dict[tuple[int, int], Entry] = {}
    standing: set[int] = set()
    twice = 0
    for start, end, order, entry in sorted(_candidates(found), key=_longest_first):
        before = taken.get((start, end))
        if before is not None:
            standing.add(order)
            twice += before.category is not entry.category
            if entry.category is Category.BIRTHDATE and before.category is Category.DATE:
                taken[start, end] = entry
        elif not any(s <= start and end <= e for s, e in taken):
            standing.add(order)
            taken[start, end] = entry
    spans = sorted(
        GoldSpan(start, end, each.category, text[start:end], each.disguise, each.difficulty)
        for (start, end), each in taken.items()
    )
    return tuple(spans), len(found) - len(standing), twice


def _candidates(
    found: Sequence[tuple[Entry, Sequence[tuple[int, int]]]],
) -> Iterator[_Candidate]:
    for order, (entry, places) in enumerate(found):
        for start, end in places:
            yield start, end, order, entry


def _longest_first(candidate: _Candidate) -> tuple[int, int, int]:
    start, end, order, _ = candidate
    return start - end, start, order
