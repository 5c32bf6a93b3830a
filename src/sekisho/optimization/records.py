"""One reading as it is kept: places and counts of each passage, nothing that was written in it.

A reading in which every answer was reviewed tells what any policy would have come to, so policies
are compared without asking again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, TypeAlias

from sekisho.evaluation.trials import Claim, Trial
from sekisho.models.answers import Cost
from sekisho.phi.categories import Category
from sekisho.phi.detectors.llm.refining import Policy

__all__ = ["KEEPS", "Keep", "Passage", "Record", "Review", "Rule", "body_of", "record_of"]

#: What is kept of a review: nothing that checks are worse for, what it adds as well, or all of it.
#: The last cannot be deployed; it is how published systems review, and shows what a review does.
Keep: TypeAlias = Literal["improved", "additions", "replaced"]
KEEPS: tuple[Keep, ...] = ("improved", "additions", "replaced")


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What one review came to, by what is kept of it; ``failed`` says why there is none."""

    claims: Mapping[str, tuple[Claim, ...]] = field(default_factory=dict)
    cost: Cost = field(default_factory=Cost)
    failed: str = ""
    valid_first: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """The first answer to one passage, what the checks said of it, and reviews by wording.

    ``score`` and ``findings`` are those of ``phi.detectors.llm.checks``.
    """

    claims: tuple[Claim, ...]
    valid_first: bool
    score: float
    findings: int
    cost: Cost
    reviews: Mapping[str, Review] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rule:
    """A policy to review by, with its wording and what is kept."""

    policy: Policy
    wording: str
    keep: Keep


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One document, read once; ``origin`` is that of the answers, ``failed`` why there are none."""

    characters: int
    passages: tuple[Passage, ...] = ()
    failed: str = ""
    spent: Cost = field(default_factory=Cost)
    origin: str = "model"

    @property
    def cost(self) -> Cost:
        """All that was spent, for a failed reading too."""
        total = self.spent
        for passage in self.passages:
            total += passage.cost
            for review in passage.reviews.values():
                total += review.cost
        return total

    def trial(self, document: str, rule: Rule | None = None) -> Trial:
        """What ``rule`` (None: no review) would have come to, as a trial of ``document``."""
        claims: list[Claim] = []
        cost, failed, valid = self.spent, self.failed, True
        for passage in self.passages:
            cost += passage.cost
            valid = valid and passage.valid_first
            kept = passage.claims
            if rule is not None and _asks(rule.policy, passage):
                review = passage.reviews[rule.wording]
                cost += review.cost
                failed = failed or review.failed
                valid = valid and review.valid_first
                if not review.failed:
                    kept = review.claims[rule.keep]
            # Two passages that name one value are one claim; two inventions are two.
            claims += [each for each in kept if not each.places or each not in claims]
        return Trial(
            document=document,
            characters=self.characters,
            claims=() if failed else tuple(claims),
            valid_first=valid and not failed,
            failed=failed,
            calls=cost.calls,
            prompt_tokens=cost.prompt_tokens,
            answer_tokens=cost.answer_tokens,
            seconds=cost.seconds,
        )


def _asks(policy: Policy, passage: Passage) -> bool:
    return passage.score < policy.below or (policy.on_findings and passage.findings > 0)


def body_of(record: Record) -> dict[str, Any]:
    """``record`` as JSON values."""
    return asdict(record)


def record_of(body: Mapping[str, Any]) -> Record:
    """The record that ``body_of`` gave. Raises ``KeyError``, ``TypeError`` or ``ValueError``."""
    return Record(
        characters=body["characters"],
        passages=tuple(_passage(each) for each in body["passages"]),
        failed=body["failed"],
        spent=Cost(**body["spent"]),
        origin=body["origin"],
    )


def _passage(body: Mapping[str, Any]) -> Passage:
    return Passage(
        claims=_claims(body["claims"]),
        valid_first=body["valid_first"],
        score=body["score"],
        findings=body["findings"],
        cost=Cost(**body["cost"]),
        reviews={
            wording: Review(
                claims={keep: _claims(claims) for keep, claims in review["claims"].items()},
                cost=Cost(**review["cost"]),
                failed=review["failed"],
                valid_first=review["valid_first"],
            )
            for wording, review in body["reviews"].items()
        },
    )


def _claims(bodies: Any) -> tuple[Claim, ...]:
    return tuple(
        Claim(Category(body["category"]), tuple((start, end) for start, end in body["places"]))
        for body in bodies
    )
