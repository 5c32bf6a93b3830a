"""The errors in one report, told in its language to a model that looks for a better prompt.

These texts quote the report. They go to a local model and nowhere else, and are never stored.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from pathlib import Path

from sekisho.errors import UsageError
from sekisho.evaluation.gold import GoldDocument
from sekisho.evaluation.trials import Trial
from sekisho.models.prompt_files import fill, said
from sekisho.optimization.prompting.error_table import FORM, Example, examples
from sekisho.phi.detectors.llm.prompts import LANGUAGES

__all__ = ["feedback", "reflection_prompt"]

_FOLDER = Path(__file__).with_name("prompts")


def feedback(
    gold: GoldDocument,
    trial: Trial,
    *,
    language: str,
    ignore: Collection[str] = (),
    most: int = 8,
) -> str:
    """What was wrong in ``trial``, a line for each of at most ``most`` errors.

    Claims of the categories in ``ignore`` are not judged (``evaluation.entries``).
    Errors of kinds that were not told yet come before more of the same kind. Raises ``UsageError``
    for a language without prompts, or for a trial of another document.
    """
    phrases = _phrases(language)
    if trial.failed:
        return phrases["failed"]
    told = [] if trial.valid_first else [phrases[FORM]]
    lines = [
        _line(phrases, each) for each in _varied(list(examples([gold], [trial], ignore=ignore)))
    ]
    told += dict.fromkeys(lines)
    left = len(told) - most
    if left > 0:
        told = [*told[:most], fill(phrases["more"], number=str(left))]
    return "\n".join(told) or phrases["none"]


def reflection_prompt(prompt: str, reports: Sequence[tuple[float, str]], *, language: str) -> str:
    """The question for a better prompt than ``prompt``.

    ``reports`` are the quality (0 to 100) and the feedback of each. Raises ``UsageError`` for a
    language without prompts.
    """
    phrases = _phrases(language)
    parts = (
        f"{fill(phrases['report'], number=str(number), quality=f'{quality:.0f}')}\n{told}"
        for number, (quality, told) in enumerate(reports, start=1)
    )
    template = said(_FOLDER / language / "reflect.txt")
    return fill(template, prompt=prompt, errors="\n\n".join(parts))


def _varied(errors: Sequence[Example]) -> list[Example]:
    """``errors`` with one of each sort first, then the second of each, and so on."""
    seen: dict[tuple[str, str, str], int] = {}
    turns = []
    for error in errors:
        sort = (error.kind, error.category, error.disguise)
        seen[sort] = seen.get(sort, -1) + 1
        turns.append((seen[sort], error))
    return [error for _, error in sorted(turns, key=lambda turn: turn[0])]


def _line(phrases: Mapping[str, str], error: Example) -> str:
    label = error.disguise
    return fill(
        phrases[error.kind],
        category=error.category,
        claimed=error.claimed or error.category,
        surface=_on_one_line(error.surface),
        before=_on_one_line(error.before),
        after=_on_one_line(error.after),
        disguise=fill(phrases["disguise"], label=label) if label else "",
    )


def _on_one_line(text: str) -> str:
    return text.replace("\r", " ").replace("\n", " ")


@cache
def _phrases(language: str) -> Mapping[str, str]:
    if language not in LANGUAGES:
        raise UsageError(
            f"there are no prompts for reflection in the language {language!r}",
            where="language",
            remedy=f"known: {', '.join(LANGUAGES)}",
        )
    path = _FOLDER / language / "errors.toml"
    stated: dict[str, str] = tomllib.loads(path.read_text(encoding="utf-8"))
    return stated
