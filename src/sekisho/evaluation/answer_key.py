"""The gold of a document as a key that answers are marked by: what each claim names, and how well.

A *gold entry* is a category and a folded surface with all the places where it stands, so a name
that stands ten times counts once, as an answer names each value once. A *claim* is an entry of an
answer (:class:`sekisho.evaluation.trials.Claim`). Blanks count nowhere: not at the ends of a place,
and not as characters that two places share.

- A place of a claim *names* the gold entries that it shares a character with, if at least a third
  of its characters are marked in gold. A label before the value is a slip; a whole report as one
  value is no value: in the development reports of the study 7 to 29 % of the characters are marked.
- A claim *meets* an entry when one of its places has both ends of one of the entry's.
- A claim is *mixed* when one of its places names two entries that stand apart. Entries that share
  characters there (nested, crossing, at the same place) are not mixed, nor is a stretch of one.
- A claim is *right* when it names an entry. A value under several categories is right only under
  those that gold has for it, or once where gold has none of them.
- *Not judged* are claims of an ignored category, and those that name ignored gold only. What they
  name is named all the same.

Several claims may name an entry, and a claim several entries. To pair one with one would take the
time off recall where date and time are one claim; but the time is masked, and purity is there for
that. The price: a value that is given twice, with other ends, is not punished.

All of this is ours: the formulas of Wada et al. (Sci Rep 16, 5910, 2026) are not public.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

from sekisho.documents.folding import fold
from sekisho.errors import UsageError
from sekisho.evaluation.gold import GoldDocument, GoldSpan
from sekisho.evaluation.script import script
from sekisho.evaluation.trials import Claim, Trial
from sekisho.phi.categories import Category

__all__ = ["AnswerKey", "Entry", "Part", "Weighed", "answer_key", "places_of"]

#: A kind of part and its name, such as ``("script", "kanji")``.
Part = tuple[str, str]
_Place = tuple[int, int]

#: One of so many characters of a place must be marked.
_ONE_OF = 3
#: Documents that stay prepared, for studies that mark thousands of answers to the same ones.
_KEPT = 1024


@dataclass(frozen=True, slots=True)
class Entry:
    """A gold entry; ``mask`` has a bit for each of its places among the spans of its document."""

    category: Category
    mask: int


@dataclass(slots=True)
class Weighed:
    """A claim laid over gold: what it names and meets, as masks of spans; where it is mixed."""

    claim: Claim
    named: int = 0
    met: int = 0
    mixed: _Place | None = None
    judged: bool = True
    right: bool = False


class AnswerKey:
    """The gold of one document, made ready for any number of answers.

    ``spans`` are its gold spans in the order of the text, and a mask is an integer with a bit for
    each of some of them. ``parts`` holds a mask for each entry of a part; an entry belongs to a
    disguise or a difficulty with those of its places only that have it. ``ignored`` are the
    categories that gold has as ignored only.
    """

    def __init__(self, gold: GoldDocument) -> None:
        self._id, self._text = gold.id, gold.text
        # A span of nothing but blanks names nobody.
        self.spans = tuple(span for span in sorted(gold.spans) if not span.surface.isspace())
        self.ignored = frozenset(
            {span.category for span in gold.ignored} - {span.category for span in gold.spans}
        )
        self._ends = [self._trimmed(span.start, span.end) for span in self.spans]
        self._at: dict[_Place, int] = defaultdict(int)
        masks: dict[tuple[Category, str], int] = defaultdict(int)
        for bit, span in enumerate(self.spans):
            self._at[self._ends[bit]] |= 1 << bit
            masks[span.category, fold(span.surface).text.strip()] |= 1 << bit
        self.entries = tuple(Entry(category, mask) for (category, _), mask in masks.items())
        self.parts: Mapping[Part, tuple[int, ...]] = self._parted()
        self._lay(gold.ignored)

    def weigh(self, trial: Trial, ignore: Collection[str] = ()) -> list[Weighed]:
        """The claims of ``trial``, those that have the same places and category once.

        Claims of the categories in ``ignore`` and in ``ignored`` are not judged. Raises
        ``UsageError`` when it is a reading of another document, or of another text of it, and when
        gold still asks for a category of ``ignore``.
        """
        if trial.document != self._id or trial.characters != len(self._text):
            raise UsageError(
                "a reading is not one of the document that it is compared with",
                remedy="give readings in the order of gold, made from the same texts",
            )
        if any(entry.category in ignore for entry in self.entries):
            raise UsageError(
                "gold has identifiers of a category that is to be ignored",
                remedy="take them out by GoldDocument.without before",
            )
        if trial.failed:
            return []
        # Claims without places look the same whatever they said, so each of them counts.
        weighed = [Weighed(claim) for claim in trial.claims if not claim.places]
        by_places: dict[tuple[_Place, ...], list[Weighed]] = defaultdict(list)
        for claim in dict.fromkeys(claim for claim in trial.claims if claim.places):
            one = self._weighed(claim)
            weighed.append(one)
            by_places[claim.places].append(one)
        for one in weighed:
            if one.claim.category in ignore or one.claim.category in self.ignored:
                one.judged = False
        for group in by_places.values():
            self._decide([one for one in group if one.judged])
        return weighed

    def _weighed(self, claim: Claim) -> Weighed:
        weighed, aside = Weighed(claim), False
        for start, end in claim.places:
            if not 0 <= start < end <= len(self._text):
                raise UsageError("a claim lies outside of its document")
            marked = self._marked[end] - self._marked[start]
            if not marked or _ONE_OF * marked < self._solid[end] - self._solid[start]:
                continue
            named = self._touched(start, end)
            if not named:
                aside = True
                continue
            ends = self._trimmed(start, end)
            weighed.named |= named
            weighed.met |= self._at.get(ends, 0)
            # One span alone cannot be mixed.
            if weighed.mixed is None and named & (named - 1) and self._mixes(ends, named):
                weighed.mixed = (start, end)
        weighed.judged = weighed.named != 0 or not aside
        return weighed

    def _decide(self, twins: list[Weighed]) -> None:
        """Which of several claims with the same places are right."""
        naming = [one for one in twins if one.named]
        if len(naming) > 1:
            gold = {each.category for each in self.entries if each.mask & naming[0].named}
            known = [one for one in naming if one.claim.category in gold]
            naming = known or [min(naming, key=lambda one: one.claim.category)]
        for one in naming:
            one.right = True

    def _mixes(self, ends: _Place, named: int) -> bool:
        """Whether a place holds two of the ``named`` spans that belong to two entries and stand
        apart; spans inside of another one are a part of that."""
        if any(self._inside(ends, self._ends[bit]) for bit in places_of(named)):
            return False
        whole = [bit for bit in places_of(named) if not named & self._around[bit]]
        mask = sum(1 << bit for bit in whole)
        return any(mask & ~self._meeting[bit] & ~self._same[bit] for bit in whole)

    def _touched(self, start: int, end: int) -> int:
        """The mask of the spans that share a character other than a blank with ``start:end``."""
        mask, at = 0, bisect_right(self._run_ends, start)
        while at < len(self._runs) and self._run_starts[at] < end:
            mask |= self._runs[at]
            at += 1
        return mask

    def _lay(self, ignored: Iterable[GoldSpan]) -> None:
        """Count characters up to each place, and cut the text into runs of the same spans."""
        over: dict[int, int] = defaultdict(int)
        for bit, span in enumerate(self.spans):
            for place in range(span.start, span.end):
                over[place] |= 1 << bit
        aside = {place for span in ignored for place in range(span.start, span.end)}
        solid = [not character.isspace() for character in self._text]
        marked = (letter and (at in over or at in aside) for at, letter in enumerate(solid))
        self._solid = array("l", accumulate(solid, initial=0))
        self._marked = array("l", accumulate(marked, initial=0))

        self._run_starts: list[int] = []
        self._run_ends: list[int] = []
        self._runs: list[int] = []
        for place in sorted(place for place in over if solid[place]):
            if self._runs and self._run_ends[-1] == place and self._runs[-1] == over[place]:
                self._run_ends[-1] += 1
            else:
                self._run_starts.append(place)
                self._run_ends.append(place + 1)
                self._runs.append(over[place])
        self._relate()

    def _relate(self) -> None:
        """For each span the masks of those that share a character, lie around it, are its entry."""
        size = len(self.spans)
        self._meeting, self._around, self._same = [0] * size, [0] * size, [0] * size
        for run in self._runs:
            for bit in places_of(run):
                self._meeting[bit] |= run
        for bit, ends in enumerate(self._ends):
            for other in places_of(self._meeting[bit]):
                if self._ends[other] != ends and self._inside(ends, self._ends[other]):
                    self._around[bit] |= 1 << other
        for entry in self.entries:
            for bit in places_of(entry.mask):
                self._same[bit] = entry.mask

    def _parted(self) -> dict[Part, tuple[int, ...]]:
        parts: dict[Part, list[int]] = defaultdict(list)
        for entry in self.entries:
            own: dict[Part, int] = defaultdict(int)
            spans = [(bit, self.spans[bit]) for bit in places_of(entry.mask)]
            for bit, span in spans:
                if span.difficulty is not None:
                    own["difficulty", str(span.difficulty)] |= 1 << bit
                if span.disguise:
                    own["disguise", span.disguise] |= 1 << bit
            own["category", str(entry.category)] = entry.mask
            own["script", str(script(spans[0][1].surface))] = entry.mask
            for part, mask in own.items():
                parts[part].append(mask)
        return {part: tuple(masks) for part, masks in parts.items()}

    def _trimmed(self, start: int, end: int) -> _Place:
        text = self._text
        while start < end and text[start].isspace():
            start += 1
        while start < end and text[end - 1].isspace():
            end -= 1
        return start, end

    @staticmethod
    def _inside(inner: _Place, outer: _Place) -> bool:
        return outer[0] <= inner[0] and inner[1] <= outer[1]


@lru_cache(maxsize=_KEPT)
def answer_key(gold: GoldDocument) -> AnswerKey:
    """The key of ``gold``, made once for as long as it is among the last that were asked for."""
    return AnswerKey(gold)


def places_of(mask: int) -> Iterator[int]:
    """The numbers of the bits of ``mask``, lowest first."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest
