"""A model beside detectors, as ``deid`` lets them read: what either finds is found."""

from __future__ import annotations

from dataclasses import dataclass

from sekisho.evaluation.gold import GoldDocument
from sekisho.evaluation.scoring import Scored, components
from sekisho.evaluation.trials import Trial, claims_of, prediction
from sekisho.optimization.bench import Measured
from sekisho.optimization.records import Rule
from sekisho.phi.merging import beside, merge

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
            [
                united(one, other, document.text)
                for one, other, document in zip(found, added, self.gold, strict=True)
            ]
            for found, added in zip(self.stack.trials(), self.model.trials(self.rule), strict=True)
        ]


def united(found: Trial, added: Trial, text: str) -> Trial:
    """``found`` and ``added`` joined as ``deid`` joins them (``phi.merging.beside``).

    What was found stays, whole and of its category; a model may add, never take away. A value that
    is not in the text masks nothing. A document that one of the two could not read was not read.
    """
    spans = beside(text, prediction(found).spans, merge(text, prediction(added).spans))
    failed = found.failed or added.failed
    return Trial(
        document=found.document,
        characters=found.characters,
        claims=() if failed else claims_of(text, spans),
        valid_first=found.valid_first and added.valid_first,
        failed=failed,
        calls=found.calls + added.calls,
        prompt_tokens=found.prompt_tokens + added.prompt_tokens,
        answer_tokens=found.answer_tokens + added.answer_tokens,
        seconds=found.seconds + added.seconds,
    )
