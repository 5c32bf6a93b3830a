"""``--recipe FILE``: a study's result in place of the options that say who reads, and how."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sekisho import __version__
from sekisho.cli import asking, inputs
from sekisho.cli.console import show_note
from sekisho.errors import CloudModelError, UsageError
from sekisho.phi.cascade import Consult

if TYPE_CHECKING:
    from sekisho.optimization.recipe import Recipe
    from sekisho.optimization.recipe_parts import Measured
    from sekisho.phi.detectors.llm.choosing import Choice

__all__ = ["Reader", "RecipeFile", "reader"]

RecipeFile = Annotated[
    Path | None,
    typer.Option(
        "--recipe",
        metavar="FILE",
        help="Recipe of a study: it says which model, prompts, reviews and detectors; --model only "
        "where that model is.",
    ),
]

#: Parameters of a command that a recipe settles, by their options.
_SETTLED = {
    "detectors": "--detectors",
    "llm": "--llm",
    "refine": "--refine",
    "review": "--review",
    "rounds": "--rounds",
    "keep": "--keep",
    "capacity": "--capacity",
    "ungrounded": "--ungrounded",
}


@dataclass(frozen=True)
class Reader:
    """Who reads the documents of a command: detectors, perhaps a model among them.

    ``recipe`` is what a manifest says of the recipe that it comes from; nothing without one.
    """

    detectors: tuple[str, ...]
    choice: Choice | None
    consult: Consult
    language: str
    recipe: Mapping[str, object] = field(default_factory=dict)


def reader(
    recipe: Path | None,
    *,
    context: typer.Context,
    detectors: str,
    language: str,
    tagger: Path | None,
    model: str | None,
    config: Path | None,
    consult: Consult,
    refine: str,
    review: asking.Wording,
    rounds: int,
    keep: asking.Keep,
    capacity: asking.Capacity | None,
    ungrounded: asking.Ungrounded,
    cache: Path | None = None,
) -> Reader:
    """The reader that ``recipe`` describes or, without one, the other options word.

    Raises ``UsageError`` when the recipe is no sound one, cannot read documents, or something
    worded contradicts it, and when the options do not go together.
    """
    if recipe is not None:
        return _of_recipe(recipe, _given(context), language, model, config, tagger, cache)
    listed = inputs.detector_names(detectors)
    choice = asking.chosen(
        model=model,
        detectors=listed,
        config=config,
        consult=consult,
        refine=refine,
        review=review,
        rounds=rounds,
        keep=keep,
        capacity=capacity,
        ungrounded=ungrounded,
        cache=cache,
    )
    return Reader(asking.with_llm(listed, choice), choice, consult, language)


def _given(context: typer.Context) -> frozenset[str]:
    """The parameters of the command that somebody worded, whatever their value."""

    def worded() -> Iterator[str]:
        for name in context.params:
            source = context.get_parameter_source(name)
            if source is not None and source.name not in ("DEFAULT", "DEFAULT_MAP"):
                yield name

    return frozenset(worded())


def _of_recipe(
    path: Path,
    given: frozenset[str],
    language: str,
    model: str | None,
    config: Path | None,
    tagger: Path | None,
    cache: Path | None,
) -> Reader:
    """The reader of the recipe in ``path``; what it is and is not is told.

    The weights of the language model are compared when the choice is opened, those of the tagger
    here.
    """
    from sekisho.optimization.recipe import load

    recipe = load(path)
    _check_options(recipe, given, language, str(path))
    _check_model(recipe, str(path))
    _check_tagger(recipe, tagger, str(path))
    choice = _choice(recipe, model, config, cache, str(path))
    _tell(recipe)
    return Reader(
        detectors=recipe.detectors.names,
        choice=choice,
        consult=recipe.detectors.consult,
        language=recipe.language,
        recipe=recipe.told,
    )


def _check_options(recipe: Recipe, given: frozenset[str], language: str, where: str) -> None:
    settled = [option for name, option in _SETTLED.items() if name in given]
    if settled:
        raise UsageError(
            "the recipe settles this already",
            where=", ".join(settled),
            remedy="leave it out, or word everything without --recipe",
        )
    if "language" in given and language != recipe.language:
        raise UsageError(
            f"the recipe was measured on reports in {recipe.language!r}, and {language!r} is asked",
            where=where,
            remedy="run a study on reports in that language",
        )


def _check_model(recipe: Recipe, where: str) -> None:
    weights = recipe.model
    if "SIMULATED" in recipe.marks or (weights is not None and weights.origin == "simulated"):
        raise UsageError(
            "the recipe is marked SIMULATED: models of its study do not exist, and what it says "
            "was measured on none",
            where=where,
            remedy="run the study with models of your own",
        )
    if weights is not None and weights.locality == "cloud":
        raise CloudModelError(
            "the model of this recipe is in the cloud, and a document would be sent to it",
            where=where,
            remedy="make a recipe of the best local model",
        )


def _check_tagger(recipe: Recipe, tagger: Path | None, where: str) -> None:
    """Raise ``UsageError`` unless the tagger here is the one that was measured."""
    wanted = recipe.detectors
    if "tagger" not in wanted.names or wanted.thresholds is None:
        return
    from sekisho.phi.detectors.tagger import thresholds
    from sekisho.phi.detectors.tagger.modelfile import SHIPPED, load

    digest = load(tagger or SHIPPED).digest
    if digest != wanted.tagger:
        raise UsageError(
            f"the recipe was made with the tagger {wanted.tagger}, and this one is {digest}",
            where=where,
            remedy="name its model file with --tagger, or run the study again",
        )
    if asdict(thresholds()) != wanted.thresholds.model_dump():
        raise UsageError(
            "the recipe was made with other thresholds of the tagger than this version has",
            where=where,
            remedy=f"use sekisho {recipe.sekisho}, or run the study again",
        )


def _choice(
    recipe: Recipe, model: str | None, config: Path | None, cache: Path | None, where: str
) -> Choice | None:
    if recipe.model is None:
        stated = {"--model": model, "--config": config, "--answer-cache": cache}
        needless = [option for option, value in stated.items() if value is not None]
        if needless:
            raise UsageError(
                "the recipe has no language model, and this is about one",
                where=", ".join(needless),
                remedy="leave it out",
            )
        return None
    from sekisho.models.configuration import read, settings

    path = asking.configuration_path(config)
    configuration = read(path)
    name = model or recipe.served_as(configuration.models)
    try:
        settings(name, configuration)
    except UsageError as error:
        raise UsageError(
            error.message, where=where, remedy="say with --model where the recipe's model is"
        ) from None
    return recipe.choice(
        name,
        configuration=None if path is None else path.resolve(),
        remembered=asking.remembered(),
        cache=cache,
    )


def _tell(recipe: Recipe) -> None:
    """What the recipe promises, and what it does not."""
    short = recipe.sha256[:12]
    held_out, development = recipe.scores.held_out, recipe.scores.development
    score = held_out or development
    if score is not None:
        where = "sealed reports" if held_out is not None else "development reports (none sealed)"
        show_note(
            f"recipe {short}: quality {_shown(score.quality, 1)}, leaked "
            f"{_shown(score.leaked, 100)} % on {score.documents} {where}"
        )
    if recipe.study.reopened:
        show_note(f"recipe {short}: its sealed reports had been opened before")
    if recipe.marks:
        show_note(
            f"recipe {short} is marked {', '.join(recipe.marks)}: its figures are none of a "
            "full-size model on reports of your own"
        )
    if recipe.sekisho != __version__:
        show_note(
            f"recipe {short} was measured with sekisho {recipe.sekisho}, this is {__version__}: "
            "its rules and lists may have changed"
        )


def _shown(figure: Measured, scale: float) -> str:
    if figure.value is None:
        return "not measured"
    value = f"{scale * figure.value:.1f}"
    if figure.low is None or figure.high is None:
        return value
    return f"{value} ({scale * figure.low:.1f} to {scale * figure.high:.1f})"
