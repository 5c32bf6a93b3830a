"""What the types of the fields tell of a rule before any report is read.

A rule that compares a size with a word is never broken, which its author would not notice; so it
is an error of the task file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from sekisho.extraction.tasks.rule_tokens import spelt
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
)
from sekisho.extraction.tasks.rules import Condition, is_partial_date
from sekisho.extraction.tasks.task import (
    AnyOfField,
    BooleanField,
    DateField,
    EnumField,
    IntegerField,
    ListField,
    NumberField,
    ObjectField,
    Scalar,
    SpansField,
    StringField,
)

__all__ = ["rule_problems"]

_NUMBER, _TEXT, _BOOLEAN, _DATE = "a number", "text", "true or false", "a date"
_LIST, _OBJECT = "a list", "an object"
#: What a value can be that one can compute with, in the order in which it is told.
_SIMPLE = (_NUMBER, _TEXT, _BOOLEAN, _DATE)
#: Nothing is known, so nothing is wrong.
_UNKNOWN = frozenset({*_SIMPLE, _LIST, _OBJECT})
_ORDERED = frozenset({_NUMBER, _DATE})


def rule_problems(
    condition: Condition, fields: Mapping[str, AnyOfField | None]
) -> tuple[tuple[str, str | None], ...]:
    """What is wrong with a rule: pairs of a sentence and what to do, from left to right.

    A field that is None is there, and its type is not known.
    """
    check = _Check(fields)
    if not condition.names:
        check.wrong("the rule names no field")
    check.boolean(condition.root)
    return tuple(dict.fromkeys(check.problems))


def _kinds_of(field: AnyOfField | None) -> frozenset[str]:
    match field:
        case None:
            return _UNKNOWN
        case StringField():
            return frozenset({_TEXT})
        case IntegerField() | NumberField():
            return frozenset({_NUMBER})
        case BooleanField():
            return frozenset({_BOOLEAN})
        case DateField():
            return frozenset({_DATE})
        case EnumField():
            return frozenset().union(*(_kinds_of_constant(each.value) for each in field.values))
        case ListField() | SpansField():
            return frozenset({_LIST})
        case ObjectField():
            return frozenset({_OBJECT})
        case _:
            return frozenset(_SIMPLE)


def _kinds_of_constant(value: Scalar) -> frozenset[str]:
    if isinstance(value, bool):
        return frozenset({_BOOLEAN})
    if isinstance(value, str):
        return frozenset({_TEXT, _DATE} if is_partial_date(value) else {_TEXT})
    return frozenset({_NUMBER})


def _told(kinds: Iterable[str]) -> str:
    return next(kind for kind in (*_SIMPLE, _LIST, _OBJECT) if kind in kinds)


class _Check:
    def __init__(self, fields: Mapping[str, AnyOfField | None]) -> None:
        self._fields = fields
        self.problems: list[tuple[str, str | None]] = []

    def wrong(self, message: str, remedy: str | None = None) -> None:
        self.problems.append((message, remedy))

    def boolean(self, node: Node) -> None:
        """``node`` stands where true or false is needed."""
        if _BOOLEAN in self._kinds(node):
            return
        if isinstance(node, Name):
            name = _shown(node)
            remedy = f"found({name}) asks whether it was found; or compare it with something"
            self.wrong(f"{name} stands where true or false is needed", remedy)
        else:
            self.wrong("something stands where true or false is needed", "compare it")

    def _kinds(self, node: Node) -> frozenset[str]:
        match node:
            case Constant(value):
                return _kinds_of_constant(value)
            case Name():
                return _kinds_of(self._field(node))
            case Count(name):
                self._count(name)
                return frozenset({_NUMBER})
            case Negative(part):
                self._number(part)
                return frozenset({_NUMBER})
            case Arithmetic(first, rest):
                for part in (first, *(each for _, each in rest)):
                    self._number(part)
                return frozenset({_NUMBER})
            case _:
                self._truth(node)
                return frozenset({_BOOLEAN})

    def _truth(self, node: Node) -> None:
        match node:
            case Found(name):
                self._field(name)
            case Not(part):
                self.boolean(part)
            case All(parts) | Either(parts):
                for part in parts:
                    self.boolean(part)
            case Implies(given, then):
                self.boolean(given)
                self.boolean(then)
            case Comparison(first, rest):
                left, kinds = first, self._kinds(first)
                for sign, right in rest:
                    others = self._kinds(right)
                    self._pair(left, kinds, sign, right, others)
                    left, kinds = right, others
            case OneOf(part, choices):
                kinds = self._kinds(part)
                for choice in choices:
                    self._pair(part, kinds, "==", choice, self._kinds(choice))

    def _field(self, name: Name) -> AnyOfField | None:
        """The field that ``name`` names; None when nothing is known of it."""
        fields: Mapping[str, AnyOfField | None] = self._fields
        field: AnyOfField | None = None
        for depth, part in enumerate(name.path):
            if part not in fields:
                self._no_field(name.path[:depth], part, fields)
                return None
            field = fields[part]
            if field is None:
                return None
            if depth + 1 < len(name.path) and not isinstance(field, ObjectField):
                written = _shown(Name(name.path[: depth + 1]))
                self.wrong(f"{written} is no object, so that nothing in it can be named")
                return None
            fields = field.fields if isinstance(field, ObjectField) else {}
        return field

    def _no_field(self, above: tuple[str, ...], part: str, known: Iterable[str]) -> None:
        where = f"in {_shown(Name(above))} " if above else ""
        names = [str(each) for each in known]
        # A name of several words that was written bare has lost all of them but one.
        near = [each for each in names if part in each and spelt(each) != each]
        near += get_close_matches(part, names, 1)
        self.wrong(
            f"the rule names {part}, and no field {where}is called so",
            f"did you mean {spelt(near[0])}?" if near else None,
        )

    def _count(self, name: Name) -> None:
        if _LIST not in _kinds_of(self._field(name)):
            self.wrong(
                f"count({_shown(name)}) counts what is no list",
                f"found({_shown(name)}) asks whether it was found",
            )

    def _number(self, node: Node) -> None:
        kinds = self._kinds(node)
        if _NUMBER in kinds:
            return
        remedy = 'a date is written as a text: "2024-05-03"' if _DATE in kinds else None
        self.wrong(f"{_told(kinds)} stands where a number is needed", remedy)

    def _pair(
        self, left: Node, kinds: frozenset[str], sign: str, right: Node, others: frozenset[str]
    ) -> None:
        """``left sign right``, of which the kinds are known."""
        for node, own in ((left, kinds), (right, others)):
            if own <= {_LIST, _OBJECT}:
                name = _shown(node) if isinstance(node, Name) else "it"
                ways = f"found({name})" if _OBJECT in own else f"count({name}) or found({name})"
                self.wrong(f"{_told(own)} cannot be compared", f"write {ways}")
                return
        common = kinds & others
        if not common:
            self.wrong(
                f"{_told(kinds)} is compared with {_told(others)}",
                'a date is written as a text: "2024-05-03"' if _DATE in kinds | others else None,
            )
        elif sign not in ("==", "!=") and not common & _ORDERED:
            self.wrong(f"{_told(common)} has no order", "compare it with == or !=")
        elif sign in ("==", "!="):
            self._one_of_its_values(left, right)
            self._one_of_its_values(right, left)

    def _one_of_its_values(self, node: Node, other: Node) -> None:
        """An enum is compared with one of its values, or the comparison is always the same."""
        field = self._field(node) if isinstance(node, Name) else None
        if not isinstance(field, EnumField) or not isinstance(other, Constant):
            return
        values = [each.value for each in field.values]
        if other.value in values:
            return
        near = get_close_matches(str(other.value), map(str, values), 1)
        self.wrong(
            f"{other.value} is none of the values of {_shown(node)}",
            f"did you mean {near[0]}?" if near else None,
        )


def _shown(node: Node) -> str:
    return ".".join(spelt(part) for part in node.path) if isinstance(node, Name) else "it"
