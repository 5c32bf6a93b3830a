"""Self-refine: one more look at the first answer, told what the checks found.

Madaan et al. (arXiv 2303.17651) let a model criticise itself; Wada et al. (2026) gained seven
points with one review for a model at 84.6, and lost a little for one at 89.2. Here the review is
given what deterministic checks found, and a revision is kept only where they improve. What no check
can see (a missed surname) does not count then; ``additions`` takes it too, as long as the checks
find no more than before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sekisho.documents.document import Document
from sekisho.errors import UsageError
from sekisho.models.answers import Answer, Cost, ask
from sekisho.models.prompt_files import fill
from sekisho.models.seam import Message, Model, Request
from sekisho.phi.detectors.llm.checks import Checked, Checks, Finding
from sekisho.phi.detectors.llm.listing import PhiItem, PhiList, shown
from sekisho.phi.detectors.llm.prompts import Prompts

__all__ = [
    "MOST_ROUNDS",
    "Policy",
    "Refined",
    "kept_of",
    "parse_policy",
    "refine",
    "review",
    "review_request",
]

MOST_ROUNDS = 4


@dataclass(frozen=True, slots=True)
class Policy:
    """When an answer is reviewed, and how often at most.

    It is reviewed when its score (``Checked.score``, 0 to 100) is ``below`` this, or, with
    ``on_findings``, when the checks found anything. A revision is kept where the checks find less,
    together with those items that they found nothing against; with ``additions``, what a revision
    adds to the answer is kept also where they find no more.
    """

    below: float = 0.0
    on_findings: bool = False
    rounds: int = 1
    additions: bool = False

    @property
    def stated(self) -> str:
        """The policy as ``parse_policy`` reads it."""
        if self.on_findings:
            return "on-findings"
        if self.below <= 0:
            return "never"
        return "always" if self.below > 100 else f"below:{self.below:g}"

    @property
    def reviews(self) -> bool:
        """Whether there is any answer that would be reviewed."""
        return self.below > 0 or self.on_findings

    def asks(self, checked: Checked) -> bool:
        """Whether an answer that the checks judged so is reviewed."""
        return checked.score < self.below or (self.on_findings and bool(checked.findings))


@dataclass(frozen=True, slots=True)
class Refined:
    """The answer in the end; ``reviews`` were asked for, ``kept`` of them were improvements."""

    items: tuple[PhiItem, ...]
    checked: Checked
    reviews: int
    kept: int
    cost: Cost


def parse_policy(stated: str, rounds: int = 1, *, additions: bool = False) -> Policy:
    """``never``, ``always``, ``on-findings`` or ``below:SCORE`` as a policy.

    Raises ``UsageError`` for anything else, and for rounds outside of 1 to ``MOST_ROUNDS``.
    """
    if not 1 <= rounds <= MOST_ROUNDS:
        raise UsageError(f"reviews go from 1 to {MOST_ROUNDS} rounds", where="--rounds")
    if stated == "never":
        return Policy(rounds=rounds, additions=additions)
    if stated == "always":
        return Policy(below=float("inf"), rounds=rounds, additions=additions)
    if stated == "on-findings":
        return Policy(on_findings=True, rounds=rounds, additions=additions)
    kind, _, score = stated.partition(":")
    try:
        below = float(score) if kind == "below" else -1.0
    except ValueError:
        below = -1.0
    if not 0 <= below <= 100:
        raise UsageError(
            f"{stated!r} is no policy for reviews",
            where="--refine",
            remedy="never, always, on-findings, or below:SCORE with a score from 0 to 100",
        )
    return Policy(below=below, rounds=rounds, additions=additions)


async def refine(
    model: Model,
    base: Request,
    passage: Document,
    first: Sequence[PhiItem],
    prompts: Prompts,
    policy: Policy,
) -> Refined:
    """``first``, reviewed as ``policy`` asks; ``base`` holds the sampling and the room.

    Raises ``ModelError`` when a review gives no answer that can be trusted.
    """
    checks = Checks(passage)
    items, checked = tuple(first), checks.of(first)
    cost, reviews, kept = Cost(), 0, 0
    for _ in range(policy.rounds):
        if not policy.asks(checked):
            break
        answer = await review(model, base, passage, items, checked, prompts)
        reviews, cost = reviews + 1, cost + answer.cost
        better = kept_of(answer.value.phi_list, checks, items, checked, policy)
        if better is None:
            break
        (items, checked), kept = better, kept + 1
    return Refined(items, checked, reviews, kept, cost)


async def review(
    model: Model,
    base: Request,
    passage: Document,
    items: Sequence[PhiItem],
    checked: Checked,
    prompts: Prompts,
) -> Answer[PhiList]:
    """One more look at ``items``, told what was ``checked``; raises what ``refine`` raises."""
    request = review_request(base, passage, items, checked, prompts)
    return await ask(model, request, PhiList, reprimand=prompts.invalid)


def kept_of(
    revised: tuple[PhiItem, ...],
    checks: Checks,
    items: tuple[PhiItem, ...],
    checked: Checked,
    policy: Policy,
) -> tuple[tuple[PhiItem, ...], Checked] | None:
    """What is kept of the revision ``revised`` of ``items``; None when nothing is.

    It may correct what the checks found wrong, and add; what they found nothing against it cannot
    take away.
    """
    whole = (*_forgotten(checks, items, checked, revised), *revised)
    answers = [tuple(dict.fromkeys(whole))]
    if policy.additions:
        answers.append(tuple(dict.fromkeys((*items, *revised))))
    for place, answer in enumerate(answers):
        before = checks.of(items, names=answer)
        after = checks.of(answer, names=items)
        # The second is kept for what it adds.
        most = len(before.findings) - (1 if place == 0 else 0)
        if len(after.findings) <= most and set(answer) != set(items):
            return answer, checks.of(answer)
    return None


def _forgotten(
    checks: Checks,
    items: tuple[PhiItem, ...],
    checked: Checked,
    revised: tuple[PhiItem, ...],
) -> list[PhiItem]:
    """Items with nothing against them, at places where the revision has nothing."""
    wrong = {finding.surface for finding in checked.findings}
    ground = checks.ground
    covered = {
        place
        for item in revised
        for start, end in ground.places(item.value, item.type)
        for place in range(start, end)
    }
    return [
        item
        for item in items
        if item.value not in wrong
        and not all(
            covered.issuperset(range(start, end))
            for start, end in ground.places(item.value, item.type)
        )
    ]


def review_request(
    base: Request,
    passage: Document,
    items: Sequence[PhiItem],
    checked: Checked,
    prompts: Prompts,
) -> Request:
    """The request for a review of ``items``, told what was ``checked``; ``base`` as in ``refine``."""
    turn = fill(
        prompts.review_turn,
        text=passage.text,
        answer=shown(items),
        findings="\n".join(_line(each, prompts) for each in checked.findings) or prompts.none,
    )
    messages = (Message("system", prompts.review), Message("user", turn))
    return replace(base, messages=messages)


def _line(finding: Finding, prompts: Prompts) -> str:
    said = fill(prompts.findings[finding.kind], surface=finding.surface, category=finding.category)
    return f"- {said}"
