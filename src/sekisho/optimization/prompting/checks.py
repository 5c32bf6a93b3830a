"""What must be true of a prompt before it is adopted, whoever wrote it.

Candidates of the editor, of gepa and of any reflection pass here. Users of gepa report prompts that
were cut in the middle and adopted, and prompts that copy phrases of their training examples; both
are refused, and so is what would no longer be answered in the form that is read. The problems are
fixed words: they never quote the candidate or a document, and can be counted and shown.
"""

from __future__ import annotations

import json
import re
import tomllib
import unicodedata
from collections.abc import Iterator, Sequence
from enum import StrEnum
from functools import cache, lru_cache
from pathlib import Path
from typing import TypeAlias

from sekisho.documents.folding import fold
from sekisho.models.seam import Finish
from sekisho.optimization.prompting.copied import Documents, Known
from sekisho.optimization.prompting.rulebook import rulebook
from sekisho.phi.categories import Category
from sekisho.phi.detectors.llm.prompts import prompts

__all__ = ["Problem", "copied", "problems", "shipped"]


class Problem(StrEnum):
    """Why a candidate is refused."""

    EMPTY = "empty"
    IDENTICAL = "the same as the prompt it was made from"
    TOO_SHORT = "too short"
    TOO_LONG = "too long"
    CONTROL = "control or invisible characters"
    CHATTER = "words about the prompt, or a refusal"
    UNFINISHED = "the model did not finish it"
    CUT = "ends in the middle"
    UNBALANCED = "a bracket, quotation mark or fence is not closed"
    FORM_LOST = "does not name the form of the answer"
    CATEGORY_LOST = "does not name a category"
    BROKEN_EXAMPLE = "holds no answer that is valid JSON"
    COPIED_RUN = "copies a run of a document"
    COPIED_IDENTIFIER = "copies an identifier of a document"


_Words: TypeAlias = tuple[str, ...]

#: A candidate may be a third of its parent; and three times as long, or this, but never more.
_SHORTEST_PART = 3
_LONGEST_PART = 3
_LONGEST_OF_SHORT = 6_000
_LONGEST = 24_000

_FORM = ("phi_list", "type", "value")
_EXAMPLE = re.compile('[{][ \t\r\n]*"phi_list"')
#: Names that models take for one of the brackets of a pair; full width is folded before.
_PAIRS = (("(", ")"), ("[", "]"), ("{", "}"), ("「", "」"), ("『", "』"), ("【", "】"), ("“", "”"))
_FENCE = "```"
_ENDS = frozenset("。．.!?！？)]}」』】>\"'`”’〉》）］｝＞")
_CUT_ENDS = ("...", "…", "‥", "。。")
_BULLET = re.compile("(?:[-*・●•‣]|[0-9]{1,3}[.)．）])[ \t]*")


def problems(
    candidate: str,
    *,
    parent: str,
    documents: Documents,
    allowed: Sequence[str] = (),
    finish: Finish = Finish.STOP,
) -> tuple[str, ...]:
    """Why ``candidate`` may not be adopted in the place of ``parent``; empty when it may.

    What stands in ``parent`` or in one of the ``allowed`` texts may stand in the candidate though
    it stands in ``documents`` too; ``finish`` is how the model's answer ended. Each problem is told
    once, in the order of ``Problem``.
    """
    found = set(_of_form(candidate, parent, finish))
    if candidate.strip():
        found.update(copied(candidate, documents, (parent, *allowed)))
    return tuple(str(problem) for problem in Problem if problem in found)


def copied(text: str, documents: Documents, allowed: Sequence[str]) -> Iterator[Problem]:
    """What ``text`` copies from ``documents`` that stands in none of the ``allowed`` texts."""
    known = _known(tuple(allowed))
    if documents.copies_run(text, known):
        yield Problem.COPIED_RUN
    if documents.copies_identifier(text, known):
        yield Problem.COPIED_IDENTIFIER


@cache
def shipped(language: str) -> tuple[str, ...]:
    """What comes with sekisho in ``language`` and so cannot have been copied from a document.

    The prompts for reading and all rules of the editor, to be ``allowed`` in ``problems``. Raises
    ``UsageError`` for a language without prompts.
    """
    long, short = prompts(language, "long"), prompts(language, "short")
    return (long.extract, short.extract, *(rule.text for rule in rulebook(language)))


@lru_cache(maxsize=16)
def _known(texts: tuple[str, ...]) -> Known:
    return Known(texts)


def _of_form(candidate: str, parent: str, finish: Finish) -> Iterator[Problem]:
    """The problems that show without looking at any document."""
    text = candidate.strip()
    if finish is not Finish.STOP:
        yield Problem.UNFINISHED
    if not text:
        yield Problem.EMPTY
        return
    if _bare(text) == _bare(parent):
        yield Problem.IDENTICAL
    if len(text) * _SHORTEST_PART < len(parent.strip()):
        yield Problem.TOO_SHORT
    if len(text) > min(_LONGEST, max(_LONGEST_OF_SHORT, _LONGEST_PART * len(parent))):
        yield Problem.TOO_LONG
    if any(_is_control(character) for character in candidate):
        yield Problem.CONTROL
    if _is_chatter(text):
        yield Problem.CHATTER
    if _is_cut(text, parent.strip()):
        yield Problem.CUT
    if _is_unbalanced(text, parent):
        yield Problem.UNBALANCED
    if any(name in parent and name not in text for name in _FORM):
        yield Problem.FORM_LOST
    if any(_names(parent, each) and not _names(text, each) for each in Category):
        yield Problem.CATEGORY_LOST
    if _has_example(parent) and not _has_example(text):
        yield Problem.BROKEN_EXAMPLE


def _bare(text: str) -> str:
    return "".join(text.split())


def _is_control(character: str) -> bool:
    """What nobody sees may hide anything: controls, format characters, surrogates, private use."""
    return character not in "\n\t" and unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co")


def _is_chatter(text: str) -> bool:
    openings, closings = _chatter()
    lines = [_without_marks(line) for line in text.lower().split("\n") if line.strip()]
    return lines[0].startswith(openings) or lines[-1].startswith(closings)


def _without_marks(line: str) -> str:
    return fold(line).text.lstrip(" \t#*>-_\"'`")


@cache
def _chatter() -> tuple[_Words, _Words]:
    path = Path(__file__).with_name("checks.toml")
    stated = tomllib.loads(path.read_text(encoding="utf-8"))
    return tuple(stated["openings"]), tuple(stated["closings"])


def _is_cut(text: str, parent: str) -> bool:
    """Whether the last line stops before its end.

    A prompt ends with a mark that ends something, or as its parent ended.
    """
    last, before = _last_line(text), _last_line(parent)
    if last == before:
        return False
    if last.endswith(_CUT_ENDS) or _BULLET.fullmatch(last):
        return True
    return last[-1] not in _ENDS


def _last_line(text: str) -> str:
    return text.rsplit("\n", 1)[-1].strip()


def _is_unbalanced(text: str, parent: str) -> bool:
    """Whether something stays open that did not stay open in ``parent``.

    More closing than opening ones are no sign of a cut: ``1)`` is how lists are numbered.
    """
    return bool(_open(text) - _open(parent))


def _open(text: str) -> frozenset[str]:
    folded = fold(text).text
    left = {opening for opening, closing in _PAIRS if folded.count(opening) > folded.count(closing)}
    left.update(mark for mark in ('"', _FENCE) if folded.count(mark) % 2)
    return frozenset(left)


def _names(text: str, category: Category) -> bool:
    """Whether ``text`` names ``category`` by its code, as a word of its own."""
    return re.search(f"(?<![A-Za-z0-9_]){category}(?![A-Za-z0-9_])", text) is not None


def _has_example(text: str) -> bool:
    """Whether an answer stands in ``text`` that is JSON of the right form, and none that is not."""
    decoder = json.JSONDecoder()
    found = False
    for match in _EXAMPLE.finditer(text):
        try:
            answer, _ = decoder.raw_decode(text, match.start())
        except (ValueError, RecursionError):
            return False
        found = isinstance(answer.get("phi_list"), list)
        if not found:
            return False
    return found
