"""What came of a study, and how it is put down as a result and frozen as a recipe."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from importlib import metadata

from sekisho import __version__
from sekisho.errors import SekishoError, UsageError
from sekisho.evaluation.sample_size import ranking_warning
from sekisho.evaluation.study_data import DataSet
from sekisho.optimization.error_rows import error_rows
from sekisho.optimization.freezing import freeze
from sekisho.optimization.ledger import Opened
from sekisho.optimization.phases.final import Finalist
from sekisho.optimization.phases.standing import Standing
from sekisho.optimization.prompt_texts import told
from sekisho.optimization.recipe import Recipe
from sekisho.optimization.result import (
    Data,
    ErrorRow,
    ModelCard,
    Opening,
    Phase,
    Prompt,
    Spend,
    StudyResult,
)
from sekisho.optimization.study import Study
from sekisho.phi.detectors.llm.answering import Reading
from sekisho.phi.detectors.llm.refining import Policy

__all__ = ["Outcome"]

#: Packages that a result depends on.
_PACKAGES = ("sudachipy", "sudachidict-core", "numpy", "onnxruntime", "gepa", "xllamacpp")
_STAND_INS = {"scripted": "SCRIPTED", "replayed": "REPLAYED", "simulated": "SIMULATED"}


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """A study as far as it came; ``stopped`` says what stopped it before its end.

    ``shorts`` are the models' short names.
    """

    study: Study
    fingerprint: str
    begun: str
    cards: tuple[ModelCard, ...]
    development: DataSet
    held_out: DataSet | None
    openings: tuple[Opened, ...]
    prompts: Mapping[str, Prompt]
    phases: tuple[Phase, ...]
    standings: tuple[Standing, ...]
    finalists: tuple[Finalist, ...]
    winner: Finalist | None
    winner_held_out: Finalist | None
    spending: tuple[Spend, ...]
    shorts: Mapping[str, str]
    stopped: SekishoError | None = None

    @property
    def marks(self) -> tuple[str, ...]:
        """What stands over every output: what was no model, and what the study says of one."""
        return self._marks({card.name for card in self.cards})

    def _marks(self, names: Collection[str]) -> tuple[str, ...]:
        """The marks of the systems with these ``names``."""
        found = [
            _STAND_INS[card.origin]
            for card in self.cards
            if card.name in names and card.origin in _STAND_INS
        ]
        found += [each.mark for each in self.study.models if each.mark and each.name in names]
        return tuple(dict.fromkeys(found))

    def result(self, ended: str) -> StudyResult:
        """Everything that was found; ``ended`` is the time in ISO 8601."""
        study = self.study
        bounds = study.budget.model_dump(exclude_none=True)
        return StudyResult(
            name=study.name,
            marks=self.marks,
            begun=self.begun,
            ended="" if self.stopped else ended,
            versions=_versions(),
            language=study.language,
            seeds=study.seeds,
            resamples=study.resamples,
            models=self.cards,
            development=_data(self.development, study),
            held_out=self._held_out(),
            openings=tuple(_opening(each) for each in self.openings),
            prompts=tuple(self.prompts.values()),
            phases=self.phases,
            errors=tuple(self._errors()),
            spending=self.spending,
            budget={name: float(bound) for name, bound in bounds.items()},
            warnings=tuple(self._warnings()),
            fingerprint=self.fingerprint,
        )

    def recipe(self, result: StudyResult, created: str) -> Recipe | None:
        """The recipe of the winner; None where there is none that could be deployed.

        Raises ``UsageError`` when what won cannot be written down.
        """
        winner = self.winner
        if winner is None or self.stopped or not winner.local or not winner.answered:
            return None
        names: tuple[str, ...] = ()
        if winner.stack is not None:
            names = winner.stack.measured.reader.card.detectors
        standing = winner.model or winner.stack
        assert standing is not None
        name = standing.measured.system
        return freeze(
            result,
            winner.arm("development"),
            self.winner_held_out.arm("held-out") if self.winner_held_out else None,
            created=created,
            detectors=names,
            system=name,
            # Detectors that won among tiny models are those of every run, and as good as measured.
            marks=self._marks({name}),
            reading=None if winner.model is None else self._reading(winner.model),
            short=self.shorts.get(name, ""),
        )

    def _reading(self, standing: Standing) -> Reading:
        measured, rule = standing.measured, standing.rule
        entry = next(e for e in self.study.models if e.name == measured.reader.card.name)
        if measured.prompt is None:
            raise UsageError("a model without a prompt cannot be deployed", where=standing.id)
        wording = "conservative" if rule is None else rule.wording
        return Reading(
            wording=wording,
            policy=Policy() if rule is None else rule.policy,
            longest=entry.longest,
            thinking_tokens=measured.reader.thinking_tokens,
            seed=self.study.seeds[0],
            said=told(measured.prompt, self.study.language)[wording],
        )

    def _held_out(self) -> Data | None:
        if self.study.data.held_out is None:
            return None
        if self.held_out is None:
            return Data(name=self.study.data.held_out.rsplit("/", 1)[-1])
        return _data(self.held_out, self.study)

    def _errors(self) -> Iterable[ErrorRow]:
        for standing in self.standings:
            yield from error_rows(standing.id, standing.measured, standing.rule)

    def _warnings(self) -> Iterable[str]:
        if self.stopped is not None:
            yield f"the study is not finished: {self.stopped.message}"
        n = len(self.development.documents)
        few = ranking_warning(n, len(self.cards))
        if few:
            yield few
        if not all(each.synthetic for each in (self.development, self.held_out) if each):
            yield "nobody states that the reports are synthetic: they may be of patients"
        if self.winner is not None and not self.winner.local:
            yield "only models in the cloud were measured: documents are not sent there, no recipe"
        elif self.winner is not None and not self.winner.answered:
            yield "what won gave no answer to any report: there is no recipe"
        elif self.winner is not None and self.winner.stack is None:
            yield "no detectors were measured beside the models: the recipe has the model alone"
        if any(each.reopened for each in self.openings):
            yield "the sealed set was opened more than once: its figures are no validation"


def _data(data: DataSet, study: Study) -> Data:
    return Data(
        name=data.name,
        documents=len(data.documents),
        characters=data.characters,
        identifiers=data.identifiers,
        digest=data.digest,
        ignored=study.data.ignore,
        synthetic=data.synthetic,
        notes=data.notes,
    )


def _opening(opened: Opened) -> Opening:
    return Opening(
        number=opened.number,
        at=opened.at,
        digest=opened.digest,
        finalists=opened.finalists,
        reopened=opened.reopened,
    )


def _versions() -> dict[str, str]:
    found = {"sekisho": __version__}
    for package in _PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found
