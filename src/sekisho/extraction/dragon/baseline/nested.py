"""Several tags for one token: a tagger for each kind of entity, and the numbers that it goes by.

Tags such as ``B-0-finding`` and ``B-12-finding`` are one kind, ``finding``, with a number each. All
examples of the kind teach where it stands; which numbers it has is learned from the list markers
and counts before it. A tag that was never shown is never given.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from sekisho.extraction.dragon.baseline.tag_features import pieces, shape
from sekisho.extraction.dragon.baseline.tagging import Tagger

__all__ = ["NestedTagger"]

_NUMBER = re.compile(r"[0-9]+")
_OUTSIDE = "O"
_EVEN = 0.5
#: Counts from here on are called the same.
_FAR = 30


class NestedTagger:
    """Learns lists of tags of tokens."""

    def __init__(self, *, strength: float = 1.0, history: bool = True) -> None:
        self._strength = strength
        self._history = history

    def fit(
        self, documents: Sequence[Sequence[str]], tags: Sequence[Sequence[Sequence[str]]]
    ) -> NestedTagger:
        """Learn from ``documents`` (their tokens) and the lists of ``tags`` of these."""
        known = sorted({tag for given in tags for here in given for tag in here})
        self._tags = {_parts(tag): tag for tag in known}
        self._kinds: dict[str, tuple[Tagger, _Numbers]] = {}
        for kind in sorted({_parts(tag)[1] for tag in known} - {_OUTSIDE}):
            marks = [[_mark(kind, here) for here in given] for given in tags]
            tagger = Tagger(strength=self._strength, history=self._history)
            tagger.fit(documents, marks)
            numbering = _Numbers(self._strength)
            owned = [[_owned(kind, here) for here in given] for given in tags]
            numbering.fit(documents, marks, owned)
            self._kinds[kind] = tagger, numbering
        return self

    def tag(self, document: Sequence[str]) -> list[list[str]]:
        """The tags for the tokens of ``document``, a list each; ``["O"]`` where none fits."""
        found: list[list[str]] = [[] for _ in document]
        for kind, (tagger, numbering) in self._kinds.items():
            marks = tagger.tag(document)
            for start, end in _spans(marks):
                given = numbering.of(document, marks, start)
                for place in range(start, end):
                    mark = marks[place].removesuffix("#").removesuffix("-")
                    whole = (self._tags.get((mark, kind, numbers)) for numbers in given)
                    found[place] += (tag for tag in whole if tag is not None)
        return [here or [_OUTSIDE] for here in found]


class _Numbers:
    """Which numbers an entity of one kind goes by."""

    def __init__(self, strength: float) -> None:
        self._strength = strength

    def fit(
        self,
        documents: Sequence[Sequence[str]],
        marks: Sequence[Sequence[str]],
        owned: Sequence[Sequence[tuple[tuple[str, ...], ...]]],
    ) -> None:
        from sklearn.feature_extraction.text import CountVectorizer
        from sklearn.linear_model import LogisticRegression

        rows: list[list[str]] = []
        truth: list[set[tuple[str, ...]]] = []
        for document, given, numbers in zip(documents, marks, owned, strict=True):
            for start, _ in _spans(given):
                rows.append(_before(document, given, start))
                truth.append(set(numbers[start]))
        self._all = sorted(set().union(*truth))
        self._vectorizer = CountVectorizer(analyzer=_same, binary=True, dtype=np.float64)
        matrix = self._vectorizer.fit_transform(rows)
        self._models: list[Any] = []
        for number in self._all:
            has = [number in here for here in truth]
            # What all or none of the entities has needs no model.
            model = None if len(set(has)) < 2 else LogisticRegression(C=10 * self._strength)
            self._models.append(None if model is None else model.fit(matrix, has))

    def of(
        self, document: Sequence[str], marks: Sequence[str], start: int
    ) -> list[tuple[str, ...]]:
        """The numbers of the entity that starts at the token ``start``; at least one."""
        matrix = self._vectorizer.transform([_before(document, marks, start)])
        sure = [
            1.0 if model is None else float(model.predict_proba(matrix)[0, 1])
            for model in self._models
        ]
        chosen = [number for number, share in zip(self._all, sure, strict=True) if share >= _EVEN]
        return chosen or [self._all[int(np.argmax(sure))]]


def _parts(tag: str) -> tuple[str, str, tuple[str, ...]]:
    """Mark (B, I or empty), kind (numbers as ``#``) and numbers of a tag."""
    mark, dash, rest = tag.partition("-")
    if not dash or mark not in ("B", "I"):
        mark, rest = "", tag
    return mark, _NUMBER.sub("#", rest), tuple(_NUMBER.findall(rest))


def _mark(kind: str, tags: Iterable[str]) -> str:
    """The place of a token in an entity of ``kind``: ``B-#``, ``I-#``, ``#`` or outside."""
    marks = {mark for mark, its, _ in map(_parts, tags) if its == kind}
    if not marks:
        return _OUTSIDE
    mark = min(marks)
    return f"{mark}-#" if mark else "#"


def _owned(kind: str, tags: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    return tuple(numbers for _, its, numbers in map(_parts, tags) if its == kind)


def _spans(marks: Sequence[str]) -> list[tuple[int, int]]:
    """Start and end of each run of marks that belong together."""
    spans: list[tuple[int, int]] = []
    for place, mark in enumerate(marks):
        if mark == _OUTSIDE:
            continue
        if spans and spans[-1][1] == place and not mark.startswith("B"):
            spans[-1] = spans[-1][0], place + 1
        else:
            spans.append((place, place + 1))
    return spans


def _before(document: Sequence[str], marks: Sequence[str], start: int) -> list[str]:
    """The list markers and counts before the token ``start``."""
    latest: dict[str, list[str]] = {}
    passed: Counter[str] = Counter()
    for token in document[:start]:
        parts = pieces(token)
        if parts:
            form = shape(parts[0])
            latest[form] = parts
            passed[form] += len(parts)
    entities = len(_spans(marks[:start]))
    return [
        "any",
        f"entity={min(entities, _FAR)}",
        *(f"{form} has={part}" for form, parts in latest.items() for part in parts),
        *(
            f"{form} counts={min(passed[form] - back, _FAR)}"
            for form, parts in latest.items()
            for back in range(len(parts))
        ),
        f"word={document[start].lower()}",
        f"left={document[start - 1].lower() if start else ''}",
    ]


def _same(features: list[str]) -> list[str]:
    return features
