"""What a prompt can hold that a simulated model responds to: its features.

A feature is in a prompt when its own sentence stands there (``features.toml``), or the text of the
editor's rule of the same id. The sentences are not those of the shipped prompts, so a study begins
without any of them.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from sekisho.optimization.prompting.rulebook import rulebook
from sekisho.phi.detectors.llm.prompts import LANGUAGES

__all__ = ["Feature", "features", "has_example", "known_features", "present", "size"]

_FILE = Path(__file__).with_name("features.toml")
_ITEM = '{"type":'
_BLANKS = re.compile("[ \t\r\n\u3000]+")


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature: the sentence that a reflector writes for it, by language.

    ``cues`` find the lines about errors that call for it.
    """

    id: str
    sentences: Mapping[str, str] = field(repr=False)
    cues: tuple[re.Pattern[str], ...] = ()

    def called_for(self, errors: str) -> int:
        """How many of the lines in ``errors`` call for it."""
        return sum(len(cue.findall(errors)) for cue in self.cues)


@cache
def features() -> Mapping[str, Feature]:
    """The features that have a sentence of their own, by id."""
    stated = tomllib.loads(_FILE.read_text(encoding="utf-8"))["features"]
    return {
        id: Feature(id, each["sentences"], tuple(map(re.compile, each["cues"])))
        for id, each in stated.items()
    }


def known_features() -> frozenset[str]:
    """The ids of all features: those with a sentence of their own, and those of the editor."""
    return frozenset(_signs())


def present(prompt: str) -> frozenset[str]:
    """The features that stand in ``prompt``, in any language; blanks do not matter."""
    bare = _bare(prompt)
    return frozenset(id for id, signs in _signs().items() if any(sign in bare for sign in signs))


def has_example(prompt: str) -> bool:
    """Whether ``prompt`` shows an answer with several items, beside the form that is asked for."""
    return prompt.count(_ITEM) > 1


def size(prompt: str) -> float:
    """How long ``prompt`` is for a model: its UTF-8 bytes by three.

    A Japanese character counts one and a Latin letter a third, so that the shipped prompts of one
    purpose are of about one size in every language.
    """
    return len(prompt.encode("utf-8", errors="replace")) / 3


@cache
def _signs() -> Mapping[str, frozenset[str]]:
    """What shows each feature, without blanks."""
    signs = {
        id: frozenset(map(_bare, feature.sentences.values())) for id, feature in features().items()
    }
    for id, texts in _rules().items():
        signs[id] = signs.get(id, frozenset()) | frozenset(map(_bare, texts))
    return signs


def _rules() -> Mapping[str, frozenset[str]]:
    """The texts of the editor's rules, in all languages."""
    texts: dict[str, set[str]] = {}
    for language in LANGUAGES:
        for rule in rulebook(language):
            texts.setdefault(rule.id, set()).add(rule.text)
    return {id: frozenset(said) for id, said in texts.items()}


def _bare(text: str) -> str:
    return _BLANKS.sub("", text)
