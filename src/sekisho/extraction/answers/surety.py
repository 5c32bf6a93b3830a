"""How sure the values of a task are: by the log probabilities of an answer, or by a vote."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sekisho.extraction.answers.answer_form import VALUE
from sekisho.extraction.answers.probabilities import Place, of_choices, of_text, of_texts, places
from sekisho.extraction.results import FieldResult, FieldStatus
from sekisho.extraction.tasks.task import (
    AnyOfField,
    BooleanField,
    EnumField,
    ListField,
    SpansField,
    Task,
)
from sekisho.models.reading import bare
from sekisho.models.seam import Completion, Token

__all__ = ["NULL", "key_of", "voted", "with_probabilities"]

#: What *not mentioned* is called among the values of a distribution.
NULL = "null"
_OBJECT = "{"


def key_of(value: Any) -> str:
    """What ``value`` is called in a distribution: text as it is, all else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def with_probabilities(
    task: Task, fields: Mapping[str, FieldResult], completion: Completion
) -> dict[str, FieldResult]:
    """``fields`` with the probability of each value; as they are when there is nothing to tell by.

    A quoted field is mentioned or not before it has a value: its value is as probable as both.
    """
    if completion.tokens is None:
        return dict(fields)
    text = bare(completion.text)
    where = places(text)
    found = {}
    for name, result in fields.items():
        place = where.get((name,))
        if place is None or result.status not in (FieldStatus.FOUND, FieldStatus.NOT_MENTIONED):
            found[name] = result
            continue
        answer = _Answer(completion.tokens, text)
        if not task.needs_evidence(name) or isinstance(task.fields[name], ListField | SpansField):
            shares = answer.shares(task.fields[name], place, null=True)
            probability = answer.probability(place)
        else:
            shares, probability = answer.quoted(task.fields[name], place, where.get((name, VALUE)))
        if shares:
            told = NULL if result.value is None else key_of(result.value)
            probability = shares.get(told, probability)
        found[name] = replace(result, probability=probability, distribution=shares)
    return found


@dataclass(frozen=True, slots=True)
class _Answer:
    """An answer's tokens and the JSON text that they make up."""

    tokens: Sequence[Token]
    text: str

    def probability(self, place: Place) -> float | None:
        return of_text(self.tokens, self.text, place)

    def shares(self, field: AnyOfField, place: Place, *, null: bool) -> dict[str, float]:
        """The probability of each value of a closed set, and of *not mentioned* with ``null``."""
        choices: list[Any]
        if isinstance(field, BooleanField):
            choices = [True, False]
        elif isinstance(field, EnumField):
            choices = [each.value for each in field.values]
        else:
            return {}
        shares = of_choices(self.tokens, self.text, place, [*choices, None] if null else choices)
        if shares is None:
            return {}
        return {key_of(json.loads(written)): share for written, share in shares.items()}

    def quoted(
        self, field: AnyOfField, place: Place, value: Place | None
    ) -> tuple[dict[str, float], float | None]:
        """Shares and probability of a field that has a quote; ``value`` is None without a value."""
        mentioned = self._mentioned(place)
        if self.text[place.start] != _OBJECT:
            return {}, self.probability(place) if mentioned is None else 1 - mentioned
        within = self.shares(field, value, null=False) if value is not None else {}
        probability = self.probability(place if value is None else value)
        if mentioned is None:
            return within, probability
        shares = {told: share * mentioned for told, share in within.items()}
        if shares:
            shares[NULL] = 1 - mentioned
        return shares, None if probability is None else probability * mentioned

    def _mentioned(self, place: Place) -> float | None:
        """How probable it is that the field has an object and not null; None where that is open."""
        head = _OBJECT if self.text[place.start] == _OBJECT else NULL
        begun = Place(place.start, place.start + len(head))
        shares = of_texts(self.tokens, self.text, begun, [_OBJECT, NULL])
        return None if shares is None else shares[_OBJECT]


def voted(task: Task, votes: Sequence[Mapping[str, FieldResult]]) -> dict[str, FieldResult]:
    """For each field the value that most of ``votes`` give, with its share of them.

    Invalid answers are votes for nothing, and make every share smaller. Of equal counts the
    earlier one wins; the first vote is the model's best answer.
    """
    return {name: _elected([vote[name] for vote in votes]) for name in task.fields}


def _elected(results: Sequence[FieldResult]) -> FieldResult:
    valid = [
        result
        for result in results
        if result.status in (FieldStatus.FOUND, FieldStatus.NOT_MENTIONED)
    ]
    if not valid:
        return results[0]
    counts = Counter(_told(result) for result in valid)
    (winner, count), *_ = counts.most_common(1)
    first = next(result for result in valid if _told(result) == winner)
    whole = sum(counts.values())
    return replace(
        first,
        probability=count / len(results),
        distribution={told: each / whole for told, each in counts.items()},
    )


def _told(result: FieldResult) -> str:
    return NULL if result.value is None else key_of(result.value)
