"""What a tiny model is trained on: prompts as the chat template renders them, and their answers."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sekisho.phi.categories import Category
from training.nano.examples import Item, Passage, answer, items, respelled
from training.nano.mistakes import spoilt
from training.nano.tokens import (
    AGAIN,
    ANSWER,
    EXTRACT,
    FINDINGS,
    FIRST,
    RECALL,
    REVIEW,
    Tokens,
)

__all__ = [
    "IGNORED",
    "MARKS",
    "Encoded",
    "Exercise",
    "copying",
    "drawn",
    "encoded",
    "extraction",
    "listing",
]

#: The mark of places that are asked for none; the loss leaves them out.
IGNORED = -1
_FIRST_MARK = {str(kind): 1 + 2 * place for place, kind in enumerate(Category)}
#: Nothing, and for each category its first character and the others.
MARKS = 1 + 2 * len(_FIRST_MARK)
#: A mark is asked for this many tokens later, when what follows the character was read too.
_DELAY = 6
#: How often each kind of exercise is drawn.
_KINDS = {"extract": 72, "review": 11, "recall": 13, "again": 4}
_RESPELLED = 0.35
#: The share of respelled names whose characters may have no token of their own.
_ANY_KANJI = 0.15
_FILLER = (
    "あいうえおかがきくけこさしすせそただちつてでとなにのはひへほまみもやよらりるれろわをん、。\n"
)
_LETTERS: dict[str, Sequence[str]] = {
    "STAFF": (
        "アイウエオカキクケコサシスセソタチツテトナニノハヒフヘホマミムメモヤユヨラリルレロワン"
    ),
    "ID": "0123456789",
    "EMAIL": "abcdefghijklmnopqrstuvwxyz",
}
_SAID_BEFORE = 0.15
_PROBLEM = "phi_list.{place}.value: string_too_long"


class Exercise(NamedTuple):
    """A rendered prompt, from its first control token to ``<answer>``, and the right answer.

    The passage's text stands behind the first control token.
    """

    prompt: str
    answer: str
    passage: Passage


class Encoded(NamedTuple):
    """An exercise as ids, ``<s>`` to ``</s>``.

    ``asked`` is the place from which on the next token is asked for, ``marks`` the mark that each
    place is asked for or ``IGNORED``.
    """

    ids: NDArray[np.int32]
    asked: int
    marks: NDArray[np.int16]


def extraction(passage: Passage) -> Exercise:
    """The plain task: the text, and everything that identifies in it."""
    return Exercise(f"{EXTRACT}{passage.text}{ANSWER}", answer(items(passage)), passage)


def copying(rng: random.Random, signs: Sequence[str]) -> Exercise:
    """Characters drawn from ``signs``, to be written once more: what all copying grows from."""
    text = "".join(rng.choices(signs, k=rng.randint(8, 60)))
    return Exercise(f"{FIRST}{text}{ANSWER}", text, Passage("", text, ()))


def listing(rng: random.Random, kanji: Sequence[str]) -> Exercise:
    """An extraction in which the script alone tells what identifies: to learn to go in order."""
    letters = {**_LETTERS, "NAME": kanji}
    text = ""
    spans: list[tuple[int, int, str]] = []
    for _ in range(rng.randint(1, 9)):
        text += "".join(rng.choices(_FILLER, k=rng.randint(1, 12)))
        kind = rng.choice(list(letters))
        value = "".join(rng.choices(letters[kind], k=rng.randint(2, 6)))
        if spans and rng.random() < _SAID_BEFORE:
            start, end, kind = rng.choice(spans)
            value = text[start:end]
        spans.append((len(text), len(text) + len(value), kind))
        text += value
    text += "".join(rng.choices(_FILLER, k=rng.randint(0, 6)))
    return extraction(Passage("", text, tuple(spans)))


def drawn(passage: Passage, rng: random.Random, kanji: Sequence[str]) -> Exercise:
    """An exercise about ``passage`` of any kind, often with the names respelled in ``kanji``."""
    if rng.random() < _RESPELLED:
        passage = respelled(passage, rng, _WIDE if rng.random() < _ANY_KANJI else kanji)
    (kind,) = rng.choices(list(_KINDS), weights=list(_KINDS.values()))
    if kind == "extract":
        return extraction(passage)
    if kind == "again":
        return _again(passage, rng)
    review = spoilt(passage, rng)
    task, wanted = (REVIEW, review.cautious) if kind == "review" else (RECALL, review.thorough)
    prompt = f"{task}{passage.text}{FIRST}{answer(review.first)}{FINDINGS}{review.findings}{ANSWER}"
    return Exercise(prompt, answer(wanted), passage)


def encoded(exercise: Exercise, tokens: Tokens) -> Encoded:
    """The exercise as a model is trained on it."""
    prompt = [tokens.begin, *tokens.encode_prompt(exercise.prompt)]
    ids = [*prompt, *tokens.encode(exercise.answer), tokens.end]
    marks = np.full(len(ids), IGNORED, dtype=np.int16)
    signs = np.zeros(len(exercise.passage.text), dtype=np.int16)
    for start, end, kind in exercise.passage.spans:
        signs[start] = _FIRST_MARK[kind]
        signs[start + 1 : end] = _FIRST_MARK[kind] + 1
    starts = [start for _, start in tokens.placed(exercise.passage.text)]
    # Behind <s> and the control token of the task; the last places are asked late or not at all.
    kept = starts[: len(ids) - 2 - _DELAY]
    marks[2 + _DELAY : 2 + _DELAY + len(kept)] = signs[kept]
    return Encoded(np.array(ids, dtype=np.int32), len(prompt) - 1, marks)


#: Characters beyond those of the corpus: CJK Unified Ideographs.
_WIDE = [chr(code) for code in range(0x4E00, 0x9FA6)]


def _again(passage: Passage, rng: random.Random) -> Exercise:
    """A first answer that was sent back: values that do not stand in the text, or broken JSON."""
    right = items(passage)
    wrong = spoilt(passage, rng).first
    missing = [item.value for item in wrong if item.value not in passage.text]
    if not missing and right:
        place = rng.randrange(len(right))
        made = right[place].value + rng.choice(passage.text)
        if made not in passage.text:
            wrong = [*right[:place], Item(right[place].type, made), *right[place + 1 :]]
            missing = [made]
    said = answer(wrong)
    if missing:
        complaint = "、".join(f"「{value}」" for value in missing)
    else:
        said = said[: rng.randrange(len(said)) + 1]
        complaint = _PROBLEM.format(place=rng.randrange(20))
    prompt = f"{EXTRACT}{passage.text}{ANSWER}{said}</s>{AGAIN}{complaint}{ANSWER}"
    return Exercise(prompt, answer(right), passage)
