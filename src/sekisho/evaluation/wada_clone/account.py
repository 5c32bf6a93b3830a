"""What was done to the labels on the way, counted, and told in plain sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from sekisho.evaluation.wada_clone.placing import Placed
from sekisho.evaluation.wada_clone.values import Entry
from sekisho.evaluation.wada_clone.words import Split
from sekisho.phi.categories import Category

__all__ = ["INCOMPLETE", "PUBLISHED", "SHARED_EXPECTED", "Account"]

#: Reports of the study by split (Wada et al., Scientific Reports 16, 5910, 2026).
PUBLISHED: dict[Split, int] = {"development": 100, "held-out": 60}
#: So many reports of the published files stand in both splits.
SHARED_EXPECTED = 4
#: Categories that the published labels do not have, or not everywhere: not to be counted.
INCOMPLETE = (
    Category.AGE,
    Category.DEPARTMENT,
    Category.OCCUPATION,
    Category.SEX,
    Category.TIME,
)

_MOST_NAMED = 8


@dataclass(slots=True)
class Account:
    """Counts of one reading. ``values`` are labelled values, ``lost`` those found nowhere."""

    split: Split
    answers: int = 0
    reports: int = 0
    tables: int = 0
    other_tables: int = 0
    shared: bool = False
    of_no_split: int = 0
    unlabelled: int = 0
    repeats: int = 0
    repeats_that_differ: int = 0
    renumbered: bool = False
    mended: int = 0
    of_rows: int = 0
    values: int = 0
    within: int = 0
    twice: int = 0
    shapes: Counter[str] = field(default_factory=Counter)
    lost: Counter[Category] = field(default_factory=Counter)
    unused: dict[str, None] = field(default_factory=dict)

    def placed(self, entries: Sequence[Entry], placed: Placed) -> None:
        """Count what became of the ``entries`` of one report."""
        self.values += len(entries)
        self.lost.update(placed.lost)
        self.within += placed.within
        self.twice += placed.twice

    def notes(self) -> tuple[str, ...]:
        """One sentence for each thing that happened; no text of a report in any."""
        return tuple(note for note in self._all() if note)

    def _all(self) -> list[str]:
        shapes = ", ".join(f"{shape} ({n})" for shape, n in self.shapes.most_common())
        lost = ", ".join(f"{category} {n}" for category, n in sorted(self.lost.items()))
        unused = ", ".join(list(self.unused)[:_MOST_NAMED])
        return [
            f"{self.reports} labelled reports from {_count(self.tables, 'table')}; the study has "
            f"{PUBLISHED[self.split]} for this split",
            f"shapes of the labels: {shapes}",
            _told("rows with labels that were mended before they could be read", self.mended),
            _told("rows that repeat a report of this split, which counts once", self.repeats),
            _told("of these with other labels, which were added", self.repeats_that_differ),
            _told("reports without a word on labels, left out", self.unlabelled),
            _told(
                f"of {self.values} labelled values stand nowhere in their report and do not count",
                self.lost.total(),
                f" ({lost})",
            ),
            _told("values that stand only within longer ones, which count", self.within),
            _told("places labelled as two categories, of which one counts", self.twice),
            _told(
                "rows with a disguise or a difficulty that may be of any value, not used",
                self.of_rows,
            ),
            "the reports were numbered anew: theirs are not one for each, or stand in the text"
            if self.renumbered
            else "",
            _told("rows of no split that is known, left out", self.of_no_split),
            _told("tables that were opened and hold no labelled reports", self.other_tables),
            _told("files of answers or figures, by their names, left out", self.answers),
            f"columns that were not used: {unused}{' ...' * (len(self.unused) > _MOST_NAMED)}"
            if unused
            else "",
            "one file holds both splits and was opened; the labels of the other were not read"
            if self.shared
            else "",
            f"the labels are incomplete for {', '.join(INCOMPLETE)} and for names in kana",
        ]


def _told(what: str, number: int, more: str = "") -> str:
    return f"{what}: {number}{more}" if number else ""


def _count(number: int, what: str) -> str:
    return f"1 {what}" if number == 1 else f"{number} {what}s"
