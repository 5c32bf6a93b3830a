"""The whole set: which report is made of what, how long each may be, and how alike any two are."""

from __future__ import annotations

import hashlib
import json
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from training.study_set.pools import (
    SPLITS,
    Case,
    Disguise,
    Layout,
    Split,
    cases,
    disguises,
    layouts,
)
from training.study_set.report import Plan, Report, compose

__all__ = ["GENERATOR", "SIZES", "about", "likeness", "lines", "nearest", "reports", "write"]

GENERATOR = "1"
SIZES: dict[Split, int] = {"development": 100, "held-out": 60}
_FILES: dict[Split, str] = {"development": "development.jsonl", "held-out": "held_out.jsonl"}
_IDS: dict[Split, str] = {"development": "study-dev", "held-out": "study-held"}
_SHORTEST, _LONGEST, _USUAL = 350, 1100, 900
#: About as many identifiers a report is to hold, as far as its layout lets it.
_FEWEST, _MOST = 7, 16
#: The bare reports stand at these places of every split, spread over it.
_BARE_EVERY = 30
_ADDITIONS = (
    "origin",
    "home",
    "contact",
    "technicians",
    "addendum",
    "general",
    "general",
    "general",
)
_ATTEMPTS = 40
_HABITS = 0.5
_GROWN = 20
_SOURCE = (
    "written by training/study_set from layouts, cases and sentences made by hand for sekisho;"
    " every person and institution is invented"
)


def reports(seed: int, split: Split, count: int | None = None) -> list[Report]:
    """The first ``count`` reports of ``split`` (all without it)."""
    plans = _Plans(seed, split)
    return [plans.report(number) for number in range(SIZES[split] if count is None else count)]


def lines(split: Split, made: Sequence[Report]) -> list[str]:
    """The reports as rows of gold, one JSON object each, numbered from 001."""
    rows = []
    for number, report in enumerate(made, start=1):
        spans = []
        for mark in report.marks:
            span: dict[str, object] = {
                "start": mark.start,
                "end": mark.end,
                "category": mark.category,
                "surface": report.text[mark.start : mark.end],
            }
            if mark.disguise:
                span |= {"disguise": mark.disguise, "difficulty": mark.difficulty}
            spans.append(span)
        row = {"id": f"{_IDS[split]}-{number:03}", "text": report.text, "spans": spans}
        rows.append(json.dumps(row, ensure_ascii=False))
    return rows


def write(seed: int, folder: Path) -> None:
    """Both splits and ``about.toml`` into ``folder``, which is made; the same bytes every time."""
    folder.mkdir(parents=True, exist_ok=True)
    made = {split: reports(seed, split) for split in SPLITS}
    for split in SPLITS:
        content = "".join(f"{row}\n" for row in lines(split, made[split]))
        (folder / _FILES[split]).write_bytes(content.encode())
    (folder / "about.toml").write_bytes(about(seed, made, folder).encode())


def about(seed: int, made: dict[Split, list[Report]], folder: Path) -> str:
    """What ``about.toml`` says of the two files in ``folder``: their digests and their counts."""
    entries = [
        f"seed = {seed}",
        f'generator = "{GENERATOR}"',
        f'source = "{_SOURCE}"',
        'licence = "Apache-2.0"',
    ]
    for split in SPLITS:
        digest = hashlib.sha256((folder / _FILES[split]).read_bytes()).hexdigest()
        entries.append(f'{split.replace("-", "_")}_sha256 = "{digest}"')
    for split in SPLITS:
        name = split.replace("-", "_")
        marks = [mark for report in made[split] for mark in report.marks]
        entries += [
            "",
            f"[counts.{name}]",
            f"reports = {len(made[split])}",
            f"characters = {sum(len(report.text) for report in made[split])}",
            f"identifiers = {len(marks)}",
            f"disguised = {sum(bool(mark.disguise) for mark in marks)}",
        ]
        for title, counts in (
            ("categories", Counter(mark.category for mark in marks)),
            ("disguises", Counter(mark.disguise for mark in marks if mark.disguise)),
        ):
            entries += ["", f"[counts.{name}.{title}]"]
            entries += [f"{key} = {number}" for key, number in sorted(counts.items())]
    return "\n".join(entries) + "\n"


def likeness(first: str, second: str) -> float:
    """The share of 5-character runs that two texts have in common (Jaccard)."""
    one, other = _runs(first), _runs(second)
    return len(one & other) / len(one | other)


def nearest(texts: Sequence[str], others: Sequence[str] | None = None) -> float:
    """The greatest likeness of any two of ``texts``, or of any of them to any of ``others``."""
    runs = [_runs(text) for text in texts]
    if others is None:
        pairs = ((a, b) for place, a in enumerate(runs) for b in runs[:place])
    else:
        beside = [_runs(text) for text in others]
        pairs = ((a, b) for a in runs for b in beside)
    return max(len(a & b) / len(a | b) for a, b in pairs)


def _runs(text: str) -> frozenset[str]:
    return frozenset(text[start : start + 5] for start in range(len(text) - 4))


@dataclass(frozen=True, slots=True)
class _Choice:
    case: Case
    layout: Layout
    disguises: tuple[Disguise, ...]


def _additions(rng: random.Random, layout: Layout) -> tuple[str, ...]:
    """Lists of sentences that the layout does not ask for itself; a bare one takes no names."""
    if layout.bare:
        return ("general",) * rng.randrange(4)
    fitting = [each for each in _ADDITIONS if f"{{@{each}" not in layout.text]
    return tuple(rng.sample(fitting, min(rng.randrange(6), len(fitting))))


def _rare(number: int) -> tuple[str, ...]:
    """What few reports hold: numbers of insurance and identity, addresses of the network."""
    return {7: ("papers",), 13: ("network",)}.get(number % 20, ())


class _Plans:
    """What each report of one split is made of; drawn beforehand, so that any can be remade."""

    def __init__(self, seed: int, split: Split) -> None:
        self._seed = seed
        self._split = split
        rng = random.Random(f"sekisho study set {seed} {split}")
        hidden = list(disguises(split))
        rng.shuffle(hidden)
        self._choices: list[_Choice] = []
        self._written: dict[Case, list[str]] = {}
        order: list[Case] = []
        used: Counter[Layout] = Counter()
        seen: set[tuple[Case, Layout]] = set()
        for number in range(SIZES[split]):
            if not order:
                order = list(cases(split))
                rng.shuffle(order)
            case = order.pop()
            layout = self._layout(rng, case, number, used, seen)
            used[layout] += 1
            seen.add((case, layout))
            grown = case.ages[0] >= _GROWN
            chosen: list[Disguise] = []
            while number % 3 == 1 and not layout.bare and len(chosen) < 2 + number % 2:
                each = next(each for each in hidden if grown or not each.adults)
                # To the end of the queue, so that all come before any comes again.
                hidden.remove(each)
                hidden.append(each)
                chosen.append(each)
            self._choices.append(_Choice(case, layout, tuple(chosen)))

    def _layout(
        self,
        rng: random.Random,
        case: Case,
        number: int,
        used: Counter[Layout],
        seen: set[tuple[Case, Layout]],
    ) -> Layout:
        """One that suits the case, has not held it yet, and is among the least used."""
        bare = number % _BARE_EVERY == _BARE_EVERY // 2
        fitting = [
            each
            for each in layouts(self._split)
            if each.bare is bare
            and (not each.modalities or case.modality in each.modalities)
            and (case.ages[0] >= _GROWN or not each.adults)
            and (case, each) not in seen
        ]
        least = min(used[each] for each in fitting)
        own = [each for each in fitting if case.modality in each.modalities and used[each] < 5]
        return rng.choice(own or [each for each in fitting if used[each] == least])

    def report(self, number: int) -> Report:
        """Report ``number``: of several attempts the one nearest to the length that was drawn
        and least like the reports written before about the same case (so ask for them in order).

        Raises ``ValueError`` where no attempt is of a length within bounds with its disguises.
        """
        choice = self._choices[number]
        wanted = {each.code for each in choice.disguises}
        stated = random.Random(f"sekisho study set {self._seed} {self._split} {number}")
        length = stated.triangular(_SHORTEST, _LONGEST, _USUAL)
        identifiers = 0 if choice.layout.bare else stated.randint(_FEWEST, _MOST)
        rare = _rare(number)
        earlier = self._written.setdefault(choice.case, [])
        best: tuple[float, Report] | None = None
        for attempt in range(_ATTEMPTS):
            rng = random.Random(f"sekisho study set {self._seed} {self._split} {number} {attempt}")
            plan = Plan(
                split=self._split,
                layout=choice.layout,
                case=choice.case,
                disguises=choice.disguises,
                traps=rng.choice((0, 1, 1, 2)) + choice.layout.bare,
                normals=rng.randrange(3, 15),
                additions=_additions(rng, choice.layout) + (() if choice.layout.bare else rare),
                habits=rng.random() < _HABITS,
            )
            made = compose(plan, rng)
            if not _SHORTEST <= len(made.text) <= _LONGEST:
                continue
            if not wanted <= {mark.disguise for mark in made.marks}:
                continue
            miss = abs(len(made.text) - length) / length
            miss += abs(len(made.marks) - identifiers) / 20
            miss += sum(likeness(made.text, each) for each in earlier) * 3
            if best is None or miss < best[0]:
                best = (miss, made)
        if best is None:
            raise ValueError(f"report {number} of {self._split}: no attempt has the length wanted")
        earlier.append(best[1].text)
        return best[1]
