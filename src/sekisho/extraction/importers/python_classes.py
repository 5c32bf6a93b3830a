"""The Pydantic classes of a Python file, read as syntax and never executed or imported.

Fields are gathered as pydantic gathers them: those of base classes first, each at the place where
it was first declared. What would have to run (validators, methods, computed fields) is left out
with a note; whatever cannot be understood is an error with its line.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sekisho.errors import UsageError
from sekisho.extraction.importers.python_annotations import Annotations, Meant, Place
from sekisho.extraction.importers.python_arguments import (
    FIELD_CALLS,
    Arguments,
    argument_list,
    default,
)
from sekisho.extraction.importers.python_constants import Constants, docstring
from sekisho.extraction.importers.python_lineage import ancestors, bases, decorators, lineage
from sekisho.extraction.importers.python_scope import Class, Imported, Scope, Unknown, Value
from sekisho.extraction.importers.python_source import fault, parse
from sekisho.extraction.importers.python_tables import TABLES
from sekisho.extraction.importers.specs import Notes, Spec, choice, closest, sized

__all__ = ["Classes", "read"]

_CODE = "other code is not run"
_METHODS = "methods and validators are not run"
_SETTINGS = {"model_config", "Config"}


@dataclass(frozen=True, slots=True)
class Classes:
    """What a class of a file means: its fields as of a task file, and what its docstring says."""

    fields: Mapping[str, Spec]
    description: str
    notes: tuple[str, ...]


def read(path: Path, *, name: str = "OutputParser") -> Classes:
    """The class ``name`` of the Python file at ``path``, with all that it consists of.

    Raises ``UsageError``, with the line, when the file or the class cannot be understood.
    """
    try:
        return _Reader(parse(path)).read(name)
    except RecursionError:
        raise UsageError("is nested too deep", where=str(path)) from None


@dataclass(frozen=True, slots=True)
class _Declared:
    """A field as a class declares it."""

    name: str
    statement: ast.AnnAssign
    owner: Class
    docstring: str = ""


class _Reader:
    def __init__(self, scope: Scope) -> None:
        self._scope, self._path = scope, scope.path
        self._notes, self._constants = Notes(), Constants()
        self._annotations = Annotations(self._constants, self._notes, self._nested)
        self._declared: dict[ast.ClassDef, dict[str, _Declared]] = {}

    def read(self, name: str) -> Classes:
        found = self._root(name)
        if not self._is_model(found) or Imported("pydantic.BaseModel") not in ancestors(found):
            raise fault(self._path, found.node, f"{name} is no subclass of BaseModel")
        fields = self._fields(found, Place(""))
        for statement in self._scope.left_out:
            if not _is_rebuild(statement):
                self._notes.add(_CODE, f"line {statement.lineno}")
        described = ast.get_docstring(found.node) or ""
        return Classes(fields, described, self._notes.told())

    def _root(self, name: str) -> Class:
        found = next(iter(self._scope.follow(ast.Name(name))), None)
        if isinstance(found, Class):
            return found
        if isinstance(found, Unknown):
            raise UsageError(f"{name} {found.why}", where=str(self._path))
        close = closest(name, self._scope.classes)
        raise UsageError(
            f"has no class {name}",
            where=str(self._path),
            remedy=f"did you call it {close}?" if close else f"call the class {name}",
        )

    def _nested(self, found: Class, used: ast.expr, place: Place) -> Spec:
        """The field for a class that an annotation names."""
        described = ast.get_docstring(found.node)
        told = {"description": described} if described else {}
        kinds = {each.name for each in ancestors(found) if isinstance(each, Imported)}
        if kinds & TABLES.enum_bases:
            members = self._constants.members(found)
            spec, _ = choice((each.value, each.description) for each in members)
            if spec is None:
                raise fault(self._path, found.node, "an enum without values")
            return {**spec, **told}
        if not self._is_model(found):
            raise fault(self._path, used, f"{found.node.name} is no class of fields")
        if found.node in place.within:
            raise fault(
                self._path,
                used,
                f"{found.node.name} refers to itself",
                remedy="a task has no types of endless depth: write out the levels",
            )
        return {"type": "object", "fields": self._fields(found, place), **told}

    def _is_model(self, found: Class) -> bool:
        kinds = {each.name for each in ancestors(found) if isinstance(each, Imported)}
        marks = {each.name for each in decorators(found) if isinstance(each, Imported)}
        return bool(kinds & TABLES.fields_bases or marks & TABLES.fields_decorators)

    def _fields(self, found: Class, place: Place) -> dict[str, Spec]:
        fields = {}
        for name, declared in self._gathered(found).items():
            fields[name] = self._field(declared, place.field(name, found.node))
        if not fields:
            raise fault(self._path, found.node, f"{found.node.name} has no fields")
        return fields

    def _field(self, declared: _Declared, place: Place) -> Spec:
        scope = declared.owner.inner
        meant = self._annotations.read(declared.statement.annotation, scope, place)
        if meant.spec is None:
            raise fault(self._path, declared.statement, f"{place.path} can only be null")
        said = Arguments(description=declared.docstring)
        if declared.statement.value is not None:
            said = said.over(self._assigned(declared.statement.value, scope, place))
        said = meant.said.over(said)
        spec = self._annotations.described(Meant(meant.spec), said, place)
        optional = meant.optional or said.optional or self._partial(declared.owner)
        # An empty list is an answer there, and not mentioned here.
        return {**sized(spec, self._notes), "required": not optional and spec["type"] != "list"}

    def _assigned(self, value: ast.expr, scope: Scope, place: Place) -> Arguments:
        """What the right-hand side says: a default, or a call of Field."""
        named, its = scope.behind(value)
        if not isinstance(named, ast.Call):
            return default(value, scope)
        candidates = its.follow(named.func)
        if any(isinstance(each, Imported) and each.name in FIELD_CALLS for each in candidates):
            return argument_list(named, its, self._constants, place.path)
        if not candidates or isinstance(candidates[0], Unknown):
            raise fault(self._path, value, f"{place.path}: what it is set to would have to be run")
        return default(value, scope)

    def _partial(self, owner: Class) -> bool:
        return any(
            each.arg == "total"
            and isinstance(each.value, ast.Constant)
            and each.value.value is False
            for each in owner.node.keywords
        )

    def _gathered(self, found: Class) -> dict[str, _Declared]:
        """All fields of ``found``, those of its bases first."""
        if found.node not in self._declared:
            gathered: dict[str, _Declared] = {}
            for each in reversed(lineage(found)):
                self._check(each)
                for declared in self._own(each, set(gathered)):
                    gathered[declared.name] = declared
            self._declared[found.node] = gathered
        return self._declared[found.node]

    def _check(self, found: Class) -> None:
        """Refuse what pydantic would get from elsewhere, note what it would run."""
        for base, node in zip(bases(found), found.node.bases, strict=True):
            known = TABLES.fields_bases | TABLES.plain_bases
            if isinstance(base, Imported) and base.name not in known:
                shown = base.name.removeprefix("builtins.")
                raise fault(self._path, node, f"its base class {shown} is not understood")
            if isinstance(base, Unknown | Value):
                raise fault(self._path, node, "its base class is not understood")
        harmless = TABLES.transparent_decorators | TABLES.fields_decorators
        for decorator in decorators(found):
            if not isinstance(decorator, Imported) or decorator.name not in harmless:
                self._notes.add("decorators of classes are not run", found.node.name)
        if any(each.arg == "metaclass" for each in found.node.keywords):
            self._notes.add("a metaclass is not run", found.node.name)

    def _own(self, owner: Class, inherited: set[str]) -> Iterator[_Declared]:
        """The fields that the body of ``owner`` declares."""
        body = owner.node.body
        for at, statement in enumerate(body):
            match statement:
                case ast.AnnAssign(target=ast.Name(id=name)):
                    if not self._is_aside(name, statement, owner):
                        told = docstring(body[at + 1]) if at + 1 < len(body) else ""
                        yield _Declared(name, statement, owner, told)
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                    self._notes.add(_METHODS, f"{owner.node.name}.{name}")
                case ast.Assign(targets=targets, value=value):
                    self._plain_assignment(statement, targets, value, owner, inherited)
                case ast.ClassDef() | ast.Pass() | ast.Expr(value=ast.Constant()):
                    continue
                case ast.Expr():
                    self._notes.add(_CODE, f"line {statement.lineno}")
                case _:
                    what = f"this part of the class {owner.node.name} is not understood"
                    raise fault(self._path, statement, what)

    def _is_aside(self, name: str, statement: ast.AnnAssign, owner: Class) -> bool:
        """Whether a declared name is no field: private, a setting, or a variable of the class."""
        if name.startswith("_") or name in _SETTINGS:
            return True
        annotation = statement.annotation
        if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
            return annotation.value.strip().startswith(("ClassVar", "typing.ClassVar"))
        if isinstance(annotation, ast.Subscript):
            annotation = annotation.value
        return Imported("typing.ClassVar") in owner.inner.resolve(annotation)

    def _plain_assignment(
        self,
        statement: ast.Assign,
        targets: list[ast.expr],
        value: ast.expr,
        owner: Class,
        inherited: set[str],
    ) -> None:
        for target in targets:
            name = target.id if isinstance(target, ast.Name) else ""
            if name.startswith("_") or name in _SETTINGS:
                continue
            if isinstance(value, ast.Call | ast.Lambda) and name and name not in inherited:
                self._notes.add(_METHODS, f"{owner.node.name}.{name}")
                continue
            raise fault(
                self._path,
                statement,
                f"{owner.node.name}.{name or 'something'} has no type",
                remedy=f"write {name or 'name'}: type = ...",
            )


def _is_rebuild(statement: ast.stmt) -> bool:
    """Whether it only completes a class whose annotations are texts, as is done here anyway."""
    match statement:
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr=called))):
            return called in ("model_rebuild", "update_forward_refs")
    return False
