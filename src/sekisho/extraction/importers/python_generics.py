"""Types in square brackets, as ``Literal["a", "b"]``: their full names, and what is chosen from."""

from __future__ import annotations

import ast
from collections.abc import Callable

from sekisho.extraction.importers.python_constants import Constants, Member
from sekisho.extraction.importers.python_scope import Imported, Scope
from sekisho.extraction.importers.python_tables import TABLES

__all__ = ["LITERAL", "arguments_of", "choices", "full_name"]

LITERAL = "typing.Literal"
_SPECIAL = {LITERAL, *(f"typing.{it}" for it in ("Annotated", "Optional", "Union", "NotRequired"))}
_GENERIC = TABLES.lists | TABLES.tuples | TABLES.mappings | TABLES.transparent | _SPECIAL


def full_name(expression: ast.expr, scope: Scope) -> str | None:
    """The full name of something imported, also under another name of the file."""
    known = [each.name for each in scope.follow(expression) if isinstance(each, Imported)]
    return next((each for each in known if each in _GENERIC), known[0] if known else None)


def arguments_of(subscript: ast.Subscript) -> list[ast.expr]:
    """What stands between the brackets."""
    inner = subscript.slice
    return inner.elts if isinstance(inner, ast.Tuple) else [inner]


def choices(
    literal: ast.Subscript, scope: Scope, constants: Constants, check: Callable[[], None]
) -> list[tuple[object, str]]:
    """The values inside a ``Literal``, those of another ``Literal`` in it too, and what they mean.

    ``check`` is called for each ``Literal`` and raises when there are too many. Raises
    ``TypeError`` for what cannot be unpacked.
    """
    check()
    every: list[tuple[object, str]] = []
    for argument in arguments_of(literal):
        node, its = scope.behind(argument)
        if isinstance(node, ast.Subscript) and full_name(node.value, its) == LITERAL:
            every += choices(node, its, constants, check)
            continue
        inner = argument.value if isinstance(argument, ast.Starred) else argument
        value = constants.read(inner, scope)
        # A tuple is the list of values, unless it is one among others.
        alone = inner is not argument or not isinstance(literal.slice, ast.Tuple)
        if inner is not argument and not isinstance(value, tuple):
            raise TypeError
        for each in value if alone and isinstance(value, tuple) else (value,):
            named = isinstance(each, Member)
            every.append((each.value, each.description) if named else (each, ""))
    return every
