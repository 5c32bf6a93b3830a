"""The prompts that a study begins with, and how a prompt becomes what a model is told."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Literal

from sekisho.errors import UsageError
from sekisho.models.prompt_files import said
from sekisho.optimization.result import Prompt
from sekisho.optimization.study import Study
from sekisho.phi.detectors.llm.prompts import WORDINGS, Prompts, prompts

__all__ = ["given", "made", "told"]

_FOLDER = Path(__file__).with_name("prompts")
_LARGEST = 100_000


def given(study: Study) -> dict[str, Prompt]:
    """The prompts of phases 1 and 2 by name: ``baseline``, ``long`` and ``short``.

    Raises ``UsageError`` when a file of one's own cannot be used.
    """
    stated = study.prompts
    language = study.language
    shipped = {
        "baseline": said(_FOLDER / language / "baseline.txt"),
        "long": prompts(language, "long").extract,
        "short": prompts(language, "short").extract,
    }
    found = {}
    for name, text in shipped.items():
        place = getattr(stated, name)
        if place == "shipped":
            found[name] = made(name, text, "shipped")
        else:
            found[name] = made(name, _own(Path(place)), "study")
    return found


def made(
    name: str,
    text: str,
    made_by: Literal["shipped", "study", "editor", "gepa"],
    *,
    parent: str = "",
    rules: Iterable[str] = (),
) -> Prompt:
    """The prompt ``name`` with its digest, the SHA-256 of its text."""
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Prompt(
        name=name, made_by=made_by, parent=parent, rules=tuple(rules), digest=digest, text=text
    )


def told(prompt: Prompt, language: str) -> dict[str, Prompts]:
    """What a model is told with ``prompt``, by the wording of the review that may follow."""
    return {
        wording: replace(prompts(language, "long", wording), extract=prompt.text)
        for wording in WORDINGS
    }


def _own(path: Path) -> str:
    try:
        if path.stat().st_size > _LARGEST:
            raise UsageError("is far too long for a prompt", where=str(path))
        text = said(path)
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", where=str(path)) from None
    except UnicodeDecodeError:
        raise UsageError("is no UTF-8", where=str(path)) from None
    if not text:
        raise UsageError("there is no prompt in the file", where=str(path))
    return text
