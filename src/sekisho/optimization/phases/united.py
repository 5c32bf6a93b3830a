"""A model beside detectors, as ``deid`` lets them read: what either finds is found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sekisho.evaluation.gold import GoldDocument
from sekisho.evaluation.scoring import Scored, components
from sekisho.evaluation.trials import Claim, Trial
from sekisho.optimization.bench import Measured
from sekisho.optimization.records import Rule

__all__ = ["United", "united"]


@dataclass(frozen=True)
class United:
    """The readings of a stack, and those of a model under ``rule`` that are added to them."""

    stack: Measured
    model: Measured
    rule: Rule | None

    @property
    def name(self) -> str:
        """Both names."""
        return f"{self.model.reader.card.name}+{self.stack.reader.card.name}"

    @property
    def gold(self) -> tuple[GoldDocument, ...]:
        """What both read."""
        return self.stack.gold

    def scored(self, resamples: int) -> Scored:
        """How both together score."""
        return components(self.gold, self.trials(), ignore=self.stack.ignore, resamples=resamples)

    def trials(self) -> list[list[Trial]]:
        """The trials of both together, by seed."""
        return [
            [united(one, other) for one, other in zip(found, added, strict=True)]
            for found, added in zip(self.stack.trials(), self.model.trials(self.rule), strict=True)
        ]


def united(found: Trial, added: Trial) -> Trial:
    """``found``, and of ``added`` what stands where nothing was found yet.

    What was found stays as it is: a model may add, never take away. A document that one of the two
    could not read was not read.
    """
    covered = {place for each in found.claims for at in each.places for place in range(*at)}
    claims = list(found.claims)
    for each in added.claims:
        left = _uncovered(each, covered)
        if left is not None:
            claims.append(left)
    failed = found.failed or added.failed
    return Trial(
        document=found.document,
        characters=found.characters,
        claims=() if failed else tuple(claims),
        valid_first=found.valid_first and added.valid_first,
        failed=failed,
        calls=found.calls + added.calls,
        prompt_tokens=found.prompt_tokens + added.prompt_tokens,
        answer_tokens=found.answer_tokens + added.answer_tokens,
        seconds=found.seconds + added.seconds,
    )


def _uncovered(claim: Claim, covered: set[int]) -> Claim | None:
    """``claim`` at the places that nobody touched; None where there are none, or it was invented.

    A value that is not in the text is asked for again by ``deid``, and masks nothing.
    """
    free: Sequence[tuple[int, int]] = [at for at in claim.places if covered.isdisjoint(range(*at))]
    return Claim(claim.category, tuple(free)) if free else None
