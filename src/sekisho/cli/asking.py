"""Options of commands that let a language model read, and what they mean together."""

from __future__ import annotations

import os
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sekisho.cli.console import show_note
from sekisho.errors import UsageError
from sekisho.phi.cascade import Consult

if TYPE_CHECKING:
    from sekisho.models.configuration import Configuration, ModelSettings
    from sekisho.models.seam import Locality
    from sekisho.phi.detectors.llm.choosing import Choice

__all__ = [
    "AnswerCache",
    "Capacity",
    "CapacityOption",
    "Config",
    "Consulting",
    "Keep",
    "KeepOption",
    "Model",
    "Refine",
    "Review",
    "Rounds",
    "Ungrounded",
    "UngroundedOption",
    "Wording",
    "chosen",
    "configuration_path",
    "located",
    "remembered",
    "with_llm",
]


class Capacity(StrEnum):
    """Which prompts suit a model."""

    LONG = "long"
    SHORT = "short"


class Wording(StrEnum):
    """What a review is asked to do."""

    CONSERVATIVE = "conservative"
    RECALL = "recall"


class Keep(StrEnum):
    """What is kept of a review."""

    IMPROVED = "improved"
    ADDITIONS = "additions"


class Ungrounded(StrEnum):
    """What becomes of a document when the model names what is not in it."""

    HOLD = "hold"
    MASK = "mask"


Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="M",
        help="Local model that reads too: a name in sekisho.toml, ollama:NAME, "
        "http://HOST:PORT/v1#NAME or gguf:FILE.",
    ),
]
Consulting = Annotated[
    Consult,
    typer.Option("--llm", help="Ask the model about every document, uncertain ones, or none."),
]
Refine = Annotated[
    str,
    typer.Option(
        metavar="POLICY",
        help="When the model reviews its answer: never, always, on-findings, below:SCORE.",
    ),
]
Review = Annotated[Wording, typer.Option("--review", help="How the review is worded.")]
Rounds = Annotated[int, typer.Option("--rounds", min=1, max=4, help="Reviews at most.")]
KeepOption = Annotated[
    Keep,
    typer.Option(
        "--keep",
        help="Keep a review where the checks improve, or what it adds where they do not worsen.",
    ),
]
CapacityOption = Annotated[
    Capacity | None,
    typer.Option("--capacity", help="Long rules for a strong model, short ones for a small one."),
]
UngroundedOption = Annotated[
    Ungrounded,
    typer.Option(
        "--ungrounded",
        help="When the model names what is not in the text: hold the document, or mask what is "
        "most like it.",
    ),
]
Config = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Configuration, instead of sekisho.toml here."),
]
AnswerCache = Annotated[
    Path | None,
    typer.Option(
        "--answer-cache",
        metavar="FILE",
        help="Keep the model's answers in FILE, encrypted with the vault's key.",
    ),
]


def configuration_path(
    stated: Path | None, environment: Mapping[str, str] = os.environ
) -> Path | None:
    """The configuration: as stated, SEKISHO_CONFIG, sekisho.toml here, or the one at home."""
    from sekisho.models.configuration import FILENAME
    from sekisho.release.opening import home

    if stated is not None:
        return stated
    named = environment.get("SEKISHO_CONFIG")
    if named:
        return Path(named)
    places = (Path(FILENAME), home(environment) / FILENAME)
    return next((place for place in places if place.is_file()), None)


def remembered(environment: Mapping[str, str] = os.environ) -> Path:
    """The folder of what ``models check`` measured."""
    from sekisho.release.opening import home

    return home(environment) / "models"


def located(name: str, configuration: Configuration) -> tuple[ModelSettings, Locality]:
    """What is stated of the model ``name``, and where it runs.

    Raises ``UsageError`` that names the model when its settings are wrong.
    """
    from sekisho.models.configuration import settings

    found = settings(name, configuration)
    try:
        return found, configuration.locality(found)
    except UsageError as error:
        raise UsageError(error.message, where=name, remedy=error.remedy) from None


def chosen(
    *,
    model: str | None,
    detectors: tuple[str, ...],
    config: Path | None,
    consult: Consult,
    refine: str,
    review: Wording,
    rounds: int,
    keep: Keep,
    capacity: Capacity | None,
    ungrounded: Ungrounded,
    cache: Path | None = None,
) -> Choice | None:
    """The model that reads and how; None when none was asked for.

    Raises ``UsageError`` when the detector llm is listed and there is no model for it, and when
    there is no model for what the other options say.
    """
    if model is None and "llm" not in detectors:
        # Who words them takes it that a model reads too, and would rely on it.
        meant = {
            "--config": config is not None,
            "--llm": consult is Consult.UNCERTAIN,
            "--refine": refine != "never",
            "--review": review is not Wording.CONSERVATIVE,
            "--rounds": rounds != 1,
            "--keep": keep is not Keep.IMPROVED,
            "--capacity": capacity is not None,
            "--ungrounded": ungrounded is not Ungrounded.HOLD,
            "--answer-cache": cache is not None,
        }
        stated = [option for option, given in meant.items() if given]
        if stated:
            raise UsageError(
                "no model was named, and this is about one",
                where=", ".join(stated),
                remedy="name one with --model, or put llm into --detectors for the default model",
            )
        return None
    from sekisho.models.configuration import read
    from sekisho.phi.detectors.llm.choosing import Choice
    from sekisho.phi.detectors.llm.refining import parse_policy

    policy = parse_policy(refine, rounds, additions=keep is Keep.ADDITIONS)
    if refine == "never":
        reviewing = {
            "--review": review is not Wording.CONSERVATIVE,
            "--rounds": rounds != 1,
            "--keep": keep is not Keep.IMPROVED,
        }
        stated = [option for option, given in reviewing.items() if given]
        if stated:
            raise UsageError(
                "nothing is reviewed, and this is about reviews",
                where=", ".join(stated),
                remedy="add --refine always, on-findings or below:SCORE",
            )
    path = configuration_path(config)
    if model is None:
        model = read(path).default_model
    if model is None:
        raise UsageError(
            "the detector llm needs a model",
            where="--model",
            remedy="name one, or set default_model in sekisho.toml (sekisho init writes one)",
        )
    if consult is Consult.NEVER:
        return None
    return Choice(
        model=model,
        configuration=None if path is None else path.resolve(),
        remembered=remembered(),
        capacity=None if capacity is None else capacity.value,
        wording=review.value,
        policy=policy,
        ungrounded=ungrounded.value,
        consult=consult,
        cache=cache,
    )


def stand_in(choice: Choice | None) -> str | None:
    """What answered in place of a model, if anything did; every output is to say so."""
    from sekisho.models.seam import Origin

    origin = Origin.MODEL if choice is None else choice.origin()
    return None if origin is Origin.MODEL else origin.value


def note_stand_in(choice: Choice | None) -> None:
    """Say that no model answered, where that is so."""
    origin = stand_in(choice)
    if origin is not None:
        show_note(f"the language model's answers were {origin}: no figure of this is a model's")


def with_llm(detectors: tuple[str, ...], choice: Choice | None) -> tuple[str, ...]:
    """``detectors`` with llm as the last exactly when a model is asked."""
    others = tuple(name for name in detectors if name != "llm")
    return others if choice is None else (*others, "llm")
