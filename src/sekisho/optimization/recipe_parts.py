"""What a recipe is made of: weights, prompts, reviews, detectors and scores, each on its own."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator

from sekisho.models.configuration import Capacity
from sekisho.optimization.result import Component, Data, Figure
from sekisho.phi.cascade import Consult
from sekisho.phi.detectors.llm.passages import LONGEST
from sekisho.phi.detectors.llm.prompts import Prompts
from sekisho.phi.detectors.llm.refining import Policy, parse_policy

__all__ = [
    "Believing",
    "DataOf",
    "Detectors",
    "Measured",
    "Part",
    "Reads",
    "RecipePart",
    "Reviews",
    "Said",
    "Score",
    "Scores",
    "StudyOf",
    "Weights",
]

Sha256: TypeAlias = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]

_STRICT = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
#: The fields of ``Prompts``.
_PROMPTS = (
    *("extract", "review", "report", "review_turn", "none", "invalid", "ungrounded"),
    "findings",
)


class RecipePart(BaseModel):
    """A part of a recipe: fixed, and without a key that nobody knows."""

    model_config = _STRICT


class Measured(Figure):
    """A figure as a recipe has it; what was not measured is left out."""

    model_config = _STRICT

    value: float | None = None


class Part(Component):
    """One of the parts of a score; what was not measured is left out."""

    model_config = _STRICT

    share: float | None = None
    points: float | None = None


class StudyOf(RecipePart):
    """The study that the recipe was made by; ``openings`` of its sealed set, ``reopened`` any."""

    name: str
    fingerprint: str = ""
    openings: Annotated[int, Field(ge=0)] = 0
    reopened: bool = False


class Weights(RecipePart):
    """The language model: its ``name`` in the study and the ``short`` one that it was asked by,
    ``model``, ``server`` and ``digest`` as its server stated them."""

    name: str
    short: str = ""
    model: str = ""
    server: str = ""
    digest: Annotated[str, Field(min_length=1)]
    origin: Literal["model", "scripted", "replayed", "simulated"] = "model"
    locality: Literal["local", "cloud"] = "local"
    context: int | None = None


class Reads(RecipePart):
    """How the model reads; ``capacity`` is that of the prompts that its own were made from."""

    capacity: Capacity = "long"
    ungrounded: Literal["hold", "mask"] = "hold"
    longest: Annotated[int, Field(ge=1)] = LONGEST
    thinking_tokens: Annotated[int, Field(ge=0)] = 0
    seed: int = 1


class Reviews(RecipePart):
    """When and how an answer is reviewed, how often at most, and what is kept of it."""

    policy: str = "never"
    wording: Literal["conservative", "recall"] = "conservative"
    keep: Literal["improved", "additions"] = "improved"
    rounds: Annotated[int, Field(ge=1)] = 1

    def as_policy(self) -> Policy:
        """The policy. Raises ``UsageError`` when it is none."""
        return parse_policy(self.policy, self.rounds, additions=self.keep == "additions")


class Said(RecipePart):
    """Everything that the model is told, and the SHA-256 of it, of ``extract`` and of ``review``.

    ``name`` and ``made_by`` are those of the prompt in the study.
    """

    name: str = ""
    made_by: str = ""
    digest: Sha256
    extract_sha256: Sha256
    review_sha256: Sha256
    extract: str = Field(repr=False)
    review: str = Field(repr=False)
    report: str = Field(repr=False)
    review_turn: str = Field(repr=False)
    none: str = Field(repr=False)
    invalid: str = Field(repr=False)
    ungrounded: str = Field(repr=False)
    findings: Mapping[str, str] = Field(repr=False)

    @classmethod
    def of(cls, said: Prompts, *, name: str = "", made_by: str = "") -> Said:
        """``said`` with its digests."""
        return cls(
            name=name,
            made_by=made_by,
            digest=said.digest,
            extract_sha256=_sha256(said.extract),
            review_sha256=_sha256(said.review),
            **{key: getattr(said, key) for key in _PROMPTS},
        )

    def prompts(self) -> Prompts:
        """The prompts."""
        return Prompts(**{key: getattr(self, key) for key in _PROMPTS})

    @model_validator(mode="after")
    def _as_stated(self) -> Said:
        stated = (self.digest, self.extract_sha256, self.review_sha256)
        if stated != (self.prompts().digest, _sha256(self.extract), _sha256(self.review)):
            raise ValueError("the prompts do not fit their digests")
        return self


class Believing(RecipePart):
    """From when on the tagger is believed (``phi.detectors.tagger.Thresholds``)."""

    lean: float
    shielded: float
    ceiling: float
    least: Mapping[str, float]


class Detectors(RecipePart):
    """What reads, in order; ``consult`` says about which documents the model is asked.

    ``tagger`` is the SHA-256 of the tagger's model file, ``thresholds`` are its own.
    """

    names: Annotated[tuple[str, ...], Field(min_length=1)]
    consult: Consult = Consult.ALWAYS
    tagger: str = ""
    thresholds: Believing | None = None

    @model_validator(mode="after")
    def _whole(self) -> Detectors:
        reads = "tagger" in self.names
        if reads != bool(self.tagger) or reads != (self.thresholds is not None):
            raise ValueError("the tagger comes with its digest and its thresholds")
        return self


class Score(RecipePart):
    """How well the recipe did on one data set of ``documents``, each read ``readings`` times over.

    ``quality`` is in per cent, ``total`` of ``out_of``; the others are shares.
    """

    documents: int
    readings: int
    quality: Measured
    total: float
    out_of: float
    leaked: Measured
    direct_leaks: Measured
    precision: Measured
    over_redaction: Measured
    seconds_per_report: float | None = None
    components: tuple[Part, ...] = ()


class Scores(RecipePart):
    """The scores; without ``held_out`` the sealed set was not opened."""

    development: Score | None = None
    held_out: Score | None = None


class DataOf(RecipePart):
    """The data sets of the study."""

    development: Data
    held_out: Data | None = None


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
