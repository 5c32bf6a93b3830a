"""The little language of the kind files: choices, slots and references to lists.

``[a|b]`` picks one, ``{slot 1 2}`` is filled, ``{@list 2-5 lines}`` draws entries of a list; a
backslash makes the next sign literal.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

__all__ = ["Choice", "Node", "Reference", "Slot", "TemplateError", "parse", "walk"]

_SIGNS = "[]{}|\\"
_STYLES = ("", "lines", "items")


class TemplateError(ValueError):
    """A template is not well formed; the message says where."""


@dataclass(frozen=True, slots=True)
class Slot:
    """``{name argument ...}``: filled by the function registered under ``name``."""

    name: str
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reference:
    """``{@name least-most style}``: entries of a list, joined as ``style`` says."""

    name: str
    least: int = 1
    most: int = 1
    style: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """``[a|b]``: one of the branches."""

    branches: tuple[tuple[Node, ...], ...]


Node = str | Slot | Reference | Choice


@cache
def parse(template: str) -> tuple[Node, ...]:
    """The nodes of ``template``.

    Raises ``TemplateError`` naming the offset of a bracket or brace without its partner.
    """
    nodes, position = _sequence(template, 0, inside=False)
    if position != len(template):
        raise TemplateError(f"{template[position]!r} without its partner at {position}")
    return nodes


def walk(nodes: tuple[Node, ...]) -> list[Slot | Reference]:
    """All slots and references in ``nodes``, those in choices included."""
    found: list[Slot | Reference] = []
    for node in nodes:
        if isinstance(node, Choice):
            for branch in node.branches:
                found += walk(branch)
        elif not isinstance(node, str):
            found.append(node)
    return found


def _sequence(template: str, position: int, *, inside: bool) -> tuple[tuple[Node, ...], int]:
    nodes: list[Node] = []
    literal: list[str] = []

    def close() -> None:
        if literal:
            nodes.append("".join(literal))
            literal.clear()

    while position < len(template):
        sign = template[position]
        if sign == "\\" and template[position + 1 : position + 2] in tuple(_SIGNS):
            literal.append(template[position + 1])
            position += 2
        elif sign == "{":
            close()
            end = template.find("}", position)
            if end < 0:
                raise TemplateError(f"'{{' without its partner at {position}")
            nodes.append(_braced(template[position + 1 : end]))
            position = end + 1
        elif sign == "[":
            close()
            choice, position = _choice(template, position + 1)
            nodes.append(choice)
        elif sign in "]}" or (sign == "|" and inside):
            break
        else:
            literal.append(sign)
            position += 1
    close()
    return tuple(nodes), position


def _choice(template: str, position: int) -> tuple[Choice, int]:
    opened = position - 1
    branches = []
    while True:
        nodes, position = _sequence(template, position, inside=True)
        branches.append(nodes)
        if position >= len(template) or template[position] == "}":
            raise TemplateError(f"'[' without its partner at {opened}")
        position += 1
        if template[position - 1] == "]":
            return Choice(tuple(branches)), position


def _braced(inner: str) -> Slot | Reference:
    words = inner.split()
    if not words:
        raise TemplateError("an empty slot")
    if not words[0].startswith("@"):
        return Slot(words[0], tuple(words[1:]))
    name, rest = words[0][1:], words[1:]
    style = rest.pop() if rest and rest[-1] in _STYLES else ""
    if not rest:
        return Reference(name, style=style)
    least, _, most = rest[0].partition("-")
    if len(rest) > 1 or not least.isdecimal() or (most and not most.isdecimal()):
        raise TemplateError(f"{{{inner}}}: a count is written 2 or 2-5, a style lines or items")
    return Reference(name, int(least), int(most or least), style)
