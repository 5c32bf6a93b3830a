"""Phase 3: prompts of their own for the best models, made from their errors.

One half of the reports is learnt from: its errors say which rule a prompt lacks, or are shown to a
local model that writes a new one (gepa). The other half judges: a candidate is adopted where it
gains there. Whatever wrote a candidate, it is checked first, and one that is cut, has lost the form
of the answer or copies a document is not even measured.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from importlib.util import find_spec

from sekisho.errors import MissingExtraError, UsageError
from sekisho.evaluation.gold import GoldDocument
from sekisho.models.seam import Model
from sekisho.optimization.bench import Measured
from sekisho.optimization.comparing import Side, comparisons
from sekisho.optimization.phases.adopting import judge_gain
from sekisho.optimization.phases.evolving import Found, evolved
from sekisho.optimization.phases.standing import Standing, Table
from sekisho.optimization.prompt_texts import made
from sekisho.optimization.prompting import checks, editor
from sekisho.optimization.prompting.copied import Documents
from sekisho.optimization.prompting.error_table import ErrorTable, table
from sekisho.optimization.readers import Reader
from sekisho.optimization.result import Phase, Prompt
from sekisho.optimization.selection import halves

__all__ = ["TITLE", "specific", "uses_gepa"]

TITLE = "prompts of their own"


def uses_gepa(study_editor: str, proposer: Model | None) -> bool:
    """Whether candidates are written by a model: where one is named, and gepa is installed.

    Raises ``UsageError`` when gepa was asked for and nobody is named to write, and
    ``MissingExtraError`` when it is not installed.
    """
    if study_editor == "rules":
        return False
    if study_editor == "gepa" and proposer is None:
        raise UsageError(
            "gepa needs a local model that writes candidates",
            where="prompts.proposer",
            remedy='name one, or set editor = "rules"',
        )
    if study_editor == "auto":
        return proposer is not None and find_spec("gepa") is not None
    if find_spec("gepa") is None:
        raise MissingExtraError(
            "gepa is not installed",
            where="prompts.editor",
            remedy="pip install 'sekisho[optimize]', or set editor = \"rules\"",
        )
    return True


async def specific(here: Table, proposer: Model | None = None) -> Phase:
    """Look for a prompt for each of the best models."""
    study = here.study
    readers = await here.best(study.prompts.best, 3)
    learn, judge = halves(here.gold, study.seeds[0])
    documents = Documents(here.gold)
    arms, decisions, pairs = [], [], list[tuple[Side, Side]]()
    for reader in readers:
        before = await here.stand(reader, 3)
        if uses_gepa(study.prompts.editor, proposer) and proposer is not None:
            found = await evolved(here, reader, before, proposer, learn, judge, documents)
        else:
            found = await _edited(here, reader, before, learn, judge, documents)
        decisions += found.lines
        for prompt in found.tried:
            here.prompts.setdefault(prompt.name, prompt)
        if found.prompt is before.measured.prompt:
            continue
        here.prompts[found.prompt.name] = found.prompt
        after = Standing(await here.bench.measure(reader, found.prompt, here.gold, phase=3))
        arms.append(here.bench.arm(after.measured, 3))
        # On the half that the prompt was not made from.
        pairs.append(
            (
                Standing(after.measured.of(judge)).side,
                Standing(before.measured.of(judge), before.rule).side,
            )
        )
        here.standings[reader.card.name] = after
    return Phase(
        number=3,
        title=TITLE,
        arms=tuple(arms),
        chosen=tuple(here.standings[reader.card.name].id for reader in readers),
        decisions=tuple(decisions),
        comparisons=comparisons(pairs, resamples=study.resamples),
    )


async def _edited(
    here: Table,
    reader: Reader,
    before: Standing,
    learn: Sequence[GoldDocument],
    judge: Sequence[GoldDocument],
    documents: Documents,
) -> Found:
    """One rule at a time, for the costliest errors that are left."""
    study, name = here.study, reader.card.name
    current = before.measured.prompt
    assert current is not None
    found = Found(current)
    allowed = checks.shipped(study.language)
    tried: set[str] = set()
    refused: Counter[str] = Counter()
    judged = await _read(here, reader, current, judge)
    errors = await _errors(here, reader, current, learn)
    for _ in range(study.prompts.rounds):
        candidate = editor.propose(
            current.text, errors, language=study.language, tried=frozenset(tried)
        )
        if candidate is None:
            found.lines.append(f"{name}: no error is left that a rule answers")
            break
        tried.add(candidate.added)
        problems = checks.problems(
            candidate.text, parent=current.text, documents=documents, allowed=allowed
        )
        if problems:
            refused.update(problems)
            continue
        prompt = made(
            f"{name}-{len(tried)}",
            candidate.text,
            "editor",
            parent=current.name,
            rules=candidate.rules,
        )
        found.tried.append(prompt)
        measured = await _read(here, reader, prompt, judge)
        verdict = judge_gain(measured, judged, least=study.prompts.gain)
        found.lines.append(f"{name}: {candidate.added} for {candidate.reason}: {verdict.told}")
        if verdict.adopted:
            current, judged = prompt, measured
            errors = await _errors(here, reader, current, learn)
    found.lines += [f"{name}: refused, {problem} ({n})" for problem, n in refused.items()]
    found.prompt = current
    return found


async def _read(
    here: Table, reader: Reader, prompt: Prompt, gold: Sequence[GoldDocument]
) -> Measured:
    return await here.bench.measure(reader, prompt, gold, phase=3, seeds=here.study.seeds[:1])


async def _errors(
    here: Table, reader: Reader, prompt: Prompt, gold: Sequence[GoldDocument]
) -> ErrorTable:
    measured = await _read(here, reader, prompt, gold)
    trials = [trial for trials in measured.trials() for trial in trials]
    return table(gold, trials, ignore=measured.ignore)
