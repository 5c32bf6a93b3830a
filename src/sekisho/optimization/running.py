"""A study from its file to its result: phases in order, each kept, each told.

What stops a study (the budget, a server that is gone, Ctrl-C) leaves everything that was measured;
the same command with ``--resume`` goes on and asks nothing twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from sekisho.documents.document import Document
from sekisho.errors import (
    BudgetError,
    InputError,
    ModelError,
    SealedError,
    SekishoError,
    UsageError,
)
from sekisho.evaluation import study_data
from sekisho.evaluation.gold import GoldDocument
from sekisho.evaluation.study_data import DataSet
from sekisho.models.seam import Model
from sekisho.optimization.bench import Bench, Telling
from sekisho.optimization.budget import Expected, Purse, expected
from sekisho.optimization.ledger import FILENAME, Ledger, Mark
from sekisho.optimization.opening import Opener
from sekisho.optimization.outcome import Outcome
from sekisho.optimization.phases import baseline, capacity, final, refining, specific
from sekisho.optimization.phases.final import Finalist
from sekisho.optimization.phases.standing import Table
from sekisho.optimization.prompt_texts import given
from sekisho.optimization.prompting.checks import copied, shipped
from sekisho.optimization.prompting.copied import Documents
from sekisho.optimization.result import Phase, Prompt
from sekisho.optimization.sealing import Sealed, check_readings
from sekisho.optimization.store import Store
from sekisho.optimization.study import Study
from sekisho.phi.detectors.llm.passages import passages

__all__ = [
    "Clock",
    "Job",
    "Planning",
    "development_of",
    "fingerprint_of",
    "planned",
    "planned_fingerprint",
    "run",
]

#: The time in ISO 8601.
Clock = Callable[[], str]

_TITLES = {
    1: baseline.TITLE,
    2: capacity.TITLE,
    3: specific.TITLE,
    4: refining.TITLE,
    5: final.TITLE,
}
_HERE = Path()


class Planning(Telling, Protocol):
    """Whoever is told of a study from its beginning."""

    def plan(self, calls: Expected, study: Study) -> None:
        """What the study is expected to take, before anything is asked."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """A study to be run in the folder ``out``."""

    study: Study
    out: Path
    configuration: Path | None = None
    remembered: Path | None = None
    resume: bool = False
    reopen: bool = False


def development_of(study: Study) -> DataSet:
    """The development set of ``study``, without the categories that it ignores."""
    data = study.data
    found = study_data.load(
        data.development,
        _HERE,
        split="development",
        declared=data.synthetic,
        limit=data.documents,
    )
    return _ignoring(found, study)


def fingerprint_of(study: Study, development: DataSet) -> str:
    """What a study is told from others by: its file but for the budget, and its reports."""
    stated = study.model_dump_json(exclude={"budget"})
    return hashlib.sha256(f"{stated}\0{development.digest}".encode()).hexdigest()


def planned_fingerprint(study: Study) -> str:
    """What ``study`` would be told from others by, with its reports as they are now."""
    return fingerprint_of(study, _found(study))


def planned(study: Study) -> Expected:
    """What ``study`` is expected to take; its development set is read, nothing is asked."""
    return _expected(study, _found(study))


async def run(
    job: Job,
    telling: Planning,
    clock: Clock,
    write: Callable[[Outcome], None] = lambda outcome: None,
) -> Outcome:
    """Run ``job``; ``write`` puts down what came of it, before the ledger says that it ended.

    Raises ``UsageError`` for what is wrong before anything is asked, ``SealedError`` for a second
    look at the sealed set, ``AuditError`` when its ledger is not sound. What stops it on the way
    stands in the outcome.
    """
    study = job.study
    development = _found(study)
    fingerprint = fingerprint_of(study, development)
    prompts = given(study)
    _check_prompts(study, prompts, development)
    opener = Opener(study, job.configuration, job.remembered, job.out / "gate.jsonl", clock)
    # Before the store: a study whose systems cannot be opened has not begun.
    systems = await opener.open(development)
    try:
        if 3 in study.phases:
            specific.uses_gepa(study.prompts.editor, systems.proposer)
        with Store.open(job.out, fingerprint, resume=job.resume) as store:
            ledger = _ledger(job, store)
            purse = Purse(study.budget, earlier=store.spent())
            begun = store.decision("begun") or clock()
            store.keep_decision(begun, "begun")
            ledger.begin(fingerprint, {"development": development.digest}, at=begun)
            _remember(store, ledger)
            bench = Bench(study, store, purse, telling)
            table = Table(
                study, bench, systems.models, systems.stacks, development.documents, prompts
            )
            plan = _expected(study, development)
            telling.plan(plan, study)
            going = _Going(job, table, development, ledger, systems.proposer, fingerprint)
            stopped = await going.go(plan, telling, clock)
            outcome = Outcome(
                study=study,
                fingerprint=fingerprint,
                begun=begun,
                cards=systems.cards,
                development=development,
                held_out=going.held_out,
                openings=ledger.openings,
                prompts=table.prompts,
                phases=tuple(going.phases),
                standings=tuple(table.standings.values()),
                finalists=tuple(going.finalists),
                winner=going.winner,
                winner_held_out=going.winner_held_out,
                spending=purse.spent(plan),
                shorts=systems.shorts,
                stopped=stopped,
            )
            write(outcome)
            if stopped is None:
                going.end(clock)
            return outcome
    finally:
        await systems.aclose()


def _found(study: Study) -> DataSet:
    """The development set; what is wrong with the reports is a wrong choice as yet."""
    try:
        if study.data.held_out is not None:
            study_data.present(study.data.held_out, _HERE, split="held-out")
        found = development_of(study)
    except InputError as error:
        raise UsageError(error.message, where=error.where, remedy=error.remedy) from None
    if not any(document.spans for document in found.documents):
        raise UsageError(
            "no identifier is marked in the reports, so nothing can be measured",
            where=study.data.development,
            remedy="see data.development and data.ignore",
        )
    if len(found.documents) < 2:
        raise UsageError(
            "a study needs two reports at least",
            where=study.data.development,
            remedy="label more of them: with fewer than twenty nothing can be told apart",
        )
    return found


@dataclass
class _Going:
    """A study under way."""

    job: Job
    table: Table
    development: DataSet
    ledger: Ledger
    proposer: Model | None
    fingerprint: str
    phases: list[Phase] = field(default_factory=list)
    finalists: list[Finalist] = field(default_factory=list)
    winner: Finalist | None = None
    winner_held_out: Finalist | None = None
    held_out: DataSet | None = None
    sealed: Sealed | None = None

    async def go(self, plan: Expected, telling: Telling, clock: Clock) -> SekishoError | None:
        """All phases; what stopped them, if anything did."""
        try:
            for number, title in _TITLES.items():
                if number in self.table.study.phases:
                    telling.phase(number, title, plan.calls.get(number, 0))
                    self.phases.append(await self._phase(number, clock))
                else:
                    left = "left out by the study"
                    self.phases.append(Phase(number=number, title=title, left_out=left))
                for line in self.phases[-1].decisions:
                    telling.note(line)
            if self.winner is None:
                self.finalists, self.winner = await final.choose(self.table)
        except (BudgetError, InputError, ModelError) as error:
            return error
        return None

    def end(self, clock: Clock) -> None:
        """Record that everything is measured and written: from here on, a look is a second one."""
        if self.sealed is not None:
            self.sealed.close(clock=clock)
        self.ledger.end(at=clock())
        _remember(self.table.bench.store, self.ledger)

    async def _phase(self, number: int, clock: Clock) -> Phase:
        table = self.table
        match number:
            case 1:
                return await baseline.baseline(table)
            case 2:
                return await capacity.capacity(table)
            case 3:
                return await specific.specific(table, self.proposer)
            case 4:
                return await refining.refining(table)
            case _:
                return await self._final(clock)

    async def _final(self, clock: Clock) -> Phase:
        self.finalists, self.winner = await final.choose(self.table)
        study = self.table.study
        name = study.data.held_out
        if name is None:
            arms = tuple(each.arm("development") for each in self.finalists)
            left = "the study names no held-out reports"
            return Phase(number=5, title=final.TITLE, left_out=left, arms=arms)

        def load() -> DataSet:
            data = study.data
            read = study_data.load(
                name, _HERE, split="held-out", declared=data.synthetic, limit=data.documents
            )
            return _ignoring(study_data.apart(self.development, read), study)

        sealed = Sealed(load, self.ledger, name=Path(name).name)
        finalists = [each.id for each in self.finalists]
        self.held_out = sealed.open(
            finalists=finalists,
            fingerprint=_of_finalists(self.fingerprint, self.finalists),
            clock=clock,
            reopen=self.job.reopen,
        )
        self.table.bench.store.keep_decision(True, "held-out")
        _remember(self.table.bench.store, self.ledger)
        phase, self.winner_held_out = await final.final(
            self.table,
            self.held_out.documents,
            self.finalists,
            self.winner,
            synthetic=self.held_out.synthetic,
        )
        self.sealed = sealed
        return phase


def _of_finalists(fingerprint: str, finalists: Sequence[Finalist]) -> str:
    """The fingerprint of what the sealed set is opened for: not names, but what they stand for."""
    stated = [fingerprint]
    for each in finalists:
        stated.append(f"{each.id} {each.rule}")
        for standing in (each.model, each.stack):
            if standing is not None:
                prompt = standing.measured.prompt
                digest = "" if prompt is None else prompt.digest
                stated.append(f"{standing.measured.reader.identity} {digest}")
    return hashlib.sha256("\0".join(stated).encode()).hexdigest()


def _check_prompts(study: Study, prompts: Mapping[str, Prompt], development: DataSet) -> None:
    """A prompt of one's own goes into reports and recipes, so it may hold nothing of a report."""
    own = [(name, prompt) for name, prompt in prompts.items() if prompt.made_by == "study"]
    if not own:
        return
    documents = Documents(development.documents)
    for name, prompt in own:
        if any(copied(prompt.text, documents, shipped(study.language))):
            raise UsageError(
                "the prompt holds what stands in a report",
                where=getattr(study.prompts, name),
                remedy="write an invented example",
            )


def _ledger(job: Job, store: Store) -> Ledger:
    """The ledger of the study, which must be the one that the store remembers.

    Raises ``SealedError`` for a study that looked at its sealed set already: not after a night of
    measuring.
    """
    ledger = Ledger(job.out / FILENAME)
    sealed = 5 in job.study.phases and job.study.data.held_out is not None
    if sealed and not job.reopen and any(each.closed for each in ledger.openings):
        raise SealedError(
            "the held-out reports were opened before, and everything was measured",
            where=str(ledger.path),
            remedy="a second look needs --resume --reopen, and the report shows it",
        )
    mark = store.decision("ledger")
    if mark is not None:
        ledger.expect(Mark(mark["lines"], mark["hash"]))
    check_readings(ledger, 1 if store.decision("held-out") else 0)
    return ledger


def _remember(store: Store, ledger: Ledger) -> None:
    mark = ledger.mark
    store.keep_decision({"lines": mark.lines, "hash": mark.hash}, "ledger")


def _ignoring(data: DataSet, study: Study) -> DataSet:
    documents = tuple(each.without(study.data.ignore) for each in data.documents)
    return replace(data, documents=documents)


def _expected(study: Study, development: DataSet) -> Expected:
    documents = len(development.documents)
    return expected(
        study,
        _passages(study, development),
        documents=documents,
        held_out=_held_out_size(study, documents),
    )


def _passages(study: Study, data: DataSet) -> dict[str, int]:
    """How many passages each model is asked about in ``data``."""
    return {
        entry.name: sum(_count(each, study, entry.longest) for each in data.documents)
        for entry in study.models
    }


def _count(document: GoldDocument, study: Study, longest: int) -> int:
    text = Document(document.id, document.text, language=study.language)
    return len(passages(text, longest))


def _held_out_size(study: Study, documents: int) -> int:
    """Reports of the sealed set, as far as known unread; else as many as in development."""
    name = study.data.held_out
    if name is None:
        return 0
    known = study_data.size(name, split="held-out") or documents
    return min(known, study.data.documents or known)
