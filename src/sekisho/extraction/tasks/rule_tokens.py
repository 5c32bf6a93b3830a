"""The words, numbers, texts and signs of which a cross-field rule is written."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import NoReturn

from sekisho.errors import UsageError

__all__ = ["ESCAPE", "FUNCTIONS", "KEYWORDS", "TRUTH", "Token", "spelt", "tokens", "wrong"]

KEYWORDS = frozenset({"and", "or", "not", "in", "implies"})
FUNCTIONS = frozenset({"found", "count", "field"})
TRUTH = {"true": True, "True": True, "false": False, "False": False}
#: A character that stands for itself in a text.
ESCAPE = re.compile(r"\\(.)")

_HINTS = {
    "=": "write == to compare",
    "&": "write and",
    "|": "write or",
    "!": "write not",
    "→": "write implies",
    "“": 'write the quotation mark "',
    "”": 'write the quotation mark "',
    "「": 'write the quotation mark "',
}
_BLANK = re.compile("[ \t\r\n\u3000]*")
_NUMBER = re.compile(r"[0-9]++(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?")
_TEXT = re.compile(r'"(?:[^"\\]++|\\["\\])*+"' + r"|'(?:[^'\\]++|\\['\\])*+'")
_SIGN = re.compile(r"<=|>=|==|!=|[-<>+*/()\[\],.≤≥≠≦≧]")


@dataclass(frozen=True, slots=True)
class Token:
    """``kind`` is word, number, text, sign or end; ``at`` counts characters from 0."""

    kind: str
    written: str
    at: int


def wrong(message: str, at: int, remedy: str | None = None) -> NoReturn:
    """Raises ``UsageError`` for the character ``at`` of a rule."""
    raise UsageError(f"character {at + 1} of the rule: {message}", remedy=remedy)


def _continues(character: str) -> bool:
    """Letters, digits, the underscore, and marks that join the letter before them."""
    return (
        character == "_" or character.isalnum() or unicodedata.category(character).startswith("M")
    )


def _word_end(text: str, at: int) -> int:
    """Where the word that begins at ``at`` ends; ``at`` itself when none does."""
    if at >= len(text) or text[at].isdecimal() or not _continues(text[at]):
        return at
    while at < len(text) and _continues(text[at]):
        at += 1
    return at


def _blank_end(text: str, at: int) -> int:
    matched = _BLANK.match(text, at)
    return matched.end() if matched else at


def tokens(text: str) -> list[Token]:
    """What ``text`` is written of, with an end behind it; raises ``UsageError``."""
    found: list[Token] = []
    at = _blank_end(text, 0)
    while at < len(text):
        kind, end = _next(text, at)
        found.append(Token(kind, text[at:end], at))
        at = _blank_end(text, end)
    return [*found, Token("end", "", len(text))]


def _next(text: str, at: int) -> tuple[str, int]:
    end = _word_end(text, at)
    if end > at:
        return "word", end
    if matched := _NUMBER.match(text, at):
        return "number", _number_end(text, at, matched.end())
    for kind, pattern in (("text", _TEXT), ("sign", _SIGN)):
        if matched := pattern.match(text, at):
            return kind, matched.end()
    character = text[at]
    if character in "\"'":
        wrong("a text does not end", at, f"close it with {character}")
    half = unicodedata.normalize("NFKC", character)
    hint = _HINTS.get(character) or _HINTS.get(half)
    if hint is None and half != character:
        hint = "write it in half width"
    wrong("this character has no meaning here", at, hint)


def _number_end(text: str, at: int, end: int) -> int:
    if end < len(text) and _continues(text[end]):
        wrong("a number runs into a word", at, "leave a blank between them, and units out")
    whole = text[at:end]
    if len(whole) > 1 and whole[0] == "0" and whole[1] in "0123456789":
        wrong("a number begins with 0", at, 'a date is written as a text: "2024-05-03"')
    return end


def spelt(name: str) -> str:
    """``name`` as a rule writes it: bare, or as ``field("chest size")``."""
    words = KEYWORDS | FUNCTIONS | TRUTH.keys()
    if _word_end(name, 0) == len(name) > 0 and name not in words:
        return name
    return 'field("' + name.replace("\\", "\\\\").replace('"', '\\"') + '")'
