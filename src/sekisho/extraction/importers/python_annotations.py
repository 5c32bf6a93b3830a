"""The annotation of a Pydantic field, read as the field of a task that means the same."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from sekisho.errors import UsageError
from sekisho.extraction.importers.python_arguments import Arguments, argument_list
from sekisho.extraction.importers.python_constants import Constants
from sekisho.extraction.importers.python_generics import (
    LITERAL,
    arguments_of,
    choices,
    full_name,
)
from sekisho.extraction.importers.python_scope import (
    Bound,
    Class,
    Imported,
    Scope,
    Unknown,
    Value,
)
from sekisho.extraction.importers.python_source import fault, tree
from sekisho.extraction.importers.python_tables import TABLES
from sekisho.extraction.importers.specs import (
    Limits,
    Notes,
    Spec,
    bounded,
    choice,
    listed,
    mapped,
    united,
)

__all__ = ["Annotations", "Meant", "Place"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a type is used: a path of field names, and the classes on the way there."""

    path: str
    within: tuple[ast.ClassDef, ...] = ()
    depth: int = 0

    def item(self) -> Place:
        """The place of a list's items."""
        return replace(self, path=f"{self.path}[]", depth=self.depth + 1)

    def deeper(self) -> Place:
        """The same place, further inside its type."""
        return replace(self, depth=self.depth + 1)

    def field(self, name: str, owner: ast.ClassDef) -> Place:
        """The place of a field of the class ``owner``."""
        path = f"{self.path}.{name}" if self.path else name
        return Place(path, (*self.within, owner), self.depth + 1)


@dataclass(frozen=True, slots=True)
class Meant:
    """What an annotation means: a field, or nothing but null; and whether it may be null.

    ``said`` is what the annotation itself says of the field, as in ``Annotated``.
    """

    spec: Spec | None
    optional: bool = False
    said: Arguments = field(default_factory=Arguments)


class Annotations:
    """Reads annotations; ``fields_of`` gives the field for a class of the file."""

    def __init__(
        self,
        constants: Constants,
        notes: Notes,
        fields_of: Callable[[Class, ast.expr, Place], Spec],
    ) -> None:
        self._constants, self._notes, self._fields_of = constants, notes, fields_of
        self._limits = Limits()
        self._following: list[ast.expr] = []

    def read(self, expression: ast.expr, scope: Scope, place: Place) -> Meant:
        """What ``expression`` means. Raises ``UsageError`` with the line."""
        where = f"{scope.path}, line {expression.lineno}"
        self._limits.check(place.depth, where)
        match expression:
            case ast.Constant(value=None):
                return Meant(None, optional=True)
            case ast.Constant(value=str() as written):
                return self.read(_parsed(written, expression, scope), scope, place.deeper())
            case ast.BinOp(op=ast.BitOr()):
                return self._union(_alternatives(expression), expression, scope, place)
            case ast.Name() | ast.Attribute():
                return self._named(expression, scope, place)
            case ast.Subscript():
                return self._generic(expression, scope, place)
            case ast.Call():
                return self._constrained(expression, scope, place)
        raise fault(scope.path, expression, f"the type of {place.path} is not understood")

    def _named(self, expression: ast.expr, scope: Scope, place: Place) -> Meant:
        candidates = scope.resolve(expression)
        for found in candidates:
            match found:
                case Class():
                    return Meant(self._fields_of(found, expression, place))
                case Unknown(why=why):
                    raise fault(scope.path, expression, f"{ast.unparse(expression)} {why}")
                case Value(node=node):
                    if node in self._following:
                        raise fault(scope.path, expression, "a type that refers to itself")
                    self._following.append(node)
                    meant = self.read(node, found.scope, place.deeper())
                    self._following.pop()
                    return meant
                case Imported(name=name) if (spec := self._plain(name, place)) is not None:
                    return Meant(dict(spec))
        raise self._strange(expression, scope, place, candidates)

    def _plain(self, name: str, place: Place) -> Spec | None:
        if name in TABLES.types:
            if name in TABLES.notes:
                self._notes.add(TABLES.notes[name], place.path)
            return TABLES.types[name]
        if name in TABLES.lists | TABLES.tuples:
            return listed({"type": "any"}, self._notes)
        if name in TABLES.mappings:
            return mapped({"type": "string"}, {"type": "any"}, place.path, self._notes)
        return None

    def _generic(self, whole: ast.Subscript, scope: Scope, place: Place) -> Meant:
        name, arguments = full_name(whole.value, scope), arguments_of(whole)
        if name == LITERAL:
            return self._literal(whole, scope, place)
        if name == "typing.Annotated" and len(arguments) > 1:
            meant = self.read(arguments[0], scope, place.deeper())
            return self._annotated(meant, arguments[1:], scope, place)
        if name == "typing.Optional" and len(arguments) == 1:
            return replace(self.read(arguments[0], scope, place.deeper()), optional=True)
        if name == "typing.Union":
            return self._union(arguments, whole, scope, place)
        if name in TABLES.transparent and len(arguments) == 1:
            return self.read(arguments[0], scope, place.deeper())
        if name == "typing.NotRequired" and len(arguments) == 1:
            return replace(self.read(arguments[0], scope, place.deeper()), optional=True)
        if name in TABLES.lists and len(arguments) == 1:
            return Meant(self._list(arguments[0], scope, place))
        if name in TABLES.tuples:
            return Meant(self._tuple(arguments, whole, scope, place))
        if name in TABLES.mappings and len(arguments) == 2:
            key, value = (self._item(each, scope, place) for each in arguments)
            if key["type"] not in ("string", "integer", "number", "boolean", "enum", "date"):
                raise fault(scope.path, whole, "only plain values can be keys")
            return Meant(mapped(key, value, place.path, self._notes))
        raise self._strange(whole.value, scope, place, scope.resolve(whole.value))

    def _item(self, expression: ast.expr, scope: Scope, place: Place) -> Spec:
        meant = self.read(expression, scope, place.item())
        if meant.spec is None:
            raise fault(scope.path, expression, "a list of nothing but null")
        if meant.optional:
            self._notes.add("items that are null are left out", place.path)
        return self.described(meant, Arguments(), place.item())

    def _list(self, item: ast.expr, scope: Scope, place: Place) -> Spec:
        return listed(self._item(item, scope, place), self._notes)

    def _tuple(
        self, arguments: Sequence[ast.expr], whole: ast.expr, scope: Scope, place: Place
    ) -> Spec:
        endless = len(arguments) == 2 and _is_ellipsis(arguments[1])
        items = [self._item(each, scope, place) for each in arguments[: 1 if endless else None]]
        if endless:
            return listed(items[0], self._notes)
        if not all(item == items[0] for item in items):
            raise fault(scope.path, whole, "a tuple of several types is not understood")
        return {**listed(items[0], self._notes), "max_items": len(items)}

    def _literal(self, whole: ast.Subscript, scope: Scope, place: Place) -> Meant:
        def check() -> None:
            self._limits.check(place.depth, f"{scope.path}, line {whole.lineno}")

        try:
            spec, null = choice(choices(whole, scope, self._constants, check))
        except TypeError:
            raise fault(scope.path, whole, "only plain values can be chosen from") from None
        return Meant(spec, optional=null)

    def _union(
        self, arguments: Sequence[ast.expr], whole: ast.expr, scope: Scope, place: Place
    ) -> Meant:
        every = [self.read(each, scope, place.deeper()) for each in arguments]
        specs = [
            self.described(each, Arguments(), place) for each in every if each.spec is not None
        ]
        optional = any(each.optional for each in every)
        if len(specs) == 1:
            alone = next(each for each in every if each.spec is not None)
            return replace(alone, optional=optional)
        spec = united(specs, place.path, self._notes) if specs else None
        if specs and spec is None:
            raise fault(
                scope.path, whole, f"{place.path} may be of several types, which no task can say"
            )
        return Meant(spec, optional)

    def _annotated(
        self, meant: Meant, metadata: Sequence[ast.expr], scope: Scope, place: Place
    ) -> Meant:
        said = meant.said
        for each in metadata:
            named, its = scope.behind(each)
            if isinstance(named, ast.Call):
                said = said.over(argument_list(named, its, self._constants, place.path))
            elif not isinstance(named, ast.Constant):
                self._notes.add("what stands beside the type is left out", place.path)
        return replace(meant, said=said)

    def _constrained(self, call: ast.Call, scope: Scope, place: Place) -> Meant:
        """A type that a function of pydantic makes, as in ``conint(ge=0)``."""
        names = [each.name for each in scope.resolve(call.func) if isinstance(each, Imported)]
        base = next(
            (TABLES.constrained[each] for each in names if each in TABLES.constrained), None
        )
        if base is None:
            raise fault(scope.path, call, f"the type of {place.path} is a call that is not run")
        if base in TABLES.lists:
            items = [*call.args, *(one.value for one in call.keywords if one.arg == "item_type")]
            if len(items) != 1:
                raise fault(scope.path, call, "a list needs the type of its items")
            spec = self._list(items[0], scope, place)
        else:
            spec = dict(TABLES.types[base])
        said = argument_list(call, scope, self._constants, place.path)
        return Meant(self.described(Meant(spec, said=said), Arguments(), place))

    def described(self, meant: Meant, said: Arguments, place: Place) -> Spec:
        """The field that ``meant`` and what else is ``said`` of it make."""
        if meant.spec is None:
            raise ValueError("null alone is no field")
        said = meant.said.over(said)
        for note in said.notes:
            self._notes.add(note, place.path)
        spec = bounded(meant.spec, said.bounds, place.path, self._notes)
        return {**spec, "description": said.description} if said.description else spec

    def _strange(
        self, expression: ast.expr, scope: Scope, place: Place, found: Sequence[Bound]
    ) -> UsageError:
        shown = ast.unparse(expression)
        if len(shown) > 60:
            shown = "its type"
        if found and isinstance(found[0], Imported) and found[0].name != f"builtins.{shown}":
            return fault(scope.path, expression, f"{place.path}: {shown} is not understood here")
        if found and isinstance(found[0], Unknown):
            return fault(scope.path, expression, f"{place.path}: {shown} {found[0].why}")
        return fault(
            scope.path,
            expression,
            f"{place.path}: {shown} is no type of this file",
            remedy="is an import missing?",
        )


def _alternatives(expression: ast.expr) -> list[ast.expr]:
    """The parts of ``a | b | c``, which stands in the tree as one in another."""
    parts: list[ast.expr] = []
    while isinstance(expression, ast.BinOp) and isinstance(expression.op, ast.BitOr):
        parts.append(expression.right)
        expression = expression.left
    return [expression, *reversed(parts)]


def _parsed(written: str, at: ast.expr, scope: Scope) -> ast.expr:
    """The expression inside an annotation that is a text, with the line on which it stands."""
    body = tree(f"({written}\n)", scope.path).body if written.strip() else []
    if len(body) != 1 or not isinstance(body[0], ast.Expr):
        raise fault(scope.path, at, "an annotation that is no type")
    for node in ast.walk(body[0].value):
        if isinstance(node, ast.expr):
            node.lineno = at.lineno
    return body[0].value


def _is_ellipsis(expression: ast.expr) -> bool:
    return isinstance(expression, ast.Constant) and expression.value is ...
