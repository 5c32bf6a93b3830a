"""How sure the values of a task are: by the log probabilities of an answer, or by a vote."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sekisho.extraction.answers.answer_form import VALUE
from sekisho.extraction.answers.probabilities import Place, of_choices, of_text, places
from sekisho.extraction.results import FieldResult, FieldStatus
from sekisho.extraction.tasks.task import AnyOfField, BooleanField, EnumField, Task
from sekisho.models.reading import bare
from sekisho.models.seam import Completion

__all__ = ["NULL", "key_of", "voted", "with_probabilities"]

#: What *not mentioned* is called among the values of a distribution.
NULL = "null"


def key_of(value: Any) -> str:
    """What ``value`` is called in a distribution: text as it is, all else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def with_probabilities(
    task: Task, fields: Mapping[str, FieldResult], completion: Completion
) -> dict[str, FieldResult]:
    """``fields`` with the probability of each value; as they are when there is nothing to tell by.

    Of a field that was quoted, a distribution is that of its value, given that it is mentioned.
    """
    text = bare(completion.text)
    if completion.tokens is None:
        return dict(fields)
    where = places(text)
    found = {}
    for name, result in fields.items():
        quoted = task.needs_evidence(name)
        within = where.get((name, VALUE)) if quoted else None
        place = within or where.get((name,))
        if place is None or result.status not in (FieldStatus.FOUND, FieldStatus.NOT_MENTIONED):
            found[name] = result
            continue
        shares = _shares(task.fields[name], completion, text, place, null=within is None)
        probability = of_text(completion.tokens, text, place)
        if shares:
            told = NULL if result.value is None else key_of(result.value)
            probability = shares.get(told, probability)
        found[name] = replace(result, probability=probability, distribution=shares)
    return found


def _shares(
    field: AnyOfField, completion: Completion, text: str, place: Place, *, null: bool
) -> dict[str, float]:
    choices: list[Any]
    if isinstance(field, BooleanField):
        choices = [True, False]
    elif isinstance(field, EnumField):
        choices = [each.value for each in field.values]
    else:
        return {}
    shares = of_choices(completion.tokens or (), text, place, [*choices, None] if null else choices)
    if shares is None:
        return {}
    return {key_of(json.loads(written)): share for written, share in shares.items()}


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
