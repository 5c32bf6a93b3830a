"""What a class of a Python file is derived from, and what decorates it."""

from __future__ import annotations

import ast

from sekisho.extraction.importers.python_scope import Bound, Class, Imported, Unknown
from sekisho.extraction.importers.python_source import fault
from sekisho.extraction.importers.python_tables import TABLES

__all__ = ["ancestors", "bases", "decorators", "lineage"]

#: More would be no schema but an attack.
_MOST = 50
_KNOWN = TABLES.fields_bases | TABLES.plain_bases | TABLES.enum_bases | set(TABLES.enum_values)


def bases(found: Class) -> tuple[Bound, ...]:
    """What ``found`` is derived from; raises ``UsageError`` for what is no name."""
    resolved: list[Bound] = []
    for base in found.node.bases:
        candidates = found.scope.follow(base)
        if not candidates:
            raise fault(found.scope.path, base, "its base class is not understood")
        known = [each for each in candidates if isinstance(each, Imported) and each.name in _KNOWN]
        resolved.append(known[0] if known else candidates[0])
    return tuple(resolved)


def ancestors(found: Class) -> tuple[Bound, ...]:
    """All that ``found`` is derived from, each once; raises ``UsageError`` as ``bases``."""
    every: list[Bound] = []
    left = [found]
    while left:
        for base in bases(left.pop()):
            if base not in every:
                every.append(base)
                left += [base] if isinstance(base, Class) else []
            if len(every) > _MOST:
                raise fault(found.scope.path, found.node, "is derived from too many classes")
    return tuple(every)


def lineage(found: Class) -> list[Class]:
    """``found`` and its bases in this file, in the order in which Python looks for attributes.

    That is the C3 linearisation. Raises ``UsageError`` when there is none.
    """
    ancestors(found)
    return _merged(found, (), {})


def _merged(
    found: Class, below: tuple[ast.ClassDef, ...], made: dict[ast.ClassDef, list[Class]]
) -> list[Class]:
    if found.node in below:
        raise fault(found.scope.path, found.node, f"{found.node.name} is derived from itself")
    if found.node in made:
        return made[found.node]
    parents = [each for each in bases(found) if isinstance(each, Class)]
    orders = [_merged(each, (*below, found.node), made) for each in parents] + [parents]
    merged = [found]
    while orders := [order for order in orders if order]:
        heads = (order[0] for order in orders)
        head = next(
            (each for each in heads if not any(each in other[1:] for other in orders)), None
        )
        if head is None:
            raise fault(found.scope.path, found.node, "its base classes contradict each other")
        merged.append(head)
        orders = [[each for each in order if each != head] for order in orders]
    made[found.node] = merged
    return merged


def decorators(found: Class) -> tuple[Bound, ...]:
    """What decorates ``found``."""
    every: list[Bound] = []
    for decorator in found.node.decorator_list:
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        every.append(next(iter(found.scope.follow(called)), Unknown("is not run")))
    return tuple(every)
