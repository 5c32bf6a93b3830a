"""Right entries spoilt item by item, at the rates of a profile.

For each item it is drawn whether it is joined with its neighbour, left out, taken too wide or too
narrow, filed under another category, or written otherwise than it stands in the text; and for each
thing that only looks like an identifier, whether it is taken for one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeVar

from sekisho.optimization.simulation.hearing import Entry
from sekisho.optimization.simulation.known import Item, Passage, is_kana
from sekisho.optimization.simulation.profile import Mistake
from sekisho.optimization.simulation.traps import around, slips, swapped
from sekisho.phi.categories import Category

__all__ = ["Roll", "missed_as", "once", "slip", "spoilt"]

Roll = Callable[..., float]
T = TypeVar("T")

_PEOPLE = frozenset({Category.NAME, Category.STAFF})
#: What is shorter than this is not cut.
_SHORTEST_CUT = 4


def spoilt(passage: Passage, rates: Mapping[Mistake, float], roll: Roll) -> tuple[Entry, ...]:
    """An answer about ``passage``: each entry once, in the order of the text, extra ones last."""
    return once([*_items(passage, rates, roll), *_extra(passage, rates, roll)])


def missed_as(item: Item) -> Mistake:
    """What it is called when ``item`` is left out."""
    if item.category is Category.TIME:
        return Mistake.MISSED_TIME
    if is_kana(item):
        return Mistake.MISSED_KANA
    return Mistake.MISSED_DISGUISED if item.disguised else Mistake.MISSED_OTHER


def slip(passage: Passage, value: str) -> str | None:
    """``value`` with a slip of the pen, so that the text lacks it; None for a number or a letter.

    The same value always slips the same way, so it can be told what was meant.
    """
    if len(value) < 2 or any(map(str.isdigit, value)):
        return None
    other = next((sign for sign in slips().letters if sign not in passage.text), None)
    return None if other is None else value[:-1] + other


def once(entries: Iterable[T]) -> tuple[T, ...]:
    """``entries`` without those that stand there twice."""
    return tuple(dict.fromkeys(entries))


def _items(passage: Passage, rates: Mapping[Mistake, float], roll: Roll) -> Iterator[Entry]:
    joints = {
        joint.first: joint
        for joint in passage.joints
        if roll(joint.mistake, joint.first.key) < rates[joint.mistake]
    }
    swallowed = {joint.second for joint in joints.values()}
    for item in passage.items:
        if item in joints:
            yield Entry(item.category, joints[item].value)
        elif item not in swallowed:
            missed = missed_as(item)
            if roll(missed, item.key) >= rates[missed]:
                yield _written(passage, item, rates, roll)


def _written(passage: Passage, item: Item, rates: Mapping[Mistake, float], roll: Roll) -> Entry:
    """The entry for an item that was seen."""
    for mistake, value in (
        (Mistake.BOUNDARY_TITLE, _with_title(passage, item)),
        (Mistake.BOUNDARY_BRACKET, _with_brackets(passage, item)),
        (Mistake.BOUNDARY_HALF, _half(item, roll)),
        (Mistake.INVENTED, slip(passage, item.value)),
    ):
        if value is not None and roll(mistake, item.key) < rates[mistake]:
            return Entry(item.category, value)
    if roll(Mistake.CATEGORY, item.key) < rates[Mistake.CATEGORY]:
        return Entry(swapped(item.category), item.value)
    return Entry(item.category, item.value)


def _extra(passage: Passage, rates: Mapping[Mistake, float], roll: Roll) -> Iterator[Entry]:
    for trap in passage.traps:
        if roll(trap.kind, trap.value) < rates[trap.kind]:
            place = int(roll("type", trap.value) * len(trap.types))
            yield Entry(trap.types[place], trap.value)


def _with_title(passage: Passage, item: Item) -> str | None:
    if item.category not in _PEOPLE:
        return None
    text = passage.text
    for title in around().after:
        if text.startswith(title, item.end):
            return item.value + title
    for title in around().before:
        if text.endswith(title, 0, item.start):
            return title + item.value
    return None


def _with_brackets(passage: Passage, item: Item) -> str | None:
    opening, closing = passage.text[: item.start][-1:], passage.text[item.end : item.end + 1]
    if not opening or not closing:
        return None
    if opening in around().opening and closing in around().closing:
        return opening + item.value + closing
    return None


def _half(item: Item, roll: Roll) -> str | None:
    """One of two parts of a value, cut where it is jointed, or in its middle."""
    value = item.value
    if len(value) < _SHORTEST_CUT:
        return None
    cuts = [at + 1 for at in range(1, len(value) - 2) if value[at] in slips().cuts]
    cut = cuts[len(cuts) // 2] if cuts else len(value) // 2
    kept = value[:cut] if roll("half", item.key) < 0.5 else value[cut:]
    kept = kept.strip(slips().cuts) if cuts else kept
    return kept if len(kept) > 1 else None
