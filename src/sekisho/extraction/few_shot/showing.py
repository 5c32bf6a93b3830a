"""Worked examples as a model is shown them: the document's turn, and the answer in its form."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any

from sekisho.extraction.answers.answer_form import (
    QUOTE,
    VALUE,
    is_written,
    quote_key,
    reasoning_key,
)
from sekisho.extraction.tasks.task import (
    AnyOfField,
    DateField,
    Example,
    ListField,
    NumberField,
    ObjectField,
    SpansField,
    Task,
)
from sekisho.extraction.values.dates import read_date
from sekisho.extraction.values.numbers import number_within, numbers_in, read_number

__all__ = ["shown"]

#: Characters of a date as a report writes it.
_LONGEST_DATE = 24


def shown(task: Task, example: Example) -> str:
    """The answer to ``example`` as JSON text, as ``answer_class(task)`` has it.

    The example must fit the task (``example_check``). A number or date that was normalised is
    given as its quote writes it.
    """
    answer: dict[str, Any] = {}
    if task.reasoning:
        answer[reasoning_key(task)] = example.reasoning
    for name, field in task.fields.items():
        given = example.answer.get(name)
        quotes = example.quotes.get(name)
        if isinstance(field, ListField | SpansField) and given is None:
            answer[name] = []
        elif given is None:
            answer[name] = None
        elif isinstance(field, SpansField):
            answer[name] = [_span(each) for each in given]
        elif not task.needs_evidence(name):
            answer[name] = _plain(task.language, field, given, None)
        elif isinstance(field, ListField):
            answer[name] = [
                _quoted(task.language, field.item, each, quote)
                for each, quote in zip_longest(given, quotes or ())
            ]
        else:
            quote = quotes if isinstance(quotes, str) or quotes is None else " … ".join(quotes)
            answer[name] = _quoted(task.language, field, given, quote)
    return json.dumps(answer, ensure_ascii=False)


def _quoted(language: str, field: AnyOfField, given: Any, quote: str | None) -> dict[str, Any]:
    if isinstance(field, ObjectField):
        inner = _plain(language, field, given, quote)
        return {quote_key(field): quote if quote is not None else "", **inner}
    # Without a quote the value as written is its own.
    own = quote if quote is not None else str(given)
    return {QUOTE: own, VALUE: _plain(language, field, given, own)}


def _plain(language: str, field: AnyOfField, given: Any, quote: str | None) -> Any:
    if given is None:
        return [] if isinstance(field, ListField | SpansField) else None
    match field:
        case ObjectField():
            fields: Mapping[str, AnyOfField] = field.fields
            return {
                name: _plain(language, each, given.get(name), quote)
                for name, each in fields.items()
            }
        case ListField():
            return [_plain(language, field.item, each, quote) for each in given]
        case SpansField():
            return [_span(each) for each in given]
    if quote is not None and is_written(field, quoted=True):
        return _as_written(language, field, given, quote)
    if isinstance(field, DateField | NumberField) and is_written(field, quoted=quote is not None):
        return str(given)
    if isinstance(field, NumberField) and isinstance(given, str):
        return read_number(given, unit=field.unit, language=language)
    return given


def _as_written(language: str, field: AnyOfField, given: Any, quote: str) -> str:
    """How ``quote`` writes ``given``, which was normalised; ``given`` itself where it was not."""
    if isinstance(given, str) and given in quote:
        return given
    if isinstance(field, NumberField):
        wanted = float(given) if not isinstance(given, str) else None
        for each in numbers_in(quote, language=language):
            text = quote[each.start : each.end]
            if wanted is not None and _reads(language, field, text, quote) == wanted:
                return text
    if isinstance(field, DateField):
        return _date_within(language, field, quote, str(given)) or str(given)
    return str(given)


def _date_within(language: str, field: DateField, quote: str, wanted: str) -> str | None:
    """The longest stretch of ``quote`` that writes the date ``wanted``."""
    for length in range(min(len(quote), _LONGEST_DATE), 3, -1):
        for start in range(len(quote) - length + 1):
            text = quote[start : start + length]
            if text == text.strip() and _date(language, field, text) == wanted:
                return text
    return None


def _reads(language: str, field: NumberField, text: str, quote: str) -> float | None:
    try:
        return number_within(text, quote, unit=field.unit, language=language)
    except ValueError:
        return None


def _date(language: str, field: DateField, text: str) -> str | None:
    try:
        return read_date(text, language=language, order=field.order)
    except ValueError:
        return None


def _span(each: Mapping[str, Any] | Sequence[Any]) -> dict[str, Any]:
    if isinstance(each, Mapping):
        return {"text": each["text"], "label": each["label"]}
    text, label = each
    return {"text": text, "label": label}
