"""``study.toml``: which systems, on which reports, with which prompts, how far and at what cost.

Every key has one place and is checked when the file is read; a key that nobody knows is an error.
Paths are relative to the file.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from sekisho.errors import UsageError
from sekisho.phi.categories import Category
from sekisho.phi.detectors.llm.passages import LONGEST
from sekisho.phi.stack import DEFAULT

__all__ = [
    "Budget",
    "DataSettings",
    "Editor",
    "FinalSettings",
    "ModelEntry",
    "PromptSettings",
    "RefineSettings",
    "StackEntry",
    "Study",
    "read_study",
]


Editor: TypeAlias = Literal["auto", "rules", "gepa"]
Name: TypeAlias = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,59}$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DataSettings(_Part):
    """The reports: ``shipped``, ``wada:FOLDER`` of a clone, or gold of one's own.

    Without ``held_out`` the fifth phase is left out. ``documents`` takes the first so many of each
    set; ``ignore`` are categories that gold does not label completely. ``synthetic`` says who
    states that no patient is in reports of one's own; a model in the cloud is asked about no
    others.
    """

    development: str = "shipped"
    held_out: str | None = None
    ignore: tuple[Category, ...] = ()
    documents: Annotated[int, Field(ge=2)] | None = None
    synthetic: str = ""


class ModelEntry(_Part):
    """A language model: ``model`` as in sekisho.toml or short, or ``simulated``, a known profile.

    ``longest`` counts the characters of a passage. ``mark`` stands over every output that this
    model has a part in, such as TINY.
    """

    name: Name
    model: str = ""
    simulated: str = ""
    longest: Annotated[int, Field(ge=100, le=20_000)] = LONGEST
    mark: Annotated[str, Field(pattern=r"^[A-Z]{0,20}$")] = ""

    @model_validator(mode="after")
    def _one_source(self) -> ModelEntry:
        if bool(self.model) == bool(self.simulated):
            raise ValueError("needs either model or simulated")
        return self


class StackEntry(_Part):
    """Detectors without a language model, ranked beside the models."""

    name: Name
    detectors: Annotated[tuple[str, ...], Field(min_length=1)] = tuple(
        name for name in DEFAULT if name != "known"
    )


class PromptSettings(_Part):
    """The prompts of phases 1 and 2 (``shipped`` or a file), and how phase 3 looks for better ones.

    ``best`` systems get a prompt of their own, in up to ``rounds`` attempts each. A candidate is
    adopted where it gains at least ``gain`` points of quality on reports that it was not made
    from. ``proposer`` names the local model that writes candidates for gepa.
    """

    baseline: str = "shipped"
    long: str = "shipped"
    short: str = "shipped"
    best: Annotated[int, Field(ge=1)] = 4
    editor: Editor = "auto"
    rounds: Annotated[int, Field(ge=1, le=100)] = 8
    gain: Annotated[float, Field(ge=0, le=100)] = 0.5
    proposer: str = ""


class RefineSettings(_Part):
    """Phase 4: ``models`` says whose answers are reviewed, ``wordings`` how it is asked for."""

    models: Literal["all", "best"] = "all"
    wordings: Annotated[tuple[Literal["conservative", "recall"], ...], Field(min_length=1)] = (
        "conservative",
        "recall",
    )


class FinalSettings(_Part):
    """Phase 5: so many models go in, and this decides which of them the recipe is made of.

    The choice is made on the development set; the sealed set tells how good it is.
    """

    finalists: Annotated[int, Field(ge=1)] = 3
    choose_by: Literal["quality", "leak"] = "quality"


class Budget(_Part):
    """What may be spent at most; None is no bound."""

    calls: Annotated[int, Field(ge=1)] | None = None
    tokens: Annotated[int, Field(ge=1)] | None = None
    minutes: Annotated[float, Field(gt=0)] | None = None


class Study(_Part):
    """The whole file. Stability is measured where there is more than one of ``seeds``."""

    name: Name
    language: Literal["ja", "en", "nl"] = "ja"
    seeds: Annotated[tuple[int, ...], Field(min_length=1, max_length=10)] = (1, 2, 3)
    phases: Annotated[tuple[Literal[1, 2, 3, 4, 5], ...], Field(min_length=1)] = (1, 2, 3, 4, 5)
    resamples: Annotated[int, Field(ge=100, le=100_000)] = 2000
    data: DataSettings = DataSettings()
    models: tuple[ModelEntry, ...] = ()
    stacks: tuple[StackEntry, ...] = ()
    prompts: PromptSettings = PromptSettings()
    refine: RefineSettings = RefineSettings()
    final: FinalSettings = FinalSettings()
    budget: Budget = Budget()

    @model_validator(mode="after")
    def _sound(self) -> Study:
        names = [one.name for one in self.models] + [one.name for one in self.stacks]
        if not names:
            raise ValueError("there is no system to measure: add [[models]] or [[stacks]]")
        if len(set(names)) != len(names):
            raise ValueError("two systems have one name")
        for what, values in (("seed", self.seeds), ("phase", self.phases)):
            if len(set(values)) != len(values):
                raise ValueError(f"a {what} stands there twice")
        return self


def read_study(path: Path) -> Study:
    """The study in the file at ``path``, its paths made absolute.

    Raises ``UsageError`` naming the key that is wrong.
    """
    try:
        stated = tomllib.loads(path.read_text(encoding="utf-8"))
        study = Study.model_validate(stated)
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", where=str(path)) from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"is no TOML: {error}", where=str(path)) from None
    except RecursionError:
        raise UsageError("is no TOML of a study: nested too deeply", where=str(path)) from None
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        said = first["msg"].removeprefix("Value error, ")
        raise UsageError(f"{place}: {said}" if place else said, where=str(path)) from None
    try:
        placed = _from(path.resolve().parent, study)
    except (OSError, ValueError):
        raise UsageError("a path in it is none", where=str(path)) from None
    data = placed.data
    in_parts = data.development == "shipped" or data.development.startswith("wada:")
    if data.held_out == data.development and not in_parts:
        raise UsageError(
            "development and held_out are the same reports",
            where=str(path),
            remedy="hold some reports out, or leave held_out and phase 5 out",
        )
    return placed


def _from(folder: Path, study: Study) -> Study:
    data = study.data.model_copy(
        update={
            "development": _placed(folder, study.data.development),
            "held_out": None
            if study.data.held_out is None
            else _placed(folder, study.data.held_out),
        }
    )
    said = study.prompts.model_copy(
        update={
            name: _placed(folder, getattr(study.prompts, name))
            for name in ("baseline", "long", "short")
        }
        | {"proposer": _model(folder, study.prompts.proposer)}
    )
    models = tuple(
        entry.model_copy(
            update={
                "model": _model(folder, entry.model),
                "simulated": _profile(folder, entry.simulated),
            }
        )
        for entry in study.models
    )
    return study.model_copy(update={"data": data, "prompts": said, "models": models})


def _placed(folder: Path, stated: str) -> str:
    if stated == "shipped":
        return stated
    kind, colon, rest = stated.partition(":")
    if kind == "wada" and colon:
        return f"wada:{(folder / rest).resolve()}"
    return str((folder / stated).resolve())


def _profile(folder: Path, stated: str) -> str:
    return str((folder / stated).resolve()) if stated.endswith(".toml") else stated


def _model(folder: Path, stated: str) -> str:
    """A model in a file lies beside the study, as everything else that it names."""
    kind, colon, rest = stated.partition(":")
    if colon and kind in ("gguf", "scripted", "replay"):
        return f"{kind}:{(folder / rest).resolve()}"
    return stated
