"""From a DRAGON job to a task of sekisho, and from what was extracted to an answer of DRAGON.

A label is a field: yes or no, one of the classes that the labelled cases have, or a number with its
bounds. Entities are stretches of the tokens' text. The set of answers is closed, always.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pydantic import ValidationError

from sekisho.documents.document import Document
from sekisho.errors import UsageError
from sekisho.extraction.dragon.cases import Case
from sekisho.extraction.dragon.configuration import Configuration, TaskType
from sekisho.extraction.dragon.definition import (
    Definition,
    LabelMeaning,
    SpanGroup,
    generic_words,
)
from sekisho.extraction.dragon.known import Known, Position
from sekisho.extraction.dragon.tags import Stretch, Tokens, last_part, tag_lists, tag_sequence
from sekisho.extraction.results import Extraction, FieldResult, FieldStatus
from sekisho.extraction.tasks.task import (
    AnyOfField,
    BooleanField,
    EnumField,
    EnumValue,
    Merge,
    NumberField,
    SpansField,
    Task,
)

__all__ = ["Answer", "Question"]

_MOST_SPANS = 300
#: A number may be so many times as great as the greatest that was seen.
_BEYOND = 10.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What an extraction says as DRAGON wants it, for the guard.

    ``value`` has None where there is nothing. ``problems`` are the statuses of fields without a
    value, ``absent`` counts labels of which the text says nothing, where that is an answer,
    ``hard`` probabilities that are 0 or 1 for want of a better one.
    """

    value: Any = field(repr=False)
    problems: tuple[str, ...] = ()
    absent: int = 0
    hard: int = 0


@dataclass(frozen=True)
class Question:
    """What a job asks, as sekisho asks it."""

    configuration: Configuration
    definition: Definition
    known: Known
    reasoning: bool = False

    @cached_property
    def meanings(self) -> tuple[LabelMeaning, ...]:
        """What each label of the job means, under names that differ."""
        of = len(self.known.positions)
        said = generic_words(self.definition.language)["one_of_several"]
        other = LabelMeaning(name="label_{n}", description=said)
        found = [self.definition.meaning(index, of) for index in range(of)]
        return tuple(meaning or other.numbered(index + 1) for index, meaning in enumerate(found))

    @cached_property
    def groups(self) -> tuple[SpanGroup, ...]:
        """The groups of entities, with exactly those labels that the labelled cases have."""
        left = list(self.known.entities)
        groups = []
        for group in self.definition.spans:
            named = {label: told for label, told in group.labels.items() if label in left}
            left = [label for label in left if label not in named]
            groups.append(group.model_copy(update={"labels": named}))
        if left:
            # What the definition does not name goes with its last group, or by itself.
            if not groups:
                said = generic_words(self.definition.language)["entities"]
                groups.append(SpanGroup(name="entities", description=said))
            labels = {**groups[-1].labels, **dict.fromkeys(left, "")}
            groups[-1] = groups[-1].model_copy(update={"labels": labels})
        return tuple(group for group in groups if group.labels)

    @cached_property
    def task(self) -> Task:
        """The task that a model is given.

        Raises ``UsageError`` when the labelled cases have answers that no task can hold.
        """
        kind = self.configuration.type
        fields: Mapping[str, AnyOfField]
        if kind.entities:
            fields = {group.name: _spans(group) for group in self.groups}
        else:
            fields = {meaning.name: each for meaning, each in self._fields()}
        try:
            return Task(
                name=self.configuration.task_name,
                language=self.definition.language,
                instruction=self.definition.instruction,
                fields=fields,
                reasoning=self.reasoning and not kind.entities,
                evidence=False,
            )
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            raise UsageError(
                f"its labelled cases make no task: {first['msg']}",
                where=self.configuration.task_name,
            ) from None

    def document(self, case: Case) -> Document:
        """The text of ``case`` that is read; its parts are marked, its tokens joined."""
        return Document(str(case.uid), self.text(case), language=self.definition.language)

    def text(self, case: Case) -> str:
        """See ``document``."""
        if self.configuration.input_name == "text":
            return case.text
        if self.configuration.type.entities:
            return Tokens.join(case.parts).text
        part = generic_words(self.definition.language)["part"]
        names = [
            self.definition.parts[index]
            if index < len(self.definition.parts)
            else part.replace("{n}", str(index + 1))
            for index in range(len(case.parts))
        ]
        return "\n\n".join(f"{name}: {text}" for name, text in zip(names, case.parts, strict=True))

    def answer(self, case: Case, extraction: Extraction) -> Answer:
        """What ``extraction`` from the document of ``case`` says."""
        if self.configuration.type.entities:
            return self._tags(case, extraction)
        values, problems = [], []
        absent = hard = 0
        for meaning, position in zip(self.meanings, self.known.positions, strict=True):
            result = extraction.fields[meaning.name]
            if result.status is FieldStatus.FOUND:
                value = result.value
                if self.configuration.type.binary:
                    value, sure = _probability_of_yes(result)
                    hard += not sure
            elif result.status is FieldStatus.NOT_MENTIONED and meaning.absent is not None:
                value = meaning.absent
                absent += 1
            elif result.status is FieldStatus.NOT_MENTIONED and position.can_be_missing:
                # Its truth is null, which the scorer leaves out; still there must be a number.
                value = position.prior
                absent += 1
            else:
                value = None
                problems.append(result.status.value)
            values.append(value)
        several = self.configuration.type.several
        return Answer(values if several else values[0], tuple(problems), absent, hard)

    def _fields(self) -> Iterator[tuple[LabelMeaning, AnyOfField]]:
        kind = self.configuration.type
        for meaning, position in zip(self.meanings, self.known.positions, strict=True):
            common: dict[str, Any] = {
                "description": meaning.description,
                "evidence": meaning.evidence,
                "merge": meaning.merge or self._merge,
                "required": meaning.absent is None and not position.can_be_missing,
            }
            if kind.binary:
                yield meaning, BooleanField(**common)
            elif kind.classes:
                told = meaning.values
                values = tuple(
                    EnumValue(value=each, description=told.get(str(each), ""))
                    for each in position.classes
                )
                yield meaning, EnumField(values=values, **common)
            else:
                low, high = _bounds(meaning, position)
                yield (
                    meaning,
                    NumberField(unit=meaning.unit, minimum=low, maximum=high, **common),
                )

    @property
    def _merge(self) -> Merge:
        """What counts of a text read in parts: the side that should not be cut off."""
        return "last" if self.configuration.recommended_truncation_side == "left" else "first"

    def _tags(self, case: Case, extraction: Extraction) -> Answer:
        tokens = Tokens.join(case.parts)
        stretches: list[Stretch] = []
        problems = []
        for group in self.groups:
            result = extraction.fields[group.name]
            if result.status in (FieldStatus.INVALID, FieldStatus.FAILED):
                # What stands in the text is better than nothing; the rest is counted.
                problems.append(result.status.value)
            found = [Stretch(each.start, each.end, each.label or "") for each in result.evidence]
            if group.part is not None:
                found = last_part(tokens.text, found, re.compile(group.part))
            stretches += found
        joined = {label for group in self.groups if group.joined for label in group.labels}
        if self.configuration.type is TaskType.ENTITIES:
            return Answer(tag_sequence(tokens, stretches, joined=joined), tuple(problems))
        lists = tag_lists(tokens, stretches, order=self.known.entities, joined=joined)
        return Answer(lists, tuple(problems))


def _probability_of_yes(result: FieldResult) -> tuple[float, bool]:
    """How probable *yes* is, and whether that is more than the bare answer."""
    yes, no = (result.distribution.get(each, 0.0) for each in ("true", "false"))
    if yes + no > 0:
        return yes / (yes + no), True
    if result.probability is not None:
        return (result.probability if result.value else 1 - result.probability), True
    return float(result.value), False


def _bounds(meaning: LabelMeaning, position: Position) -> tuple[float, float]:
    least = 0.0 if position.least is None else position.least
    greatest = 0.0 if position.greatest is None else position.greatest
    low = meaning.minimum if meaning.minimum is not None else min(0.0, _BEYOND * least)
    high = meaning.maximum if meaning.maximum is not None else max(_BEYOND, _BEYOND * greatest)
    # No bound may reject what was seen.
    return min(low, least), max(high, greatest)


def _spans(group: SpanGroup) -> SpansField:
    return SpansField(
        description=group.description,
        labels=dict(group.labels),
        max_items=_MOST_SPANS,
        occurrences=group.occurrences,
    )
