"""One answer, entry by entry: the counts that its score is made of, and each of its errors.

What it means that a claim names, meets or mixes gold entries, is right and is judged, is told in
:mod:`sekisho.evaluation.answer_key`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from sekisho.evaluation.answer_key import AnswerKey, Entry, Weighed, answer_key, places_of
from sekisho.evaluation.gold import GoldDocument, GoldSpan
from sekisho.evaluation.script import script
from sekisho.evaluation.trials import Claim, Trial
from sekisho.phi.categories import Category

__all__ = ["Counts", "EntryError", "ErrorKind", "Judged", "errors", "judge"]

ErrorKind: TypeAlias = Literal["missed", "boundary", "category", "mixed", "invented", "extra"]


@dataclass(frozen=True, slots=True)
class Counts:
    """The counts of one reading that its components are made of.

    ``valid`` at the first attempt, ``failed`` without an answer. Of the gold ``entries`` some are
    ``found`` (a claim names them), ``exact`` (a claim meets them) and ``typed`` (found under their
    category: by a claim that meets them, where there is one). Of the ``judged`` claims some are
    ``right``, and some of these ``pure`` (not mixed). Of all ``claims`` some are ``verbatim`` (they
    have places).
    """

    readings: int = 1
    failed: int = 0
    valid: int = 0
    entries: int = 0
    found: int = 0
    exact: int = 0
    typed: int = 0
    judged: int = 0
    right: int = 0
    pure: int = 0
    claims: int = 0
    verbatim: int = 0


@dataclass(frozen=True, slots=True)
class Judged:
    """The counts of a reading, and the mask of all gold spans that it names."""

    counts: Counts
    named: int


@dataclass(frozen=True, slots=True)
class EntryError:
    """One error of one reading.

    A gold entry has at most one, the gravest: ``missed`` (nothing names it), ``boundary`` (nothing
    meets it) or ``category`` (found, but not under its own). A claim has at most one: ``invented``
    (it stands nowhere), ``extra`` (it names nothing, or under one category more what another claim
    has named) or ``mixed``. What was claimed instead stands in ``claimed``.

    ``start`` and ``end`` are a place of the entry or of the claim, None for an invented one. Of a
    missed entry it is the easiest place: where it stood in plain sight. Of another entry it is one
    that ``claimed`` names. ``disguise`` and ``difficulty`` are those of gold there.
    """

    kind: ErrorKind
    category: Category
    start: int | None = None
    end: int | None = None
    script: str = ""
    disguise: str = ""
    difficulty: int | None = None
    claimed: Claim | None = None


def judge(gold: GoldDocument, trial: Trial, *, ignore: Collection[str] = ()) -> Judged:
    """Count what ``trial`` named of ``gold``; a failed one named nothing.

    ``ignore`` are the categories whose claims are not judged: those that were given to
    ``gold.without``. Raises ``UsageError`` when it is a reading of another text.
    """
    key = answer_key(gold)
    weighed = key.weigh(trial, ignore)
    met, named = _by_category(weighed)
    all_met, all_named = _union(met), _union(named)
    found = exact = typed = 0
    for entry in key.entries:
        if all_named & entry.mask:
            found += 1
            exact += bool(all_met & entry.mask)
            typed += _is_typed(entry, all_met, met, named)
    judged = right = pure = verbatim = 0
    for one in weighed:
        verbatim += bool(one.claim.places)
        judged += one.judged
        right += one.right
        pure += one.right and one.mixed is None
    counts = Counts(
        failed=int(bool(trial.failed)),
        valid=int(trial.valid_first and not trial.failed),
        entries=len(key.entries),
        found=found,
        exact=exact,
        typed=typed,
        judged=judged,
        right=right,
        pure=pure,
        claims=len(weighed),
        verbatim=verbatim,
    )
    return Judged(counts, all_named)


def errors(
    gold: GoldDocument, trial: Trial, *, ignore: Collection[str] = ()
) -> tuple[EntryError, ...]:
    """Every error of ``trial``, in the order of the text; ``ignore`` as in :func:`judge`.

    Invented claims stand last. Raises ``UsageError`` when it is a reading of another text.
    """
    key = answer_key(gold)
    weighed = sorted(key.weigh(trial, ignore), key=lambda one: one.claim)
    found = [*_of_entries(key, weighed), *_of_claims(gold.text, weighed)]
    return tuple(sorted(found, key=_order))


def _of_entries(key: AnswerKey, weighed: Sequence[Weighed]) -> Iterator[EntryError]:
    met, named = _by_category(weighed)
    all_met, all_named = _union(met), _union(named)
    for entry in key.entries:
        if not all_named & entry.mask:
            places = [key.spans[bit] for bit in places_of(entry.mask)]
            yield _of_span("missed", min(places, key=_plainness))
        elif not all_met & entry.mask:
            # A claim of the entry's own category says most about where it went wrong.
            naming = [one for one in weighed if one.named & entry.mask]
            one = min(naming, key=lambda one: one.claim.category != entry.category)
            yield _of_span("boundary", _first(key, one.named & entry.mask), one.claim)
        elif not _is_typed(entry, all_met, met, named):
            one = next(one for one in weighed if one.met & entry.mask)
            yield _of_span("category", _first(key, one.met & entry.mask), one.claim)


def _of_claims(text: str, weighed: Sequence[Weighed]) -> Iterator[EntryError]:
    for one in weighed:
        if not one.judged:
            continue
        claim = one.claim
        if not claim.places:
            yield EntryError("invented", claim.category, claimed=claim)
        elif not one.right:
            yield _of_place("extra", text, claim, claim.places[0])
        elif one.mixed is not None:
            yield _of_place("mixed", text, claim, one.mixed)


def _of_span(kind: ErrorKind, span: GoldSpan, claimed: Claim | None = None) -> EntryError:
    return EntryError(
        kind,
        span.category,
        span.start,
        span.end,
        str(script(span.surface)),
        span.disguise or "",
        span.difficulty,
        claimed,
    )


def _of_place(kind: ErrorKind, text: str, claim: Claim, place: tuple[int, int]) -> EntryError:
    start, end = place
    written = str(script(text[start:end]))
    return EntryError(kind, claim.category, start, end, written, claimed=claim)


def _is_typed(
    entry: Entry, all_met: int, met: Mapping[Category, int], named: Mapping[Category, int]
) -> bool:
    by_category = met if all_met & entry.mask else named
    return bool(by_category.get(entry.category, 0) & entry.mask)


def _by_category(
    weighed: Sequence[Weighed],
) -> tuple[Mapping[Category, int], Mapping[Category, int]]:
    """What the claims of each category meet, and what they name."""
    met: dict[Category, int] = defaultdict(int)
    named: dict[Category, int] = defaultdict(int)
    for one in weighed:
        met[one.claim.category] |= one.met
        named[one.claim.category] |= one.named
    return met, named


def _union(masks: Mapping[Category, int]) -> int:
    union = 0
    for mask in masks.values():
        union |= mask
    return union


def _first(key: AnswerKey, mask: int) -> GoldSpan:
    return key.spans[next(places_of(mask))]


def _plainness(span: GoldSpan) -> tuple[int, int]:
    # What has no difficulty is plain text.
    return span.difficulty or 0, span.start


def _order(error: EntryError) -> tuple[bool, int, int, str, str]:
    start, end = error.start, error.end
    return start is None, start or 0, end or 0, error.kind, error.category
