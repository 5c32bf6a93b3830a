"""What a call such as ``Field(description=..., ge=0)`` says of a field."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sekisho.extraction.importers.python_constants import Constants
from sekisho.extraction.importers.python_scope import Imported, Scope
from sekisho.extraction.importers.python_source import fault
from sekisho.extraction.importers.python_tables import TABLES
from sekisho.extraction.importers.specs import UNCHECKED, closest

__all__ = ["FIELD_CALLS", "Arguments", "argument_list", "default"]

FIELD_CALLS = frozenset({"pydantic.Field", "dataclasses.field"})

_DEFAULT = "defaults are left out: what a report does not state has no value"
_RENAMED = "other names are left out: the field keeps its own"
_NOT_RUN = "validators are not run"
_KNOWN = (
    TABLES.bounds
    | TABLES.unchecked
    | TABLES.renaming
    | TABLES.without_effect
    | {"description", "default", "default_factory", "item_type"}
)


@dataclass(frozen=True, slots=True)
class Arguments:
    """What is said of a field; ``optional``: it has a default, and so need not be stated."""

    description: str = ""
    bounds: Mapping[str, float] = field(default_factory=dict)
    optional: bool = False
    notes: tuple[str, ...] = ()

    def over(self, later: Arguments) -> Arguments:
        """Both, where what is said ``later`` counts for more."""
        return Arguments(
            later.description or self.description,
            {**self.bounds, **later.bounds},
            self.optional or later.optional,
            tuple(dict.fromkeys((*self.notes, *later.notes))),
        )


def argument_list(call: ast.Call, scope: Scope, constants: Constants, place: str) -> Arguments:
    """What ``call`` says of the field at ``place``: a call of Field, of ``conint`` and the like,
    or one inside ``Annotated``.

    Raises ``UsageError`` for an argument that is misspelt, or has to be run to be known.
    """
    names = [each.name for each in scope.resolve(call.func) if isinstance(each, Imported)]
    is_field = not FIELD_CALLS.isdisjoint(names)
    ordered = next((TABLES.annotated[each] for each in names if each in TABLES.annotated), None)
    makes_type = any(each in TABLES.constrained for each in names)
    if not is_field and ordered is None and not makes_type:
        # A validator or a doc, which pydantic takes in Annotated as well.
        return Arguments(notes=(f"{_NOT_RUN} ({ast.unparse(call.func)[:40]})",))
    given = dict(zip(ordered or (), call.args, strict=False))
    said = default(call.args[0], scope) if is_field and call.args else Arguments()
    for keyword in call.keywords:
        if keyword.arg is None:
            raise fault(scope.path, call, f"{place}: arguments behind ** are not understood")
        given[keyword.arg] = keyword.value
    for name, value in given.items():
        said = said.over(_argument(name, value, scope, constants, place))
    return said


def default(value: ast.expr, scope: Scope) -> Arguments:
    """What the default ``value`` says; ``...`` is none. Null and empty lists need no note."""
    match value:
        case ast.Constant(value=value_) if value_ is ...:
            return Arguments()
        case ast.Constant(value=None | "") | ast.List(elts=[]) | ast.Tuple(elts=[]):
            return Arguments(optional=True)
        case ast.Dict(keys=[]):
            return Arguments(optional=True)
        case ast.Name() | ast.Attribute():
            found = scope.resolve(value)
            if found and found[0] in (Imported("builtins.list"), Imported("builtins.dict")):
                return Arguments(optional=True)
    return Arguments(optional=True, notes=(_DEFAULT,))


def _argument(
    name: str, value: ast.expr, scope: Scope, constants: Constants, place: str
) -> Arguments:
    if name in ("default", "default_factory"):
        return default(value, scope)
    if name == "description":
        return Arguments(description=_text(value, scope, constants, place))
    if name in TABLES.bounds:
        bound = constants.read(value, scope)
        if bound is None:
            return Arguments()
        if isinstance(bound, bool) or not isinstance(bound, int | float):
            raise fault(scope.path, value, f"{place}: {name} is no number")
        return Arguments(bounds={name: bound})
    if name in TABLES.unchecked:
        return Arguments(notes=(f"{UNCHECKED} ({name})",))
    if name in TABLES.renaming:
        return Arguments(notes=(_RENAMED,))
    if name in _KNOWN:
        return Arguments()
    if meant := closest(name, _KNOWN):
        told = f"{place}: Field has no argument {name!r}"
        raise fault(scope.path, value, told, f"did you mean {meant}?")
    return Arguments(notes=(f"an argument of Field that is not known is left out ({name})",))


def _text(value: ast.expr, scope: Scope, constants: Constants, place: str) -> str:
    text: Any = constants.read(value, scope)
    if text is None:
        return ""
    if not isinstance(text, str):
        raise fault(scope.path, value, f"{place}: its description is no text")
    return text.strip()
