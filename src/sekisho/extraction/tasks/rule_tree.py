"""What a cross-field rule is made of, once it was read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

__all__ = [
    "All",
    "Arithmetic",
    "Comparison",
    "Constant",
    "Count",
    "Either",
    "Found",
    "Implies",
    "Name",
    "Negative",
    "Node",
    "Not",
    "OneOf",
    "names_of",
]


@dataclass(frozen=True, slots=True)
class Constant:
    """A number, a text, true or false."""

    value: bool | int | float | str


@dataclass(frozen=True, slots=True)
class Name:
    """A field of the task, or a field in an object."""

    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """Whether a field was found."""

    name: Name


@dataclass(frozen=True, slots=True)
class Count:
    """How many items a list has."""

    name: Name


@dataclass(frozen=True, slots=True)
class Not:
    """False where ``part`` is true, and true where it is false."""

    part: Node


@dataclass(frozen=True, slots=True)
class All:
    """``and``."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """``or``."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Implies:
    """False only where ``given`` is true and ``then`` false."""

    given: Node
    then: Node


@dataclass(frozen=True, slots=True)
class Comparison:
    """A chain, as in ``0 < size <= 300``."""

    first: Node
    rest: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class OneOf:
    """Whether ``part`` is one of ``choices``."""

    part: Node
    choices: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """A chain of + and -, or of * and /."""

    first: Node
    rest: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class Negative:
    """A number with the other sign."""

    part: Node


Node: TypeAlias = (
    Constant
    | Name
    | Found
    | Count
    | Not
    | All
    | Either
    | Implies
    | Comparison
    | OneOf
    | Arithmetic
    | Negative
)


def names_of(node: Node) -> Iterator[Name]:
    """The names in ``node``, from left to right, as often as they stand there."""
    match node:
        case Name():
            yield node
        case Found(name) | Count(name):
            yield name
        case Not(part) | Negative(part):
            yield from names_of(part)
        case All(parts) | Either(parts):
            for part in parts:
                yield from names_of(part)
        case Implies(given, then):
            yield from names_of(given)
            yield from names_of(then)
        case OneOf(part, choices):
            for each in (part, *choices):
                yield from names_of(each)
        case Comparison(first, rest) | Arithmetic(first, rest):
            yield from names_of(first)
            for _, part in rest:
                yield from names_of(part)
