"""Labels: the words that announce an identifier (患者ID, 生年月日, TEL, ...), found in one pass."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from sekisho.phi.detectors.rules.classes import HYPHENS, compiled

__all__ = ["Label", "data", "labels"]

#: What may stand between a label and its value: brackets, quotes, markup, a particle, a remark in
#: brackets such as （自宅）, 番号 or No., one line end. Bounded, so that a run of it costs nothing.
_GLUE = (
    "[ \"'*]{0,4}"
    "(?:[(\\[][^()\\[\\]\n0-9]{1,12}[)\\]])?"
    "(?: ?(?:番号|コード|No|NO|no|№|Nr|nr)[.:]?)?"
    f"(?:[ :;=\\])」』】〉》>\"'*|・、,.#/はが{HYPHENS}]|は、){{0,12}}"
    "(?:\n {0,8}[:=]? {0,2})?"
    "(?:[(\\[「『【][ ]?)?"
)


@dataclass(frozen=True, slots=True)
class Label:
    """A label in a text: ``start`` and ``stop`` of the word, ``value`` where its value begins."""

    kind: str
    start: int
    stop: int
    value: int


@cache
def data(name: str) -> dict[str, Any]:
    """The data file ``name`` of this package, read once."""
    source = files(__package__).joinpath("data", f"{name}.toml")
    return tomllib.loads(source.read_text(encoding="utf-8"))


@cache
def _kinds() -> dict[str, str]:
    return {_key(word): kind for kind, words in data("labels").items() for word in words}


def _key(word: str) -> str:
    return word.replace(" ", "").replace("\n", "").lower()


def labels(text: str) -> tuple[Label, ...]:
    """All labels of folded ``text`` from left to right; none overlaps another."""
    kinds = _kinds()
    glue = compiled(_GLUE)
    found = []
    for match in compiled(_pattern()).finditer(text):
        kind = kinds[_key(match.group())]
        start, stop = match.span()
        joint = glue.match(text, stop)
        value = joint.end() if joint else stop
        if value == stop and compiled("[A-Za-z]{2}").match(text, stop - 1):
            continue  # IDH1, Birthplace: the label goes on as another word
        found.append(Label(kind, start, stop, value))
    return tuple(found)


_Node = dict[str, "_Node"]


@cache
def _pattern() -> str:
    """A trie of all labels. It begins with literals only, so the scan for its start is quick."""
    root: _Node = {}
    for word in _kinds():
        node = root
        for character in word:
            node = node.setdefault(character, {})
        node[""] = {}
    branches = []
    for first, child in sorted(root.items()):
        rest = _branch(child, spaced=not first.isascii())
        if _is_latin(first):
            # The guard stands behind the literal: before it, it would be tried at every character.
            for letter in (first, first.upper()):
                branches.append(f"{letter}(?<![A-Za-z]{letter}){rest}")
        else:
            branches.append(first + rest)
    return "|".join(branches)


def _branch(node: _Node, *, spaced: bool) -> str:
    gap = " {0,2}" if spaced else " ?"
    options = [
        gap + _sign(sign) + _branch(child, spaced=spaced and not sign.isascii())
        for sign, child in sorted(node.items())
        if sign
    ]
    if not options:
        return ""
    body = f"(?:{'|'.join(options)})"
    return f"{body}?" if "" in node else body


def _is_latin(sign: str) -> bool:
    return sign.isascii() and sign.isalpha()


def _sign(sign: str) -> str:
    if _is_latin(sign):
        return f"[{sign}{sign.upper()}]"
    return f"\\{sign}" if sign in ".-/'・" and sign.isascii() else sign
