"""What can be seen to be wrong with an answer without asking anyone.

A model that looks at its own answer again makes it as often worse as better (Huang et al.,
arXiv 2310.01798), unless it is told something it did not know. These checks are that: formats that
the rules see and the answer lacks, values that are not in the text, entries that hold two things,
the reading beside a name, the time beside a date.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sekisho.documents.document import Document, Span
from sekisho.documents.folding import fold
from sekisho.phi.categories import Category
from sekisho.phi.detectors.llm.grounding import Ground
from sekisho.phi.detectors.llm.listing import PhiItem
from sekisho.phi.detectors.names.name_parts import full_name_split
from sekisho.phi.detectors.rules import RulesDetector
from sekisho.phi.morphology import is_ordinary_word, surname_readings
from sekisho.phi.occurrences import pieces
from sekisho.phi.search import comparable

__all__ = ["Checked", "Checks", "Finding", "check"]

#: A rule is believed from this score on.
_SURE = 0.7
_PEOPLE = frozenset({Category.NAME, Category.STAFF})
_KANJI = "\u4e00-\u9fff々〆"
#: The reading behind a name in kanji: in brackets, or in katakana behind a blank.
_READING = re.compile(
    "[ \n]?[(](?P<bracketed>[ァ-ヶー]+(?:[ ・][ァ-ヶー]+)?|[ぁ-んー]+(?: [ぁ-んー]+)?)[)]"
    "|[ \n](?P<bare>[ァ-ヶー]{2,}(?:[ ・][ァ-ヶー]{2,})?)(?![ァ-ヶー])"
)
#: A name and its reading, or another name, in one value; Jansen, Piet is one name.
_TWO_NAMES = re.compile(f"[{_KANJI}][^(]*[(][ァ-ヶぁ-んー ・]+[)]|(?<![A-Za-zÀ-ÿ.]),|[、/]")
_HAS_KANJI = re.compile(f"[{_KANJI}]")
_DATES = frozenset({Category.DATE, Category.BIRTHDATE})
#: Between a date and the time beside it: a blank, a weekday in brackets, a T.
_BESIDE_DATE = re.compile("(?:[ \n]?[(][月火水木金土日][)])?[ \nTの、,]{0,2}$")
_LONGEST_BESIDE = 8
#: What may stand in a value of another category and be a part of it: the room in an address.
_PARTS: Mapping[str, frozenset[str]] = {Category.ADDRESS: frozenset({Category.ID})}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: its kind, as the prompts name it, and what it is about."""

    kind: str
    surface: str = field(repr=False)
    category: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """What the checks say of an answer; ``looked_at`` counts the things they could judge."""

    findings: tuple[Finding, ...]
    looked_at: int

    @property
    def score(self) -> float:
        """The share of what was looked at that is in order, 0 to 100."""
        return 100.0 * max(0.0, 1 - len(self.findings) / max(1, self.looked_at))


class Checks:
    """The checks of one passage, which is read for its formats once, however often they are asked.

    ``ground`` finds values in the passage.
    """

    def __init__(self, passage: Document) -> None:
        self.passage = passage
        self.ground = Ground(passage)
        self._formats = [span for span in RulesDetector().detect(passage) if span.score >= _SURE]

    def of(self, items: Sequence[PhiItem], *, names: Sequence[PhiItem] = ()) -> Checked:
        """What is wrong with ``items`` as the list of identifiers of the passage.

        Readings are looked for beside the people in ``names`` too: of two answers the one that has
        the name as well would otherwise be blamed for the reading that both lack.
        """
        passage = self.passage
        places = self._placed(items)
        covered = bytearray(len(passage.text))
        for _, found in places:
            for start, end in found:
                covered[start:end] = b"\1" * (end - start)
        findings = [
            *_lacking(passage, self._formats, covered),
            *(Finding("ungrounded", item.value, item.type) for item, found in places if not found),
            *_mixed(passage, self._formats, places),
            *_readings(passage, [*places, *self._placed(names)], covered),
        ]
        distinct = tuple(dict.fromkeys(findings))
        lacking = sum(finding.kind in ("missing", "time", "kana") for finding in distinct)
        return Checked(distinct, len(items) + lacking)

    def _placed(self, items: Sequence[PhiItem]) -> list[tuple[PhiItem, list[tuple[int, int]]]]:
        return [(item, self.ground.places(item.value, item.type)) for item in items]


def check(passage: Document, items: Sequence[PhiItem], *, names: Sequence[PhiItem] = ()) -> Checked:
    """``Checks.of`` for a passage that is asked about once."""
    return Checks(passage).of(items, names=names)


def _lacking(passage: Document, formats: Sequence[Span], covered: bytearray) -> list[Finding]:
    dates = {span.end for span in formats if span.category in _DATES}
    found = []
    for span in formats:
        if all(covered[place] for place in _telling(passage.text, span)):
            continue
        kind = "missing"
        if span.category == Category.TIME and any(
            date <= span.start <= date + _LONGEST_BESIDE
            and _BESIDE_DATE.fullmatch(fold(passage.text[date : span.start]).text)
            for date in dates
        ):
            kind = "time"
        found.append(Finding(kind, passage.text[span.start : span.end], span.category))
    return found


def _telling(text: str, span: Span) -> list[int]:
    """The digits of ``span``, all letters when it has none: No. and 朝 tell nobody by themselves."""
    letters = [place for place in range(span.start, span.end) if text[place].isalnum()]
    return [place for place in letters if text[place].isdigit()] or letters


def _mixed(
    passage: Document,
    formats: Sequence[Span],
    places: Sequence[tuple[PhiItem, Sequence[tuple[int, int]]]],
) -> list[Finding]:
    """Items that hold two identifiers: of two formats, or a name and its reading."""
    found = []
    for item, stretches in places:
        two_names = item.type in _PEOPLE and _holds_two_names(fold(item.value).text)
        for start, end in stretches[:1]:
            inside = [span for span in formats if start <= span.start and span.end <= end]
            kinds = {span.category for span in inside} - _PARTS.get(item.type, frozenset())
            whole = any(span.end - span.start == end - start for span in inside)
            two_names = two_names or (len(kinds) > 1 and not whole)
        if two_names:
            found.append(Finding("mixed", item.value, item.type))
    return found


def _holds_two_names(value: str) -> bool:
    if _TWO_NAMES.search(value) is not None:
        return True
    # A name may be broken at the end of a line.
    return "\n" in value and full_name_split(value.replace("\n", "").replace(" ", "")) is None


def _readings(
    passage: Document,
    places: Sequence[tuple[PhiItem, Sequence[tuple[int, int]]]],
    covered: bytearray,
) -> list[Finding]:
    """Readings in kana beside a name that is in the answer, which are not."""
    folded = passage.folded
    found = []
    for item, stretches in places:
        written = fold(item.value).text
        if item.type not in _PEOPLE or _HAS_KANJI.search(written) is None:
            continue
        for stretch in stretches:
            match = _READING.match(folded.text, folded.to_folded(*stretch)[1])
            if match is None:
                continue
            name = "bracketed" if match["bracketed"] else "bare"
            if not _can_be_read(written, match[name], in_brackets=name == "bracketed"):
                continue
            start, end = folded.to_original(*match.span(name))
            if not all(covered[start:end]):
                found.append(Finding("kana", passage.text[start:end], item.type))
    return found


def _can_be_read(name: str, kana: str, *, in_brackets: bool) -> bool:
    """Whether ``kana`` may be the reading of ``name``; ナース and アレルギー are none."""
    known = {comparable(reading) for reading in surname_readings(pieces(name)[0])}
    if any(comparable(kana).startswith(reading) for reading in known):
        return True
    if known and not in_brackets:
        return False
    return " " in kana or not is_ordinary_word(kana)
