"""Whether an example fits its task: a model copies what it is shown, mistakes too.

Every value is read as one that a model gives: in the type of its field, within its bounds, and
standing in the example's own text, where what it rests on stands as well.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import zip_longest
from typing import Any

from sekisho.documents.document import Document
from sekisho.extraction.answers.examining import examine
from sekisho.extraction.answers.grounding import Quotes
from sekisho.extraction.few_shot.example_values import Reading, is_absent
from sekisho.extraction.few_shot.showing import shown
from sekisho.extraction.tasks.rules import parse
from sekisho.extraction.tasks.task import LONGEST_QUOTE, Example, ListField, SpansField, Task

__all__ = ["example_problems", "plain_values"]


def example_problems(task: Task, example: Example) -> tuple[tuple[str, str], ...]:
    """What is wrong with ``example``: pairs of a place, such as ``answer.size``, and of what.

    When nothing is wrong by itself, the rules between fields are looked at, and the answer as the
    model would be shown it is examined as one that the model gave.
    """
    if not example.text.strip():
        return (("text", "is blank"),)
    document = Document("example", example.text, language=task.language)
    reading = Reading(task.language, Quotes(document))
    values = reading.answer(task, example.answer)
    _look_at_quotes(reading, task, example, values)
    if reading.problems:
        return tuple(reading.problems)
    broken = [
        (f"rules[{at}]", rule.message or f"broken: {rule.holds}")
        for at, rule in enumerate(task.rules)
        if parse(rule.holds).holds(values) is False
    ]
    examined = examine(task, document, json.loads(shown(task, example)))
    found = [(f"answer.{trouble.place}", trouble.public) for trouble in examined.troubles]
    return (*broken, *found)


def plain_values(task: Task, answer: Mapping[str, Any]) -> dict[str, Any]:
    """The values of an example's ``answer`` as gold has them, by the names of all fields.

    Numbers are in the task's unit, dates ISO, None is what is not mentioned; spans stay texts with
    labels. Raises ``ValueError`` for an answer that does not fit.
    """
    reading = Reading(task.language, None)
    values = reading.answer(task, answer)
    if reading.problems:
        place, wrong = reading.problems[0]
        raise ValueError(f"{place}: {wrong}")
    return values


def _look_at_quotes(
    reading: Reading, task: Task, example: Example, values: Mapping[str, Any]
) -> None:
    """Looks at what the ``values`` that were found rest on."""
    reading.unknown("quotes", example.quotes, task.fields)
    for name, spec in task.fields.items():
        quote, given = example.quotes.get(name), example.answer.get(name)
        place, value = f"quotes.{name}", values[name]
        needed = task.needs_evidence(name)
        if value is None:
            if quote is not None and is_absent(spec, given):
                reading.wrong(place, "is a quote for what is not mentioned")
        elif isinstance(spec, SpansField):
            if quote is not None:
                reading.wrong(place, "is not needed: spans stand in the text themselves")
        elif isinstance(spec, ListField):
            if quote is not None and (isinstance(quote, str) or len(quote) != len(value)):
                reading.wrong(place, f"needs one quote for each item, {len(value)} in all")
                continue
            for at, (each, its) in enumerate(zip_longest(given or (), quote or ())):
                _look_at_quote(reading, f"{place}[{at}]", its, each, needed=needed)
        elif quote is None or isinstance(quote, str):
            _look_at_quote(reading, place, quote, given, needed=needed)
        else:
            reading.wrong(place, "is several quotes for one value")


def _look_at_quote(
    reading: Reading, place: str, quote: str | None, given: Any, *, needed: bool
) -> None:
    if quote is None:
        if needed and not (isinstance(given, str) and reading.stands(given)):
            reading.wrong(place, "is missing: the value needs a quote, or to stand in the text")
        return
    if not quote.strip():
        reading.wrong(place, "is blank")
    elif len(quote) > LONGEST_QUOTE:
        reading.wrong(place, f"is longer than {LONGEST_QUOTE} characters")
    elif not reading.stands(quote):
        reading.wrong(place, "does not stand in the text")
