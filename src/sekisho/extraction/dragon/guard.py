"""The guard: whatever an answer is, what leaves is a value that the scorer accepts.

dragon-eval rejects a whole task for one missing case, one empty class, one probability that is
none, one tag too few; and takes some things silently for others (a missing number for 0, a list
that is too short for the values of the next case). So each value is checked here by itself, and
one that cannot stand is replaced by what is commonest in the labelled cases, and counted.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sekisho.extraction.dragon.cases import OUTSIDE, Case, is_class, is_number, is_tag
from sekisho.extraction.dragon.configuration import TaskType
from sekisho.extraction.dragon.known import Class, Known, Position
from sekisho.extraction.dragon.tags import mended

__all__ = ["NONE", "Fault", "Settled", "a_word_for_the_column", "prior", "settle"]

#: Rounding may put a probability this far outside of 0 to 1.
_ROUNDING = 1e-9
_LIKELY = 0.5


class _NoneType:
    """There is no answer; ``None`` itself is one that a job may give by mistake."""

    def __repr__(self) -> str:
        return "NONE"


NONE = _NoneType()


class Fault(StrEnum):
    """Why a value could not stand."""

    MISSING = "no_answer"
    DUPLICATE = "duplicate_uid"
    TYPE = "wrong_type"
    RANGE = "out_of_range"
    CLASS = "unknown_class"
    LENGTH = "wrong_length"
    LABEL = "unknown_label"
    TAG = "no_tag"
    COLUMN = "column_of_numbers"


@dataclass(frozen=True, slots=True)
class Settled:
    """A value that may be written, and why parts of it are not what was answered."""

    value: Any = field(repr=False)
    faults: tuple[Fault, ...] = ()


def prior(known: Known, case: Case) -> Any:
    """What is said of ``case`` when nothing is known of it."""
    if known.type is TaskType.ENTITIES:
        return [OUTSIDE] * len(case.parts)
    if known.type is TaskType.MULTI_LABEL_ENTITIES:
        return [[OUTSIDE] for _ in case.parts]
    values = [position.prior for position in known.positions]
    return values if known.type.several else values[0]


def settle(known: Known, case: Case, answer: Any) -> Settled:
    """``answer`` to ``case`` as it may be written, with the prior where it cannot stand.

    ``NONE`` is no answer at all; in a list for several labels, None is none for that label.
    """
    if answer is NONE:
        return Settled(prior(known, case), (Fault.MISSING,))
    if known.type.entities:
        return _tags(known, case, _plain(answer))
    if not known.type.several:
        value, fault = _value(known.type, known.positions[0], answer)
        return Settled(value, () if fault is None else (fault,))
    answers = _plain(answer)
    if not isinstance(answers, list | tuple):
        return Settled(prior(known, case), (Fault.TYPE,))
    if len(answers) != len(known.positions):
        return Settled(prior(known, case), (Fault.LENGTH,))
    pairs = [
        _value(known.type, position, each)
        for position, each in zip(known.positions, answers, strict=True)
    ]
    return Settled(
        [value for value, _ in pairs], tuple(fault for _, fault in pairs if fault is not None)
    )


def a_word_for_the_column(
    known: Known, values: Sequence[Any], spare: Collection[int] = ()
) -> tuple[int, Class] | None:
    """The index of a case and the class it must have lest the scorer rejects all ``values``.

    The scorer reads a column of texts that all look like numbers as numbers, and rejects it beside
    a truth that also has words. So where classes are of both kinds, the labelled cases make a word
    likely in the truth, and no value is one, one case has to be the commonest of the words: one of
    ``spare`` (those that were not answered), or else the last. None when nothing has to be done.
    """
    if known.type is not TaskType.MULTI_CLASS:
        return None
    (position,) = known.positions
    words = {
        each: share
        for each, share in zip(position.classes, position.shares, strict=True)
        if not _looks_like_a_number(each)
    }
    if not words or len(words) == len(position.classes) or any(each in words for each in values):
        return None
    likely = 1 - (1 - sum(words.values())) ** len(values)
    if likely < _LIKELY:
        return None
    return min(spare, default=len(values) - 1), max(words, key=lambda each: words[each])


def _looks_like_a_number(value: Class) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True


def _value(kind: TaskType, position: Position, answer: Any) -> tuple[Class, Fault | None]:
    value = _plain(answer)
    if value is NONE or value is None:
        return position.prior, Fault.MISSING
    if kind.binary:
        if isinstance(value, bool):
            return float(value), None
        if not isinstance(value, int | float):
            return position.prior, Fault.TYPE
        if not -_ROUNDING <= value <= 1 + _ROUNDING:  # NaN too
            return position.prior, Fault.RANGE
        return min(1.0, max(0.0, float(value))), None
    if kind.regression:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return position.prior, Fault.TYPE
        number = float(value) if is_number(value) else math.nan
        return (number, None) if math.isfinite(number) else (position.prior, Fault.RANGE)
    return _class(position, value)


def _class(position: Position, value: Any) -> tuple[Class, Fault | None]:
    if not is_class(value):
        return position.prior, Fault.TYPE
    for each in position.classes:
        if type(each) is type(value) and each == value:
            return each, None
    # The scorer compares types as well, so a class goes out in the type that the labels have.
    alike = [each for each in position.classes if str(each) == str(value)]
    return (alike[0], None) if len(alike) == 1 else (position.prior, Fault.CLASS)


def _tags(known: Known, case: Case, answer: Any) -> Settled:
    if not isinstance(answer, list | tuple):
        return Settled(prior(known, case), (Fault.TYPE,))
    if len(answer) != len(case.parts):
        return Settled(prior(known, case), (Fault.LENGTH,))
    faults: set[Fault] = set()
    if known.type is TaskType.ENTITIES:
        tags = [_tag(known, _plain(each), faults) for each in answer]
        return Settled(mended(tags), tuple(sorted(faults)))
    lists = []
    for each in map(_plain, answer):
        if not isinstance(each, list | tuple):
            faults.add(Fault.TYPE)
            each = []
        lists.append({_tag(known, _plain(tag), faults) for tag in each} - {OUTSIDE})
    return Settled(_in_order(known.entities, lists), tuple(sorted(faults)))


def _tag(known: Known, tag: Any, faults: set[Fault]) -> str:
    if not is_tag(tag):
        faults.add(Fault.TAG)
        return OUTSIDE
    if tag != OUTSIDE and tag[2:] not in known.entities:
        # A further type of entity is one more in the mean of the F1 scores, with a score of 0.
        faults.add(Fault.LABEL)
        return OUTSIDE
    return str(tag)


def _in_order(labels: Sequence[str], lists: Sequence[set[str]]) -> list[list[str]]:
    ordered: list[list[str]] = [[] for _ in lists]
    for label in labels:
        begins, goes_on = f"B-{label}", f"I-{label}"
        column = [
            begins if begins in tags else goes_on if goes_on in tags else OUTSIDE for tags in lists
        ]
        for into, tag in zip(ordered, mended(column), strict=True):
            if tag != OUTSIDE:
                into.append(tag)
    return [tags or [OUTSIDE] for tags in ordered]


def _plain(value: Any) -> Any:
    """``value`` as Python's own; numpy's scalars and arrays have their own ways to become so."""
    if type(value).__module__ == "builtins":
        return value
    turned = getattr(value, "tolist", None)
    return turned() if callable(turned) else value
