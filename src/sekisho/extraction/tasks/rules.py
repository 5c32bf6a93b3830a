"""Rules between fields, as in ``nodule or not found(size)``, in a logic that knows the unknown.

A condition is true, false, or unknown (None), as Kleene's strong logic has it (S. C. Kleene,
Introduction to Metamathematics, 1952, section 64): what touches a field that was not found is
unknown, and so is what cannot be computed or compared; ``and`` is false when one side is, ``or``
is true when one side is, whatever the other may be. Only a condition that is false breaks a rule:
a report that leaves something out has broken nothing.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any, TypeAlias

from sekisho.extraction.tasks.rule_syntax import tree
from sekisho.extraction.tasks.rule_tree import (
    All,
    Arithmetic,
    Comparison,
    Constant,
    Count,
    Either,
    Found,
    Implies,
    Name,
    Negative,
    Node,
    Not,
    OneOf,
    names_of,
)

__all__ = ["Condition", "is_partial_date", "parse"]

_Values: TypeAlias = Mapping[str, Any]

_PARTIAL_DATE = re.compile("[0-9]{4}(?:-[0-9]{2}(?:-[0-9]{2})?)?")
_ORDERS: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_SUMS: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}


@dataclass(frozen=True, slots=True)
class Condition:
    """A rule that was read: ``text`` as written, ``names`` the fields of the task that it names."""

    text: str
    root: Node
    names: frozenset[str]

    def holds(self, values: Mapping[str, Any]) -> bool | None:
        """Whether the rule holds for ``values``; None: unknown. Never raises.

        Values are those of a ``FieldResult``: normalised, dates as ISO texts, lists as lists,
        objects as mappings; a field that is None or left out was not found.
        """
        return _truth(self.root, values)


@lru_cache(maxsize=512)
def parse(text: str) -> Condition:
    """The condition that ``text`` writes; raises ``UsageError``, and nothing else."""
    root = tree(text)
    return Condition(text, root, frozenset(name.path[0] for name in names_of(root)))


def is_partial_date(text: str) -> bool:
    """Whether ``text`` has the form 2024, 2024-05 or 2024-05-03."""
    return _PARTIAL_DATE.fullmatch(text) is not None


def _truth(node: Node, values: _Values) -> bool | None:
    value = _value(node, values)
    return value if isinstance(value, bool) else None


def _value(node: Node, values: _Values) -> Any:
    """The value of ``node``; None: unknown."""
    match node:
        case Constant(value):
            return value
        case Name(path):
            return _found(path, values)
        case Found(name):
            return _found(name.path, values) is not None
        case Count(name):
            items = _found(name.path, values)
            return len(items) if isinstance(items, list | tuple) else None
        case Not(part):
            truth = _truth(part, values)
            return None if truth is None else not truth
        case All(parts):
            return _all([_truth(part, values) for part in parts])
        case Either(parts):
            return _any([_truth(part, values) for part in parts])
        case Implies(given, then):
            truth = _truth(given, values)
            return _any([None if truth is None else not truth, _truth(then, values)])
        case Comparison(first, rest):
            return _compared(first, rest, values)
        case OneOf(part, choices):
            value = _value(part, values)
            return _any([_compare("==", value, _value(each, values)) for each in choices])
        case Negative(part):
            number = _number(_value(part, values))
            return None if number is None else -number
        case Arithmetic(first, rest):
            return _computed(first, rest, values)


def _found(path: Sequence[str], values: _Values) -> Any:
    value: Any = values
    for part in path:
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _all(truths: Sequence[bool | None]) -> bool | None:
    if False in truths:
        return False
    return None if None in truths else True


def _any(truths: Sequence[bool | None]) -> bool | None:
    if True in truths:
        return True
    return None if None in truths else False


def _number(value: Any) -> int | float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _computed(first: Node, rest: Sequence[tuple[str, Node]], values: _Values) -> int | float | None:
    result = _number(_value(first, values))
    for sign, part in rest:
        number = _number(_value(part, values))
        if result is None or number is None:
            return None
        try:
            result = _number(_SUMS[sign](result, number))
        except (ZeroDivisionError, OverflowError):
            return None
    return result


def _compared(first: Node, rest: Sequence[tuple[str, Node]], values: _Values) -> bool | None:
    sides = [_value(first, values), *(_value(part, values) for _, part in rest)]
    signs = [sign for sign, _ in rest]
    return _all([_compare(sign, *pair) for sign, pair in zip(signs, pairwise(sides), strict=True)])


def _compare(sign: str, left: Any, right: Any) -> bool | None:
    """``left sign right``; unknown between values of unlike types, or without an order."""
    ordered = False
    if isinstance(left, str) and isinstance(right, str):
        if is_partial_date(left) and is_partial_date(right):
            # 2024 and 2024-05 may be the same day or not; 2024 and 2025-05 are not.
            common = min(len(left), len(right))
            if left[:common] == right[:common] and len(left) != len(right):
                return None
            left, right, ordered = left[:common], right[:common], True
    elif not (isinstance(left, bool) and isinstance(right, bool)):
        left, right, ordered = _number(left), _number(right), True
        if left is None or right is None:
            return None
    if sign in _ORDERS:
        return _ORDERS[sign](left, right) if ordered else None
    return bool(left == right) is (sign == "==")
