"""The prompts of the detector: data files, one for each language and purpose.

``prompts/LANGUAGE/extract_long.txt`` is a long list of rules for a strong model,
``extract_short.txt`` a few words and one example for a small one; ``review_conservative.txt`` and
``review_recall.txt`` ask for a second look; ``turns.toml`` holds what stands around a report. Lines
that begin with ``#`` say where a prompt comes from and are not sent.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sekisho.errors import UsageError
from sekisho.models.configuration import Capacity
from sekisho.models.prompt_files import said

__all__ = ["LANGUAGES", "WORDINGS", "Prompts", "prompts"]

LANGUAGES = ("ja", "en", "nl")
WORDINGS = ("conservative", "recall")

_FOLDER = Path(__file__).with_name("prompts")


@dataclass(frozen=True)
class Prompts:
    """What a model is told, in one language.

    ``extract`` and ``review`` are the static parts, which stand first in every request and stay
    the same, so that a server reads them once. The others are templates for ``prompt_files.fill``.
    """

    extract: str
    review: str
    report: str
    review_turn: str
    none: str
    findings: Mapping[str, str]
    invalid: str
    ungrounded: str

    @property
    def texts(self) -> tuple[str, ...]:
        """All that is said, those with places too; what else a request holds comes from outside."""
        said = (self.extract, self.review, self.report, self.review_turn, self.none)
        return (*said, *self.findings.values(), self.invalid, self.ungrounded)

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of everything that is said."""
        parts = (
            *(self.extract, self.review, self.report, self.review_turn, self.none),
            *(f"{kind}={line}" for kind, line in sorted(self.findings.items())),
            *(self.invalid, self.ungrounded),
        )
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()


@cache
def prompts(language: str, capacity: Capacity = "long", wording: str = "conservative") -> Prompts:
    """The prompts for reports in ``language``.

    Raises ``UsageError`` for a language or a wording that there is no prompt for.
    """
    if language not in LANGUAGES:
        raise UsageError(
            f"there are no prompts in the language {language!r}",
            where="--language",
            remedy=f"known: {', '.join(LANGUAGES)}",
        )
    if wording not in WORDINGS:
        raise UsageError(
            f"no review is worded {wording!r}",
            where="--review",
            remedy=f"known: {', '.join(WORDINGS)}",
        )
    folder = _FOLDER / language
    turns: dict[str, Any] = tomllib.loads((folder / "turns.toml").read_text(encoding="utf-8"))
    return Prompts(
        extract=said(folder / f"extract_{capacity}.txt"),
        review=said(folder / f"review_{wording}.txt"),
        report=turns["report"],
        review_turn=turns["review"],
        none=turns["none"],
        findings=turns["findings"],
        invalid=turns["again"]["invalid"],
        ungrounded=turns["again"]["ungrounded"],
    )
