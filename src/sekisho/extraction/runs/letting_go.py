"""What of an extraction may leave with a released record.

Everything that leaves is either of a closed set that the task states, or was in the record that the
checkpoint released: words are cells of that record, dates and numbers are read from (or compared
with) the released text, and quotes are cut out of it. A value of which that cannot be shown is left
out, and its field is *invalid*.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sekisho.documents.document import Document
from sekisho.extraction.answers.grounding import Quotes
from sekisho.extraction.results import Evidence, Extraction, FieldResult, FieldStatus
from sekisho.extraction.tasks.task import (
    AnyOfField,
    BooleanField,
    DateField,
    EnumField,
    ListField,
    ObjectField,
    SpansField,
    Task,
)
from sekisho.extraction.values.dates import read_date
from sekisho.release.edits import Edit, apply

__all__ = ["WITHHELD", "Passage", "released", "words"]

#: The problem of a field whose value may not leave.
WITHHELD = "the value is not shown to be released"


@dataclass(frozen=True)
class Passage:
    """A text and its release; ``edits`` are sorted and in offsets of ``text``."""

    text: str = field(repr=False)
    edits: tuple[Edit, ...] = field(repr=False)
    released: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "released", apply(self.text, self.edits).text)

    def untouched(self, start: int, end: int) -> bool:
        """Whether ``text[start:end]`` left as it was."""
        return all(edit.end <= start or edit.start >= end for edit in self.edits)

    def place(self, start: int, end: int) -> tuple[int, int] | None:
        """Where ``text[start:end]`` stands in the released text, widened to whole edits.

        None where nothing of it is left.
        """
        for edit in self.edits:
            if edit.start < end and start < edit.end:
                start, end = min(start, edit.start), max(end, edit.end)
        before = _growth(edit for edit in self.edits if edit.end <= start)
        inside = _growth(edit for edit in self.edits if start <= edit.start and edit.end <= end)
        first, last = start + before, end + before + inside
        return (first, last) if first < last else None


def words(task: Task, extraction: Extraction) -> list[str]:
    """What of ``extraction`` has to pass the checkpoint as a cell of its record, in order."""
    found: list[str] = []

    def take(given: str) -> str:
        found.append(given)
        return given

    _Leaving(task, extraction, take, None).fields()
    return found


def released(
    task: Task, extraction: Extraction, passed: Sequence[str], passage: Passage
) -> Extraction:
    """``extraction`` as it may leave; offsets count the released text.

    ``passed`` are the ``words`` after their release, in order. Raw values, the reasoning and a
    translation stay here.
    """
    waiting = iter(passed)
    leaving = _Leaving(task, extraction, lambda given: next(waiting), passage)
    return replace(extraction, fields=leaving.fields(), reasoning=None, translation=None)


def _growth(edits: Iterable[Edit]) -> int:
    return sum(len(edit.replacement) - (edit.end - edit.start) for edit in edits)


class _Leaving:
    """Goes through all values of an extraction, always in the same order.

    ``word`` is told each text that goes through the checkpoint, and gives what became of it;
    without a ``passage`` it is not known yet.
    """

    def __init__(
        self,
        task: Task,
        extraction: Extraction,
        word: Callable[[str], str],
        passage: Passage | None,
    ) -> None:
        self._task, self._extraction = task, extraction
        self._word, self._passage = word, passage
        # Evidence in a translation stands nowhere in the record.
        self._placed = extraction.translation is None
        self._withheld = False

    def fields(self) -> dict[str, FieldResult]:
        """All fields as they may leave."""
        return {
            name: self._result(self._task.fields[name], result)
            for name, result in self._extraction.fields.items()
        }

    def _result(self, spec: AnyOfField, result: FieldResult) -> FieldResult:
        evidence = result.evidence if self._placed else ()
        items: tuple[FieldResult, ...] = ()
        value = result.value
        self._withheld = False
        if result.items and isinstance(spec, ListField):
            items = tuple(self._result(spec.item, item) for item in result.items)
            if value is not None:
                value = [item.value for item in items if item.status is FieldStatus.FOUND]
            self._withheld = any(item.problem == WITHHELD for item in items)
        else:
            value = self._value(spec, value, result.raw, evidence)
        withheld, self._withheld = self._withheld and result.value is not None, False
        closed = isinstance(spec, EnumField | BooleanField)
        return replace(
            result,
            status=FieldStatus.INVALID if withheld else result.status,
            value=None if withheld else value,
            raw=None,
            evidence=tuple(self._evidence(evidence)),
            items=items,
            distribution=result.distribution if closed else {},
            problem=WITHHELD if withheld else result.problem,
        )

    def _evidence(self, given: Sequence[Evidence]) -> Iterator[Evidence]:
        for each in given:
            place = (each.start, each.end)
            if self._passage is not None:
                place = self._passage.place(*place) or (0, 0)
            if place[0] < place[1]:
                yield Evidence(*place, each.label)

    def _value(self, spec: AnyOfField, value: Any, raw: Any, evidence: Sequence[Evidence]) -> Any:
        if value is None or isinstance(spec, EnumField | BooleanField):
            return value
        if isinstance(spec, ObjectField):
            raws = raw if isinstance(raw, Mapping) else {}
            return {
                name: self._value(inner, value.get(name), raws.get(name), evidence)
                for name, inner in spec.fields.items()
            }
        if isinstance(spec, ListField):
            several = (
                raw if isinstance(raw, list) and len(raw) == len(value) else [None] * len(value)
            )
            return [
                self._value(spec.item, each, its, evidence)
                for each, its in zip(value, several, strict=True)
            ]
        if isinstance(spec, SpansField):
            return self._spans(value)
        if isinstance(spec, DateField):
            return self._date(spec, value, raw, evidence)
        if isinstance(value, bool):
            return value
        return self._word(value) if isinstance(value, str) else self._number(value, raw, evidence)

    def _spans(self, value: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        found = []
        for each in value:
            if not self._placed:
                self._withheld = True
            elif self._passage is not None:
                place = self._passage.place(each["start"], each["end"])
                if place is not None:
                    start, end = place
                    text = self._passage.released[start:end]
                    found.append({**each, "start": start, "end": end, "text": text})
        return found

    def _date(self, spec: DateField, value: str, raw: Any, evidence: Sequence[Evidence]) -> str:
        """The date that stands in the released text where this one was written."""
        passage = self._passage
        if passage is None:
            return value
        written = raw if isinstance(raw, str) else value
        for start, end in _written(passage.text, written, evidence):
            first, last = passage.place(start, end) or (0, 0)
            try:
                return read_date(
                    passage.released[first:last], language=self._task.language, order=spec.order
                )
            except ValueError:
                # A tag, or a day that is told in another way.
                continue
        self._withheld = True
        return value

    def _number(self, value: float, raw: Any, evidence: Sequence[Evidence]) -> float:
        """A number stays when its release left it alone: an age of 93 may be one of 90 or more."""
        if not evidence:
            given = _digits(value)
            if self._word(given) != given:
                self._withheld = True
            return value
        passage = self._passage
        if passage is not None:
            written = raw if isinstance(raw, str) else _digits(value)
            places = list(_written(passage.text, written, evidence))
            places = places or [(each.start, each.end) for each in evidence]
            if not all(passage.untouched(*place) for place in places):
                self._withheld = True
        return value


def _digits(value: float) -> str:
    return str(int(value)) if value == int(value) else str(value)


def _written(text: str, written: str, evidence: Sequence[Evidence]) -> Iterator[tuple[int, int]]:
    """Where ``written`` stands within ``evidence``."""
    for each in evidence:
        quotes = Quotes(Document("", text[each.start : each.end]))
        for start, end in quotes.all(written):
            yield each.start + start, each.start + end
