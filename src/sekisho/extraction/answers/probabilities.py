"""How sure an answer is of each of its values, from the log probabilities of its tokens.

A value is as probable as its tokens together. Of a closed set the other values have probabilities
too: wherever the answer could still have become another value, the server's alternatives for that
token say how likely (their mass is shared by the values that begin so). They are those of the
model under the schema or without it, as the server reports them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sekisho.models.seam import Token

__all__ = ["Place", "of_choices", "of_text", "of_texts", "places"]


#: A model that was held to a schema may have wanted to say something else altogether.
_LEAST_MASS = 0.5


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value of an answer stands, in characters of its JSON text."""

    start: int
    end: int


def places(text: str) -> Mapping[tuple[str | int, ...], Place]:
    """Where each value of the JSON ``text`` stands, by its path of keys and positions.

    Raises ``ValueError`` when ``text`` is not JSON.
    """
    found = dict(_values(text, _blank(text, 0), ()))
    return {path: place for path, place in found.items() if place is not None}


def of_text(tokens: Sequence[Token], text: str, place: Place) -> float | None:
    """The probability of ``text[place]``, 0..1; None when the tokens do not make up ``text``."""
    within = _within(tokens, text, place)
    return None if within is None else math.exp(sum(token.logprob for _, token in within))


def of_choices(
    tokens: Sequence[Token], text: str, place: Place, choices: Sequence[Any]
) -> dict[str, float] | None:
    """The probability of each of ``choices`` at ``place``, by its JSON text; see ``of_texts``."""
    return of_texts(
        tokens, text, place, [json.dumps(choice, ensure_ascii=False) for choice in choices]
    )


def of_texts(
    tokens: Sequence[Token], text: str, place: Place, written: Sequence[str]
) -> dict[str, float] | None:
    """The probability that each of ``written`` stood at ``place``; they sum to 1.

    None when the tokens do not make up ``text``, name no alternatives, or when ``written`` has so
    little of the model's mass between them that their shares would say nothing.
    """
    within = _within(tokens, text, place)
    if within is None or not any(token.alternatives for _, token in within):
        return None
    chosen = text[place.start : place.end]
    if chosen not in written:
        return None
    mass = dict.fromkeys(written, 0.0)
    alive, left = set(written), 1.0
    for at, token in within:
        # What of the token stands before the value, and what of the value before the token.
        before = text[min(at, place.start) : place.start] if at < place.start else ""
        done = text[place.start : at] if at > place.start else ""
        alive = {each for each in alive if each.startswith(done)}
        if alive <= {chosen}:
            break
        options = dict(token.alternatives)
        options[token.text] = token.logprob
        for option, logprob in options.items():
            if option == token.text or not option.startswith(before):
                continue
            tail = option[len(before) :]
            fitting = [each for each in alive if _fit(each[len(done) :], tail)]
            for each in fitting:
                mass[each] += left * math.exp(logprob) / len(fitting)
        left *= math.exp(token.logprob)
    mass[chosen] += left
    whole = sum(mass.values())
    return {each: share / whole for each, share in mass.items()} if whole >= _LEAST_MASS else None


def _fit(rest: str, tail: str) -> bool:
    """Whether ``tail`` is how ``rest`` goes on, or ``rest`` and what stands behind it."""
    return bool(tail) and (rest.startswith(tail) or tail.startswith(rest))


def _within(tokens: Sequence[Token], text: str, place: Place) -> list[tuple[int, Token]] | None:
    """The tokens that overlap ``place``, each with where it begins in ``text``."""
    whole = "".join(token.text for token in tokens)
    offset = whole.find(text)
    if offset < 0:
        return None
    at, found = -offset, []
    for token in tokens:
        end = at + len(token.text)
        if at < place.end and end > place.start:
            found.append((at, token))
        at = end
    return found or None


_DECODER = json.JSONDecoder()


def _values(
    text: str, at: int, path: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], Place]]:
    """The value that begins at ``at`` and all within it."""
    _, end = _DECODER.raw_decode(text, at)
    yield path, Place(at, end)
    if text[at] == "{":
        at = _blank(text, at + 1)
        while text[at] != "}":
            key, at = _DECODER.raw_decode(text, at)
            at = _blank(text, _blank(text, at) + 1)
            yield from _values(text, at, (*path, str(key)))
            at = _behind(text, at)
    elif text[at] == "[":
        at, index = _blank(text, at + 1), 0
        while text[at] != "]":
            yield from _values(text, at, (*path, index))
            at, index = _behind(text, at), index + 1


def _behind(text: str, at: int) -> int:
    """Where the next key or item begins, or the bracket that ends them."""
    _, end = _DECODER.raw_decode(text, at)
    end = _blank(text, end)
    return _blank(text, end + 1) if text[end] == "," else end


def _blank(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return at
