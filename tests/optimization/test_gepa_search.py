"""The search with gepa: it improves, keeps its budget, adopts nothing refused, reaches nowhere."""

from __future__ import annotations

import asyncio
import builtins
import json
import socket
import subprocess
import sys
from collections.abc import Callable, Coroutine, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.errors import (
    BudgetError,
    CloudModelError,
    MissingExtraError,
    ModelUnavailableError,
    PromptTooLongError,
    UsageError,
)
from sekisho.evaluation.gold import GoldDocument, GoldSpan
from sekisho.models.scripted import Act, ScriptedModel, Turn
from sekisho.models.seam import Abilities, Completion, Finish, Locality, Request
from sekisho.optimization.prompting.checks import Problem, problems
from sekisho.optimization.prompting.copied import Documents
from sekisho.optimization.prompting.feedback import reflection_prompt
from sekisho.optimization.prompting.gepa_adapter import SEEN_BEFORE
from sekisho.optimization.prompting.gepa_search import Searched, calls_needed, search
from sekisho.optimization.prompting.reflecting import Finished, prompt_in, reflection
from sekisho.phi.categories import Category
from sekisho.phi.detectors.llm.prompts import prompts

pytest.importorskip("gepa")

SEED = prompts("ja", "short").extract
LEARN, JUDGE = tuple(range(6)), tuple(range(6, 12))
#: Sentences that help, each in some documents, and one that harms.
HELPS = {"時刻も必ず書く。": 0, "かなの名前も書く。": 1, "住所は全体を写す。": 2}
HARMS = "迷うものは書かない。"

TEXT = "氏名：架空 花子、電話 090-0000-1234。右上葉の結節は前回と比べて増大している。"
DOCUMENTS = Documents(
    [GoldDocument("a", TEXT, (GoldSpan(3, 8, Category.NAME, "架空 花子"),))],
)


class Reading:
    """A system whose quality is the share of the helpful sentences that a document needs."""

    def __init__(self, *, level: float = 70.0) -> None:
        self.level = level
        self.calls: list[tuple[str, tuple[int, ...]]] = []

    def __call__(self, prompt: str, places: Sequence[int]) -> list[tuple[float, str]]:
        self.calls.append((prompt, tuple(places)))
        return [self.one(prompt, place) for place in places]

    def one(self, prompt: str, place: int) -> tuple[float, str]:
        missing = [text for text, kind in HELPS.items() if kind == place % 3 and text not in prompt]
        quality = self.level if missing else 100.0
        if HARMS in prompt:
            quality = max(0.0, quality - 40)
        return quality, "".join(f"欠けている：{text}" for text in missing) or "誤りなし"

    @property
    def readings(self) -> int:
        return sum(len(places) for _, places in self.calls)


def helpful(question: str) -> Finished:
    """Writes the current prompt with the first sentence that the errors ask for."""
    current = question.split("<指示文>\n")[-1].split("\n</指示文>")[0]
    for text in HELPS:
        if f"欠けている：{text}" in question and text not in current:
            return Finished(current.replace("\n例：", f"\n{text}\n例："), Finish.STOP)
    return Finished(current, Finish.STOP)


def check(text: str) -> tuple[str, ...]:
    return problems(text, parent=SEED, documents=DOCUMENTS)


def searched(
    *,
    measure: Callable[[str, Sequence[int]], Sequence[tuple[float, str]]] | None = None,
    reflect: Callable[[str], Finished] = helpful,
    budget: int = 400,
    seed: int = 1,
    most_proposals: int = 20,
    check: Callable[[str], tuple[str, ...]] = check,
) -> Searched:
    return search(
        seed_prompt=SEED,
        learn=LEARN,
        judge=JUDGE,
        measure=measure or Reading(),
        reflect=reflect,
        check=check,
        language="ja",
        budget_calls=budget,
        seed=seed,
        most_proposals=most_proposals,
    )


def test_it_finds_all_sentences_that_help() -> None:
    found = searched()
    best = found.candidates[found.best]
    assert all(text in best.text for text in HELPS)
    assert best.quality == 100
    assert found.candidates[0].text == SEED
    assert found.candidates[0].parent is None
    assert found.candidates[found.best].parent is not None
    assert found.notes == ("a candidate has nothing left to gain",)
    assert found.refused == {}


def test_the_same_seed_gives_the_same_search() -> None:
    assert searched(seed=5, budget=200) == searched(seed=5, budget=200)


def test_a_candidate_that_is_worse_is_not_the_best() -> None:
    def harmful(question: str) -> Finished:
        return Finished(SEED.replace("\n例：", f"\n{HARMS}\n例："), Finish.STOP)

    found = searched(reflect=harmful, most_proposals=4)
    assert found.best == 0
    assert len(found.candidates) == 1
    assert found.refused == {SEEN_BEFORE: 3}
    assert "none of 4 proposals was adopted" in found.notes


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 150), st.integers(0, 3))
def test_the_budget_is_never_overrun(budget: int, seed: int) -> None:
    reading = Reading()
    found = searched(measure=reading, budget=budget, seed=seed)
    assert found.metric_calls == reading.readings <= budget


def test_each_prompt_is_read_once_on_each_document() -> None:
    reading = Reading()
    searched(measure=reading)
    read = [(prompt, place) for prompt, places in reading.calls for place in places]
    assert len(read) == len(set(read))


def test_too_small_a_budget_is_told_and_nothing_is_spent() -> None:
    reading = Reading()
    needed = calls_needed(len(LEARN), len(JUDGE))
    assert needed == 6 + 6 + 2 * 3 + 6
    found = searched(measure=reading, budget=needed - 1)
    assert reading.calls == []
    assert found.candidates[0].quality is None
    assert (found.best, found.proposals) == (0, 0)
    assert found.notes == ("too small a budget for one round: 24 readings needed, 23 given",)
    one_round = searched(measure=reading, budget=needed)
    assert one_round.proposals >= 1
    assert "budget" in one_round.notes[0]


def test_where_nothing_can_be_gained_nothing_is_proposed() -> None:
    found = searched(measure=Reading(level=100))
    assert found.proposals == 0
    assert found.metric_calls == 12
    assert found.notes[0].startswith("nothing to gain")


@pytest.mark.parametrize("seed", range(6))
def test_near_perfect_prompts_are_taught_by_the_documents_that_lost_something(seed: int) -> None:
    """One document of ninety has an error: drawn blindly it would hardly ever be seen."""
    asked: list[str] = []

    class NearlyPerfect(Reading):
        def one(self, prompt: str, place: int) -> tuple[float, str]:
            return super().one(prompt, place) if place in (4, 100) else (100.0, "誤りなし")

    def reflect(question: str) -> Finished:
        asked.append(question)
        return helpful(question)

    found = search(
        seed_prompt=SEED,
        learn=range(90),
        judge=(100, 101),
        measure=NearlyPerfect(),
        reflect=reflect,
        check=check,
        language="ja",
        budget_calls=calls_needed(90, 2),
        seed=seed,
    )
    assert "かなの名前も書く。" in found.candidates[found.best].text
    assert len(asked) == 1
    assert "誤りなし" not in asked[0]


def test_no_error_to_learn_from_is_told() -> None:
    class OneHalf(Reading):
        def one(self, prompt: str, place: int) -> tuple[float, str]:
            return (100.0, "誤りなし") if place in LEARN else (80.0, "?")

    found = searched(measure=OneHalf())
    assert found.notes[0].startswith("nothing to learn from")
    assert found.candidates[0].quality == 80


def scripted(*turns: Turn | str) -> Callable[[str], Finished]:
    return reflection(ScriptedModel(turns))


def fenced(text: str) -> str:
    return f"```\n{text}\n```"


BAD = {
    "a patient's name": (SEED.replace("蓼沼早苗", "架空花子"), Problem.COPIED_IDENTIFIER),
    "a sentence of a report": (
        SEED.replace("\n例：", "\n右上葉の結節は前回と比べて増大している。\n例："),
        Problem.COPIED_RUN,
    ),
    "the middle of a prompt": (SEED[: SEED.index("例：") + 2], Problem.CUT),
    "a refusal": ("申し訳ありませんが、患者の情報は扱えません。" * 9, Problem.CHATTER),
    "chatter before the prompt": (f"改善した指示文です。\n{SEED}", Problem.CHATTER),
    "no JSON": (SEED.replace("phi_list", "リスト"), Problem.FORM_LOST),
    "the same prompt": (SEED + "\n", SEEN_BEFORE),
    "nothing": ("", Problem.EMPTY),
}


@pytest.mark.parametrize("what", BAD)
def test_a_reflector_that_writes_this_is_never_adopted(what: str) -> None:
    text, problem = BAD[what]
    reading = Reading()
    found = searched(measure=reading, reflect=scripted(fenced(text)), most_proposals=3)
    assert found.proposals == 3
    assert str(problem) in found.refused
    assert [one.text for one in found.candidates] == [SEED]
    assert {prompt for prompt, _ in reading.calls} == {SEED}
    assert found.metric_calls == 12


@pytest.mark.parametrize(
    "turn",
    [
        Turn(Act.TRUNCATE, fenced(SEED.replace("\n例：", "\n時刻も必ず書く。\n例："))),
        Turn(Act.REFUSE, fenced(SEED.replace("\n例：", "\n時刻も必ず書く。\n例："))),
        "```\n" + SEED.replace("\n例：", "\n時刻も必ず書く。\n例："),
    ],
    ids=["cut by the server", "refused", "a fence that stays open"],
)
def test_an_answer_that_did_not_end_is_never_adopted_however_good_it_looks(
    turn: Turn | str,
) -> None:
    found = searched(reflect=scripted(turn), most_proposals=2)
    assert found.refused == {Problem.UNFINISHED: 2}
    assert len(found.candidates) == 1


def test_a_good_answer_after_bad_ones_is_adopted() -> None:
    good = SEED.replace("\n例：", "\n時刻も必ず書く。\nかなの名前も書く。\n例：")
    found = searched(
        reflect=scripted(
            fenced(BAD["a patient's name"][0]), "Sorry.", f"考えました。\n{fenced(good)}"
        ),
        most_proposals=3,
    )
    assert [one.text for one in found.candidates] == [SEED, good]
    assert found.candidates[found.best].text == good
    assert Problem.COPIED_IDENTIFIER in found.refused


def test_a_model_that_does_not_answer_ends_the_search() -> None:
    found = searched(reflect=scripted(Turn(Act.FAIL)))
    assert found.refused == {"no answer (model_unavailable)": 3}
    assert found.notes[0] == "3 questions in a row had no answer"


def test_what_a_measure_or_a_reflector_or_a_check_raises_is_raised() -> None:
    def spent(prompt: str, places: Sequence[int]) -> list[tuple[float, str]]:
        if prompt != SEED:
            raise BudgetError("all is spent")
        return Reading()(prompt, places)

    def broken(text: str) -> Finished:
        raise BudgetError("no more questions")

    def failing(text: str) -> tuple[str, ...]:
        raise UsageError("no index")

    with pytest.raises(BudgetError, match="all is spent"):
        searched(measure=spent)
    with pytest.raises(BudgetError, match="no more questions"):
        searched(reflect=broken)
    with pytest.raises(UsageError, match="no index"):
        searched(check=failing)


def test_a_measure_that_gives_nonsense_is_an_error() -> None:
    with pytest.raises(UsageError, match="from 0 to 100"):
        searched(measure=lambda prompt, places: [(101.0, "")] * len(places))
    with pytest.raises(UsageError, match="from 0 to 100"):
        searched(measure=lambda prompt, places: [(float("nan"), "")] * len(places))
    with pytest.raises(UsageError, match="from 0 to 100"):
        searched(measure=lambda prompt, places: [])


@pytest.mark.parametrize(("learn", "judge"), [((0, 1), (1, 2)), ((), (1,)), ((1,), ())])
def test_the_two_halves_have_no_document_in_common(
    learn: tuple[int, ...], judge: tuple[int, ...]
) -> None:
    with pytest.raises(UsageError, match="others to judge by"):
        search(
            seed_prompt=SEED,
            learn=learn,
            judge=judge,
            measure=Reading(),
            reflect=helpful,
            check=check,
            language="ja",
            budget_calls=100,
            seed=1,
        )


def test_without_gepa_it_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", absent)
    with pytest.raises(MissingExtraError, match=r"sekisho\[optimize\]"):
        searched()


def test_another_version_of_gepa_is_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "version", lambda name: "0.2.0")
    with pytest.raises(MissingExtraError, match=r"0\.2\.0 is installed"):
        searched()


def test_an_error_inside_gepa_is_told_by_its_class_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    import gepa

    def failing(**settings: object) -> None:
        raise RuntimeError(TEXT)

    monkeypatch.setattr(gepa, "optimize", failing)
    with pytest.raises(UsageError, match="RuntimeError") as raised:
        searched()
    assert "架空" not in str(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__


def test_nothing_is_printed_and_nothing_of_a_prompt_is_logged(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    searched()
    assert capfd.readouterr() == ("", "")
    assert "個人を特定" not in caplog.text
    assert "時刻も" not in caplog.text


def test_results_do_not_show_prompts() -> None:
    assert "個人を特定" not in repr(searched())
    assert "個人を特定" not in repr(helpful(SEED))


def test_no_socket_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*args: object, **kwargs: object) -> None:
        raise AssertionError("a socket")

    monkeypatch.setattr(socket, "socket", forbidden)
    monkeypatch.setattr(socket, "create_connection", forbidden)
    assert searched(budget=60).proposals > 0


_ALONE = """
import json, sys
events = []

def audit(event, args):
    if event.startswith("socket.") and event != "socket.__new__":
        events.append(event)
    elif event == "open" and isinstance(args[0], str) and any(c in str(args[1]) for c in "wax+"):
        if "__pycache__" not in args[0]:
            events.append("open " + args[0])
    elif event in ("subprocess.Popen", "os.system", "os.mkdir"):
        if "__pycache__" not in str(args[0]):
            events.append(event)
    elif event == "socket.__new__":
        events.append(event)

sys.addaudithook(audit)
from sekisho.models.seam import Finish
from sekisho.optimization.prompting.gepa_search import search
from sekisho.optimization.prompting.reflecting import Finished

before = set(sys.modules)
turns = iter(range(100))
found = search(
    seed_prompt="seed", learn=[0, 1, 2], judge=[3, 4], seed=1, budget_calls=60, language="en",
    measure=lambda prompt, places: [(min(100.0, 50.0 + len(prompt)), "more") for _ in places],
    reflect=lambda question: Finished("longer" * (2 + next(turns)), Finish.STOP),
    check=lambda text: (),
)
loaded = sorted({name.partition(".")[0] for name in sys.modules})
told = {"events": events, "loaded": loaded, "candidates": len(found.candidates)}
json.dump(told, sys.stdout)
"""


def test_a_whole_search_opens_no_connection_no_listener_and_no_file(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _ALONE], cwd=tmp_path, capture_output=True, check=True, text=True
    )
    told = json.loads(done.stdout)
    assert told["candidates"] > 1
    assert told["events"] == []
    assert not {"litellm", "wandb", "mlflow", "dspy", "datasets"} & set(told["loaded"])
    assert list(tmp_path.iterdir()) == []
    assert done.stderr == ""


def test_gepa_is_imported_late() -> None:
    code = (
        "import sys, sekisho.optimization.prompting.gepa_search; "
        "raise SystemExit('gepa' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_model_in_the_cloud_is_never_asked() -> None:
    model = ScriptedModel(["x"], locality=Locality.CLOUD)
    with pytest.raises(CloudModelError, match="in the cloud"):
        reflection(model)
    assert not model.asked


def test_a_question_has_bounds_and_a_seed_of_its_own() -> None:
    model = ScriptedModel(["```\none\n```", "two"])
    reflect = reflection(model, max_tokens=77, seed=5, timeout_s=9)
    assert reflect("question") == Finished("one", Finish.STOP)
    assert reflect("question") == Finished("two", Finish.STOP)
    first, second = model.asked
    assert (first.max_tokens, first.timeout_s, first.schema) == (77, 9, None)
    assert (first.seed, second.seed) == (5, 6)
    assert [message.content for message in first.messages] == ["question"]


def test_thinking_is_no_part_of_a_candidate() -> None:
    reflect = scripted("<think>架空花子を見落とした</think>\n```\nnew\n```", "<think>never ends")
    assert reflect("question").text == "new"
    assert reflect("question").text == ""


def test_a_question_that_does_not_fit_or_was_cut_has_no_answer() -> None:
    small = ScriptedModel(["x"], abilities=Abilities(context=100))
    with pytest.raises(PromptTooLongError):
        reflection(small, max_tokens=50)("長い問い" * 30)
    with pytest.raises(PromptTooLongError):
        scripted(Turn(Act.CUT_PROMPT, "x"))("長い問い" * 300)
    with pytest.raises(ModelUnavailableError):
        scripted(Turn(Act.CLOSE))("question")


def test_the_answer_can_be_awaited_in_another_loop() -> None:
    ran: list[str] = []

    def run(work: Coroutine[Any, Any, Completion]) -> Completion:
        ran.append("here")
        return asyncio.run(work)

    assert reflection(ScriptedModel(["new"]), run=run)("q").text == "new"
    assert ran == ["here"]


@pytest.mark.parametrize(
    ("answer", "text", "closed"),
    [
        ("plain", "plain", True),
        ("```\na\nb\n```", "a\nb", True),
        ("```text\na\n```", "a", True),
        ("Here:\n```markdown\na\n```\nDone.", "a", True),
        ("```あなたは書き出す。\n二行目。\n```", "あなたは書き出す。\n二行目。", True),
        ("```\na\n```json\n{}\n```\nb\n```", "a\n```json\n{}\n```\nb", True),
        ("```\na", "a", False),
        ("a\n```", "", False),
        ("``````", "", True),
        ("", "", True),
    ],
)
def test_the_prompt_is_taken_out_of_its_fence(answer: str, text: str, closed: bool) -> None:
    assert prompt_in(answer) == (text, closed)


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="a`\n 。", max_size=30))
def test_any_answer_can_be_unfenced(answer: str) -> None:
    text, _ = prompt_in(answer)
    assert text in answer


@pytest.mark.parametrize("language", ["ja", "en", "nl"])
def test_the_question_holds_the_prompt_and_all_feedback_once(language: str) -> None:
    prompt = prompts(language, "long").extract + " {errors} {surface}"
    asked = reflection_prompt(
        prompt, [(70.4, "first {prompt}"), (99.6, "second")], language=language
    )
    assert asked.count(prompt) == 1
    assert asked.index("70") < asked.index("first {prompt}") < asked.index("second")
    assert "100" in asked
    assert "```" in asked


def test_there_are_no_questions_in_other_languages() -> None:
    with pytest.raises(UsageError, match="'fr'"):
        reflection_prompt("x", [], language="fr")


def test_what_is_copied_from_a_question_is_refused() -> None:
    """A reflector that answers with its own question, errors and all."""

    def echoing(request: Request) -> str:
        return request.messages[-1].content

    reading = Reading()

    def measure(prompt: str, places: Sequence[int]) -> list[tuple[float, str]]:
        return [(quality, TEXT) for quality, _ in reading(prompt, places)]

    found = searched(measure=measure, reflect=reflection(ScriptedModel(echoing)), most_proposals=2)
    assert len(found.candidates) == 1
    assert found.refused


def test_stdout_of_the_process_is_the_one_it_was() -> None:
    before, opened = sys.stdout, builtins.open
    searched(budget=60)
    assert sys.stdout is before
    assert builtins.open is opened
