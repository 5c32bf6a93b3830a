"""The syntax of cross-field rules: a text becomes a small tree, or an error that says where.

::

    implication  condition [implies implication]
    condition    conjunction {or conjunction}
    conjunction  negation {and negation}
    negation     not negation | comparison
    comparison   sum {(< <= > >= == !=) sum} [[not] in [sum, ...]]
    sum          product {(+ -) product}
    product      sign {(* /) sign}
    sign         - sign | atom
    atom         number | "text" | true | false | found(field) | count(field) | field | (...)
    field        name {.name}, a name that is no word being written as field("chest size")

It is read by this parser alone and is never run. Length and depth are bounded, so that every text
is read in little time and little stack.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NoReturn

from sekisho.errors import UsageError
from sekisho.extraction.tasks.rule_tokens import ESCAPE, KEYWORDS, TRUTH, Token, tokens, wrong
from sekisho.extraction.tasks.rule_tree import (
    All,
    Arithmetic,
    Comparison,
    Constant,
    Count,
    Either,
    Found,
    Implies,
    Name,
    Negative,
    Node,
    Not,
    OneOf,
)

__all__ = ["DEEPEST", "LONGEST", "tree"]

#: Characters of a rule, and parentheses (``not``, ``-``, ``implies``) in each other, at most.
LONGEST = 500
DEEPEST = 20

_ORDERS = {
    **{sign: sign for sign in ("<", "<=", ">", ">=", "==", "!=")},
    "≤": "<=",
    "≦": "<=",
    "≥": ">=",
    "≧": ">=",
    "≠": "!=",
}


def tree(text: str) -> Node:
    """The rule that ``text`` writes; raises ``UsageError`` when it is none."""
    if len(text) > LONGEST:
        raise UsageError(
            f"the rule is longer than {LONGEST} characters", remedy="make several rules of it"
        )
    return _Parser(tokens(text)).rule()


class _Parser:
    """Recursive descent; each way down that can repeat itself goes through ``_deeper``."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._position = 0
        self._depth = 0

    def rule(self) -> Node:
        node = self._implication()
        if self._now.kind != "end":
            self._unexpected()
        return node

    @property
    def _now(self) -> Token:
        return self._tokens[self._position]

    def _take(self) -> Token:
        token = self._now
        self._position += token.kind != "end"
        return token

    def _is(self, *written: str) -> bool:
        return self._now.kind in ("word", "sign") and self._now.written in written

    def _accept(self, written: str) -> bool:
        if self._is(written):
            self._take()
            return True
        return False

    def _expect(self, written: str) -> None:
        if not self._accept(written):
            self._unexpected(f"a {written} is missing")

    def _unexpected(self, message: str | None = None) -> NoReturn:
        token = self._now
        if token.kind == "end":
            wrong(message or "the rule ends too early", token.at)
        small = token.written.lower()
        remedy = f"write {small} in small letters" if small in KEYWORDS else None
        wrong(message or f"{token.written} is not expected here", token.at, remedy)

    def _deeper(self, way: Callable[[], Node]) -> Node:
        if self._depth == DEEPEST:
            wrong(
                f"the rule is nested more than {DEEPEST} deep",
                self._now.at,
                "make several rules of it",
            )
        self._depth += 1
        node = way()
        self._depth -= 1
        return node

    def _implication(self) -> Node:
        given = self._condition()
        if self._accept("implies"):
            return Implies(given, self._deeper(self._implication))
        return given

    def _condition(self) -> Node:
        parts = [self._conjunction()]
        while self._accept("or"):
            parts.append(self._conjunction())
        return Either(tuple(parts)) if len(parts) > 1 else parts[0]

    def _conjunction(self) -> Node:
        parts = [self._negation()]
        while self._accept("and"):
            parts.append(self._negation())
        return All(tuple(parts)) if len(parts) > 1 else parts[0]

    def _negation(self) -> Node:
        if self._accept("not"):
            return Not(self._deeper(self._negation))
        return self._comparison()

    def _comparison(self) -> Node:
        first = self._sum()
        rest: list[tuple[str, Node]] = []
        while self._is(*_ORDERS):
            sign = _ORDERS[self._take().written]
            rest.append((sign, self._sum()))
        if not self._is("in", "not"):
            return Comparison(first, tuple(rest)) if rest else first
        if rest:
            self._unexpected()
        negated = self._accept("not")
        self._expect("in")
        chosen = OneOf(first, self._choices())
        return Not(chosen) if negated else chosen

    def _choices(self) -> tuple[Node, ...]:
        self._expect("[")
        choices = [self._sum()]
        while self._accept(","):
            if self._is("]"):
                break
            choices.append(self._sum())
        self._expect("]")
        return tuple(choices)

    def _sum(self) -> Node:
        return self._chain(self._product, "+", "-")

    def _product(self) -> Node:
        return self._chain(self._sign, "*", "/")

    def _chain(self, part: Callable[[], Node], *signs: str) -> Node:
        first = part()
        rest: list[tuple[str, Node]] = []
        while self._is(*signs):
            rest.append((self._take().written, part()))
        return Arithmetic(first, tuple(rest)) if rest else first

    def _sign(self) -> Node:
        if self._accept("-"):
            return Negative(self._deeper(self._sign))
        return self._atom()

    def _atom(self) -> Node:
        token = self._now
        if token.kind == "number":
            return Constant(self._number())
        if token.kind == "text":
            return Constant(self._text())
        if self._accept("("):
            node = self._deeper(self._implication)
            self._expect(")")
            return node
        if token.kind == "word" and token.written in TRUTH:
            return Constant(TRUTH[self._take().written])
        if token.kind == "word" and token.written in ("found", "count") and self._called():
            self._take()
            self._take()
            name = self._name()
            self._expect(")")
            return Found(name) if token.written == "found" else Count(name)
        return self._name()

    def _called(self) -> bool:
        following = self._tokens[self._position + 1]
        return following.kind == "sign" and following.written == "("

    def _number(self) -> int | float:
        token = self._take()
        if all(character in "0123456789" for character in token.written):
            return int(token.written)
        number = float(token.written)
        if not math.isfinite(number):
            wrong("the number is too large", token.at)
        return number

    def _text(self) -> str:
        if self._now.kind != "text":
            self._unexpected("a text in quotation marks is missing")
        return ESCAPE.sub(r"\1", self._take().written[1:-1])

    def _name(self) -> Name:
        path = [self._part()]
        while self._accept("."):
            path.append(self._part())
        return Name(tuple(path))

    def _part(self) -> str:
        token = self._now
        if token.kind != "word" or token.written in KEYWORDS:
            self._unexpected()
        if self._called():
            if token.written != "field":
                wrong(
                    f"{token.written} is no function",
                    token.at,
                    "there are found(...), count(...) and field(...)",
                )
            self._take()
            self._take()
            name = self._text()
            self._expect(")")
            return name
        return self._take().written
