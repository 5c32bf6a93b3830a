"""Inspection: a second reading of a released text that trusts nothing the detectors did.

It knows what was found (and what the record says of its patient) and searches all of that in the
released text, folded its own way; and it scans for shapes that identifiers have. Replacements that
were put there, and ranges that may stay, are covered first. One finding is enough to hold a
document. A finding tells where and of what kind, never the text.

Time grows linearly with the text and with the secrets.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from sekisho.phi.categories import Category
from sekisho.release.digit_search import DigitSecret, digit_secret, search_digits
from sekisho.release.edits import Placed
from sekisho.release.letter_search import Letters, folded_letters, search
from sekisho.release.plain_text import PlainText
from sekisho.release.shape_scan import scan

__all__ = ["Finding", "Secret", "inspect"]

#: Stands for every character of a covered range: no character of any text, and a border to words.
_COVER = "\uffff"

#: Categories whose short numbers are searched; elsewhere four digits are a year or a clock time.
_NUMBERED = frozenset(
    {Category.ID, Category.INSURANCE, Category.NATIONAL_ID, Category.PHONE, Category.URL}
)
_PEOPLE = frozenset({Category.NAME, Category.STAFF})
#: Categories whose surfaces are ordinary words, which mean nothing inside others.
_ORDINARY = frozenset(
    {Category.TIME, Category.AGE, Category.SEX, Category.DEPARTMENT, Category.OCCUPATION}
)


@dataclass(frozen=True, slots=True)
class Secret:
    """Something that must not be read in a released text."""

    surface: str = field(repr=False)
    category: str


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """A reason to hold a document: ``kind`` is surface, digits or shape:NAME; released offsets."""

    start: int
    end: int
    kind: str
    category: str


def _covered(text: str, ranges: Iterable[tuple[int, int]]) -> str:
    pieces: list[str] = []
    taken = 0
    for start, end in sorted(ranges):
        if end > taken:
            pieces += (text[taken:start], _COVER * (end - max(start, taken)))
            taken = end
    pieces.append(text[taken:])
    return "".join(pieces)


def _sorted_out(
    secrets: Sequence[Secret],
) -> tuple[list[tuple[int, str]], list[tuple[int, DigitSecret]]]:
    """Each secret, by its number, to the search that suits it."""
    letters: list[tuple[int, str]] = []
    digits: list[tuple[int, DigitSecret]] = []
    for number, secret in enumerate(secrets):
        numeric = None if secret.category in _PEOPLE else digit_secret(secret.surface)
        if numeric is None:
            letters.append((number, folded_letters(secret.surface)))
        elif len(numeric.digits) >= 7 or secret.category in _NUMBERED:
            digits.append((number, numeric))
        elif len(numeric.digits) >= 4 or any(unit in secret.surface for unit in "年月日"):
            letters.append((number, folded_letters(secret.surface)))
    return letters, digits


def _findings(text: str, secrets: Sequence[Secret]) -> Iterator[Finding]:
    letters, digits = _sorted_out(secrets)
    if letters:
        ordinary = {n for n, secret in enumerate(secrets) if secret.category in _ORDINARY}
        for hit in search(Letters(text), letters, ordinary):
            yield Finding(hit.start, hit.end, "surface", secrets[hit.secret].category)
    plain = PlainText(text)
    for hit in search_digits(plain, digits):
        start, end = plain.range(hit.start, hit.end)
        yield Finding(start, end, "digits", secrets[hit.secret].category)
    for shape in scan(plain):
        start, end = plain.range(shape.start, min(shape.end, len(plain.plain)))
        yield Finding(start, end, f"shape:{shape.kind}", shape.category)


def inspect(
    released: str,
    placed: Sequence[Placed],
    secrets: Sequence[Secret],
    allowed: Sequence[tuple[int, int]] = (),
) -> tuple[Finding, ...]:
    """Everything in ``released`` that should not be there, in order.

    ``placed`` are the replacements, ``allowed`` other ranges that may stay (released offsets):
    what the profile keeps, and occurrences that the shield knows to be medical language.
    """
    covered = _covered(released, [(place.start, place.end) for place in placed] + list(allowed))
    return tuple(sorted(set(_findings(covered, secrets))))
