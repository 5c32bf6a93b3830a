"""An answer examined: each value read, bounded and grounded, or a reason why it is none.

One bad value is no reason to lose the others, so every field is examined by itself. What is wrong
is told to the model with its own words, and to everybody else without any.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sekisho.documents.document import Document
from sekisho.extraction.answers.answer_form import QUOTE, VALUE, quote_key
from sekisho.extraction.answers.grounding import Quotes
from sekisho.extraction.answers.troubles import Trouble, WrongError, wrong
from sekisho.extraction.answers.valuing import Passage, spans, value_of
from sekisho.extraction.results import Evidence, FieldResult, FieldStatus
from sekisho.extraction.tasks.rules import parse
from sekisho.extraction.tasks.task import (
    LONGEST_QUOTE,
    AnyOfField,
    ListField,
    ObjectField,
    SpansField,
    Task,
)

__all__ = ["NOT_MENTIONED", "Examined", "complete", "examine", "invalid", "joined"]

NOT_MENTIONED = FieldResult(FieldStatus.NOT_MENTIONED)


@dataclass(frozen=True, slots=True)
class Examined:
    """The fields of an answer, and what is wrong with them by field."""

    fields: Mapping[str, FieldResult]
    troubles: tuple[Trouble, ...] = ()


def examine(task: Task, document: Document, answer: Mapping[str, Any]) -> Examined:
    """The fields of ``answer`` (in the form of ``answer_form``), found again in ``document``.

    What only the whole document can tell, required fields and rules, is left to ``complete``.
    """
    quotes = Quotes(document)
    fields: dict[str, FieldResult] = {}
    troubles: list[Trouble] = []
    for name, each in task.fields.items():
        looking = _Looking(document, quotes, quoted=task.needs_evidence(name))
        result, found = looking.field(name, each, answer.get(name))
        fields[name] = result
        troubles += found
    return Examined(fields, tuple(troubles))


def complete(task: Task, fields: Mapping[str, FieldResult]) -> Examined:
    """``fields`` after required ones and cross-field rules were looked at, once for a document.

    The fields that a broken rule names are invalid, all of them: which one is wrong is not known.
    """
    results = dict(fields)
    troubles: list[Trouble] = []
    for name, each in task.fields.items():
        if each.required and results[name].status is FieldStatus.NOT_MENTIONED:
            trouble = Trouble("required", name)
            troubles.append(trouble)
            results[name] = FieldResult(FieldStatus.INVALID, problem=trouble.public)
    values = {name: result.value for name, result in fields.items()}
    for rule in task.rules:
        condition = parse(rule.holds)
        if condition.holds(values) is not False:
            continue
        told = rule.message or rule.holds
        troubles.append(Trouble("rule", rule.holds, told, f"a rule is broken: {told}"))
        for name in condition.names:
            if results[name].status is FieldStatus.FOUND:
                results[name] = invalid(results[name], f"a rule is broken: {told}")
    return Examined(results, tuple(troubles))


def invalid(result: FieldResult, problem: str) -> FieldResult:
    """``result`` without its value, for ``problem``."""
    raw = result.raw if result.raw is not None else result.value
    return replace(result, status=FieldStatus.INVALID, value=None, raw=raw, problem=problem)


class _Looking:
    """Examines one field of the task, with all that is in it."""

    def __init__(self, document: Document, quotes: Quotes, *, quoted: bool) -> None:
        self._document, self._quotes, self._quoted = document, quotes, quoted
        self._after = 0

    def field(
        self, name: str, spec: AnyOfField, given: Any
    ) -> tuple[FieldResult, tuple[Trouble, ...]]:
        """The result of the field ``name``, and what is wrong with it."""
        if isinstance(spec, ListField):
            return self._list(name, spec, given)
        if isinstance(spec, SpansField):
            return spans(name, spec, given, self._passage(None))
        try:
            return self._single(name, spec, given), ()
        except WrongError as error:
            problem = error.trouble.public
            raw = given.get(VALUE) if self._quoted and isinstance(given, Mapping) else given
            return FieldResult(FieldStatus.INVALID, raw=raw, problem=problem), (error.trouble,)

    def _single(self, place: str, spec: AnyOfField, given: Any) -> FieldResult:
        quote = None
        if self._quoted and given is not None:
            if isinstance(spec, ObjectField):
                key = quote_key(spec)
                quote = given[key]
                given = {name: each for name, each in given.items() if name != key}
                if all(each is None or each in ("", []) for each in given.values()):
                    given = None
            else:
                quote, given = given[QUOTE], given[VALUE]
        if given is None or (isinstance(given, str) and not given.strip()):
            return NOT_MENTIONED
        evidence = self._evidence(place, quote) if self._quoted else None
        value = value_of(place, spec, given, self._passage(evidence))
        raw = given if value != given or type(value) is not type(given) else None
        found = () if evidence is None else (evidence,)
        return FieldResult(FieldStatus.FOUND, value, raw=raw, evidence=found)

    def _list(
        self, name: str, spec: ListField, given: Sequence[Any]
    ) -> tuple[FieldResult, tuple[Trouble, ...]]:
        """A list is found only when all of its items are; its items say which are not."""
        items: list[FieldResult] = []
        troubles: list[Trouble] = []
        for at, each in enumerate(given):
            place = f"{name}[{at}]"
            try:
                item = self._single(place, spec.item, each)
            except WrongError as error:
                troubles.append(error.trouble)
                problem = error.trouble.public
                item = FieldResult(FieldStatus.INVALID, raw=each, problem=problem)
            if item.status is not FieldStatus.NOT_MENTIONED:
                items.append(item)
        return joined(items), tuple(troubles)

    def _passage(self, quote: Evidence | None) -> Passage:
        return Passage(self._document, self._quotes, quoted=self._quoted, quote=quote)

    def _evidence(self, place: str, quote: Any) -> Evidence:
        if quote is None or (isinstance(quote, str) and not quote.strip()):
            raise wrong("no_quote", place)
        if not isinstance(quote, str):
            raise wrong("wrong_type", f"{place}.{QUOTE}", quote)
        if len(quote) > LONGEST_QUOTE:
            raise wrong("quote_too_long", place)
        found = self._quotes.find(quote, after=self._after)
        if found is None:
            raise wrong("quote_not_there", place, quote)
        # Items of a list are named in the order of the text, so alike quotes stand for its next.
        self._after = found[1]
        return Evidence(*found)


def joined(items: Sequence[FieldResult]) -> FieldResult:
    """The result of a list: found when all of ``items`` are, and with all that they rest on."""
    kept = tuple(items)
    if not kept:
        return NOT_MENTIONED
    evidence = tuple(sorted({place for item in kept for place in item.evidence}))
    bad = [item for item in kept if item.status is not FieldStatus.FOUND]
    if bad:
        problem = f"{len(bad)} of {len(kept)} items: {bad[0].problem}"
        return FieldResult(FieldStatus.INVALID, evidence=evidence, items=kept, problem=problem)
    value = [item.value for item in kept]
    return FieldResult(FieldStatus.FOUND, value, evidence=evidence, items=kept)
