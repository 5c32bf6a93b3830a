"""A recipe: the frozen result of a study, everything that ``deid`` needs to read as was measured.

``recipe-<first 12 digits of its hash>.toml`` holds which weights read, what they are told, when
they look again, which detectors read beside them, and how well all of it did, with intervals. The
hash covers the content and not the layout. It shows an accident and a change by hand; it is no
signature: whoever means to deceive computes it anew.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Collection
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError, model_validator

from sekisho.errors import UsageError
from sekisho.optimization.recipe_parts import (
    DataOf,
    Detectors,
    Reads,
    RecipePart,
    Reviews,
    Said,
    Scores,
    StudyOf,
    Weights,
)
from sekisho.optimization.toml_form import toml_of
from sekisho.phi.cascade import Consult
from sekisho.phi.detectors.llm.choosing import Choice, Frozen
from sekisho.release.audit import canonical
from sekisho.runs.files import write_whole

__all__ = ["Recipe", "load", "write"]

_NAMED = re.compile("recipe-([0-9a-f]{12})[.]toml")
_HEAD = """\
# A recipe of sekisho: use it with  sekisho deid PATH... --out DIR --recipe THIS_FILE
# It is not to be edited: a content that does not fit its hash is refused. Run a study instead.
"""
_ANEW = "take the file as the study wrote it, or run the study again"


class Recipe(RecipePart):
    """The whole file. ``marks`` (SIMULATED, TINY, ...) say what its scores are not."""

    format: Literal[1] = 1
    created: str
    sekisho: str
    language: Literal["ja", "en", "nl"]
    marks: tuple[str, ...] = ()
    study: StudyOf
    model: Weights | None = None
    reads: Reads | None = None
    refine: Reviews | None = None
    detectors: Detectors
    prompts: Said | None = None
    scores: Scores = Scores()
    data: DataOf

    @model_validator(mode="after")
    def _sound(self) -> Recipe:
        asks = "llm" in self.detectors.names
        for part in (self.model, self.reads, self.refine, self.prompts):
            if (part is not None) != asks:
                raise ValueError("model, reads, refine and prompts come with the detector llm")
        if asks and self.detectors.consult is Consult.NEVER:
            raise ValueError("the detector llm is never consulted")
        if self.refine is not None:
            try:
                self.refine.as_policy()
            except UsageError as error:
                raise ValueError(f"refine: {error.message}") from None
        return self

    @property
    def sha256(self) -> str:
        """The hash of all that it says, in the one canonical form."""
        return hashlib.sha256(canonical(self._body())).hexdigest()

    @property
    def filename(self) -> str:
        """What its file is called."""
        return f"recipe-{self.sha256[:12]}.toml"

    @property
    def told(self) -> dict[str, object]:
        """What a manifest says of it."""
        return {
            "sha256": self.sha256,
            "study": self.study.name,
            "marks": list(self.marks),
            "sekisho": self.sekisho,
        }

    def served_as(self, models: Collection[str]) -> str:
        """How its model is named where ``models`` are configured; empty when it has none."""
        if self.model is None:
            return ""
        name, short = self.model.name, self.model.short
        # A file of that name elsewhere is less likely than a model that was configured for this.
        return name if not short or (name in models and short not in models) else short

    def choice(
        self,
        model: str,
        *,
        configuration: Path | None = None,
        remembered: Path | None = None,
        cache: Path | None = None,
    ) -> Choice | None:
        """``model``, which must serve the weights of the recipe, and how it reads.

        None for a recipe without a language model. The weights are compared when the choice is
        opened.
        """
        if self.model is None or self.reads is None or self.refine is None or self.prompts is None:
            return None
        return Choice(
            model=model,
            configuration=configuration,
            remembered=remembered,
            cache=cache,
            capacity=self.reads.capacity,
            wording=self.refine.wording,
            policy=self.refine.as_policy(),
            ungrounded=self.reads.ungrounded,
            consult=self.detectors.consult,
            frozen=Frozen(
                digest=self.model.digest,
                said=self.prompts.prompts(),
                longest=self.reads.longest,
                thinking_tokens=self.reads.thinking_tokens,
                seed=self.reads.seed,
            ),
        )

    def as_toml(self) -> str:
        """The content of its file."""
        return _HEAD + toml_of({"sha256": self.sha256, **self._body()})

    def _body(self) -> dict[str, Any]:
        return self.model_dump(mode="json", exclude_none=True)


def write(recipe: Recipe, directory: Path) -> Path:
    """Write ``recipe`` into ``directory`` under its own name. Raises ``OutputError``."""
    path = directory / recipe.filename
    write_whole(path, recipe.as_toml().encode())
    return path


def load(path: Path) -> Recipe:
    """The recipe in the file at ``path``.

    Raises ``UsageError`` naming the key that is wrong, and for a recipe whose content, or whose
    file's name, does not fit its hash.
    """
    where = str(path)
    try:
        stated = tomllib.loads(path.read_bytes().decode())
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", where=where) from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(
            f"is no TOML ({type(error).__name__})", where=where, remedy=_ANEW
        ) from None
    sha256 = stated.pop("sha256", None)
    try:
        recipe = Recipe.model_validate(stated)
    except ValidationError as error:
        first = error.errors(include_input=False, include_context=False, include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        said = first["msg"].removeprefix("Value error, ")
        raise UsageError(f"{place}: {said}" if place else said, where=where, remedy=_ANEW) from None
    if sha256 != recipe.sha256:
        raise UsageError(
            "the recipe was changed: its content does not fit its hash (key sha256)",
            where=where,
            remedy=_ANEW,
        )
    named = _NAMED.fullmatch(path.name)
    if named is not None and named[1] != recipe.sha256[:12]:
        raise UsageError("the file has the name of another recipe", where=where, remedy=_ANEW)
    return recipe
