"""The phases, driven by readers whose answers are known: who goes on, with what, and why."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from sekisho.errors import BudgetError, ModelUnavailableError
from sekisho.evaluation.gold import GoldDocument, GoldSpan
from sekisho.evaluation.trials import Claim
from sekisho.models.answers import Cost
from sekisho.models.scripted import ScriptedModel
from sekisho.models.seam import Locality
from sekisho.optimization import bench
from sekisho.optimization.bench import Bench
from sekisho.optimization.budget import Purse
from sekisho.optimization.phases import evolving
from sekisho.optimization.phases.baseline import baseline
from sekisho.optimization.phases.capacity import capacity
from sekisho.optimization.phases.final import Finalist, choose, final
from sekisho.optimization.phases.refining import refining
from sekisho.optimization.phases.specific import specific, uses_gepa
from sekisho.optimization.phases.standing import Standing, Table
from sekisho.optimization.prompt_texts import given, made, told
from sekisho.optimization.prompting import editor
from sekisho.optimization.prompting.gepa_search import Searched, Tried
from sekisho.optimization.readers import Asked, Reader
from sekisho.optimization.records import Keep, Passage, Record, Review, Rule
from sekisho.optimization.result import ModelCard, Phase
from sekisho.optimization.selection import halves
from sekisho.optimization.store import Store
from sekisho.optimization.study import Budget, ModelEntry, Study
from sekisho.phi.categories import Category
from sekisho.phi.detectors.llm.refining import Policy

ENTRIES = (
    (Category.NAME, "蓼沼早苗"),
    (Category.STAFF, "檜垣"),
    (Category.DATE, "2024年5月3日"),
    (Category.TIME, "10:15"),
)
#: The quality of an answer with so many of the four entries and nothing else.
QUALITY = {2: 87.5, 3: 93.75, 4: 100.0}
BUSY = Policy(below=float("inf"))


def documents(size: int, first: int = 0) -> tuple[GoldDocument, ...]:
    """Reports of four entries each, numbered from ``first``."""
    made_so_far = []
    for number in range(first, first + size):
        text = f"第{number:03d}回 患者 蓼沼早苗 担当 檜垣 日付 2024年5月3日 開始 10:15 所見なし"
        spans = [
            GoldSpan(text.index(surface), text.index(surface) + len(surface), category, surface)
            for category, surface in ENTRIES
        ]
        made_so_far.append(GoldDocument(f"d{number:03d}", text, tuple(spans)))
    return tuple(made_so_far)


DEVELOPMENT = documents(24)
HELD_OUT = documents(12, first=100)
#: Who states that they are synthetic.
SAID_BY = "made for this test"
LEARN, JUDGE = (frozenset(one.id for one in half) for half in halves(DEVELOPMENT, 1))


def claims(document: GoldDocument, found: int, extra: int = 0) -> tuple[Claim, ...]:
    """The first ``found`` entries, and ``extra`` places where nothing is marked."""
    right = [Claim(each.category, ((each.start, each.end),)) for each in document.spans[:found]]
    # The first characters of the text, one at a time.
    return (*right, *(Claim(Category.ID, ((at, at + 1),)) for at in range(extra)))


@dataclass(frozen=True)
class Said:
    """One answer: how much is found, what the checks say of it, and what reviews would give."""

    found: int = 4
    extra: int = 0
    score: float = 100.0
    findings: int = 0
    reviewed: Mapping[tuple[str, Keep], int] = field(default_factory=dict)
    failed: str = ""


#: The answer to a document, given the prompt and the seed.
Habit = Callable[[GoldDocument, str, int], Said]


@dataclass
class Known:
    """A reader with a habit, which remembers what it was asked and told."""

    card: ModelCard
    habit: Habit
    asks: bool = True
    thinking_tokens: int = 0
    identity: tuple[object, ...] = ()
    asked: list[tuple[str, str, int, tuple[str, ...]]] = field(default_factory=list)
    learnt: set[tuple[str, str]] = field(default_factory=set)

    def learn(self, documents: Iterable[GoldDocument], synthetic: str) -> None:
        self.learnt |= {(one.id, synthetic) for one in documents}

    async def read(self, document: GoldDocument, asked: Asked) -> Record:
        await asyncio.sleep(0)
        text = next((prompts.extract for prompts in asked.said.values()), "")
        self.asked.append((document.id, text, asked.seed, asked.wordings))
        answer = self.habit(document, text, asked.seed)
        if answer.failed:
            return Record(characters=len(document.text), failed=answer.failed)
        first = claims(document, answer.found, answer.extra)
        keeps: tuple[Keep, ...] = ("improved", "additions", "replaced")
        reviews = {}
        for wording in asked.wordings:
            ways: dict[str, tuple[Claim, ...]] = {
                keep: claims(document, answer.reviewed[wording, keep], answer.extra)
                if (wording, keep) in answer.reviewed
                else first
                for keep in keeps
            }
            reviews[wording] = Review(claims=ways, cost=Cost(calls=1, seconds=1.0))
        passage = Passage(
            claims=first,
            valid_first=True,
            score=answer.score,
            findings=answer.findings,
            cost=Cost(calls=1, prompt_tokens=10, answer_tokens=5, seconds=1.0),
            reviews=reviews,
        )
        return Record(characters=len(document.text), passages=(passage,))

    async def aclose(self) -> None:
        """Nothing is held."""


def always(found: int, extra: int = 0) -> Habit:
    return lambda document, prompt, seed: Said(found, extra)


def reader(
    name: str, habit: Habit, *, asks: bool = True, locality: Locality = Locality.LOCAL
) -> Known:
    card = ModelCard(
        name=name, model=name, digest=name, server="", origin="scripted", locality=locality
    )
    return Known(card, habit, asks=asks, identity=(name,))


class Silent:
    """Nobody to tell."""

    def phase(self, number: int, title: str, calls: int) -> None: ...
    def arm(self, name: str, readings: int) -> None: ...
    def reading(self, spent: Purse) -> None: ...
    def note(self, line: str) -> None: ...


STUDY = Study(
    name="phases", seeds=(1, 2), resamples=100, models=(ModelEntry(name="any", model="any"),)
)
PROMPTS = given(STUDY)


class Sitting:
    """A table for one test; ``with`` opens its store."""

    def __init__(
        self,
        folder: Path,
        *models: Reader,
        study: Study = STUDY,
        stacks: Sequence[Reader] = (),
        gold: Sequence[GoldDocument] = DEVELOPMENT,
        resume: bool = False,
    ) -> None:
        self.store = Store.open(folder, "test", resume=resume)
        self.purse = Purse(study.budget, earlier=self.store.spent())
        self.table = Table(
            study,
            Bench(study, self.store, self.purse, Silent()),
            models,
            stacks,
            tuple(gold),
            dict(PROMPTS),
        )

    def __enter__(self) -> Table:
        return self.table

    def __exit__(self, *_: object) -> None:
        self.store.__exit__(None, None, None)


def settings(**parts: object) -> Study:
    return Study.model_validate({**STUDY.model_dump(), **parts})


# -- the bench


def test_models_are_read_with_every_seed_and_detectors_once(tmp_path: Path) -> None:
    model, stack = reader("m", always(3)), reader("s", always(4), asks=False)
    with Sitting(tmp_path, model, stacks=(stack,)) as table:
        asyncio.run(table.stand(model, 1))
        standing = asyncio.run(table.stand(stack, 1))
    assert Counter(seed for _, _, seed, _ in model.asked) == {1: 24, 2: 24}
    assert len(stack.asked) == 24
    assert standing.measured.scored().readings == 48
    assert standing.quality == QUALITY[4]


@pytest.mark.parametrize("other", ["prompt", "seed", "identity", "wordings", "language"])
def test_a_reading_is_used_again_only_where_nothing_that_it_depends_on_differs(
    tmp_path: Path, other: str
) -> None:
    model = reader("m", always(3))
    with Sitting(tmp_path, model) as table:

        async def read(prompt: str = "long", seed: int = 1, wordings: tuple[str, ...] = ()) -> None:
            await table.bench.measure(
                model, PROMPTS[prompt], DEVELOPMENT, phase=1, seeds=(seed,), wordings=wordings
            )

        asyncio.run(read())
        asyncio.run(read())
        assert len(model.asked) == 24
        if other == "identity":
            model.identity = ("another",)
        if other == "language":
            table.bench.study = settings(language="en")
        asyncio.run(
            read(
                prompt="short" if other == "prompt" else "long",
                seed=2 if other == "seed" else 1,
                wordings=("recall",) if other == "wordings" else (),
            )
        )
    assert len(model.asked) == 48


def test_a_review_that_is_worded_otherwise_is_another_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = reader("m", always(3))
    with Sitting(tmp_path, model) as table:

        async def read() -> None:
            await table.bench.measure(
                model, PROMPTS["long"], DEVELOPMENT, phase=4, seeds=(1,), wordings=("recall",)
            )

        asyncio.run(read())
        said = {
            wording: replace(prompts, review="別の言い方。")
            for wording, prompts in told(PROMPTS["long"], "ja").items()
        }
        monkeypatch.setattr(bench, "told", lambda *_: said)
        asyncio.run(read())
    assert len(model.asked) == 48


def test_what_was_read_before_costs_nothing_and_is_not_counted_twice(tmp_path: Path) -> None:
    model = reader("m", always(3))
    sitting = Sitting(tmp_path, model)
    with sitting as table:
        for _ in range(2):
            asyncio.run(table.bench.measure(model, PROMPTS["long"], DEVELOPMENT, phase=1))
    assert sitting.purse.total.calls == 48
    again = Sitting(tmp_path, model, resume=True)
    with again as table:
        asyncio.run(table.bench.measure(model, PROMPTS["long"], DEVELOPMENT, phase=1))
    assert again.purse.total.calls == 48
    assert len(model.asked) == 48


def test_a_bound_that_is_reached_ends_the_readings_and_keeps_those_that_are_there(
    tmp_path: Path,
) -> None:
    study = STUDY.model_copy(update={"budget": Budget(calls=20)})
    model = reader("m", always(3))
    with Sitting(tmp_path, model, study=study) as table, pytest.raises(BudgetError):
        asyncio.run(table.bench.measure(model, PROMPTS["long"], DEVELOPMENT, phase=1))
    read = len(model.asked)
    assert read < 48
    with Sitting(tmp_path, model, resume=True) as table:
        assert table.bench.purse.total.calls >= 20
        asyncio.run(table.bench.measure(model, PROMPTS["long"], DEVELOPMENT, phase=1))
    assert len({(id, seed) for id, _, seed, _ in model.asked}) == 48


def test_when_a_server_is_gone_nothing_goes_on_behind_it(tmp_path: Path) -> None:
    ended: list[str] = []

    @dataclass
    class Hanging(Known):
        async def read(self, document: GoldDocument, asked: Asked) -> Record:
            if document.id == "d003":
                raise ModelUnavailableError("gone")
            try:
                await asyncio.sleep(3600)
            finally:
                ended.append(document.id)
            raise AssertionError

    made_one = reader("m", always(3))
    model = Hanging(made_one.card, made_one.habit)

    async def work(table: Table) -> int:
        with pytest.raises(ModelUnavailableError):
            await table.bench.measure(model, PROMPTS["long"], DEVELOPMENT, phase=1)
        return len(asyncio.all_tasks())

    with Sitting(tmp_path, model) as table:
        assert asyncio.run(work(table)) == 1
    assert "d000" in ended


def with_ages(model: Known, found: int) -> Known:
    """``model``, which names ages too, where gold has none."""

    async def read(document: GoldDocument, _: Asked) -> Record:
        stray = tuple(Claim(Category.AGE, ((at, at + 1),)) for at in range(3))
        passage = Passage(
            claims=(*claims(document, found), *stray),
            valid_first=True,
            score=100.0,
            findings=0,
            cost=Cost(calls=1),
        )
        return Record(characters=len(document.text), passages=(passage,))

    model.read = read  # type: ignore[method-assign]
    return model


def test_claims_of_ignored_categories_are_not_judged_in_any_part_of_the_documents(
    tmp_path: Path,
) -> None:
    model = with_ages(reader("m", always(4)), 4)
    for name, ignore, quality in (("with", ["AGE"], 100.0), ("without", [], None)):
        (tmp_path / name).mkdir()
        with Sitting(tmp_path / name, model, study=settings(data={"ignore": ignore})) as table:
            standing = asyncio.run(table.stand(model, 1))
        for measured in (standing.measured, standing.measured.of(DEVELOPMENT[:3])):
            assert (measured.quality() == 100.0) is (quality is not None)
            precision = table.bench.arm(measured, 1).components[1].share
            assert (precision == 1.0) is (quality is not None)


# -- phases 1 and 2


def test_every_system_is_compared_with_the_best_one(tmp_path: Path) -> None:
    models = [reader("poor", always(2)), reader("good", always(3))]
    stack = reader("stack", always(4), asks=False)
    with Sitting(tmp_path, *models, stacks=(stack,)) as table:
        phase = asyncio.run(baseline(table))
    assert [each.id for each in phase.arms] == ["poor/baseline", "good/baseline", "stack"]
    assert [(each.first, each.second) for each in phase.comparisons] == [
        ("stack", "good/baseline"),
        ("stack", "poor/baseline"),
    ]
    assert [each.difference.value for each in phase.comparisons] == [6.25, 12.5]


def test_without_the_first_phase_a_model_begins_with_the_long_prompt(tmp_path: Path) -> None:
    model = reader("m", always(3))
    study = STUDY.model_copy(update={"phases": (4,)})
    with Sitting(tmp_path, model, study=study) as table:
        assert asyncio.run(table.stand(model, 4)).id == "m/long"
    with Sitting(tmp_path, model, resume=True) as table:
        assert asyncio.run(table.stand(model, 1)).id == "m/baseline"


def by_prompt(first: int, long: int, short: int) -> Habit:
    found = {
        PROMPTS["baseline"].text: first,
        PROMPTS["long"].text: long,
        PROMPTS["short"].text: short,
    }
    return lambda document, prompt, seed: Said(found[prompt])


def test_each_model_goes_on_with_the_prompt_that_suits_it_and_the_split_lies_between(
    tmp_path: Path,
) -> None:
    models = [
        reader("weak", by_prompt(2, long=2, short=3)),
        reader("strong", by_prompt(3, long=4, short=3)),
        reader("content", by_prompt(4, long=3, short=3)),
        reader("same", by_prompt(3, long=3, short=3)),
    ]
    with Sitting(tmp_path, *models) as table:
        phase = asyncio.run(capacity(table))
        stand = {name: standing.id for name, standing in table.standings.items()}
    assert stand == {
        "weak": "weak/short",
        "strong": "strong/long",
        "content": "content/baseline",
        "same": "same/baseline",
    }
    assert phase.chosen == tuple(stand.values())
    gains = {each.first: each.difference.value for each in phase.comparisons}
    assert gains["weak/short"] == 6.25
    assert gains["strong/long"] == 6.25
    assert gains["content/long"] == -6.25
    threshold = phase.threshold
    assert threshold is not None
    assert threshold.at is not None
    assert QUALITY[2] < threshold.at < QUALITY[3]
    assert [point.gain.value for point in threshold.points] == [-6.25, 6.25, 0.0, 0.0]
    assert [point.baseline for point in threshold.points] == [87.5, 93.75, 100.0, 93.75]


# -- phase 3


def rules_in(prompt: str) -> int:
    return len(editor.strip(prompt, language="ja")[1])


def by_rules(*found: int, judging: Sequence[int] | None = None) -> Habit:
    """So many entries with no rule, with one and so on; others on the half that judges."""

    def habit(document: GoldDocument, prompt: str, seed: int) -> Said:
        levels = judging if judging is not None and document.id in JUDGE else found
        return Said(levels[min(rules_in(prompt), len(levels) - 1)])

    return habit


def third(folder: Path, *models: Known, study: Study | None = None) -> tuple[Phase, Table]:
    chosen = study or settings(prompts={"editor": "rules", "rounds": 3})
    with Sitting(folder, *models, study=chosen) as table:
        return asyncio.run(specific(table)), table


def test_a_rule_that_gains_on_the_half_that_judges_is_adopted(tmp_path: Path) -> None:
    model = reader("m", by_rules(3, 4))
    phase, table = third(tmp_path, model)
    standing = table.standings["m"]
    assert standing.id == "m/m-1"
    assert standing.quality == QUALITY[4]
    assert standing.measured.prompt is not None
    assert rules_in(standing.measured.prompt.text) == len(standing.measured.prompt.rules) == 1
    assert table.prompts["m-1"] is standing.measured.prompt
    assert [each.id for each in phase.arms] == ["m/m-1"]
    (compared,) = phase.comparisons
    assert (compared.first, compared.second) == ("m/m-1", "m/baseline")
    assert compared.difference.value == 6.25
    assert len(standing.measured.gold) == 24
    assert len(standing.measured.records) == 2


def test_a_rule_that_gains_only_where_it_was_learnt_is_not_adopted(tmp_path: Path) -> None:
    phase, table = third(tmp_path, reader("m", by_rules(3, 4, judging=(3, 3))))
    assert table.standings["m"].id == "m/baseline"
    assert phase.arms == ()
    assert any("not adopted" in line for line in phase.decisions)
    # What was tried stands in the report all the same.
    assert "m-1" in table.prompts


def test_a_rule_that_harms_where_it_is_judged_is_not_adopted(tmp_path: Path) -> None:
    _, table = third(tmp_path, reader("m", by_rules(3, 4, judging=(3, 2))))
    assert table.standings["m"].id == "m/baseline"


def test_a_candidate_is_compared_on_the_reports_that_judge_alone(tmp_path: Path) -> None:
    # What is learnt from is the harder half.
    _, table = third(tmp_path, reader("m", by_rules(2, 2, judging=(3, 3))))
    assert table.standings["m"].id == "m/baseline"


def test_nothing_is_learnt_from_the_errors_of_the_half_that_judges(tmp_path: Path) -> None:
    model = reader("m", by_rules(4, judging=(3, 4)))
    phase, _ = third(tmp_path, model)
    assert phase.decisions == ("m: no error is left that a rule answers",)
    assert {text for _, text, _, _ in model.asked} == {PROMPTS["baseline"].text}


def test_after_an_adoption_too_only_the_other_half_is_learnt_from(tmp_path: Path) -> None:
    phase, table = third(tmp_path, reader("m", by_rules(2, 4, judging=(2, 3, 4))))
    assert table.standings["m"].id == "m/m-1"
    assert phase.decisions[-1] == "m: no error is left that a rule answers"


def test_a_second_rule_is_measured_against_the_first_and_stands_beside_it(tmp_path: Path) -> None:
    # Two rules are worse than one, and better than none.
    model = reader("m", by_rules(1, 2, 2, 2, judging=(1, 3, 2, 2)))
    _, table = third(tmp_path, model)
    standing = table.standings["m"]
    assert standing.id == "m/m-1"
    tried = {prompt.name: prompt for prompt in table.prompts.values() if prompt.rules}
    assert len(tried["m-2"].rules) == 2
    assert tried["m-2"].parent == "m-1"
    assert len({prompt.rules for prompt in tried.values()}) == len(tried) == 3


def judged_better(count: int) -> Habit:
    """A first rule finds everything on the half that is learnt from, and on ``count`` others."""
    some = sorted(JUDGE)[:count]

    def habit(document: GoldDocument, prompt: str, seed: int) -> Said:
        helped = rules_in(prompt) > 0 and (document.id in LEARN or document.id in some)
        return Said(4 if helped else 3)

    return habit


@pytest.mark.parametrize(
    ("gain", "better", "adopted"),
    [
        # Two reports of twelve are chance (p = 0.5), whatever they gain.
        (0.5, 2, False),
        # Five are not (p = 0.06), but they have to gain what the study asks for: 6.25 * 5 / 12.
        (2.0, 5, True),
        (3.0, 5, False),
        # Where it is certain (p < 0.01), any gain is one.
        (50.0, 12, True),
    ],
)
def test_a_rule_is_adopted_by_its_gain_and_its_certainty(
    tmp_path: Path, gain: float, better: int, adopted: bool
) -> None:
    study = settings(prompts={"editor": "rules", "rounds": 1, "gain": gain})
    _, table = third(tmp_path, reader("m", judged_better(better)), study=study)
    assert (table.standings["m"].id == "m/m-1") is adopted


def test_only_the_best_get_a_prompt_of_their_own_and_candidates_are_read_with_one_seed(
    tmp_path: Path,
) -> None:
    best, other = reader("best", by_rules(3, 3)), reader("other", by_rules(2, 4))
    study = settings(prompts={"editor": "rules", "rounds": 1, "best": 1})
    phase, _ = third(tmp_path, best, other, study=study)
    assert phase.chosen == ("best/baseline",)
    assert all(rules_in(text) == 0 for _, text, _, _ in other.asked)
    tried = {(id, seed) for id, text, seed, _ in best.asked if rules_in(text)}
    assert tried == {(id, 1) for id in JUDGE}


def test_a_candidate_that_copies_a_report_is_not_even_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied = "患者 蓼沼早苗 担当 檜垣 日付 2024年5月3日"

    def propose(prompt: str, *_: object, **__: object) -> editor.Candidate:
        text = prompt.replace("\n", f"\n{copied}。\n", 1)
        return editor.Candidate(text=text, base=prompt, language="ja", rules=(), added="copied")

    monkeypatch.setattr(editor, "propose", propose)
    model = reader("m", lambda document, prompt, seed: Said(4 if copied in prompt else 3))
    phase, table = third(tmp_path, model)
    assert not any(copied in text for _, text, _, _ in model.asked)
    assert not any(copied in prompt.text for prompt in table.prompts.values())
    assert table.standings["m"].id == "m/baseline"
    assert any("refused, copies" in line for line in phase.decisions)


def test_what_is_ignored_calls_for_no_rule(tmp_path: Path) -> None:
    study = settings(prompts={"editor": "rules"}, data={"ignore": ["AGE"]})
    phase, _ = third(tmp_path, with_ages(reader("m", always(4)), 4), study=study)
    assert phase.decisions == ("m: no error is left that a rule answers",)


def test_a_writer_is_used_where_one_is_named() -> None:
    model = ScriptedModel(["{}"])
    assert not uses_gepa("rules", model)
    assert not uses_gepa("auto", None)
    assert uses_gepa("gepa", model)


class Searching:
    """A search that proposes one text, measured as gepa would measure it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.calls = 0
        self.judged: list[float] = []

    def __call__(self, **given: object) -> Searched:
        self.calls += 1
        learn, judge = given["learn"], given["judge"]
        measure, seed_prompt = given["measure"], given["seed_prompt"]
        assert isinstance(learn, range)
        assert isinstance(judge, range)
        assert callable(measure)
        assert isinstance(seed_prompt, str)
        assert not set(learn) & set(judge)
        quality = []
        for text in (seed_prompt, self.text):
            measured = [quality for quality, _ in measure(text, list(judge))]
            quality.append(sum(measured) / len(measured))
        measure(seed_prompt, list(learn))
        base = Tried(text=seed_prompt, quality=quality[0])
        better = Tried(text=self.text, quality=quality[1], parent=0)
        return Searched(candidates=(base, better), best=1, proposals=1, metric_calls=1)


@pytest.mark.parametrize(("judged", "adopted"), [(4, True), (3, False), (2, False)])
def test_what_a_search_found_is_adopted_where_it_gains_and_looked_for_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, judged: int, adopted: bool
) -> None:
    other = PROMPTS["baseline"].text + "\n時刻も書く。"

    def habit(document: GoldDocument, prompt: str, seed: int) -> Said:
        if prompt != other:
            return Said(3)
        return Said(judged if document.id in JUDGE else 4)

    searching = Searching(other)
    monkeypatch.setattr(evolving, "search", searching)
    study = settings(prompts={"editor": "gepa", "proposer": "any"})
    model = reader("m", habit)
    for sitting in range(2):
        with Sitting(tmp_path, model, study=study, resume=sitting > 0) as table:
            phase = asyncio.run(specific(table, ScriptedModel(["{}"])))
            assert (table.standings["m"].id == "m/m-gepa") is adopted
            assert table.prompts["m-gepa"].text == other
        assert any("best candidate" in line for line in phase.decisions)
    assert searching.calls == 1
    # From another prompt it is another search.
    later = study.model_copy(update={"phases": (3,)})
    with Sitting(tmp_path, model, study=later, resume=True) as table:
        asyncio.run(specific(table, ScriptedModel(["{}"])))
    assert searching.calls == 2
    if not adopted:
        read = {id for id, text, _, _ in model.asked if text == other}
        assert read == JUDGE


# -- phase 4


def reviewing(first: Callable[[GoldDocument], Said]) -> Habit:
    return lambda document, prompt, seed: first(document)


def fourth(folder: Path, *models: Known, study: Study = STUDY) -> tuple[Phase, Table]:
    with Sitting(folder, *models, study=study) as table:
        return asyncio.run(refining(table)), table


def helped(found: int = 4) -> dict[tuple[str, Keep], int]:
    return {("recall", "additions"): found}


def number_of(document: GoldDocument) -> int:
    return int(document.id[1:])


def test_the_policy_that_gains_as_much_and_asks_least_is_chosen(tmp_path: Path) -> None:
    def first(document: GoldDocument) -> Said:
        if number_of(document) % 4 == 3:
            return Said(4, score=97.0, reviewed=helped())
        return Said(3, score=60.0, findings=1, reviewed=helped())

    phase, table = fourth(tmp_path, reader("m", reviewing(first)))
    standing = table.standings["m"]
    assert standing.id == "m/baseline/below:70-recall-additions"
    assert standing.quality == QUALITY[4]
    assert phase.chosen == (standing.id,)
    (compared,) = phase.comparisons
    assert (compared.first, compared.second) == (standing.id, "m/baseline")
    _, judge = halves(table.gold, table.study.seeds[0])
    gained = sum(number_of(document) % 4 != 3 for document in judge) / len(judge)
    assert compared.difference.value == pytest.approx(6.25 * gained)
    arms = {arm.id: arm for arm in phase.arms}
    assert set(arms) == {
        "m/baseline",
        "m/baseline/always-conservative-additions",
        "m/baseline/always-recall-additions",
        standing.id,
    }
    assert arms["m/baseline"].calls == 48
    assert arms[standing.id].calls == 48 + 36
    assert arms["m/baseline/always-recall-additions"].calls == 96


def test_findings_open_the_gate_where_the_score_does_not(tmp_path: Path) -> None:
    def first(document: GoldDocument) -> Said:
        if number_of(document) % 4 == 3:
            return Said(4)
        return Said(3, findings=1, reviewed=helped())

    _, table = fourth(tmp_path, reader("m", reviewing(first)))
    assert table.standings["m"].id == "m/baseline/on-findings-recall-additions"


def test_what_is_improved_is_kept_by_a_policy_that_keeps_improvements(tmp_path: Path) -> None:
    def first(document: GoldDocument) -> Said:
        reviewed: dict[tuple[str, Keep], int] = {
            ("conservative", "improved"): 4,
            ("conservative", "additions"): 2,
        }
        return Said(3, score=60.0, reviewed=reviewed)

    _, table = fourth(tmp_path, reader("m", reviewing(first)))
    assert table.standings["m"].id == "m/baseline/below:70-conservative-improved"
    rule = table.standings["m"].rule
    assert rule is not None
    assert not rule.policy.additions


def learnt_and_judged(learn: Said, judge: Said, odd: Said | None = None) -> Habit:
    """One answer on each half; ``odd`` on all but two of the half that judges."""
    two = sorted(JUDGE)[:2]

    def first(document: GoldDocument) -> Said:
        if document.id in LEARN:
            return learn
        return judge if odd is None or document.id in two else odd

    return reviewing(first)


GAINS = Said(3, score=60.0, reviewed=helped(4))
LOSES = Said(3, score=60.0, reviewed=helped(2))
STAYS = Said(3, score=60.0)


@pytest.mark.parametrize(
    ("habit", "adopted"),
    [
        (learnt_and_judged(GAINS, GAINS), True),
        (learnt_and_judged(GAINS, STAYS), False),
        (learnt_and_judged(GAINS, LOSES), False),
        (learnt_and_judged(STAYS, GAINS), False),
        (learnt_and_judged(LOSES, GAINS), False),
        # Two reports of twelve are chance.
        (learnt_and_judged(GAINS, GAINS, odd=STAYS), False),
        # A gate that nothing of the learning half lies below was never tried there.
        (
            learnt_and_judged(
                Said(3), Said(3, score=40.0, reviewed={("conservative", "improved"): 4})
            ),
            False,
        ),
    ],
)
def test_a_policy_needs_both_halves(tmp_path: Path, habit: Habit, adopted: bool) -> None:
    phase, table = fourth(tmp_path, reader("m", habit))
    standing = table.standings["m"]
    assert (standing.rule is not None) is adopted
    assert len(phase.comparisons) == int(adopted)
    assert phase.decisions[0].endswith(": adopted" if adopted else ": not adopted")


def test_the_threshold_lies_between_who_gains_and_who_loses_by_what_reviews_did_themselves(
    tmp_path: Path,
) -> None:
    def weak(document: GoldDocument) -> Said:
        # What suits it is chosen on one half and counted on the other.
        learnt = document.id in LEARN
        reviewed: dict[tuple[str, Keep], int] = {
            ("recall", "replaced"): 3,
            ("conservative", "replaced"): 1 if learnt else 4,
        }
        return Said(2, reviewed=reviewed)

    def strong(document: GoldDocument) -> Said:
        return Said(4, reviewed={("recall", "replaced"): 3, ("conservative", "replaced"): 2})

    models = reader("weak", reviewing(weak)), reader("strong", reviewing(strong))
    phase, table = fourth(tmp_path, *models)
    threshold = phase.threshold
    assert threshold is not None
    assert threshold.at is not None
    assert QUALITY[2] < threshold.at < QUALITY[4]
    points = {(point.model, point.wording): point for point in threshold.points}
    assert points["weak", "recall"].gain.value == 6.25
    assert points["strong", "recall"].gain.value == -6.25
    assert points["strong", "conservative"].gain.value == -12.5
    assert points["weak", "recall"].baseline == QUALITY[2]
    # Such a review cannot be deployed, so nobody is reviewed.
    assert all(standing.rule is None for standing in table.standings.values())


def test_the_wording_that_suits_a_model_speaks_for_it(tmp_path: Path) -> None:
    def weak(document: GoldDocument) -> Said:
        return Said(2, reviewed={("conservative", "replaced"): 1, ("recall", "replaced"): 4})

    def strong(document: GoldDocument) -> Said:
        return Said(4, reviewed={("conservative", "replaced"): 3, ("recall", "replaced"): 2})

    models = reader("weak", reviewing(weak)), reader("strong", reviewing(strong))
    threshold = fourth(tmp_path, *models)[0].threshold
    assert threshold is not None
    assert threshold.at is not None


def test_only_the_best_are_reviewed_where_the_study_says_so(tmp_path: Path) -> None:
    models = reader("good", always(4)), reader("poor", always(2))
    study = settings(refine={"models": "best"}, prompts={"best": 1})
    phase, _ = fourth(tmp_path, *models, study=study)
    assert phase.chosen == ("good/baseline",)
    assert all(not wordings for *_, wordings in models[1].asked)
    (tmp_path / "all").mkdir()
    phase, _ = fourth(tmp_path / "all", *models)
    assert len(phase.chosen) == 2


# -- phase 5


def chosen_of(
    folder: Path,
    *models: Known,
    stacks: Sequence[Known] = (),
    study: Study = STUDY,
    rules: Mapping[str, Rule] | None = None,
    gold: Sequence[GoldDocument] = HELD_OUT,
) -> tuple[list[Finalist], Finalist, Phase, Finalist]:
    async def work(table: Table) -> tuple[list[Finalist], Finalist, Phase, Finalist]:
        for name, rule in (rules or {}).items():
            model = next(each for each in models if each.card.name == name)
            measured = await table.bench.measure(
                model, PROMPTS["long"], table.gold, phase=4, wordings=(rule.wording,)
            )
            table.standings[name] = Standing(measured, rule)
        finalists, winner = await choose(table)
        phase, held_out = await final(table, gold, finalists, winner, synthetic=SAID_BY)
        return finalists, winner, phase, held_out

    with Sitting(folder, *models, stacks=stacks, study=study) as table:
        return asyncio.run(work(table))


def test_the_winner_is_chosen_before_and_stays_whatever_the_sealed_set_says(
    tmp_path: Path,
) -> None:
    models = (
        reader("early", lambda document, prompt, seed: Said(4 if number_of(document) < 100 else 2)),
        reader("late", lambda document, prompt, seed: Said(2 if number_of(document) < 100 else 4)),
    )
    _, winner, phase, held_out = chosen_of(tmp_path, *models)
    assert winner.id == held_out.id == "early/baseline"
    assert phase.chosen == ("early/baseline",)
    assert held_out.scored.quality.value == QUALITY[2]
    sealed = {arm.id: arm for arm in phase.arms if arm.data == "held-out"}
    before = {arm.id: arm for arm in phase.arms if arm.data == "development"}
    assert set(sealed) == set(before) == {"early/baseline", "late/baseline"}
    assert sealed["late/baseline"].quality.value == before["early/baseline"].quality.value == 100.0
    (compared,) = phase.comparisons
    assert (compared.first, compared.second) == ("early/baseline", "late/baseline")
    assert compared.difference.value == -12.5
    for model in models:
        assert model.learnt == {(one.id, SAID_BY) for one in HELD_OUT}


def test_what_was_chosen_is_measured_with_its_policy_alone_and_beside_detectors(
    tmp_path: Path,
) -> None:
    rule = Rule(replace(BUSY, additions=True), "recall", "additions")
    model = reader("m", reviewing(lambda document: Said(2, reviewed=helped(4))))
    stack = reader("s", always(1), asks=False)
    finalists, winner, phase, held_out = chosen_of(
        tmp_path, model, stacks=(stack,), rules={"m": rule}
    )
    assert [each.id for each in finalists] == [
        "m/long/always-recall-additions",
        "s",
        "m+s/long/always-recall-additions",
    ]
    for data in ("development", "held-out"):
        quality = {arm.id: arm.quality.value for arm in phase.arms if arm.data == data}
        assert quality["m/long/always-recall-additions"] == QUALITY[4], data
        assert quality["m+s/long/always-recall-additions"] == QUALITY[4], data
    assert winner.id == "m+s/long/always-recall-additions"
    assert held_out.scored.leaked.value == 0.0
    sealed = [wordings for id, _, _, wordings in model.asked if int(id[1:]) >= 100]
    assert sealed == [("recall",)] * 24


def test_a_model_wins_only_beside_detectors_where_there_are_any(tmp_path: Path) -> None:
    # The detectors invent much, so the model alone is the best one.
    stack = reader("s", always(4, extra=4), asks=False)
    _, winner, _, _ = chosen_of(tmp_path, reader("m", always(4)), stacks=(stack,))
    assert winner.stack is not None


def test_of_two_that_are_as_good_the_one_without_a_model_is_deployed(tmp_path: Path) -> None:
    stack = reader("s", always(4), asks=False)
    _, winner, _, _ = chosen_of(tmp_path, reader("m", always(4)), stacks=(stack,))
    assert winner.id == "s"


def test_a_model_in_the_cloud_is_ranked_and_never_deployed(tmp_path: Path) -> None:
    models = (
        reader("far", always(4), locality=Locality.CLOUD),
        reader("near", always(3)),
    )
    finalists, winner, phase, _ = chosen_of(tmp_path, *models)
    assert {each.id for each in finalists} == {"far/baseline", "near/baseline"}
    assert winner.id == "near/baseline"
    assert winner.local
    assert phase.chosen == ("near/baseline",)


def test_where_there_is_nothing_but_the_cloud_the_winner_is_not_local(tmp_path: Path) -> None:
    _, winner, _, _ = chosen_of(tmp_path, reader("far", always(4), locality=Locality.CLOUD))
    assert not winner.local


#: Finds less, and nothing too much, against what finds everything and as much again.
SPARSE, EAGER = always(3), always(4, extra=4)


@pytest.mark.parametrize(("by", "winner"), [("quality", "sparse"), ("leak", "eager")])
def test_the_study_says_what_the_winner_is_chosen_by(tmp_path: Path, by: str, winner: str) -> None:
    study = settings(final={"choose_by": by})
    models = reader("sparse", SPARSE), reader("eager", EAGER)
    assert chosen_of(tmp_path, *models, study=study)[1].name == winner


def test_of_those_that_cannot_be_told_apart_the_one_that_leaks_least_wins(tmp_path: Path) -> None:
    # In three reports only are they different, too few to tell (p = 0.25).
    def sometimes(said: Said) -> Habit:
        return lambda document, prompt, seed: said if number_of(document) % 100 < 3 else Said(4)

    models = reader("sparse", sometimes(Said(3))), reader("eager", sometimes(Said(4, extra=4)))
    finalists, winner, _, _ = chosen_of(tmp_path, *models)
    quality = {each.name: each.scored.quality.value or 0 for each in finalists}
    assert quality["sparse"] > quality["eager"]
    assert winner.name == "eager"


def test_of_those_that_leak_the_same_the_better_one_wins(tmp_path: Path) -> None:
    models = (
        reader(
            "eager", lambda document, prompt, seed: Said(4, extra=number_of(document) % 100 < 3)
        ),
        reader("exact", always(4)),
    )
    assert chosen_of(tmp_path, *models)[1].name == "exact"


def test_only_so_many_models_go_in_by_how_they_stand_after_their_reviews(tmp_path: Path) -> None:
    rule = Rule(replace(BUSY, additions=True), "recall", "additions")
    models = (
        reader("plain", always(3)),
        reader("reviewed", reviewing(lambda document: Said(2, reviewed=helped(4)))),
    )
    study = settings(final={"finalists": 1})
    finalists, _, _, _ = chosen_of(tmp_path, *models, study=study, rules={"reviewed": rule})
    assert [each.name for each in finalists] == ["reviewed"]


def test_a_prompt_of_its_own_goes_into_the_sealed_set(tmp_path: Path) -> None:
    own = made("m-1", "自分の指示。", "editor")
    model = reader("m", lambda document, prompt, seed: Said(4 if prompt == own.text else 2))

    async def work(table: Table) -> Finalist:
        measured = await table.bench.measure(model, own, table.gold, phase=3)
        table.standings["m"] = Standing(measured)
        finalists, winner = await choose(table)
        return (await final(table, HELD_OUT, finalists, winner, synthetic=SAID_BY))[1]

    with Sitting(tmp_path, model) as table:
        held_out = asyncio.run(work(table))
    assert held_out.id == "m/m-1"
    assert held_out.scored.quality.value == QUALITY[4]
