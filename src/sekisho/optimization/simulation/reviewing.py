"""A second look at an answer: some errors are put right, and some harm is done.

What is wrong with an entry is told from the right ones, so it does not matter whose answer it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sekisho.optimization.simulation.hearing import Entry, Named
from sekisho.optimization.simulation.known import Item, Passage
from sekisho.optimization.simulation.profile import Mistake, ReviewHabit
from sekisho.optimization.simulation.spoiling import Roll, missed_as, once, slip
from sekisho.optimization.simulation.traps import around
from sekisho.phi.categories import Category

__all__ = ["Verdict", "judged", "reviewed"]

#: How far a value that is taken too wide goes on.
_WIDER = 2


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is wrong with an entry (None: nothing), and the items that it stands for."""

    mistake: Mistake | None
    items: tuple[Item, ...] = field(default=(), repr=False)


def judged(passage: Passage, entry: Entry) -> Verdict:
    """What is to be said of ``entry`` as one about ``passage``."""
    for item in passage.items:
        if entry.value == item.value and entry.type == item.category:
            return Verdict(None, (item,))
    for item in passage.items:
        if entry.value == item.value:
            return Verdict(Mistake.CATEGORY, (item,))
    if entry.value not in passage.text:
        meant = [item for item in passage.items if slip(passage, item.value) == entry.value]
        return Verdict(Mistake.INVENTED, tuple(meant[:1]))
    for joint in passage.joints:
        if joint.value == entry.value:
            return Verdict(joint.mistake, (joint.first, joint.second))
    return _partly(passage, entry)


def reviewed(
    passage: Passage,
    first: Sequence[Entry],
    findings: Sequence[Named],
    habit: ReviewHabit,
    roll: Roll,
) -> tuple[Entry, ...]:
    """The answer after a second look at ``first``, told the ``findings``."""
    verdicts = [(entry, judged(passage, entry)) for entry in first]
    seen = {item for _, verdict in verdicts for item in verdict.items}
    return once(
        [
            *(
                each
                for entry, verdict in verdicts
                for each in _again(passage, entry, verdict, findings, habit, roll)
            ),
            *_found(passage, seen, findings, habit, roll),
            *_wrong(passage, findings, habit, roll),
        ]
    )


def _partly(passage: Passage, entry: Entry) -> Verdict:
    """An entry whose value overlaps an item, or looks like one, or is nothing at all."""
    value = entry.value
    within = [item for item in passage.items if item.value in value]
    if within:
        opened = value[:1] in tuple(around().opening)
        mistake = Mistake.BOUNDARY_BRACKET if opened else Mistake.BOUNDARY_TITLE
        return Verdict(mistake, (max(within, key=lambda item: len(item.value)),))
    around_it = [item for item in passage.items if len(value) > 1 and value in item.value]
    if around_it:
        # Of several the one of its own category: the half of a time is no half of a number.
        meant = max(around_it, key=lambda item: item.category == entry.type)
        return Verdict(Mistake.BOUNDARY_HALF, (meant,))
    for trap in passage.traps:
        if value == trap.value:
            return Verdict(trap.kind)
    return Verdict(Mistake.EXTRA_MEASURE)


def _again(
    passage: Passage,
    entry: Entry,
    verdict: Verdict,
    findings: Sequence[Named],
    habit: ReviewHabit,
    roll: Roll,
) -> Iterator[Entry]:
    """What becomes of an entry of the first answer."""
    key = f"{entry.type}\0{entry.value}"
    if verdict.mistake is None:
        if roll("drops", key) >= habit.drops:
            wide = roll("widens", key) < habit.widens
            yield _widened(passage, verdict.items[0]) if wide else entry
        return
    share = habit.repairs.get(verdict.mistake, 0.0)
    if any(named.surface == entry.value for named in findings):
        share = max(share, habit.heeds)
    if roll("repairs", verdict.mistake, key) >= share:
        yield entry
        return
    for item in verdict.items:
        yield Entry(item.category, item.value)


def _found(
    passage: Passage,
    seen: set[Item],
    findings: Sequence[Named],
    habit: ReviewHabit,
    roll: Roll,
) -> Iterator[Entry]:
    """Items that the first answer lacks and the second look finds."""
    for item in passage.items:
        if item in seen:
            continue
        mistake = missed_as(item)
        share = habit.repairs.get(mistake, 0.0)
        if any(_about(named, item) for named in findings):
            share = max(share, habit.heeds)
        if roll("repairs", mistake, item.key) < share:
            yield Entry(item.category, item.value)


def _wrong(
    passage: Passage, findings: Sequence[Named], habit: ReviewHabit, roll: Roll
) -> Iterator[Entry]:
    """Entries about what is no identifier."""
    for named in findings:
        if named.category not in set(Category) or any(_about(named, i) for i in passage.items):
            continue
        if roll("believes", named.surface) < habit.believes:
            yield Entry(named.category, named.surface)
    for trap in passage.traps:
        if roll("adds", trap.value) < habit.adds:
            yield Entry(trap.types[0], trap.value)


def _about(named: Named, item: Item) -> bool:
    return named.surface in item.value or item.value in named.surface


def _widened(passage: Passage, item: Item) -> Entry:
    """The item with what follows it, or with what stands before it at the end of a line."""
    text = passage.text
    after = text[item.end : item.end + _WIDER]
    if len(after) == _WIDER and "\n" not in after and after.strip():
        return Entry(item.category, item.value + after)
    before = text[max(0, item.start - _WIDER) : item.start]
    return Entry(item.category, before.rpartition("\n")[2] + item.value)
