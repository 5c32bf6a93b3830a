"""An answer examined: each value read, bounded and grounded, or a reason why it is none.

One bad value is no reason to lose the others, so every field is examined by itself. What is wrong
is told to the model with its own words, and to everybody else without any.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sekisho.documents.document import Document
from sekisho.extraction.answer_form import QUOTE, VALUE, is_written, quote_key
from sekisho.extraction.grounding import Quotes
from sekisho.extraction.results import Evidence, FieldResult, FieldStatus
from sekisho.extraction.rules import parse
from sekisho.extraction.task import (
    LONGEST_QUOTE,
    AnyField,
    AnyOfField,
    BooleanField,
    DateField,
    EnumField,
    IntegerField,
    ListField,
    NumberField,
    ObjectField,
    SpansField,
    StringField,
    Task,
)
from sekisho.extraction.values.dates import read_date
from sekisho.extraction.values.numbers import read_number

__all__ = ["NOT_MENTIONED", "Examined", "Trouble", "complete", "examine"]

NOT_MENTIONED = FieldResult(FieldStatus.NOT_MENTIONED)

#: What is wrong, for everybody: no word of an answer or a document.
_PUBLIC = {
    "no_quote": "a value without a quote",
    "quote_not_there": "the quote does not stand in the text",
    "quote_too_long": f"the quote is longer than {LONGEST_QUOTE} characters",
    "value_not_in_quote": "the value does not stand in its quote as it was given",
    "not_in_text": "the value does not stand in the text",
    "wrong_type": "the value is of another type",
    "not_allowed": "the value is none of those allowed",
    "out_of_bounds": "the value is out of bounds",
    "too_long": "the value is too long",
    "unreadable": "the value cannot be read",
    "required": "it is required, and the answer leaves it out",
    "rule": "a rule is broken",
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with a field: a code of the prompts, its place, and what to show the model."""

    code: str
    place: str
    shown: str = field(default="", repr=False)
    detail: str = ""

    @property
    def public(self) -> str:
        """What may be told to anybody."""
        return self.detail or _PUBLIC[self.code]


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
        looking = _Looking(document.language, document, quotes, quoted=task.needs_evidence(name))
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


class _WrongError(Exception):
    """A value that is none; never leaves this module."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.code)
        self.trouble = trouble


def _trouble(code: str, place: str, shown: object = "", detail: str = "") -> Trouble:
    return Trouble(code, place, str(shown)[:LONGEST_QUOTE], detail)


def _wrong(code: str, place: str, shown: object = "", detail: str = "") -> _WrongError:
    return _WrongError(_trouble(code, place, shown, detail))


class _Looking:
    """Examines one field of the task, with all that is in it."""

    def __init__(self, language: str, document: Document, quotes: Quotes, *, quoted: bool) -> None:
        self._language, self._document = language, document
        self._quotes, self._quoted = quotes, quoted
        self._after = 0

    def field(
        self, name: str, spec: AnyOfField, given: Any
    ) -> tuple[FieldResult, tuple[Trouble, ...]]:
        """The result of the field ``name``, and what is wrong with it."""
        if isinstance(spec, ListField):
            return self._list(name, spec, given)
        if isinstance(spec, SpansField):
            return self._spans(name, spec, given)
        try:
            return self._single(name, spec, given), ()
        except _WrongError as wrong:
            problem = wrong.trouble.public
            raw = given.get(VALUE) if self._quoted and isinstance(given, Mapping) else given
            return FieldResult(FieldStatus.INVALID, raw=raw, problem=problem), (wrong.trouble,)

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
        value = self._value(place, spec, given, evidence)
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
            except _WrongError as wrong:
                troubles.append(wrong.trouble)
                problem = wrong.trouble.public
                item = FieldResult(FieldStatus.INVALID, raw=each, problem=problem)
            if item.status is not FieldStatus.NOT_MENTIONED:
                items.append(item)
        return joined(items), tuple(troubles)

    def _spans(
        self, name: str, spec: SpansField, given: Sequence[Any]
    ) -> tuple[FieldResult, tuple[Trouble, ...]]:
        """Spans are found only when all of them are; those that are stay to be seen as evidence."""
        places: set[Evidence] = set()
        troubles: list[Trouble] = []
        if spec.occurrences == "next":
            order = self._quotes.in_order([each["text"] for each in given])
            found = [[] if place is None else [place] for place in order]
        else:
            found = [self._quotes.all(each["text"]) for each in given]
        for at, (each, its) in enumerate(zip(given, found, strict=True)):
            if each["label"] not in spec.labels:
                troubles.append(_trouble("not_allowed", f"{name}[{at}].label", each["label"]))
            elif not its:
                troubles.append(_trouble("not_in_text", f"{name}[{at}].text", each["text"]))
            else:
                places.update(Evidence(place[0], place[1], each["label"]) for place in its)
        if not places and not troubles:
            return NOT_MENTIONED, ()
        evidence = tuple(sorted(places, key=lambda each: (each.start, each.end, each.label or "")))
        value = [
            {
                "start": each.start,
                "end": each.end,
                "label": each.label,
                "text": self._document.text[each.start : each.end],
            }
            for each in evidence
        ]
        if troubles:
            problem = f"{len(troubles)} of {len(given)} spans: {troubles[0].public}"
            result = FieldResult(FieldStatus.INVALID, evidence=evidence, problem=problem)
            return result, tuple(troubles)
        return FieldResult(FieldStatus.FOUND, value, evidence=evidence), ()

    def _evidence(self, place: str, quote: Any) -> Evidence:
        if quote is None or (isinstance(quote, str) and not quote.strip()):
            raise _wrong("no_quote", place)
        if not isinstance(quote, str):
            raise _wrong("wrong_type", f"{place}.{QUOTE}", quote)
        if len(quote) > LONGEST_QUOTE:
            raise _wrong("quote_too_long", place)
        found = self._quotes.find(quote, after=self._after)
        if found is None:
            raise _wrong("quote_not_there", place, quote)
        # Items of a list are named in the order of the text, so alike quotes stand for its next.
        self._after = found[1]
        return Evidence(*found)

    def _value(self, place: str, spec: AnyOfField, given: Any, evidence: Evidence | None) -> Any:
        match spec:
            case ObjectField():
                return {
                    name: self._inner(f"{place}.{name}", each, given[name])
                    for name, each in spec.fields.items()
                }
            case ListField():
                return [
                    self._value(f"{place}[{at}]", spec.item, each, None)
                    for at, each in enumerate(given)
                ]
            case SpansField():
                result, troubles = self._spans(place, spec, given)
                if troubles:
                    raise _WrongError(troubles[0])
                return result.value or []
        if is_written(spec, quoted=self._quoted):
            return self._written(place, spec, given, evidence)
        return self._leaf(place, spec, given)

    def _inner(self, place: str, spec: AnyOfField, given: Any) -> Any:
        if given is not None and given != "":
            return self._value(place, spec, given, None)
        if spec.required:
            raise _wrong("required", place)
        return None

    def _leaf(self, place: str, spec: AnyOfField, given: Any) -> Any:
        match spec:
            case BooleanField():
                right = isinstance(given, bool)
            case IntegerField():
                # 3.0 is how some models write 3.
                if isinstance(given, float) and given.is_integer():
                    given = int(given)
                right = isinstance(given, int) and not isinstance(given, bool)
            case NumberField():
                right = isinstance(given, int | float) and not isinstance(given, bool)
            case EnumField():
                return self._enum(place, spec, given)
            case StringField():
                right = isinstance(given, str)
            case AnyField():
                right = isinstance(given, str | int | float)
            case _:
                raise TypeError(type(spec).__name__)
        if not right:
            raise _wrong("wrong_type", place, given)
        if isinstance(spec, NumberField | IntegerField):
            _check_bounds(place, spec, given)
        if isinstance(spec, StringField):
            if len(given) > spec.max_length:
                raise _wrong("too_long", place)
            if spec.verbatim and self._quotes.find(given) is None:
                raise _wrong("not_in_text", place, given)
        return float(given) if isinstance(spec, NumberField) else given

    def _enum(self, place: str, spec: EnumField, given: Any) -> Any:
        for each in spec.values:
            # True is equal to 1 here, and neither is the other in a task.
            if each.value == given and isinstance(each.value, bool) == isinstance(given, bool):
                return each.value
        raise _wrong("not_allowed", place, given)

    def _written(
        self,
        place: str,
        spec: AnyOfField,
        given: Any,
        evidence: Evidence | None,
    ) -> Any:
        """A number or date as the report writes it: it must stand there, and be read."""
        # A year may come as a number; 2024.5 is no date.
        numeric = int if isinstance(spec, DateField) else int | float
        if isinstance(given, numeric) and not isinstance(given, bool):
            given = f"{given:.15g}"
        if not isinstance(given, str):
            raise _wrong("wrong_type", place, given)
        if self._quoted:
            within = self._quotes if evidence is None else self._within(evidence)
            if within.find(given) is None:
                raise _wrong("value_not_in_quote", place, given)
        try:
            if isinstance(spec, DateField):
                return read_date(given, language=self._language, order=spec.order)
            if isinstance(spec, NumberField):
                number = read_number(given, unit=spec.unit, language=self._language)
                _check_bounds(place, spec, number)
                return number
        except ValueError as error:
            raise _wrong("unreadable", place, given, str(error)) from None
        raise TypeError(type(spec).__name__)

    def _within(self, evidence: Evidence) -> Quotes:
        text = self._document.text[evidence.start : evidence.end]
        return Quotes(Document(self._document.id, text, language=self._document.language))


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


def _check_bounds(place: str, spec: NumberField | IntegerField, value: float) -> None:
    if not math.isfinite(value) or not spec.minimum <= value <= spec.maximum:
        limits = f"{spec.minimum:g} to {spec.maximum:g}"
        raise _wrong("out_of_bounds", place, value, f"out of bounds ({limits})")
