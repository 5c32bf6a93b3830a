"""The plain values of a Python file: what can be read off its tree without running any of it.

Texts (also joined, formatted and trimmed ones), numbers, ``True``, ``None``, tuples, mappings,
names of such values, and the members of enums.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sekisho.extraction.importers.python_lineage import ancestors
from sekisho.extraction.importers.python_scope import Class, Imported, Scope, Unknown, Value
from sekisho.extraction.importers.python_source import fault
from sekisho.extraction.importers.python_tables import TABLES

__all__ = ["Constants", "Member", "docstring"]

#: Characters of a text, items of a list, and expressions inside expressions.
_LONGEST_TEXT, _MOST_ITEMS, _DEEPEST = 20_000, 1000, 40

_TRIMMED: Mapping[str, Callable[[str], str]] = {
    "strip": str.strip,
    "lstrip": str.lstrip,
    "rstrip": str.rstrip,
    "lower": str.lower,
    "upper": str.upper,
    "title": str.title,
    "capitalize": str.capitalize,
}
_CLEANED: Mapping[str, Callable[[str], str]] = {
    "textwrap.dedent": textwrap.dedent,
    "inspect.cleandoc": inspect.cleandoc,
}
_GATHERED = {"builtins.tuple", "builtins.list", "builtins.set", "builtins.frozenset"}


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an enum: its name, its value, and what its docstring says of it."""

    name: str
    value: Any
    description: str = ""


class Constants:
    """Reads values; each name and each enum is read once, however often it is used."""

    def __init__(self) -> None:
        self._values: dict[ast.expr, Any] = {}
        self._members: dict[ast.ClassDef, tuple[Member, ...]] = {}

    def read(self, expression: ast.expr, scope: Scope, depth: int = 0) -> Any:
        """The value of ``expression``: a scalar, a ``Member``, or a tuple or dict of such.

        Raises ``UsageError`` with the line when it would have to be run to be known.
        """
        if depth > _DEEPEST:
            raise fault(scope.path, expression, "is nested too deep")
        value = self._value(expression, scope, depth + 1)
        if isinstance(value, str) and len(value) > _LONGEST_TEXT:
            raise fault(scope.path, expression, f"is longer than {_LONGEST_TEXT} characters")
        if isinstance(value, tuple) and len(value) > _MOST_ITEMS:
            raise fault(scope.path, expression, f"has more than {_MOST_ITEMS} items")
        return value

    def members(self, found: Class, depth: int = 0) -> tuple[Member, ...]:
        """The members of the enum ``found``, in their order; those of equal value are one.

        Raises ``UsageError`` when a value is no constant.
        """
        if found.node not in self._members:
            self._members[found.node] = tuple(self._every(found, depth))
        return self._members[found.node]

    def _value(self, expression: ast.expr, scope: Scope, depth: int) -> Any:
        match expression:
            case ast.Constant(value=str() as text):
                if any("\ud800" <= each <= "\udfff" for each in text):
                    raise fault(scope.path, expression, "holds half a character")
                return text
            case ast.Constant(value=int() | float() | None as value):
                return value
            case ast.UnaryOp(op=ast.USub() | ast.UAdd() as sign, operand=operand):
                number = self.read(operand, scope, depth)
                if isinstance(number, int | float) and not isinstance(number, bool):
                    return -number if isinstance(sign, ast.USub) else number
            case ast.BinOp(op=ast.Add()):
                return self._sum(expression, scope, depth)
            case ast.JoinedStr(values=parts):
                return "".join(self._formatted(part, scope, depth) for part in parts)
            case ast.Tuple(elts=items) | ast.List(elts=items) | ast.Set(elts=items):
                return self._items(items, scope, depth)
            case ast.Dict(keys=keys, values=values):
                return self._mapping(expression, keys, values, scope, depth)
            case ast.Call(args=arguments, keywords=[]):
                return self._call(expression, arguments, scope, depth)
            case ast.Name() | ast.Attribute():
                return self._named(expression, scope, depth)
        raise fault(scope.path, expression, "is no constant, and nothing is run to find its value")

    def _named(self, expression: ast.expr, scope: Scope, depth: int) -> Any:
        if isinstance(expression, ast.Attribute):
            owner = scope.resolve(expression.value)
            if owner and isinstance(owner[0], Class):
                for member in self.members(owner[0], depth):
                    if member.name == expression.attr:
                        return member
            elif expression.attr in ("value", "name", "_value_", "_name_"):
                member = self.read(expression.value, scope, depth)
                if isinstance(member, Member):
                    return member.value if "value" in expression.attr else member.name
        for found in scope.resolve(expression):
            if isinstance(found, Value):
                if found.node not in self._values:
                    self._values[found.node] = self.read(found.node, found.scope, depth)
                return self._values[found.node]
            if isinstance(found, Unknown):
                raise fault(scope.path, expression, found.why)
        raise fault(scope.path, expression, "is no constant of this file")

    def _sum(self, expression: ast.BinOp, scope: Scope, depth: int) -> Any:
        """A sum of many, which stands in the tree as one in another."""
        terms: list[ast.expr] = []
        left: ast.expr = expression
        while isinstance(left, ast.BinOp) and isinstance(left.op, ast.Add):
            terms.append(left.right)
            left = left.left
        total = self.read(left, scope, depth)
        for term in reversed(terms):
            more = self.read(term, scope, depth)
            both_text = isinstance(total, str) and isinstance(more, str)
            if not both_text and not (isinstance(total, tuple) and isinstance(more, tuple)):
                raise fault(scope.path, term, "only texts and lists are added")
            total = total + more
            if len(total) > _LONGEST_TEXT:
                raise fault(scope.path, term, "is too long")
        return total

    def _items(self, items: list[ast.expr], scope: Scope, depth: int) -> tuple[Any, ...]:
        found: list[Any] = []
        for item in items:
            if isinstance(item, ast.Starred):
                more = self.read(item.value, scope, depth)
                if not isinstance(more, tuple):
                    raise fault(scope.path, item, "is no list")
                found += more
            else:
                found.append(self.read(item, scope, depth))
            if len(found) > _MOST_ITEMS:
                raise fault(scope.path, item, "is too long a list")
        return tuple(found)

    def _mapping(
        self,
        expression: ast.expr,
        keys: Sequence[ast.expr | None],
        values: Sequence[ast.expr],
        scope: Scope,
        depth: int,
    ) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for key, value in zip(keys, values, strict=True):
            name = None if key is None else self.read(key, scope, depth)
            if not isinstance(name, str):
                raise fault(scope.path, expression, "has keys that are no texts")
            if name in made:
                raise fault(scope.path, expression, "has a key twice")
            made[name] = self.read(value, scope, depth)
        return made

    def _formatted(self, part: ast.expr, scope: Scope, depth: int) -> str:
        if isinstance(part, ast.FormattedValue):
            value = self.read(part.value, scope, depth)
            plain = part.format_spec is None and part.conversion == -1
            if plain and isinstance(value, str | int) and not isinstance(value, bool):
                return str(value)
            raise fault(scope.path, part, "is formatted in a way that is not understood")
        return str(self.read(part, scope, depth))

    def _call(self, call: ast.Call, arguments: list[ast.expr], scope: Scope, depth: int) -> Any:
        if isinstance(call.func, ast.Attribute) and call.func.attr in (*_TRIMMED, "join"):
            text = self.read(call.func.value, scope, depth)
            if isinstance(text, str) and call.func.attr in _TRIMMED and not arguments:
                return _TRIMMED[call.func.attr](text)
            if isinstance(text, str) and call.func.attr == "join" and len(arguments) == 1:
                return self._join(call, text, self.read(arguments[0], scope, depth), scope)
        elif len(arguments) == 1:
            for found in scope.resolve(call.func):
                if isinstance(found, Imported) and found.name in _CLEANED:
                    value = self.read(arguments[0], scope, depth)
                    if isinstance(value, str):
                        return _CLEANED[found.name](value)
                if isinstance(found, Imported) and found.name in _GATHERED:
                    value = self.read(arguments[0], scope, depth)
                    if isinstance(value, tuple):
                        return value
        raise fault(scope.path, call, "is a call, and nothing is run to find its value")

    def _join(self, call: ast.Call, between: str, parts: Any, scope: Scope) -> str:
        if not isinstance(parts, tuple) or not all(isinstance(each, str) for each in parts):
            raise fault(scope.path, call, "only texts are joined")
        if sum(len(each) + len(between) for each in parts) > _LONGEST_TEXT:
            raise fault(scope.path, call, "is too long a text")
        return between.join(parts)

    def _every(self, found: Class, depth: int) -> Iterator[Member]:
        kind, path, body = _value_kind(found), found.scope.path, found.node.body
        before: list[Any] = []
        for at, statement in enumerate(body):
            match statement:
                case ast.Assign(targets=[ast.Name(id=name)], value=written) if name[0] != "_":
                    value = self._member(written, name, kind, found, before, depth)
                case _:
                    continue
            if isinstance(value, tuple | dict | Member):
                raise fault(path, statement, "is no plain value of an enum")
            if kind is not None and type(value) is not kind:
                raise fault(path, statement, f"is no {kind.__name__}, as its enum says")
            told = docstring(body[at + 1]) if at + 1 < len(body) else ""
            before.append(value)
            yield Member(name, value, told)

    def _member(
        self,
        written: ast.expr,
        name: str,
        kind: type | None,
        found: Class,
        before: Sequence[Any],
        depth: int,
    ) -> Any:
        called = found.scope.resolve(written.func) if isinstance(written, ast.Call) else ()
        if Imported("enum.auto") not in called:
            return self.read(written, found.inner, depth)
        if Imported("enum.StrEnum") in ancestors(found):
            return name.lower()
        if kind is str or not all(isinstance(each, int) for each in before):
            raise fault(found.scope.path, written, "auto() is not understood here")
        return max(before, default=0) + 1


def docstring(statement: ast.stmt) -> str:
    """The text of a statement that is nothing but a text, tidied as docstrings are."""
    match statement:
        case ast.Expr(value=ast.Constant(value=str() as text)):
            return inspect.cleandoc(text)
    return ""


def _value_kind(found: Class) -> type | None:
    """Of what type all values of the enum are, or None where any may be."""
    for base in ancestors(found):
        match base:
            case Imported(name="enum.StrEnum"):
                return str
            case Imported(name="enum.IntEnum"):
                return int
            case Imported(name=name) if name in TABLES.enum_values:
                return {"str": str, "int": int, "float": float}[TABLES.enum_values[name]]
    return None
