"""Simulated models asked in the way of a study, for the tests of simulations."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from statistics import fmean

from sekisho.evaluation.gold import GoldDocument
from sekisho.evaluation.scoring import quality
from sekisho.models.seam import Origin
from sekisho.optimization.prompt_texts import given, made, told
from sekisho.optimization.readers import Asked, LlmReader
from sekisho.optimization.records import Keep, Record, Rule
from sekisho.optimization.result import ModelCard, Prompt
from sekisho.optimization.simulation import SimulatedModel
from sekisho.optimization.simulation.features import features
from sekisho.optimization.study import ModelEntry, Study
from sekisho.phi.detectors.llm.refining import Policy

STUDY = Study(name="simulated", models=(ModelEntry(name="one", simulated="excellent"),))
PROMPTS = given(STUDY)


def with_features(prompt: Prompt, *ids: str) -> Prompt:
    """``prompt`` with a sentence for each of the features ``ids``."""
    sentences = [features()[id].sentences["ja"] for id in ids]
    return made("changed", "\n".join((prompt.text, *sentences)), "study")


def readings(
    model: SimulatedModel,
    documents: Sequence[GoldDocument],
    prompt: Prompt,
    *,
    wordings: Sequence[str] = (),
    seed: int = 1,
) -> list[Record]:
    """``documents``, each read once."""
    card = ModelCard(name="m", model="m", digest="d", server="simulated", origin=Origin.SIMULATED)
    reader = LlmReader(model, card, longest=2400)
    said = told(prompt, "ja")
    asked = Asked(said=said, language="ja", seed=seed, wordings=tuple(wordings))

    async def work() -> list[Record]:
        return [await reader.read(one, asked) for one in documents]

    return asyncio.run(work())


def mean_quality(
    documents: Sequence[GoldDocument],
    records: Sequence[Record],
    wording: str = "",
    keep: Keep = "replaced",
) -> float:
    """The mean quality, of first answers or of those that were all reviewed by ``wording``."""
    rule = Rule(Policy(below=float("inf")), wording, keep) if wording else None
    return fmean(
        quality(one, record.trial(one.id, rule))
        for one, record in zip(documents, records, strict=True)
    )
