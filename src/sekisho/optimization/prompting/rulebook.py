"""The rules that the editor may add to a prompt: data files, and which errors each answers.

``rules/occasions.toml`` says which errors call for a rule, ``rules/LANGUAGE.toml`` holds its text
and where rules stand in a prompt of that language. The ids are the same in all files and never
change, since recipes and reports name them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from sekisho.errors import UsageError
from sekisho.optimization.prompting.error_table import ErrorRow
from sekisho.phi.detectors.llm.prompts import LANGUAGES

__all__ = ["Rule", "Rulebook", "rulebook"]

_FOLDER = Path(__file__).with_name("rules")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: its stable ``id``, its text, and the errors that it answers.

    Empty ``categories``, ``scripts`` and ``disguises`` mean any; of ``disguises`` one word must
    stand in the label of the disguise.
    """

    id: str
    text: str = field(repr=False)
    kinds: frozenset[str]
    categories: frozenset[str] = frozenset()
    scripts: frozenset[str] = frozenset()
    disguises: tuple[str, ...] = ()

    def answers(self, row: ErrorRow) -> bool:
        """Whether errors such as ``row`` call for this rule."""
        return (
            row.kind in self.kinds
            and (not self.categories or row.category in self.categories)
            and (not self.scripts or row.script in self.scripts)
            and (not self.disguises or self._disguised(row.disguise.lower()))
        )

    @property
    def narrowness(self) -> tuple[bool, bool, bool, bool]:
        """How much it asks for; of two rules that answer an error the greater one fits better."""
        named = any(self.disguises)
        return named, bool(self.scripts), bool(self.categories), bool(self.disguises)

    def _disguised(self, label: str) -> bool:
        return bool(label) and any(word in label for word in self.disguises)


@dataclass(frozen=True, slots=True)
class Rulebook:
    """All rules of a language, and how they stand in a prompt.

    ``heading`` stands over them, ``bullet`` before each, and the whole before the first line that
    begins with one of ``before``.
    """

    language: str
    rules: tuple[Rule, ...]
    heading: str
    bullet: str
    before: tuple[str, ...]

    def __iter__(self) -> Iterator[Rule]:
        return iter(self.rules)

    def rule(self, id: str) -> Rule:
        """The rule called ``id``. Raises ``UsageError`` when there is none."""
        for rule in self.rules:
            if rule.id == id:
                return rule
        raise UsageError(
            f"there is no prompt rule {id!r}",
            where="rules",
            remedy=f"known: {', '.join(rule.id for rule in self.rules)}",
        )

    def line(self, rule: Rule) -> str:
        """``rule`` as a line of a prompt."""
        return self.bullet + rule.text


@cache
def rulebook(language: str) -> Rulebook:
    """The rules for prompts in ``language``. Raises ``UsageError`` for a language without any."""
    if language not in LANGUAGES:
        raise UsageError(
            f"there are no prompt rules in the language {language!r}",
            where="language",
            remedy=f"known: {', '.join(LANGUAGES)}",
        )
    occasions: Mapping[str, Mapping[str, Any]] = _read("occasions")["rules"]
    said = _read(language)
    return Rulebook(
        language=language,
        rules=tuple(_rule(id, said["rules"][id], when) for id, when in occasions.items()),
        heading=said["heading"],
        bullet=said["bullet"],
        before=tuple(said["before"]),
    )


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((_FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def _rule(id: str, text: str, when: Mapping[str, Any]) -> Rule:
    return Rule(
        id,
        text,
        kinds=frozenset(when["kinds"]),
        categories=frozenset(when.get("categories", ())),
        scripts=frozenset(when.get("scripts", ())),
        disguises=tuple(word.lower() for word in when.get("disguises", ())),
    )
