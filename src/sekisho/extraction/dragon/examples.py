"""Labelled cases as worked examples: what a model should have answered to each.

Only a case whose answer can be shown to rest on its text becomes one. A number that stands there
twice, or not at all, would teach a model to make up quotes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from sekisho.extraction.dragon.asking import Question
from sekisho.extraction.dragon.cases import Case
from sekisho.extraction.dragon.configuration import TaskType
from sekisho.extraction.dragon.definition import LabelMeaning, SpanGroup
from sekisho.extraction.dragon.tags import Tokens, entities
from sekisho.extraction.few_shot.example_check import example_problems
from sekisho.extraction.tasks.task import Example
from sekisho.extraction.values.numbers import numbers_in, read_number

__all__ = ["example_of", "examples"]

#: A report rounds what it states: the number in it lies this near to the one in the label.
_ROUNDED = 0.06
#: Characters before a number that make it a quote.
_BEFORE = 60
_LONGEST_SPAN = 200


def examples(question: Question, cases: Iterable[Case]) -> tuple[Example, ...]:
    """Those of ``cases`` that can be shown, in order."""
    found = []
    for case in cases:
        example = None if case.empty else example_of(question, case)
        if example is not None and not example_problems(question.task, example):
            found.append(example)
    return tuple(found)


def example_of(question: Question, case: Case) -> Example | None:
    """What a model should answer to a labelled ``case``; None when a number cannot be told."""
    text = question.text(case)
    if question.configuration.type.entities:
        return Example(text=text, answer=_spans(question, case))
    targets = case.target if question.configuration.type.several else [case.target]
    answer: dict[str, Any] = {}
    quotes: dict[str, str | tuple[str, ...]] = {}
    for meaning, target in zip(question.meanings, targets, strict=True):
        if target is None or _is(target, meaning.absent):
            continue
        if question.configuration.type.binary:
            answer[meaning.name] = bool(target)
        elif meaning.evidence:
            quoted = _quoted_number(question, text, meaning, target)
            if quoted is None:
                return None
            quotes[meaning.name], answer[meaning.name] = quoted
        else:
            answer[meaning.name] = target
    return Example(text=text, answer=answer, quotes=quotes)


def _is(target: Any, absent: Any) -> bool:
    return absent is not None and bool(target == absent)


def _quoted_number(
    question: Question, text: str, meaning: LabelMeaning, target: Any
) -> tuple[str, Any] | None:
    """The only number in ``text`` that can be ``target``, with the words before it."""
    if not question.configuration.type.regression:
        return None
    language = question.definition.language
    near = []
    for each in numbers_in(text, language=language):
        try:
            value = read_number(text[each.start : each.end], unit=meaning.unit, language=language)
        except ValueError:
            continue
        if abs(value - target) <= _ROUNDED * max(abs(value), abs(target)):
            near.append((each.start, each.end, value))
    if len(near) != 1:
        return None
    start, end, value = near[0]
    before = text[max(0, start - _BEFORE) : start]
    if start > _BEFORE:
        before = before.partition(" ")[2]
    return (before.rpartition(". ")[2] + text[start:end]).strip(), value


def _spans(question: Question, case: Case) -> dict[str, list[dict[str, str]]]:
    tokens = Tokens.join(case.parts)
    single = question.configuration.type is TaskType.ENTITIES
    answer: dict[str, list[dict[str, str]]] = {}
    for group in question.groups:
        found: list[tuple[int, int, str]] = []
        for label in group.labels:
            tags = case.target if single else _column(case.target, label)
            found += [each for each in entities(tags) if each[2] == label]
        listed = [
            {"text": text, "label": label}
            for first, behind, label in sorted(found)
            for text in _texts(group, tokens, case.parts, first, behind)
        ]
        if group.occurrences == "all":
            listed = list({(each["text"], each["label"]): each for each in listed}.values())
        if listed:
            answer[group.name] = listed
    return answer


def _column(lists: Sequence[Sequence[str]], label: str) -> list[str]:
    """The tags of ``label`` alone."""
    return [next((tag for tag in tags if tag[2:] == label), "O") for tags in lists]


def _texts(
    group: SpanGroup, tokens: Tokens, parts: Sequence[str], first: int, behind: int
) -> list[str]:
    """What is quoted for tokens ``first`` to ``behind``: themselves, or enough to tell them apart.

    What is joined again later is quoted sentence by sentence.
    """
    if group.joined:
        ends = [at + 1 for at in range(first, behind) if parts[at].endswith(".")]
        borders = sorted({first, *ends, behind})
        pieces = list(pairwise(borders))
    else:
        pieces = [(first, behind)]
    texts = []
    for start, stop in pieces:
        text = _text(tokens, start, stop)
        while group.part is not None and start > 0 and tokens.text.count(text) > 1:
            start -= 1
            text = _text(tokens, start, stop)
        if len(text) <= _LONGEST_SPAN:
            texts.append(text)
    return texts


def _text(tokens: Tokens, first: int, behind: int) -> str:
    return tokens.text[tokens.offsets[first][0] : tokens.offsets[behind - 1][1]]
