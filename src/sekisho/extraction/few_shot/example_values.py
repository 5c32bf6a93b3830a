"""The values of an example, read as a task has them.

What is wrong is told by its place, in words of the task; a text or a value of an example is never
repeated, for examples are often made from real reports.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from sekisho.extraction.answers.grounding import Quotes
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
    Task,
)
from sekisho.extraction.values.dates import read_date
from sekisho.extraction.values.numbers import read_number

__all__ = ["Reading", "is_absent", "nearest"]

#: Values that are named when none of them was given.
_NAMED = 8
#: A word longer than this is no misspelt name.
_LONGEST_NAME = 80


class Reading:
    """Reads the values of one example and keeps what is wrong; ``quotes`` None: without a text."""

    def __init__(self, language: str, quotes: Quotes | None) -> None:
        self._language = language
        self._quotes = quotes
        self.problems: list[tuple[str, str]] = []

    def answer(self, task: Task, answer: Mapping[str, Any]) -> dict[str, Any]:
        """The values of all fields; None for what is not mentioned, or wrong."""
        self.unknown("answer", answer, task.fields)
        return {
            name: self._field(f"answer.{name}", spec, answer.get(name))
            for name, spec in task.fields.items()
        }

    def wrong(self, place: str, told: str) -> None:
        """Keeps that ``told`` is wrong at ``place``."""
        self.problems.append((place, told))

    def stands(self, words: str) -> bool:
        """Whether ``words`` stand in the text; they do where there is none."""
        return self._quotes is None or self._quotes.find(words) is not None

    def unknown(self, place: str, given: Mapping[str, Any], known: Collection[str]) -> None:
        """Keeps what ``given`` has beside ``known``; a name that is like none is not repeated."""
        for position, name in enumerate(given, 1):
            if name in known:
                continue
            guess = nearest(str(name), known)
            if guess is None:
                self.wrong(place, f"has a key {position} that is none of {_listed(known)}")
            else:
                self.wrong(f"{place}.{name}", f"is unknown; did you mean {guess}?")

    def _field(self, place: str, spec: AnyOfField, given: Any) -> Any:
        if is_absent(spec, given):
            if spec.required:
                self.wrong(place, "is required, and not there")
            return None
        match spec:
            case ObjectField():
                return self._object(place, spec, given)
            case ListField():
                return self._list(place, spec, given)
            case SpansField():
                return self._spans(place, spec, given)
            case EnumField():
                return self._enum(place, spec, given)
            case NumberField() | IntegerField():
                return self._number(place, spec, given)
            case BooleanField():
                return given if isinstance(given, bool) else self.wrong(place, "is no boolean")
            case DateField():
                return self._date(place, spec, given)
            case StringField():
                return self._string(place, spec, given)
            case AnyField():
                return self._any(place, given)
        raise TypeError(type(spec).__name__)

    def _object(self, place: str, spec: ObjectField, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return self.wrong(place, "is no object")
        self.unknown(place, given, spec.fields)
        values = {
            name: self._field(f"{place}.{name}", each, given.get(name))
            for name, each in spec.fields.items()
        }
        if all(is_absent(each, given.get(name)) for name, each in spec.fields.items()):
            return self.wrong(place, "has nothing in it: leave it out")
        return values

    def _list(self, place: str, spec: ListField, given: Any) -> Any:
        before = len(self.problems)
        items = []
        for at, each in enumerate(self._items(place, given, spec.max_items)):
            if each is None:
                self.wrong(f"{place}[{at}]", "is null: leave it out")
            items.append(self._field(f"{place}[{at}]", spec.item, each))
        return items if len(self.problems) == before else None

    def _spans(self, place: str, spec: SpansField, given: Any) -> Any:
        before = len(self.problems)
        items = self._items(place, given, spec.max_items)
        for at, each in enumerate(items):
            self._span(f"{place}[{at}]", spec, each)
        if len(self.problems) > before:
            return None
        return [{"text": each["text"], "label": each["label"]} for each in items]

    def _items(self, place: str, given: Any, most: int) -> Sequence[Any]:
        if not isinstance(given, list | tuple):
            self.wrong(place, "is no list")
        elif len(given) > most:
            self.wrong(place, f"has more than {most} items")
        else:
            return given
        return ()

    def _span(self, place: str, spec: SpansField, given: Any) -> None:
        if not isinstance(given, Mapping):
            self.wrong(place, "is no object with text and label")
            return
        self.unknown(place, given, ("text", "label"))
        text, label = given.get("text"), given.get("label")
        if not isinstance(text, str) or not text.strip():
            self.wrong(f"{place}.text", "is no text")
        elif not self.stands(text):
            self.wrong(f"{place}.text", "does not stand in the text")
        if not isinstance(label, str) or label not in spec.labels:
            self.wrong(f"{place}.label", _none_of(label, list(spec.labels)))

    def _enum(self, place: str, spec: EnumField, given: Any) -> Any:
        value = spec.value_of(given)
        if value is None:
            return self.wrong(place, _none_of(given, [str(each.value) for each in spec.values]))
        return value

    def _number(self, place: str, spec: NumberField | IntegerField, given: Any) -> Any:
        value = given
        if isinstance(given, str):
            unit = spec.unit if isinstance(spec, NumberField) else None
            try:
                value = read_number(given, unit=unit, language=self._language)
            except ValueError as error:
                return self.wrong(place, f"cannot be read as a number: {error}")
        if isinstance(value, bool) or not isinstance(value, int | float):
            return self.wrong(place, "is no number")
        if not -math.inf < value < math.inf:
            return self.wrong(place, "is no finite number")
        if isinstance(spec, IntegerField) and value != int(value):
            return self.wrong(place, "is no whole number")
        if not spec.minimum <= value <= spec.maximum:
            return self.wrong(place, f"is out of bounds ({spec.minimum:g} to {spec.maximum:g})")
        return int(value) if isinstance(spec, IntegerField) else float(value)

    def _date(self, place: str, spec: DateField, given: Any) -> Any:
        if not isinstance(given, str):
            return self.wrong(place, "is no date")
        try:
            return read_date(given, language=self._language, order=spec.order)
        except ValueError as error:
            return self.wrong(place, f"cannot be read as a date: {error}")

    def _string(self, place: str, spec: StringField, given: Any) -> Any:
        if not isinstance(given, str):
            return self.wrong(place, "is no text")
        if not given.strip():
            return self.wrong(place, "is blank: leave it out, or give null")
        if len(given) > spec.max_length:
            return self.wrong(place, f"is longer than {spec.max_length} characters")
        if spec.verbatim and not self.stands(given):
            return self.wrong(place, "does not stand in the text")
        return given

    def _any(self, place: str, given: Any) -> Any:
        if isinstance(given, str) and not given.strip():
            return self.wrong(place, "is blank: leave it out, or give null")
        if not isinstance(given, str | int | float):
            return self.wrong(place, "is no text, number or boolean")
        if isinstance(given, float) and not math.isfinite(given):
            return self.wrong(place, "is no finite number")
        return given


def is_absent(spec: AnyOfField, given: Any) -> bool:
    """Whether ``given`` means that nothing is mentioned."""
    return given is None or (isinstance(spec, ListField | SpansField) and given in ([], ()))


def nearest(name: str, known: Collection[str]) -> str | None:
    """The one of ``known`` that was probably meant by ``name``."""
    close = get_close_matches(name[:_LONGEST_NAME], known, 1)
    return close[0] if close else None


def _none_of(given: Any, known: list[str]) -> str:
    guess = nearest(given, known) if isinstance(given, str) else None
    told = f"is none of {_listed(known)}"
    return told if guess is None else f"{told}; did you mean {guess}?"


def _listed(known: Collection[str]) -> str:
    names = list(known)
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
