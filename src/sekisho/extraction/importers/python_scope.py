"""What each name in a Python file stands for, seen without running any of it.

A name that is bound twice, or changed by code that would have to run, stands for nothing: whoever
needs it gets an error, since the program that runs the file could see something else.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

__all__ = ["Bound", "Class", "Imported", "Scope", "Unknown", "Value"]


@dataclass(frozen=True, slots=True)
class Imported:
    """Something of another module, by its full name."""

    name: str


@dataclass(frozen=True, slots=True)
class Class:
    """A class of the file, and the scope in which it stands."""

    node: ast.ClassDef
    scope: Scope = field(repr=False, compare=False)

    @property
    def inner(self) -> Scope:
        """The names of its own body, then those of the file."""
        return self.scope.inner(self.node)


@dataclass(frozen=True, slots=True)
class Value:
    """An expression that a name was given, and the scope in which it stands."""

    node: ast.expr
    scope: Scope = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Unknown:
    """A name of which it is not known what it stands for, and why."""

    why: str


Bound: TypeAlias = Imported | Class | Value | Unknown

#: Names for a name for a name.
_LONGEST_WAY = 8
_BOUND_ELSEWHERE = Unknown("is bound by code that is not run")


class Scope:
    """The names of a body of statements, over those of the module that it stands in.

    ``left_out`` are the statements that would have to run to have an effect.
    """

    def __init__(self, path: Path, module: Scope | None, body: Sequence[ast.stmt]) -> None:
        self.path = path
        self.module = module or self
        self.left_out: list[ast.stmt] = []
        self._names: dict[str, Bound] = {}
        self._stars: list[str] = []
        self._inner: dict[ast.ClassDef, Scope] = {}
        self._touched: set[str] = set()
        for statement in body:
            self._learn(statement)
        for name in self._touched:
            if isinstance(self._names.get(name), Value):
                self._names[name] = Unknown("is changed by code that is not run")

    def inner(self, node: ast.ClassDef) -> Scope:
        """The scope of the class ``node``, which stands in this one."""
        if node not in self._inner:
            self._inner[node] = Scope(self.path, self.module, node.body)
        return self._inner[node]

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of its classes."""
        return tuple(name for name, bound in self._names.items() if isinstance(bound, Class))

    def own(self, name: str) -> tuple[Bound, ...]:
        """What ``name`` stands for in this body alone."""
        return (self._names[name],) if name in self._names else ()

    def find(self, name: str) -> tuple[Bound, ...]:
        """What ``name`` may stand for, best first; several only where a module gave all its names.

        Builtins come last, whether there are such or not.
        """
        if name in self._names or self.module is not self:
            return self.own(name) or self.module.find(name)
        stars = tuple(Imported(canonical(f"{module}.{name}")) for module in self._stars)
        return (*stars, Imported(f"builtins.{name}"))

    def resolve(self, expression: ast.expr) -> tuple[Bound, ...]:
        """What a name, or a name with dots, may stand for; nothing for any other expression."""
        dotted: list[str] = []
        while isinstance(expression, ast.Attribute):
            dotted.append(expression.attr)
            expression = expression.value
        if not isinstance(expression, ast.Name):
            return ()
        found = self.find(expression.id)
        for part in reversed(dotted):
            found = tuple(each for one in found for each in _part(one, part))
        return found

    def follow(self, expression: ast.expr) -> tuple[Bound, ...]:
        """As ``resolve``, also through other names that the file gives to a name."""
        expression, scope = self.behind(expression)
        found = scope.resolve(expression)
        return () if found and isinstance(found[0], Value) else found

    def behind(self, expression: ast.expr) -> tuple[ast.expr, Scope]:
        """What a name was given, with the scope in which that stands; else ``expression``."""
        scope = self
        for _ in range(_LONGEST_WAY):
            found = scope.resolve(expression)
            if not found or not isinstance(found[0], Value):
                break
            expression, scope = found[0].node, found[0].scope
        return expression, scope

    def _learn(self, statement: ast.stmt) -> None:
        match statement:
            case ast.Import(names=names):
                for alias in names:
                    whole = alias.name if alias.asname else alias.name.partition(".")[0]
                    self._bind(alias.asname or whole, Imported(canonical(whole)))
            case ast.ImportFrom(module=module, names=names, level=level):
                for alias in names:
                    self._from(module or "", alias, level)
            case ast.ClassDef(name=name):
                self._bind(name, Class(statement, self))
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                self._bind(name, Unknown("is a function, which is not run"))
                for node in ast.walk(statement):
                    if isinstance(node, ast.Global):
                        self._names.update(dict.fromkeys(node.names, _BOUND_ELSEWHERE))
            case ast.AnnAssign(target=ast.Name(id=name), value=value):
                # In a class it is a field, which is no name for others.
                if value is not None and self.module is self:
                    self._bind(name, Value(value, self))
            case ast.If():
                self._choose(statement)
            case ast.Try():
                for each in (*statement.body, *statement.orelse, *statement.finalbody):
                    self._learn(each)
                for handler in statement.handlers:
                    self._instead(handler.body)
            case ast.Expr(value=ast.Constant()) | ast.Pass():
                return
            case _ if (named := _assigned(statement)) is not None:
                for name in named[0]:
                    self._bind(name, Value(named[1], self))
            case _:
                self._leave(statement)

    def _choose(self, statement: ast.If) -> None:
        """One branch where it is known which one runs, else both."""
        holds = _holds(statement.test)
        for each in () if holds is False else statement.body:
            self._learn(each)
        for each in () if holds is True else statement.orelse:
            self._learn(each)

    def _instead(self, body: Sequence[ast.stmt]) -> None:
        """What counts only for the names that nothing else binds, as after a failed import."""
        spare = Scope(self.path, self.module, body)
        self.left_out += spare.left_out
        for name, bound in spare._names.items():
            self._names.setdefault(name, bound)

    def _from(self, module: str, alias: ast.alias, level: int) -> None:
        if alias.name == "*":
            self._stars.append(module)
        elif level:
            why = "comes from another file, which is not read"
            self._bind(alias.asname or alias.name, Unknown(why))
        else:
            full = canonical(f"{module}.{alias.name}")
            self._bind(alias.asname or alias.name, Imported(full))

    def _bind(self, name: str, bound: Bound) -> None:
        if self._names.setdefault(name, bound) != bound:
            self._names[name] = Unknown("is bound more than once")

    def _leave(self, statement: ast.stmt) -> None:
        """Code that is not run; what it may have bound or changed is unknown from here on."""
        self.left_out.append(statement)
        for node in ast.walk(statement):
            match node:
                case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                    self._names[name] = _BOUND_ELSEWHERE
                case ast.ClassDef(name=name) | ast.FunctionDef(name=name):
                    self._names[name] = _BOUND_ELSEWHERE
                case ast.alias(name=name, asname=shown):
                    self._names[shown or name.partition(".")[0]] = _BOUND_ELSEWHERE
                case (
                    ast.Attribute(ctx=ast.Store() | ast.Del())
                    | ast.Subscript(ctx=ast.Store() | ast.Del())
                ):
                    self._touch(node)
                case ast.Call(func=ast.Attribute() as method):
                    self._touch(method)

    def _touch(self, changed: ast.expr) -> None:
        while isinstance(changed, ast.Attribute | ast.Subscript):
            changed = changed.value
        if isinstance(changed, ast.Name):
            self._touched.add(changed.id)


def canonical(name: str) -> str:
    """The one full name of what stands under several, as in ``pydantic.fields.Field``."""
    first, _, rest = name.partition(".")
    last = rest.rpartition(".")[2]
    if first == "typing_extensions":
        return f"typing.{rest}" if rest else "typing"
    if name.startswith("collections.abc."):
        return f"typing.{last}"
    return f"pydantic.{last}" if first == "pydantic" and rest else name


def _part(found: Bound, name: str) -> Iterator[Bound]:
    match found:
        case Imported(name=full):
            yield Imported(canonical(f"{full}.{name}"))
        case Class():
            yield from found.inner.own(name)
        case Unknown():
            yield found


def _assigned(statement: ast.stmt) -> tuple[list[str], ast.expr] | None:
    """The names that an assignment or a ``type`` statement gives to one expression."""
    if isinstance(statement, ast.Assign):
        names = [each.id for each in statement.targets if isinstance(each, ast.Name)]
        return (names, statement.value) if len(names) == len(statement.targets) else None
    # Only Python 3.12 and later have it.
    if type(statement).__name__ == "TypeAlias" and not getattr(statement, "type_params", ()):
        name, value = getattr(statement, "name", None), getattr(statement, "value", None)
        if isinstance(name, ast.Name) and isinstance(value, ast.expr):
            return [name.id], value
    return None


def _holds(test: ast.expr) -> bool | None:
    """Whether the test of an ``if`` holds for a parser in the newest Python, where it is known."""
    if not isinstance(test, ast.Compare) or len(test.ops) != 1:
        return None
    sides = {ast.unparse(test.left), ast.unparse(test.comparators[0])}
    if "__name__" in sides and isinstance(test.ops[0], ast.Eq):
        return False
    if ast.unparse(test.left) == "sys.version_info":
        return True if isinstance(test.ops[0], ast.GtE | ast.Gt) else None
    return None
