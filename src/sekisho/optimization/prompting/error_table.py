"""What a system's errors have in common, and what each kind of them costs.

A table counts errors by kind, category, script and disguise over all readings, and ranks them by
the points of quality that they take. It holds no text, so it can be kept and shown. Examples do
hold text of documents: they are made for a local model that looks for a better prompt, live in
memory only, and are never stored.

The cost of one error is the share of its component that it takes in its document, as a linear part:
a missed identifier of four takes a quarter of the points for recall. Components saturate and share
entries, so the costs of a table are a ranking and need not add up to the quality that was lost.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sekisho.errors import UsageError
from sekisho.evaluation.answer_key import AnswerKey, answer_key, places_of
from sekisho.evaluation.entries import EntryError, errors
from sekisho.evaluation.gold import GoldDocument
from sekisho.evaluation.points import MAXIMA
from sekisho.evaluation.script import script
from sekisho.evaluation.trials import Trial

__all__ = ["FORM", "ErrorRow", "ErrorTable", "Example", "examples", "table"]

#: The kind of an answer that did not keep to its form at the first attempt, or never did.
FORM = "form"
#: The components that an error takes points of, and how much of each, by its kind. An invented
#: value is a wrong entry, and breaks the rule of verbatim values as well; that rule and validity at
#: the first attempt share one component (``evaluation.scoring``).
_TAKEN_FROM: Mapping[str, Mapping[str, float]] = {
    "missed": {"recall": 1.0},
    "boundary": {"boundary": 1.0},
    "mixed": {"purity": 1.0},
    "category": {"category": 1.0},
    "invented": {"precision": 1.0, "rules": 0.5},
    "extra": {"precision": 1.0},
    FORM: {"rules": 0.5},
}
#: Errors in the reading of a marked identifier; the others are errors of an entry of the answer.
_OF_GOLD = frozenset({"missed", "boundary", "category"})
_COMPONENTS = ("recall", "precision", "boundary", "purity", "category", "rules")


class _Kind(NamedTuple):
    kind: str
    category: str
    script: str
    disguise: str


class _Units(NamedTuple):
    """What the components of one reading are shares of."""

    entries: int
    found: int
    claims: int

    def of(self, kind: str) -> int:
        """How many errors of ``kind`` the reading could have had."""
        if kind == "missed":
            return max(1, self.entries)
        return max(1, self.found if kind in _OF_GOLD else self.claims)


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorRow:
    """Errors of one sort: ``count`` of them where ``of`` could have been.

    ``of`` counts identifiers read (each value once in a reading) for what is missed, cut or
    mistaken, and readings for what is mixed, invented, extra or out of form. ``cost`` is in points
    of quality (0 to 100), the mean over all readings. The ``form`` row has no category, script or
    disguise.
    """

    kind: str
    category: str = ""
    script: str = ""
    disguise: str = ""
    count: int
    of: int
    cost: float

    @property
    def rate(self) -> float | None:
        """Errors for each chance; above 1 where a reading had several. None without a chance."""
        return self.count / self.of if self.of else None

    @property
    def told(self) -> str:
        """The row in words, without any text of a document."""
        parts = (self.kind, self.category, self.script, self.disguise and f"({self.disguise})")
        return f"{' '.join(filter(None, parts))}: {self.count} of {self.of}, {self.cost:.2f} points"


@dataclass(frozen=True, slots=True)
class ErrorTable:
    """The errors of one system, the costliest first.

    ``readings`` are all trials, ``failed`` those without an answer, ``invalid`` those that did not
    keep to the form at the first attempt.
    """

    rows: tuple[ErrorRow, ...]
    documents: int
    readings: int
    failed: int
    invalid: int

    @property
    def cost(self) -> float:
        """The points of all rows together."""
        return sum(row.cost for row in self.rows)

    def by(self, what: str) -> Mapping[str, tuple[int, float]]:
        """Count and cost by ``kind``, ``category``, ``script`` or ``disguise``, costliest first.

        Raises ``UsageError`` for anything else.
        """
        if what not in _Kind._fields:
            raise UsageError(
                f"errors are not told apart by {what!r}",
                remedy=f"known: {', '.join(_Kind._fields)}",
            )
        counts: Counter[str] = Counter()
        costs: dict[str, float] = defaultdict(float)
        for row in self.rows:
            value = getattr(row, what)
            counts[value] += row.count
            costs[value] += row.cost
        ranked = sorted(costs, key=lambda value: (-costs[value], value))
        return {value: (counts[value], costs[value]) for value in ranked}


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One error with the text that it is about: for a local model only, never to be stored.

    ``surface`` is empty for a value that is not in the text; ``claimed`` is the category that the
    answer gave, empty for what it does not name.
    """

    kind: str
    category: str
    claimed: str
    disguise: str
    surface: str = field(repr=False)
    before: str = field(repr=False)
    after: str = field(repr=False)


def table(
    gold: Sequence[GoldDocument], trials: Iterable[Trial], *, ignore: Collection[str] = ()
) -> ErrorTable:
    """The errors in ``trials`` of the documents in ``gold``, over all repeats.

    Claims of the categories in ``ignore`` are not judged (``evaluation.entries``).

    An entry whose ends are missed by a claim that holds two entries is no error of its own: what it
    costs is a cost of that claim.

    A trial without an answer counts as one error of form with the whole quality of its document:
    what it did not find, no rule about finding would mend. Raises ``UsageError`` for a trial of a
    document that is not in ``gold``.
    """
    documents = {document.id: document for document in gold}
    counts: Counter[_Kind] = Counter()
    costs: dict[_Kind, float] = defaultdict(float)
    chances: Counter[tuple[str, str, str]] = Counter()
    readings = failed = invalid = 0
    form = _Kind(FORM, "", "", "")
    for trial in trials:
        document = _document(documents, trial)
        readings += 1
        if trial.failed or not trial.valid_first:
            counts[form] += 1
            costs[form] += 100.0 if trial.failed else _points(FORM)
        if trial.failed:
            failed += 1
            continue
        invalid += not trial.valid_first
        key = answer_key(document)
        chances.update(_chances(key))
        found = errors(document, trial, ignore=ignore)
        entries = len(key.entries)
        units = _Units(
            entries=entries,
            found=entries - sum(error.kind == "missed" for error in found),
            claims=len(trial.claims),
        )
        mixed = {error.claimed: _kind(error) for error in found if error.kind == "mixed"}
        for error in found:
            cost = _points(error.kind) / units.of(error.kind)
            if error.kind == "boundary" and error.claimed in mixed:
                # Its ends are wrong because it holds two: a rule about titles would not mend it.
                costs[mixed[error.claimed]] += cost
                continue
            counts[_kind(error)] += 1
            costs[_kind(error)] += cost
    rows = (
        ErrorRow(
            **kind._asdict(),
            count=count,
            of=chances[kind[1:]] if kind.kind in _OF_GOLD else readings,
            cost=costs[kind] / readings,
        )
        for kind, count in counts.items()
    )
    ranked = sorted(rows, key=lambda row: (-row.cost, -row.count, *_sort(row)))
    return ErrorTable(tuple(ranked), len(documents), readings, failed, invalid)


def examples(
    gold: Sequence[GoldDocument],
    trials: Iterable[Trial],
    *,
    ignore: Collection[str] = (),
    around: int = 12,
) -> Iterator[Example]:
    """The errors of ``trials`` with their text and ``around`` characters on both sides.

    ``ignore`` as in ``table``.

    Raises ``UsageError`` for a trial of a document that is not in ``gold``.
    """
    documents = {document.id: document for document in gold}
    for trial in trials:
        document = _document(documents, trial)
        if not trial.failed:
            for error in errors(document, trial, ignore=ignore):
                yield _example(document.text, error, around)


def _kind(error: EntryError) -> _Kind:
    return _Kind(error.kind, str(error.category), str(error.script), error.disguise or "")


def _document(documents: Mapping[str, GoldDocument], trial: Trial) -> GoldDocument:
    document = documents.get(trial.document)
    if document is None:
        raise UsageError("there is a trial of a document that is not in gold")
    return document


def _chances(key: AnswerKey) -> Iterator[tuple[str, str, str]]:
    """Category, script and disguise of each entry: once for every disguise it stands in."""
    for entry in key.entries:
        yield from {
            (str(span.category), str(script(span.surface)), span.disguise or "")
            for span in (key.spans[bit] for bit in places_of(entry.mask))
        }


def _example(text: str, error: EntryError, around: int) -> Example:
    start, end = error.start, error.end
    known = start is not None and end is not None
    first, last = (start or 0, end or 0) if known else (0, 0)
    return Example(
        kind=error.kind,
        category=str(error.category),
        claimed=str(error.claimed.category) if error.claimed is not None else "",
        disguise=error.disguise or "",
        surface=text[first:last],
        before=text[max(0, first - around) : first] if known else "",
        after=text[last : last + around] if known else "",
    )


def _points(kind: str) -> float:
    """The points that a reading loses when everything in it is wrong in this way, of 100."""
    whole = sum(MAXIMA[name] for name in _COMPONENTS)
    taken = _TAKEN_FROM.get(kind)
    if taken is None:
        raise UsageError(f"there is no such kind of error as {kind!r}")
    return 100.0 * sum(part * MAXIMA[name] for name, part in taken.items()) / whole


def _sort(row: ErrorRow) -> tuple[str, str, str, str]:
    return row.kind, row.category, row.script, row.disguise
