"""From the result of a study to its recipe: what won, exactly as it was measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from sekisho import __version__
from sekisho.errors import UsageError
from sekisho.optimization.recipe import Recipe
from sekisho.optimization.recipe_parts import (
    Believing,
    DataOf,
    Detectors,
    Measured,
    Part,
    Reads,
    Reviews,
    Said,
    Score,
    Scores,
    StudyOf,
    Weights,
)
from sekisho.optimization.result import ArmResult, Figure, ModelCard, StudyResult
from sekisho.phi.cascade import Consult
from sekisho.phi.detectors.llm.answering import Reading

__all__ = ["freeze"]


def freeze(
    result: StudyResult,
    development: ArmResult,
    held_out: ArmResult | None,
    *,
    created: str,
    detectors: Sequence[str],
    system: str = "",
    marks: Sequence[str] | None = None,
    reading: Reading | None = None,
    short: str = "",
    consult: Consult = Consult.ALWAYS,
    tagger: Path | None = None,
) -> Recipe:
    """The recipe of one arm of ``result``; ``held_out`` is the same arm on the sealed set.

    ``detectors`` read beside the model, ``tagger`` is the model file of one of them where it is not
    the shipped one. Before them always reads ``known``: what a record states of its own patient, no
    study has, and it only adds. ``reading`` is how the language model of the arm read, its prompts
    (``said``) and policy included, and ``short`` the name that it was asked by; a stack of
    detectors has neither. ``system`` names the one of the study whose recipe it is, where the arm
    is a model beside detectors and has both their names; ``marks`` are those of that system, else
    of the study. ``created`` is a time in ISO 8601.

    Raises ``UsageError`` when the arm cannot be deployed: its model and its reading do not come
    together, its server stated no digest, or its policy cannot be written down exactly.
    """
    name = system or development.model
    card = next((each for each in result.models if each.name == name), None)
    if card is None:
        raise UsageError("the study has no such system", where=name)
    if (card.origin == "detectors") != (reading is None):
        raise UsageError("a language model and how it reads come together", where=card.name)
    names = ("known", *(name for name in detectors if name not in ("known", "llm")))
    asks = () if reading is None else ("llm",)
    study = StudyOf(
        name=result.name,
        fingerprint=result.fingerprint,
        openings=len(result.openings),
        reopened=any(opening.reopened for opening in result.openings),
    )
    scores = Scores(
        development=_score(development),
        held_out=None if held_out is None else _score(held_out),
    )
    return Recipe.model_validate(
        {
            "created": created,
            "sekisho": __version__,
            "language": result.language,
            "marks": result.marks if marks is None else tuple(marks),
            "study": study,
            "detectors": _detectors((*names, *asks), consult, tagger),
            "scores": scores,
            "data": DataOf(development=result.development, held_out=result.held_out),
            **({} if reading is None else _asking(result, development, card, reading, short)),
        }
    )


def _asking(
    result: StudyResult, arm: ArmResult, card: ModelCard, reading: Reading, short: str
) -> dict[str, object]:
    """The parts of a recipe that only a language model has."""
    prompt = next((each for each in result.prompts if each.name == arm.prompt), None)
    if not card.digest:
        raise UsageError("nothing tells the weights of this model from others", where=card.name)
    reviews = Reviews.model_validate(
        {
            "policy": reading.policy.stated,
            "wording": reading.wording,
            "keep": "additions" if reading.policy.additions else "improved",
            "rounds": reading.policy.rounds,
        }
    )
    if reviews.as_policy() != reading.policy:
        raise UsageError(
            "the score below which answers are reviewed cannot be written down exactly",
            where=arm.id,
            remedy="round it before the arm is measured",
        )
    return {
        "model": Weights.model_validate(
            {
                "short": short,
                **card.model_dump(
                    include={"name", "model", "server", "digest", "origin", "locality", "context"}
                ),
            }
        ),
        "reads": Reads(
            capacity=reading.capacity,
            ungrounded=reading.ungrounded,
            longest=reading.longest,
            thinking_tokens=reading.thinking_tokens,
            seed=reading.seed,
        ),
        "refine": reviews,
        "prompts": Said.of(
            reading.prompts(result.language),
            name=arm.prompt,
            made_by="" if prompt is None else prompt.made_by,
        ),
    }


def _detectors(names: tuple[str, ...], consult: Consult, tagger: Path | None) -> Detectors:
    if "tagger" not in names:
        return Detectors(names=names, consult=consult)
    from sekisho.phi.detectors.tagger import thresholds
    from sekisho.phi.detectors.tagger.modelfile import SHIPPED
    from sekisho.phi.detectors.tagger.modelfile import load as load_tagger

    return Detectors(
        names=names,
        consult=consult,
        tagger=load_tagger(tagger or SHIPPED).digest,
        thresholds=Believing.model_validate(asdict(thresholds())),
    )


def _score(arm: ArmResult) -> Score:
    return Score(
        documents=arm.quality.n,
        readings=arm.readings,
        quality=_measured(arm.quality),
        total=arm.total,
        out_of=arm.out_of,
        leaked=_measured(arm.leaked),
        direct_leaks=_measured(arm.direct_leaks),
        precision=_measured(arm.precision),
        over_redaction=_measured(arm.over_redaction),
        seconds_per_report=arm.seconds_per_report,
        components=tuple(Part.model_validate(each.model_dump()) for each in arm.components),
    )


def _measured(figure: Figure) -> Measured:
    return Measured.model_validate(figure.model_dump())
