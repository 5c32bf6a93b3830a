"""One value of an answer read in the type of its field: in its unit, in its bounds, in the text.

What is written in the report, numbers with their units and dates, is asked for as it stands there
and converted here, not by the model.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from sekisho.documents.document import Document
from sekisho.extraction.answers.answer_form import is_written
from sekisho.extraction.answers.grounding import Quotes
from sekisho.extraction.answers.troubles import Trouble, WrongError, trouble, wrong
from sekisho.extraction.results import Evidence, FieldResult, FieldStatus
from sekisho.extraction.tasks.task import (
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
)
from sekisho.extraction.values.dates import read_date
from sekisho.extraction.values.numbers import number_within

__all__ = ["Passage", "spans", "value_of"]


class Passage:
    """Where a value was copied out of: a whole document, or the quote that it rests on.

    ``quotes`` are those of the whole document.
    """

    def __init__(
        self, document: Document, quotes: Quotes, *, quoted: bool, quote: Evidence | None = None
    ) -> None:
        self.document, self.quotes, self.quoted = document, quotes, quoted
        self.text = document.text if quote is None else document.text[quote.start : quote.end]
        self._whole = quote is None

    @property
    def language(self) -> str:
        """That of the document."""
        return self.document.language

    def holds(self, written: str) -> bool:
        """Whether ``written`` stands in it."""
        within = self.quotes
        if not self._whole:
            within = Quotes(Document(self.document.id, self.text, language=self.language))
        return within.find(written) is not None


def value_of(place: str, spec: AnyOfField, given: Any, passage: Passage) -> Any:
    """``given`` as a value of ``spec``, normalised. Raises ``WrongError``, naming ``place``."""
    match spec:
        case ObjectField():
            return {
                name: _inner(f"{place}.{name}", each, given[name], passage)
                for name, each in spec.fields.items()
            }
        case ListField():
            return [
                value_of(f"{place}[{at}]", spec.item, each, passage)
                for at, each in enumerate(given)
            ]
        case SpansField():
            result, troubles = spans(place, spec, given, passage)
            if troubles:
                raise WrongError(troubles[0])
            return result.value or []
    if is_written(spec, quoted=passage.quoted):
        return _written(place, spec, given, passage)
    return _leaf(place, spec, given, passage)


def spans(
    name: str, spec: SpansField, given: Sequence[Any], passage: Passage
) -> tuple[FieldResult, tuple[Trouble, ...]]:
    """Spans are found only when all of them are; those that are stay to be seen as evidence."""
    places: set[Evidence] = set()
    troubles: list[Trouble] = []
    if spec.occurrences == "next":
        order = passage.quotes.in_order([each["text"] for each in given])
        found = [[] if place is None else [place] for place in order]
    else:
        found = [passage.quotes.all(each["text"]) for each in given]
    for at, (each, its) in enumerate(zip(given, found, strict=True)):
        if each["label"] not in spec.labels:
            troubles.append(trouble("not_allowed", f"{name}[{at}].label", each["label"]))
        elif not its:
            troubles.append(trouble("not_in_text", f"{name}[{at}].text", each["text"]))
        else:
            places.update(Evidence(place[0], place[1], each["label"]) for place in its)
    if not places and not troubles:
        return FieldResult(FieldStatus.NOT_MENTIONED), ()
    evidence = tuple(sorted(places, key=lambda each: (each.start, each.end, each.label or "")))
    if troubles:
        problem = f"{len(troubles)} of {len(given)} spans: {troubles[0].public}"
        result = FieldResult(FieldStatus.INVALID, evidence=evidence, problem=problem)
        return result, tuple(troubles)
    value = [
        {
            "start": each.start,
            "end": each.end,
            "label": each.label,
            "text": passage.document.text[each.start : each.end],
        }
        for each in evidence
    ]
    return FieldResult(FieldStatus.FOUND, value, evidence=evidence), ()


def _inner(place: str, spec: AnyOfField, given: Any, passage: Passage) -> Any:
    if given is not None and given != "":
        return value_of(place, spec, given, passage)
    if spec.required:
        raise wrong("required", place)
    return None


def _leaf(place: str, spec: AnyOfField, given: Any, passage: Passage) -> Any:
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
            return _enum(place, spec, given)
        case StringField():
            right = isinstance(given, str)
        case AnyField():
            right = isinstance(given, str | int | float)
        case _:
            raise TypeError(type(spec).__name__)
    if not right:
        raise wrong("wrong_type", place, given)
    if isinstance(spec, NumberField | IntegerField):
        _check_bounds(place, spec, given)
    if isinstance(spec, StringField):
        if len(given) > spec.max_length:
            raise wrong("too_long", place)
        if spec.verbatim and passage.quotes.find(given) is None:
            raise wrong("not_in_text", place, given)
    return float(given) if isinstance(spec, NumberField) else given


def _enum(place: str, spec: EnumField, given: Any) -> Any:
    value = spec.value_of(given)
    if value is None:
        raise wrong("not_allowed", place, given)
    return value


def _written(place: str, spec: AnyOfField, given: Any, passage: Passage) -> Any:
    """A number or date as the report writes it: it must stand there, and be read."""
    # A year may come as a number; 2024.5 is no date.
    numeric = int if isinstance(spec, DateField) else int | float
    if isinstance(given, numeric) and not isinstance(given, bool):
        given = f"{given:.15g}"
    if not isinstance(given, str):
        raise wrong("wrong_type", place, given)
    if passage.quoted and not passage.holds(given):
        raise wrong("value_not_in_quote", place, given)
    try:
        if isinstance(spec, DateField):
            return read_date(given, language=passage.language, order=spec.order)
        if isinstance(spec, NumberField):
            number = number_within(given, passage.text, unit=spec.unit, language=passage.language)
            _check_bounds(place, spec, number)
            return number
    except ValueError as error:
        raise wrong("unreadable", place, given, str(error)) from None
    raise TypeError(type(spec).__name__)


def _check_bounds(place: str, spec: NumberField | IntegerField, value: float) -> None:
    if not math.isfinite(value) or not spec.minimum <= value <= spec.maximum:
        limits = f"{spec.minimum:g} to {spec.maximum:g}"
        raise wrong("out_of_bounds", place, value, f"out of bounds ({limits})")
