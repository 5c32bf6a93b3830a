"""Which mentions name the same person or thing within one document.

佐藤明子, 佐藤さん, さとうあきこ and 明子 are one patient; a tag must number them once and a
surrogate must fit them all. The key of an entity is its fullest written form, so that it is the
same in every document that writes the person in full.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from sekisho.documents.document import Document, Span
from sekisho.phi.categories import Category
from sekisho.phi.morphology import surname_readings
from sekisho.phi.occurrences import pieces
from sekisho.phi.search import comparable

__all__ = ["entities"]

_PEOPLE = frozenset({Category.NAME, Category.STAFF})
_REMOVED = {ord(sign): None for sign in " \n・^=＝,.-‐–—−ー－()（）/"}

_LISTING = re.compile("[・、,]")


@dataclass
class _Person:
    """A person under construction: the forms seen so far; ``key`` is the first full one."""

    category: str
    key: str
    surname: str | None
    given: str | None
    forms: set[str]


def entities(document: Document, spans: Sequence[Span]) -> Mapping[Span, str]:
    """An entity key for every span: equal keys, same person or thing."""
    text = document.folded.text
    keys: dict[Span, str] = {}
    people: list[_Person] = []
    mentions = []
    for span in sorted(spans):
        start, end = document.folded.to_folded(span.start, span.end)
        surface = text[start:end]
        if span.category in _PEOPLE:
            mentions.append((span, surface, start, end))
        else:
            keys[span] = comparable(surface).translate(_REMOVED) or surface
    _link_people(text, mentions, people, keys)
    return keys


def _link_people(
    text: str,
    mentions: list[tuple[Span, str, int, int]],
    people: list[_Person],
    keys: dict[Span, str],
) -> None:
    forms = {span: _form(surface) for span, surface, _, _ in mentions}
    # Full names first: a surname alone can then find its owner wherever it stands.
    ordered = sorted(mentions, key=lambda mention: (_parts(mention[1]) is None, mention[2]))
    owner: dict[Span, _Person] = {}
    for span, surface, _, _ in ordered:
        parts = _parts(surface)
        person = _find(people, span.category, forms[span], parts)
        if person is None:
            surname, given = parts or (None, None)
            person = _Person(span.category, forms[span], surname, given, {forms[span]})
            people.append(person)
        person.forms.add(forms[span])
        owner[span] = person
    _join_readings(text, mentions, owner)
    _join_by_dictionary(mentions, owner)
    for span in owner:
        keys[span] = owner[span].key


def _form(surface: str) -> str:
    squeezed = comparable(surface).translate(_REMOVED | {ord("ー"): "ー"})
    return squeezed or surface


def _parts(surface: str) -> tuple[str, str] | None:
    """Surname and given name of a full name, by its blank or by the dictionary."""
    found = pieces(surface)
    return (comparable(found[0]), comparable(found[1])) if len(found) == 2 else None


def _find(
    people: list[_Person], category: str, form: str, parts: tuple[str, str] | None
) -> _Person | None:
    """The person of a mention: by the same form, else by a part of the name.

    A doctor who shares the patient's surname is somebody else, so a part alone must also be of the
    same category; a full name may have been found as either.
    """
    if parts is not None:
        return next((person for person in people if form in person.forms), None)
    colleagues = [person for person in people if person.category == category]
    for matches in (
        lambda person: form in person.forms,
        lambda person: form == person.surname,
        lambda person: form == person.given,
    ):
        for person in colleagues:
            if matches(person):
                return person
    return None


def _join_readings(
    text: str, mentions: list[tuple[Span, str, int, int]], owner: dict[Span, _Person]
) -> None:
    """A name in kana right behind one in kanji, in brackets or after a blank, is its reading."""
    ordered = sorted(mentions, key=lambda mention: mention[2])
    readings: dict[str, _Person] = {}
    for left, right in pairwise(ordered):
        between = text[left[3] : right[2]]
        if len(between) <= 3 and between.strip(" \n(（/・、,:「〈<[") == "" and between:
            first, second = _is_kana(left[1]), _is_kana(right[1])
            if first != second and left[0].category == right[0].category:
                kanji, kana = (right, left) if first else (left, right)
                if _LISTING.search(between) and not (_parts(kanji[1]) and _parts(kana[1])):
                    continue  # 高田、ナカムラ are two colleagues
                person = owner[kanji[0]]
                owner[kana[0]] = person
                readings[_form(kana[1])] = person
                parts = _parts(kana[1])
                if parts is not None:
                    readings.setdefault(parts[0], person)
    for span, surface, _, _ in ordered:
        read_as = readings.get(_form(surface))
        if read_as is not None and _is_kana(surface):
            owner[span] = read_as


def _join_by_dictionary(
    mentions: list[tuple[Span, str, int, int]], owner: dict[Span, _Person]
) -> None:
    """A full name in kana that stands elsewhere, in a column of its own say, is the reading of the
    one person whose surname the dictionary reads so."""
    whole: dict[tuple[str, str], list[_Person]] = {}
    for span, surface, _, _ in mentions:
        person = owner[span]
        if not _is_kana(surface) and _parts(surface) is not None:
            for kana in surname_readings(pieces(surface)[0]):
                known = whole.setdefault((span.category, comparable(kana)), [])
                if person not in known:
                    known.append(person)
    for span, surface, _, _ in mentions:
        parts = _parts(surface) if _is_kana(surface) else None
        if parts is None or any(not _is_kana(form) for form in owner[span].forms):
            continue
        candidates = whole.get((span.category, parts[0]), [])
        if len(candidates) == 1:
            owner[span] = candidates[0]


def _is_kana(surface: str) -> bool:
    return all("ぁ" <= character <= "ヿ" or character in " \n・" for character in surface)
